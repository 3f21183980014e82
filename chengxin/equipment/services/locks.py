"""Item rows are locked in the order of their ids before anything is read: whoever wants the same items waits, nobody deadlocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict
from chengxin.equipment import rules
from chengxin.equipment.models import Item, ItemStep

LOCK = "SELECT id, asset_number, kind, unit_id, service FROM equipment_item WHERE asset_number = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
STANDING = """SELECT c.id, c.item_id, c.holder_id, p.name, c.taken_at, c.returned_at, c.unit_id FROM equipment_custody c
 JOIN people_person p ON p.id = c.holder_id
 WHERE c.item_id = ANY(%s) AND (c.returned_at IS NULL OR c.countersigned_at IS NULL)"""


@dataclass(frozen=True)
class Locked:
    """An item as it stands under its lock."""

    id: int
    number: str
    kind: str
    unit: int
    service: str
    custody: int | None
    holder: int | None
    holder_name: str
    taken_at: dt.datetime | None
    place: str

    @property
    def standing(self) -> rules.Standing:
        return rules.Standing(self.service, self.place)


def lock_items(numbers: Iterable[str]) -> dict[str, Locked]:
    """Lock the items of these numbers in the order of their ids, then read how they stand. Unknown numbers are left out."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(numbers)])
        rows = cursor.fetchall()
        # read after the lock: what stood before it may have been changed by whoever held it
        cursor.execute(STANDING, [[row[0] for row in rows]])
        held = {row[1]: row for row in cursor.fetchall()}
    locked = {}
    for id_, number, kind, unit, service in rows:
        custody, _, holder, name, taken_at, returned_at, _ = held.get(id_, (None,) * 7)
        place = rules.STORE if custody is None else rules.OUT if returned_at is None else rules.RETURNED
        locked[number] = Locked(id_, number, kind, unit, service, custody, holder, name or "", taken_at, place)
    return locked


def move(item: Item, action: str) -> Item:
    """Lock an item and carry out a change of its service by the transition table. Raises Conflict with why it cannot be."""
    locked = lock_items([item.asset_number])[item.asset_number]
    try:
        standing = rules.after(locked.standing, action)
    except rules.NotPossible as error:
        raise Conflict(error.code, str(error)) from error
    item = Item.objects.get(pk=item.pk)
    if standing.service != item.service:
        item.service = standing.service
        item.save(update_fields=["service"])
    return item


def step(actor: Actor, item_id: int, title: str, note: str = "", tone: str = "muted") -> None:
    """A line of the item's own story."""
    ItemStep.objects.create(item_id=item_id, at=clock.now(), by_label=actor.label, title=title, note=note, tone=tone)
