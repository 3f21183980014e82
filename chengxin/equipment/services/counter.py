"""Cards and keeper's turns: who stands at the counter, and who answers for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.equipment import rules
from chengxin.equipment.models import Card, KeeperTurn
from chengxin.people import access
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.database import ask, prepared

if TYPE_CHECKING:
    from chengxin.people.models import Person

CARD_LENGTH = 14  # 72 bits: nobody guesses a card


def digest_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


@transaction.atomic
def issue_card(actor: Actor, person: Person) -> str:
    """A new card for a person; the one before ends. Returns its code, which is shown this once and kept as a digest only."""
    unit = people.unit_of(person, clock.today())
    require(actor, "equipment.card", unit_id=unit.pk if unit else None)
    if person.left_on is not None or unit is None:
        raise DomainError("left", f"{person.name} 已离队，不能制卡。", field="person")
    number = "".join(secrets.choice(rules.ALPHABET) for _ in range(CARD_LENGTH))
    code = rules.label_of(number, rules.CARD)
    people.lock_person(person)
    Card.objects.filter(person=person, revoked_at=None).update(revoked_at=clock.now())
    Card.objects.create(person=person, digest=digest_of(code), issued_at=clock.now(), issued_by=actor.named_user)
    record(actor, "equipment.card_issued", f"person:{person.pk}", unit_id=unit.pk, person_id=person.pk)
    return code


def person_at_counter(text: str) -> people.Named:
    """Who stands at the counter, by card or by exact 工号. Raises DomainError (field "holder")."""
    if text.startswith(f"{rules.CARD}:"):
        card = Card.objects.filter(digest=digest_of(text.strip()), revoked_at=None).select_related("person").first()
        if card is None or rules.number_in(text, rules.CARD) is None:
            raise DomainError("unknown_card", "不认识这张卡：可能已补办新卡或扫描不完整，请重扫或报工号。", field="holder")
        person = card.person
        return people.Named(person.pk, person.number, person.name, person.person_class, person.left_on)
    found = ask(people.named_by_number(text.strip().replace("\0", "")))
    if found is None:
        raise DomainError("unknown_person", "没有这个工号，请核对。", field="holder")
    return found


@transaction.atomic
def open_turn(actor: Actor, *, card: str) -> KeeperTurn:
    """A keeper shows the card at a kiosk and answers for what it does, until the turn ends or runs out.

    Only a card opens a turn, never a number: a number is on everybody's list. Raises NotAllowed for who is no keeper here.
    """
    require(actor, "equipment.kiosk")
    if rules.number_in(card, rules.CARD) is None:
        raise DomainError("not_a_card", "请扫描装备管理员的人员卡。", field="card")
    keeper = person_at_counter(card)
    user = people.user_of(keeper.pk)
    reach = access.actor_for(user).units_for("equipment.keep") if user is not None and user.is_active else frozenset()
    here = actor.units_for("equipment.kiosk")
    units = here if reach is None else reach if here is None else reach & here
    if units is not None and not units:
        raise NotAllowed("no_keeper", f"{keeper.name} 不是这里的装备管理员。")
    policy = rulebook.rule_values("equipment.custody", clock.today(), simulate=True)
    now = clock.now()
    KeeperTurn.objects.filter(device=actor.label, ended_at=None).update(ended_at=now)
    turn = KeeperTurn.objects.create(
        device=actor.label, keeper_id=keeper.pk, key=uuid.uuid4(), opened_at=now, until=now + dt.timedelta(hours=policy["turn_hours"]),
        units=None if units is None else sorted(units),
    )  # fmt: skip
    record(actor, "equipment.turn_opened", f"person:{keeper.pk}", unit_id=actor.unit_id, person_id=keeper.pk)
    return turn


@transaction.atomic
def end_turn(actor: Actor, *, key: uuid.UUID) -> None:
    """The keeper leaves the counter. Ending an ended turn changes nothing."""
    require(actor, "equipment.kiosk")
    turn = KeeperTurn.objects.filter(key=key, device=actor.label, ended_at=None).first()
    if turn is not None:
        turn.ended_at = clock.now()
        turn.save(update_fields=["ended_at"])
        record(actor, "equipment.turn_ended", f"person:{turn.keeper_id}", person_id=turn.keeper_id)


TURN = """SELECT person.id, person.number, person.name, person.person_class, person.left_on, turn.units,
 EXISTS (SELECT FROM people_statusperiod away WHERE away.person_id = person.id AND away.period @> %s::date)
 FROM equipment_keeperturn turn JOIN people_person person ON person.id = turn.keeper_id
 WHERE turn.key = %s AND turn.device = %s AND turn.ended_at IS NULL AND turn.until > %s"""


def at_counter(actor: Actor, key: uuid.UUID | None) -> tuple[Actor, people.Named | None]:
    """The device as the keeper of its turn lets it act: nowhere the keeper may not. Without a turn, as it is.

    Raises NotAllowed for a turn that is over, or whose keeper has left or may not work today.
    """
    if key is None:
        return actor, None
    rows = prepared(TURN, [clock.today(), key, actor.label, clock.now()])
    keeper = people.Named(*rows[0][:5]) if rows else None
    if keeper is None or keeper.left_on is not None or rows[0][6]:
        raise NotAllowed("turn_over", "值守已经结束，请装备管理员重新刷卡开台。已扫描的内容仍在。")
    units = None if rows[0][5] is None else frozenset(orjson.loads(rows[0][5]))
    return replace(actor, reach={**actor.reach, "equipment.kiosk": units}), keeper
