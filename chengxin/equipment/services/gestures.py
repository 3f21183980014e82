"""A gesture at the counter: what it asks for, what becomes of each item, and the key with which it is done once and no more."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.db import transaction
from psycopg.errors import UniqueViolation

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError
from chengxin.equipment.models import Custody
from chengxin.ui.database import commit_with_the_rest, pipelined, prepared, send

MOST_ITEMS = 200
KEPT = "SELECT digest, answer FROM equipment_operation WHERE key = %s"
KEEP = "INSERT INTO equipment_operation (key, digest, by_label, at, answer) VALUES (%s, %s, %s, %s, %s::jsonb)"


class Holder(Protocol):
    """Whoever stands at the counter: a person's row, or what the counter read of it."""

    @property
    def pk(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def person_class(self) -> str: ...
    @property
    def left_on(self) -> dt.date | None: ...


@dataclass(frozen=True)
class Asked:
    """One item of a gesture: its number, the readings of the short check, and for a return its condition and a note."""

    number: str
    readings: Mapping[str, Any] = field(default_factory=dict)
    condition: str = Custody.GOOD
    note: str = ""

    @property
    def content(self) -> tuple[Any, ...]:
        return (self.number, dict(self.readings), self.condition, self.note)


@dataclass(frozen=True)
class Outcome:
    """What became of one item; ``code`` and ``message`` say why it was refused."""

    number: str
    done: bool
    code: str = ""
    message: str = ""
    custody: int | None = None
    due_at: str = ""
    countersigned: bool = False


Done = tuple[list[Outcome], Callable[[], None]]  # what became of each item, and the entry that keeps the gesture


class Key:
    """The key of a gesture and what it was used for. Without one, every sending is a gesture of its own."""

    def __init__(self, actor: Actor, key: UUID | None, content: Any) -> None:
        self.key, self.label = key, actor.label
        self.digest = hashlib.sha256(orjson.dumps([actor.label, content], default=str)).hexdigest()

    def keep(self, outcomes: Sequence[Outcome]) -> None:
        """Keep the answer. A twin that came through at the same moment makes this a UniqueViolation."""
        if self.key is not None:
            answer = orjson.dumps([vars(outcome) for outcome in outcomes]).decode()
            send(KEEP, [self.key, self.digest, self.label, clock.now(), answer])

    def answered(self) -> list[Outcome] | None:
        """What was answered under this key before; None for a new one. Raises Conflict for one used for something else."""
        rows = prepared(KEPT, [self.key]) if self.key is not None else []
        if not rows:
            return None
        if rows[0][0] != self.digest:
            raise Conflict("key_reused", "这个幂等键已用于另一内容，请换一个新键后重发。", field="key")
        return [Outcome(**outcome) for outcome in orjson.loads(rows[0][1])]


def once(key: Key, act: Callable[[], Done]) -> list[Outcome]:
    """Do it in one transaction, and only once for a key: the table's own key refuses a second time, which undoes itself and
    answers what the first was answered. Two sendings at the same moment wait for each other there, if not at the items' locks.

    Nobody looks for the key beforehand: almost every gesture is new, and one that is refused as a whole looks for it then.
    """
    try:
        with transaction.atomic():
            outcomes, note = act()
            with pipelined():
                note()
                key.keep(outcomes)
                commit_with_the_rest()
    except UniqueViolation as twin:
        if twin.diag.table_name != "equipment_operation":
            raise
        return key.answered() or []
    except DomainError:
        earlier = key.answered()
        if earlier is None:
            raise
        return earlier
    return outcomes
