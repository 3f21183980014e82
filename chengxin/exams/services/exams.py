"""An exam from its plan to its publication: window, blueprint, frozen bank, seed, a paper for everybody who is due (2.4)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.exams import rules
from chengxin.exams.models import Exam, ExamItem, ItemVersion, Paper
from chengxin.exams.selectors import bank, results
from chengxin.people import selectors as people
from chengxin.people.models import Person, Unit


def plan_exam(
    actor: Actor, *, title: str, clause: str, units: Sequence[Unit], opens_at: dt.datetime, closes_at: dt.datetime, minutes: int,
    blueprint: Sequence[rules.Line], form_key: UUID, make_up: tuple[dt.datetime, dt.datetime] | None = None,
) -> Exam:  # fmt: skip
    """Plan an exam; nobody is told before it is published. The same form again is the same exam.

    The mark and what a partly right answer is worth are those of the rule on the opening day. Raises DomainError that names the field.
    """
    try:
        with readable(Exam):
            return _plan(actor, title, clause, units, (opens_at, closes_at), minutes, blueprint, form_key, make_up)
    except IntegrityError:
        sent = Exam.objects.filter(form_key=form_key).first()  # the same form was sent twice at once
        if sent is None:
            raise
        return sent


@transaction.atomic
def _plan(
    actor: Actor, title: str, clause: str, units: Sequence[Unit], window: tuple[dt.datetime, dt.datetime], minutes: int,
    blueprint: Sequence[rules.Line], form_key: UUID, make_up: tuple[dt.datetime, dt.datetime] | None,
) -> Exam:  # fmt: skip
    if not units:
        raise DomainError("no_units", "请选择至少一个单位。", field="units")
    for unit in units:
        require(actor, "exams.plan", unit_id=unit.pk)
    sent = Exam.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    policy = bank.exam_policy_at(clock.local_day(window[0]))
    _check(title, clause, window, minutes, policy.most_minutes, blueprint)
    _check_make_up(window[1], make_up)
    made = Exam.objects.create(
        title=title.strip(), clause=clause, opens_at=window[0], closes_at=window[1], minutes=minutes, form_key=form_key,
        make_up_opens_at=make_up[0] if make_up else None, make_up_closes_at=make_up[1] if make_up else None,
        ends_at=make_up[1] if make_up else window[1], blueprint=[[each.clause, each.kind, each.count, each.points] for each in blueprint],
        full_points=rules.full_points(blueprint), pass_percent=policy.pass_percent, partial_percent=policy.partial_percent,
        rule_version=policy.version, planned_by=actor.named_user, planned_label=actor.label, planned_at=clock.now(),
    )  # fmt: skip
    made.units.set(units)
    record(actor, "exams.planned", f"exam:{made.pk}", details={"title": made.title})
    return made


def _check(
    title: str, clause: str, window: tuple[dt.datetime, dt.datetime], minutes: int, most: int, blueprint: Sequence[rules.Line]
) -> None:
    if not title.strip():
        raise DomainError("no_title", "请填写考试名称。", field="title")
    titles = bank.clause_titles()
    if clause not in titles:
        raise DomainError("no_clause", "请从列表中选择条款。", field="clause")
    if window[1] <= window[0]:
        raise DomainError("bad_window", "截止须晚于开始。", field="closes_at")
    if window[1] <= clock.now():
        raise DomainError("past_window", "截止时间已经过去，请改为将来的时间。", field="closes_at")
    if not 1 <= minutes <= most:
        raise DomainError("bad_minutes", f"时长应为 1 到 {most} 分钟。", field="minutes")
    try:
        rules.check_blueprint(blueprint)
    except rules.NotPossible as refused:
        raise DomainError("bad_blueprint", str(refused), field="blueprint") from None


def _check_make_up(closes_at: dt.datetime, make_up: tuple[dt.datetime, dt.datetime] | None) -> None:
    if make_up is not None and not closes_at <= make_up[0] < make_up[1]:
        raise DomainError("bad_make_up", "补考须在考试截止以后开始，且截止晚于开始。", field="make_up_opens_at")


@transaction.atomic
def publish_exam(actor: Actor, exam: Exam) -> Exam:
    """Freeze the bank, make the seed, draw everybody's paper. Published once; again it changes nothing.

    Due is who wears the uniform in the units on the opening day, auxiliaries included. Raises Conflict for a bank too small, nobody due,
    a window that is over or a cancelled exam.
    """
    locked = Exam.objects.select_for_update().get(pk=exam.pk)
    units = list(locked.units.values_list("pk", flat=True))
    for unit in units:
        require(actor, "exams.plan", unit_id=unit)
    if locked.state == rules.PUBLISHED:
        return locked
    if locked.state != rules.PLANNED or locked.closes_at <= clock.now():
        raise Conflict("not_planned", "只有尚未截止、待发布的考试可以发布。")
    lines, stock = locked.lines, bank.stock()
    missing = rules.shortages(lines, stock)
    if missing:
        raise Conflict("bank_too_small", "".join(missing))
    due = results.due_persons(units, clock.local_day(locked.opens_at))
    if not due:
        raise Conflict("nobody_due", "这些单位在开考日没有应考人员，请核对单位和日期。")
    frame = rules.frame_of(lines, stock)
    ExamItem.objects.bulk_create(ExamItem(exam=locked, version_id=each.pk) for each in frame)
    locked.frame_sha256 = rules.frame_digest(lines, frame)  # the bank is frozen before there is a seed
    locked.seed, locked.state = secrets.token_hex(32), rules.PUBLISHED
    locked.published_at, locked.published_label = clock.now(), actor.label
    locked.save()
    Paper.objects.bulk_create(paper_of(locked, frame, each, each.unit_id) for each in due)  # type: ignore[attr-defined]
    details = {"due": len(due), "items": len(frame), "frame_sha256": locked.frame_sha256}
    record(actor, "exams.published", f"exam:{locked.pk}", details=details)
    return locked


def paper_of(exam: Exam, frame: Sequence[rules.Stock], person: Person, unit_id: int, attempt: int = 1) -> Paper:
    """The paper that follows from frame, seed, person and attempt; not yet kept."""
    questions = rules.paper_for(exam.lines, frame, exam.seed, person.number, attempt)
    rows = [[each.version, each.points, each.order] for each in questions]
    return Paper(
        exam=exam, person=person, unit_id=unit_id, person_class=person.person_class, attempt=attempt, questions=rows, size=len(rows)
    )


def frame_of(exam: Exam) -> list[rules.Stock]:
    """The frozen bank of a published exam."""
    return [each.stock for each in ItemVersion.objects.filter(pk__in=exam.bank.values("version")).order_by("pk")]


@transaction.atomic
def add_person(actor: Actor, exam: Exam, person: Person) -> Paper:
    """增补 somebody who came after the publication. Who is due already stays so. Raises Conflict once the exam has closed."""
    locked = Exam.objects.select_for_update().get(pk=exam.pk)
    unit = people.unit_of(person, clock.today())
    if unit is None:
        raise DomainError("no_unit", f"{person} 今天没有任职单位，请先办理任职。", field="person")
    require(actor, "exams.plan", unit_id=unit.pk)
    if locked.state != rules.PUBLISHED or locked.closes_at <= clock.now():
        raise Conflict("closed", "只有已发布、尚未截止的考试可以增补人员。")
    there = Paper.objects.filter(exam=locked, person=person, attempt=1).first()
    if there is not None:
        return there
    made = paper_of(locked, frame_of(locked), person, unit.pk)
    made.save()
    record(actor, "exams.person_added", f"exam:{locked.pk}", unit_id=unit.pk, person_id=person.pk)
    return made


@transaction.atomic
def set_make_up(actor: Actor, exam: Exam, *, opens_at: dt.datetime, closes_at: dt.datetime) -> Exam:
    """安排补考 for who was absent or did not reach the mark. Raises Conflict once the answers may have been seen."""
    locked = Exam.objects.select_for_update().get(pk=exam.pk)
    for unit in locked.units.all():
        require(actor, "exams.plan", unit_id=unit.pk)
    if locked.state == rules.CANCELLED or clock.now() > locked.ends_at:
        raise Conflict("answers_shown", "考试已经结束、答案已经公布，不能再用同一题库补考，请另行安排一场考试。")
    if locked.make_up_opens_at is not None and locked.make_up_opens_at <= clock.now():
        raise Conflict("make_up_running", "补考已经开始，不能再改时间。")
    _check_make_up(locked.closes_at, (opens_at, closes_at))
    locked.make_up_opens_at, locked.make_up_closes_at, locked.ends_at = opens_at, closes_at, closes_at
    locked.save()
    record(actor, "exams.make_up_set", f"exam:{locked.pk}", details={"opens_at": str(opens_at), "closes_at": str(closes_at)})
    return locked


@transaction.atomic
def cancel_exam(actor: Actor, exam: Exam, *, reason: str) -> Exam:
    """取消 an exam that nobody has begun. Again it changes nothing."""
    locked = Exam.objects.select_for_update().get(pk=exam.pk)
    for unit in locked.units.all():
        require(actor, "exams.plan", unit_id=unit.pk)
    if locked.state == rules.CANCELLED:
        return locked
    if not reason.strip():
        raise DomainError("no_reason", "请写明取消的理由。", field="reason")
    if Paper.objects.filter(exam=locked).exclude(started_at=None).exists():
        raise Conflict("begun", "已有人开始答题，不能取消。")
    locked.state, locked.ended_label, locked.ended_note = rules.CANCELLED, actor.label, reason.strip()[:200]
    locked.save()
    record(actor, "exams.cancelled", f"exam:{locked.pk}", details={"reason": locked.ended_note})
    return locked
