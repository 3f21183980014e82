"""Places where large originals lie, by the digest of their content. Written once, never changed."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO, Protocol


class Place(Protocol):
    """Somewhere that keeps originals. ``key`` is the SHA-256 of the content."""

    def keep(self, source: Path, key: str) -> None:
        """Take a file in, gone from ``source`` afterwards; durable when this returns. What is there already stays."""

    def replace(self, source: BinaryIO, key: str) -> None:
        """Write anew what lies there damaged or not at all; durable when this returns. Only a repair does this."""

    def open(self, key: str) -> BinaryIO:
        """The original, seekable. Raises FileNotFoundError."""

    def size(self, key: str) -> int | None:
        """Its bytes, None when it is not there."""

    def remove(self, key: str) -> None:
        """Take it away; harmless when it is gone already."""


class Directory:
    """A local or mounted directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, key: str) -> Path:
        return self.root / key[:2] / key[2:4] / key

    def keep(self, source: Path, key: str) -> None:
        path = self.path_of(key)
        if path.exists() and path.stat().st_size == source.stat().st_size:
            source.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = source if _same_device(source, path.parent) else _copied(source, path)
        draft.replace(path)
        if draft is not source:
            source.unlink()
        sync_directory(path.parent)

    def replace(self, source: BinaryIO, key: str) -> None:
        path = self.path_of(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        source.seek(0)
        with draft.open("xb") as writing:
            shutil.copyfileobj(source, writing, 4 * 1024 * 1024)
            writing.flush()
            os.fsync(writing.fileno())
        draft.replace(path)
        sync_directory(path.parent)

    def open(self, key: str) -> BinaryIO:
        return self.path_of(key).open("rb")

    def size(self, key: str) -> int | None:
        try:
            return self.path_of(key).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, key: str) -> None:
        self.path_of(key).unlink(missing_ok=True)


def _same_device(source: Path, folder: Path) -> bool:
    return source.stat().st_dev == folder.stat().st_dev


def _copied(source: Path, path: Path) -> Path:
    """A durable copy beside where it will lie."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with source.open("rb") as reading, draft.open("xb") as writing:
        shutil.copyfileobj(reading, writing, 4 * 1024 * 1024)
        writing.flush()
        os.fsync(writing.fileno())
    return draft


def sync_directory(folder: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
