"""What went wrong repeatedly: counted from the sources that rooms add."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from chengxin.activities.models import WeakPoint, WeakPointQuerySet
from chengxin.activities.selectors.policies import weak_policy_at
from chengxin.contests import selectors as contests
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.exams import selectors as exams
from chengxin.exams.models import Paper
from chengxin.findings import selectors as findings
from chengxin.findings.kinds import finding_kinds
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook


@dataclass(frozen=True)
class WeakCandidate:
    """How often one thing went wrong in a unit within some days: ``key`` names it for good, ``n`` is among how many persons."""

    source: str
    key: str
    title: str
    clause: str
    unit_id: int
    count: int
    n: int
    persons: tuple[int, ...]
    least: int | None = None  # how often makes it a weak point, where the source has a measure of its own


def from_findings(since: dt.date, until: dt.date) -> list[WeakCandidate]:
    """Findings that count, by unit and catalogue entry (or kind, where there is no entry)."""
    counting = findings.counting_findings().filter(seen_on__range=(since, until))
    rows = counting.values_list("kind", "facts", "clause", "unit_id", "person_id")
    seen: dict[tuple[str, str, int], list[int | None]] = defaultdict(list)
    for kind, facts, clause, unit, person in rows:
        seen[facts.get("entry") or kind, clause, unit].append(person)
    entries, sizes = rulebook.catalogue(until, simulate=True), _sizes({unit for _, _, unit in seen}, until)
    return [
        WeakCandidate(
            "findings", key, _title(key, entries), clause, unit, len(persons), sizes.get(unit, 0),
            tuple(sorted({person for person in persons if person is not None})),
        )
        for (key, clause, unit), persons in seen.items()
    ]  # fmt: skip


def from_contests(since: dt.date, until: dt.date) -> list[WeakCandidate]:
    """Entries of confirmed contests that reached too little in a criterion, by unit and criterion."""
    policy = weak_policy_at(until)
    low = contests.low_criteria(since, until, below=policy.contest_percent / 100)
    return [
        WeakCandidate("contests", each.code, each.title, each.clause, each.unit_id, each.count, each.n, each.persons, policy.contest_least)
        for each in low
    ]


def from_exams(since: dt.date, until: dt.date) -> list[WeakCandidate]:
    """Persons who fell short in a clause of the exams that ended in these days, by unit and clause."""
    return [
        WeakCandidate("exams", each.clause, each.title, each.clause, each.unit_id, each.count, each.n, each.persons)
        for each in exams.weak_units(since, until)
    ]


def _title(key: str, entries: dict[str, dict[str, str]]) -> str:
    if key in entries:
        return entries[key]["title"]
    return finding_kinds[key].title if key in finding_kinds else key


def _sizes(units: set[int], on: dt.date) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    members: Any = people.members_of(units, on)
    for unit in members.values_list("unit_id", flat=True):
        found[unit] += 1
    return found


# source -> how it counts the days from one through another; a room above may add its own
WEAK_POINT_SOURCES: dict[str, Callable[[dt.date, dt.date], Sequence[WeakCandidate]]] = {
    "findings": from_findings,
    "exams": from_exams,
    "contests": from_contests,
}
ANYTHING = 2.0  # above every share of points that can be reached
SOURCE_TITLES = {"findings": "督查问题", "exams": "考试", "contests": "竞赛"}


def counted(source: str, key: str, unit_id: int, since: dt.date, until: dt.date) -> tuple[int, int]:
    """(times, among how many) of one weak point within some days; among none where nothing was held that could show it."""
    for each in WEAK_POINT_SOURCES[source](since, until):
        if (each.key, each.unit_id) == (key, unit_id):
            return each.count, each.n
    return 0, _measured_at_all(source, key, unit_id, since, until)


def _measured_at_all(source: str, key: str, unit_id: int, since: dt.date, until: dt.date) -> int:
    """Among how many a weak point could have shown: who sat an exam or stood in a contest, else the members of the unit."""
    if source == "exams":
        ended = Q(exam__ends_at__gte=clock.at(since), exam__ends_at__lt=clock.at(until + dt.timedelta(days=1)))
        sat = Paper.objects.filter(ended, unit_id=unit_id).exclude(started_at=None)
        return sat.values("person").distinct().count()
    if source == "contests":
        rows = contests.low_criteria(since, until, below=ANYTHING)
        return next((each.n for each in rows if (each.code, each.unit_id) == (key, unit_id)), 0)
    return _sizes({unit_id}, until).get(unit_id, 0)


def weak_points_visible_to(actor: Actor) -> WeakPointQuerySet:
    return WeakPoint.objects.all().visible_to(actor)


def weak_point_for(actor: Actor, pk: int) -> WeakPoint:
    """A weak point of a unit whose summary the actor reads. Raises NotFound."""
    found = weak_points_visible_to(actor).select_related("unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_weak_point", "没有这个薄弱环节，或不在您的范围内。")
    return found


def accepted_choices(actor: Actor) -> list[tuple[str, str]]:
    """Weak points under remedial training, for the form of an activity."""
    rows = weak_points_visible_to(actor).filter(state="accepted").select_related("unit")
    return [(str(each.pk), f"{each.unit.name}：{each.title}") for each in rows]
