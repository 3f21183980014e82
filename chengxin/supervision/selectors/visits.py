"""Visits within the reader's scope, the sheet an inspector fills, and what was seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, F, Q

from chengxin.attire import rules as attire_rules
from chengxin.attire import selectors as attire
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people import selectors as people
from chengxin.supervision import rules
from chengxin.supervision.models import Check, Inspector, Visit, VisitPhoto, VisitQuerySet
from chengxin.supervision.selectors.plans import Item, items_of

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile
    from chengxin.people.models import Person


def visits_visible_to(actor: Actor) -> VisitQuerySet:
    return Visit.objects.all().visible_to(actor)


def visit_for(actor: Actor, pk: int) -> Visit:
    """A visit within the actor's scope. Raises NotFound: before it is over, it is the inspectors' and the planners' alone."""
    found = visits_visible_to(actor).select_related("plan", "unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_visit", "没有这次检查，或不在您的范围内。")
    return found


def own_visit_for(actor: Actor, pk: int) -> Visit:
    """A visit the actor is an inspector of. Raises NotFound."""
    mine = Inspector.objects.standing().filter(person_id=actor.person_id or 0).values("visit")
    found = Visit.objects.filter(pk=pk, pk__in=mine).select_related("plan", "unit").first()
    if found is None:
        raise NotFound("no_visit", "没有分派给您的这次检查。")
    return found


def is_inspector(actor: Actor, visit: Visit) -> bool:
    return Inspector.objects.standing().filter(visit=visit, person_id=actor.person_id or 0).exists()


@dataclass(frozen=True)
class Member:
    """Somebody on the sheet: what the day asks of them, what may be found, and whether they were drawn."""

    person: Person
    expected: attire_rules.Expectation
    items: list[Item]
    is_target: bool


@dataclass(frozen=True)
class Sheet:
    """A visit as the inspector's phone shows it; the unit's own items are what no single person has to answer for."""

    targets: list[Member]
    others: list[Member]
    unit_items: list[Item]

    @property
    def members(self) -> list[Member]:
        return [*self.targets, *self.others]


def sheet_of(visit: Visit, day: dt.date) -> Sheet:
    """Everybody of the unit on a day, the drawn first, each with the items that can be held against them then."""
    drawn = set(visit.targets.standing().values_list("person_id", flat=True))
    persons = list(people.members_of([visit.unit_id], day))
    known = {person.pk for person in persons}
    # who was drawn and has changed the unit meanwhile still has to be answered for
    persons += [target.person for target in visit.targets.standing().select_related("person") if target.person_id not in known]
    expected = attire.expectations_on(persons, day)
    items = items_of(visit.plan.template, day)
    members = [
        Member(person, expected[person.pk], _possible(items, expected[person.pk], person.sex), person.pk in drawn) for person in persons
    ]
    return Sheet(
        [each for each in members if each.is_target], [each for each in members if not each.is_target],
        [item for item in items if item.may_concern_unit],
    )  # fmt: skip


def _possible(items: Sequence[Item], expected: attire_rules.Expectation, sex: str) -> list[Item]:
    return [item for item in items if not attire_rules.why_nothing_to_find(item.entry, expected, sex)]


def visit_by_key(actor: Actor, client_key: UUID) -> Visit | None:
    """What a phone has sent already, if the actor sent it."""
    return Visit.objects.filter(client_key=client_key, submitted_by_id=actor.user_id).first()


def checks_of(visit: Visit) -> list[Check]:
    checks = visit.checks.select_related("person").prefetch_related("answers__finding")
    return list(checks.order_by(F("person__name_key").asc(nulls_first=True)))


def photo_of(visit: Visit, file: UUID) -> StoredFile:
    """The file of one photo of a visit. Raises NotFound."""
    found = VisitPhoto.objects.filter(visit=visit, file_id=file).select_related("file").first()
    if found is None:
        raise NotFound("no_file", "没有这张照片。")
    return found.file


def visit_rows(actor: Actor) -> Any:
    """Visits within the actor's scope, one row each."""
    counted = visits_visible_to(actor).annotate(
        persons=Count("checks", filter=Q(checks__person__isnull=False) & ~Q(checks__outcome=rules.ABSENT), distinct=True),
        problems=Count("checks__answers", filter=Q(checks__answers__finding__isnull=False), distinct=True),
        kind=F("plan__kind"), unit_name=F("unit__name"), plan_title=F("plan__title"),
    )  # fmt: skip
    return counted.values(
        "pk", "kind", "mode", "unit_name", "place", "held_on", "due_on", "state", "persons", "problems", "plan_title", "submitted_label"
    )
