"""From the told result to 定稿: objections decided by others, findings of what stands, numbered corrections afterwards (2.4.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.casereviews import rules
from chengxin.casereviews.models import Correction, Mark, MarkObjection, Review, Reviewed, Round
from chengxin.casereviews.selectors import results, rounds
from chengxin.casereviews.services.rounds import locked, move
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings.services import raise_finding
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person

SNAPSHOT_VERSION = 1


@transaction.atomic
def tell_results(actor: Actor, found: Round) -> Round:
    """Tell the units what the sheets came to; from the next workday on they may object. Raises Conflict while a sheet is out."""
    require(actor, "casereviews.round")
    found = locked(found)
    move(found, rules.TELL)
    sheet, told = rounds.sheet_of(found), []
    for reviewed in rounds.standing_cases(found):
        outcome = rounds.outcome_of(reviewed, sheet)
        if outcome is None:
            raise Conflict("sheets_out", f"案件 {reviewed.case.number} 的评查表还没有收齐，收齐后再告知结果。")
        told.append((reviewed, outcome))
    for reviewed, outcome in told:
        Mark.objects.bulk_create(_marks(reviewed, outcome, sheet))
        Reviewed.objects.filter(pk=reviewed.pk).update(score=outcome.score, counted=list(outcome.counted))
    term = rulebook.work_calendar().nth_workday_after(clock.today(), found.objection_workdays)
    found.told_at, found.told_label = clock.now(), actor.label
    found.object_by, found.calendar_version = term.day, term.calendar_version
    found.save()
    record(actor, "casereviews.told", f"round:{found.pk}", details={"cases": len(told), "object_by": str(term.day)})
    return found


def _marks(reviewed: Reviewed, outcome: rules.Outcome, sheet: rules.Sheet) -> list[Mark]:
    sheets = rounds.sheets_of(reviewed)
    counted = [sheets[key] for key in outcome.counted]
    made = [
        Mark(
            reviewed=reviewed, kind=rules.VETO, code=code, title=sheet.vetoes[code], points=1,
            reasons=_once([marks.vetoes[code], ""] for _, marks in sorted(sheets.items()) if code in marks.vetoes),
        )
        for code in outcome.vetoes
    ]  # fmt: skip
    for code, points in outcome.items.items():
        reasons = _once([each.reason, each.page] for marks in counted for each in marks.deductions if each.item == code)
        made.append(Mark(reviewed=reviewed, kind=rules.ITEM, code=code, title=sheet.titles[code], points=points, reasons=reasons))
    return made


def _once(reasons: Iterable[list[str]]) -> list[list[str]]:
    """Each reason once, in order: two reviewers often write the same."""
    return [list(each) for each in dict.fromkeys(map(tuple, reasons))]


def _held(mark: Mark) -> tuple[Round, Mark]:
    found = locked(mark.reviewed.round)
    rows = Mark.objects.select_for_update(of=("self",)).select_related("reviewed__case", "reviewed__unit", "reviewed__round", "objection")
    return found, rows.get(pk=mark.pk)


def _refuse_party(actor: Actor, mark: Mark) -> None:
    """回避: neither of the unit, nor a reviewer of the case, nor its handler."""
    if actor.unit_id is not None and actor.unit_id == mark.reviewed.unit_id:
        raise NotAllowed("recusal", "案件属于您所在的单位，须回避，请由他人决定。")
    if Review.objects.filter(reviewed=mark.reviewed, person_id=actor.person_id or 0).exists():
        raise NotAllowed("recusal", "您评查过本案，须由没有评查过本案的人决定。")
    if actor.person_id in mark.reviewed.handlers:
        raise NotAllowed("recusal", "您是本案的承办人，须回避，请由他人决定。")


@transaction.atomic
def object_to_mark(actor: Actor, mark: Mark, *, text: str) -> MarkObjection:
    """The unit's leader objects to one mark within the term. The very same again changes nothing.

    Raises DomainError without a reason, Conflict beyond the term or for a second objection.
    """
    require(actor, "casereviews.object", unit_id=mark.reviewed.unit_id)
    found, mark = _held(mark)
    if found.state != rules.TOLD or found.object_by is None or clock.today() > found.object_by:
        raise Conflict("term_over", "异议期已过或本轮已定稿，不能再提出异议。")
    if Review.objects.filter(reviewed=mark.reviewed, person_id=actor.person_id or 0).exists():
        raise NotAllowed("reviewer", "您评查过本案，须由单位其他负责人提出异议。")
    if not text.strip():
        raise DomainError("no_text", "请写明异议理由。", field="text")
    standing = results.objection_of(mark)
    if standing is not None:
        if standing.text == text.strip() and standing.filed_by == actor.named_user:
            return standing
        raise Conflict("objected", "这项扣分已经提出过异议。")
    made = MarkObjection.objects.create(
        mark=mark, text=text.strip(), filed_by=actor.named_user, filed_label=actor.label, filed_at=clock.now()
    )  # fmt: skip
    record(actor, "casereviews.objected", f"mark:{mark.pk}", unit_id=mark.reviewed.unit_id, details={"case": mark.reviewed.case.number})
    return made


@transaction.atomic
def decide_objection(actor: Actor, mark: Mark, *, outcome: str, reasons: str, points: int | None = None) -> MarkObjection:
    """Keep, reduce (``points`` left, in tenths) or drop a mark, by somebody who neither reviewed the case nor is of the unit."""
    require(actor, "casereviews.decide", unit_id=mark.reviewed.unit_id)
    found, mark = _held(mark)
    objection = results.objection_of(mark)
    if objection is None or found.state != rules.TOLD:
        raise Conflict("nothing_to_decide", "这项扣分没有待决定的异议。")
    if objection.outcome:
        raise Conflict("decided", f"{objection.decided_label} 已经决定：{objection.get_outcome_display()}。")
    _refuse_party(actor, mark)
    if objection.filed_by == actor.user_id:
        raise NotAllowed("own_objection", "不能决定自己提出的异议，请由他人决定。")
    why = rules.why_not_decided(mark.kind, mark.points, outcome, points, rounds.sheet_of(found))
    if why:
        raise DomainError("bad_outcome", why, field="points" if outcome == rules.REDUCED else "outcome")
    if not reasons.strip():
        raise DomainError("no_reasons", "请写明决定理由。", field="reasons")
    objection.outcome, objection.left = outcome, rules.left_of(mark.kind, mark.points, outcome, points)
    objection.reasons, objection.decided_by = reasons.strip(), actor.named_user
    objection.decided_label, objection.decided_at = actor.label, clock.now()
    objection.save()
    record(
        actor, "casereviews.objection_decided", f"mark:{mark.pk}", unit_id=mark.reviewed.unit_id,
        details={"outcome": outcome, "before": mark.points, "left": objection.left},
    )  # fmt: skip
    return objection


@transaction.atomic
def name_person(actor: Actor, mark: Mark, *, person: Person | None) -> Mark:
    """Say before 定稿 that a deduction is one handler's to put right (None: the unit's), by somebody apart from the review."""
    require(actor, "casereviews.decide", unit_id=mark.reviewed.unit_id)
    found, mark = _held(mark)
    if found.state != rules.TOLD:
        raise Conflict("not_told", "只有在告知结果之后、定稿之前可以指明责任人。")
    _refuse_party(actor, mark)
    if person is not None and person.pk not in mark.reviewed.handlers:
        raise DomainError("no_handler", f"{person.name} 不是本案的承办人，请从承办人中选择。", field="person")
    if mark.person_id != (person.pk if person else None):
        mark.person, mark.named_label = person, actor.label
        mark.save()
        record(
            actor, "casereviews.person_named", f"mark:{mark.pk}", unit_id=mark.reviewed.unit_id,
            person_id=person.pk if person else None,
        )  # fmt: skip
    return mark


@transaction.atomic
def finalise_round(actor: Actor, found: Round) -> Round:
    """定稿: freeze the result with its digest once the term is over and every objection decided; what stands becomes findings.

    Raises Conflict before that, and for a second 定稿.
    """
    require(actor, "casereviews.round")
    found = locked(found)
    move(found, rules.FINALISE)
    assert found.object_by is not None, "a told round has a term"
    if clock.today() <= found.object_by:
        raise Conflict("term_runs", f"异议期到 {found.object_by} 为止，之后才能定稿。")
    pending = MarkObjection.objects.filter(mark__reviewed__round=found, outcome="").count()
    if pending:
        raise Conflict("objections_open", f"还有 {pending} 项异议没有决定，决定后才能定稿。")
    rows = results.results_in(found)
    raised = [_raise(actor, reviewed, mark) for reviewed, _ in rows for mark in reviewed.marks.all() if results.left_of(mark)]
    found.final_at, found.final_by, found.final_label = clock.now(), actor.named_user, actor.label
    found.snapshot = json.dumps(_content(found, rows), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    found.sha256 = hashlib.sha256(found.snapshot.encode()).hexdigest()
    found.save()
    record(actor, "casereviews.finalised", f"round:{found.pk}", details={"sha256": found.sha256, "findings": len(raised)})
    return found


def _raise(actor: Actor, reviewed: Reviewed, mark: Mark) -> Mark:
    """The mark as a finding of its unit, or of the handler who was named and is still in post."""
    person = mark.person if mark.person is not None and people.unit_of(mark.person, clock.today()) is not None else None
    told = "；".join(f"{reason}（{page}）" if page else reason for reason, page in mark.reasons)
    points = "否决项" if mark.kind == rules.VETO else f"扣 {rules.points_text(results.left_of(mark))} 分"
    act = f"{reviewed.case.number} {mark.title}{points}：{told}"
    facts = {"case": reviewed.case.number, "entry": f"casereviews.{mark.code}", "act": act if len(act) <= 380 else act[:379] + "…"}
    mark.finding = raise_finding(
        actor, kind="casereviews.deduction", seen_at=clock.now(), facts=facts, source=f"casereviews.mark:{mark.pk}",
        described=reviewed.round.title, person=person, unit=reviewed.unit, grade="serious" if mark.kind == rules.VETO else "minor",
    )  # fmt: skip
    mark.save()
    return mark


def _content(found: Round, rows: list[tuple[Reviewed, results.Result | None]]) -> dict[str, Any]:
    """Everything the round says, without the names of who reviewed."""
    return {
        "version": SNAPSHOT_VERSION, "title": found.title, "since": _day(found.since), "until": _day(found.until),
        "rule_version": found.rule_version, "sheet": found.sheet, "object_by": _day(found.object_by),
        "draws": [
            {"key": draw.key, "frame_sha256": draw.frame_sha256, "seed": draw.seed}
            for draw in (found.draw, found.reviewers_draw)
            if draw is not None
        ],
        "cases": [_case(reviewed, result) for reviewed, result in rows if result is not None],
    }  # fmt: skip


def _case(reviewed: Reviewed, result: results.Result) -> dict[str, Any]:
    sheets = [
        {"seat": each.seat, "score": each.score, "counted": each.person_id in reviewed.counted, "vetoes": each.vetoes,
         "deductions": each.deductions}
        for each in reviewed.reviews.all()
    ]  # fmt: skip
    return {
        "number": reviewed.case.number, "title": reviewed.case.title, "unit": reviewed.unit.name, "score": result.score,
        "grade": result.grade, "told_score": reviewed.score, "sheets": sheets,
        "marks": [_mark(mark) for mark in reviewed.marks.all()],
    }  # fmt: skip


def _mark(mark: Mark) -> dict[str, Any]:
    objection = results.objection_of(mark)
    decided = {"text": objection.text, "outcome": objection.outcome, "reasons": objection.reasons} if objection else None
    return {
        "kind": mark.kind, "code": mark.code, "title": mark.title, "points": mark.points, "left": results.left_of(mark),
        "reasons": mark.reasons, "objection": decided, "finding": mark.finding_id,
    }  # fmt: skip


def _day(day: dt.date | None) -> str:
    return str(day) if day else ""


@transaction.atomic
def correct_mark(actor: Actor, mark: Mark, *, outcome: str, reason: str, points: int | None = None) -> Correction:
    """After 定稿: reduce or drop a mark by a numbered correction; the snapshot stays as it was. The finding is withdrawn on its own.

    Raises Conflict before 定稿, and for what a correction of the same kind already did.
    """
    require(actor, "casereviews.decide", unit_id=mark.reviewed.unit_id)
    found, mark = _held(mark)
    if found.state != rules.FINAL:
        raise Conflict("not_final", "本轮还没有定稿，请在异议中决定。")
    _refuse_party(actor, mark)
    before = results.left_of(mark)
    if outcome == rules.KEPT or not before:
        raise Conflict("nothing_to_correct", "这项扣分已经撤销或没有变化，不用更正。", field="outcome")
    why = rules.why_not_decided(mark.kind, before, outcome, points, rounds.sheet_of(found))
    if why:
        raise DomainError("bad_outcome", why, field="points" if outcome == rules.REDUCED else "outcome")
    if not reason.strip():
        raise DomainError("no_reason", "请写明更正理由。", field="reason")
    made = Correction.objects.create(
        round=found, number=Correction.objects.filter(round=found).count() + 1, mark=mark, before=before,
        left=rules.left_of(mark.kind, before, outcome, points), reason=reason.strip()[:400], by=actor.named_user, by_label=actor.label,
        at=clock.now(),
    )  # fmt: skip
    record(
        actor, "casereviews.score_corrected", f"mark:{mark.pk}", unit_id=mark.reviewed.unit_id,
        details={"number": made.number, "before": before, "left": made.left, "reason": made.reason},
    )  # fmt: skip
    return made
