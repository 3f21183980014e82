"""Marking, objections and rulings: points are found by rule, items are voided by named persons, every recomputation is a new row (2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.exams import rules
from chengxin.exams.models import Exam, ItemObjection, ItemVersion, Marking, Paper, Ruling
from chengxin.exams.selectors import bank, results

SETTLING = dt.timedelta(minutes=1)  # longer than a request may take


@transaction.atomic
def mark_exam(actor: Actor, exam: Exam) -> int:
    """Issue the marks of all sittings that are over and have none. How many; again it is none.

    When it runs changes nothing: answers are taken until the deadline only, and the rule is the exam's own.
    """
    require(actor, "exams.plan")
    locked = Exam.objects.select_for_update().get(pk=exam.pk)
    unmarked = _unmarked(locked)
    if unmarked:
        _issue(actor, locked, unmarked, "阅卷")
        record(actor, "exams.marked", f"exam:{locked.pk}", details={"papers": len(unmarked)})
    return len(unmarked)


def mark_all() -> int:
    """For the job: every published exam with sittings that are over and not marked."""
    waiting = Exam.objects.published().filter(papers__deadline_at__isnull=False, papers__markings=None).distinct()
    return sum(mark_exam(system_actor(), each) for each in waiting)


def _unmarked(exam: Exam) -> list[Paper]:
    """What is over and settled: an answer that came in time may still be on its way into the database for a moment."""
    marked, settled = set(Marking.objects.filter(paper__exam=exam).values_list("paper_id", flat=True)), clock.now() - SETTLING
    over = [each for each in results.ended_papers(exam) if each.pk not in marked]
    return [each for each in over if each.handed_in_at is not None or (each.deadline_at is not None and each.deadline_at < settled)]


def _issue(actor: Actor, exam: Exam, papers: Sequence[Paper], cause: str) -> None:
    voided, now = sorted(results.voided_in([exam.pk]).get(exam.pk, set())), clock.now()
    marks: Mapping[int, rules.Marks] = results.computed_marks(papers)
    Marking.objects.bulk_create(
        Marking(
            paper=each, by_place=[str(points) for points in marks[each.pk].by_place], points=marks[each.pk].points,
            full=marks[each.pk].full, passed=marks[each.pk].passed, voided=voided, cause=cause, at=now, by_label=actor.label,
        )
        for each in papers
    )  # fmt: skip


def object_until(exam: Exam) -> dt.datetime:
    """Until when an item may be objected to: the rule's days after everything has ended, to the end of the day."""
    days = bank.exam_policy_at(clock.local_day(exam.ends_at)).objection_days
    return clock.at(clock.local_day(exam.ends_at) + dt.timedelta(days=days + 1))


def file_objection(actor: Actor, paper: Paper, *, place: int, text: str) -> ItemObjection:
    """Object to an item of the own paper, once, within the days of the rule after the exam. The same text again is the same objection."""
    with readable(ItemObjection):
        return _file_objection(actor, paper, place, text)


@transaction.atomic
def _file_objection(actor: Actor, paper: Paper, place: int, text: str) -> ItemObjection:
    require(actor, "exams.sit")
    own = Paper.objects.select_for_update(of=("self",)).select_related("exam").get(pk=paper.pk)
    if own.person_id != actor.person_id:
        raise NotAllowed("not_own", "只能对本人的试卷提出异议。")
    if not text.strip():
        raise DomainError("no_text", "请写明这道题哪里不对、依据是什么。", field="text")
    if not 1 <= place <= own.size:
        raise DomainError("no_place", f"这份试卷只有 {own.size} 题。")
    sent = ItemObjection.objects.filter(paper=own, place=place).first()
    if sent is not None and sent.text == text.strip():
        return sent
    if sent is not None:
        raise Conflict("objected", "您对这道题已经提出过异议。")
    if not own.exam.is_over(clock.now()) or own.started_at is None or clock.now() >= object_until(own.exam):
        raise Conflict("not_now", f"异议在考试全部结束后、{object_until(own.exam) - dt.timedelta(days=1):%Y-%m-%d} 以前提出。")
    made = ItemObjection.objects.create(
        paper=own, version_id=own.drawn[place - 1].version, place=place, text=text.strip()[:500], filed_by=actor.named_user,
        filed_at=clock.now(),
    )  # fmt: skip
    told = {"version": made.version_id}
    record(actor, "exams.objected", f"item_objection:{made.pk}", unit_id=own.unit_id, person_id=own.person_id, details=told)
    return made


@transaction.atomic
def decide_objection(actor: Actor, objection: ItemObjection, *, voided: bool, reasons: str) -> ItemObjection:
    """Decide as a named person who neither filed it nor wrote or reviewed the item. 作废 recomputes every paper that has the item."""
    require(actor, "exams.decide")
    locked = ItemObjection.objects.select_for_update(of=("self",)).select_related("paper__exam", "version").get(pk=objection.pk)
    outcome = "voided" if voided else "kept"
    if locked.outcome:
        if (locked.outcome, locked.decided_by) == (outcome, actor.user_id):
            return locked
        raise Conflict("decided", "这项异议已经有了决定。")
    _refuse_the_involved(actor, locked.version, locked.filed_by)
    locked.outcome, locked.reasons, locked.decided_by = outcome, _reasons(reasons), actor.named_user
    locked.decided_label, locked.decided_at = actor.label, clock.now()
    locked.save()
    record(actor, "exams.objection_decided", f"item_objection:{locked.pk}", person_id=locked.paper.person_id, details={"outcome": outcome})
    if voided:
        _rule(actor, locked.paper.exam, locked.version, is_void=True, reason=locked.reasons, objection=locked)
    return locked


@transaction.atomic
def void_item(actor: Actor, exam: Exam, version: ItemVersion, *, reason: str) -> int:
    """作废 an item of an exam without an objection. How many papers were recomputed; void already, none."""
    require(actor, "exams.decide")
    _refuse_the_involved(actor, version, None)
    return _rule(actor, exam, version, is_void=True, reason=_reasons(reason))


@transaction.atomic
def restore_item(actor: Actor, exam: Exam, version: ItemVersion, *, reason: str) -> int:
    """Take a voiding back by a new ruling. How many papers were recomputed."""
    require(actor, "exams.decide")
    _refuse_the_involved(actor, version, None)
    return _rule(actor, exam, version, is_void=False, reason=_reasons(reason))


def _rule(actor: Actor, exam: Exam, version: ItemVersion, *, is_void: bool, reason: str, objection: ItemObjection | None = None) -> int:
    locked = Exam.objects.select_for_update().get(pk=exam.pk)
    if not locked.is_over(clock.now() - SETTLING):
        raise Conflict("not_over", "考试全部结束一分钟以后才能对题目作出决定。")
    if not locked.bank.filter(version=version).exists():
        raise Conflict("not_in_bank", "这场考试没有用这道题。")
    if (version.pk in results.voided_in([locked.pk]).get(locked.pk, set())) is is_void:
        return 0
    unmarked = _unmarked(locked)
    if unmarked:  # the marks as they stood before come first
        _issue(actor, locked, unmarked, "阅卷")
    Ruling.objects.create(
        exam=locked, version=version, is_void=is_void, reason=reason, by=actor.named_user, by_label=actor.label, at=clock.now(),
        objection=objection,
    )  # fmt: skip
    touched = [each for each in results.ended_papers(locked) if any(question[0] == version.pk for question in each.questions)]
    _issue(actor, locked, touched, f"{version.label} {'作废' if is_void else '恢复'}")
    details = {"exam": locked.pk, "papers": len(touched), "reason": reason}
    if is_void:
        record(actor, "exams.item_voided", f"item_version:{version.pk}", details=details)
    else:
        record(actor, "exams.item_restored", f"item_version:{version.pk}", details=details)
    return len(touched)


def _refuse_the_involved(actor: Actor, version: ItemVersion, filed_by: int | None) -> None:
    if actor.named_user in {version.written_by, version.reviewed_by}:
        raise NotAllowed("own_item", "编写或审核这道题的人不能决定它是否有效，请另一人决定。")
    if actor.named_user == filed_by:
        raise NotAllowed("own_objection", "本人提出的异议由他人决定。")


def _reasons(text: str) -> str:
    if not text.strip():
        raise DomainError("no_reason", "请写明理由。", field="reason")
    return text.strip()[:500]
