"""Doors of the sheets: what is out with me, one sheet, one case's result with objections and corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.casereviews import forms, rules, services
from chengxin.casereviews.models import Mark, Review, Reviewed
from chengxin.casereviews.selectors import results, rounds
from chengxin.casereviews.views.rounds import GRADE_TONES, TONES, may_know_reviewers
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people.models import Person
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

EDITING = ("GET", "HEAD", "POST")


@page("casereviews.review")
def reviews(request: ActorRequest) -> HttpResponse:
    """我的评查: the sheets that are or were mine."""
    listing = ListPage(
        request,
        rounds.own_reviews(request.actor),
        (
            Column("number", "案号"), Column("title", "案件名称"), Column("unit_name", "单位"),
            Column("year", "评查", "reviewed__round__year"), Column("assigned_at", "指派", "assigned_at"),
            Column("submitted_at", "提交", "submitted_at"),
        ),
        (Filter("place", "状态", "place", rounds.PLACES),),
        default_sort="-assigned_at",
    )  # fmt: skip
    context = {"listing": listing, "quarters": rules.QUARTERS, "points": rules.points_text}
    return listing.export() or render(request, "casereviews/reviews.html", context)


@page("casereviews.review", methods=EDITING)
def review(request: ActorRequest, pk: int) -> HttpResponse:
    """One's own sheet, to be filled in once; afterwards as it was handed in."""
    found = rounds.review_for(request.actor, pk)
    sheet = rounds.sheet_of(found.reviewed.round)
    if found.submitted_at is not None and request.method != "POST":
        return _submitted(request, found, sheet)
    form = forms.SheetForm(request.POST if request.method == "POST" else None, sheet=sheet)

    def command(_: dict[str, Any]) -> Review:
        return services.submit_review(request.actor, found, vetoes=form.marks.vetoes, deductions=form.marks.deductions)

    if form.carry_out(command):
        messages.success(request, "评查表已提交。另一名评查人员提交之前，谁都看不到您的评分。")
        return see_other(reverse("casereviews:review", args=[pk]))
    context = {"review": found, "sheet": sheet, "form": form, "points": rules.points_text, "handlers": _handlers(found.reviewed)}
    return render(request, "casereviews/sheet.html", context, status=422 if form.errors else 200)


def _submitted(request: ActorRequest, found: Review, sheet: rules.Sheet) -> HttpResponse:
    context = {"review": found, "sheet": sheet, "marks": rounds.marks_on(found), "points": rules.points_text}
    return render(request, "casereviews/submitted.html", context)


def _handlers(reviewed: Reviewed) -> list[Person]:
    return list(Person.objects.filter(pk__in=reviewed.handlers).order_by("number"))


# --- one case's result ---


@page("casereviews.see")
def reviewed(request: ActorRequest, pk: int) -> HttpResponse:
    """One case of a round: marks, objections, corrections, and the sheets once all are in."""
    return _reviewed(request, rounds.reviewed_for(request.actor, pk))


@dataclass(frozen=True)
class StepDoor:
    """A step's form, how its command is called with what was filled in, and what is said when it is done."""

    title: str
    capability: str
    form: Callable[[Any, Mark], Form]
    call: Callable[[Actor, Mark, dict[str, Any]], Any]
    done: str


def _person_form(data: Any, mark: Mark) -> Form:
    handlers = [(str(each.pk), f"{each.number} {each.name}") for each in _handlers(mark.reviewed)]
    return forms.PersonForm(data, handlers=handlers, initial={"person": str(mark.person_id or "")})


def _name(actor: Actor, mark: Mark, given: dict[str, Any]) -> Any:
    person = Person.objects.filter(pk=given["person"]).first() if given["person"] else None
    return services.name_person(actor, mark, person=person)


MARK_STEPS = {
    "object": StepDoor(
        "提出异议", "casereviews.object", lambda data, _: forms.ObjectForm(data),
        lambda actor, mark, given: services.object_to_mark(actor, mark, **given), "已提出异议，由没有评查过本案、也不属于本单位的人决定。",
    ),
    "decide": StepDoor(
        "决定异议", "casereviews.decide", lambda data, _: forms.DecideForm(data),
        lambda actor, mark, given: services.decide_objection(actor, mark, **given), "异议决定已记录。",
    ),
    "name": StepDoor("指明责任人", "casereviews.decide", _person_form, _name, "已记录责任人。"),
    "correct": StepDoor(
        "更正扣分", "casereviews.decide", lambda data, _: forms.CorrectMarkForm(data),
        lambda actor, mark, given: services.correct_mark(actor, mark, **given), "已作编号更正；定稿内容不变，有关问题请另行撤销。",
    ),
}  # fmt: skip


@page("casereviews.see", methods=EDITING)
def mark_step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """One step on one mark; the command asks for its own capability."""
    if name not in MARK_STEPS:
        raise NotFound("no_step", "没有这个步骤。")
    door = MARK_STEPS[name]
    mark = results.mark_for(request.actor, pk, "casereviews.see")
    back = reverse("casereviews:reviewed", args=[mark.reviewed_id])
    if request.method != "POST":
        return see_other(back)
    form = door.form(request.POST, mark)
    if form.carry_out(lambda given: door.call(request.actor, mark, given)):
        messages.success(request, door.done)
        return see_other(f"{back}#mark-{pk}")
    return _reviewed(request, rounds.reviewed_for(request.actor, mark.reviewed_id), filled=(pk, name, form))


def _reviewed(request: ActorRequest, found: Reviewed, *, filled: tuple[int, str, Form] | None = None) -> HttpResponse:
    actor, sheet = request.actor, rounds.sheet_of(found.round)
    is_told = found.round.state in {rules.TOLD, rules.FINAL}
    knows = may_know_reviewers(actor)
    result = results.result_of(found, sheet)
    # sheets are shown once the case is decided: to the unit when it is told, to nobody while one is outstanding
    sees = result is not None and (is_told or knows)
    sheets = [(each, rounds.marks_on(each)) for each in found.reviews.all() if each.submitted_at] if sees else []
    marks = [(each, results.left_of(each), results.objection_of(each), _doors(actor, found, each, filled)) for each in found.marks.all()]
    context = {
        "reviewed": found, "round": found.round, "sheet": sheet, "result": result if sees else None, "is_told": is_told,
        "knows_names": knows, "sheets": sheets, "marks": marks, "points": rules.points_text, "points_of": results.points_of,
        "tones": TONES, "grade_tones": GRADE_TONES, "handlers": _handlers(found), "states": rules.STATES,
    }  # fmt: skip
    return render(request, "casereviews/reviewed.html", context, status=422 if filled else 200)


def _doors(actor: Actor, found: Reviewed, mark: Mark, filled: tuple[int, str, Form] | None) -> list[tuple[str, str, Form, bool]]:
    """(name, title, form, whether it is open) of the steps the state admits; the commands decide in the end."""
    shown = []
    for name in _possible(found, mark):
        door = MARK_STEPS[name]
        if not actor.may(door.capability, found.unit_id) or _is_party(actor, found, name):
            continue
        is_filled = filled is not None and filled[:2] == (mark.pk, name)
        form = filled[2] if filled is not None and is_filled else door.form(None, mark)
        form.auto_id = f"m{mark.pk}-{name}-%s"
        shown.append((name, door.title, form, is_filled))
    return shown


def _possible(found: Reviewed, mark: Mark) -> list[str]:
    objection = results.objection_of(mark)
    if found.round.state == rules.TOLD:
        is_open = found.round.object_by is not None and clock.today() <= found.round.object_by
        first = ["object"] if objection is None and is_open else ["decide"] if objection is not None and not objection.outcome else []
        return [*first, "name"]
    return ["correct"] if found.round.state == rules.FINAL and results.left_of(mark) else []


def _is_party(actor: Actor, found: Reviewed, name: str) -> bool:
    if any(each.person_id == actor.person_id for each in found.reviews.all()):
        return True
    return name != "object" and (actor.unit_id == found.unit_id or actor.person_id in found.handlers)
