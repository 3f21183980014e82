"""Who was talked with, who remains, and what was talked about by theme – never what was said."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from chengxin.activities import rules
from chengxin.activities.models import Remainder, Talk, TalkQuerySet
from chengxin.activities.selectors.policies import talks_policy_at
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people import selectors as people
from chengxin.people.models import Unit


def talks_visible_to(actor: Actor) -> TalkQuerySet:
    return Talk.objects.all().visible_to(actor)


def talk_for(actor: Actor, pk: int) -> Talk:
    """A talk's date, talker and themes, for who may see it. Raises NotFound."""
    found = talks_visible_to(actor).select_related("talker", "person", "unit", "corrects", "corrected_by").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_talk", "没有这次谈话，或不在您的范围内。")
    return found


def own_talks(actor: Actor) -> list[Talk]:
    """Talks in which the actor was the one or the other."""
    mine = Talk.objects.all().standing().filter(person_id=actor.person_id or 0) | Talk.objects.all().standing().filter(
        talker_id=actor.person_id or 0
    )
    return list(mine.select_related("talker", "person").order_by("-held_on"))


@dataclass(frozen=True)
class Frame:
    """Whom to talk with in a year: the day whose assignments say so (today, within the window), and the window itself."""

    year: int
    day: dt.date
    window: tuple[dt.date, dt.date]
    classes: tuple[str, ...]


def frame_of(year: int) -> Frame:
    """The frame of a year by the rule of its last day, or of today where that comes first."""
    today = clock.today()
    policy = talks_policy_at(min(today, dt.date(year, 12, 31)))
    starts, ends = policy.window(year)
    return Frame(year, min(max(today, starts), ends), (starts, ends), policy.classes)


def everyone_to_talk_with(frame: Frame, units: list[int] | None = None) -> Any:
    """Everyone of the classes of the rule on the frame's day, established and auxiliaries alike."""
    within: Any = units if units is not None else Unit.objects.values("pk")
    members = people.members_of(within, frame.day).filter(person_class__in=frame.classes)
    return members.exclude(left_on__lte=frame.day)


def talked_with(frame: Frame) -> QuerySet[Talk, Any]:
    """Persons with a standing talk within the year's window, as a query of their numbers."""
    return Talk.objects.all().standing().filter(year=frame.year, held_on__range=frame.window).values("person")


def remaining(frame: Frame, units: list[int] | None = None) -> Any:
    """Who has not been talked with, with the last reason that was given (None: none)."""
    reasons = Remainder.objects.filter(year=frame.year, person=OuterRef("pk")).order_by("-pk").values("reason")[:1]
    return everyone_to_talk_with(frame, units).exclude(pk__in=talked_with(frame)).annotate(why=Subquery(reasons))


def explained_count(year: int, units: list[int] | None = None) -> int:
    """How many of those who remain are named with a reason."""
    count: int = remaining(frame_of(year), units).exclude(why=None).count()
    return count


@dataclass(frozen=True)
class UnitCoverage:
    """One class of one unit: how many, and how many were talked with."""

    unit: Unit
    person_class: str
    covered: rules.Coverage


def coverage_of(year: int, units: list[int] | None = None) -> list[UnitCoverage]:
    """Rows per unit and class, in the order of units."""
    frame = frame_of(year)
    talked = set(talked_with(frame).values_list("person", flat=True))
    n, reached = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for pk, unit, person_class in everyone_to_talk_with(frame, units).values_list("pk", "unit_id", "person_class"):
        n[unit, person_class] += 1
        reached[unit, person_class] += pk in talked
    classes, by_pk = list(rules.CLASSES), Unit.objects.in_bulk({unit for unit, _ in n})
    found = [UnitCoverage(by_pk[unit], kind, rules.Coverage(n[unit, kind], reached[unit, kind])) for unit, kind in n]
    return sorted(found, key=lambda row: (row.unit.sequence, row.unit.pk, classes.index(row.person_class)))


def coverage_total(year: int) -> rules.Coverage:
    """The whole bureau."""
    rows = coverage_of(year)
    return rules.Coverage(sum(row.covered.n for row in rows), sum(row.covered.reached for row in rows))


def themes_counted(talks: TalkQuerySet) -> dict[str, int]:
    """How often each theme came up: one talk counts once for each of its themes."""
    found: Counter[str] = Counter()
    for themes in talks.standing().values_list("themes", flat=True):
        found.update(themes)
    return dict(found)


def summary_units(actor: Actor) -> list[int] | None:
    """The units whose coverage the actor reads; None for all."""
    reach = actor.units_for("activities.summary")
    return None if reach is None else sorted(reach)
