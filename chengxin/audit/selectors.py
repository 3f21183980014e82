"""Questions to the audit."""

from __future__ import annotations

from chengxin.audit.models import Checkpoint, Entry, EntryQuerySet
from chengxin.core.actor import Actor


def entries_visible_to(actor: Actor) -> EntryQuerySet:
    return Entry.objects.all().visible_to(actor)


def last_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-number").defer("leaves", "entry_ids").first()


def sealing_checkpoint(entry: Entry) -> Checkpoint | None:
    """The checkpoint that holds the entry, None while it is not sealed."""
    found = Checkpoint.objects.filter(from_xid__lte=entry.xid, until_xid__gt=entry.xid)
    return found.defer("leaves", "entry_ids").first()


def entry_count() -> int:
    """All entries there are."""
    return Entry.objects.count()
