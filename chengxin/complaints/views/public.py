"""The public's doors: complain without an account, follow by receipt code, see how the bureau serves (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from chengxin.complaints import forms, rules, selectors
from chengxin.complaints.models import Complaint
from chengxin.complaints.selectors import figures
from chengxin.complaints.services import following, intake, keys
from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.files.forms import collect_photos
from chengxin.ui.address import address_of
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.sendings import TRAP, Sendings

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile

FOLLOW_MINUTES = 30
SERVICE_DAYS = 365
SENDINGS = Sendings("complaint")


def form_token() -> str:
    """A fresh form's key."""
    return SENDINGS.token()


@page("public", methods=("GET", "HEAD", "POST"))
def complain(request: ActorRequest) -> HttpResponse:
    """我要投诉: the form, and its receipt."""
    if request.method == "POST":
        return _send(request)
    return _form(request, forms.ComplaintForm(), form_token())


def _form(request: ActorRequest, form: Form, token: str, photos: list[StoredFile] | None = None) -> HttpResponse:
    context = {"form": form, "token": token, "photos": photos or [], "trap": TRAP, "most": intake.policy()["most_photos"]}
    return render(request, "complaints/complain.html", context, status=422 if form.errors else 200)


def _send(request: ActorRequest) -> HttpResponse:
    form, token, photos = forms.ComplaintForm(request.POST), request.POST.get("form", ""), []
    if form.is_valid():
        try:
            key = SENDINGS.key(request)
            photos = collect_photos(intake.PUBLIC, request, is_unnamed=True)
            said = intake.Said(form.cleaned_data["text"], form.cleaned_data["place"], form.cleaned_data["happened_on"], form.contact)
            intake.submit_complaint(said, form_key=key, who=address_of(request), photos=[each.pk for each in photos])
            return see_other(reverse("complaints:receipt", args=[SENDINGS.receipt(key)]))
        except DomainError as error:
            form.add_domain_error(error)
            if error.code == "old_form":
                token = form_token()
    return _form(request, form, token, photos)


@page("public")
def receipt(request: ActorRequest, token: str) -> HttpResponse:
    """The receipt with its code, for half an hour at this address; the code itself is kept nowhere."""
    key = SENDINGS.key_of_receipt(token)
    complaint = Complaint.objects.filter(form_key=key).first()
    if complaint is None:
        raise NotFound("no_receipt", "没有这份回执。")
    context = {"complaint": complaint, "code": keys.code_for(key), "clocks": selectors.clocks_of(complaint)}
    return _private(render(request, "complaints/receipt.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


@page("public", methods=("GET", "HEAD", "POST"))
def follow(request: ActorRequest) -> HttpResponse:
    """查询投诉: the code by post, never in an address."""
    form: Form = forms.CodeForm(request.POST or None)
    found: list[Complaint] = []
    if form.carry_out(lambda given: found.append(following.find_by_code(given["code"], who=address_of(request)))):
        request.session["complaint"] = [found[0].pk, int(clock.now().timestamp())]
        return see_other(reverse("complaints:mine"))
    return _private(render(request, "complaints/follow.html", {"form": form}, status=422 if form.errors else 200))


def _mine(request: HttpRequest) -> Complaint:
    """The complaint whose code was given in this session not long ago. Raises NotFound."""
    pk, since = request.session.get("complaint", (0, 0))
    if clock.now().timestamp() - since > FOLLOW_MINUTES * 60:
        request.session.pop("complaint", None)
        pk = 0
    found = Complaint.objects.select_related("merged_into").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_code", "请先输入回执码。")
    return found


@page("public")
def mine(request: ActorRequest) -> HttpResponse:
    try:
        return _show(request, _mine(request))
    except NotFound:
        return see_other(reverse("complaints:follow"))


def _show(request: ActorRequest, complaint: Complaint, opened: str = "", bound: Form | None = None) -> HttpResponse:
    doors = {"add": forms.FactsForm(), "answer": forms.AnswerForm(), "reopen": forms.ReopenForm()}
    if bound is not None:
        doors[opened] = bound
    matter = following.matter_of(complaint)
    answer = complaint.answers.filter(round=matter.reopened).first()
    context = {
        "complaint": complaint, "doors": doors, "opened": opened, "answer": answer, "messages_out": selectors.outward(complaint),
        "steps": complaint.steps.filter(is_outward=True), "clocks": selectors.clocks_of(complaint),
        "photos": len(selectors.photos_of(complaint)),
        "matter": matter, "is_closed": matter.state == rules.CLOSED, "results": rules.RESULTS, "token": SENDINGS.again(request),
    }  # fmt: skip
    return _private(render(request, "complaints/mine.html", context, status=422 if bound is not None else 200))


def _act(request: ActorRequest, name: str, form: Form, command: Callable[[Complaint, dict[str, Any]], Any], done: str) -> HttpResponse:
    try:
        complaint = _mine(request)
    except NotFound:
        messages.info(request, "停留过久，请重新输入回执码；您的投诉没有变化。")
        return see_other(reverse("complaints:follow"))
    if form.carry_out(lambda given: command(complaint, given)):
        messages.success(request, done)
        return see_other(reverse("complaints:mine"))
    return _show(request, complaint, name, form)


@page("public", methods=("POST",))
def add(request: ActorRequest) -> HttpResponse:
    def command(complaint: Complaint, given: dict[str, Any]) -> None:
        key = SENDINGS.key(request)
        photos = collect_photos(intake.PUBLIC, request, is_unnamed=True)
        following.send_facts(complaint, text=given["text"], form_key=key, who=address_of(request), photos=[each.pk for each in photos])

    return _act(request, "add", forms.FactsForm(request.POST), command, "已补充。")


@page("public", methods=("POST",))
def answer(request: ActorRequest) -> HttpResponse:
    def command(complaint: Complaint, given: dict[str, Any]) -> None:
        solved, satisfied = given["solved"] == "yes", given["satisfied"] == "yes"
        following.answer_questions(complaint, solved=solved, satisfied=satisfied, note=given["note"])

    return _act(request, "answer", forms.AnswerForm(request.POST), command, "谢谢您的评价。")


@page("public", methods=("POST",))
def reopen(request: ActorRequest) -> HttpResponse:
    def command(complaint: Complaint, given: dict[str, Any]) -> None:
        following.reopen_complaint(complaint, reason=given["reason"])

    return _act(request, "reopen", forms.ReopenForm(request.POST), command, "已要求重新办理。")


@page("public")
def public_service(request: ActorRequest) -> HttpResponse:
    """服务公开: how many, in time, how the hours are distributed; no persons, and nothing below the least number."""
    until = clock.today()
    found = figures.service(None, until - dt.timedelta(days=SERVICE_DAYS - 1), until)
    return render(request, "complaints/service.html", {"service": found})
