"""Places where large originals lie, by the digest of their content. Written once, never changed."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol


class Place(Protocol):
    """Somewhere that keeps originals. ``key`` is the SHA-256 of the content."""

    def keep(self, files: Sequence[tuple[Path, str]]) -> None:
        """Take files in under their keys, gone from where they were afterwards; all durable when this returns.

        What is there already stays. The disk is asked once for all of them: asked file by file it would take most of the time.
        """

    def replace(self, source: BinaryIO, key: str) -> None:
        """Write anew what lies there damaged or not at all; durable when this returns. Only a repair does this."""

    def open(self, key: str) -> BinaryIO:
        """The original, seekable. Raises FileNotFoundError."""

    def size(self, key: str) -> int | None:
        """Its bytes, None when it is not there."""

    def remove(self, key: str) -> None:
        """Take it away; harmless when it is gone already. Raises PermissionError for what is locked."""

    def locks(self) -> bool:
        """Whether the place itself can refuse to delete."""

    def lock(self, key: str, until: dt.datetime) -> None:
        """Have the place refuse to delete it before ``until``; only where it locks. Raises PermissionError for an earlier end."""


class Directory:
    """A local or mounted directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, key: str) -> Path:
        return self.root / key[:2] / key[2:4] / key

    def keep(self, files: Sequence[tuple[Path, str]]) -> None:
        if not files:
            return
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        coming = [(source, self.path_of(key)) for source, key in files]
        for _, path in coming:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        drafts = [(self._beside(source, path), source, path) for source, path in coming if not _is_there(source, path)]
        for draft, _, _ in drafts:
            sync_file(draft)
        for draft, _, path in drafts:
            draft.replace(path)
        for folder in {above for _, _, path in drafts for above in (path.parent, path.parent.parent, self.root)}:
            sync_directory(folder)
        for source, _ in coming:
            source.unlink(missing_ok=True)

    def _beside(self, source: Path, path: Path) -> Path:
        """The file itself where a rename moves it in, else a copy beside where it will lie."""
        return source if source.stat().st_dev == self.root.stat().st_dev else _copied(source, path)

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

    def locks(self) -> bool:
        return False

    def lock(self, key: str, until: dt.datetime) -> None:
        raise NotImplementedError("a directory refuses nothing to whoever may write in it")


def _is_there(source: Path, path: Path) -> bool:
    return path.exists() and path.stat().st_size == source.stat().st_size


def _copied(source: Path, path: Path) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with source.open("rb") as reading, draft.open("xb") as writing:
        shutil.copyfileobj(reading, writing, 4 * 1024 * 1024)
    return draft


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(folder: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
