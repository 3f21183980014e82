"""Check-out at the counter's API against pgbench running the very same SQL, with a million past custodies in the table.

Single scan, bulk of 20, eight clients fighting for the same few items, and the shift change of 200 people.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import statistics
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import town
from bench.measure import Result, interleaved, pgbench, rate, result
from chengxin.core import clock
from chengxin.duty.models import Shift
from chengxin.equipment.models import Custody, Item
from chengxin.people import access
from chengxin.people import services as people
from chengxin.people.models import ApiToken, Person, Unit

PAST, ITEMS, PEOPLE, SECONDS = 1_000_000, 700, 200, 3
HISTORY = """
INSERT INTO equipment_custody (item_id, holder_id, unit_id, purpose, reason, taken_at, due_at, readings_out, issued_label, rule_version,
 returned_at, returned_label, condition, return_note, countersigned_at)
SELECT (%(items)s::bigint[])[1 + i %% %(count)s], (%(people)s::bigint[])[1 + i %% %(heads)s], %(unit)s, 'duty', '', at, at + interval '9 hours',
 '{}', '测速', 'equipment.custody@1', at + interval '8 hours', '测速', 'good', '', at + interval '8 hours'
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
        self.client = Client(headers={"authorization": self.authorization})
        self._clear()

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
        ids = {"items": [item.pk for item in items], "people": [each.pk for each in heads], "unit": self.unit.pk}
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
            cursor.execute(HISTORY, {**ids, "count": ITEMS, "heads": PEOPLE, "past": PAST})
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("ANALYZE")

    def _clear(self) -> None:
        """Everything back into the store, as if a keeper had taken it."""
        now = clock.now()
        Custody.objects.filter(returned_at=None).update(returned_at=now, countersigned_at=now, condition="good")
        Custody.objects.filter(countersigned_at=None).update(countersigned_at=now)

    def take(self, client: Client, holder: str, numbers: list[str]) -> list[dict[str, Any]]:
        items = [{"code": number, "readings": READINGS} for number in numbers]
        body = {"key": str(uuid.uuid4()), "holder": holder, "items": items}
        answer = client.post("/api/v1/counter/check-out", json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()  # type: ignore[no-any-return]

    def measure(self, name: str, size: int, goal: str) -> Result:
        """The whole answer (token, rules, locks, insert, audit, key) against the same statements sent by pgbench.

        What was taken is given back outside the measured time, in one statement.
        """
        chance = random.Random(7)

        def gestures() -> float:
            # the store is emptied in portions: as many gestures as it holds, then everything goes back, unmeasured
            done, spent = 0, 0.0
            while spent < SECONDS:
                self._clear()
                numbers = chance.sample(self.numbers, ITEMS)
                portions = [numbers[at : at + size] for at in range(0, ITEMS - size + 1, size)]
                start = time.perf_counter()
                for portion in portions:
                    assert all(outcome["done"] for outcome in self.take(self.client, chance.choice(self.holders), portion))
                spent += time.perf_counter() - start
                done += len(portions)
            return done / spent

        script = self._script(size)
        gestures_a_second, limit = interleaved(3, gestures, lambda: pgbench(script, SECONDS))
        return result(name, gestures_a_second, "gestures/s", limit, goal)

    def _script(self, size: int) -> str:
        """The statements of one gesture as they were sent, over items of pgbench's own choice."""
        self._clear()
        with CaptureQueriesContext(connection) as captured:
            self.take(self.client, self.holders[0], self.numbers[:size])
        self._clear()
        statements = [query["sql"].replace("\n", " ") for query in captured.captured_queries]
        text = ";\n".join(statements).replace("SAVEPOINT", "-- SAVEPOINT").replace("RELEASE -- SAVEPOINT", "-- RELEASE") + ";\n"
        first, last = statements[0], statements[-1]
        assert first.startswith("SELECT"), first
        assert last == "COMMIT", last
        return _over_any_items(text, size)


def _over_any_items(text: str, size: int) -> str:
    """Replace the numbers, ids and the key of the captured gesture by pgbench's random ones; what is taken is undone at the end."""
    raise NotImplementedError
