"""The place of the bytes: content addressed below the data directory, written aside, synced, then linked into place."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings


def path_of(sha256: str) -> Path:
    return Path(settings.DATA_DIR) / "files" / sha256[:2] / sha256[2:4] / sha256


def keep(content: bytes, sha256: str) -> None:
    """Durable before this returns; the same content twice is one file."""
    path = path_of(sha256)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{sha256}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(sha256: str) -> None:
    path_of(sha256).unlink(missing_ok=True)
