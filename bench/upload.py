"""Footage in: one large upload through the running site against cp and SHA-256, and a folder of ten thousand files."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from bench import town
from bench.measure import Result, interleaved, result
from bench.site import serving
from chengxin.core import clock
from chengxin.evidence.models import Recording
from chengxin.evidence.services.folder import import_folder
from chengxin.people import services as people
from chengxin.people.models import ApiToken, Unit

GIB = 1024**3
SIZE, MOST_MEMORY_MIB = 4 * GIB, 150
FILES, FILE_BYTES = 10_000, 1_000_000  # a second or two of film each: real ones are a hundred times longer
HEAD = b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00"


def run() -> Iterator[Result]:
    town.build()
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as place:
        yield from _one_large(Path(place))
        yield from _many_small(Path(place))


def _clear() -> None:
    """Forget what an earlier run took in; the bytes too."""
    with connection.cursor() as cursor:  # another bench may have left millions: not row by row
        cursor.execute("TRUNCATE evidence_upload, evidence_recordingstep, evidence_recording CASCADE")
    shutil.rmtree(settings.FOOTAGE_DIR, ignore_errors=True)


def _one_large(place: Path) -> Iterator[Result]:
    """4 GiB in one request: bytes, digests, disk, reading back and the row, until the receipt may be fetched."""
    source = place / "film.mp4"
    with source.open("wb") as file:
        file.write(HEAD)
        block = os.urandom(64 * 1024 * 1024)
        while file.tell() < SIZE:
            file.write(block[: SIZE - file.tell()])
    ApiToken.objects.all().delete()
    unit = Unit.objects.get(code="s1")
    token = people.issue_token(
        town.SYSTEM, name="测速站", granted=["evidence.ingest"], unit=unit, expires_on=clock.today().replace(year=clock.today().year + 1)
    )
    people.approve_token(town.SYSTEM, ApiToken.objects.get())
    with serving() as (port, process):
        memory = _Memory(process)

        def upload() -> float:
            _clear()
            return SIZE / _timed(lambda: _send(port, token, source)) / 1e6

        def limit() -> float:
            copied = _timed(lambda: subprocess.run(["cp", str(source), str(place / "copy.mp4")], check=True))
            with source.open("rb") as file:
                hashed = _timed(lambda: hashlib.file_digest(file, "sha256"))
            (place / "copy.mp4").unlink()
            return SIZE / max(copied, hashed) / 1e6

        speed, most = interleaved(3, upload, limit)
        grown = memory.stop()
    yield result("upload with digest", speed, "MB/s (4 GiB in one request)", most, "≥ 0.4")
    yield result("upload memory", grown, "MiB grown by the web workers", MOST_MEMORY_MIB, "≤ 150", ratio=grown)
    source.unlink()
    _clear()


def _send(port: int, token: str, source: Path) -> None:
    headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    name = base64.b64encode(b"film.mp4").decode()
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    wire.request("POST", "/evidence/uploads/", headers={**headers, "Upload-Length": str(SIZE), "Upload-Metadata": f"filename {name}"})
    answer = wire.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    told = {**headers, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "Content-Length": str(SIZE)}
    with source.open("rb") as file:
        wire.blocksize = 1024 * 1024
        wire.request("PATCH", answer.headers["Location"], file, told)
        answer = wire.getresponse()
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(SIZE)), answer.read()


def _timed(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


class _Memory:
    """How much the resident memory of a process and its children grows while something happens."""

    def __init__(self, process: int) -> None:
        self.process, self.before, self.most = process, self._resident(process), 0.0
        self.going = threading.Event()
        self.watch = threading.Thread(target=self._look, daemon=True)
        self.watch.start()

    def _look(self) -> None:
        while not self.going.wait(0.05):
            self.most = max(self.most, self._resident(self.process))

    def stop(self) -> float:
        self.going.set()
        self.watch.join()
        return max(0.0, self.most - self.before)

    def _resident(self, process: int) -> float:
        children = Path(f"/proc/{process}/task/{process}/children")
        try:
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
            below = [int(text) for text in children.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2 + sum(self._resident(child) for child in below)


def _many_small(place: Path) -> Iterator[Result]:
    """Ten thousand files of a dock: registered where they lie and copied in, against reading and hashing them."""
    folder = place / "dock"
    folder.mkdir()
    block, old = os.urandom(FILE_BYTES), time.time() - 3600
    for number in range(FILES):
        path = folder / f"J-{number % 60:04d}_20260930{number % 24:02d}{number // 24 % 60:02d}{number % 60:02d}_{number:05d}.mp4"
        path.write_bytes(HEAD + number.to_bytes(8, "big") + block)
        os.utime(path, (old, old))

    def take(*, in_place: bool) -> float:
        _clear()
        taken = _timed(lambda: import_folder(town.SYSTEM, folder, station="测速", in_place=in_place))
        assert Recording.objects.count() == FILES
        return FILES / taken

    def limit() -> float:
        def read() -> None:
            for path in folder.iterdir():
                with path.open("rb") as file:
                    hashlib.file_digest(file, "sha256")

        return FILES / _timed(read)

    def copy() -> float:
        def durable() -> None:
            subprocess.run(["cp", "-r", str(folder), str(place / "copied")], check=True)
            os.sync()

        taken = _timed(durable)
        shutil.rmtree(place / "copied")
        return FILES / (taken + FILES / limit())

    registered, most = interleaved(3, lambda: take(in_place=True), limit)
    yield result("import, in place", registered, "files/s", most, "≥ 0.5")
    copied, most = interleaved(2, lambda: take(in_place=False), copy)
    yield result("import, copied", copied, "files/s against cp -r, sync and hashing", most, "≥ 0.5")
    _clear()
