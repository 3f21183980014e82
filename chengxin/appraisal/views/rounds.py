"""The year's round at the panel's table, nominations, and the publicity page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.appraisal import forms, selectors
from chengxin.appraisal.models import Nomination, Round
from chengxin.appraisal.rules import rounds as rules
from chengxin.appraisal.rules import titles as title_rules
from chengxin.appraisal.rules import verdicts as verdict_rules
from chengxin.appraisal.selectors import rounds as questions
from chengxin.appraisal.selectors import titles as title_questions
from chengxin.appraisal.services import nominations as commands
from chengxin.appraisal.services import rounds as round_commands
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other


@page("appraisal.panel", methods=("GET", "HEAD", "POST"))
def rounds(request: ActorRequest) -> HttpResponse:
    """年度考核: every year's round, and the door to begin one."""
    form = forms.YearForm(request.POST or None, initial={"year": clock.today().year})
    if form.carry_out(lambda given: round_commands.open_round(request.actor, year=given["year"])):
        messages.success(request, "已启动年度考核。")
        return see_other(reverse("appraisal:round", args=[form.cleaned_data["year"]]))
    context = {"rounds": questions.rounds(), "form": form, "states": rules.STATES}
    return render(request, "appraisal/rounds.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True)
class Door:
    """A step of the round: who may, in which states, its form and command."""

    title: str
    capability: str
    states: tuple[str, ...]
    form: Callable[..., Form]
    act: Callable[[Actor, Round, dict[str, Any]], Any]
    done: str


DOORS: dict[str, Door] = {
    "freeze": Door(
        "定稿", "appraisal.run", (rules.OPEN,), forms.FreezeForm,
        lambda actor, round_, given: round_commands.freeze_round(actor, round_, **given), "已定稿，此后只能编号更正。",
    ),
    "publish": Door(
        "公示名单", "appraisal.run", (rules.FROZEN,), Form, lambda actor, round_, _: round_commands.publish_list(actor, round_), "已公示。",
    ),
    "issue": Door(
        "公布结果", "appraisal.decide", (rules.PUBLICITY,), forms.IssueForm,
        lambda actor, round_, given: round_commands.issue_results(actor, round_, **given), "已公布。",
    ),
    "note": Door(
        "提出评优意见", "appraisal.panel", (rules.OPEN, rules.FROZEN, rules.PUBLICITY), forms.NoteForm,
        lambda actor, round_, given: round_commands.add_panel_note(
            actor, round_, person=people.person_by_text(actor, given["person"]), text=given["text"]
        ),
        "已记录，供评审参考。",
    ),
    "correct": Door(
        "编号更正", "appraisal.run", (rules.FROZEN, rules.PUBLICITY, rules.ISSUED), forms.CorrectForm,
        lambda actor, round_, given: round_commands.correct_verdict(
            actor, round_, person=people.person_by_text(actor, given["person"]), cause=given["cause"]
        ),
        "已更正；定稿原文保留。",
    ),
}  # fmt: skip


@page("appraisal.panel")
def round_(request: ActorRequest, year: int) -> HttpResponse:
    return _round_page(request, questions.round_of(year))


@page("appraisal.panel", methods=("POST",))
def act(request: ActorRequest, year: int, name: str) -> HttpResponse:
    """Carry out one of the doors; a refusal opens the page there with what was typed."""
    found, door = questions.round_of(year), DOORS.get(name)
    if door is None:
        raise NotFound("no_step", "没有这个操作。")
    form = door.form(request.POST, auto_id=f"{name}-%s")
    if form.carry_out(lambda given: door.act(request.actor, found, given)):
        messages.success(request, door.done)
        return see_other(reverse("appraisal:round", args=[year]))
    return _round_page(request, questions.round_of(year), name, form)


def _round_page(request: ActorRequest, found: Round, opened: str = "", bound: Form | None = None) -> HttpResponse:
    actor = request.actor
    doors = [
        {
            "name": name,
            "title": door.title,
            "form": bound if name == opened and bound is not None else door.form(None, auto_id=f"{name}-%s"),
        }
        for name, door in DOORS.items()
        if (found.state in door.states and actor.may(door.capability)) or name == opened
    ]
    live = selectors.verdicts_of(found.year) if not found.is_frozen else []
    counts = {key: sum(each.result == key for each in live) for key in verdict_rules.RESULTS}
    pending = [each for each in live if each.result == verdict_rules.PENDING]
    context = {
        "round": found, "doors": doors, "opened": opened, "snapshot": questions.snapshot_of(found), "counts": counts,
        "pending": pending[:100],
        "pending_count": len(pending), "results": verdict_rules.RESULTS, "seats": questions.seats_of(found),
        "nominations": questions.nominations_of(found), "notes": list(found.notes.select_related("person", "unit")),
        "corrections": list(found.corrections.select_related("person")), "suggestions": people.person_suggestions(actor),
        "struck": list(found.nominations.filter(state=Nomination.STRUCK).select_related("person", "unit")),
        "year_is_over": clock.today().year > found.year, "seat_titles": questions.SEATS, "states": list(rules.STATES.items()),
        "frozen_counts": _frozen_counts(found),
    }  # fmt: skip
    return render(request, "appraisal/round.html", context, status=422 if bound is not None else 200)


def _frozen_counts(round_: Round) -> dict[str, int]:
    rows = questions.frozen_rows(round_)
    return {key: sum(row["result"] == key for row in rows) for key in verdict_rules.RESULTS} if rows else {}


# --- nominations ---


@page("appraisal.nominate", methods=("GET", "HEAD", "POST"))
def nominations(request: ActorRequest) -> HttpResponse:
    """推荐评优: within the reader's scope and the quota, on the frozen numbers."""
    actor, running = request.actor, questions.running_round()
    collective = request.POST.get("what") == "collective"
    units = [
        (str(unit.pk), unit.name) for unit in people.squadrons() if unit.pk != actor.unit_id and actor.may("appraisal.nominate", unit.pk)
    ]
    person_form = forms.NominateForm(request.POST or None if not collective else None, auto_id="id_person_%s")
    unit_form = forms.CollectiveForm(request.POST or None if collective else None, units=units, auto_id="id_unit_%s")
    form: Form = unit_form if collective else person_form
    if request.method == "POST" and running is None:
        raise NotFound("no_round", "目前没有可以推荐的年度（须先定稿）。")
    if running is not None and form.carry_out(lambda given: _nominate(actor, running, given, collective=collective)):
        messages.success(request, "已推荐。")
        return see_other(reverse("appraisal:nominations"))
    rows = questions.nominations_of(running) if running else []
    reach = actor.units_for("appraisal.nominate")
    context = {
        "round": running, "seats": questions.seats_of(running) if running else [], "person_form": person_form, "unit_form": unit_form,
        "units": units, "nominations": [each for each in rows if reach is None or each.unit_id in reach], "seat_titles": questions.SEATS,
        "suggestions": people.person_suggestions(actor), "reason_form": forms.ReasonForm(),
    }  # fmt: skip
    return render(request, "appraisal/nominations.html", context, status=422 if form.errors else 200)


def _nominate(actor: Actor, round_: Round, given: dict[str, Any], *, collective: bool) -> None:
    if collective:
        unit = people.unit_for(actor, int(given["unit"]), "appraisal.nominate")
        commands.nominate(actor, round_, unit=unit, reasons=given["reasons"])
    else:
        commands.nominate(actor, round_, person=people.person_by_text(actor, given["person"]), reasons=given["reasons"])


@page("appraisal.nominate", methods=("POST",))
def withdraw(request: ActorRequest, pk: int) -> HttpResponse:
    """撤下 a nomination, by who made it."""
    found, form = questions.nomination_for(pk), forms.ReasonForm(request.POST)
    if form.carry_out(lambda given: commands.withdraw_nomination(request.actor, found, reason=given["reason"])):
        messages.success(request, "已撤下。")
    else:
        messages.warning(request, "没有撤下：" + "；".join(str(error) for errors in form.errors.values() for error in errors))
    return see_other(reverse("appraisal:nominations"))


# --- publicity ---


@page("signed_in")
def publicity(request: ActorRequest) -> HttpResponse:
    """评优公示: who is nominated, which titles are to be granted; everybody with a sign-in may object within the term."""
    return _publicity(request)


def _publicity(request: ActorRequest, opened: str = "", bound: Form | None = None) -> HttpResponse:
    actor = request.actor
    shown = [found for found in questions.rounds() if found.state in (rules.PUBLICITY, rules.ISSUED)][:2]
    context = {
        "rounds": [(found, questions.nominations_of(found), _corrections(found)) for found in shown],
        "titles": title_questions.published_titles(),
        "opened": opened, "bound": bound, "objection_form": lambda name: forms.ObjectionForm(auto_id=f"{name}-%s"),
        "decision_form": lambda name: forms.DecisionForm(auto_id=f"{name}-%s"),
        "own": questions.own_objections(actor), "open": questions.open_objections(actor), "seat_titles": questions.SEATS,
        "may_object": actor.may("appraisal.object"), "states": rules.STATES, "title_states": title_rules.STATES,
    }  # fmt: skip
    return render(request, "appraisal/publicity.html", context, status=422 if bound is not None else 200)


def _corrections(round_: Round) -> int:
    return round_.corrections.count()


@page("appraisal.object", methods=("POST",))
def object_(request: ActorRequest, pk: int) -> HttpResponse:
    """异议 to a nomination."""
    found, form = questions.nomination_for(pk), forms.ObjectionForm(request.POST, auto_id=f"nomination-{pk}-%s")
    if form.carry_out(lambda given: commands.object_to_nomination(request.actor, found, **given)):
        messages.success(request, "已提出异议，由他人决定。")
        return see_other(reverse("appraisal:publicity"))
    return _publicity(request, f"nomination-{pk}", form)


@page("appraisal.object", methods=("POST",))
def object_title(request: ActorRequest, pk: int) -> HttpResponse:
    """异议 to a title."""
    found = title_questions.title_for(request.actor, pk)
    form = forms.ObjectionForm(request.POST, auto_id=f"title-{pk}-%s")
    if form.carry_out(lambda given: commands.object_to_title(request.actor, found, **given)):
        messages.success(request, "已提出异议，由他人决定。")
        return see_other(reverse("appraisal:publicity"))
    return _publicity(request, f"title-{pk}", form)


@page("appraisal.decide", methods=("POST",))
def decide(request: ActorRequest, pk: int) -> HttpResponse:
    """决定公示异议."""
    found, form = questions.objection_for(pk), forms.DecisionForm(request.POST, auto_id=f"objection-{pk}-%s")
    if form.carry_out(
        lambda given: commands.decide_public_objection(request.actor, found, upheld=given["upheld"] == "yes", reasons=given["reasons"])
    ):
        messages.success(request, "已决定。")
        return see_other(reverse("appraisal:publicity"))
    return _publicity(request, f"objection-{pk}", form)
