"""What the complainant does afterwards, by receipt code and without an account (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.complaints import rules
from chengxin.complaints.models import Answer, Clock, Complaint, Message
from chengxin.complaints.services import intake, keys, throttle
from chengxin.complaints.services.clocks import clocks_for, policy_on
from chengxin.complaints.services.intake import PUBLIC, QUARTER
from chengxin.complaints.services.locks import locked, moved, step, text_of
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotFound
from chengxin.files.services import claim
from chengxin.rulebook import selectors as rulebook


def find_by_code(typed: str, *, who: str) -> Complaint:
    """The complaint of a receipt code. Wrong tries are counted and slowed down; the answer never tells how near a try was.

    Raises NotFound for any wrong code, TooMany after too many of them.
    """
    limits = intake.policy()
    if throttle.so_far("code", who, every=QUARTER) >= limits["wrong_codes"]:
        raise throttle.TooMany("too_many", "输错的次数过多，请一刻钟后再试。")
    code = rules.read_code(typed[:200])
    found = Complaint.objects.filter(code_digest=keys.code_digest(code or "")).first()
    if found is None:
        throttle.count("code", who, every=QUARTER)
        raise NotFound("no_complaint", "没有找到这个回执码对应的投诉，请逐位核对回执。")
    return found


def matter_of(complaint: Complaint) -> Complaint:
    """What is handled: the complaint itself, or the one it was merged into."""
    return complaint.merged_into or complaint


def send_facts(complaint: Complaint, *, text: str, form_key: UUID, who: str, photos: Sequence[UUID] = ()) -> Message:
    """More facts from the public's page. A second click of the same form is the same message.

    As many may be sent as complaints, counted apart from them. Raises TooMany.
    """
    known = Message.objects.filter(complaint=complaint, form_key=form_key).first()
    if known is not None:
        return known
    intake.refuse_flood(intake.policy(), who, "added")
    return add_facts(complaint, text=text, photos=photos, form_key=form_key)


@transaction.atomic
def add_facts(complaint: Complaint, *, text: str, photos: Sequence[UUID] = (), form_key: UUID | None = None) -> Message:
    """More facts or photos while it, or what it was merged into, is open. Raises Conflict when it is not."""
    complaint = locked(complaint)
    known = Message.objects.filter(form_key=form_key).first() if form_key is not None else None
    if known is not None:
        return _same(known, complaint)
    matter = matter_of(complaint)
    if not matter.is_open:
        raise Conflict("over", "这件投诉已经办结；如没有解决，可以要求重新办理。")
    words = text_of(text, "text", "请写明补充内容。")
    if len(photos) > intake.policy()["most_photos"]:
        raise DomainError("many_photos", "照片太多，请分几次补充。", field="photos")
    made = _said(complaint, words, form_key)
    claim(PUBLIC, photos, intake.owner_of(complaint))
    step(PUBLIC, complaint, "投诉人补充情况")
    if matter.pk != complaint.pk:
        step(PUBLIC, matter, f"{complaint.number} 的投诉人补充情况")
    record(PUBLIC, "complaints.added", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"photos": len(photos)})
    return made


def _same(known: Message, complaint: Complaint) -> Message:
    """The message of the other of two simultaneous clicks. Raises DomainError for a form of another complaint."""
    if known.complaint_id != complaint.pk:
        raise DomainError("old_form", "页面已过期，请再提交一次；您填写的内容仍在。")
    return known


def _said(complaint: Complaint, text: str, form_key: UUID | None = None) -> Message:
    return Message.objects.create(
        complaint=complaint, thread=Message.OUTWARD, is_from_complainant=True, at=clock.now(), by_label=PUBLIC.label, text=text,
        form_key=form_key,
    )  # fmt: skip


@transaction.atomic
def answer_questions(complaint: Complaint, *, solved: bool, satisfied: bool, note: str = "") -> Answer:
    """Was it solved, and is the complainant satisfied: asked apart, answered once a round."""
    complaint = locked(complaint)
    matter = matter_of(complaint)
    if matter.state != rules.CLOSED:
        raise Conflict("not_closed", "这件投诉还没有办结，办结后再评价。")
    made, new = Answer.objects.get_or_create(
        complaint=complaint, round=matter.reopened,
        defaults={"at": clock.now(), "solved": solved, "satisfied": satisfied, "note": rules.clean_text(note)[:500]},
    )  # fmt: skip
    if not new:
        if (made.solved, made.satisfied) == (solved, satisfied):
            return made  # a second click
        raise Conflict("answered", "您已经评价过；如有新的情况，可以要求重新办理。")
    step(PUBLIC, complaint, "投诉人评价", f"{'已解决' if solved else '未解决'}，{'满意' if satisfied else '不满意'}")
    details = {"solved": solved, "satisfied": satisfied, "round": made.round}
    record(PUBLIC, "complaints.answered", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details=details)
    return made


@transaction.atomic
def reopen_complaint(complaint: Complaint, *, reason: str) -> Complaint:
    """Not solved: it, or what it was merged into, goes back to who handled it, counted, with clocks of a round of its own.

    What the first round was, stays. Raises Conflict when it is not closed, or was closed too long ago.
    """
    complaint = Complaint.objects.get(pk=complaint.pk)  # it may have been merged since it was read
    matter = locked(matter_of(complaint))
    words = text_of(reason, "reason", "请写明为什么没有解决。")
    if matter.state == rules.CLOSED and matter.closed_at is not None:
        limit = matter.closed_at + dt.timedelta(days=intake.policy()["reopen_days"])
        if clock.now() > limit:
            raise Conflict("too_late", "办结已久，请另行提交一件新的投诉。")
    moved(matter, rules.REOPEN)
    matter.reopened += 1
    matter.closed_at, matter.result, matter.where_to = None, "", ""
    matter.save()
    now = clock.now()
    Clock.objects.bulk_create(clocks_for(matter, now, policy_on(now.date()), rulebook.work_calendar(), matter.reopened))
    _said(complaint, words)
    if matter.pk != complaint.pk:  # for those who handle it, not for the others who complained of the same
        label = f"{complaint.number} 的投诉人"
        Message.objects.create(complaint=matter, thread=Message.INWARD, at=now, by_label=label, text=words)
    for each in {complaint.pk: complaint, matter.pk: matter}.values():
        step(PUBLIC, each, f"第 {matter.reopened} 次要求重新办理", outward=True)
    record(PUBLIC, "complaints.reopened", f"complaint:{matter.pk}", unit_id=matter.unit_id, details={"times": matter.reopened})
    return matter
