"""Gaps: found by computation, explained by the officer, decided by a leader. A technical failure declared in time is none (2.2.3)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import selectors as equipment
from chengxin.evidence.models import Gap
from chengxin.evidence.selectors import coverage
from chengxin.findings.services import propose_finding
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.equipment.models import Custody

ENTRY = "equipment.not_recording"
LEAST_TEXT = 4
BATCH = 500  # custodies looked at with one question


def find_gaps() -> int:
    """Look at every duty whose time to hand in its footage is over; how many gaps are new.

    The same facts make the same gaps however often it runs. An open gap that footage has filled meanwhile is closed as covered;
    one that somebody has explained or decided stays as it is.
    """
    new, custodies = 0, coverage.custodies_to_look_at(clock.now())
    for at in range(0, len(custodies), BATCH):
        new += sum(_keep(custody) for custody in coverage.differing(custodies[at : at + BATCH]))
    return new


@transaction.atomic
def _keep(custody: Custody) -> int:
    found = {gap.started_at: gap for gap in coverage.gaps_of(custody)}
    known = {gap.started_at: gap for gap in Gap.objects.select_for_update().filter(custody=custody)}
    for started_at, gap in known.items():
        if gap.state == Gap.OPEN and started_at not in found:
            gap.state = Gap.COVERED
            gap.save(update_fields=["state"])
        elif gap.state == Gap.OPEN and found[started_at].ended_at != gap.ended_at:  # some of it has come
            gap.ended_at = found[started_at].ended_at
            gap.save(update_fields=["ended_at"])
    assert custody.shift is not None, "only duty custodies are looked at"
    version = coverage.keeping_on(clock.local_day(custody.taken_at)).version
    made = [
        Gap(
            person_id=custody.holder_id, unit_id=custody.shift.unit_id, shift=custody.shift, custody=custody, started_at=gap.started_at,
            ended_at=gap.ended_at, found_at=clock.now(), rule_version=version,
        )
        for started_at, gap in found.items()
        if started_at not in known
    ]  # fmt: skip
    Gap.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


@transaction.atomic
def explain_custody(actor: Actor, custody: Custody, *, cause: str, explanation: str) -> list[Gap]:
    """The holder says at once why a duty has no footage, before anybody asks: the device may go out again."""
    if custody.holder_id != actor.person_id:
        raise NotAllowed("not_own", "只能说明本人执勤的影像。")
    _keep(custody)
    gaps = list(Gap.objects.filter(custody=custody, state=Gap.OPEN))
    if not gaps:
        raise Conflict("no_gap", "这次执勤没有需要说明的影像缺失。")
    return [explain_gap(actor, gap, cause=cause, explanation=explanation) for gap in gaps]


@transaction.atomic
def explain_gap(actor: Actor, gap: Gap, *, cause: str, explanation: str) -> Gap:
    """The officer's own word. A failure that was reported until the footage was due is marked as declared in time."""
    require(actor, "evidence.explain_gap")
    gap = Gap.objects.select_for_update(of=("self",)).select_related("custody", "shift").get(pk=gap.pk)
    if gap.person_id != actor.person_id:
        raise NotAllowed("not_own", "只能说明本人执勤的影像。")
    if gap.state != Gap.OPEN:
        raise Conflict("said", f"这段缺失现在是“{gap.get_state_display()}”，不需要说明。")
    if cause not in dict(Gap.CAUSES):
        raise DomainError("bad_cause", "请选择原因。", field="cause")
    if len(explanation.strip()) < LEAST_TEXT:
        raise DomainError("no_text", f"请写明情况（至少 {LEAST_TEXT} 个字）。", field="explanation")
    hours = rulebook.rule_values("footage.retention", gap.shift.day, simulate=True)["export_hours"]
    gap.cause, gap.explanation, gap.explained_at, gap.state = cause, explanation.strip(), clock.now(), Gap.EXPLAINED
    gap.is_declared = cause == Gap.TECHNICAL and equipment.is_fault_declared(
        gap.custody, gap.shift.period.upper + dt.timedelta(hours=hours)
    )
    gap.save()
    record(actor, "evidence.gap_explained", f"gap:{gap.pk}", unit_id=gap.unit_id, person_id=gap.person_id, details={"cause": cause})
    return gap


@transaction.atomic
def accept_gap(actor: Actor, gap: Gap, *, note: str = "") -> Gap:
    """A leader accepts the explanation."""
    gap = _to_decide(actor, gap)
    if gap.state != Gap.EXPLAINED:
        raise Conflict("unsaid", "本人还没有说明，不能认可。")
    return _decided(actor, gap, Gap.ACCEPTED, note)


@transaction.atomic
def propose_gap(actor: Actor, gap: Gap, *, note: str) -> Gap:
    """A leader does not accept it: a proposal is made, a named person decides whether it becomes a finding.

    Raises Conflict while the officer still has time to explain, and for a technical failure declared in time, which is none.
    """
    gap = _to_decide(actor, gap)
    if not note.strip():
        raise DomainError("no_note", "请写明不认可的理由。", field="note")
    if gap.is_declared:
        raise Conflict("declared", "及时报告的设备故障不作问题处理，只能认可。")
    if gap.state == Gap.OPEN and clock.today() <= coverage.explain_by(gap):
        raise Conflict("too_early", f"本人可在 {coverage.explain_by(gap)} 前说明，期满后才能提请。")
    entry = rulebook.catalogue(gap.shift.day, simulate=True)[ENTRY]
    propose_finding(
        kind="equipment.use", seen_at=gap.started_at, facts={"act": entry["title"], "entry": ENTRY}, source=f"gap:{gap.pk}",
        described=f"{gap.shift.day} {gap.shift.title} {gap.minutes} 分钟无影像", person=gap.person, grade=entry["grade"],
    )  # fmt: skip
    return _decided(actor, gap, Gap.PROPOSED, note)


def _to_decide(actor: Actor, gap: Gap) -> Gap:
    gap = Gap.objects.select_for_update(of=("self",)).select_related("person", "shift").get(pk=gap.pk)
    require(actor, "evidence.decide_gap", unit_id=gap.unit_id)
    if gap.person_id == actor.person_id:
        raise NotAllowed("own", "涉及本人的影像缺失须由他人决定。")
    if gap.state not in {Gap.OPEN, Gap.EXPLAINED}:
        raise Conflict("decided", f"这段缺失已是“{gap.get_state_display()}”。")
    return gap


def _decided(actor: Actor, gap: Gap, state: str, note: str) -> Gap:
    gap.state, gap.note, gap.decided_by = state, note.strip(), actor.named_user
    gap.decided_label, gap.decided_at = actor.label, clock.now()
    gap.save()
    record(actor, "evidence.gap_decided", f"gap:{gap.pk}", unit_id=gap.unit_id, person_id=gap.person_id, details={"state": state})
    return gap
