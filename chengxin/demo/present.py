"""Who of those that began in a unit is still there."""

from __future__ import annotations

from collections.abc import Iterable

from chengxin.core import clock
from chengxin.people.models import Person, Unit


def still_in(unit: Unit, persons: Iterable[Person]) -> list[Person]:
    """Today's members among them: people are transferred and leave in the demo bureau too."""
    here = Person.objects.filter(assignments__unit=unit, assignments__period__contains=clock.today(), left_on=None)
    members = set(here.values_list("pk", flat=True))
    return [person for person in persons if person.pk in members]
