"""What the commands about one complaint share: the lock, the conflict of interest, the step."""

from __future__ import annotations

from chengxin.complaints import rules
from chengxin.complaints.models import Complaint, ComplaintStep, Sight
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed


def locked(complaint: Complaint) -> Complaint:
    """The complaint as it is now, until the transaction ends. Rows that only point to it (a step, a clock) need not wait for that.

    Nothing is joined: after waiting for the lock, joined rows would still be those of before.
    """
    return Complaint.objects.select_for_update(no_key=True).get(pk=complaint.pk)


def for_handling(actor: Actor, complaint: Complaint, capability: str = "complaints.handle") -> Complaint:
    """The open complaint, locked, for an actor who may act on it and is in no conflict. Raises NotAllowed, Conflict."""
    found = for_acting(actor, complaint, capability)
    if not found.is_open:
        raise Conflict("over", f"这件投诉目前是“{found.get_state_display()}”，不能再办理。请刷新页面核对。")
    return found


def for_acting(actor: Actor, complaint: Complaint, capability: str) -> Complaint:
    """The complaint, locked, whatever its state."""
    found = locked(complaint)
    require(actor, capability, unit_id=found.unit_id or 0)  # one that nobody was given yet is no squadron's
    refuse_conflict(actor, found)
    return found


def for_inquiry(actor: Actor, complaint: Complaint) -> Complaint:
    """The complaint, locked, open or closed: whether it is right about a person may take longer than the answer to the complainant."""
    found = for_acting(actor, complaint, "complaints.handle")
    if found.state in {rules.MERGED, rules.ROUTED}:
        raise Conflict("over", f"这件投诉目前是“{found.get_state_display()}”，不能再办理。请刷新页面核对。")
    return found


def refuse_conflict(actor: Actor, complaint: Complaint) -> None:
    """The person complained of, and everybody of that person's unit, keeps out of the case (回避); of one routed out, nearly everybody."""
    if complaint.is_restricted and not actor.may("complaints.restricted"):
        raise NotAllowed("restricted", "这件投诉已经移送，限制知悉，不能再办理。")
    if in_conflict(actor, complaint):
        raise NotAllowed("recusal", "这件投诉涉及本人或本单位人员，须回避，请由其他单位的人员办理。")


def in_conflict(actor: Actor, complaint: Complaint) -> bool:
    return not Complaint.objects.filter(pk=complaint.pk).without_conflict(Sight.of(actor)).exists()


def moved(complaint: Complaint, action: str) -> None:
    """Take a step; the caller saves. Raises Conflict."""
    try:
        complaint.state = rules.after(complaint.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def step(actor: Actor, complaint: Complaint, title: str, note: str = "", *, outward: bool = False) -> None:
    ComplaintStep.objects.create(
        complaint=complaint, at=clock.now(), by_label=actor.label, title=title, note=note[:1000], is_outward=outward
    )


def text_of(typed: str, field: str, message: str, *, least: int = 1) -> str:
    """What people see of a text. Raises DomainError with the message when nothing, or too little or too much, is left."""
    text = rules.clean_text(typed)
    if len(text) < least:
        raise DomainError("too_short", message, field=field)
    if len(text) > rules.MOST_TEXT:
        raise DomainError("too_long", f"内容有 {len(text)} 字，请缩短到 {rules.MOST_TEXT} 字以内。", field=field)
    return text
