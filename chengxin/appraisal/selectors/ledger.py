"""A person's ledger as its readers meet it: fact, decision, objection, reversal (3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.urls import reverse

from chengxin.appraisal.models import LedgerEntry
from chengxin.appraisal.rules import verdicts as verdict_rules
from chengxin.appraisal.selectors.verdicts import Verdict, verdict_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people.models import Assignment, Person


@dataclass
class Line:
    """An entry, its reversal if it has one, and what rests on it: objections and measures."""

    entry: LedgerEntry
    reversal: LedgerEntry | None = None
    resting: list[Line] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        return self.reversal is None

    @property
    def address(self) -> str:
        return address_of(self.entry.source)


def address_of(source: str) -> str:
    """Where a fact is read; empty for what has no page of its own."""
    kind, _, number = source.partition(":")
    if not number.isdecimal():
        return ""
    if kind == "finding":
        return reverse("findings:detail", args=[int(number)])
    return ""


def lines_of(person: Person, year: int, as_of: dt.datetime | None = None) -> list[Line]:
    """Everything known of the person's year by a moment, the newest fact first, with what rests on each."""
    return lines_in(entries_of(person, year, as_of))


def entries_of(person: Person, year: int, as_of: dt.datetime | None = None) -> QuerySet[LedgerEntry]:
    """The rows behind ``lines_of``."""
    known = LedgerEntry.objects.filter(person=person, year=year).as_known(as_of or clock.now())
    return known.select_related("unit").order_by("pk")


def lines_in(rows: Iterable[LedgerEntry]) -> list[Line]:
    """What rests on what among the rows of one person's year, the newest fact first."""
    rows = list(rows)
    reversals = {row.reverses_id: row for row in rows if row.reverses_id is not None}
    lines = {row.source: Line(row, reversals.get(row.pk)) for row in rows if row.reverses_id is None}
    roots: list[Line] = []
    for line in lines.values():
        below = lines.get(line.entry.rests_on)
        (roots if below is None else below.resting).append(line)
    return sorted(roots, key=lambda line: (line.entry.happened_on, line.entry.pk), reverse=True)


def net_points(lines: Sequence[Line]) -> int:
    """Points of 日常绩效 of what stands."""
    return sum(line.entry.points * line.stands + net_points(line.resting) for line in lines)


def verdict_for(actor: Actor, pk: int, year: int, as_of: dt.datetime | None = None) -> Verdict:
    """The verdict of a person within the actor's scope: oneself, or somebody whose unit of that year the actor reads. Raises NotFound."""
    person = Person.objects.filter(pk=pk).first()
    found = verdict_of(person, year, as_of) if person is not None else None
    if found is None or not may_read(actor, found):
        raise NotFound("no_verdict", f"{year} 年度没有这名人员的结论，或不在您的范围内。")
    return found


def may_read(actor: Actor, verdict: Verdict) -> bool:
    if verdict.person.pk == actor.person_id and actor.may("appraisal.read_own"):
        return True
    reach = actor.units_for("appraisal.read")
    return reach is None or (verdict.unit is not None and verdict.unit.pk in reach)


def assignments_in(person: Person, year: int) -> QuerySet[Assignment]:
    """Where the person belonged in the year, in order: the dated assignments that a verdict rests on."""
    first, last = verdict_rules.year_days(year)
    rows = Assignment.objects.filter(person=person, period__overlap=(first, last + dt.timedelta(days=1)))
    return rows.select_related("unit").order_by("period")


def years_with_entries(person: Person) -> QuerySet[LedgerEntry, int]:
    """The years in which there is something about the person."""
    return LedgerEntry.objects.filter(person=person).order_by().values_list("year", flat=True).distinct()
