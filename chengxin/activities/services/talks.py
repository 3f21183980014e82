"""谈心谈话: recorded by the talker, sealed for the two, every reading kept; and the named remainder (2.4.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.db import IntegrityError, transaction
from django.db.models import F

from chengxin.activities.models import Remainder, Talk
from chengxin.activities.selectors.policies import talks_policy_at
from chengxin.activities.services import keys
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST_CHARACTERS = 8000


@transaction.atomic
def record_talk(
    actor: Actor, *, form_key: UUID, person: Person, held_on: dt.date, themes: Sequence[str], content: str = "",
    corrects: Talk | None = None,
) -> Talk:  # fmt: skip
    """Keep a talk the actor had. What was said is sealed for the two; date, talker and themes are counted. The same form again is
    the same talk; ``corrects`` names an own talk that this one takes the place of.

    Raises DomainError naming the field, NotAllowed (oneself, another's unit), Conflict (corrected already).
    """
    unit = people.unit_of(person, held_on)
    if unit is None:
        raise DomainError("no_unit", f"{person} 在 {held_on} 没有任职单位，请核对日期。", field="person")
    require(actor, "activities.talk", unit_id=unit.pk)
    if actor.person_id is None or actor.person_id == person.pk:
        raise NotAllowed("oneself", "谈话须由两人进行：谈话人是登录的本人，谈话对象应是另一人。", field="person")
    sent = Talk.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    policy = talks_policy_at(held_on)
    chosen = [code for code in policy.themes if code in set(themes)]
    if held_on > clock.today():
        raise DomainError("in_the_future", "谈话日期不能晚于今天，请更正。", field="held_on")
    if not chosen or len(chosen) != len(set(themes)):
        raise DomainError("no_themes", "请从列表中选择谈话主题，至少一项。", field="themes")
    if len(content) > MOST_CHARACTERS:
        raise DomainError("too_long", f"谈话内容至多 {MOST_CHARACTERS} 字。", field="content")
    _check_correction(actor, corrects, person)
    sealed = keys.seal(content.strip(), form_key=form_key, talker_id=actor.person_id, person_id=person.pk)
    try:
        with transaction.atomic():
            made = Talk.objects.create(
                year=held_on.year, held_on=held_on, talker_id=actor.person_id, person=person, unit=unit, person_class=person.person_class,
                themes=chosen, sealed=sealed, key_name=keys.TALK_KEY, form_key=form_key, corrects=corrects, rule_version=policy.version,
                recorded_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("sent", "这次谈话已经登记，或已被更正，请刷新后查看。") from error
    record(actor, "activities.talk_recorded", f"talk:{made.pk}", unit_id=unit.pk, person_id=person.pk, details={"themes": chosen})
    return made


def _check_correction(actor: Actor, corrects: Talk | None, person: Person) -> None:
    if corrects is None:
        return
    if corrects.talker_id != actor.person_id or corrects.person_id != person.pk:
        raise NotAllowed("not_own", "只能更正本人与同一谈话对象的记录。")
    if Talk.objects.filter(corrects=corrects).exists():
        raise Conflict("corrected", "这次谈话已经更正过，请更正最新的一条。")


@transaction.atomic
def read_talk(actor: Actor, talk: Talk) -> str:
    """What was said, for the two who said it and for nobody else; each reading is kept.

    Raises NotAllowed for everybody else, Conflict when the key is not the one it was sealed with.
    """
    require(actor, "activities.see")
    if actor.user_id is None or actor.person_id is None or actor.person_id not in {talk.talker_id, talk.person_id}:
        raise NotAllowed("sealed", "谈话内容已封存，只有谈话双方可以查看。")
    talk = Talk.objects.select_for_update(of=("self",)).get(pk=talk.pk)
    try:
        text = keys.unseal(
            bytes(talk.sealed), talk.key_name, form_key=talk.form_key, talker_id=talk.talker_id, person_id=talk.person_id
        )  # fmt: skip
    except InvalidToken as error:
        raise Conflict("no_key", "封存密钥不在本机，或记录被改动，内容无法打开。请联系系统管理员核对密钥备份。") from error
    Talk.objects.filter(pk=talk.pk).update(readings=F("readings") + 1)
    record(actor, "activities.talk_read", f"talk:{talk.pk}", unit_id=talk.unit_id, person_id=talk.person_id)
    return text


@transaction.atomic
def explain_remainder(actor: Actor, person: Person, *, year: int, reason: str) -> Remainder:
    """Name why somebody was not talked with this year; the same reason again is the same entry."""
    unit = people.unit_of(person, clock.today())
    if unit is None:
        raise DomainError("no_unit", f"{person} 目前没有任职单位，不在谈话范围内。", field="person")
    require(actor, "activities.talk", unit_id=unit.pk)
    words = reason.strip()[:120]
    if not words:
        raise DomainError("no_reason", "请写明未谈话的原因。", field="reason")
    person = people.lock_person(person)
    last = Remainder.objects.filter(year=year, person=person).last()
    if last is not None and last.reason == words:
        return last
    made = Remainder.objects.create(
        year=year, person=person, reason=words, by=actor.named_user, by_label=actor.label, at=clock.now()
    )  # fmt: skip
    record(actor, "activities.remainder_explained", f"person:{person.pk}", unit_id=unit.pk, person_id=person.pk, details={"year": year})
    return made
