"""The year in numbers, for the year-end meeting and the reports (2.4.5)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from chengxin.activities import rules
from chengxin.activities.models import Activity, Risk, RosterLine, Talk, WeakPoint
from chengxin.activities.selectors.programme import PartStanding, standings_of
from chengxin.activities.selectors.talks import UnitCoverage, by_unit, coverage_of, frame_of, reached_of, remaining, themes_counted
from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.ui.together import Inquiry, answers

Q = TypeVar("Q", bound=QuerySet[Any, Any])


@dataclass(frozen=True)
class PartsSummary:
    """Parts of one quarter (0: the year's end): due by the day asked for (not those before the plan was in force), held, and late."""

    quarter: int
    total: int
    due: int
    held: int
    late: int


@dataclass(frozen=True)
class AttendanceRow:
    """Presence in closed activities of one unit and class; every line is one person in one activity."""

    unit: str
    person_class: str
    count: rules.Count


@dataclass(frozen=True)
class RiskRow:
    """Risks of one unit: registered, controlled, closed, and with a review overdue."""

    unit: str
    registered: int
    controlled: int
    closed: int
    overdue: int


@dataclass(frozen=True)
class WeakRow:
    """A weak point with its measure before and after (None: not measured again)."""

    unit: str
    title: str
    clause: str
    state: str
    before: rules.Measured
    after: rules.Measured | None


@dataclass(frozen=True)
class Unsettled:
    """What a year leaves open. ``key`` ("part:3", "talks:2026-2") stays the same however often it is asked for."""

    key: str
    text: str
    unit: str = ""
    due_on: str = ""


@dataclass(frozen=True)
class YearSummary:
    """What a year came to, as of a day. Empty lists where nothing was kept."""

    year: int
    as_of: dt.date
    standings: list[PartStanding]
    parts: list[PartsSummary]
    activities: int
    cancelled: int
    attendance: list[AttendanceRow]
    made_up: int
    to_make_up: int
    talks: list[UnitCoverage]
    talks_explained: int
    themes: dict[str, int]
    risks: list[RiskRow]
    weak_points: list[WeakRow]

    @property
    def parts_held(self) -> int:
        return sum(each.held for each in self.parts)

    @property
    def parts_total(self) -> int:
        return sum(each.total for each in self.parts)

    @property
    def present(self) -> rules.Count:
        counts = [row.count for row in self.attendance]
        return rules.Count(sum(c.lines for c in counts), sum(c.present for c in counts), sum(c.excused for c in counts))

    @property
    def talks_covered(self) -> rules.Coverage:
        return rules.Coverage(sum(row.covered.n for row in self.talks), sum(row.covered.reached for row in self.talks))


def year_summary(year: int, as_of: dt.date | None = None, units: list[int] | None = None) -> YearSummary:
    """The whole bureau, or some units. The programme's parts are the bureau's in any case."""
    day = as_of or clock.today()
    standings = standings_of(year, day)
    asked: list[Inquiry[Any]] = [
        _activities(_within(Activity.objects.filter(year=year), units)), _lines(year, units), reached_of(year, units),
        themes_counted(_within(Talk.objects.filter(year=year), units)), _risks(year, day, units), _weak(year, units),
    ]  # fmt: skip
    activities, lines, reached, themes, risks, weak_points = answers(asked)
    return YearSummary(
        year=year, as_of=day, standings=standings, parts=_parts(standings, day),
        activities=activities[rules.CLOSED], cancelled=activities[rules.CANCELLED], attendance=_attendance(lines),
        made_up=sum(each.presence == rules.ABSENT and each.is_made_up for each in lines),
        to_make_up=sum(each.presence == rules.ABSENT and not each.is_made_up for each in lines),
        talks=by_unit(reached), talks_explained=sum(each.is_explained for each in reached), themes=themes, risks=risks,
        weak_points=weak_points,
    )  # fmt: skip


def _within(found: Q, units: list[int] | None) -> Q:
    return found if units is None else found.filter(unit_id__in=units)


def _activities(held: QuerySet[Activity, Any]) -> Inquiry[Counter[str]]:
    """Activities by state."""
    states = held.values_list("state", flat=True)
    yield states
    return Counter(states)


def _lines(year: int, units: list[int] | None) -> Inquiry[list[RosterLine]]:
    """The lines of closed activities, with the units people were of."""
    found = _within(RosterLine.objects.filter(activity__year=year, activity__state=rules.CLOSED), units)
    lines = found.select_related("unit").only("unit__sequence", "unit__name", "person_class", "presence", "reason_state", "is_made_up")
    yield lines
    return list(lines)


def unsettled_of(year: int, as_of: dt.date) -> list[Unsettled]:
    """What is still owed of a year that has a programme: late parts, people nobody talked with or explained, training not made up,
    weak points not measured again. A year without a programme owes nothing (3.3)."""
    standings = standings_of(year, as_of)
    if not standings:
        return []
    late = [
        Unsettled(f"part:{each.part.pk}", f"{rules.QUARTERS[each.part.quarter].partition('（')[0]}“{each.part.title}”{each.label}",
                  due_on=each.part.due_on.isoformat())
        for each in standings
        if each.state == rules.LATE
    ]  # fmt: skip
    return [*late, *_talks_left(year, as_of), *_lessons_left(year), *_points_left(year)]


def _talks_left(year: int, as_of: dt.date) -> list[Unsettled]:
    """Units with people who were neither talked with nor named with a reason, once the window has closed."""
    ends = frame_of(year).window[1]
    if as_of <= ends:
        return []
    units = {row.unit.pk: row.unit for row in coverage_of(year) if row.covered.rest}
    left = {pk: remaining(frame_of(year), [pk]).filter(why=None).count() for pk in units}
    return [
        Unsettled(f"talks:{year}-{pk}", f"{left[pk]} 人没有谈心谈话，也没有说明原因", unit.name, ends.isoformat())
        for pk, unit in units.items()
        if left[pk]
    ]


def _lessons_left(year: int) -> list[Unsettled]:
    """Absences of closed activities that were not made up, by unit."""
    counted = Counter(RosterLine.objects.all().to_make_up().filter(activity__year=year).values_list("unit_id", flat=True))
    names = {unit.pk: unit.name for unit in people.all_units()}
    return [Unsettled(f"lessons:{year}-{pk}", f"{n} 人次缺席尚未补训", names.get(pk, "")) for pk, n in sorted(counted.items())]


def _points_left(year: int) -> list[Unsettled]:
    points = WeakPoint.objects.filter(until__year=year, state__in=[rules.NOMINATED, rules.ACCEPTED_POINT]).select_related("unit")
    return [
        Unsettled(f"weak_point:{each.pk}", f"薄弱环节“{each.title}”：{rules.POINT_STATES[each.state]}", each.unit.name)
        for each in points.order_by("pk")
    ]  # fmt: skip


def _parts(standings: list[PartStanding], day: dt.date) -> list[PartsSummary]:
    return [
        PartsSummary(
            quarter, len(mine), sum(each.part.due_on <= day and each.state != rules.BEFORE for each in mine),
            sum(each.state == rules.DONE for each in mine), sum(each.state == rules.LATE for each in mine),
        )
        for quarter in rules.BLOCKS
        if (mine := [each for each in standings if each.part.quarter == quarter])
    ]  # fmt: skip


def _attendance(lines: list[RosterLine]) -> list[AttendanceRow]:
    by_key: dict[tuple[int, str, str], list[tuple[str, str]]] = {}
    for each in lines:
        by_key.setdefault((each.unit.sequence, each.unit.name, each.person_class), []).append((each.presence, each.reason_state))
    return [AttendanceRow(unit, kind, rules.count_of(counted)) for (_, unit, kind), counted in sorted(by_key.items())]


def _risks(year: int, day: dt.date, units: list[int] | None) -> Inquiry[list[RiskRow]]:
    rows = _within(Risk.objects.filter(year=year), units).values_list("unit__name", "state", "review_due_on")
    yield rows
    states = Counter((unit, state) for unit, state, _ in rows)
    return [
        RiskRow(
            unit, sum(each[0] == unit for each in rows), states[unit, rules.RISK_CONTROLLED], states[unit, rules.RISK_CLOSED],
            sum(each[0] == unit and each[2] is not None and each[2] < day for each in rows),
        )
        for unit in sorted({unit for unit, _, _ in rows})
    ]  # fmt: skip


def _weak(year: int, units: list[int] | None) -> Inquiry[list[WeakRow]]:
    points = _within(WeakPoint.objects.filter(until__year=year), units).select_related("unit")
    yield points
    return [WeakRow(each.unit.name, each.title, each.clause, each.state, each.before, each.after) for each in points]
