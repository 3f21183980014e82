"""What can be done about a complaint: each door with its form and command, in the order of a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chengxin.complaints import forms, rules, selectors
from chengxin.complaints.models import Complaint
from chengxin.complaints.services import accused, handling, intake, vault
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.evidence import selectors as evidence
from chengxin.people import selectors as people
from chengxin.ui.forms import Form


@dataclass(frozen=True)
class Door:
    """Something to do with a complaint: who may, when it makes sense, its form and command."""

    title: str
    capability: str
    makes_sense: Callable[[Actor, Complaint], bool]
    form: Callable[[Any, Actor, Complaint], Form]
    act: Callable[[Actor, Complaint, dict[str, Any]], Any]
    done: str


def _is_open(_: Actor, complaint: Complaint) -> bool:
    return complaint.is_open


def _assign_form(data: Any, actor: Actor, complaint: Complaint) -> Form:
    initial = {"unit": complaint.unit_id, "category": complaint.category, "summary": complaint.summary}
    return forms.AssignForm(data, units=people.unit_choices(actor), categories=intake.policy()["categories"], initial=initial)


def _assign(actor: Actor, complaint: Complaint, given: dict[str, Any]) -> Any:
    unit = people.unit_for(actor, int(given.pop("unit")), "complaints.triage")
    typed = given.pop("handler").strip()
    try:
        handler = people.person_by_text(actor, typed) if typed else None
    except DomainError as error:
        raise DomainError(error.code, error.message, field="handler") from error
    return handling.assign_complaint(actor, complaint, unit=unit, handler=handler, **given)


def _other(actor: Actor, text: str) -> Complaint:
    try:
        return selectors.complaint_by_number(actor, text)
    except NotFound as error:
        raise DomainError(error.code, error.message, field="number") from error


def _keep_footage(actor: Actor, complaint: Complaint, given: dict[str, Any]) -> Any:
    digits = given["number"].strip().removeprefix("影")
    if not digits.isdecimal() or len(digits) > 12:
        raise DomainError("bad_number", "影像编号应形如 影0000012。", field="number")
    try:
        recording = evidence.recording_for(actor, int(digits))
    except NotFound as error:
        raise DomainError(error.code, error.message, field="number") from error
    return accused.keep_footage(actor, complaint, recording=recording, reason=given["reason"])


DOORS: dict[str, Door] = {
    "respond": Door(
        "答复投诉人", "complaints.handle", _is_open, lambda data, *_: forms.TextForm(data),
        lambda actor, complaint, given: handling.respond(actor, complaint, **given), "已答复，投诉人凭回执码可以看到。",
    ),
    "assign": Door("分办", "complaints.triage", _is_open, _assign_form, _assign, "已分办；时限不变。"),
    "attempt": Door(
        "联系投诉人", "complaints.handle", _is_open, lambda data, *_: forms.AttemptForm(data),
        lambda actor, complaint, given: handling.record_attempt(actor, complaint, **given), "已记录。",
    ),
    "close": Door(
        "办结并告知结果", "complaints.handle", _is_open, lambda data, *_: forms.CloseForm(data),
        lambda actor, complaint, given: handling.close_complaint(actor, complaint, **given), "已办结，结果已告知。",
    ),
    "note": Door(
        "内部意见", "complaints.handle", lambda *_: True, lambda data, *_: forms.TextForm(data),
        lambda actor, complaint, given: handling.add_note(actor, complaint, **given), "已记录。",
    ),
    "accused": Door(
        "认定被投诉人", "complaints.handle", lambda _, complaint: complaint.state not in {rules.MERGED, rules.ROUTED},
        lambda data, *_: forms.PersonForm(data),
        lambda actor, complaint, given: accused.name_accused(actor, complaint, person=people.person_by_text(actor, given["person"])),
        "已认定，该单位人员须回避。",
    ),
    "footage": Door(
        "保全影像", "complaints.handle", lambda *_: True, lambda data, *_: forms.FootageForm(data), _keep_footage, "已保全。",
    ),
    "merge": Door(
        "并案", "complaints.triage", _is_open, lambda data, *_: forms.NumberForm(data),
        lambda actor, complaint, given: handling.merge_complaints(
            actor, complaint, into=_other(actor, given["number"]), reason=given["reason"]
        ),
        "已并案，先收到的一件继续办理。",
    ),
    "repeat": Door(
        "关联重复投诉", "complaints.triage", lambda _, complaint: complaint.repeat_of_id is None,
        lambda data, *_: forms.RepeatForm(data),
        lambda actor, complaint, given: handling.link_repeat(actor, complaint, earlier=_other(actor, given["number"])), "已关联。",
    ),
    "route": Door(
        "移送纪检", "complaints.triage", _is_open, lambda data, *_: forms.RouteForm(data, initial={"where_to": "纪检监察机关"}),
        lambda actor, complaint, given: handling.route_out(actor, complaint, **given), "已移送，此后只有局领导可见。",
    ),
    "pause": Door(
        "申请暂停", "complaints.handle",
        lambda _, complaint: complaint.is_open and selectors.open_pause(complaint) is None and not selectors.is_paused(complaint),
        lambda data, *_: forms.ReasonForm(data), lambda actor, complaint, given: handling.ask_pause(actor, complaint, **given),
        "已申请，等待另一人审批；时限照常计算。",
    ),
    "resume": Door(
        "恢复办理", "complaints.handle", lambda _, complaint: complaint.is_open and selectors.is_paused(complaint),
        lambda data, *_: Form(data), lambda actor, complaint, _: handling.resume(actor, complaint), "已恢复。",
    ),
    "reveal": Door(
        "申请查看投诉人", "complaints.handle",
        lambda actor, complaint: not complaint.is_anonymous and selectors.running_reveal(actor, complaint) is None,
        lambda data, *_: forms.ReasonForm(data), lambda actor, complaint, given: vault.ask_reveal(actor, complaint, **given),
        "已申请，等待另一人同意。",
    ),
}  # fmt: skip
