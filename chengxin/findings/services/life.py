"""Commands of a finding's life. Each: permission, lock, duty, state, write, step, audit – in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.files.services import claim
from chengxin.findings import rules
from chengxin.findings.kinds import FindingKind, finding_kinds
from chengxin.findings.models import (
    Extension,
    Finding,
    FindingSource,
    Grade,
    LookBack,
    Objection,
    Rectification,
    Reversal,
    Step,
)
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit

# what chapters above keep of a finding's life (a ledger): asked within the same transaction, told what happened –
# "raised", "withdrawn", "merged", "objected", "objection_decided"
WITNESSES: list[Callable[[Actor, Finding, str], None]] = []


def _bear_witness(actor: Actor, finding: Finding, event: str) -> None:
    for witness in WITNESSES:
        witness(actor, finding, event)


@transaction.atomic
def raise_finding(
    actor: Actor, *, kind: str, seen_at: dt.datetime, facts: Mapping[str, str], source: str, described: str,
    person: Person | None, unit: Unit | None = None, place: str = "", grade: str = Grade.MINOR, note: str = "",
    photos: Sequence[UUID] = (), corrected_on_spot: bool = False, self_check: bool = False,
) -> Finding:  # fmt: skip
    """Keep a fact against a clause. The same fact from the same source is the same finding and is returned unchanged.

    The unit and class are those of the day of the fact; the rule must be in force on that day (a draft can only simulate).
    ``self_check`` is a squadron's own roll-call: recusal from the own unit does not apply to it.
    Raises NotAllowed (not the capability, own unit, oneself) and DomainError (future, no unit that day, no rule in force).
    """
    declared = finding_kinds[kind]
    seen_on = clock.local_day(seen_at)
    if seen_at > clock.now() + dt.timedelta(minutes=5):
        raise DomainError("in_the_future", "发现时间不能晚于现在，请更正日期和时间。", field="seen_at")
    subject_unit = people.unit_of(person, seen_on) if person is not None else unit
    if subject_unit is None:
        text = f"{person} 在 {seen_on} 没有任职单位，请核对日期。" if person else "请选择责任人或责任单位。"
        raise DomainError("no_unit", text, field="person")
    require(actor, "findings.self_check" if self_check else "findings.raise", unit_id=subject_unit.pk)
    if person is not None and actor.person_id == person.pk:
        raise NotAllowed("own_finding", "不能给自己登记问题。")
    if not self_check and actor.unit_id == subject_unit.pk:
        raise NotAllowed("recusal", "不能检查本人所在单位（回避），请由其他单位的人员登记。")
    _ask_guard(declared, person, seen_on, facts)
    version = rulebook.version_for(declared.rule, seen_on)
    print_ = rules.fingerprint(kind, source, person.pk if person else None, subject_unit.pk, facts)
    existing = Finding.objects.filter(fingerprint=print_).first()
    if existing is not None:
        return existing
    finding = Finding(
        kind=kind, clause=declared.clause, entry=facts.get("entry", ""), facts=dict(facts), text=declared.text(facts), note=note,
        place=place, grade=grade, seen_at=seen_at, seen_on=seen_on, person=person, unit=subject_unit,
        person_class=person.person_class if person else "", rule_version_id=version.pk, rule_label=version.label,
        self_check=self_check, corrected_on_spot=corrected_on_spot, finder_id=actor.named_user, finder_person_id=actor.person_id,
        finder_label=actor.label, finder_office=_office(actor, seen_on), fingerprint=print_,
    )  # fmt: skip
    _set_terms(finding, seen_on)
    try:
        with transaction.atomic():
            finding.save()
    except IntegrityError:
        return Finding.objects.get(fingerprint=print_)  # the other of two simultaneous clicks was first
    FindingSource.objects.create(finding=finding, source=source, described=described, added_at=clock.now())
    _attach(actor, finding, "finding", photos)
    _step(actor, finding, "当场责令整改并销号" if corrected_on_spot else "登记问题并告知", finding.text, "warn")
    record(
        actor, "findings.raised", f"finding:{finding.pk}", unit_id=subject_unit.pk, person_id=finding.person_id,
        details={"clause": finding.clause, "rule": finding.rule_label, "corrected_on_spot": corrected_on_spot},
    )  # fmt: skip
    _bear_witness(actor, finding, "raised")
    return finding


def _ask_guard(declared: FindingKind, person: Person | None, seen_on: dt.date, facts: Mapping[str, str]) -> None:
    """The chapter that declared the kind may know that there is nothing to find (an exemption comes before the finding)."""
    if declared.guard and person is not None:
        why: str = import_string(declared.guard)(person, seen_on, facts)
        if why:
            raise DomainError("nothing_to_find", why, field="entry")


def _set_terms(finding: Finding, seen_on: dt.date) -> None:
    """Notice today; the objection and rectification terms begin tomorrow."""
    calendar, today = rulebook.work_calendar(), clock.today()
    rectification = rulebook.rule_values("findings.rectification", seen_on)
    objection = rulebook.rule_values("findings.objection", seen_on)
    finding.notified_at = clock.now()
    finding.object_by = rules.due(today, objection["workdays"], calendar).day
    if finding.corrected_on_spot:
        finding.state, finding.closed_at = rules.CLOSED, clock.now()
        return
    finding.state, finding.due_from, finding.due_workdays = rules.OPEN, today, rectification["workdays"]
    _set_due(finding)


def _set_due(finding: Finding) -> None:
    counted = rules.due(finding.due_from, finding.due_workdays, rulebook.work_calendar())  # type: ignore[arg-type]
    finding.due_on, finding.due_provisional = counted.day, counted.provisional
    finding.calendar_version = counted.calendar_version


def _office(actor: Actor, on: dt.date) -> str:
    return people.office_of(actor.person_id, on) if actor.person_id else ""


def _locked(finding: Finding, seen_version: int | None = None) -> Finding:
    """The finding as it is now, locked; refuses when the page the actor saw is out of date."""
    current = Finding.objects.select_for_update(of=("self",)).select_related("person", "unit").get(pk=finding.pk)
    if seen_version is not None and seen_version != current.version:
        last = current.steps.last()
        what = f"{last.by_label}：{last.title}" if last else "有新的变化"
        raise Conflict("page_out_of_date", f"在您办理期间情况已变化（{what}）。请核对后重新提交，您填写的内容仍在。")
    return current


def _move(finding: Finding, action: str) -> None:
    try:
        finding.state = rules.after(finding.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def _save(finding: Finding) -> None:
    finding.version += 1
    finding.save()


def _step(actor: Actor, finding: Finding, title: str, note: str = "", tone: str = "muted") -> None:
    Step.objects.create(finding=finding, at=clock.now(), by_id=actor.user_id, by_label=actor.label, title=title, note=note, tone=tone)


def _attach(actor: Actor, finding: Finding, stage: str, photos: Sequence[UUID]) -> None:
    if photos:
        claim(actor, photos, f"{stage}:{finding.pk}")


def party(actor: Actor) -> rules.Party:
    return rules.Party(actor.user_id, actor.person_id, actor.unit_id)


def finder_of(finding: Finding) -> rules.Party:
    return rules.Party(finding.finder_id, finding.finder_person_id)


def _refuse_conflict(actor: Actor, finding: Finding, **apart_from: rules.Party) -> None:
    why = rules.conflict(party(actor), apart_from=apart_from, unit_id=finding.unit_id, person_id=finding.person_id)
    if why is not None:
        raise NotAllowed("recusal", why)


def _require_answerable(actor: Actor, finding: Finding) -> None:
    """The person concerned, or who answers for the unit; never the finder."""
    own = finding.person_id is not None and actor.person_id == finding.person_id
    if not own:
        require(actor, "findings.rectify", unit_id=finding.unit_id)
    if party(actor).is_same(finder_of(finding)):
        raise NotAllowed("finder", "发现人不能办理整改，请由责任人或其单位的其他负责人办理。")


@transaction.atomic
def acknowledge_finding(actor: Actor, finding: Finding) -> Finding:
    """回执: the person (or unit) says the notice was seen; this accepts nothing. A second click changes nothing."""
    finding = _locked(finding)
    _require_answerable(actor, finding)
    if finding.acknowledged_at is None:
        finding.acknowledged_at = clock.now()
        _save(finding)
        _step(actor, finding, "签收告知")
        record(actor, "findings.acknowledged", f"finding:{finding.pk}", unit_id=finding.unit_id)
    return finding


@transaction.atomic
def submit_rectification(
    actor: Actor, finding: Finding, *, text: str, photos: Sequence[UUID] = (), seen_version: int | None = None
) -> Rectification:
    """Say what was put right, with photos; it then waits for the re-check by another."""
    finding = _locked(finding, seen_version)
    _require_answerable(actor, finding)
    _move(finding, rules.SUBMIT)
    made = Rectification.objects.create(
        finding=finding, round=finding.rectifications.count() + 1, text=text, by_id=actor.named_user,
        by_person_id=actor.person_id, by_label=actor.label, at=clock.now(),
    )  # fmt: skip
    _attach(actor, finding, "rectification", photos)
    _save(finding)
    _step(actor, finding, f"提交整改（第 {made.round} 次）", text, "info")
    record(actor, "findings.submitted", f"finding:{finding.pk}", unit_id=finding.unit_id)
    return made


@transaction.atomic
def recheck_finding(actor: Actor, finding: Finding, *, passed: bool, note: str, seen_version: int | None = None) -> Rectification:
    """Independent re-check: by neither finder nor rectifier, nor anybody of the unit. Returned work begins a new term."""
    require(actor, "findings.recheck", unit_id=finding.unit_id)
    finding = _locked(finding, seen_version)
    waiting = finding.rectifications.filter(outcome="").first()
    _move(finding, rules.PASS if passed else rules.RETURN)
    assert waiting is not None, "a submitted finding always has a waiting rectification"
    rectifier = rules.Party(waiting.by_id, waiting.by_person_id)
    _refuse_conflict(actor, finding, 发现人=finder_of(finding), 整改人=rectifier)
    if not passed and not note.strip():
        raise DomainError("no_reason", "退回须写明原因，让整改人知道还差什么。", field="note")
    waiting.outcome, waiting.recheck_note = ("passed" if passed else "returned"), note
    waiting.rechecked_by_id, waiting.rechecked_at = actor.named_user, clock.now()
    waiting.save()
    if passed:
        finding.closed_at = clock.now()
    else:
        finding.due_from = clock.today()
        _set_due(finding)
    _save(finding)
    _step(actor, finding, "复核通过，销号" if passed else "复核退回", note, "ok" if passed else "bad")
    record(actor, "findings.rechecked", f"finding:{finding.pk}", unit_id=finding.unit_id, details={"passed": passed})
    return waiting


@transaction.atomic
def request_extension(actor: Actor, finding: Finding, *, workdays: int, reason: str) -> Extension:
    """Ask for more working days. Raises DomainError beyond the rule's limits, after the term, or while one is undecided."""
    finding = _locked(finding)
    _require_answerable(actor, finding)
    policy = rulebook.rule_values("findings.rectification", finding.seen_on)
    if finding.state != rules.OPEN:
        raise Conflict("not_open", "只有待整改的问题可以申请延期。")
    if finding.is_overdue(clock.today()):
        raise DomainError("overdue", f"整改期限 {finding.due_on} 已过，不能再申请延期，请尽快提交整改。")
    if not 1 <= workdays <= policy["extension_workdays"]:
        raise DomainError("too_long", f"延期应为 1 到 {policy['extension_workdays']} 个工作日。", field="workdays")
    if finding.extensions.filter(granted=True).count() >= policy["extensions"]:
        raise DomainError("used_up", f"延期次数已用完（至多 {policy['extensions']} 次）。")
    with readable(Extension), transaction.atomic():
        if finding.extensions.filter(granted=None).exists():
            raise Conflict("pending", "已有一份延期申请等待决定。")
        made = Extension.objects.create(
            finding=finding, workdays=workdays, reason=reason, requested_by_id=actor.named_user, requested_at=clock.now()
        )
    _save(finding)
    _step(actor, finding, f"申请延期 {workdays} 个工作日", reason, "warn")
    record(actor, "findings.extension_requested", f"finding:{finding.pk}", unit_id=finding.unit_id)
    return made


@transaction.atomic
def decide_extension(actor: Actor, finding: Finding, *, granted: bool, note: str) -> Extension:
    """Decided by another than who asked, and by nobody of the unit."""
    require(actor, "findings.decide", unit_id=finding.unit_id)
    finding = _locked(finding)
    pending = finding.extensions.filter(granted=None).first()
    if pending is None:
        raise Conflict("nothing_pending", "没有等待决定的延期申请，可能已由他人决定。")
    _refuse_conflict(actor, finding, 申请人=rules.Party(pending.requested_by_id))
    pending.granted, pending.decision_note = granted, note
    pending.decided_by_id, pending.decided_at = actor.named_user, clock.now()
    pending.save()
    if granted and finding.due_workdays is not None:
        finding.due_workdays += pending.workdays
        _set_due(finding)
    _save(finding)
    _step(actor, finding, f"同意延期至 {finding.due_on}" if granted else "不同意延期", note, "info")
    record(actor, "findings.extension_decided", f"finding:{finding.pk}", unit_id=finding.unit_id, details={"granted": granted})
    return pending


@transaction.atomic
def file_objection(actor: Actor, finding: Finding, *, text: str, photos: Sequence[UUID] = ()) -> Objection:
    """申辩 by the person concerned or for the unit, within the term counted from the notice."""
    finding = _locked(finding)
    if finding.person_id is None or finding.person_id != actor.person_id:
        require(actor, "findings.object", unit_id=finding.unit_id)
        if finding.person_id is not None and not actor.may("findings.rectify", finding.unit_id):
            raise NotAllowed("not_yours", "只有责任人本人或其单位负责人可以提出申辩。")
    if party(actor).is_same(finder_of(finding)):
        raise NotAllowed("finder", "发现人不能对自己登记的问题提出申辩。")
    if finding.state not in rules.COUNTING:
        raise Conflict("not_counting", f"问题目前是“{rules.STATES[finding.state]}”，不需要申辩。")
    if clock.today() > finding.object_by:
        notified = clock.local_day(finding.notified_at)
        raise DomainError("too_late", f"申辩期已过：{notified} 告知，{finding.object_by} 截止。如有新证据，请联系督察办。", field="text")
    if finding.objections.exists():
        raise Conflict("objected", "这个问题已经提出过申辩，请等待或查看决定。")
    made = Objection.objects.create(
        finding=finding, text=text, filed_by_id=actor.named_user, filed_by_label=actor.label, filed_at=clock.now()
    )
    _attach(actor, finding, "objection", photos)
    _save(finding)
    _step(actor, finding, "提出申辩（复核中）", text, "warn")
    record(actor, "findings.objected", f"finding:{finding.pk}", unit_id=finding.unit_id)
    _bear_witness(actor, finding, "objected")
    return made


@transaction.atomic
def decide_objection(actor: Actor, finding: Finding, *, revoked: bool, reasons: str) -> Objection:
    """维持 or 撤销, with reasons, by somebody other than the finder and the re-checker and not of the unit."""
    require(actor, "findings.decide", unit_id=finding.unit_id)
    finding = _locked(finding)
    pending = finding.objections.filter(outcome="").first()
    if pending is None:
        raise Conflict("nothing_pending", "没有等待决定的申辩，可能已由他人决定。")
    others = {"申辩人": rules.Party(pending.filed_by_id), "发现人": finder_of(finding)}
    last = finding.rectifications.exclude(rechecked_by=None).last()
    if last is not None:
        others["复核人"] = rules.Party(last.rechecked_by_id)
    _refuse_conflict(actor, finding, **others)
    pending.outcome, pending.reasons = ("revoked" if revoked else "upheld"), reasons
    pending.decided_by_id, pending.decided_by_label, pending.decided_at = actor.named_user, actor.label, clock.now()
    pending.save()
    if revoked:
        _reverse(actor, finding, reasons, pending)
    _save(finding)
    _step(actor, finding, "申辩成立，撤销问题" if revoked else "申辩不成立，维持", reasons, "ok" if revoked else "bad")
    record(actor, "findings.objection_decided", f"finding:{finding.pk}", unit_id=finding.unit_id, details={"revoked": revoked})
    _bear_witness(actor, finding, "objection_decided")
    return pending


@transaction.atomic
def withdraw_finding(actor: Actor, finding: Finding, *, reason: str) -> Reversal:
    """Take a finding back by a reversal with a reason; it stays visible and counts nowhere."""
    require(actor, "findings.decide", unit_id=finding.unit_id)
    finding = _locked(finding)
    _refuse_conflict(actor, finding)
    made = _reverse(actor, finding, reason, None)
    _save(finding)
    _step(actor, finding, "撤销问题", reason, "ok")
    record(actor, "findings.withdrawn", f"finding:{finding.pk}", unit_id=finding.unit_id)
    _bear_witness(actor, finding, "withdrawn")
    return made


def _reverse(actor: Actor, finding: Finding, reason: str, objection: Objection | None) -> Reversal:
    _move(finding, rules.WITHDRAW)
    return Reversal.objects.create(
        finding=finding, by_id=actor.named_user, by_label=actor.label, at=clock.now(), reason=reason, objection=objection
    )


@transaction.atomic
def merge_findings(actor: Actor, finding: Finding, *, into: Finding, reason: str) -> Finding:
    """并案: two findings about one fact become one; the other keeps its evidence and counts no more."""
    require(actor, "findings.decide", unit_id=finding.unit_id)
    if finding.pk == into.pk:
        raise DomainError("same", "不能并入自身，请填写另一个问题的编号。", field="into")
    first, second = sorted((finding, into), key=lambda each: each.pk)
    locked = {each.pk: _locked(each) for each in (first, second)}
    finding, into = locked[finding.pk], locked[into.pk]
    _refuse_conflict(actor, finding)
    if (finding.person_id, finding.unit_id, finding.seen_on) != (into.person_id, into.unit_id, into.seen_on):
        raise DomainError("not_the_same", "只能合并同一天、同一责任人和单位的问题，请核对编号。", field="into")
    if into.state not in rules.COUNTING:
        raise Conflict("target_gone", f"要并入的问题目前是“{rules.STATES[into.state]}”。")
    _move(finding, rules.MERGE)
    finding.merged_into = into
    for source in finding.sources.all():
        FindingSource.objects.get_or_create(
            finding=into, source=source.source, defaults={"described": source.described, "added_at": clock.now()}
        )
    _save(finding)
    _save(into)
    _step(actor, finding, f"并入 {into.number}", reason)
    _step(actor, into, f"并入 {finding.number} 的来源", reason)
    record(actor, "findings.merged", f"finding:{finding.pk}", unit_id=finding.unit_id, details={"into": into.pk})
    _bear_witness(actor, finding, "merged")
    return into


@transaction.atomic
def record_look_back(actor: Actor, finding: Finding, *, recurred: bool, note: str) -> LookBack:
    """回头看 of a closed finding; when it recurred, the finding is open again with a new term."""
    require(actor, "findings.recheck", unit_id=finding.unit_id)
    finding = _locked(finding)
    _refuse_conflict(actor, finding)
    if finding.state != rules.CLOSED:
        raise Conflict("not_closed", "只有已销号的问题可以回头看。")
    if recurred:
        _move(finding, rules.RECUR)
        policy = rulebook.rule_values("findings.rectification", finding.seen_on)
        finding.closed_at, finding.due_from, finding.due_workdays = None, clock.today(), policy["workdays"]
        _set_due(finding)
    made = LookBack.objects.create(finding=finding, looked_by_id=actor.named_user, looked_at=clock.now(), recurred=recurred, note=note)
    _save(finding)
    _step(actor, finding, "回头看：反弹，重新整改" if recurred else "回头看：未反弹", note, "bad" if recurred else "ok")
    record(actor, "findings.looked_back", f"finding:{finding.pk}", unit_id=finding.unit_id, details={"recurred": recurred})
    return made


@transaction.atomic
def recompute_dues(actor: Actor) -> int:
    """After a change of the work calendar: new due days for open findings, each with a trace; closed ones stay untouched."""
    require(actor, "rulebook.calendar")
    calendar, changed = rulebook.work_calendar(), 0
    for finding in Finding.objects.select_for_update().filter(state=rules.OPEN).exclude(due_from=None):
        counted = rules.due(finding.due_from, finding.due_workdays, calendar)  # type: ignore[arg-type]
        if (counted.day, counted.calendar_version) == (finding.due_on, finding.calendar_version):
            continue
        before = f"{finding.due_on}（日历 {finding.calendar_version}）"
        finding.due_on, finding.due_provisional = counted.day, counted.provisional
        finding.calendar_version = counted.calendar_version
        _save(finding)
        _step(actor, finding, "整改期限按新日历重算", f"原 {before}，现 {counted.day}（日历 {counted.calendar_version}）")
        changed += 1
    if changed:
        record(actor, "findings.dues_recomputed", "findings:open", details={"changed": changed})
    return changed
