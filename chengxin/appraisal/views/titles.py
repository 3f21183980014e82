"""示范中队 / 示范岗: who holds a title, how it came, and the steps to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.appraisal import forms
from chengxin.appraisal.models import ExemplaryTitle
from chengxin.appraisal.rules import titles as rules
from chengxin.appraisal.selectors import titles as questions
from chengxin.appraisal.selectors import units
from chengxin.appraisal.services import titles as commands
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.files.answers import file_response
from chengxin.files.forms import collect_photos
from chengxin.people import selectors as people
from chengxin.people.models import UnitKind
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {"有效": "ok", "公示中": "info", "已申报": "info", "已到期": "muted", "已撤销": "bad", "未授予": "muted"}
COLUMNS = (
    Column("pk", "编号", "pk"),
    Column("kind", "称号", "kind"),
    Column("unit__name", "单位", "unit__sequence"),
    Column("post_name", "岗位"),
    Column("state", "状态", "state"),
    Column("starts_on", "有效期起", "starts_on"),
    Column("ends_on", "有效期止", "ends_on"),
    Column("document_number", "文号"),
)


@page("signed_in")
def titles(request: ActorRequest) -> HttpResponse:
    """示范中队与示范岗: those in force first, then the whole list."""
    listing = ListPage(
        request,
        questions.titles_visible_to(request.actor).values(
            "pk", "kind", "unit__name", "post_name", "state", "starts_on", "ends_on", "revoked_on", "document_number", "nominated_at"
        ),
        COLUMNS,
        (
            Filter("kind", "称号", "kind", list(rules.KINDS.items())),
            Filter("state", "状态", "state", list(rules.STATES.items())),
            Filter("on", "在此日有效", "", kind="date"),
        ),
    )
    context = {
        "listing": listing, "in_force": questions.titles_on(clock.today()), "kinds": rules.KINDS, "states": rules.STATES,
        "may_nominate": request.actor.may("appraisal.nominate_title"), "holds": rules.is_in_force, "tones": TONES,
    }  # fmt: skip
    return listing.export() or render(request, "appraisal/titles.html", context)


def _units_of(request: ActorRequest) -> list[tuple[str, str]]:
    kinds = (UnitKind.SQUADRON, UnitKind.POST)
    return [
        (str(each.pk), each.name)
        for each in people.all_units()
        if each.kind in kinds and request.actor.may("appraisal.nominate_title", each.pk)
    ]


@page("appraisal.nominate_title", methods=("GET", "HEAD", "POST"))
def nominate(request: ActorRequest) -> HttpResponse:
    """申报示范称号, with evidence; files once accepted stay with the form when it is refused."""
    actor, kept = request.actor, []
    form = forms.TitleForm(request.POST or None, units=_units_of(request))
    if request.method == "POST":
        try:
            kept = collect_photos(actor, request, documents=True)
        except DomainError as error:
            form.add_domain_error(error)
    made: list[ExemplaryTitle] = []

    def command(given: dict[str, Any]) -> None:
        unit = people.unit_for(actor, int(given.pop("unit")), "appraisal.nominate_title")
        made.append(commands.nominate_title(actor, unit=unit, evidence=[each.pk for each in kept], **given))

    if form.carry_out(command):
        messages.success(request, "已申报。")
        return see_other(reverse("appraisal:title", args=[made[0].pk]))
    return render(request, "appraisal/nominate_title.html", {"form": form, "kept": kept}, status=422 if form.errors else 200)


@page("signed_in")
def title(request: ActorRequest, pk: int) -> HttpResponse:
    return _title_page(request, questions.title_for(request.actor, pk))


def _title_page(request: ActorRequest, found: ExemplaryTitle, opened: str = "", bound: Form | None = None) -> HttpResponse:
    actor = request.actor
    works = questions.works_on_titles(actor)
    doors = [
        {"name": name, "title": rules.ACTIONS[name], "form": bound if name == opened and bound is not None else form()}
        for name, (capability, form) in _STEPS.items()
        if ((found.state, name) in rules.AFTER and actor.may(capability)) or name == opened
    ]
    is_asked = works and found.state in (rules.NOMINATED, rules.PUBLICITY)
    now = [asdict(each) for each in units.criteria_of(found.unit)[0]] if is_asked else []
    label = questions.label_of(found)
    context = {
        "title": found, "label": label, "tone": TONES.get(label, "muted"), "doors": doors, "opened": opened, "works": works,
        "criteria": found.criteria, "now": now if now != found.criteria else [],
        "evidence": _evidence(found) if actor.may("appraisal.read") else [],
    }  # fmt: skip
    return render(request, "appraisal/title.html", context, status=422 if bound is not None else 200)


def _evidence(found: ExemplaryTitle) -> list[tuple[str, str, bool]]:
    return [
        (reverse("appraisal:evidence", args=[found.pk, each.pk]), each.original_name, each.is_image)
        for each in questions.evidence_of(found)
    ]


_STEPS: dict[str, tuple[str, type[Form]]] = {
    rules.PUBLISH: ("appraisal.run", Form), rules.GRANT: ("appraisal.grant_title", forms.IssueForm),
    rules.DECLINE: ("appraisal.grant_title", forms.ReasonForm), rules.REVOKE: ("appraisal.grant_title", forms.ReasonForm),
}  # fmt: skip


def _step(request: ActorRequest, pk: int, name: str, command: Callable[..., Any]) -> HttpResponse:
    found, form = questions.title_for(request.actor, pk), _STEPS[name][1](request.POST)
    if form.carry_out(lambda given: command(request.actor, found, **given)):
        messages.success(request, f"已{rules.ACTIONS[name]}。")
        return see_other(reverse("appraisal:title", args=[pk]))
    return _title_page(request, questions.title_for(request.actor, pk), name, form)


@page("appraisal.run", methods=("POST",))
def publish(request: ActorRequest, pk: int) -> HttpResponse:
    return _step(request, pk, rules.PUBLISH, commands.publish_title)


@page("appraisal.grant_title", methods=("POST",))
def grant(request: ActorRequest, pk: int) -> HttpResponse:
    return _step(request, pk, rules.GRANT, commands.grant_title)


@page("appraisal.grant_title", methods=("POST",))
def decline(request: ActorRequest, pk: int) -> HttpResponse:
    return _step(request, pk, rules.DECLINE, commands.decline_title)


@page("appraisal.grant_title", methods=("POST",))
def revoke(request: ActorRequest, pk: int) -> HttpResponse:
    return _step(request, pk, rules.REVOKE, commands.revoke_title)


@page("appraisal.read")
def evidence(request: ActorRequest, pk: int, file: UUID) -> HttpResponse:
    """One file of a nomination."""
    return file_response(request, questions.evidence_for(questions.title_for(request.actor, pk), file))
