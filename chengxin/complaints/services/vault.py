"""Who complained: shown to one who asked with a reason, after another agreed, for some hours, each look kept (3.2)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F

from chengxin.audit.services import record
from chengxin.complaints.models import Complaint, Contact, Reveal
from chengxin.complaints.rules import clean_text
from chengxin.complaints.services import intake, keys
from chengxin.complaints.services.locks import for_acting, step, text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError, NotAllowed


@transaction.atomic
def ask_reveal(actor: Actor, complaint: Complaint, *, reason: str) -> Reveal:
    """Ask to see who complained. Raises Conflict for an anonymous one: there is nothing to see."""
    complaint = for_acting(actor, complaint, "complaints.handle")
    words = text_of(reason, "reason", "请写明为什么需要联系投诉人。")[:200]
    if complaint.is_anonymous:
        raise Conflict("anonymous", "这件投诉是匿名的，没有保存任何身份信息。")
    if complaint.reveals.filter(granted=None, asked_by=actor.named_user).exists():
        raise Conflict("asked", "您已提出申请，等待另一人同意。")
    made = Reveal.objects.create(
        complaint=complaint, reason=words, asked_by=actor.named_user, asked_label=actor.label, asked_at=clock.now()
    )  # fmt: skip
    step(actor, complaint, "申请查看投诉人", words)
    record(actor, "complaints.reveal_asked", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"reason": words})
    return made


@transaction.atomic
def decide_reveal(actor: Actor, reveal: Reveal, *, granted: bool, note: str = "") -> Reveal:
    """The second person. Who agrees does not see the identity thereby."""
    complaint = for_acting(actor, reveal.complaint, "complaints.approve")
    reveal = Reveal.objects.select_for_update().get(pk=reveal.pk)
    if reveal.granted is not None:
        raise Conflict("decided", "这份申请已经决定。")
    if reveal.asked_by == actor.named_user:
        raise NotAllowed("own", "不能同意自己的申请，须由另一人决定。")
    words = clean_text(note)[:200]
    if not granted and not words:
        raise DomainError("no_note", "不同意的请写明理由。", field="note")
    now = clock.now()
    reveal.granted, reveal.note = granted, words
    reveal.decided_by, reveal.decided_label, reveal.decided_at = actor.named_user, actor.label, now
    reveal.until = now + dt.timedelta(hours=intake.policy()["reveal_hours"]) if granted else None
    reveal.save()
    step(actor, complaint, "同意查看投诉人" if granted else "不同意查看投诉人", f"{reveal.asked_label}：{reveal.note}".rstrip("："))
    record(actor, "complaints.reveal_decided", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"granted": granted})
    return reveal


@transaction.atomic
def read_contact(actor: Actor, complaint: Complaint) -> dict[str, str]:
    """Name and number, for who asked and was agreed to, while it lasts. Each look is kept; what was seen is kept nowhere else.

    Raises NotAllowed without a reveal that still runs.
    """
    complaint = for_acting(actor, complaint, "complaints.handle")
    running = complaint.reveals.filter(asked_by=actor.named_user, granted=True, until__gt=clock.now()).first()
    if running is None:
        raise NotAllowed("not_agreed", "查看投诉人须先说明理由，并经另一人同意；同意后在限定时间内可以查看。")
    Reveal.objects.filter(pk=running.pk).update(seen=F("seen") + 1)
    contact = Contact.objects.get(complaint=complaint)
    step(actor, complaint, "查看投诉人", running.reason)
    record(actor, "complaints.revealed", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"reveal": running.pk})
    return keys.unseal(bytes(contact.sealed), contact.key_name)
