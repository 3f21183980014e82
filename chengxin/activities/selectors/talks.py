"""Who was talked with, who remains, and what was talked about by theme – never what was said."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from chengxin.activities import rules
from chengxin.activities.models import Remainder, Talk, TalkQuerySet
from chengxin.activities.selectors.policies import talks_policy_at
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people import selectors as people
from chengxin.people.models import Unit
from chengxin.ui.together import Inquiry, answers


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


@dataclass(frozen=True)
class Reached:
    """Somebody to talk with: whether it was done, and if not, whether a reason is named."""

    unit_id: int
    person_class: str
    is_talked_with: bool
    is_explained: bool


def reached_of(year: int, units: list[int] | None = None) -> Inquiry[list[Reached]]:
    """Everyone to talk with in a year, and whether that was done."""
    frame = frame_of(year)
    reasons = Remainder.objects.filter(year=year, person=OuterRef("pk"))
    people_asked = everyone_to_talk_with(frame, units).annotate(
        talked=Exists(talked_with(frame).filter(person=OuterRef("pk"))), explained=Exists(reasons)
    )
    rows = people_asked.values_list("unit_id", "person_class", "talked", "explained")
    yield rows
    return [Reached(unit, person_class, talked, explained and not talked) for unit, person_class, talked, explained in rows]


@dataclass(frozen=True)
class UnitCoverage:
    """One class of one unit: how many, and how many were talked with."""

    unit: Unit
    person_class: str
    covered: rules.Coverage


def coverage_of(year: int, units: list[int] | None = None) -> list[UnitCoverage]:
    """Rows per unit and class, in the order of units."""
    return by_unit(*answers([reached_of(year, units)]))


def by_unit(reached: list[Reached]) -> list[UnitCoverage]:
    """Who was reached, counted per unit and class, in the order of units."""
    groups: dict[tuple[int, str], list[Reached]] = {}
    for each in reached:
        groups.setdefault((each.unit_id, each.person_class), []).append(each)
    classes, by_pk = list(rules.CLASSES), Unit.objects.in_bulk({unit for unit, _ in groups})
    found = [UnitCoverage(by_pk[unit], kind, covered(mine)) for (unit, kind), mine in groups.items()]
    return sorted(found, key=lambda row: (row.unit.sequence, row.unit.pk, classes.index(row.person_class)))


def covered(reached: list[Reached]) -> rules.Coverage:
    """How many were to be reached, and how many were."""
    return rules.Coverage(len(reached), sum(each.is_talked_with for each in reached))


def themes_counted(talks: TalkQuerySet) -> Inquiry[dict[str, int]]:
    """How often each theme came up: one talk counts once for each of its themes."""
    rows = talks.standing().values_list("themes", flat=True)
    yield rows
    return dict(Counter(theme for themes in rows for theme in themes))


def summary_units(actor: Actor) -> list[int] | None:
    """The units whose coverage the actor reads; None for all."""
    reach = actor.units_for("activities.summary")
    return None if reach is None else sorted(reach)
