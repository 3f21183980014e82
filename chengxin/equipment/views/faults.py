"""Faults, losses, repair, acceptance, liability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.equipment import forms, selectors
from chengxin.equipment.models import Fault
from chengxin.equipment.services import faults as commands
from chengxin.files import selectors as files
from chengxin.files.answers import file_response
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {"reported": "bad", "in_repair": "warn", "repaired": "info", "closed": "ok", "condemned": "muted"}


@page("equipment.read")
def faults(request: ActorRequest) -> HttpResponse:
    """故障与维修 within the reader's scope."""
    query = selectors.faults_visible_to(request.actor)
    if request.GET.get("undecided") == "yes":
        query = query.filter(liability=None, custody__isnull=False)
    listing = ListPage(
        request,
        query.annotate(number=F("item__asset_number"), unit_name=F("unit__name")).values(
            "pk", "number", "unit_name", "description", "is_loss", "reported_label", "reported_at", "state", "cost"
        ),
        (
            Column("pk", "单号", "pk"), Column("number", "装备", "item__asset_number"), Column("unit_name", "单位"),
            Column("description", "情况"), Column("reported_at", "报告时间", "reported_at"), Column("reported_label", "报告人"),
            Column("state", "状态", "state"), Column("cost", "维修费", "cost"),
        ),
        (
            Filter("state", "状态", "state", Fault.STATES), Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("undecided", "责任", "", [("yes", "待认定")]),
        ),
    )  # fmt: skip
    return listing.export() or render(request, "equipment/faults.html", {"listing": listing, "states": dict(Fault.STATES), "tones": TONES})


@dataclass(frozen=True)
class Step:
    """A step of a fault: its form, what it is called, and the command."""

    title: str
    form: type[Form]
    capability: str
    when: Callable[[Fault], bool]
    call: Callable[[Actor, Fault, dict[str, Any]], Any]


def _yes(given: dict[str, Any], name: str) -> bool:
    return bool(given.pop(name) == "yes")


def _liability(actor: Actor, fault: Fault, given: dict[str, Any]) -> Any:
    person = people.person_by_text(actor, given["person"]) if given["person"] else None
    return commands.decide_liability(actor, fault, outcome=given["outcome"], reasons=given["reasons"], person=person)


STEPS = {
    "send": Step(
        "送修", forms.RepairForm, "equipment.repair", lambda f: f.state == Fault.REPORTED and not f.is_loss,
        lambda a, f, g: commands.send_to_repair(a, f, **g),
    ),
    "outcome": Step(
        "记录维修结果", forms.OutcomeForm, "equipment.repair", lambda f: f.state in {Fault.REPORTED, Fault.IN_REPAIR} and not f.is_loss,
        lambda a, f, g: commands.record_outcome(a, f, repaired=_yes(g, "repaired"), **g),
    ),
    "found": Step(
        "登记找回", forms.FoundForm, "equipment.repair", lambda f: f.state == Fault.REPORTED and f.is_loss,
        lambda a, f, g: commands.report_found(a, f, **g),
    ),
    "accept": Step(
        "验收", forms.AcceptanceForm, "equipment.repair", lambda f: f.state == Fault.REPAIRED,
        lambda a, f, g: commands.accept_repair(a, f, passed=_yes(g, "passed"), **g),
    ),
    "liability": Step(
        "认定责任", forms.LiabilityForm, "equipment.decide_liability", lambda f: not hasattr(f, "liability"), _liability,
    ),
}  # fmt: skip


@page("equipment.read_own")
def fault(request: ActorRequest, pk: int) -> HttpResponse:
    return _show(request, selectors.fault_for(request.actor, pk))


def _show(request: ActorRequest, found: Fault, *, posted: tuple[str, Form] | None = None) -> HttpResponse:
    offered = [(name, step) for name, step in STEPS.items() if request.actor.may(step.capability, found.unit_id) and step.when(found)]
    steps = [(name, step.title, posted[1] if posted and posted[0] == name else step.form()) for name, step in offered]
    photos = files.files_of(f"fault:{found.pk}")
    context = {
        "fault": found, "steps": steps, "tones": TONES, "posted": posted[0] if posted else "",
        "photos": [(reverse("equipment:fault_photo", args=[found.pk, number]), f"照片 {number}", file.is_image)
                   for number, file in enumerate(photos, start=1)],
        "kind": selectors.kinds()[found.item.kind]["title"], "liability": getattr(found, "liability", None),
    }  # fmt: skip
    return render(request, "equipment/fault.html", context, status=422 if posted else 200)


@page("equipment.read_own", methods=("POST",))
def fault_step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """One step; a refusal shows the sheet again with what was typed. The command asks for the permission."""
    found, step = selectors.fault_for(request.actor, pk), STEPS.get(name)
    if step is None:
        raise NotFound("no_step", "没有这个步骤。")
    form = step.form(request.POST)
    if form.carry_out(lambda given: step.call(request.actor, found, given)):
        messages.success(request, f"已{step.title}。")
        return see_other(reverse("equipment:fault", args=[pk]))
    return _show(request, found, posted=(name, form))


@page("equipment.read_own")
def fault_photo(request: ActorRequest, pk: int, number: int) -> HttpResponse:
    photos = files.files_of(f"fault:{selectors.fault_for(request.actor, pk).pk}")
    if not 1 <= number <= len(photos):
        raise NotFound("no_photo", "没有这张照片。")
    return file_response(request, photos[number - 1])
