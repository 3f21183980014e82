"""Faults and losses, repair, acceptance, and the decision on liability – each by its own person (2.2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import rules
from chengxin.equipment.models import Custody, Fault, Item, Liability
from chengxin.equipment.services.locks import move, step
from chengxin.files.services import claim

if TYPE_CHECKING:
    from chengxin.people.models import Person


@transaction.atomic
def report_fault(actor: Actor, item: Item, *, description: str, photos: Sequence[UUID] = (), is_loss: bool = False) -> Fault:
    """The item is out of service in the same act; who leads the squadron and keeps its equipment has it waiting (2.2.4).

    The holder may report what he holds, a keeper anything of the unit. Raises Conflict when the item is out of service already.
    """
    require(actor, "equipment.report")
    custody = Custody.objects.filter(item=item, returned_at=None).first()
    if not (custody is not None and custody.holder_id == actor.person_id) and not actor.may("equipment.keep", item.unit_id):
        raise NotAllowed("not_yours", "只能报告自己正在使用的装备；其他装备请由装备管理员报告。")
    if not description.strip():
        raise DomainError("no_description", "请写明情况：哪里坏了、何时发现；遗失的写明何时何地。", field="description")
    return _report(actor, item, custody, description, is_loss=is_loss, photos=photos)


def report_at_return(actor: Actor, item_id: int, custody_id: int, *, is_loss: bool, description: str) -> None:
    """A return in bad condition, within the caller's transaction. What is out of service already has its report."""
    item, custody = Item.objects.get(pk=item_id), Custody.objects.get(pk=custody_id)
    if item.service == rules.READY or (is_loss and item.service in rules.IN_USE):
        _report(actor, item, custody, description, is_loss=is_loss, photos=())


def _report(actor: Actor, item: Item, custody: Custody | None, description: str, *, is_loss: bool, photos: Sequence[UUID]) -> Fault:
    item = move(item, rules.LOSE if is_loss else rules.REPORT_FAULT)
    open_fault = Fault.objects.select_for_update().filter(item=item).unsettled().first()
    if open_fault is not None:  # a faulty item that is lost now: one story, one sheet
        open_fault.is_loss, open_fault.description = True, f"{open_fault.description}；{description.strip()}"[:500]
        open_fault.save(update_fields=["is_loss", "description"])
        made = open_fault
    else:
        made = Fault.objects.create(
            item=item, unit_id=item.unit_id, custody=custody, is_loss=is_loss, description=description.strip()[:500],
            reported_by=actor.user_id, reported_person_id=actor.person_id, reported_label=actor.label, reported_at=clock.now(),
        )  # fmt: skip
    if photos:
        claim(actor, photos, f"fault:{made.pk}")
    step(actor, item.pk, "报告遗失" if is_loss else "报告故障，停用", description.strip(), "bad")
    holder = custody.holder_id if custody else None
    if is_loss:
        record(actor, "equipment.loss_reported", f"item:{item.pk}", unit_id=item.unit_id, person_id=holder)
    else:
        record(actor, "equipment.fault_reported", f"item:{item.pk}", unit_id=item.unit_id, person_id=holder)
    return made


@transaction.atomic
def report_found(actor: Actor, fault: Fault, *, note: str) -> Fault:
    """A lost item is here again: it stays out of service until somebody has looked at it and accepts it."""
    fault = _locked(actor, fault, "equipment.repair")
    if not fault.is_loss or fault.state != Fault.REPORTED:
        raise Conflict("not_lost", "这张单不是待处理的遗失。")
    move(fault.item, rules.FIND)
    fault.is_loss = False
    fault.save(update_fields=["is_loss"])
    step(actor, fault.item_id, "登记找回", note, "info")
    record(actor, "equipment.found", f"item:{fault.item_id}", unit_id=fault.unit_id)
    return fault


@transaction.atomic
def send_to_repair(actor: Actor, fault: Fault, *, repairer: str, expected_on: dt.date) -> Fault:
    """A repair order: to whom, back by when. The item must be in the store. Raises Conflict otherwise."""
    fault = _locked(actor, fault, "equipment.repair")
    if fault.state != Fault.REPORTED or fault.is_loss:
        raise Conflict("not_reported", "只有待处理的故障可以送修。")
    if expected_on < clock.today():
        raise DomainError("in_the_past", "预计取回日期不能早于今天。", field="expected_on")
    move(fault.item, rules.SEND)
    fault.state, fault.repairer, fault.sent_on, fault.expected_on = Fault.IN_REPAIR, repairer.strip(), clock.today(), expected_on
    fault.save()
    step(actor, fault.item_id, "送修", f"{repairer}，预计 {expected_on} 取回", "warn")
    record(actor, "equipment.sent_to_repair", f"fault:{fault.pk}", unit_id=fault.unit_id, details={"repairer": repairer})
    return fault


@transaction.atomic
def record_outcome(actor: Actor, fault: Fault, *, repaired: bool, outcome: str, cost: int) -> Fault:
    """What came of it; the cost is in fen. Repaired, it waits for another's acceptance; beyond repair, for retirement."""
    fault = _locked(actor, fault, "equipment.repair")
    if fault.state not in {Fault.REPORTED, Fault.IN_REPAIR} or fault.is_loss:
        raise Conflict("not_in_repair", "这张单已经记录过结果，或是遗失。")
    if cost < 0:
        raise DomainError("bad_cost", "维修费不能为负数。", field="cost")
    fault.state = Fault.REPAIRED if repaired else Fault.CONDEMNED
    fault.outcome, fault.cost, fault.outcome_by = outcome.strip(), cost, actor.named_user
    fault.settled_at = None if repaired else clock.now()
    fault.save()
    step(actor, fault.item_id, "维修完成，待验收" if repaired else "无法修复，待报废", outcome, "info" if repaired else "bad")
    record(actor, "equipment.repair_recorded", f"fault:{fault.pk}", unit_id=fault.unit_id, details={"repaired": repaired, "cost": cost})
    return fault


@transaction.atomic
def accept_repair(actor: Actor, fault: Fault, *, passed: bool, note: str) -> Fault:
    """Acceptance back into service, by another than who recorded the outcome; not passed, it goes back to the repairer."""
    fault = _locked(actor, fault, "equipment.repair")
    if fault.state != Fault.REPAIRED:
        raise Conflict("not_repaired", "没有等待验收的维修结果。")
    if actor.named_user == fault.outcome_by:
        raise NotAllowed("own_outcome", "维修结果由您记录，须由另一人验收。")
    if not passed and not note.strip():
        raise DomainError("no_reason", "没有通过验收须写明原因。", field="note")
    if passed:
        move(fault.item, rules.ACCEPT)
        fault.state, fault.settled_at = Fault.CLOSED, clock.now()
    else:
        fault.state = Fault.IN_REPAIR if fault.sent_on else Fault.REPORTED
    fault.accepted_by = actor.named_user if passed else None
    fault.outcome_by = fault.outcome_by if passed else None
    fault.save()
    step(actor, fault.item_id, "验收通过，恢复使用" if passed else "验收没有通过", note, "ok" if passed else "bad")
    record(actor, "equipment.accepted", f"fault:{fault.pk}", unit_id=fault.unit_id, details={"passed": passed})
    return fault


@transaction.atomic
def decide_liability(actor: Actor, fault: Fault, *, outcome: str, reasons: str, person: Person | None = None) -> Liability:
    """Whether somebody answers for the damage: a decision of its own, not by the reporter, the person, or who repaired it."""
    fault = _locked(actor, fault, "equipment.decide_liability")
    if outcome not in dict(Liability.OUTCOMES):
        raise DomainError("bad_outcome", "请选择认定结果。", field="outcome")
    if outcome == Liability.PERSONAL and person is None:
        raise DomainError("no_person", "认定个人责任须写明责任人。", field="person")
    person = person if outcome == Liability.PERSONAL else None
    if actor.user_id in {fault.reported_by, fault.outcome_by} or (person is not None and actor.person_id == person.pk):
        raise NotAllowed("recusal", "报告人、维修经办人和责任人不能认定责任，请由其他负责人办理。")
    if Liability.objects.filter(fault=fault).exists():
        raise Conflict("decided", "责任已经认定；有异议请按问题申辩办理。")
    with readable(Liability), transaction.atomic():
        made = Liability.objects.create(
            fault=fault, person=person, outcome=outcome, reasons=reasons.strip(), decided_by=actor.named_user, decided_label=actor.label,
            decided_at=clock.now(),
        )  # fmt: skip
    step(actor, fault.item_id, "认定责任", made.get_outcome_display())
    record(actor, "equipment.liability_decided", f"fault:{fault.pk}", unit_id=fault.unit_id, person_id=person.pk if person else None)
    return made


def _locked(actor: Actor, fault: Fault, capability: str) -> Fault:
    fault = Fault.objects.select_for_update(of=("self",)).select_related("item").get(pk=fault.pk)
    require(actor, capability, unit_id=fault.unit_id)
    return fault
