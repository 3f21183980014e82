"""The four indicators of a year over five million facts, warm, and a day of ten thousand counted anew, each beside bare SQL."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from bench import town
from bench.measure import Result, result
from chengxin.attire.models import RollCallLine
from chengxin.core import clock
from chengxin.equipment.models import Custody
from chengxin.people import access
from chengxin.people import services as people
from chengxin.people.models import Person, Unit
from chengxin.reports import rules
from chengxin.reports.selectors import indicators
from chengxin.reports.services.figures import compute_days, make_all_dirty, rebuild_dirty_days

SQUADRONS, DAYS, HEADS, ITEMS, CUSTODIES = 40, 426, 12_000, 5_000, 640_000
LINES = 4_400_000
PERSON = """
INSERT INTO people_person (number, name, name_key, initials, sex, person_class, joined_on)
SELECT 'D' || n, '指标' || n, 'zhi3 ' || lpad(n::text, 5, '0'), 'zb', 'male', (ARRAY['established', 'auxiliary'])[1 + n %% 2], '2020-01-01'
FROM generate_series(1, %(heads)s) n
"""
ROLL_CALL = """
INSERT INTO attire_rollcall (id, unit_id, held_on, session, client_key, conductor_id, conductor_label, season, season_rule, submitted_at)
SELECT 20000000 + row_number() OVER (), unit, current_date - day, 'day', gen_random_uuid(), %(user)s, '测速', 'winter', '-', now()
FROM unnest(%(units)s::bigint[]) unit, generate_series(0, %(days)s - 1) day
"""
LINE = """
INSERT INTO attire_rollcallline (id, roll_call_id, person_id, person_class, expected, outcome)
SELECT 30000000 + row_number() OVER (), call.id, person.id, person.person_class, 'winter',
 CASE WHEN abs(hashint4(person.id::int + call.id::int)) %% 50 = 0 THEN 'absent' ELSE 'checked' END
FROM attire_rollcall call
JOIN LATERAL (SELECT id, person_class FROM people_person WHERE number LIKE 'D%%' AND id %% 40 = call.id %% 40 LIMIT %(each)s) person ON true
WHERE call.id >= 20000000
"""
EXCEPTION = """
INSERT INTO attire_rollcallexception (line_id, entry, finding_id)
SELECT id, 'attire.markings_missing', (%(findings)s::bigint[])[1 + id %% %(count)s] FROM attire_rollcallline
WHERE id >= 30000000 AND abs(hashint8(id)) %% 50 = 0
"""
ITEM = """
INSERT INTO equipment_item (asset_number, kind, model_name, serial, unit_id, place, service, purchased_on, price, document, registered_at)
SELECT 'D-' || lpad(i::text, 7, '0'), 'radio', '测速型', 'D' || i, (%(units)s::bigint[])[1 + i %% 40], '', 'ready', current_date, 0, '',
 now()
FROM generate_series(1, %(items)s) i
"""
CUSTODY = """
INSERT INTO equipment_custody (item_id, holder_id, unit_id, purpose, reason, taken_at, due_at, readings_out, readings_in, issued_label,
 rule_version, returned_at, returned_label, condition, return_note, countersigned_at)
SELECT (%(kit)s::bigint[])[1 + i %% %(items)s], (%(people)s::bigint[])[1 + i %% %(heads)s], (%(units)s::bigint[])[1 + i %% 40],
 'duty', '', at - interval '9 hours', at, '{}', '{}', '测速', '-',
 at + (i %% 30 - 28) * interval '10 minutes', '测速', 'good', '', at + interval '1 hour'
FROM (SELECT i,
 now() - interval '2 hours' - i * interval '426 days' / %(custodies)s AS at FROM generate_series(0, %(custodies)s - 1) i) past
"""
BARE_YEAR = """SELECT code, date_trunc('month', day), unit_id, person_class, sum(n), sum(good) FROM reports_dayfigure
 WHERE day BETWEEN %s AND %s GROUP BY 1, 2, 3, 4"""
BARE_DAY = """SELECT c.unit_id, l.person_class, count(*) FROM attire_rollcall c JOIN attire_rollcallline l ON l.roll_call_id = c.id
 WHERE c.held_on = %s AND l.outcome = 'checked' GROUP BY 1, 2"""


def run() -> Iterator[Result]:
    user = town.build()
    if RollCallLine.objects.count() < LINES * 0.95:
        _furnish(user.pk)
    while rebuild_dirty_days():
        pass
    facts = RollCallLine.objects.count() + Custody.objects.count()
    actor, until = access.actor_for(user), clock.today()
    since = until - dt.timedelta(days=364)
    found = indicators(actor, since, until)
    assert sum(each.total.n for each in found) > 0.75 * facts, "the year is counted"
    taken = sorted(_milliseconds(lambda: indicators(actor, since, until)) for _ in range(40))
    limit = statistics.median(_milliseconds(lambda: _asked(BARE_YEAR, [since, until])) for _ in range(9))
    yield _ninety_five(f"four indicators of a year over {facts:,} facts", taken, limit, 100)
    day = until - dt.timedelta(days=30)
    once = statistics.median(_milliseconds(lambda: _counted_anew(rules.DRESS, day)) for _ in range(40))
    bare = statistics.median(_milliseconds(lambda: _asked(BARE_DAY, [day])) for _ in range(9))
    lines = RollCallLine.objects.filter(roll_call__held_on=day).count()
    yield result(f"a dirty day of {lines:,} facts counted anew", once, "ms", bare, "≤ 20", ratio=once)


def _ninety_five(name: str, taken: list[float], limit: float, most: int) -> Result:
    p95 = taken[int(len(taken) * 0.95)]
    return result(f"{name}, p95", p95, f"ms (p50 {statistics.median(taken):.1f} ms)", limit, f"≤ {most}", ratio=p95)


def _milliseconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def _asked(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.fetchall()


def _counted_anew(code: str, day: dt.date) -> None:
    with transaction.atomic():
        compute_days(code, [day])


def _furnish(user: int) -> None:
    """Forty squadrons of three hundred, a roll-call of each on every day, and what they took home and brought back."""
    bureau = Unit.objects.get(kind="bureau")
    for n in range(SQUADRONS):
        people.add_unit(town.SYSTEM, code=f"d{n}", name=f"指标{n}中队", kind="squadron", parent=bureau)
    units = list(Unit.objects.filter(code__regex=r"^d\d+$").order_by("pk").values_list("pk", flat=True))
    given: dict[str, Any] = {
        "units": units, "user": user, "days": DAYS, "heads": HEADS, "items": ITEMS, "custodies": CUSTODIES,
        "each": LINES // (SQUADRONS * DAYS),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
        for statement in (PERSON, ROLL_CALL, LINE):
            cursor.execute(statement, given)
        cursor.execute("SELECT array_agg(id) FROM (SELECT id FROM findings_finding LIMIT 50000) picked")
        findings = cursor.fetchone()
        assert findings is not None
        cursor.execute(EXCEPTION, {"findings": findings[0], "count": len(findings[0])})
        cursor.execute(ITEM, given)
        kit = list(Person.objects.filter(number__startswith="D").values_list("pk", flat=True))
        cursor.execute("SELECT array_agg(id) FROM equipment_item WHERE asset_number LIKE 'D-%'")
        items = cursor.fetchone()
        assert items is not None
        cursor.execute(CUSTODY, {**given, "people": kit, "kit": items[0]})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    make_all_dirty()
