"""The roll-up of dirty days, and the check of the whole roll-up against the facts.

A dirty day may be computed only when nobody is left at work who changed facts of it without seeing what made it dirty: two people
who change two ends of a link at the same moment do not see each other, and the trigger of one of them may then miss the day. Whoever
did so had a transaction number before the other one ended. So a run first notes a number of its own on each new row, and takes only rows
below whose number everything has ended. Meanwhile readers count these days themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from chengxin.core import clock
from chengxin.reports import rules
from chengxin.reports.models import DayFigure, DirtyDay
from chengxin.reports.selectors import facts

LOCK = 0x6368_7861  # one rebuild at a time, on however many machines
DAYS_AT_ONCE = 31
Key = tuple[str, dt.date, int | None, str]  # indicator, day, unit, class

# the first write of its transaction, which therefore gets a number higher than everybody's whose changes these rows may come from
FENCE = "UPDATE reports_dirtyday SET fence = pg_current_xact_id()::text::bigint WHERE fence IS NULL"
# of a day that is not over one row is enough, the one that has to wait longest: it stays until the day can be computed
FOLD = """DELETE FROM reports_dirtyday early USING reports_dirtyday late
 WHERE late.code = early.code AND late.day = early.day AND (late.fence, late.id) > (early.fence, early.id) AND early.day >= %s"""
READY = """SELECT code, day FROM reports_dirtyday WHERE day < %s GROUP BY code, day
 HAVING bool_and(fence <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint) ORDER BY day DESC, code"""
TAKE = """DELETE FROM reports_dirtyday
 WHERE code = %s AND day = ANY(%s) AND fence <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint"""


@dataclass(frozen=True)
class Difference:
    """A figure that is not what its facts say."""

    code: str
    day: dt.date
    unit_id: int | None
    person_class: str
    kept: tuple[int, int]  # good, n
    found: tuple[int, int]


def rebuild_dirty_days() -> int:
    """Compute every dirty day that is over and settled, the newest first; how many indicator-days that were.

    Killed in between, the days not done are still dirty. A second run at the same time waits for its turn and finds nothing left.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _one_at_a_time()
        cursor.execute(FENCE)
        cursor.execute(FOLD, [clock.today()])
    done = 0
    while taken := _rebuild_some():
        done += taken
    return done


def _rebuild_some() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        _one_at_a_time()
        cursor.execute(READY, [clock.today()])
        ready = cursor.fetchall()
        if not ready:
            return 0
        waiting = facts.unsettled(rules.COMPANIONS)
        ready = [each for each in ready if each not in waiting][:DAYS_AT_ONCE]
        for code in sorted({code for code, _ in ready}):
            days = sorted(day for each, day in ready if each == code)
            cursor.execute(TAKE, [code, days])
            compute_days(code, days)
    return len(ready)


def compute_days(code: str, days: Iterable[dt.date]) -> None:
    """Write the figures of some days of an indicator anew, within the caller's transaction."""
    wanted = sorted(days)
    DayFigure.objects.filter(code=code, day__in=wanted).delete()
    DayFigure.objects.bulk_create(
        [DayFigure(code=code, day=day, unit_id=unit, person_class=each, good=good, n=n)
         for (_, day, unit, each), (good, n) in _counted(code, facts.stretches(wanted)).items()]
    )  # fmt: skip


def _counted(code: str, days: facts.Days) -> dict[Key, tuple[int, int]]:
    """(good, n) by day, unit and class, as the facts say now."""
    found: dict[Key, tuple[int, int]] = {}
    for source in facts.sources_of(code):
        rows = source.grouped(days).values_list("fact_day", f"{source.unit}_id", "fact_class", "good", "n")
        for day, unit, person_class, good, n in rows:
            before = found.get((code, day, unit, person_class), (0, 0))
            found[code, day, unit, person_class] = before[0] + good, before[1] + n
    return found


def make_all_dirty() -> int:
    """Everything is to be computed again; until it is, readers count the facts themselves."""
    every = [(dt.date(rules.EARLIEST, 1, 1), clock.today() - dt.timedelta(days=1))]
    days = {(source.code, day) for source in facts.SOURCES for day in source.facts(every).values_list("fact_day", flat=True).distinct()}
    days |= set(DayFigure.objects.values_list("code", "day").distinct())
    DirtyDay.objects.bulk_create(DirtyDay(code=code, day=day) for code, day in sorted(days))
    return len(days)


def differences() -> Iterator[Difference]:
    """Every figure of the roll-up that is not what its facts say now; days known to be dirty are not part of it. Changes nothing.

    Month by month within one snapshot, so that nothing written meanwhile looks like a difference.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        dirty = set(DirtyDay.objects.values_list("code", "day").distinct())
        for code in rules.COUNTED:
            for first, last in _months(code):
                yield from _differing(code, first, last, dirty)


def _differing(code: str, first: dt.date, last: dt.date, dirty: set[tuple[str, dt.date]]) -> Iterator[Difference]:
    rows = DayFigure.objects.filter(code=code, day__range=(first, last)).values_list("day", "unit_id", "person_class", "good", "n")
    kept: dict[Key, tuple[int, int]] = {(code, day, unit, person_class): (good, n) for day, unit, person_class, good, n in rows}
    found = _counted(code, [(first, last)])
    for key in sorted(kept.keys() | found.keys(), key=lambda each: (each[1], each[2] or 0, each[3])):
        mine, theirs = kept.get(key, (0, 0)), found.get(key, (0, 0))
        if mine != theirs and key[:2] not in dirty:
            yield Difference(*key, mine, theirs)


def _months(code: str) -> Iterator[tuple[dt.date, dt.date]]:
    """The months that have facts or figures, up to yesterday."""
    ends = clock.today() - dt.timedelta(days=1)
    every = [(dt.date(rules.EARLIEST, 1, 1), ends)]
    starts = [source.facts(every).order_by("fact_day").values_list("fact_day", flat=True).first() for source in facts.sources_of(code)]
    starts.append(DayFigure.objects.filter(code=code).order_by("day").values_list("day", flat=True).first())
    first = min((each for each in starts if each is not None), default=None)
    while first is not None and first <= ends:
        following = (first.replace(day=1) + dt.timedelta(days=31)).replace(day=1)
        yield first, min(following - dt.timedelta(days=1), ends)
        first = following


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
