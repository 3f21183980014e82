"""Eligibility of 5,000 persons over a year with 300,000 ledger entries, against the bare aggregation of those entries in the same run."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection

from bench import town
from bench.measure import Result, interleaved, result
from chengxin.appraisal import selectors
from chengxin.appraisal.models import LedgerEntry
from chengxin.appraisal.rules.verdicts import RESULTS
from chengxin.core import clock
from chengxin.people import services as people
from chengxin.people.models import Unit
from chengxin.rulebook import services as rulebook
from chengxin.rulebook.models import RuleVersion, State

PERSONS, ENTRIES, YEAR, UNITS = 5_000, 300_000, 2025, 40
AS_OF = dt.datetime(YEAR + 1, 1, 5, 12, tzinfo=clock.SHANGHAI)
# person n joined long ago, except one in fifty, in the last months of the year; one in a hundred was on leave for most of it
PERSON = """
INSERT INTO people_person (number, name, name_key, initials, sex, person_class, joined_on)
SELECT 'E' || n, '考' || n, 'kao3 ' || lpad(n::text, 5, '0'), 'k', 'male', (ARRAY['established', 'auxiliary'])[1 + n %% 2],
 CASE WHEN n %% 50 = 0 THEN '2025-10-01' ELSE '2020-01-01' END::date FROM generate_series(1, %(persons)s) n
"""
ASSIGNMENT = """
INSERT INTO people_assignment (person_id, unit_id, period, post_title, is_leader)
SELECT id, (%(units)s::bigint[])[1 + id %% %(unit_count)s], daterange(joined_on, NULL), '', false FROM people_person WHERE number LIKE 'E%%'
"""
LEAVE = """
INSERT INTO people_statusperiod (person_id, status, period, approved_by)
SELECT id, 'on_leave', daterange('2025-02-01', '2025-11-01'), '测速' FROM people_person WHERE number LIKE 'E%%' AND id %% 100 = 7
"""
# sixty entries a person in the order of the year, as they come: commendations, measures without meaning for eligibility, and findings,
# most of which are taken back again; a finding in twenty is a valid complaint. Objection windows of the last week are still open
ENTRY = """
INSERT INTO appraisal_ledgerentry (person_id, unit_id, person_class, year, happened_on, known_at, written_at, kind, clause, text, flag,
 points, source, rests_on, object_by, rule_version, points_version)
SELECT (%(people)s::bigint[])[1 + n %% %(persons)s], (%(units)s::bigint[])[1 + n %% %(unit_count)s], 'established', %(year)s, day, day, day,
 kind, '2.1.3', '问〔2025〕' || lpad(n::text, 6, '0') || ' 漏戴标识，当场责令整改',
 CASE WHEN kind = 'finding' AND chance %% 20 = 0 THEN 'complaint' ELSE '' END,
 CASE kind WHEN 'finding' THEN -1 WHEN 'commendation' THEN 2 ELSE 0 END, kind || ':' || n, '',
 CASE kind WHEN 'commendation' THEN NULL ELSE day + 7 END, 'attire.prohibited@1', 'appraisal.points@1'
FROM (SELECT n, chance, date '2025-01-01' + (n::bigint * 364 / %(count)s)::int AS day,
 CASE WHEN chance < 60 THEN 'finding' WHEN chance < 500 THEN 'commendation' ELSE 'measure' END AS kind
 FROM (SELECT n, abs(hashint4(n)) %% 1000 AS chance FROM generate_series(1, %(count)s) n) drawn) made
"""
REVERSAL = """
INSERT INTO appraisal_ledgerentry (person_id, unit_id, person_class, year, happened_on, known_at, written_at, kind, clause, text, flag,
 points, source, rests_on, object_by, rule_version, points_version, reverses_id)
SELECT person_id, unit_id, person_class, year, happened_on, known_at + interval '9 days', written_at, kind, clause, text, flag,
 -points, source, rests_on, object_by, rule_version, points_version, id FROM appraisal_ledgerentry WHERE kind = 'finding' AND id %% 3 > 0
"""
BARE = """SELECT person_id, count(*), sum(points), count(*) FILTER (WHERE kind = 'finding') FROM appraisal_ledgerentry
 WHERE year = %s AND known_at <= %s GROUP BY person_id ORDER BY person_id"""


def run() -> Iterator[Result]:
    town.build()
    if LedgerEntry.objects.count() < ENTRIES:
        _furnish()
    found = selectors.verdicts_of(YEAR, AS_OF)
    assert sum(each.person.number.startswith("E") for each in found) == PERSONS
    assert {each.result for each in found} == set(RESULTS), "every result is among them"
    taken, limit = interleaved(9, _judged, _aggregated)
    yield result(f"eligibility of {PERSONS:,} persons over {LedgerEntry.objects.count():,} entries", taken, "s", limit, "≤ 5")


def _judged() -> float:
    """Everybody's verdict with its reasons, as the list, the freeze and the year-end package ask for it."""
    start = time.perf_counter()
    found = selectors.verdicts_of(YEAR, AS_OF)
    assert len(found) >= PERSONS
    return time.perf_counter() - start


def _aggregated() -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(BARE, [YEAR, AS_OF])
        rows = cursor.fetchall()
    assert len(rows) == PERSONS
    return time.perf_counter() - start


def _furnish() -> None:
    rulebook.load_first_issue(town.SYSTEM)  # a town of an earlier bench may not have these rules yet
    if RuleVersion.objects.filter(number=1, state=State.DRAFT).exists():
        rulebook.issue_rulebook(town.SYSTEM, issued_on=clock.today(), document_number="测速")
    bureau = Unit.objects.get(code="bureau")
    if not Unit.objects.filter(code="v0").exists():
        for number in range(UNITS):
            people.add_unit(town.SYSTEM, code=f"v{number}", name=f"考核{number}中队", kind="squadron", parent=bureau)
    units = list(Unit.objects.filter(code__startswith="v").values_list("pk", flat=True))
    values: dict[str, Any] = {"persons": PERSONS, "count": ENTRIES - 10_000, "year": YEAR, "units": units, "unit_count": len(units)}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
        cursor.execute("TRUNCATE appraisal_ledgerentry RESTART IDENTITY CASCADE")
        cursor.execute("SELECT count(*) FROM people_person WHERE number LIKE 'E%%'")
        if cursor.fetchone() != (PERSONS,):
            for statement in (PERSON, ASSIGNMENT, LEAVE):
                cursor.execute(statement, values)
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM people_person WHERE number LIKE 'E%%'")
        values["people"] = cursor.fetchone()[0]
        for statement in (ENTRY, REVERSAL):
            cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE appraisal_ledgerentry, people_person, people_assignment, people_statusperiod")
