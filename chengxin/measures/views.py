"""Doors of measures and commendations: lists, one page each, one post per step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.findings import selectors as findings
from chengxin.measures import forms, rules, selectors, services
from chengxin.measures.models import Commendation, Measure
from chengxin.measures.services.life import finding_by_number
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage
from chengxin.ui.together import gather

TONES = {rules.PROPOSED: "info", rules.DECIDED: "warn", rules.DISMISSED: "muted", rules.REVERSED: "muted"}
COMMENDATION_TONES = {rules.PROPOSED: "info", rules.GIVEN: "ok", rules.DECLINED: "muted", rules.REVOKED: "muted"}
CLASSES = (("established", "在编"), ("auxiliary", "协管"), ("other", "其他"))


@page("measures.read_own")
def measures(request: ActorRequest) -> HttpResponse:
    """措施 within the reader's scope."""
    query = selectors.measures_visible_to(request.actor).annotate(person_name=F("person__name"), unit_name=F("unit__name"))
    listing = ListPage(
        request,
        query.values("pk", "year", "kind", "ground", "clause", "text", "person_name", "unit_name", "happened_on", "state"),
        (
            Column("pk", "编号", "pk"), Column("kind", "措施", "kind"), Column("ground", "情形"), Column("text", "事实"),
            Column("person_name", "人员", "person__name_key"), Column("unit_name", "单位"),
            Column("happened_on", "事实日期", "happened_on"), Column("state", "状态", "state"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.STATES.items())),
            Filter("kind", "措施", "kind", tuple(rules.KINDS.items())),
            Filter("ground", "情形", "ground", tuple(rules.GROUNDS.items())),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("class", "类别", "person_class", CLASSES),
            Filter("person", "人员", "person__name", kind="text"),
            Filter("year", "年度", "year", kind="text"),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.STATES, "kinds": rules.KINDS, "grounds": rules.GROUNDS, "tones": TONES,
        "may_propose": request.actor.may("measures.propose"), "is_person": request.actor.person_id is not None,
    }  # fmt: skip
    return listing.export() or render(request, "measures/list.html", context)


@page("measures.read_own")
def own(request: ActorRequest) -> HttpResponse:
    """本人的措施与表扬: each with where it stands and until when it can be objected to."""
    actor = request.actor
    taken, praised = selectors.file_of(actor, actor.person_id or 0)
    context = {
        "measures": taken, "commendations": praised, "tones": TONES, "commendation_tones": COMMENDATION_TONES,
        "standing": selectors.standing_of(taken), "today": clock.today(),
    }  # fmt: skip
    return render(request, "measures/own.html", context)


@page("measures.propose", methods=("GET", "HEAD", "POST"))
def propose(request: ActorRequest) -> HttpResponse:
    """提出措施 by hand, against a finding, a notice of the discipline organ, or a unit."""
    actor = request.actor
    form = forms.ProposeForm(request.POST or None, units=people.unit_choices(actor), initial={"finding": request.GET.get("finding", "")})
    made: list[Measure] = []

    def carry_out(given: dict[str, Any]) -> None:
        finding = finding_by_number(actor, given["finding"]) if given["finding"] else None
        person, unit = _subject(actor, given, "measures.propose") if finding is None else (None, None)
        made.append(
            services.propose_measure(
                actor, kind=given["kind"], ground=given["ground"], text=given["text"], person=person,
                happened_on=given["happened_on"] or clock.today(),
                unit=unit, finding=finding, document_number=given["document_number"], form_key=given["key"],
            )
        )  # fmt: skip

    if form.carry_out(carry_out):
        messages.success(request, f"已提出 {made[0].number}，等待具名人员决定。")
        return see_other(reverse("measures:detail", args=[made[0].pk]))
    context = {"form": form, "suggestions": people.person_suggestions(actor)}
    return render(request, "measures/propose.html", context, status=422 if form.errors else 200)


def _subject(actor: Actor, given: dict[str, Any], capability: str) -> tuple[Any, Any]:
    if given["person"]:
        return people.person_by_text(actor, given["person"]), None
    return None, people.unit_for(actor, int(given["unit"]), capability) if given["unit"] else None


@dataclass(frozen=True)
class StepDoor:
    """A step's form, how its command is called with what was filled in, and what is said when it is done."""

    form: type[Form]
    call: Callable[[Actor, Any, dict[str, Any]], Any]
    done: str


STEPS = {
    "decide": StepDoor(
        forms.DecideForm, lambda a, m, g: services.decide_measure(a, m, kind=g["kind"], reasons=g["reasons"]), "已决定并告知当事人。"
    ),
    "dismiss": StepDoor(forms.DismissForm, lambda a, m, g: services.dismiss_measure(a, m, reasons=g["reasons"]), "已记录，不予采取。"),
    "object": StepDoor(
        forms.ObjectForm, lambda a, m, g: services.file_objection(a, m, text=g["text"]), "已提出申辩，由决定人以外的局领导决定。"
    ),
    "decide-objection": StepDoor(
        forms.ObjectionForm,
        lambda a, m, g: services.decide_objection(a, m, revoked=g["revoked"] == "yes", reasons=g["reasons"]),
        "申辩决定已记录。",
    ),
    "reverse": StepDoor(
        forms.ReverseForm, lambda a, m, g: services.reverse_measure(a, m, reason=g["reason"]), "已撤销；措施保留可查，不再计入。"
    ),
}
COMMENDATION_STEPS = {
    "decide": StepDoor(
        forms.CommendationDecisionForm,
        lambda a, c, g: services.decide_commendation(a, c, given=g["given"] == "yes", note=g["note"]),
        "表扬决定已记录。",
    ),
    "revoke": StepDoor(
        forms.ReverseForm, lambda a, c, g: services.revoke_commendation(a, c, reason=g["reason"]), "已撤销表扬；记录保留可查。"
    ),
}


def _carried_out(
    request: ActorRequest, steps: dict[str, StepDoor], name: str, subject: Any
) -> tuple[Form, bool]:  # fmt: skip
    """The filled form, and whether its command was carried out."""
    if name not in steps:
        raise NotFound("no_step", "没有这个步骤。")
    door = steps[name]
    form = door.form(request.POST)
    done = form.carry_out(lambda given: door.call(request.actor, subject, given))
    if done:
        messages.success(request, door.done)
    return form, done


def _shown(
    offered: list[selectors.Offer], steps: dict[str, StepDoor], subject: Any, filled: tuple[str, Form] | None
) -> list[dict[str, Any]]:
    shown = []
    for offer in offered:
        mine = filled is not None and filled[0] == offer.name
        if offer.why_not and not mine:
            continue
        initial = {"kind": subject.kind} if offer.name == "decide" and isinstance(subject, Measure) else {}
        form = filled[1] if mine and filled else steps[offer.name].form(initial=initial, auto_id=f"id_{offer.name}_%s")
        shown.append({"name": offer.name, "title": offer.title, "form": form, "open": mine or offer.is_next})
    return shown


@page("measures.read_own")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    """A measure: clause, fact, rule version, decision, objection, reversal; and what the reader may do."""
    return _detail(request, selectors.measure_for(request.actor, pk))


@page("measures.read_own", methods=("GET", "HEAD", "POST"))
def step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Take one step; a refusal shows the measure as it is now, with the filled form."""
    measure = selectors.measure_for(request.actor, pk)
    if request.method != "POST":
        return see_other(reverse("measures:detail", args=[pk]))
    form, done = _carried_out(request, STEPS, name, measure)
    if done:
        return see_other(reverse("measures:detail", args=[pk]))
    return _detail(request, selectors.measure_for(request.actor, pk), filled=(name, form))


def _detail(request: ActorRequest, measure: Measure, *, filled: tuple[str, Form] | None = None) -> HttpResponse:
    actor = request.actor
    gather(measure, "objections")
    offered = selectors.offers_of_measure(actor, measure)
    may_read_fact = measure.finding is not None and findings.findings_visible_to(actor).filter(pk=measure.finding.pk).exists()
    context = {
        "measure": measure, "state": rules.STATES[measure.state], "tone": TONES[measure.state], "kind": rules.KINDS[measure.kind],
        "ground": rules.GROUNDS[measure.ground], "grounds": rules.GROUNDS, "clause": rulebook.clause_named(measure.clause),
        "is_standing": selectors.is_standing(measure), "why_fallen": selectors.why_fallen(measure),
        "lost_ground": measure.state == rules.PROPOSED and selectors.has_lost_ground_now(measure),
        "proposer": selectors.proposer(actor, measure), "replaced_by": selectors.replacement_of(actor, measure),
        "finding": measure.finding if may_read_fact else None, "objection": next(iter(measure.objections.all()), None),
        "reversal": getattr(measure, "reversal", None), "doors": _shown(offered, STEPS, measure, filled),
        "refused": [offer for offer in offered if offer.why_not],
    }  # fmt: skip
    return render(request, "measures/detail.html", context, status=422 if filled else 200)


# --- commendations ---


@page("measures.read_own")
def commendations(request: ActorRequest) -> HttpResponse:
    """表扬 within the reader's scope."""
    query = selectors.commendations_visible_to(request.actor).annotate(person_name=F("person__name"), unit_name=F("unit__name"))
    listing = ListPage(
        request,
        query.values("pk", "year", "kind", "text", "person_name", "unit_name", "happened_on", "document_number", "state"),
        (
            Column("pk", "编号", "pk"), Column("kind", "种类", "kind"), Column("text", "事迹"),
            Column("person_name", "人员", "person__name_key"), Column("unit_name", "单位"), Column("happened_on", "日期", "happened_on"),
            Column("document_number", "文号"), Column("state", "状态", "state"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.COMMENDATION_STATES.items())),
            Filter("kind", "种类", "kind", tuple(rules.COMMENDATION_KINDS.items())),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("class", "类别", "person_class", CLASSES),
            Filter("person", "人员", "person__name", kind="text"),
            Filter("from", "从", "happened_on__gte", kind="date"),
            Filter("until", "到", "happened_on__lte", kind="date"),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.COMMENDATION_STATES, "kinds": rules.COMMENDATION_KINDS, "tones": COMMENDATION_TONES,
        "may_commend": request.actor.may("measures.commend"),
    }  # fmt: skip
    return listing.export() or render(request, "measures/commendations.html", context)


@page("measures.commend", methods=("GET", "HEAD", "POST"))
def commend(request: ActorRequest) -> HttpResponse:
    """提出表扬."""
    actor = request.actor
    form = forms.CommendForm(request.POST or None, units=people.unit_choices(actor))
    made: list[Commendation] = []

    def carry_out(given: dict[str, Any]) -> None:
        person, unit = _subject(actor, given, "measures.commend")
        made.append(
            services.propose_commendation(
                actor, form_key=given["key"], kind=given["kind"], text=given["text"], happened_on=given["happened_on"], person=person,
                unit=unit, document_number=given["document_number"],
            )
        )  # fmt: skip

    if form.carry_out(carry_out):
        messages.success(request, f"已提出 {made[0].number}，由局领导决定。")
        return see_other(reverse("measures:commendation", args=[made[0].pk]))
    context = {"form": form, "suggestions": people.person_suggestions(actor)}
    return render(request, "measures/commend.html", context, status=422 if form.errors else 200)


@page("measures.read_own")
def commendation(request: ActorRequest, pk: int) -> HttpResponse:
    """One commendation and what the reader may do."""
    return _commendation(request, selectors.commendation_for(request.actor, pk))


@page("measures.read_own", methods=("GET", "HEAD", "POST"))
def commendation_step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    found = selectors.commendation_for(request.actor, pk)
    if request.method != "POST":
        return see_other(reverse("measures:commendation", args=[pk]))
    form, done = _carried_out(request, COMMENDATION_STEPS, name, found)
    if done:
        return see_other(reverse("measures:commendation", args=[pk]))
    return _commendation(request, selectors.commendation_for(request.actor, pk), filled=(name, form))


def _commendation(request: ActorRequest, found: Commendation, *, filled: tuple[str, Form] | None = None) -> HttpResponse:
    offered = selectors.offers_of_commendation(request.actor, found)
    context = {
        "commendation": found, "state": rules.COMMENDATION_STATES[found.state], "tone": COMMENDATION_TONES[found.state],
        "kind": rules.COMMENDATION_KINDS[found.kind], "doors": _shown(offered, COMMENDATION_STEPS, found, filled),
        "refused": [offer for offer in offered if offer.why_not],
    }  # fmt: skip
    return render(request, "measures/commendation.html", context, status=422 if filled else 200)
