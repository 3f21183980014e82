"""Where footage lies, and its digests: of the whole and of each part."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from chengxin.evidence import rules
from chengxin.evidence.models import PART_BYTES, Recording
from chengxin.evidence.services import disk
from chengxin.files.bucket import Access, Bucket
from chengxin.files.places import Directory, Place

CHUNK = 1024 * 1024
READ_AT_ONCE = 4 * CHUNK


def originals() -> Place:
    """The place of the originals: a bucket where one is set, else a directory."""
    return _bucket(settings.FOOTAGE_BUCKET, settings.S3) or Directory(settings.FOOTAGE_DIR / "originals")


def copies() -> Place:
    """The separate place of the second copies."""
    return _bucket(settings.FOOTAGE_COPY_BUCKET, settings.S3_COPY) or Directory(settings.FOOTAGE_COPY_DIR)


def derived() -> Place:
    """The place of films made from originals. They can be made again, so a directory does."""
    return Directory(settings.FOOTAGE_DIR / "derived")


def _bucket(name: str, access: dict[str, str]) -> Place | None:
    return Bucket(Access(**access), name) if name else None


def whereabouts() -> list[dict[str, str]]:
    """Where originals and copies lie, and how much room is left there, for people to read."""
    found = []
    for title, place in (("原件", originals()), ("副本", copies())):
        if isinstance(place, Bucket):
            found.append({"title": title, "where": f"桶 {place.name}", "free": place.access.url})
        elif isinstance(place, Directory):
            found.append({"title": title, "where": "目录", "free": f"{place.root}，{_room(place.root)}"})
    return found


def _room(folder: Path) -> str:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    usage = shutil.disk_usage(there)
    return f"剩余 {usage.free / 2**30:.0f} GiB（{usage.free / usage.total:.0%}）"


def incoming() -> Path:
    """Where bytes wait until all of them are here; beside the originals, so that moving them in costs nothing."""
    folder: Path = settings.FOOTAGE_DIR / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def open_original(recording: Recording) -> BinaryIO:
    """The bytes of a recording, wherever they lie. Raises FileNotFoundError."""
    return Path(recording.path).open("rb") if recording.path else originals().open(recording.sha256)


@contextmanager
def at_hand(recording: Recording) -> Iterator[Path]:
    """A path with a recording's bytes, for programs that want one: where they lie, or for a while a copy of what lies in a bucket.

    Raises FileNotFoundError.
    """
    with open_original(recording) as file:
        if isinstance(getattr(file, "name", None), str):
            yield Path(file.name)
            return
        draft = incoming() / f"copy-{secrets.token_hex(8)}"
        try:
            with draft.open("xb") as writing:
                shutil.copyfileobj(file, writing, 4 * CHUNK)
            yield draft
        finally:
            draft.unlink(missing_ok=True)


def remove_original(recording: Recording) -> None:
    """Take away the bytes of an expired recording; harmless when they are gone."""
    if recording.path:
        Path(recording.path).unlink(missing_ok=True)
    else:
        originals().remove(recording.sha256)


@dataclass(frozen=True)
class Digests:
    """What a file is: its bytes, their SHA-256 as a whole and part by part, and its first bytes."""

    size: int
    sha256: str
    parts: bytes
    head: bytes


class Hashing:
    """Digests of bytes that come one after another. A file of one part has one digest; more are made side by side."""

    def __init__(self) -> None:
        self.size, self.head = 0, b""
        self._whole, self._part, self._parts = hashlib.sha256(), hashlib.sha256(), b""

    def update(self, chunk: bytes | memoryview) -> None:
        """Take in some bytes; a chunk never crosses the end of a part by itself, callers need not care."""
        if len(self.head) < rules.HEAD:
            self.head += bytes(chunk[: rules.HEAD - len(self.head)])
        view = memoryview(chunk)
        while view:
            room = PART_BYTES - self.size % PART_BYTES
            piece, view = view[:room], view[room:]
            self._part.update(piece)
            if self.size >= PART_BYTES:  # the first part's digest is the whole's so far
                self._whole.update(piece)
            self.size += len(piece)
            if self.size == PART_BYTES:
                self._whole = self._part.copy()
            if self.size % PART_BYTES == 0:
                self._parts += self._part.digest()
                self._part = hashlib.sha256()

    def digests(self) -> Digests:
        parts = self._parts + (self._part.digest() if self.size % PART_BYTES else b"")
        whole = self._whole if self.size >= PART_BYTES else self._part
        return Digests(self.size, whole.hexdigest(), parts, self.head)


def digests_of(path: Path) -> Digests:
    """The digests of a file as it lies there."""
    hashing = Hashing()
    for chunk in _chunks(path):
        hashing.update(chunk)
    return hashing.digests()


def _chunks(path: Path) -> Iterator[memoryview]:
    buffer = bytearray(CHUNK)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            yield view[:count]


def copy_in(source: Path) -> tuple[Path, Digests]:
    """A copy among the incoming, and its digests, in one reading; durable when its place has kept it."""
    draft = incoming() / f"copy-{secrets.token_hex(8)}"
    hashing = Hashing()
    try:
        with draft.open("xb", buffering=0) as writing:
            for chunk in _chunks(source):
                hashing.update(chunk)
                writing.write(chunk)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft, hashing.digests()


def read_back(file: BinaryIO) -> Digests:
    """The digests of an open file as it lies there, from its beginning: of a file those on the disk, of a stream as it comes."""
    name = getattr(file, "name", None)
    return digests_on_disk(Path(name)) if isinstance(name, str) else _read_through(file)


def digests_on_disk(path: Path) -> Digests:
    """The digests of what the disk holds; the next bytes are read while these are hashed. Raises FileNotFoundError."""
    hashing, this, following = Hashing(), disk.Buffer(READ_AT_ONCE), disk.Buffer(READ_AT_ONCE)
    with disk.opened(path) as source, hashers(1) as pool:
        source.fill(this, 0)
        while this.filled:
            reading = pool.submit(source.fill, following, this.begin + READ_AT_ONCE)
            hashing.update(this.view(this.begin, this.begin + this.filled))
            reading.result()
            this, following = following, this
    return hashing.digests()


def _read_through(file: BinaryIO) -> Digests:
    hashing = Hashing()
    while chunk := file.read(CHUNK):
        hashing.update(chunk)
    return hashing.digests()


@contextmanager
def hashers(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that read and hash side by side: both let other threads run."""
    with ThreadPoolExecutor(count, thread_name_prefix="hashing") as pool:
        yield pool
