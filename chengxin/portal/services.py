"""The portal's gestures: a look into somebody else's file leaves a trace; requests that say all in one line are granted together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.duty import selectors as duty
from chengxin.duty import services as duty_commands
from chengxin.portal.models import GuideStep
from chengxin.portal.rules import CLOSED, STEPS, Step

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST_TOGETHER = 100


@transaction.atomic
def record_look(actor: Actor, person: Person) -> None:
    """Keep who opened whose personal file."""
    record(actor, "portal.file_viewed", f"person:{person.pk}", person_id=person.pk)


def take_step(actor: Actor, code: str) -> Step:
    """Remember that a step of the guide was opened; a second time changes nothing. Raises NotFound for a step nobody has."""
    if code not in STEPS:
        raise NotFound("no_step", "没有这一步。")
    GuideStep.objects.get_or_create(user_id=actor.named_user, step=code, defaults={"taken_at": clock.now()})
    return STEPS[code]


def put_guide_away(actor: Actor) -> None:
    """No guide on the home page any more."""
    GuideStep.objects.get_or_create(user_id=actor.named_user, step=CLOSED, defaults={"taken_at": clock.now()})


def show_guide_again(actor: Actor) -> None:
    """All steps stand open again."""
    GuideStep.objects.filter(user_id=actor.named_user).delete()


@dataclass(frozen=True)
class Outcome:
    """What became of one of several; ``problem`` is empty when it was done."""

    what: str
    problem: str = ""


def grant_together(actor: Actor, kind: str, keys: Sequence[str]) -> list[Outcome]:
    """Grant several requests of one kind, each in a transaction of its own: done, or refused with its reason.

    Each goes through the command of its room, so nobody grants the own and what was decided before stays as it was. Raises DomainError when
    none or too many were chosen, and for work that is not granted together.
    """
    grant = GRANTS.get(kind)
    if grant is None:
        raise DomainError("one_by_one", "这类事项须逐件查看后办理，不能批量办理。")
    chosen = sorted({int(key) for key in keys if key.isdecimal() and len(key) < 15})
    if not chosen:
        raise DomainError("nothing", "请先勾选要办理的事项。")
    if len(chosen) > MOST_TOGETHER:
        raise DomainError("too_many", f"一次最多办理 {MOST_TOGETHER} 件，请分几次办理。")
    return [_one(actor, grant, pk) for pk in chosen]


def _one(actor: Actor, grant: Callable[[Actor, int], str], pk: int) -> Outcome:
    try:
        with transaction.atomic():
            return Outcome(grant(actor, pk))
    except DomainError as error:
        return Outcome("", error.message)


def _grant_leave(actor: Actor, pk: int) -> str:
    leave = duty_commands.decide_leave(actor, duty.leave_for(actor, pk), granted=True)
    return f"{leave.person.name}请假"


def _grant_swap(actor: Actor, pk: int) -> str:
    swap = duty_commands.decide_swap(actor, duty.swap_for(actor, pk), granted=True)
    return f"{swap.shift.person.name}与{swap.other.name}换班"


GRANTS = {"duty.leave": _grant_leave, "duty.swap": _grant_swap}
