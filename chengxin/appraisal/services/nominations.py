"""Nominations within the quota of each class, and objections of the publicity period (3.1, 3.2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from chengxin.appraisal import selectors
from chengxin.appraisal.models import ExemplaryTitle, Nomination, PublicObjection, Round
from chengxin.appraisal.rules import rounds as rules
from chengxin.appraisal.rules import titles as title_rules
from chengxin.appraisal.rules import verdicts as verdict_rules
from chengxin.appraisal.services.rounds import locked, strike, words
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


@transaction.atomic
def nominate(actor: Actor, round_: Round, *, reasons: str, person: Person | None = None, unit: Unit | None = None) -> Nomination:
    """Propose a person as 优秀 or a unit as 先进集体, on the frozen numbers and within their quota.

    Raises NotAllowed for oneself and the own unit, DomainError for who is not eligible, Conflict when the quota is full.
    """
    if person is not None:
        return _nominate_person(actor, round_, person, reasons)
    if unit is None:
        raise DomainError("no_subject", "请选择人员或单位。", field="person")
    return _nominate_unit(actor, round_, unit, reasons)


def _nominate_person(actor: Actor, round_: Round, person: Person, reasons: str) -> Nomination:
    round_ = locked(round_, rules.FROZEN)
    row = selectors.frozen_row(round_, person.pk)
    if row is None or row["unit"] is None:
        raise DomainError("not_there", f"{person.name} 不在 {round_.year} 年度定稿之内。", field="person")
    require(actor, "appraisal.nominate", unit_id=row["unit"])
    if person.pk == actor.person_id:
        raise NotAllowed("oneself", "不能推荐本人，须由他人推荐。")
    result = selectors.effective_result(round_, person.pk)
    if result != verdict_rules.ELIGIBLE:
        why = "；".join(each["text"] for each in row["reasons"])
        label = verdict_rules.RESULTS[str(result)]
        raise DomainError("not_eligible", f"{person.name} 的结论是“{label}”，不能推荐：{why}", field="person")
    if round_.nominations.filter(person=person, state=Nomination.STANDING).exists():
        raise Conflict("nominated", f"{person.name} 已经被推荐。", field="person")
    made = _take_seat(actor, round_, row["class"], row["unit"], reasons, person)
    record(actor, "appraisal.nominated", f"nomination:{made.pk}", unit_id=made.unit_id, person_id=person.pk, details={"seat": made.seat})
    return made


def _nominate_unit(actor: Actor, round_: Round, unit: Unit, reasons: str) -> Nomination:
    require(actor, "appraisal.nominate", unit_id=unit.pk)
    if unit.pk == actor.unit_id:
        raise NotAllowed("own_unit", "不能推荐本人所在的单位，须由他人推荐。")
    round_ = locked(round_, rules.FROZEN)
    against = selectors.measures_against_unit(unit, round_.year)
    if against:
        raise DomainError("measures", f"{unit.name} 本年有措施：{'、'.join(against)}，不能推荐为先进集体。", field="unit")
    if round_.nominations.filter(unit=unit, seat_class=Nomination.COLLECTIVE, state=Nomination.STANDING).exists():
        raise Conflict("nominated", f"{unit.name} 已经被推荐。", field="unit")
    made = _take_seat(actor, round_, Nomination.COLLECTIVE, unit.pk, reasons, None)
    record(actor, "appraisal.nominated", f"nomination:{made.pk}", unit_id=unit.pk, details={"seat": made.seat})
    return made


def _take_seat(actor: Actor, round_: Round, seat_class: str, unit_id: int, reasons: str, person: Person | None) -> Nomination:
    """The lowest free seat. The round is locked, and each seat exists once in the database as well."""
    said = words(reasons, "reasons", "请写明推荐的事迹。")
    quota = selectors.quotas_of(round_).get(seat_class, 0)
    taken = round_.nominations.filter(seat_class=seat_class, state=Nomination.STANDING).values_list("seat", flat=True)
    seat = rules.free_seat(taken, quota)
    if seat is None:
        raise Conflict("quota_full", f"{selectors.SEATS.get(seat_class, seat_class)}的名额 {quota} 个已满，请先撤下其他推荐。")
    try:
        with transaction.atomic():
            return Nomination.objects.create(
                round=round_, person=person, unit_id=unit_id, seat_class=seat_class, seat=seat, reasons=said, nominated_at=clock.now(),
                nominated_by=actor.named_user, nominated_label=actor.label,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("quota_full", "名额刚刚被他人使用，请刷新页面核对。") from error


@transaction.atomic
def withdraw_nomination(actor: Actor, nomination: Nomination, *, reason: str) -> Nomination:
    """Who nominated, or who runs the round, takes a nomination back before the results are issued."""
    round_ = locked(nomination.round, rules.FROZEN, rules.PUBLICITY)
    if nomination.nominated_by != actor.named_user:
        require(actor, "appraisal.run")
    nomination = Nomination.objects.select_for_update().get(pk=nomination.pk, round=round_)
    if nomination.state != Nomination.STANDING:
        raise Conflict("struck", "这项推荐已经撤下。")
    strike(actor, nomination, words(reason, "reason", "请写明撤下的理由。"))
    return nomination


@transaction.atomic
def object_to_nomination(actor: Actor, nomination: Nomination, *, text: str) -> PublicObjection:
    """异议 of anybody with a sign-in, within the publicity period; who filed it is told to nobody but who decides."""
    require(actor, "appraisal.object")
    round_ = locked(nomination.round, rules.PUBLICITY)
    _refuse_late(round_.publicity_until)
    if nomination.state != Nomination.STANDING:
        raise Conflict("struck", "这项推荐已经撤下。")
    return _file(actor, words(text, "text", "请写明异议的事实。", most=2000), nomination=nomination)


@transaction.atomic
def object_to_title(actor: Actor, title: ExemplaryTitle, *, text: str) -> PublicObjection:
    """异议 to an exemplary title within its publicity period."""
    require(actor, "appraisal.object")
    title = ExemplaryTitle.objects.select_for_update().get(pk=title.pk)
    if title.state != title_rules.PUBLICITY:
        raise Conflict("other_state", f"这项申报目前是“{title.get_state_display()}”，不在公示期。")
    _refuse_late(title.publicity_until)
    return _file(actor, words(text, "text", "请写明异议的事实。", most=2000), title=title)


def _refuse_late(until: dt.date | None) -> None:
    if until is not None and clock.today() > until:
        raise DomainError("too_late", f"公示期已于 {until} 结束。", field="text")


def _file(
    actor: Actor, text: str, *, nomination: Nomination | None = None, title: ExemplaryTitle | None = None
) -> PublicObjection:  # fmt: skip
    if PublicObjection.objects.filter(nomination=nomination, title=title, filed_by=actor.named_user, outcome="").exists():
        raise Conflict("objected", "您已经提出过异议，请等待决定。")
    made = PublicObjection.objects.create(
        nomination=nomination, title=title, text=text, filed_by=actor.named_user, filed_label=actor.label, filed_at=clock.now()
    )
    subject = nomination or title
    assert subject is not None, "an objection is against one thing"
    record(actor, "appraisal.objected", f"objection:{made.pk}", unit_id=subject.unit_id)
    return made


@transaction.atomic
def decide_public_objection(actor: Actor, objection: PublicObjection, *, upheld: bool, reasons: str) -> PublicObjection:
    """成立 strikes the nomination (or declines the title); decided by somebody who neither filed it, nor nominated, nor belongs to it."""
    require(actor, "appraisal.decide")
    objection = PublicObjection.objects.select_for_update(of=("self",)).select_related("nomination", "title").get(pk=objection.pk)
    if objection.outcome:
        raise Conflict("decided", f"这件异议已由{objection.decided_label}决定。")
    subject = objection.nomination or objection.title
    assert subject is not None, "an objection is against one thing"
    _refuse_conflict(actor, objection, subject)
    objection.outcome, objection.reasons = "upheld" if upheld else "dismissed", words(reasons, "reasons", "请写明决定的理由。")
    objection.decided_by, objection.decided_label, objection.decided_at = actor.named_user, actor.label, clock.now()
    objection.save()
    if upheld:
        _give_way(actor, objection)
    record(actor, "appraisal.objection_decided", f"objection:{objection.pk}", unit_id=subject.unit_id, details={"upheld": upheld})
    return objection


def _refuse_conflict(actor: Actor, objection: PublicObjection, subject: Nomination | ExemplaryTitle) -> None:
    if objection.filed_by == actor.named_user:
        raise NotAllowed("own", "不能决定自己提出的异议，须由他人决定。")
    if subject.nominated_by == actor.named_user:
        raise NotAllowed("own_nomination", "不能决定针对自己推荐的异议，须由他人决定。")
    concerns_actor = isinstance(subject, Nomination) and subject.person_id is not None and subject.person_id == actor.person_id
    if concerns_actor or subject.unit_id == actor.unit_id:
        raise NotAllowed("recusal", "异议涉及您本人或您所在的单位，须回避。")


def _give_way(actor: Actor, objection: PublicObjection) -> None:
    if objection.nomination is not None:
        nomination = Nomination.objects.select_for_update().get(pk=objection.nomination.pk)
        if nomination.state == Nomination.STANDING:
            strike(actor, nomination, f"公示异议成立：{objection.reasons}")
    elif objection.title is not None:
        title = ExemplaryTitle.objects.select_for_update().get(pk=objection.title.pk)
        if title.state == title_rules.PUBLICITY:
            title.state, title.ended_label = title_rules.DECLINED, actor.label
            title.ended_reason = f"公示异议成立：{objection.reasons}"[:400]
            title.save()
