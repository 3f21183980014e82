"""Item rows are locked in the order of their ids before anything is read: whoever wants the same items waits, nobody deadlocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict
from chengxin.equipment import rules
from chengxin.equipment.models import Item, ItemStep
from chengxin.ui.database import Question, ask_together

Rows = list[tuple[Any, ...]]

LOCK = "SELECT id, asset_number, kind, unit_id, service FROM equipment_item WHERE asset_number = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# Sent after the lock, it sees what whoever held the lock before has written. Two halves, each by its own partial index: an item
# has thousands of past custodies that nobody needs to look at.
HOLDING = """WITH wanted AS (SELECT id FROM equipment_item WHERE asset_number = ANY(%s))
 SELECT c.id, c.item_id, c.holder_id, p.name, c.taken_at, c.returned_at FROM (
 SELECT * FROM equipment_custody WHERE item_id IN (SELECT id FROM wanted) AND returned_at IS NULL
 UNION ALL SELECT * FROM equipment_custody WHERE item_id IN (SELECT id FROM wanted)
 AND returned_at IS NOT NULL AND countersigned_at IS NULL) AS c JOIN people_person p ON p.id = c.holder_id"""


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


def locking(numbers: Sequence[str]) -> tuple[Question[Rows], Question[Rows]]:
    """The two questions that lock the items of these numbers in the order of their ids and read how they stand."""
    wanted = list(numbers)
    return Question(LOCK, [wanted], _as_they_are), Question(HOLDING, [wanted], _as_they_are)


def _as_they_are(rows: Rows) -> Rows:
    return rows


def locked_items(rows: Rows, holding: Rows) -> dict[str, Locked]:
    """The answers as items by number. Unknown numbers are left out."""
    held = {row[1]: row for row in holding}
    locked = {}
    for id_, number, kind, unit, service in rows:
        custody, _, holder, name, taken_at, returned_at = held.get(id_, (None,) * 6)
        place = rules.STORE if custody is None else rules.OUT if returned_at is None else rules.RETURNED
        locked[number] = Locked(id_, number, kind, unit, service, custody, holder, name or "", taken_at, place)
    return locked


def lock_items(numbers: Sequence[str]) -> dict[str, Locked]:
    """Lock the items of these numbers and read how they stand."""
    return locked_items(*ask_together(*locking(numbers)))


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
