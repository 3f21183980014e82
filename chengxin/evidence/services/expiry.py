"""Deletion of what need not be kept any longer: listed, reviewed by one, approved by another, after some days of grace (2.2.3)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Mapping

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.evidence.models import ExpiryLine, ExpiryList, Recording
from chengxin.evidence.selectors import expiry as questions
from chengxin.evidence.services import store
from chengxin.evidence.services.examination import picture_of
from chengxin.evidence.services.keeping import step
from chengxin.rulebook import selectors as rulebook

LOG = logging.getLogger(__name__)
SYSTEM = system_actor("影像到期清理")


@transaction.atomic
def review_expired(actor: Actor, *, spared: Mapping[int, str], shown: Collection[int]) -> ExpiryList:
    """Make a list of the expired recordings somebody was shown, without those spared (each with a reason).

    Raises DomainError when nothing is left, or when what was shown is no longer what has expired.
    """
    require(actor, "evidence.review_expiry")
    candidates = {recording.pk: recording for recording in questions.candidates(actor)}
    wanted = [pk for pk in shown if pk not in spared]
    if not wanted:
        raise DomainError("nothing", "清单中没有影像，不需要提交。")
    if any(not reason.strip() for reason in spared.values()):
        raise DomainError("no_reason", "不删除的影像请写明理由。", field="reason")
    if any(pk not in candidates for pk in shown):
        raise Conflict("changed", "到期影像已有变化，请刷新后重新审查。")
    now, day = clock.now(), clock.today()
    number = f"影删〔{day.year}〕{ExpiryList.objects.filter(as_of__year=day.year).count() + 1}号"
    made = ExpiryList.objects.create(
        number=number, as_of=day, reviewed_by=actor.named_user, reviewed_label=actor.label, reviewed_at=now
    )  # fmt: skip
    ExpiryLine.objects.bulk_create(ExpiryLine(list=made, recording_id=pk) for pk in wanted)
    for pk, reason in spared.items():
        if pk in candidates:
            step(actor, candidates[pk], "审查后暂不删除", reason)
    record(actor, "evidence.expiry_reviewed", f"expiry_list:{made.pk}", details={"number": number, "recordings": len(wanted)})
    return made


@transaction.atomic
def approve_expiry(actor: Actor, expiry: ExpiryList) -> ExpiryList:
    """Another person than the reviewer approves; the days of grace begin."""
    require(actor, "evidence.approve_expiry")
    expiry = ExpiryList.objects.select_for_update().get(pk=expiry.pk)
    if expiry.state != ExpiryList.REVIEWED:
        raise Conflict("not_waiting", "这份清单不在等待批准。")
    if expiry.reviewed_by == actor.named_user:
        raise NotAllowed("own", "不能批准自己审查的清单，须由另一人批准。")
    grace = rulebook.rule_values("footage.keeping", clock.today(), simulate=True)["grace_days"]
    expiry.state, expiry.approved_by, expiry.approved_label = ExpiryList.APPROVED, actor.named_user, actor.label
    expiry.approved_at, expiry.execute_from = clock.now(), clock.today() + dt.timedelta(days=grace)
    expiry.save()
    record(
        actor, "evidence.expiry_approved", f"expiry_list:{expiry.pk}", details={"number": expiry.number, "from": str(expiry.execute_from)}
    )
    return expiry


@transaction.atomic
def withdraw_expiry(actor: Actor, expiry: ExpiryList, *, note: str) -> ExpiryList:
    """Stop a list before it is carried out; who may review or approve one may stop it."""
    if not actor.may("evidence.approve_expiry"):
        require(actor, "evidence.review_expiry")
    if not note.strip():
        raise DomainError("no_note", "请写明撤回理由。", field="note")
    expiry = ExpiryList.objects.select_for_update().get(pk=expiry.pk)
    if expiry.state in {ExpiryList.DONE, ExpiryList.WITHDRAWN}:
        raise Conflict("over", "这份清单已经结束。")
    expiry.state, expiry.ended_at, expiry.note = ExpiryList.WITHDRAWN, clock.now(), note.strip()
    expiry.save()
    record(actor, "evidence.expiry_withdrawn", f"expiry_list:{expiry.pk}", details={"number": expiry.number, "note": note})
    return expiry


def delete_approved() -> int:
    """Carry out the lists whose days of grace are over; how many recordings went."""
    due = ExpiryList.objects.filter(state=ExpiryList.APPROVED, execute_from__lte=clock.today())
    return sum(_carry_out(expiry) for expiry in due)


def _carry_out(expiry: ExpiryList) -> int:
    gone = 0
    for pk in list(expiry.lines.filter(outcome="").order_by("pk").values_list("pk", flat=True)):
        gone += _delete(pk)
    with transaction.atomic():
        expiry = ExpiryList.objects.select_for_update().get(pk=expiry.pk)
        if expiry.state == ExpiryList.APPROVED and not expiry.lines.filter(outcome="").exists():
            expiry.state, expiry.ended_at = ExpiryList.DONE, clock.now()
            expiry.save()
    return gone


@transaction.atomic
def _delete(line_pk: int) -> int:
    """One recording of a list: looked at once more, then the row becomes its tombstone and the bytes go.

    The bytes go after the row is committed: a recording is never shown as kept when they are gone, and bytes that outlive a
    crash in between, or a store that does not answer, are taken away by the job.
    """
    line = ExpiryLine.objects.select_for_update().select_related("list").get(pk=line_pk)
    recording = Recording.objects.select_for_update().get(pk=line.recording_id)
    if line.outcome or ExpiryList.objects.get(pk=line.list_id).state != ExpiryList.APPROVED:
        return 0
    line.at = clock.now()
    if reasons := questions.why_kept(recording, clock.today()):
        line.outcome, line.reason = ExpiryLine.SPARED, "；".join(reasons)[:200]
        line.save()
        return 0
    line.outcome, line.reason, recording.deleted_at = ExpiryLine.DELETED, line.list.number, line.at
    line.save()
    recording.save(update_fields=["deleted_at"])
    step(SYSTEM, recording, "到期删除", f"{line.list.number}，{line.list.reviewed_label}审查，{line.list.approved_label}批准")
    record(
        SYSTEM, "evidence.deleted", f"recording:{recording.pk}", unit_id=recording.unit_id,
        details={"list": line.list.number, "sha256": recording.sha256, "size": recording.size},
    )  # fmt: skip
    transaction.on_commit(lambda: _remove_bytes(recording))
    return 1


def remove_remains() -> int:
    """Take away the bytes of deleted recordings that are still there, after a crash or because the store did not answer; how many."""
    left = Recording.objects.filter(deleted_at__isnull=False, removed_at=None).order_by("pk")
    return sum(_remove_bytes(recording) for recording in left.iterator(chunk_size=500))


def _remove_bytes(recording: Recording) -> bool:
    try:
        store.remove_original(recording)
        store.copies().remove(recording.sha256)  # of one that was important once
    except OSError:
        LOG.warning("the bytes of recording %s are still there, the job tries again", recording.pk, exc_info=True)
        return False
    for derivative in recording.derivatives.exclude(sha256=""):
        store.derived().remove(derivative.sha256)
    picture_of(recording).unlink(missing_ok=True)
    Recording.objects.filter(pk=recording.pk).update(removed_at=clock.now())
    return True
