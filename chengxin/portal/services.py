"""The portal's one gesture: looking into somebody else's file leaves a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core.actor import Actor

if TYPE_CHECKING:
    from chengxin.people.models import Person


@transaction.atomic
def record_look(actor: Actor, person: Person) -> None:
    """Keep who opened whose personal file."""
    record(actor, "portal.file_viewed", f"person:{person.pk}", person_id=person.pk)
