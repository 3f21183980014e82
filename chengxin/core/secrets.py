"""Keys that live outside the database: made once, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def local_secret(directory: Path, name: str, *, length: int = 48) -> str:
    """The secret kept in ``directory/name``; made at first use.

    Two processes may ask at once: the file is written aside and linked into place, so both read the same one.
    """
    path = directory / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        _write_once(path, secrets.token_urlsafe(length))
        return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its secret is the one
    finally:
        draft.unlink()
