"""A file on its way to the disk: written past the page cache where the file system can, and read back from the disk itself.

What is read back from the page cache proves nothing about the disk, and copying through it costs more than the disk does.
"""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = 4096  # what a transfer past the page cache is aligned to, in the file and in memory
PIECE = 1024 * 1024


class Buffer:
    """Memory that begins on a page, for bytes [begin, begin + filled) of a file."""

    def __init__(self, size: int) -> None:
        assert size % BLOCK == 0
        self.memory = mmap.mmap(-1, size)
        self.begin = self.filled = 0

    def view(self, since: int, until: int) -> memoryview:
        """The bytes of the file between two places of it."""
        return memoryview(self.memory)[since - self.begin : until - self.begin]

    def append(self, chunk: bytes) -> None:
        self.memory[self.filled : self.filled + len(chunk)] = chunk
        self.filled += len(chunk)

    def start(self, at: int) -> None:
        """Empty, for what the file holds from ``at`` on."""
        self.begin, self.filled = at, 0


class Disk:
    """An open file whose pieces go to the disk and come from there."""

    def __init__(self, descriptor: int, *, is_direct: bool) -> None:
        self.descriptor, self.is_direct = descriptor, is_direct
        self.scratch = mmap.mmap(-1, PIECE)

    def settle(self, buffer: Buffer, since: int) -> bool:
        """Make the buffer's bytes from ``since`` on durable as the file's end; whether the disk gives back just those.

        Raises OSError, as for a full disk.
        """
        until = buffer.begin + buffer.filled
        low, high = since // BLOCK * BLOCK, -(-until // BLOCK) * BLOCK
        buffer.memory[buffer.filled : high - buffer.begin] = bytes(high - until)
        self._write(buffer, low, high)
        os.ftruncate(self.descriptor, until)
        os.fdatasync(self.descriptor)
        return self._holds(buffer, low, until)

    def fill(self, buffer: Buffer, at: int) -> None:
        """Read as much as the buffer holds, from a place that begins a block; nothing at the end of the file."""
        buffer.start(at)
        view = memoryview(buffer.memory)
        while buffer.filled < len(view) and (got := os.preadv(self.descriptor, [view[buffer.filled :]], at + buffer.filled)):
            buffer.filled += got
            if got % BLOCK:
                return

    def _holds(self, buffer: Buffer, at: int, until: int) -> bool:
        """Whether the disk holds the buffer's bytes between two places, the first on a block."""
        if not self.is_direct:
            os.posix_fadvise(self.descriptor, at, until - at, os.POSIX_FADV_DONTNEED)
        while at < until:
            got = min(os.preadv(self.descriptor, [self.scratch], at), until - at)
            begin = at - buffer.begin
            if got <= 0 or self.scratch[:got] != buffer.memory[begin : begin + got]:
                return False
            at += got
        return True

    def _write(self, buffer: Buffer, at: int, until: int) -> None:
        while at < until:
            wrote = os.pwrite(self.descriptor, buffer.view(at, until), at)
            if self.is_direct and wrote % BLOCK:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # it stops within a block where there is no room for more
            at += wrote


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[Disk]:
    """A file past the page cache, or through it where the file system knows no other way. Raises FileNotFoundError."""
    is_direct = True
    try:
        descriptor = os.open(path, flags | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        descriptor, is_direct = os.open(path, flags), False
    try:
        yield Disk(descriptor, is_direct=is_direct)
    finally:
        os.close(descriptor)
