"""Who of those that began in a unit is still there."""

from __future__ import annotations

from collections.abc import Iterable

from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.people.models import Person, Unit


def still_in(unit: Unit, persons: Iterable[Person]) -> list[Person]:
    """Today's members among them: people are transferred and leave in the demo bureau too."""
    now = {person.pk: people.unit_of(person, clock.today()) for person in (found := list(persons))}
    return [person for person in found if (there := now[person.pk]) is not None and there.pk == unit.pk]
