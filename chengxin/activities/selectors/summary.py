"""The year in numbers, for the year-end meeting and the reports (2.4.5)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from chengxin.activities import rules
from chengxin.activities.models import Activity, Risk, RosterLine, Talk, WeakPoint
from chengxin.activities.selectors.programme import standings_of
from chengxin.activities.selectors.talks import UnitCoverage, coverage_of, explained_count, themes_counted
from chengxin.core import clock


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
class YearSummary:
    """What a year came to, as of a day. Empty lists where nothing was kept."""

    year: int
    as_of: dt.date
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
    held = Activity.objects.filter(year=year) if units is None else Activity.objects.filter(year=year, unit_id__in=units)
    lines = RosterLine.objects.filter(activity__year=year, activity__state=rules.CLOSED)
    lines = lines if units is None else lines.filter(unit_id__in=units)
    talks = Talk.objects.filter(year=year)
    absent = lines.filter(presence=rules.ABSENT)
    return YearSummary(
        year=year, as_of=day, parts=_parts(year, day), activities=held.filter(state=rules.CLOSED).count(),
        cancelled=held.filter(state=rules.CANCELLED).count(),
        attendance=_attendance(lines.values_list("unit__sequence", "unit__name", "person_class", "presence", "reason_state")),
        made_up=absent.filter(is_made_up=True).count(), to_make_up=absent.filter(is_made_up=False).count(),
        talks=coverage_of(year, units), talks_explained=explained_count(year, units),
        themes=themes_counted(talks if units is None else talks.filter(unit_id__in=units)),
        risks=_risks(year, day, units), weak_points=_weak(year, units),
    )  # fmt: skip


def _parts(year: int, day: dt.date) -> list[PartsSummary]:
    standings = standings_of(year, day)
    return [
        PartsSummary(
            quarter, len(mine), sum(each.part.due_on <= day and each.state != rules.BEFORE for each in mine),
            sum(each.state == rules.DONE for each in mine), sum(each.state == rules.LATE for each in mine),
        )
        for quarter in rules.BLOCKS
        if (mine := [each for each in standings if each.part.quarter == quarter])
    ]  # fmt: skip


def _attendance(rows: object) -> list[AttendanceRow]:
    by_key: dict[tuple[int, str, str], list[tuple[str, str]]] = {}
    for sequence, unit, person_class, presence, state in rows:  # type: ignore[attr-defined]
        by_key.setdefault((sequence, unit, person_class), []).append((presence, state))
    return [AttendanceRow(unit, kind, rules.count_of(lines)) for (_, unit, kind), lines in sorted(by_key.items())]


def _risks(year: int, day: dt.date, units: list[int] | None) -> list[RiskRow]:
    risks = Risk.objects.filter(year=year) if units is None else Risk.objects.filter(year=year, unit_id__in=units)
    rows = list(risks.values_list("unit__name", "state", "review_due_on"))
    states = Counter((unit, state) for unit, state, _ in rows)
    return [
        RiskRow(
            unit, sum(each[0] == unit for each in rows), states[unit, rules.RISK_CONTROLLED], states[unit, rules.RISK_CLOSED],
            sum(each[0] == unit and each[2] is not None and each[2] < day for each in rows),
        )
        for unit in sorted({unit for unit, _, _ in rows})
    ]  # fmt: skip


def _weak(year: int, units: list[int] | None) -> list[WeakRow]:
    points = WeakPoint.objects.filter(until__year=year).select_related("unit")
    points = points if units is None else points.filter(unit_id__in=units)
    return [WeakRow(each.unit.name, each.title, each.clause, each.state, each.before, each.after) for each in points]
