"""The desk: the list with both clocks, one complaint with everything that can be done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.complaints import forms, rules, selectors
from chengxin.complaints.models import Complaint, Sight
from chengxin.complaints.selectors import figures as figure_questions
from chengxin.complaints.services import accused, handling, intake, vault
from chengxin.complaints.views.steps import DOORS
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.files.answers import file_response
from chengxin.files.forms import collect_photos
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.repeated import Recipe
from chengxin.ui.tables import Column, Filter, ListPage
from chengxin.ui.together import gather

COLUMNS = (
    Column("pk", "编号", "pk"),
    Column("received_at", "首次收到", "received_at"),
    Column("channel", "来源"),
    Column("category", "类别"),
    Column("unit_name", "承办单位", "unit__sequence"),
    Column("state", "状态"),
    Column("response_due", "响应"),
    Column("feedback_due", "反馈"),
    Column("reopened", "重办", "reopened"),
)


@page("complaints.read")
def complaints(request: ActorRequest) -> HttpResponse:
    """投诉办理: both clocks of each, nothing of who complained."""
    sight = Sight.of(request.actor)
    source: Any = Recipe(selectors.work_list, (sight,))
    if request.GET.get("late") == "True":  # what is late depends on the moment, and a recipe may not
        source = selectors.work_list(sight).filter(pk__in=selectors.overdue())
    listing = ListPage(
        request, source, COLUMNS,
        (
            Filter("late", "时限", "", (("True", "已逾期"),)),
            Filter("state", "状态", "state", list(rules.STATES.items())),
            Filter("channel", "来源", "channel", list(rules.CHANNELS.items())),
            Filter("category", "类别", "category", [(each, each) for each in intake.policy()["categories"]]),
            Filter("unit", "承办单位", "unit_id", people.unit_choices(request.actor)),
            Filter("result", "结果", "result", list(rules.RESULTS.items())),
            Filter("from", "从", "received_at__date__gte", kind="date"),
            Filter("until", "到", "received_at__date__lte", kind="date"),
        ),
        default_sort="-received_at",
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.STATES, "channels": rules.CHANNELS, "results": rules.RESULTS, "now": clock.now(),
        "verdict": rules.verdict, "verdicts": rules.VERDICTS,
    }  # fmt: skip
    return listing.export() or render(request, "complaints/list.html", context)


@page("complaints.register", methods=("GET", "HEAD", "POST"))
def register(request: ActorRequest) -> HttpResponse:
    """登记来电、来信、来访."""
    form = forms.RegisterForm(request.POST or None, initial={"received_at": clock.now(), "channel": "hotline"})
    key, photos = request.POST.get("form_key") or uuid4().hex, []
    receipts: list[intake.Receipt] = []
    if request.method == "POST":
        try:
            photos = collect_photos(request.actor, request)
        except DomainError as error:
            form.add_domain_error(error)

    def command(given: dict[str, Any]) -> None:
        said = intake.Said(given["text"], given["place"], given["happened_on"], form.contact)
        receipts.append(
            intake.register_complaint(
                request.actor, said, form_key=_key(key), channel=given["channel"], received_at=given["received_at"],
                photos=[each.pk for each in photos],
            )
        )  # fmt: skip

    if form.carry_out(command):
        made = receipts[0]
        return render(request, "complaints/registered.html", {"complaint": made.complaint, "code": made.code})
    context = {"form": form, "form_key": key, "photos": photos}
    return render(request, "complaints/register.html", context, status=422 if form.errors else 200)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise DomainError("old_form", "页面已过期，请刷新后重新填写。") from error


# --- one complaint ---


@page("complaints.read")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    return _detail(request, selectors.complaint_for(request.actor, pk))


def _detail(request: ActorRequest, complaint: Complaint, opened: str = "", bound: Form | None = None) -> HttpResponse:
    actor = request.actor
    gather(complaint, "pauses", "reveals", "clocks", "messages", "answers", "attempts", "merged")
    doors = [
        {"name": name, "title": door.title, "form": bound if name == opened and bound else door.form(None, actor, complaint)}
        for name, door in DOORS.items()
        if actor.may(door.capability, complaint.unit_id) and door.makes_sense(actor, complaint)
    ]
    context = {
        "complaint": complaint, "doors": doors, "opened": opened, "bound": bound, "clocks": selectors.clocks_of(complaint),
        "outward": selectors.outward(complaint), "inward": selectors.inward(complaint), "steps": complaint.steps.order_by("-pk"),
        "photos": selectors.photos_of(complaint), "accused": selectors.accused_of(complaint),
        "similar": selectors.similar(actor, complaint), "pauses": complaint.pauses.all(),
        "paused_hours": selectors.paused_hours(complaint), "is_paused": selectors.is_paused(complaint),
        "reveals": selectors.pending_reveals(complaint), "revealed": selectors.running_reveal(actor, complaint),
        "validities": selectors.pending_validity(complaint), "answers": complaint.answers.all(),
        "attempts": complaint.attempts.all(), "merged": complaint.merged.all(), "results": rules.RESULTS,
        "pending_pause": selectors.open_pause(complaint), "suggestions": people.person_suggestions(actor),
        "tell_form": forms.TellForm(), "withdraw_form": forms.WithdrawForm(),
        "validity_form": forms.ValidityForm(), "decision_form": forms.DecisionForm(),
        "validity_decision_form": forms.ValidityDecisionForm(), "verdicts": rules.VERDICTS, "validity_words": rules.VALIDITIES,
    }  # fmt: skip
    return render(request, "complaints/detail.html", context, status=422 if bound is not None else 200)


@page("complaints.read", methods=("POST",))
def act(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Carry out one of the doors; a refusal opens the complaint's page there with what was typed."""
    complaint, door = selectors.complaint_for(request.actor, pk), DOORS.get(name)
    if door is None:
        raise NotFound("no_step", "没有这个操作。")
    form = door.form(request.POST, request.actor, complaint)
    if form.carry_out(lambda given: door.act(request.actor, complaint, given)):
        messages.success(request, door.done)
        return _after(request.actor, complaint)
    return _detail(request, complaint, name, form)


def _after(actor: Actor, complaint: Complaint) -> HttpResponse:
    """Back to the complaint, or to the list when the step took it out of the actor's sight."""
    if selectors.complaints_visible_to(actor).filter(pk=complaint.pk).exists():
        return see_other(reverse("complaints:detail", args=[complaint.pk]))
    return see_other(reverse("complaints:list"))


def _carry_out(
    request: ActorRequest, complaint: Complaint, name: str, form: Form, command: Callable[[dict[str, Any]], Any], done: str
) -> HttpResponse:
    if form.carry_out(command):
        messages.success(request, done)
        return _after(request.actor, complaint)
    return _detail(request, complaint, name, form)


@page("complaints.approve", methods=("POST",))
def decide_pause(request: ActorRequest, pk: int) -> HttpResponse:
    complaint, form = selectors.complaint_for(request.actor, pk), forms.DecisionForm(request.POST)
    pause = selectors.open_pause(complaint)
    if pause is None:
        raise NotFound("no_pause", "没有等待审批的暂停申请。")
    return _carry_out(
        request, complaint, "decide-pause", form,
        lambda given: handling.decide_pause(request.actor, pause, granted=given["granted"] == "yes", note=given["note"]), "已审批。",
    )  # fmt: skip


@page("complaints.approve", methods=("POST",))
def decide_reveal(request: ActorRequest, pk: int, reveal: int) -> HttpResponse:
    complaint, form = selectors.complaint_for(request.actor, pk), forms.DecisionForm(request.POST)
    asked = selectors.reveal_for(complaint, reveal)
    return _carry_out(
        request, complaint, f"reveal-{reveal}", form,
        lambda given: vault.decide_reveal(request.actor, asked, granted=given["granted"] == "yes", note=given["note"]), "已决定。",
    )  # fmt: skip


@page("complaints.handle", methods=("POST",))
def contact(request: ActorRequest, pk: int) -> HttpResponse:
    """Who complained: on this page and no other, each look kept, by post so that no history or cache repeats it."""
    complaint = selectors.complaint_for(request.actor, pk)
    found = vault.read_contact(request.actor, complaint)
    response = render(request, "complaints/contact.html", {"complaint": complaint, "contact": found})
    response["Cache-Control"] = "no-store"
    return response


@page("complaints.handle", methods=("POST",))
def tell(request: ActorRequest, pk: int, person: int) -> HttpResponse:
    complaint, form = selectors.complaint_for(request.actor, pk), forms.TellForm(request.POST)
    told = selectors.accused_for(complaint, person)
    return _carry_out(
        request, complaint, f"tell-{person}", form, lambda given: accused.tell_accused(request.actor, told, **given), "已告知被投诉人。"
    )


@page("complaints.handle", methods=("POST",))
def withdraw(request: ActorRequest, pk: int, person: int) -> HttpResponse:
    complaint, form = selectors.complaint_for(request.actor, pk), forms.WithdrawForm(request.POST)
    named = selectors.accused_for(complaint, person)
    return _carry_out(
        request, complaint, f"withdraw-{person}", form, lambda given: accused.withdraw_accused(request.actor, named, **given),
        "已撤销；本人和所在单位不再因此回避。",
    )  # fmt: skip


@page("complaints.handle", methods=("POST",))
def propose(request: ActorRequest, pk: int, person: int) -> HttpResponse:
    complaint, form = selectors.complaint_for(request.actor, pk), forms.ValidityForm(request.POST)
    about = selectors.accused_for(complaint, person)
    return _carry_out(
        request, complaint, f"propose-{person}", form, lambda given: accused.propose_validity(request.actor, about, **given),
        "已提出，等待另一人决定。",
    )  # fmt: skip


@page("complaints.decide", methods=("POST",))
def decide_validity(request: ActorRequest, pk: int, validity: int) -> HttpResponse:
    complaint, form = selectors.complaint_for(request.actor, pk), forms.ValidityDecisionForm(request.POST)
    proposed = selectors.validity_for(complaint, validity)
    return _carry_out(
        request, complaint, f"validity-{validity}", form,
        lambda given: accused.decide_validity(
            request.actor, proposed, agreed=given["granted"] == "yes", note=given["note"], act=given["act"]
        ),
        "已决定。",
    )  # fmt: skip


@page("complaints.read")
def photo(request: ActorRequest, pk: int, file: UUID) -> HttpResponse:
    return file_response(request, selectors.photo_of(selectors.complaint_for(request.actor, pk), file))


# --- the accused, and the figures ---


@page("complaints.answer_own", methods=("GET", "HEAD", "POST"))
def own(request: ActorRequest) -> HttpResponse:
    """对我的投诉: the paraphrase and one's own account; nothing of who complained."""
    form, opened = forms.TextForm(request.POST or None), 0
    if request.method == "POST":
        about = selectors.own_accusation(request.actor, _number(request.POST.get("accused", "")))
        opened = about.pk
        if form.carry_out(lambda given: accused.reply_as_accused(request.actor, about, **given)):
            messages.success(request, "已提交说明。")
            return see_other(reverse("complaints:own"))
    context = {"rows": selectors.own_accusations(request.actor), "form": form, "opened": opened, "empty_form": forms.TextForm()}
    return render(request, "complaints/own.html", context, status=422 if form.errors else 200)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 15 else 0


@page("complaints.figures")
def figures(request: ActorRequest) -> HttpResponse:
    """投诉统计: terms, hours against the limits, pauses, what came back – of the units the reader answers for."""
    until = _day(request.GET.get("until"), clock.today())
    since = _day(request.GET.get("from"), until - dt.timedelta(days=364))
    units = request.actor.units_for("complaints.figures")
    found = figure_questions.service(units, min(since, until), until)
    return render(request, "complaints/figures.html", {"service": found, "is_whole": units is None})


def _day(text: str | None, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return default
