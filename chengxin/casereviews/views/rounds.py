"""Doors of the rounds: the list, a new one, its steps, replacements, the record of its draws."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.casereviews import forms, rules, services
from chengxin.casereviews.models import Round
from chengxin.casereviews.selectors import results, rounds
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.draws import selectors as draws
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

EDITING = ("GET", "HEAD", "POST")
QUARTER_CHOICES = [(str(key), name) for key, name in rules.QUARTERS.items()]
TONES = {rules.FROZEN: "warn", rules.DRAWN: "warn", rules.REVIEWING: "info", rules.TOLD: "info", rules.FINAL: "ok"}
GRADE_TONES = {rules.EXCELLENT: "ok", rules.PASSED: "info", rules.FAILED: "bad"}


@page("casereviews.see")
def round_list(request: ActorRequest) -> HttpResponse:
    """案卷评查: the rounds, newest first."""
    listing = ListPage(
        request,
        rounds.round_rows(),
        (
            Column("name", "评查", "year"), Column("state_title", "状态", "state"), Column("until", "范围截至", "until"),
            Column("framed", "范围（件）"), Column("drawn", "抽中（件）"), Column("object_by", "异议截止"),
            Column("final_at", "定稿", "final_at"),
        ),
        (
            Filter("year", "年度", "year", kind="text"), Filter("quarter", "季度", "quarter", QUARTER_CHOICES),
            Filter("state", "状态", "state", tuple(rules.STATES.items())),
        ),
    )  # fmt: skip
    policy = rounds.round_policy_at(clock.today())
    context = {
        "listing": listing, "tones": TONES,
        "may_round": request.actor.may("casereviews.round"), "planned": [rules.QUARTERS[each] for each in sorted(policy.quarters)],
    }  # fmt: skip
    return listing.export() or render(request, "casereviews/rounds.html", context)


@page("casereviews.round", methods=EDITING)
def new_round(request: ActorRequest) -> HttpResponse:
    """冻结范围: what the frame would be now."""
    today = clock.today()
    form = forms.RoundForm(request.POST or None, quarters=rounds.quarter_choices(today))
    made: list[Round] = []

    def command(given: dict[str, Any]) -> None:
        year, _, quarter = given["quarter"].partition("-")
        made.append(services.freeze_round(request.actor, year=int(year), quarter=int(quarter)))

    if form.carry_out(command):
        messages.success(request, "范围已冻结。请在场的另一人报出公开内容，然后抽取。")
        return see_other(reverse("casereviews:round", args=[made[0].pk]))
    policy, sheet = rounds.round_policy_at(today), rounds.sheet_policy_at(today)
    frame = rounds.frame_of(list(rounds.framable().select_related("unit")), policy)
    context = {"form": form, "frame": frame, "policy": policy, "sheet": sheet, "points": rules.points_text, "last": rounds.last_round()}
    return render(request, "casereviews/new_round.html", context, status=422 if form.errors else 200)


@page("casereviews.see")
def one_round(request: ActorRequest, pk: int) -> HttpResponse:
    """One round: where it stands, what comes next, its cases within the reader's scope."""
    return _round(request, rounds.round_for(request.actor, pk))


def may_know_reviewers(actor: Actor) -> bool:
    """Who runs rounds or decides objections knows the reviewers by name; the units do not."""
    return actor.may("casereviews.round") or actor.may("casereviews.decide")


def _round(request: ActorRequest, found: Round, *, problem: str = "", typed: str = "", status: int = 200) -> HttpResponse:
    actor, sheet = request.actor, rounds.sheet_of(found)
    reach = actor.units_for("casereviews.see")
    every = results.results_in(found)
    is_told = found.state in {rules.TOLD, rules.FINAL}
    shown = [(reviewed, result) for reviewed, result in every if reach is None or reviewed.unit_id in reach]
    # before the units are told, only who runs the round sees what a case came to; nobody sees half of it
    knows = is_told or may_know_reviewers(actor)
    context = {
        "round": found, "problem": problem, "typed": typed, "states": rules.STATES, "tones": TONES, "grade_tones": GRADE_TONES,
        "rows": [(reviewed, result if knows else None, rounds.lacks_third(reviewed, sheet)) for reviewed, result in shown],
        "may_round": actor.may("casereviews.round"), "knows_names": may_know_reviewers(actor), "is_told": is_told, "grades": rules.GRADES,
        "units": results.by_unit(every, reach) if is_told else [], "sheet": sheet, "today": clock.today(),
        "strata": _strata(found), "corrections": _corrections(found, reach), "points": rules.points_text, "points_of": results.points_of,
        "is_complete": all(result is not None for _, result in every), "pending": _pending(shown),
    }  # fmt: skip
    return render(request, "casereviews/round.html", context, status=status)


def _pending(shown: list[Any]) -> int:
    marks = [mark for reviewed, _ in shown for mark in reviewed.marks.all()]
    return sum(objection is not None and not objection.outcome for objection in map(results.objection_of, marks))


def _strata(found: Round) -> list[tuple[str, int, int]]:
    """Unit, cases in the frame, quota."""
    counts: dict[str, int] = {}
    for entry in found.draw.entries:
        counts[entry.stratum] = counts.get(entry.stratum, 0) + 1
    return [(name, n, found.draw.quotas.get(name, 0)) for name, n in sorted(counts.items())]


def _corrections(found: Round, reach: Any) -> list[Any]:
    rows = found.corrections.select_related("mark__reviewed__case", "mark__reviewed__unit")
    return list(rows if reach is None else rows.filter(mark__reviewed__unit_id__in=reach))


STEPS: dict[str, tuple[Callable[[Actor, Round, str], Any], str]] = {
    rules.CAST: (lambda actor, found, text: services.cast_round(actor, found, public=text), "案卷已抽取。"),
    rules.ASSIGN: (lambda actor, found, text: services.assign_reviewers(actor, found, public=text), "评查人员已抽取并指派，每件两人。"),
    rules.TELL: (lambda actor, found, _: services.tell_results(actor, found), "结果已告知被评查单位，异议期从下一个工作日起算。"),
    rules.FINALISE: (lambda actor, found, _: services.finalise_round(actor, found), "已定稿，成立的扣分已登记为问题，由单位整改。"),
}


@page("casereviews.round", methods=("POST",))
def step(request: ActorRequest, pk: int, step: str) -> HttpResponse:
    """Take one step; a refusal shows the round with the reason and what was typed."""
    found = rounds.round_for(request.actor, pk)
    if step not in STEPS:
        raise NotFound("no_step", "没有这个步骤。")
    act, done = STEPS[step]
    text = request.POST.get("text", "").replace("\0", "")[:120]
    try:
        act(request.actor, found, text)
    except DomainError as error:
        return _round(request, rounds.round_for(request.actor, pk), problem=error.message, typed=text, status=error.status)
    messages.success(request, done)
    return see_other(reverse("casereviews:round", args=[pk]))


@page("casereviews.see")
def draw_file(request: ActorRequest, pk: int, which: str) -> HttpResponse:
    """A draw as a file that verifies on any machine; that of the reviewers for who may know them."""
    found = rounds.round_for(request.actor, pk)
    drawn = {"cases": found.draw, "reviewers": found.reviewers_draw if may_know_reviewers(request.actor) else None}.get(which)
    if drawn is None:
        raise NotFound("no_draw", "还没有这次抽取，或不在您的范围内。")
    response = HttpResponse(json.dumps(draws.file_of(drawn), ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="casereviews-{found.year}-{found.quarter}-{which}.json"'
    return response


@page("casereviews.round", methods=EDITING)
def replace_case(request: ActorRequest, pk: int) -> HttpResponse:
    """Take the next ticket of the unit instead of a drawn case."""
    reviewed = rounds.reviewed_for(request.actor, pk)
    form = forms.ReasonForm(request.POST or None)
    came: list[Any] = []
    if form.carry_out(lambda given: came.append(services.replace_case(request.actor, reviewed, **given))):
        messages.success(request, f"已按抽取次序换上 {came[0].case.number}。" if came[0] else "已替换；该单位没有可以换上的案卷。")
        return see_other(reverse("casereviews:round", args=[reviewed.round_id]))
    context = {"form": form, "title": f"替换 {reviewed.case.number}", "round": reviewed.round}
    return render(request, "casereviews/reason.html", context, status=422 if form.errors else 200)


@page("casereviews.round", methods=EDITING)
def replace_reviewer(request: ActorRequest, pk: int) -> HttpResponse:
    """Let the next independent reviewer take a seat."""
    review = rounds.assigned_review_for(pk)
    form = forms.ReasonForm(request.POST or None)
    if form.carry_out(lambda given: services.replace_reviewer(request.actor, review, **given)):
        messages.success(request, "已替换评查人员，理由留存。")
        return see_other(reverse("casereviews:round", args=[review.reviewed.round_id]))
    context = {"form": form, "title": f"替换 {review.reviewed.case.number} 的评查人员 {review.person.name}", "round": review.reviewed.round}
    return render(request, "casereviews/reason.html", context, status=422 if form.errors else 200)


@page("casereviews.round", methods=("POST",))
def assign_third(request: ActorRequest, pk: int) -> HttpResponse:
    """Seat a third reviewer at a case that waits for one."""
    reviewed = rounds.reviewed_for(request.actor, pk)
    try:
        services.assign_third(request.actor, reviewed)
    except DomainError as error:
        return _round(request, rounds.round_for(request.actor, reviewed.round_id), problem=error.message, status=error.status)
    messages.success(request, "已指派第三名评查人员。")
    return see_other(reverse("casereviews:round", args=[reviewed.round_id]))
