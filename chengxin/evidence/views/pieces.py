"""A file's bytes as a player or a download asks for them, by HTTP range (RFC 9110 §14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

CHUNK = 256 * 1024
MOST = 8 * 1024 * 1024  # bytes an answer: who wants more asks for the next piece, and the thread is free in between


def ranged(
    request: HttpRequest, file: BinaryIO, size: int, media_type: str, *, disposition: str = "inline", most: int | None = MOST,
    then: Callable[[], None] | None = None,
) -> HttpResponseBase:  # fmt: skip
    """The piece that is asked for, at most ``most`` bytes of it; the whole when nothing is asked.

    When the answer is over, sent or not, the file is closed and ``then`` called.
    """
    span = span_of(request, size)
    first, last = span or (0, size - 1)
    if span is not None and most is not None:
        last = min(last, first + most - 1)
    pieces = Pieces(file, first, last + 1 - first, then)
    if first >= size or first > last:
        pieces.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = StreamingHttpResponse(pieces, status=206 if span else 200, content_type=media_type)
    response["Content-Length"], response["Accept-Ranges"] = str(last + 1 - first), "bytes"
    response["Cache-Control"], response["Content-Disposition"] = "no-store", disposition
    if span is not None:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def span_of(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """First and last byte asked for; None for all of them."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", "").strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    start, end = match.groups()
    if not start:
        return max(0, size - int(end)), size - 1
    return int(start), min(int(end), size - 1) if end else size - 1


class Pieces:
    """Some bytes of a file, chunk by chunk. The server closes it in any case, begun or not (a generator's end would not run then)."""

    def __init__(self, file: BinaryIO, at: int, count: int, then: Callable[[], None] | None = None) -> None:
        self._file, self._at, self._left, self._then = file, at, count, then
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._left <= 0:
            raise StopIteration
        if self._at >= 0:
            self._file.seek(self._at)
            self._at = -1
        chunk = self._file.read(min(CHUNK, self._left))
        self._left -= len(chunk)
        if not chunk:
            raise StopIteration
        return chunk

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._file.close()
            if self._then is not None:
                self._then()
