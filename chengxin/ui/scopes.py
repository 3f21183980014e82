"""Whose rows an actor may read, as a condition on them."""

from __future__ import annotations

from django.db.models import Q

from chengxin.core.actor import Actor
from chengxin.ui.database import any_of


def within_or_own(actor: Actor, read: str, read_own: str) -> Q:
    """Rows of the units in which the actor holds a capability, and with another one the actor's own; for tables of persons and units."""
    reach = actor.units_for(read)
    if reach is None:
        return Q()
    own = [Q(person_id=actor.person_id)] if actor.person_id and actor.may(read_own) else []
    return any_of([*([Q(unit_id__in=reach)] if reach else []), *own])
