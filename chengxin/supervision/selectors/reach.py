"""Whom the inspections reached: persons checked in submitted visits, by squadron, class and mode (3.1)."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from chengxin.attire.rules import Rate
from chengxin.core.actor import Actor
from chengxin.findings import selectors as findings
from chengxin.people import selectors as people
from chengxin.people.models import Unit
from chengxin.rulebook import selectors as rulebook
from chengxin.supervision import rules
from chengxin.supervision.models import Answer, Check, Visit
from chengxin.supervision.selectors.plans import candidates, is_fresh, policy_on

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class CoverageRow:
    """Checks of persons of one class in one unit by one mode: visits, persons checked (each visit anew), of them with a finding that
    still counts."""

    unit: Unit
    person_class: str
    mode: str
    visits: int
    checked: int
    flawed: int


def coverage(since: dt.date, until: dt.date, units: Collection[int] | None = None) -> list[CoverageRow]:
    """Rows for the days from one through another, in the order of units; only what was checked has a row."""
    counting = Answer.objects.filter(of=OuterRef("pk"), finding__in=findings.counting_findings())
    checks = Check.objects.filter(_held(since, until), person__isnull=False).exclude(outcome=rules.ABSENT)
    checks = checks if units is None else checks.filter(visit__unit__in=units)
    rows = checks.annotate(bad=Exists(counting)).values_list("visit__unit_id", "person_class", "visit__mode", "visit_id", "bad")
    seen: dict[tuple[int, str, str], list[tuple[int, bool]]] = defaultdict(list)
    for unit, person_class, mode, visit, bad in rows:
        seen[unit, person_class, mode].append((visit, bad))
    by_pk = Unit.objects.in_bulk({key[0] for key in seen})
    found = [
        CoverageRow(by_pk[unit], person_class, mode, len({visit for visit, _ in each}), len(each), sum(bad for _, bad in each))
        for (unit, person_class, mode), each in seen.items()
    ]
    classes, modes = list(rules.CLASSES), list(rules.MODES)
    return sorted(
        found,
        key=lambda row: (
            row.unit.sequence, row.unit.pk, classes.index(row.person_class) if row.person_class in classes else 9, modes.index(row.mode),
        ),
    )  # fmt: skip


def _held(since: dt.date, until: dt.date) -> Q:
    return Q(visit__state=rules.SUBMITTED, visit__held_on__range=(since, until))


def visits_between(since: dt.date, until: dt.date) -> QuerySet[Visit]:
    """Submitted visits held from one day through another, in that order."""
    held = Visit.objects.all().submitted().filter(held_on__range=(since, until))
    return held.select_related("plan", "unit").order_by("held_on", "pk")


@dataclass(frozen=True)
class Reached:
    """One class of one unit: members at the end of the time, how many different ones were checked, and how many never were lately."""

    unit: str
    person_class: str
    members: int
    persons: int
    never: int
    rate: Rate


@dataclass(frozen=True)
class Coverage:
    """The page: who was reached, by which mode, and whether both classes are inspected alike."""

    rows: list[CoverageRow]
    reached: list[Reached]
    classes: list[rules.Share]
    never: int
    fresh_days: int


def coverage_page(actor: Actor, since: dt.date, until: dt.date) -> Coverage:
    """Everything of the page within the actor's scope."""
    reach = actor.units_for("supervision.results")
    squadrons = people.squadrons() if reach is None else people.squadrons().filter(pk__in=reach)
    units = list(squadrons.values_list("pk", flat=True))
    minimum = rulebook.rule_values("goals.indicators", until, simulate=True)["minimum_n"]
    fresh_days, members = policy_on(until)["fresh_days"], candidates(units, until)
    checked = _persons_checked(since, until)
    n, got, never = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for each in members:
        key = each.unit, each.person_class
        n[key] += 1
        got[key] += each.pk in checked
        never[key] += is_fresh(each, until, fresh_days)
    reached = [Reached(*key, n[key], got[key], never[key], Rate(got[key], n[key], min(minimum, 1))) for key in n]
    return Coverage(coverage(since, until, units), reached, _classes(reached), sum(never.values()), fresh_days)


def _persons_checked(since: dt.date, until: dt.date) -> set[int]:
    checks = Check.objects.filter(_held(since, until), person__isnull=False).exclude(outcome=rules.ABSENT)
    return {pk for pk in checks.values_list("person_id", flat=True) if pk is not None}


def _classes(reached: list[Reached]) -> list[rules.Share]:
    return [
        rules.Share(
            each,
            sum(row.persons for row in reached if row.person_class == each),
            sum(row.members for row in reached if row.person_class == each),
        )
        for each in rules.CLASSES
    ]
