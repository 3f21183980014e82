"""Figures of spans of days: from the daily roll-up, and from the facts themselves for today and for every day that changed since.

So a figure is never stale: what the roll-up does not know is counted now. How far behind it is matters for speed alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import TruncMonth

from chengxin.core import clock
from chengxin.core.actor import Reach
from chengxin.people.access import every_unit
from chengxin.reports.models import DayFigure, DirtyDay
from chengxin.reports.rules import Cell
from chengxin.reports.selectors import facts
from chengxin.ui.database import any_of
from chengxin.ui.together import ask

Key = tuple[str, str]  # indicator, name of the span
NOBODYS = "未定单位"


@dataclass(frozen=True)
class Span:
    """Days that are asked for together, both ends included; with ``by_month`` told month by month."""

    name: str
    since: dt.date
    until: dt.date
    by_month: bool = False

    def holds(self, day: dt.date) -> bool:
        return self.since <= day <= self.until

    def month_of(self, day: dt.date) -> dt.date:
        return day.replace(day=1) if self.by_month else self.since.replace(day=1)


def cells_of(reaches: Mapping[str, Reach], spans: Collection[Span]) -> dict[Key, list[Cell]]:
    """The counted facts of indicators, each within its units, over several spans: two statements, however long the spans are."""
    first, last = min(each.since for each in spans), max(each.until for each in spans)
    every = every_unit()
    live = _live_days(reaches, first, last, every)
    parts = [each for span in spans if (each := _rolled_up(reaches, span, live)) is not None]
    parts += [_counted_now(source, reaches[source.code], days) for source in facts.SOURCES if (days := live.get(source.code))]
    found: dict[Key, list[_Row]] = {(code, span.name): [] for code in reaches for span in spans}
    for name, code, day, unit, person_class, n, good in _together(parts):
        for span in spans:
            if span.name == name or (not name and span.holds(day)):
                found[code, span.name].append((span.month_of(day), unit, person_class, n, good))
    units = {unit.pk: (unit.sequence, unit.name) for unit in every}
    return {key: _cells(rows, units) for key, rows in found.items()}


_Row = tuple[dt.date, int | None, str, int, int]


def _live_days(codes: Iterable[str], first: dt.date, last: dt.date, with_it: QuerySet[Any]) -> dict[str, set[dt.date]]:
    """Of each indicator the days the roll-up does not know: those that changed, and today with all that follows.

    What else is wanted of the database is asked ``with_it``.
    """
    today = clock.today()
    ahead = {today + dt.timedelta(days=number) for number in range((last - today).days + 1)} if last >= today else set()
    found = {code: {day for day in ahead if day >= first} for code in codes}
    dirty = DirtyDay.objects.filter(code__in=list(found), day__range=(first, last)).order_by().values_list("code", "day").distinct()
    ask(dirty, with_it)
    for code, day in dirty:
        found[code].add(day)
    return found


def _rolled_up(reaches: Mapping[str, Reach], span: Span, live: Mapping[str, set[dt.date]]) -> QuerySet[Any, Any] | None:
    until = min(span.until, clock.today() - dt.timedelta(days=1))
    if until < span.since or not reaches:
        return None
    within = [
        Q(code__in=[code for code, each in reaches.items() if each == reach]) & (Q() if reach is None else Q(unit_id__in=sorted(reach)))
        for reach in set(reaches.values())
    ]
    rows = DayFigure.objects.filter(any_of(within), day__range=(span.since, until)).order_by()
    for code, days in live.items():
        known = [day for day in days if span.since <= day <= until]
        rows = rows.exclude(code=code, day__in=known) if known else rows
    month = TruncMonth("day") if span.by_month else Value(span.since, output_field=DateField())
    grouped = rows.annotate(month=month).values("code", "month", "unit_id", "person_class").annotate(all=Sum("n"), fine=Sum("good"))
    return grouped.values_list(Value(span.name), "code", "month", "unit_id", "person_class", "all", "fine")


def _counted_now(source: facts.Source, reach: Reach, days: set[dt.date]) -> QuerySet[Any, Any]:
    grouped = source.grouped(facts.stretches(days), reach)
    return grouped.values_list(Value(""), Value(source.code), "fact_day", F(f"{source.unit}_id"), "fact_class", "n", "good")


def _together(parts: list[QuerySet[Any, Any]]) -> Iterable[tuple[Any, ...]]:
    if not parts:
        return []
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _cells(rows: list[_Row], units: Mapping[int, tuple[int, str]]) -> list[Cell]:
    """In the order of units, so that whatever is grouped of them stands in that order; what has no unit comes last."""
    rows.sort(key=lambda row: (row[1] is None, units.get(row[1] or 0, (0, "")), row[0], row[2]))
    return [Cell(month, units[unit][1] if unit else NOBODYS, person_class, good, n, unit) for month, unit, person_class, n, good in rows]
