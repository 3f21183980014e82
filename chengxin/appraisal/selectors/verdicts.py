"""Everybody's verdict about a year: one ordered pass over the ledger in the database, then pure rules over compact rows (3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet

from chengxin.appraisal.rules import ledger, verdicts
from chengxin.appraisal.rules.ledger import Entry, Matter, Standing
from chengxin.appraisal.rules.verdicts import Outcome, Policy, Reason, Service
from chengxin.appraisal.selectors import policy as policies
from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.findings import selectors as findings
from chengxin.measures.models import Measure
from chengxin.people.models import Assignment, Person, Status, StatusPeriod, Unit
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.together import Inquiry, answers

__all__ = ["Reason", "Verdict", "standings", "verdict_of", "verdicts_of"]

# a reversal takes one off whatever its entry put on: the order of rows cannot matter
COUNTS = """SELECT person_id, sum(CASE WHEN kind = 'finding' THEN CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END ELSE 0 END),
 sum(CASE WHEN kind = 'commendation' THEN CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END ELSE 0 END), sum(points)
 FROM appraisal_ledgerentry WHERE year = %(year)s AND known_at <= %(as_of)s {persons} GROUP BY person_id"""
# the few rows that carry a flag, or about which something is open; everything else was counted above
DETAILS = """SELECT person_id, source, kind, known_at, flag, points, rests_on, object_by, clause, text, reverses_id IS NOT NULL
 FROM appraisal_ledgerentry WHERE year = %(year)s AND known_at <= %(as_of)s AND (flag <> '' OR kind = 'objection') {persons}
 UNION ALL
 SELECT person_id, source, kind, known_at, flag, points, rests_on, object_by, clause, text, reverses_id IS NOT NULL
 FROM appraisal_ledgerentry WHERE year = %(year)s AND known_at <= %(as_of)s AND flag = '' AND kind <> 'objection'
 AND object_by >= %(day)s {persons}"""
NOBODY = Standing()
PROPOSED = "有一项提请待有权人员决定"


@dataclass(frozen=True)
class Verdict:
    """Somebody's verdict about a year: ``unit`` is the one the person belonged to on the judging day (else the last of the year)."""

    person: Person
    person_class: str
    unit: Unit | None
    result: str
    reasons: tuple[Reason, ...]
    standing: Standing = NOBODY

    @property
    def label(self) -> str:
        return verdicts.RESULTS[self.result]


def verdicts_of(
    year: int, as_of: dt.datetime | None = None, *, policy: Policy | None = None, persons: Collection[int] | None = None
) -> list[Verdict]:
    """The verdict of everybody who served in the year (or of some), by unit and name, as known at a moment (now).

    ``policy`` is another one than that in force, for simulation. Shows nobody anything by itself: scope is the caller's.
    """
    moment = as_of or clock.now()
    day = policies.judging_day(year, moment)
    rules = policy or policies.policy_on(day)
    known = standings(year, moment, persons)
    asked: list[Inquiry[Any]] = [_proposed(year, moment), _served(year, day, persons)]
    open_, (people, places, services) = answers(asked)
    found = []
    for person in people:
        there = known.get(person.pk, NOBODY)
        outcome = verdicts.verdict(there, services[person.pk], rules, year=year, day=day, proposals=open_.get(person.pk, ()))
        found.append(Verdict(person, person.person_class, places.get(person.pk), outcome.result, outcome.reasons, there))
    return found


def verdict_of(person: Person, year: int, as_of: dt.datetime | None = None) -> Verdict | None:
    """One person's verdict; None for who did not serve in the year."""
    return next(iter(verdicts_of(year, as_of, persons=[person.pk])), None)


def explained(year: int, number: str, as_of: dt.datetime | None = None) -> dict[str, Any]:
    """The verdict of the person with a number as plain values, with the versions it rests on. Raises NotFound.

    Shows whoever asks: for the command line on the bureau's own machine.
    """
    person = Person.objects.filter(number=number).first()
    moment = as_of or clock.now()
    found = verdict_of(person, year, moment) if person is not None else None
    if found is None:
        raise NotFound("no_verdict", f"{year} 年度没有工号“{number}”的人员，请核对年度和工号。")
    day = policies.judging_day(year, moment)
    policy = policies.policy_on(day)
    told = {
        "year": year, "number": number, "result": found.result, "label": found.label, "person_class": found.person_class,
        "unit": found.unit.name if found.unit else None,
        "reasons": [{"clause": each.clause, "text": each.text, "source": each.source} for each in found.reasons],
        "clause": verdicts.CLAUSE, "findings": found.standing.findings, "repeat_count": policy.repeat_count,
        "rule_versions": list(policy.versions), "calendar_version": rulebook.work_calendar().year(year).version,
        "as_of": moment.astimezone(clock.SHANGHAI).isoformat(timespec="seconds"), "judged_on": day.isoformat(),
    }  # fmt: skip
    return {**told, "simulated": True} if policy.simulated else told


def standings(year: int, as_of: dt.datetime, persons: Collection[int] | None = None) -> dict[int, Standing]:
    """What stands of each person's year as known at a moment, counted by the database."""
    day = clock.local_day(as_of)
    values: dict[str, Any] = {"year": year, "as_of": as_of, "day": day, "persons": None if persons is None else list(persons)}
    only = "" if persons is None else "AND person_id = ANY(%(persons)s)"
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(persons=only), values)
        counts = cursor.fetchall()
        cursor.execute(DETAILS.format(persons=only), values)
        details: dict[int, list[Entry]] = {}
        for person, *content in cursor.fetchall():
            details.setdefault(person, []).append(Entry(*content))
    return {
        person: _standing(int(found), int(praise), int(points), details.get(person), as_of, day) for person, found, praise, points in counts
    }


def _standing(found: int, praise: int, points: int, details: list[Entry] | None, as_of: dt.datetime, day: dt.date) -> Standing:
    if details is None:
        return Standing(found, 0, praise, points)
    detailed = ledger.standing(details, as_of, day)
    # an objected finding's own row is among the details only while its window is open: what is contested is counted by its matter
    contested = sum(each.root.startswith("finding:") for each in detailed.open)
    return Standing(found, contested, praise, points, detailed.flags, detailed.open)


def _proposed(year: int, as_of: dt.datetime) -> Inquiry[Mapping[int, tuple[Matter, ...]]]:
    """What was proposed about persons and not decided by then. Not what it says, nor of which kind it is: that is for who decides."""
    first, last = verdicts.year_days(year)
    undecided = Measure.objects.filter(
        Q(decided_at=None) | Q(decided_at__gt=as_of), year=year, proposed_at__lte=as_of, person__isnull=False
    )
    proposed = findings.proposals_open_at(as_of, first, last).values_list("pk", "person_id")
    measured = undecided.order_by("pk").values_list("pk", "person_id")
    yield proposed, measured
    rows = [
        *((f"proposal:{pk}", person) for pk, person in proposed),
        *((f"measure:{pk}", person) for pk, person in measured),
    ]
    found: dict[int, list[Matter]] = {}
    for source, person in rows:
        found.setdefault(person or 0, []).append(Matter(verdicts.PROPOSAL, verdicts.CLAUSE, PROPOSED, source, ""))
    return {person: tuple(matters) for person, matters in found.items()}


def _served(year: int, day: dt.date, persons: Collection[int] | None) -> Inquiry[tuple[list[Person], dict[int, Unit], dict[int, Service]]]:
    """Who served in the year through that day, where they belonged on it, and how they served."""
    first, last = verdicts.year_days(year)
    served = Person.objects.filter(Q(left_on=None) | Q(left_on__gte=first), joined_on__lte=min(day, last))
    served = served if persons is None else served.filter(pk__in=persons)
    every, assigned, statuses = Unit.objects.all(), _assignments(first, day, persons), _statuses(first, min(day, last), persons)
    yield served, every, assigned, statuses
    units = {unit.pk: unit for unit in every}
    now, ever = _assigned(assigned, day)
    away, suspended = _away(statuses, first, last, day)
    people = sorted(served, key=lambda each: (_place(units.get(ever.get(each.pk, 0))), each.name_key, each.number))
    services = {
        each.pk: Service(each.joined_on, each.left_on, each.person_class, each.pk in now, away.get(each.pk, 0), each.pk in suspended)
        for each in people
    }
    return people, {person: units[unit] for person, unit in ever.items()}, services


def _place(unit: Unit | None) -> tuple[int, int]:
    return (unit.sequence, unit.pk) if unit is not None else (1 << 30, 0)


def _assignments(first: dt.date, day: dt.date, persons: Collection[int] | None) -> QuerySet[Any, Any]:
    rows = Assignment.objects.filter(period__overlap=_days(first, day)).order_by("period")
    rows = rows if persons is None else rows.filter(person__in=persons)
    return rows.values_list("person_id", "unit_id", "period")


def _assigned(rows: Iterable[tuple[int, int, Any]], day: dt.date) -> tuple[set[int], dict[int, int]]:
    """Who had a unit on the day; and everybody's unit then, or else the last one of the year."""
    now, ever = set(), {}
    for person, unit, period in rows:
        ever[person] = unit
        if period.upper is None or day < period.upper:
            now.add(person)
    return now, ever


def _statuses(first: dt.date, last: dt.date, persons: Collection[int] | None) -> QuerySet[Any, Any]:
    rows = StatusPeriod.objects.filter(period__overlap=_days(first, last))
    rows = rows if persons is None else rows.filter(person__in=persons)
    return rows.values_list("person_id", "status", "period")


def _away(rows: Iterable[tuple[int, str, Any]], first: dt.date, last: dt.date, day: dt.date) -> tuple[dict[int, int], set[int]]:
    """Days of long leave within the year, up to the day; and who is suspended on it."""
    away: dict[int, int] = {}
    suspended = set()
    end = min(day, last) + dt.timedelta(days=1)
    for person, status, period in rows:
        if status == Status.ON_LEAVE:
            stretch = min(period.upper or end, end) - max(period.lower, first)
            away[person] = away.get(person, 0) + stretch.days
        elif period.upper is None or day < period.upper:
            suspended.add(person)
    return away, suspended


def _days(first: dt.date, last: dt.date) -> Any:
    return DateRange(first, last + dt.timedelta(days=1))


def outcomes(found: Iterable[Verdict]) -> dict[int, Outcome]:
    return {each.person.pk: Outcome(each.result, each.reasons) for each in found}
