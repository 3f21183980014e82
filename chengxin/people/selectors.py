"""Questions about units and persons, each with its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import F, QuerySet

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people.access import units_below
from chengxin.people.models import Assignment, Person, Status, StatusPeriod, Unit, UnitKind, User

__all__ = ["units_below"]


def unit_of(person: Person, on: dt.date) -> Unit | None:
    """The unit a person belonged to on a day."""
    found = Assignment.objects.filter(person=person, period__contains=on).select_related("unit").first()
    return found.unit if found else None


def status_on(person: Person, on: dt.date) -> str:
    """The status of a day: left, suspended, on leave, or in post."""
    if person.left_on is not None and on > person.left_on:
        return Status.LEFT
    period = StatusPeriod.objects.filter(person=person, period__contains=on).first()
    return period.status if period else Status.IN_POST


def statuses_on(persons: Collection[int], on: dt.date) -> dict[int, str]:
    """Temporary statuses of a day for many persons at once; who is in post is not listed."""
    rows = StatusPeriod.objects.filter(person__in=persons, period__contains=on)
    return dict(rows.values_list("person_id", "status"))


def members_of(unit_ids: Collection[int], on: dt.date) -> QuerySet[Person]:
    """The persons assigned to the units on a day, in the order of their names."""
    return Person.objects.filter(assignments__unit__in=unit_ids, assignments__period__contains=on).annotate(
        unit_id=F("assignments__unit_id"), unit_name=F("assignments__unit__name")
    )


def squadrons() -> QuerySet[Unit]:
    return Unit.objects.filter(kind=UnitKind.SQUADRON)


def unit_choices(actor: Actor) -> list[tuple[str, str]]:
    """The units the actor may read, for a filter."""
    return [(str(unit.pk), unit.name) for unit in Unit.objects.all().visible_to(actor)]


def unit_for(actor: Actor, pk: int, capability: str) -> Unit:
    """A unit the actor may use the capability in. Raises NotFound otherwise."""
    reach = actor.units_for(capability)
    found = Unit.objects.filter(pk=pk).first()
    if found is None or (reach is not None and found.pk not in reach):
        raise NotFound("no_unit", "没有这个单位，或不在您的范围内。")
    return found


def person_for(actor: Actor, pk: int) -> Person:
    """A person within the actor's scope, or the actor's own. Raises NotFound otherwise."""
    found = Person.objects.all().visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_person", "没有这个人员，或不在您的范围内。")
    return found


def is_leader_of(person_id: int | None, unit_id: int | None, on: dt.date) -> bool:
    """Whether the person led that very unit on the day."""
    if person_id is None or unit_id is None:
        return False
    return Assignment.objects.filter(person_id=person_id, unit_id=unit_id, is_leader=True, period__contains=on).exists()


def user_named(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def labels_of_users(ids: Collection[int]) -> dict[int, str]:
    """Names to show for user ids."""
    rows = User.objects.filter(pk__in=ids).values_list("pk", "username", "person__name")
    return {pk: name or username for pk, username, name in rows}


def leavers(until: dt.date | None = None) -> QuerySet[Person]:
    """Persons who have left by a day (default: today)."""
    return Person.objects.filter(left_on__lte=until or clock.today())


def office_of(person_id: int, on: dt.date) -> str:
    """The name of the unit a person belonged to on a day, empty when none."""
    row = Assignment.objects.filter(person_id=person_id, period__contains=on).values_list("unit__name", flat=True)
    return row.first() or ""
