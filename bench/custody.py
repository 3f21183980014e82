"""Check-out at the counter's API against pgbench running the very same SQL, with a million past custodies in the table.

Single scan, bulk of 20, eight clients fighting for the same few items, and the shift change of 200 people.
"""

from __future__ import annotations

import datetime as dt
import http.client
import io
import json
import re
import selectors
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import psycopg
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from bench import town
from bench.measure import Result, interleaved, pgbench, rate, result
from bench.site import serving
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.duty.models import Shift
from chengxin.equipment.models import Custody, Item
from chengxin.equipment.services import counter as counters
from chengxin.people import access
from chengxin.people import services as people
from chengxin.people.models import ApiToken, Person, Unit, User
from chengxin.ui import database
from config.wsgi import application

PAST, ITEMS, PEOPLE, SECONDS = 1_000_000, 700, 200, 3
CLIENTS, ROUNDS, FEW = 8, 150, 3
HISTORY = """
INSERT INTO equipment_custody (item_id, holder_id, unit_id, purpose, reason, taken_at, due_at, readings_out, readings_in, issued_label,
 rule_version, returned_at, returned_label, condition, return_note, countersigned_at)
SELECT (%(items)s::bigint[])[1 + i %% %(count)s], (%(people)s::bigint[])[1 + i %% %(heads)s], %(unit)s, 'duty', '', at,
 at + interval '9 hours', '{}', '{}', '测速', 'equipment.custody@1', at + interval '8 hours', '测速', 'good', '', at + interval '8 hours'
FROM (SELECT i, now() - interval '20 hours' - (i / %(count)s) * interval '12 hours' AS at FROM generate_series(0, %(past)s - 1) i) AS past
"""
READINGS = {"charge": 100, "signal": True}


def run() -> Iterator[Result]:
    counter = Counter()
    yield counter.measure("single scan", 1, "≥ 0.30")
    yield counter.measure("bulk of 20", 20, "≥ 0.55")
    yield from _contention(counter)
    yield _shift_change(counter)


class Counter:
    """A kiosk of the bench's squadron, with people on duty and items in the store."""

    def __init__(self) -> None:
        town.build()
        self.unit = Unit.objects.get(code="s1")
        if not Item.objects.filter(asset_number="Q-0").exists():
            self._furnish()
        ApiToken.objects.all().delete()
        text = people.issue_token(
            town.SYSTEM, name="测速", granted=["equipment.kiosk"], unit=self.unit, expires_on=clock.today() + dt.timedelta(days=9)
        )
        people.approve_token(town.SYSTEM, ApiToken.objects.get())
        self.authorization = f"Bearer {text}"
        actor = access.actor_for_token(text)
        assert actor is not None
        self.numbers = [f"Q-{number}" for number in range(ITEMS)]
        self.holders = list(Person.objects.filter(number__startswith="Q").order_by("pk").values_list("number", flat=True))
        self.turn = str(self._turn(actor))
        self.clear()

    def _furnish(self) -> None:
        now, day = clock.now(), clock.today()
        heads = [
            people.add_person(
                town.SYSTEM, number=f"Q{n:03d}", name=f"测速{n}", sex="male", person_class="established", unit=self.unit, joined_on=day
            )
            for n in range(PEOPLE)
        ]
        period = DateTimeTZRange(now - dt.timedelta(days=1), now + dt.timedelta(days=30))
        Shift.objects.bulk_create(
            Shift(person=each, unit=self.unit, day=day, pattern="day", title="白班", period=period, rule_version="-", planned_at=now)
            for each in heads
        )
        items = Item.objects.bulk_create(
            Item(asset_number=f"Q-{n}", kind="radio", model_name="测速型", unit=self.unit, purchased_on=day, price=0, registered_at=now)
            for n in range(ITEMS)
        )
        ids: dict[str, Any] = {"items": [item.pk for item in items], "people": [each.pk for each in heads], "unit": self.unit.pk}
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
            cursor.execute(HISTORY, {**ids, "count": ITEMS, "heads": PEOPLE, "past": PAST})
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("ANALYZE")

    def _turn(self, device: Actor) -> uuid.UUID:
        """The keeper of the squadron shows the card."""
        keeper, made = Person.objects.get_or_create(
            number="K001", defaults={"name": "测速管理员", "sex": "male", "person_class": "established", "joined_on": clock.today()}
        )
        if made:
            people.assign_person(town.SYSTEM, keeper, unit=self.unit, starts_on=clock.today())
            user = User.objects.create(username="bench-keeper", person=keeper, password="!")
            people.grant_role(town.SYSTEM, user, role="keeper", unit=self.unit, starts_on=clock.today())
        keeper_actor = access.actor_for(User.objects.get(username="bench-keeper"))
        return counters.open_turn(device, card=counters.issue_card(keeper_actor, keeper)).key

    def clear(self) -> None:
        """Everything back into the store, as if a keeper had taken it."""
        now = clock.now()
        Custody.objects.filter(returned_at=None).update(returned_at=now, countersigned_at=now, condition="good")
        Custody.objects.filter(countersigned_at=None).update(countersigned_at=now)

    def _post(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Through the WSGI application, as the web worker calls it."""
        content = orjson.dumps({"key": str(uuid.uuid4()), **body})
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": f"/api/v1/counter/{path}", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "HTTP_AUTHORIZATION": self.authorization, "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": io.BytesIO(content), "wsgi.url_scheme": "http", "QUERY_STRING": "", "HTTP_HOST": "localhost",
        }  # fmt: skip
        status: list[str] = []
        answer = application(environ, lambda line, _headers, _trouble=None: status.append(line))  # type: ignore[arg-type,func-returns-value]
        told = b"".join(answer)
        answer.close()
        assert status == ["200 OK"], told
        return orjson.loads(told)  # type: ignore[no-any-return]

    def take(self, holder: str, numbers: list[str]) -> list[dict[str, Any]]:
        return self._post("check-out", {"holder": holder, "items": [{"code": number, "readings": READINGS} for number in numbers]})

    def give_back(self, numbers: list[str]) -> None:
        outcomes = self._post("return", {"turn": self.turn, "items": [{"code": number} for number in numbers]})
        assert all(outcome["countersigned"] for outcome in outcomes), outcomes

    def measure(self, name: str, size: int, goal: str) -> Result:
        """A check-out and the return of the same items: the whole answers (token, turn, rules, locks, writes, audit, key), two
        gestures a round, against one pgbench client sending the very same statements."""
        numbers, script = self.numbers[:size], self._script(size)

        def both() -> None:
            assert all(outcome["done"] for outcome in self.take(self.holders[0], numbers))
            self.give_back(numbers)

        before = Custody.objects.count()
        pgbench(script, 1)
        assert Custody.objects.count() - before > size, "pgbench takes and returns, round after round"
        rounds, limit = interleaved(3, lambda: rate(both, SECONDS), lambda: pgbench(script, SECONDS))
        return result(name, 2 * rounds, "gestures/s", 2 * limit, goal)

    def _script(self, size: int) -> str:
        """The statements of a check-out and a return as they were sent. What is new each time – the key, the custody's id – is
        drawn by the database; everything else is the captured text."""
        numbers = self.numbers[:size]
        statements = sent_by(lambda: (self.take(self.holders[0], numbers), self.give_back(numbers)))
        assert statements.count("COMMIT") == 2, statements
        return ";\n".join(_repeatable(text) for text in statements) + ";\n"


def sent_by(work: Callable[[], Any]) -> list[str]:
    """Every statement a piece of work sends, in order, with its values filled in; pgbench prepares them as the counter does."""
    log: list[str] = []

    def django(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        log.append(mogrify(sql, params))
        return execute(sql, params, many, context)

    def mogrify(sql: str, params: Any) -> str:
        return psycopg.ClientCursor(connection.connection).mogrify(sql, params or None)

    class Log(list[Any]):
        def append(self, sent: Any) -> None:
            log.append(mogrify(*sent))

    database.trace = Log()
    with connection.execute_wrapper(django), CaptureQueriesContext(connection) as captured:
        work()
    database.trace = None
    assert not [query for query in captured.captured_queries if query["sql"] == "ROLLBACK"]
    gestures = " ".join(log).count("COMMIT")
    # the driver sends the BEGIN by itself, before the first question of a gesture: after the token and the holder or the turn
    for begin in [0, *(at + 1 for at, text in enumerate(log) if text == "COMMIT")][gestures - 1 :: -1]:
        log.insert(begin + 2, "BEGIN")
    return [text.replace("\n", " ") for text in log]


OPEN_CUSTODIES = """(SELECT jsonb_agg(jsonb_build_object('id', id, 'condition', 'good', 'note', '', 'readings', '{}'::jsonb))
 FROM equipment_custody WHERE returned_at IS NULL)""".replace("\n", " ")
MOMENT = r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^']*'::timestamptz"


def _repeatable(text: str) -> str:
    """The captured statement with the moments, ids and the key that have to be new each time."""
    text = re.sub(r'":([a-z])', r'": \1', text)  # in JSON; pgbench would take ":true" for a variable
    if text.startswith("INSERT INTO equipment_operation"):
        return re.sub(r"'[0-9a-f-]{32,36}'(?:::uuid)?", "gen_random_uuid()", text, count=1)
    if text.startswith("INSERT INTO equipment_custody"):
        return re.sub(MOMENT, "clock_timestamp()", text, count=1)  # taken_at; the term stays
    if text.startswith("UPDATE equipment_custody c SET"):
        text = re.sub(MOMENT, "clock_timestamp()", text)
        return re.sub(r"jsonb_to_recordset\('\[.*?\]'::jsonb\)", f"jsonb_to_recordset({OPEN_CUSTODIES})", text)
    return text


class Wire:
    """One client of the running site, over a connection that stays open."""

    def __init__(self, port: int, authorization: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": authorization, "Content-Type": "application/json"}

    def _send(self, path: str, body: dict[str, Any]) -> None:
        self.connection.request("POST", f"/api/v1/counter/{path}", json.dumps({"key": str(uuid.uuid4()), **body}), self.headers)

    def answer(self) -> list[dict[str, Any]]:
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)  # type: ignore[no-any-return]

    def send_take(self, holder: str, numbers: list[str]) -> None:
        self._send("check-out", {"holder": holder, "items": [{"code": number, "readings": READINGS} for number in numbers]})

    def take(self, holder: str, numbers: list[str]) -> list[dict[str, Any]]:
        self.send_take(holder, numbers)
        return self.answer()

    def give_back(self, turn: str, numbers: list[str]) -> None:
        self._send("return", {"turn": turn, "items": [{"code": number} for number in numbers]})
        self.answer()


def _contention(counter: Counter) -> Iterator[Result]:
    """Eight clients of the running site want the same few items in rounds: who wins, and how long everybody waits.

    One thread sends all eight requests and then listens: clients that computed for themselves would take the site's processors.
    """
    with serving() as (port, _):
        counter.clear()
        wires = [Wire(port, counter.authorization) for _ in range(CLIENTS)]
        for place, wire in enumerate(wires * 3):  # every worker answers its first request slowly
            wire.take(counter.holders[place % CLIENTS], counter.numbers[:FEW])
            counter.clear()
        waits: list[float] = []
        for _ in range(ROUNDS):
            answers = _at_once(wires, counter, waits)
            for place in range(FEW):
                assert sum(outcomes[place]["done"] for outcomes in answers) == 1, "exactly one winner each round"
            wires[0].give_back(counter.turn, counter.numbers[:FEW])
    waits.sort()
    p50, p99 = statistics.median(waits), waits[int(len(waits) * 0.99)]
    yield result("contention p99", p99, f"ms (p50 {p50:.1f} ms, {CLIENTS} clients, {ROUNDS} rounds)", p50, "≤ 25", ratio=p99)


def _at_once(wires: list[Wire], counter: Counter, waits: list[float]) -> list[list[dict[str, Any]]]:
    listening = selectors.DefaultSelector()
    begun = time.perf_counter()
    for place, wire in enumerate(wires):
        wire.send_take(counter.holders[place], counter.numbers[:FEW])
        listening.register(wire.connection.sock, selectors.EVENT_READ, wire)
    answers = []
    while listening.get_map():
        for key, _ in listening.select():
            waits.append((time.perf_counter() - begun) * 1000)
            listening.unregister(key.fileobj)
            answers.append(key.data.answer())
    return answers


def _shift_change(counter: Counter) -> Result:
    """200 people take three items each through the running site, some of them already taken; every refusal says why."""
    with serving() as (port, _):
        counter.clear()
        wire = [Wire(port, counter.authorization) for _ in range(3)]

        def serve(place: int) -> list[dict[str, Any]]:
            outcomes = []
            for at in range(place, PEOPLE, len(wire)):
                contested = counter.numbers[3 * at + 2 - 3 * (at % 10 == 9)]
                numbers = [*counter.numbers[3 * at : 3 * at + 2], contested]
                outcomes += wire[place].take(counter.holders[at], numbers)
            return outcomes

        start = time.perf_counter()
        with ThreadPoolExecutor(len(wire)) as pool:
            outcomes = [outcome for part in pool.map(serve, range(len(wire))) for outcome in part]
        taken = time.perf_counter() - start
    assert len(outcomes) == 3 * PEOPLE
    refused = [outcome for outcome in outcomes if not outcome["done"]]
    assert all(outcome["message"] for outcome in refused)
    return result("shift change", taken, f"s for {PEOPLE} × 3 items, {len(refused)} refusals explained", 10, "≤ 10", ratio=taken)
