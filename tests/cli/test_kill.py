"""kill -9 of the server in the middle of a thousand bulk gestures at the counter: nothing is lost, nothing doubled."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest

from tests.cli.conftest import copied, environment

ROOT = Path(__file__).resolve().parents[2]
GESTURES, CLIENTS, ITEMS = 1000, 4, 5
TOWN = """
import datetime as dt
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from chengxin.core import clock
from chengxin.duty.models import Shift
from chengxin.equipment.services.counter import issue_card
from tests.world import build_world
world = build_world()
now = clock.now()
for place, name in enumerate(("队员", "女队员", "协管", "队长")):
    person, unit = world.persons[name], world.units["一中队"]
    period = DateTimeTZRange(now - dt.timedelta(hours=1), now + dt.timedelta(hours=9))
    Shift.objects.create(
        person=person, unit=unit, day=now.date(), pattern="day", title="白班", period=period, rule_version="-", planned_at=now
    )
    for number in range({items}):
        world.item(f"K-{{place}}{{number}}")
card = issue_card(world.actor("装备员"), world.persons["装备员"])
print("TOKEN", world.device()[0], card, *(world.persons[n].number for n in ("队员", "女队员", "协管", "队长")))
"""
VERDICT = """
from chengxin.equipment.models import Custody, Operation
from chengxin.audit.models import Entry
print("FOUND", Custody.objects.count(), Custody.objects.filter(returned_at=None).count(), Operation.objects.count(),
 Entry.objects.filter(action="equipment.checked_out").count(), Entry.objects.filter(action="equipment.returned").count())
"""


def durable(data: Path) -> dict[str, str]:
    """A database that syncs to disk, as a bureau's does: a commit outlives its server."""
    return {**environment(data), "CHENGXIN_PG_FSYNC": "on"}


def shell(data: Path, code: str) -> list[str]:
    command = [sys.executable, "-m", "chengxin", "django", "shell", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=durable(data), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


class Server:
    """The site in a process group of its own, so that it can be killed as a whole."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "chengxin", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=durable(self.data), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def send(port: int, token: str, path: str, body: dict[str, Any]) -> Any:
    """Send until it is answered; the same key every time."""
    content = json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/counter/{path}", content, headers)
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise AssertionError(error.read().decode()) from error
            time.sleep(0.2)
        except (OSError, ValueError):
            time.sleep(0.2)
    raise AssertionError("the server did not come back")


@pytest.fixture
def data(migrated: Path, tmp_path: Path) -> Iterator[Path]:
    with copied(migrated, tmp_path / "data") as made:
        yield made


def test_a_server_killed_in_the_middle_loses_and_doubles_nothing(data: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = shell(data, TOWN.format(items=ITEMS))
    token, card, *persons = words[words.index("TOKEN") + 1 :]
    server, halfway = Server(data, port), Event()
    turn = send(port, token, "turns", {"card": card})["turn"]

    def work(place: int) -> int:
        codes, done = [f"K-{place}{number}" for number in range(ITEMS)], 0
        for gesture in range(GESTURES // CLIENTS):
            key = str(uuid.uuid4())
            if gesture % 2 == 0:
                items = [{"code": code, "readings": {"charge": 100, "signal": True}} for code in codes]
                answer = send(port, token, "check-out", {"key": key, "turn": turn, "holder": persons[place], "items": items})
            else:
                body = {"key": key, "turn": turn, "items": [{"code": code} for code in codes]}
                answer = send(port, token, "return", body)
                assert send(port, token, "return", body) == answer  # a nervous client
            assert [outcome["done"] for outcome in answer] == [True] * ITEMS, answer
            done += 1
            if gesture == 100:
                halfway.set()
        return done

    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            working = [pool.submit(work, place) for place in range(CLIENTS)]
            while not halfway.wait(0.2):
                assert not any(each.done() for each in working), [each.result() for each in working if each.done()]
            server.kill()
            time.sleep(0.5)
            server.start()
            assert sum(each.result(150) for each in working) == GESTURES
    finally:
        server.stop()
    found = shell(data, VERDICT)
    custodies, still_open, operations, taken, returned = map(int, found[found.index("FOUND") + 1 :])
    assert (custodies, still_open, operations) == (GESTURES // 2 * ITEMS, 0, GESTURES)
    assert (taken, returned) == (GESTURES // 2, GESTURES // 2)


FOOTAGE = """
from tests.world import build_world
world = build_world()
print("TOKEN", world.device("一中队", "evidence.ingest")[0])
"""
KEPT = """
import hashlib
from chengxin.evidence.models import Recording
from chengxin.evidence.services.store import open_original
def lying(recording):
    return hashlib.file_digest(open_original(recording), "sha256").hexdigest()
print("FOUND", *(f"{r.size}:{r.sha256}:{lying(r)}" for r in Recording.objects.order_by("size")))
"""
MIB = 1024 * 1024


class Interrupted(Exception):
    """The server went away in the middle of a request."""


def tus(port: int, token: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str]]:
    """One request; Interrupted when there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    told = {
        "Authorization": f"Bearer {token}",
        "Tus-Resumable": "1.0.0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    try:
        connection.request(method, path, body, told)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Interrupted from error
    finally:
        connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def insist(work: Callable[[], tuple[int, dict[str, str]]], *good: int) -> dict[str, str]:
    """Until it is answered so: the server may be away, or another try of ours may still hold the file."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            status, headers = work()
        except Interrupted:
            status = 0
        if status in good:
            return headers
        assert status in {0, 423, 500, 502, 503}, status
        time.sleep(0.2)
    raise AssertionError("the server did not come back")


@pytest.mark.slow
def test_every_acknowledged_byte_outlives_the_server_and_the_database(data: Path) -> None:
    """Four uploads at once; the server is killed in the middle, then the database, then both go on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = shell(data, FOOTAGE)
    token = words[words.index("TOKEN") + 1]
    server, sent = Server(data, port), Semaphore(0)
    contents = [b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00" + random.Random(n).randbytes((33 + n) * MIB + n) for n in range(4)]

    def upload(number: int) -> None:
        content, name = contents[number], base64.b64encode(f"J-{number}.mp4".encode()).decode()
        opened = insist(
            lambda: tus(port, token, "POST", "/evidence/uploads/", Upload_Length=str(len(content)), Upload_Metadata=f"filename {name}"), 201
        )
        path, acknowledged = opened["location"], 0
        while True:
            at = int(insist(lambda: tus(port, token, "HEAD", path), 200)["upload-offset"])
            assert at >= acknowledged, "what was acknowledged once is there for good"
            if at == len(content):
                return
            acknowledged = at
            piece = content[at : at + 5 * MIB]
            headers = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": str(at)}
            try:
                status, told = tus(port, token, "PATCH", path, piece, **headers)
            except Interrupted:
                continue
            if status == 204:
                acknowledged = int(told["upload-offset"])
                sent.release()

    def trouble() -> None:
        for _ in range(6):
            sent.acquire(timeout=60)
        server.kill()
        time.sleep(1)
        while sent.acquire(blocking=False):
            pass  # acknowledged before the server died: the database is to be killed while the next server works
        server.start()
        for _ in range(6):
            assert sent.acquire(timeout=90), "the next server acknowledges nothing"
        postmaster = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)

    with ThreadPoolExecutor(5) as pool:
        breaking = pool.submit(trouble)
        for done in [pool.submit(upload, number) for number in range(4)]:
            done.result(240)
        breaking.result(120)
    server.stop()
    words = shell(data, KEPT)
    found = [entry.split(":") for entry in words[words.index("FOUND") + 1 :]]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    assert found == [[str(len(content)), digest, digest] for content, digest in zip(contents, digests, strict=True)]
