"""Sitting an exam: one device at a time, a deadline that the server keeps, answers that are never overwritten (2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotFound
from chengxin.exams import rules
from chengxin.exams.models import Answer, Exam, Paper, Takeover
from chengxin.exams.selectors import sitting
from chengxin.exams.selectors.answers import responses_of
from chengxin.exams.services.exams import frame_of, paper_of
from chengxin.people import selectors as people
from chengxin.ui.database import prepared

OTHER_DEVICE = "这场考试正在另一台设备上作答。要在这台设备上继续，请选择“在这台设备上继续”；原设备随即停止。"
HANDED_IN = "已经交卷，不能再改答案。"
TOO_LATE = "答题时间已到，系统已按时收卷；这个答案没有收下。"


@transaction.atomic
def start_sitting(actor: Actor, exam: Exam, *, device: str, device_label: str = "") -> Paper:
    """Begin, or go on with what this device has begun. The deadline is fixed here, by the server's clock.

    Raises Conflict outside the windows, when it was handed in, for a second device, and while another exam of the person runs.
    """
    require(actor, "exams.sit")
    first = Paper.objects.select_related("person").filter(exam=exam, person_id=actor.person_id or 0, attempt=1).first()
    if first is None:
        raise NotFound("no_exam", "没有这场考试，或您不在应考人员之列。")
    people.lock_person(first.person)
    now = clock.now()
    exam = Exam.objects.get(pk=exam.pk)
    paper = _to_sit(exam, first, now)
    if paper.started_at is not None:
        _refuse_another_device(paper, device)
        return paper
    _refuse_two_exams(paper, now)
    closes = exam.closes_at if paper.attempt == 1 else exam.ends_at
    paper.started_at, paper.deadline_at = now, rules.deadline(now, exam.minutes, closes)
    paper.device, paper.device_label = device, device_label[:80]
    paper.save()
    told = {"attempt": paper.attempt}
    record(actor, "exams.started", f"paper:{paper.pk}", unit_id=paper.unit_id, person_id=paper.person_id, details=told)
    return paper


def _to_sit(exam: Exam, first: Paper, now: dt.datetime) -> Paper:
    """The paper that may be sat at a moment, the make-up's made when it is needed. Raises Conflict."""
    if exam.state != rules.PUBLISHED:
        raise Conflict("not_published", "这场考试没有发布或已经取消。")
    last = Paper.objects.select_related("person").filter(exam=exam, person=first.person).order_by("-attempt")[0]
    if last.is_running(now):
        return last
    window = exam.window(now)
    if window == "main" and last.started_at is None:
        return last
    if window == "make_up" and last.attempt == 1:
        if sitting.has_passed(last):
            raise Conflict("passed", "您已经合格，不需要补考。")
        made = paper_of(exam, frame_of(exam), first.person, first.unit_id, attempt=2)
        made.save()
        return made
    if last.started_at is not None:
        raise Conflict("handed_in", HANDED_IN if last.handed_in_at else TOO_LATE)
    raise Conflict("not_open", "现在不在考试时间内。")


def _refuse_another_device(paper: Paper, device: str) -> None:
    if paper.device != device:
        raise Conflict("other_device", OTHER_DEVICE)


def _refuse_two_exams(paper: Paper, now: dt.datetime) -> None:
    running = Paper.objects.filter(person_id=paper.person_id, handed_in_at=None, deadline_at__gte=now).exclude(pk=paper.pk)
    other = running.select_related("exam").first()
    if other is not None:
        raise Conflict("another_exam", f"您还有一场考试正在进行（{other.exam.title}），请先交卷。")


@transaction.atomic
def take_over(actor: Actor, paper: Paper, *, device: str, device_label: str = "") -> Paper:
    """Go on with this device; the former one is told with its next sending. On the device that has it already nothing changes.

    Raises Conflict when the sitting is over.
    """
    locked = _own(actor, paper)
    _refuse_when_over(locked)
    if locked.device == device:
        return locked
    Takeover.objects.create(
        paper=locked, from_label=locked.device_label, to_label=device_label[:80], at=clock.now(), address=actor.address[:64]
    )
    locked.device, locked.device_label = device, device_label[:80]
    locked.save()
    told = {"to": device_label[:80]}
    record(actor, "exams.taken_over", f"paper:{locked.pk}", unit_id=locked.unit_id, person_id=locked.person_id, details=told)
    return locked


def _own(actor: Actor, paper: Paper) -> Paper:
    """The actor's own paper, locked."""
    require(actor, "exams.sit")
    locked = Paper.objects.select_for_update().filter(pk=paper.pk, person_id=actor.person_id or 0).first()
    if locked is None:
        raise NotFound("no_paper", "没有这份试卷。")
    return locked


def _refuse_when_over(paper: Paper) -> None:
    if paper.started_at is None:
        raise Conflict("not_begun", "还没有开始答题。")
    if paper.handed_in_at is not None:
        raise Conflict("handed_in", HANDED_IN)
    if paper.ended_at(clock.now()) is not None:
        raise Conflict("too_late", TOO_LATE)


@dataclass(frozen=True)
class Kept:
    """An answer arrived, now or before. ``left`` is what remains in seconds."""

    sequence: int
    left: float


# One statement: everything is checked and kept at once. The paper's row is held for sharing, so that handing in waits for an answer that
# is under way and an answer sees a hand-in that was first. A number that arrived before is passed over, as is everything after the end.
SAVE = """WITH sitting AS (SELECT id, device, started_at, handed_in_at, deadline_at, size FROM exams_paper
 WHERE id = %(paper)s AND person_id = %(person)s FOR SHARE),
 kept AS (INSERT INTO exams_answer (paper_id, place, sequence, response, saved_at)
 SELECT id, %(place)s::int, %(sequence)s::int, %(response)s, %(now)s::timestamptz FROM sitting
 WHERE device = %(device)s AND handed_in_at IS NULL AND %(now)s::timestamptz <= deadline_at AND %(place)s::int BETWEEN 1 AND size
 ON CONFLICT DO NOTHING RETURNING 1)
 SELECT started_at IS NOT NULL, device = %(device)s, handed_in_at IS NOT NULL, deadline_at, size, EXISTS (SELECT FROM kept) FROM sitting"""


def save_answer(actor: Actor, paper_pk: int, *, place: int, response: str, sequence: int, device: str) -> Kept:
    """Keep one answer under the sender's running number. The same number again is acknowledged and changes nothing; of a place the
    highest number counts, in whatever order they arrive.

    Raises NotFound for somebody else's paper, Conflict after the time, after the hand-in and on a device that has been taken over.
    """
    require(actor, "exams.sit")
    if not 1 <= sequence < 2**31 or len(response) > rules.LONGEST_ANSWER or not 1 <= place <= rules.MOST_ITEMS:
        raise DomainError("bad_answer", f"答案至多 {rules.LONGEST_ANSWER} 字，请缩短后再保存。", field="response")
    now = clock.now()
    given = {
        "paper": paper_pk, "person": actor.person_id or 0, "place": place, "sequence": sequence, "response": response, "now": now,
        "device": device,
    }  # fmt: skip
    rows = prepared(SAVE, given)  # type: ignore[arg-type]
    if not rows:
        raise NotFound("no_paper", "没有这份试卷。")
    begun, is_here, handed_in, deadline_at, size, is_new = rows[0]
    if not begun:
        raise Conflict("not_begun", "还没有开始答题。")
    if handed_in:
        raise Conflict("handed_in", HANDED_IN)
    if now > deadline_at:
        raise Conflict("too_late", TOO_LATE)
    if not is_here:
        raise Conflict("other_device", OTHER_DEVICE)
    if place > size:
        raise DomainError("no_place", f"这份试卷只有 {size} 题。", field="place")
    if not is_new and not Answer.objects.filter(paper=paper_pk, place=place, sequence=sequence, response=response).exists():
        raise Conflict("number_taken", "这个序号已用于另一个答案，请刷新页面后再保存。")
    return Kept(sequence, (deadline_at - now).total_seconds())


@transaction.atomic
def save_sheet(actor: Actor, paper: Paper, responses: Mapping[int, str], *, device: str) -> int:
    """Keep a whole sheet as a plain form sends it: what differs from what is kept. How many answers that were.

    Raises Conflict as ``save_answer``.
    """
    locked = _own(actor, paper)
    _refuse_when_over(locked)
    _refuse_another_device(locked, device)
    kept = responses_of([locked.pk]).get(locked.pk, {})
    sequence = sitting.next_sequence(locked)
    changed = {
        place: response[: rules.LONGEST_ANSWER]
        for place, response in responses.items()
        if 1 <= place <= locked.size and response != kept.get(place, "")
    }
    Answer.objects.bulk_create(
        Answer(paper=locked, place=place, sequence=sequence + at, response=response, saved_at=clock.now())
        for at, (place, response) in enumerate(sorted(changed.items()))
    )
    return len(changed)


@transaction.atomic
def hand_in(actor: Actor, paper: Paper, *, device: str) -> Paper:
    """交卷. Handed in already, or ended by the clock, it changes nothing. Raises Conflict on a device that has been taken over."""
    locked = _own(actor, paper)
    if locked.started_at is None:
        raise Conflict("not_begun", "还没有开始答题。")
    now = clock.now()
    if locked.ended_at(now) is not None:
        return locked
    _refuse_another_device(locked, device)
    locked.handed_in_at = now
    locked.save()
    record(actor, "exams.handed_in", f"paper:{locked.pk}", unit_id=locked.unit_id, person_id=locked.person_id)
    return locked
