"""kill -9 of the server in the middle of a thousand bulk gestures at the counter: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.cli.conftest import environment

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


def shell(data: Path, code: str) -> list[str]:
    command = [sys.executable, "-m", "chengxin", "django", "shell", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment(data), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


class Server:
    """The site in a process group of its own, so that it can be killed as a whole."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "chengxin", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment(self.data), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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


@pytest.mark.slow
def test_a_server_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    setup = subprocess.run(
        [sys.executable, "-m", "chengxin", "django", "migrate", "-v", "0"], cwd=ROOT, env=environment(data), check=True, timeout=120
    )
    assert setup.returncode == 0
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
