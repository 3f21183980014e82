"""An exam of 500 people through the running site: how long each waits until an answer is acknowledged, and what is lost when site and
database are killed in the middle.
"""

from __future__ import annotations

import datetime as dt
import heapq
import os
import random
import re
import selectors
import signal
import socket
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.utils.crypto import get_random_string

from bench import town
from bench.measure import Result, result
from bench.site import serving
from chengxin.core import clock
from chengxin.core.postgres import EmbeddedServer, revive
from chengxin.exams import rules
from chengxin.exams.models import Answer, Exam, Item, ItemVersion
from chengxin.exams.selectors.answers import responses_of
from chengxin.exams.services import exams, sitting
from chengxin.people import access
from chengxin.people import services as people
from chengxin.people.models import Person, Unit, User

# an answer each 10 s is seven times the pace of 50 questions in an hour
PEOPLE, QUESTIONS, PACE_S, MEASURED_S = 500, 50, 10.0, 40
LIMIT_MS = 250
TOKEN = get_random_string(32)
DEVICE = str(uuid.uuid4())


def run() -> Iterator[Result]:
    papers = _seated()
    people_ = [Sitter(pk, session) for pk, session in papers]
    with serving() as (port, _):
        for each in people_[:16]:  # every worker answers its first request slowly
            Room(port, [each]).sit(QUESTIONS, until=1, pace=0.05)
        room = Room(port, people_)
        room.sit(MEASURED_S / PACE_S, until=MEASURED_S)
    waits = sorted(room.waits)
    p50, p99 = statistics.median(waits), waits[int(len(waits) * 0.99)]
    told = f"ms (p50 {p50:.1f} ms, {PEOPLE} people, an answer each {PACE_S:.0f} s, {len(waits)} answers)"
    yield result("exam answer p99", p99, told, LIMIT_MS, f"≤ {LIMIT_MS}", ratio=p99)
    yield _killed(people_)


def _seated() -> list[tuple[int, str]]:
    """500 people of a squadron with a paper of 50 questions begun, and the session of each."""
    writer = town.build()
    if not Person.objects.filter(number="E000").exists():
        _enrol(Unit.objects.get(code="s2"))
    exam = _exam(writer)
    sitters = []
    for user in User.objects.filter(username__startswith="exam-").select_related("person"):
        paper = sitting.start_sitting(access.actor_for(user), exam, device=DEVICE)
        client = Client()
        client.force_login(user)
        sitters.append((paper.pk, client.cookies[settings.SESSION_COOKIE_NAME].value))
    return sitters[:PEOPLE]


def _enrol(unit: Unit) -> None:
    for number in range(PEOPLE):
        person = people.add_person(
            town.SYSTEM, number=f"E{number:03d}", name=f"应考{number}", sex="male",
            person_class="auxiliary" if number % 2 else "established", unit=unit, joined_on=clock.today(),
        )  # fmt: skip
        User.objects.create(
            username=f"exam-{number:03d}", person=person, password=make_password(None), password_changed_at=clock.now()
        )  # fmt: skip


def _exam(writer: User) -> Exam:
    """A fresh exam each time: nobody has begun it. Earlier ones are out of the way."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # past answers are kept against everybody else
        cursor.execute("TRUNCATE exams_exam, exams_examitem, exams_paper, exams_answer, exams_marking, exams_ruling CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")
    if not ItemVersion.objects.exists():
        _write(writer)
    made = exams.plan_exam(
        access.actor_for(writer), title="测速考试", clause="2.4.2", units=[Unit.objects.get(code="s2")],
        opens_at=now - dt.timedelta(hours=1), closes_at=now + dt.timedelta(hours=5), minutes=180,
        blueprint=[rules.Line("2.1", "single", QUESTIONS, 2)], form_key=uuid.uuid4(),
    )  # fmt: skip
    return exams.publish_exam(access.actor_for(writer), made)


def _write(writer: User) -> None:
    now = clock.now()
    for number in range(2 * QUESTIONS):
        content = rules.content_of(
            kind="single", stem=f"测速第 {number} 题", options=["甲", "乙", "丙", "丁"], answer="A", explanation="", clause="2.1.3",
            difficulty="2",
        )  # fmt: skip
        ItemVersion.objects.create(
            item=Item.objects.create(made_at=now), number=1, kind=content.kind, stem=content.stem, options=list(content.options),
            answer=list(content.answer), clause=content.clause, difficulty=content.difficulty, digest=content.digest, written_by=writer.pk,
            written_label="测速", written_at=now, state=rules.IN_USE, reviewed_by=0, reviewed_label="测速", reviewed_at=now, used_at=now,
        )  # fmt: skip


@dataclass
class Sitter:
    """One person with a phone: what was answered under which number, what was acknowledged, what is under way."""

    paper: int
    session: str
    sequence: int = 0
    acknowledged: dict[int, tuple[int, str]] = field(default_factory=dict)  # running number to (place, response)
    wanted: dict[int, str] = field(default_factory=dict)  # place to the newest response
    waiting: tuple[int, int, str] | None = None  # (number, place, response) that has not been acknowledged

    def answer(self) -> bytes:
        """The next answer, or the one that was not acknowledged again, as the phone sends it."""
        if self.waiting is None:
            self.sequence += 1
            place = (self.sequence - 1) % QUESTIONS + 1
            self.waiting = self.sequence, place, random.choice("ABCD")
            self.wanted[place] = self.waiting[2]
        sequence, place, response = self.waiting
        body = urlencode({"place": place, "sequence": sequence, "response": response})
        cookies = f"sessionid={self.session}; csrftoken={TOKEN}; exam_device={DEVICE}"
        head = (
            f"POST /exams/papers/{self.paper}/answers/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nX-CSRFToken: {TOKEN}\r\n"
            f"Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return (head + body).encode()

    def told(self) -> None:
        assert self.waiting is not None
        self.acknowledged[self.waiting[0]] = self.waiting[1:]
        self.waiting = None


class Room:
    """Everybody answers at the own pace over a connection that stays open. One thread sends and listens: clients that computed for
    themselves would take the site's processors."""

    def __init__(self, port: int, sitters: list[Sitter]) -> None:
        self.port, self.sitters = port, sitters
        self.waits: list[float] = []
        self.wires: dict[int, socket.socket] = {}

    def sit(self, answers: float, *, until: float, pace: float = PACE_S, stop_at: float | None = None) -> None:
        """Let everybody give so many answers, spread evenly; nobody sends before the last one was answered. ``stop_at``: seconds after
        which the room falls silent with answers under way."""
        listening, begun = selectors.DefaultSelector(), time.perf_counter()
        plan = [(at * pace / len(self.sitters), at) for at in range(len(self.sitters))]
        heapq.heapify(plan)
        due, underway = dict[int, float](), dict[int, float]()
        while plan or underway:
            now = time.perf_counter() - begun
            if stop_at is not None and now > stop_at:
                break
            while plan and plan[0][0] <= now:
                moment, at = heapq.heappop(plan)
                self._send(at, listening)
                underway[at], due[at] = moment, moment
            for key, _ in listening.select(max(0.0, min(plan[0][0] - now, 0.05)) if plan else 0.05):
                at = key.data
                self._hear(at)
                self.waits.append((time.perf_counter() - begun - underway.pop(at)) * 1000)
                again = max(due[at] + pace, time.perf_counter() - begun)
                if again < until and self.sitters[at].sequence < 10**6 and again < answers * pace:
                    heapq.heappush(plan, (again, at))
        listening.close()

    def _send(self, at: int, listening: selectors.BaseSelector) -> None:
        if at not in self.wires:
            self.wires[at] = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            listening.register(self.wires[at], selectors.EVENT_READ, at)
        elif self.wires[at].fileno() not in listening.get_map():
            listening.register(self.wires[at], selectors.EVENT_READ, at)
        self.wires[at].sendall(self.sitters[at].answer())

    def _hear(self, at: int) -> None:
        """Take one whole answer. It fits one packet nearly always."""
        content = b""
        while True:
            content += self.wires[at].recv(65536)
            head, parted, body = content.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            if parted and length and len(body) >= int(length[1]):
                break
        assert head.startswith(b"HTTP/1.1 200"), content[:600]
        self.sitters[at].told()


def _killed(sitters: list[Sitter]) -> Result:
    """Site and database die with answers under way; both start again, the phones send again, and every answer is there."""
    with serving() as (port, process):
        Room(port, sitters).sit(60, until=60, pace=1.0, stop_at=5.0)  # faster than the site can: hundreds are under way
        underway = sum(each.waiting is not None for each in sitters)
        server = EmbeddedServer(settings.DATABASE_TARGET.data)  # type: ignore[arg-type]
        for pid in [*_below(process), process, server.postmaster()]:
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
    connection.close()
    until = time.monotonic() + 60
    while not revive(settings.DATABASE_TARGET) and time.monotonic() < until:
        time.sleep(0.1)
    lost = sum(_lost(each) for each in sitters)
    with serving() as (port, _):
        Room(port, sitters).sit(2, until=60)
    papers = responses_of([each.paper for each in sitters])
    lost += sum(papers.get(each.paper, {}).get(place) != response for each in sitters for place, response in each.wanted.items())
    acknowledged = sum(len(each.acknowledged) for each in sitters)
    told = f"answers lost of {acknowledged} acknowledged; killed with {underway} under way"
    return result("exam killed in the middle", lost, told, 0, "≤ 0", ratio=lost)


def _lost(sitter: Sitter) -> int:
    """Acknowledged answers that the database does not know after its recovery."""
    rows = Answer.objects.filter(paper=sitter.paper).values_list("sequence", "place", "response")
    there = {sequence: (place, response) for sequence, place, response in rows}
    return sum(there.get(sequence) != answer for sequence, answer in sitter.acknowledged.items())


def _below(process: int) -> list[int]:
    """The children of a process and theirs."""
    found = []
    for text in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        found += [*_below(int(text)), int(text)]
    return found
