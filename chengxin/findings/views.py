"""Doors of the findings: list, detail, raise, one post per step, the printed notice, photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.files.answers import file_response
from chengxin.files.forms import collect_photos
from chengxin.findings import forms, rules, selectors, services
from chengxin.findings.kinds import finding_kinds
from chengxin.findings.models import Finding, Grade, Proposal
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage
from chengxin.ui.together import gather

TONES = {rules.OPEN: "warn", rules.SUBMITTED: "info", rules.CLOSED: "ok", rules.WITHDRAWN: "muted", rules.MERGED: "muted"}
COLUMNS = (
    Column("pk", "编号", "pk"),
    Column("clause", "条款", "clause"),
    Column("text", "事实"),
    Column("person_name", "责任人"),
    Column("unit_name", "单位"),
    Column("seen_on", "发现日期", "seen_on"),
    Column("due_on", "整改期限", "due_on"),
    Column("state", "状态", "state"),
)


@page("findings.read_own")
def findings_list(request: ActorRequest) -> HttpResponse:
    """问题与整改: everything within the reader's scope."""
    late = ExpressionWrapper(Q(state=rules.OPEN, due_on__lt=clock.today()), output_field=BooleanField())
    query = selectors.findings_visible_to(request.actor).annotate(late=late, person_name=F("person__name"), unit_name=F("unit__name"))
    listing = ListPage(
        request,
        query.values("pk", "clause", "text", "person_name", "unit_name", "seen_on", "due_on", "state", "late"),
        COLUMNS,
        (
            Filter("state", "状态", "state", tuple(rules.STATES.items())),
            Filter("late", "逾期", "late", (("True", "已逾期"),)),
            Filter("clause", "条款", "clause", tuple((clause.code, f"{clause.code} {clause.title}") for clause in rulebook.clauses())),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("class", "类别", "person_class", (("established", "在编"), ("auxiliary", "协管"), ("other", "其他"))),
            Filter("person", "责任人", "person__name", kind="text"),
            Filter("from", "从", "seen_on__gte", kind="date"),
            Filter("until", "到", "seen_on__lte", kind="date"),
        ),
    )
    context = {"listing": listing, "states": rules.STATES, "tones": TONES, "may_raise": request.actor.may("findings.raise")}
    return listing.export() or render(request, "findings/list.html", context)


@page("findings.raise", methods=("GET", "POST"))
def raise_(request: ActorRequest) -> HttpResponse:
    """登记问题 against a catalogue entry; photos once uploaded stay with the form when it is refused."""
    actor = request.actor
    entries = rulebook.catalogue(clock.today(), simulate=True)
    form = forms.RaiseForm(request.POST or None, units=people.unit_choices(actor), entries=entries)
    kept: Sequence[Any] = ()
    if request.method == "POST":
        try:
            kept = collect_photos(actor, request)
            if form.is_valid():
                finding = _raise(actor, form.cleaned_data, entries, [file.pk for file in kept])
                messages.success(request, f"已登记 {finding.number} 并告知。")
                return see_other(reverse("findings:detail", args=[finding.pk]))
        except DomainError as error:
            form.is_valid()
            form.add_domain_error(error)
    context = {"form": form, "kept": kept, "suggestions": people.person_suggestions(actor)}
    return render(request, "findings/raise.html", context, status=422 if form.errors else 200)


def _raise(actor: Actor, given: dict[str, Any], entries: dict[str, dict[str, Any]], photos: list[UUID]) -> Finding:
    person = people.person_by_text(actor, given["person"]) if given["person"] else None
    unit = people.unit_for(actor, int(given["unit"]), "findings.raise") if given["unit"] and person is None else None
    entry = entries[given["entry"]]
    kind = next(kind for kind in finding_kinds if kind.rule == entry["rule"])
    return services.raise_finding(
        actor, kind=kind.code, seen_at=given["seen_at"], facts={"act": entry["title"], "entry": given["entry"]},
        source=f"manual:{given['key']}", described="现场登记", person=person, unit=unit, place=given["place"],
        grade=given["grade"] or entry["grade"], note=given["note"], photos=photos, corrected_on_spot=given["corrected_on_spot"],
    )  # fmt: skip


@dataclass(frozen=True)
class StepDoor:
    """A step's form and how its command is called with what was filled in and the photos."""

    form: type[Form]
    call: Callable[[Actor, Finding, dict[str, Any], list[UUID]], Any]
    done: str
    with_photos: bool = False


def _yes(given: dict[str, Any], name: str) -> bool:
    return bool(given[name] == "yes")


STEPS: dict[str, StepDoor] = {
    "acknowledge": StepDoor(forms.AcknowledgeForm, lambda a, f, _g, _p: services.acknowledge_finding(a, f), "已签收。签收不等于认可。"),
    "submit": StepDoor(
        forms.SubmitForm,
        lambda a, f, g, p: services.submit_rectification(a, f, text=g["text"], photos=p, seen_version=g["seen_version"]),
        "已提交，等待复核。",
        with_photos=True,
    ),
    "extend": StepDoor(
        forms.ExtensionForm,
        lambda a, f, g, _p: services.request_extension(a, f, workdays=g["workdays"], reason=g["reason"]),
        "已申请延期，等待决定。",
    ),
    "object": StepDoor(
        forms.ObjectionForm,
        lambda a, f, g, p: services.file_objection(a, f, text=g["text"], photos=p),
        "已提出申辩，由发现人以外的人决定。",
        with_photos=True,
    ),
    "recheck": StepDoor(
        forms.RecheckForm,
        lambda a, f, g, _p: services.recheck_finding(a, f, passed=_yes(g, "passed"), note=g["note"], seen_version=g["seen_version"]),
        "复核已记录。",
    ),
    "decide_extension": StepDoor(
        forms.ExtensionDecisionForm,
        lambda a, f, g, _p: services.decide_extension(a, f, granted=_yes(g, "granted"), note=g["note"]),
        "延期决定已记录。",
    ),
    "decide_objection": StepDoor(
        forms.ObjectionDecisionForm,
        lambda a, f, g, _p: services.decide_objection(a, f, revoked=_yes(g, "revoked"), reasons=g["reasons"]),
        "申辩决定已记录。",
    ),
    "look_back": StepDoor(
        forms.LookBackForm,
        lambda a, f, g, _p: services.record_look_back(a, f, recurred=_yes(g, "recurred"), note=g["note"]),
        "回头看已记录。",
    ),
    "withdraw": StepDoor(
        forms.WithdrawForm, lambda a, f, g, _p: services.withdraw_finding(a, f, reason=g["reason"]), "已撤销，问题保留但不再计数。"
    ),
    "merge": StepDoor(
        forms.MergeForm,
        lambda a, f, g, _p: services.merge_findings(a, f, into=_other(a, g["into"]), reason=g["reason"]),
        "已并案，来源和照片都保留。",
    ),
}


def _other(actor: Actor, number: str) -> Finding:
    try:
        return selectors.finding_by_number(actor, number)
    except NotFound as error:
        raise DomainError(error.code, error.message, field="into") from error


@page("findings.read_own")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    """A finding: verdict with clause, rule, calendar and facts; evidence; every step; and what the reader may do."""
    return _detail(request, selectors.finding_for(request.actor, pk))


@page("findings.read_own", methods=("GET", "HEAD", "POST"))
def step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Take one step. A refusal shows the finding with the filled form; nothing typed or photographed is lost."""
    finding = selectors.finding_for(request.actor, pk)
    if name not in STEPS:
        raise NotFound("no_step", "没有这个步骤。")
    if request.method != "POST":
        return see_other(reverse("findings:detail", args=[pk]))
    door = STEPS[name]
    form = door.form(request.POST)
    kept: list[Any] = []
    try:
        if door.with_photos:
            kept = collect_photos(request.actor, request, documents=True)
        if form.is_valid():
            door.call(request.actor, finding, form.cleaned_data, [file.pk for file in kept])
            messages.success(request, door.done)
            return see_other(reverse("findings:detail", args=[pk]))
    except DomainError as error:
        form.is_valid()
        form.add_domain_error(error)
        status = error.status
    else:
        status = 422
    current = selectors.finding_for(request.actor, pk)
    # what was typed meets the state as it is now: the next try is made by somebody who has seen it
    form.data = {**form.data.dict(), "seen_version": str(current.version)}  # type: ignore[attr-defined]
    return _detail(request, current, filled=(name, form, kept), status=status)


def _detail(
    request: ActorRequest, finding: Finding, *, filled: tuple[str, Form, list[Any]] | None = None, status: int = 200
) -> HttpResponse:
    actor = request.actor
    gather(finding, "extensions", "objections", "rectifications", "steps", "merged", "sources")
    offers = selectors.offers(actor, finding)
    count = selectors.repeat_count(finding.person, year=finding.seen_on.year) if finding.person else None
    shown = [_shown(offer, finding, filled) for offer in offers if not offer.why_not or (filled and filled[0] == offer.name)]
    if filled and filled[0] not in {each["name"] for each in shown}:
        shown.append({"name": filled[0], "title": "您填写的内容", "form": filled[1], "kept": filled[2], "with_photos": False, "open": True})
    return render(
        request,
        "findings/detail.html",
        {
            "finding": finding,
            "overdue": finding.is_overdue(clock.today()),
            "tone": TONES[finding.state],
            "state": rules.STATES[finding.state],
            "grade": Grade(finding.grade).label,
            "finder": _finder(actor, finding),
            "steps": _steps(actor, finding),
            "photos": _photos(finding),
            "sources": finding.sources.all(),
            "clause": rulebook.clause_named(finding.clause),
            "repeats": count,
            "measures": selectors.suggested_measures(finding, count) if actor.may("findings.decide", finding.unit_id) else [],
            "twins": selectors.possible_twins(finding) if actor.may("findings.decide", finding.unit_id) else [],
            "merged": finding.merged.all(),
            "doors": shown,
            "refused": [offer for offer in offers if offer.why_not],
        },
        status=status,
    )


def _shown(offer: selectors.Offer, finding: Finding, filled: tuple[str, Form, list[Any]] | None) -> dict[str, Any]:
    door = STEPS[offer.name]
    mine = filled is not None and filled[0] == offer.name
    return {
        "name": offer.name,
        "title": offer.title,
        "form": filled[1] if mine and filled else door.form(initial={"seen_version": finding.version}, auto_id=f"id_{offer.name}_%s"),
        "kept": filled[2] if mine and filled else [],
        "with_photos": door.with_photos,
        "open": mine or offer.name in {"recheck", "submit", "decide_objection", "decide_extension"},
    }


def _finder(actor: Actor, finding: Finding) -> str:
    if selectors.may_know_finder(actor, finding):
        return f"{finding.finder_label}（{finding.finder_office}）" if finding.finder_office else finding.finder_label
    return finding.finder_office or "局督察人员"


def _photos(finding: Finding) -> list[tuple[str, str, bool]]:
    return [
        (reverse("findings:photo", args=[finding.pk, file.pk]), f"{stage}：{file.original_name}", file.is_image)
        for stage, file in selectors.photos_of(finding)
    ]


def _steps(actor: Actor, finding: Finding) -> list[dict[str, Any]]:
    open_names = selectors.may_know_finder(actor, finding)
    return [
        {
            "at": each.at,
            "title": each.title,
            "text": each.note,
            "tone": each.tone,
            "by": each.by_label if open_names or each.by_id != finding.finder_id else finding.finder_office,
        }
        for each in finding.steps.all()
    ]


@page("findings.read_own")
def photo(request: ActorRequest, pk: int, file: UUID) -> HttpResponse:
    return file_response(request, selectors.photo_of(selectors.finding_for(request.actor, pk), file))


@page("findings.read_own")
def notice(request: ActorRequest, pk: int) -> HttpResponse:
    """责令整改告知: one page to print, with facts, clause, term and remedy."""
    finding = selectors.finding_for(request.actor, pk)
    # the paper goes to the person concerned: it names the office, whoever prints it
    finder = finding.finder_label if finding.self_check else finding.finder_office or "局督察人员"
    context = {"finding": finding, "clause": rulebook.clause_named(finding.clause), "finder": finder}
    return render(request, "findings/notice.html", context)


@page("findings.propose")
def proposals(request: ActorRequest) -> HttpResponse:
    """待认定提请: what detectors noticed; each waits for a named person."""
    query = selectors.proposals_visible_to(request.actor).annotate(person_name=F("person__name"), unit_name=F("unit__name"))
    listing = ListPage(
        request,
        query.values("pk", "text", "described", "person_name", "unit_name", "seen_at", "state", "reason", "finding_id"),
        (
            Column("text", "事实"), Column("person_name", "人员", "person__name_key"), Column("unit_name", "单位"),
            Column("seen_at", "发生时间", "seen_at"), Column("described", "来源"), Column("state", "状态", "state"),
        ),
        (Filter("state", "状态", "state", Proposal.STATES), Filter("unit", "单位", "unit_id", people.unit_choices(request.actor))),
    )  # fmt: skip
    return listing.export() or render(request, "findings/proposals.html", {"listing": listing, "states": dict(Proposal.STATES)})


@page("findings.propose", methods=("GET", "HEAD", "POST"))
def proposal(request: ActorRequest, pk: int) -> HttpResponse:
    """One proposal, and the two ways it can end."""
    found = selectors.proposal_for(request.actor, pk)
    form = forms.ProposalForm(request.POST or None)

    def decide(given: dict[str, Any]) -> None:
        if given["made"] == "yes":
            services.accept_proposal(request.actor, found, note=given["reason"])
        else:
            services.dismiss_proposal(request.actor, found, reason=given["reason"])

    if form.carry_out(decide):
        messages.success(request, "已登记问题并告知。" if form.cleaned_data["made"] == "yes" else "已记录，不予登记。")
        return see_other(reverse("findings:proposals"))
    return render(request, "findings/proposal.html", {"proposal": found, "form": form}, status=422 if form.errors else 200)
