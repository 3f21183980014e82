"""What handlers do: assign, respond, tell, note, merge, route, pause, close (3.2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.complaints import rules, selectors
from chengxin.complaints.models import Attempt, Clock, Complaint, Message, Pause
from chengxin.complaints.services import intake
from chengxin.complaints.services.accused import take_over, units_of
from chengxin.complaints.services.clocks import meet, policy_on
from chengxin.complaints.services.locks import for_acting, for_handling, locked, moved, refuse_conflict, step, text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


@transaction.atomic
def assign_complaint(
    actor: Actor, complaint: Complaint, *, unit: Unit, handler: Person | None = None, category: str = "", summary: str = ""
) -> Complaint:  # fmt: skip
    """Give it to a unit, and to a person of it. Neither may be the one complained of. No clock notices.

    Raises DomainError (field "unit" or "handler") for a conflict of interest.
    """
    complaint = for_handling(actor, complaint, "complaints.triage")
    if category and category not in intake.policy()["categories"]:
        raise DomainError("bad_category", "请从列表中选择类别。", field="category")
    accused = list(complaint.accused.standing().select_related("person"))
    _refuse_handling_unit(unit, accused)
    if handler is not None:
        belongs = people.unit_of(handler, clock.today())
        if belongs is None or belongs.pk != unit.pk:
            raise DomainError("not_there", f"{handler.name} 今天不在{unit.name}，请选择该单位的人员。", field="handler")
        if any(each.person_id == handler.pk for each in accused):
            raise DomainError("conflict", f"{handler.name} 是被投诉人，不能承办。", field="handler")
    moved(complaint, rules.ASSIGN)
    complaint.unit, complaint.handler = unit, handler
    complaint.category = category or complaint.category
    complaint.summary = rules.clean_text(summary)[:1000] or complaint.summary
    complaint.save()
    step(actor, complaint, "分办", f"{unit.name} {handler.name if handler else ''}".strip())
    record(actor, "complaints.assigned", f"complaint:{complaint.pk}", unit_id=unit.pk, details={"handler": handler.pk if handler else None})
    return complaint


def _refuse_handling_unit(unit: Unit, accused: list) -> None:  # type: ignore[type-arg]
    """The unit of the one complained of keeps out of it, on the day of the matter and today."""
    for each in accused:
        if unit.pk in units_of(each):
            raise DomainError("conflict", f"{unit.name} 有被投诉人，须回避，请分给其他单位。", field="unit")


@transaction.atomic
def respond(actor: Actor, complaint: Complaint, *, text: str) -> Message:
    """The first human word to the complainant, and to those whose complaints were merged into this: stops the clock of 24 hours.

    An automatic receipt never does.
    """
    actor.named_user  # noqa: B018  (a person, not a job: an answer of a program is no response)
    complaint = for_handling(actor, complaint)
    words = text_of(text, "text", "请写明对投诉人说的话。")
    matter = _stopping(complaint, rules.RESPONSE)
    made, *_ = [_message(actor, each, Message.OUTWARD, words) for each in matter]
    for each in matter:
        step(actor, each, "答复投诉人", outward=True)
    record(actor, "complaints.responded", f"complaint:{complaint.pk}", unit_id=complaint.unit_id)
    return made


@transaction.atomic
def add_note(actor: Actor, complaint: Complaint, *, text: str) -> Message:
    """A word among handlers. The complainant and the one complained of never see it."""
    complaint = for_acting(actor, complaint, "complaints.handle")
    made = _message(actor, complaint, Message.INWARD, text_of(text, "text", "请写明内部意见。"))
    record(actor, "complaints.noted", f"complaint:{complaint.pk}", unit_id=complaint.unit_id)
    return made


def _stopping(complaint: Complaint, *kinds: str) -> list[Complaint]:
    """The complaint and what was merged into it, the clocks of each stopped: what is told is told to all."""
    matter = [complaint, *complaint.merged.order_by("pk")]
    running = Clock.objects.filter(complaint__in=matter, kind__in=kinds, met_at=None)
    list(running.select_for_update().order_by("pk"))  # all at once and in the order in which a holiday notice takes them
    for each in matter:
        meet(each, *kinds)
    return matter


def _message(actor: Actor, complaint: Complaint, thread: str, text: str) -> Message:
    return Message.objects.create(complaint=complaint, thread=thread, at=clock.now(), by_label=actor.label, text=text)


@transaction.atomic
def record_attempt(actor: Actor, complaint: Complaint, *, way: str, outcome: str, note: str = "") -> Attempt:
    """A try to reach the complainant by other means. One that reached somebody is a human response."""
    actor.named_user  # noqa: B018  (a person, not a job)
    complaint = for_handling(actor, complaint)
    if way not in dict(Attempt.WAYS) or outcome not in dict(Attempt.OUTCOMES):
        raise DomainError("bad_attempt", "请选择联系方式和结果。", field="way" if way not in dict(Attempt.WAYS) else "outcome")
    made = Attempt.objects.create(
        complaint=complaint, at=clock.now(), by_label=actor.label, way=way, outcome=outcome, note=rules.clean_text(note)[:200]
    )
    if outcome == Attempt.REACHED:
        meet(complaint, rules.RESPONSE)
    step(actor, complaint, "联系投诉人", f"{made.get_way_display()}：{made.get_outcome_display()} {made.note}".strip())
    record(actor, "complaints.attempted", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"way": way, "outcome": outcome})
    return made


@transaction.atomic
def close_complaint(actor: Actor, complaint: Complaint, *, result: str, reply: str, where_to: str = "") -> Complaint:
    """Tell the complainant the result: stops both clocks, of this one and of what was merged into it.

    Raises DomainError for a result without reply, Conflict when somebody else has closed it.
    """
    actor.named_user  # noqa: B018  (a person, not a job: people decide)
    complaint = for_handling(actor, complaint)
    if result not in rules.RESULTS:
        raise DomainError("bad_result", "请选择处理结果。", field="result")
    words = text_of(reply, "reply", "请写明告知投诉人的结果和依据。", least=rules.LEAST_TEXT)
    place = rules.clean_text(where_to)[:120]
    if result == "elsewhere" and not place:
        raise DomainError("no_place", "不属本局职责的，请写明应向哪里反映。", field="where_to")
    moved(complaint, rules.CLOSE)
    complaint.result, complaint.where_to, complaint.closed_at = result, place, clock.now()
    complaint.first_closed_at = complaint.first_closed_at or complaint.closed_at
    complaint.save()
    _withdraw_pause(actor, complaint, "办结")
    title = f"办结：{complaint.get_result_display()}"
    for each in _stopping(complaint, rules.RESPONSE, rules.FEEDBACK):
        _message(actor, each, Message.OUTWARD, words)
        step(actor, each, title, complaint.where_to, outward=True)
    record(actor, "complaints.closed", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"result": result})
    return complaint


@transaction.atomic
def merge_complaints(actor: Actor, complaint: Complaint, *, into: Complaint, reason: str) -> Complaint:
    """Two open complaints about one matter become one: the one received first goes on. Each keeps its own clocks and its own code.

    Who is complained of in the later one is so in the first from now on. Raises Conflict while such a person's unit handles the first.
    """
    if complaint.pk == into.pk:
        raise DomainError("same", "不能并入自身，请填写另一件投诉的编号。", field="into")
    for each in sorted((complaint, into), key=lambda each: each.pk):
        locked(each)
    first, later = sorted((for_handling(actor, each, "complaints.triage") for each in (complaint, into)), key=_receipt)
    words = text_of(reason, "reason", "请写明并案理由。")
    if any(first.unit_id in units_of(each) for each in later.accused.standing().select_related("person")):
        raise Conflict("handled_there", f"{first.number} 正由被投诉人所在单位办理，请先改分给其他单位，再并案。")
    moved(later, rules.MERGE)
    later.merged_into = first
    later.save()
    later.merged.update(merged_into=first)
    take_over(later, first)
    _withdraw_pause(actor, later, "并案")
    step(actor, later, f"并入 {first.number} 一并办理", words)
    step(actor, first, f"{later.number} 并入本件", words)
    record(actor, "complaints.merged", f"complaint:{later.pk}", unit_id=later.unit_id, details={"into": first.pk, "reason": words})
    return first


def _receipt(complaint: Complaint) -> tuple[dt.datetime, int]:
    return complaint.received_at, complaint.pk


@transaction.atomic
def link_repeat(actor: Actor, complaint: Complaint, *, earlier: Complaint) -> Complaint:
    """The same matter was complained of before and closed: linked and counted, handled anew."""
    complaint = for_acting(actor, complaint, "complaints.triage")
    earlier = Complaint.objects.get(pk=earlier.pk)
    refuse_conflict(actor, earlier)
    if _receipt(earlier) >= _receipt(complaint):
        raise DomainError("not_earlier", "请填写更早的一件投诉。", field="earlier")
    complaint.repeat_of = earlier.repeat_of or earlier
    complaint.save()
    step(actor, complaint, f"重复投诉，前一件 {complaint.repeat_of.number}")
    record(actor, "complaints.linked", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"earlier": complaint.repeat_of.pk})
    return complaint


@transaction.atomic
def route_out(actor: Actor, complaint: Complaint, *, where_to: str, reason: str) -> Complaint:
    """An allegation of corruption goes to the discipline organ and leaves the ordinary queue; from now on few may see it.

    What was merged into it says the same and goes with it.
    """
    actor.named_user  # noqa: B018  (a person, not a job: people decide)
    complaint = for_handling(actor, complaint, "complaints.triage")
    place = rules.clean_text(where_to)[:120]
    if not place:
        raise DomainError("no_place", "请写明移送单位。", field="where_to")
    words = text_of(reason, "reason", "请写明移送理由。")
    moved(complaint, rules.ROUTE)
    complaint.where_to = place
    _withdraw_pause(actor, complaint, "移送")
    for each in _stopping(complaint, rules.RESPONSE, rules.FEEDBACK):
        each.is_restricted = True
        each.save()
        _message(actor, each, Message.OUTWARD, "您反映的问题已按规定移送有权处理的机关，后续由该机关办理。")
        step(actor, each, "移送", words)
        step(actor, each, "已移送有权机关", outward=True)
    record(actor, "complaints.routed", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"to": complaint.where_to})
    return complaint


# --- pauses: told beside the verdict, never taken off it ---


@transaction.atomic
def ask_pause(actor: Actor, complaint: Complaint, *, reason: str) -> Pause:
    """Ask to wait for something outside the bureau. The clocks go on."""
    complaint = for_handling(actor, complaint)
    words = text_of(reason, "reason", "请写明暂停理由，例如等待检测结果。")[:200]
    if complaint.pauses.undecided().exists():
        raise Conflict("asked", "已有一份暂停申请等待审批。")
    if selectors.is_paused(complaint):
        raise Conflict("paused", "这件投诉正在暂停，到期或恢复后才能再申请。")
    made = Pause.objects.create(
        complaint=complaint, reason=words, asked_by=actor.named_user, asked_label=actor.label, asked_at=clock.now()
    )  # fmt: skip
    step(actor, complaint, "申请暂停", words)
    record(actor, "complaints.pause_asked", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"reason": words})
    return made


@transaction.atomic
def decide_pause(actor: Actor, pause: Pause, *, granted: bool, note: str = "") -> Pause:
    """Another than the asker decides; from then until resumed, at most as long as the rule's cap."""
    complaint = for_handling(actor, pause.complaint, "complaints.approve")
    pause = Pause.objects.select_for_update().get(pk=pause.pk)
    if pause.granted is not None:
        raise Conflict("decided", "这份申请已经审批。")
    if pause.withdrawn_at is not None:
        raise Conflict("withdrawn", "这份申请已经撤回；确需暂停的，请重新申请。")
    if pause.asked_by == actor.named_user:
        raise NotAllowed("own", "不能审批自己提出的暂停申请。")
    words = rules.clean_text(note)[:200]
    if not granted and not words:
        raise DomainError("no_note", "不同意的请写明理由。", field="note")
    pause.granted, pause.note = granted, words
    pause.decided_by, pause.decided_label, pause.decided_at = actor.named_user, actor.label, clock.now()
    pause.save()
    days = policy_on(clock.today())["pause_days"]
    step(actor, complaint, f"同意暂停，至多 {days} 天" if granted else "不同意暂停", pause.note)
    record(actor, "complaints.pause_decided", f"complaint:{complaint.pk}", unit_id=complaint.unit_id, details={"granted": granted})
    return pause


def _withdraw_pause(actor: Actor, complaint: Complaint, because: str) -> None:
    """A request nobody decided on has nothing to wait for once the complaint is out of hand; its story says so."""
    for pause in complaint.pauses.undecided().select_for_update():
        pause.withdrawn_at = clock.now()
        pause.save(update_fields=["withdrawn_at"])
        step(actor, complaint, f"暂停申请随{because}撤回", f"{pause.asked_label}：{pause.reason}")


@transaction.atomic
def resume(actor: Actor, complaint: Complaint) -> Complaint:
    """What was waited for is here. Raises Conflict when nothing is paused."""
    complaint = for_handling(actor, complaint)
    changed = complaint.pauses.filter(granted=True, resumed_at=None).update(resumed_at=clock.now(), resumed_label=actor.label)
    if not changed:
        raise Conflict("not_paused", "这件投诉没有暂停。")
    step(actor, complaint, "恢复办理")
    record(actor, "complaints.resumed", f"complaint:{complaint.pk}", unit_id=complaint.unit_id)
    return complaint
