"""Doors of the plans: make one, draw twice, print the draw, replace, arrange by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.draws import selectors as draws
from chengxin.people.models import Person, Unit
from chengxin.supervision import forms, rules
from chengxin.supervision.models import Inspector, Plan, Target
from chengxin.supervision.selectors import plans as questions
from chengxin.supervision.selectors import visits as visit_questions
from chengxin.supervision.services import drawing
from chengxin.supervision.services import plans as commands
from chengxin.supervision.services import visits as visit_commands
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage
from chengxin.ui.together import gather

if TYPE_CHECKING:
    from chengxin.draws.models import Draw

TONES = {rules.CLOSED: "ok", rules.CANCELLED: "muted", rules.ASSIGNED: "info"}


@page("supervision.plans")
def plans(request: ActorRequest) -> HttpResponse:
    """督查计划: all of them, newest first."""
    listing = ListPage(
        request,
        questions.plan_rows(request.actor),
        (
            Column("title", "计划"), Column("kind", "种类", "kind"), Column("mode", "方式", "mode"), Column("starts_on", "起", "starts_on"),
            Column("ends_on", "止", "ends_on"), Column("state", "状态", "state"), Column("planner", "制定人"),
        ),
        (
            Filter("kind", "种类", "kind", tuple(rules.KINDS.items())), Filter("mode", "方式", "mode", tuple(rules.MODES.items())),
            Filter("state", "状态", "state", tuple(rules.STATES.items())), Filter("from", "从", "starts_on__gte", kind="date"),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "kinds": rules.KINDS, "modes": rules.MODES, "states": rules.STATES, "tones": TONES,
        "may_plan": request.actor.may("supervision.plan"),
    }  # fmt: skip
    return listing.export() or render(request, "supervision/plans.html", context)


@page("supervision.plan", methods=("GET", "HEAD", "POST"))
def new(request: ActorRequest) -> HttpResponse:
    """制定计划."""
    today = clock.today()
    policy = questions.policy_on(today)
    form = forms.PlanForm(
        request.POST or None, quarters=policy["quarters"], reasons=policy["special_reasons"], templates=questions.template_choices(today),
        units=questions.squadron_choices(),
    )  # fmt: skip
    made: list[Plan] = []

    def command(given: dict[str, Any]) -> None:
        given["units"] = list(Unit.objects.filter(pk__in=given["units"]))
        made.append(commands.create_plan(request.actor, **given))

    if form.carry_out(command):
        messages.success(request, "已制定。")
        return see_other(reverse("supervision:plan", args=[made[0].pk]))
    return render(request, "supervision/new_plan.html", {"form": form, "policy": policy}, status=422 if form.errors else 200)


@page("supervision.plans")
def plan(request: ActorRequest, pk: int) -> HttpResponse:
    """One plan: where it stands, what comes next, who was drawn, its visits."""
    return _plan(request, questions.plan_for(request.actor, pk))


def _plan(
    request: ActorRequest, plan: Plan, *, problem: str = "", arrange_form: Any = None, typed: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    today, may_plan = clock.today(), request.actor.may("supervision.plan")
    gather(plan, "units")
    policy = questions.policy_on(today)
    if arrange_form is None and may_plan and _may_arrange(plan, policy):
        arrange_form = _arrange_form(None, plan)
    objects = plan.objects_draw
    context = {
        "plan": plan, "problem": problem, "typed": typed, "may_plan": may_plan, "kinds": rules.KINDS, "modes": rules.MODES,
        "states": rules.STATES, "tones": TONES,
        "template": dict(questions.template_choices(plan.starts_on)).get(plan.template, plan.template),
        "units": list(plan.units.all()), "frame": questions.objects_frame(plan, today) if plan.state == rules.PLANNED else None,
        "strata": questions.strata_of(objects) if objects else [], "shares": questions.shares_of(objects) if objects else [],
        "changes": questions.changes_since(plan, objects) if objects and plan.state not in {rules.CLOSED, rules.CANCELLED} else [],
        "targets": plan.targets.select_related("person", "unit", "visit"),
        "visits": plan.visits.select_related("unit").prefetch_related("inspectors__person").order_by("pk"),
        "replacements": [(title, each) for title, draw in _draws(plan) for each in draw.replacements.all()],
        "arrange_form": arrange_form, "must_draw": plan.kind in policy["drawn_kinds"], "classes": rules.CLASSES,
        "visit_states": rules.VISIT_STATES,
    }  # fmt: skip
    return render(request, "supervision/plan.html", context, status=status)


def _draws(plan: Plan) -> list[tuple[str, Draw]]:
    return [(title, draw) for title, draw in (("对象", plan.objects_draw), ("督查人员", plan.inspectors_draw)) if draw is not None]


def _may_arrange(plan: Plan, policy: Any) -> bool:
    return plan.kind not in policy["drawn_kinds"] and not plan.is_drawn and plan.state in {rules.PLANNED, rules.ASSIGNED}


def _arrange_form(data: Any, plan: Plan) -> forms.ArrangeForm:
    today = clock.today()
    everybody = [(str(person.pk), f"{person.number} {person.name}") for person, _ in questions.inspectors_pool(today)]
    units = [(str(unit.pk), unit.name) for unit in plan.units.all()]
    initial = {"due_on": max(plan.starts_on, min(today, plan.ends_on))}
    return forms.ArrangeForm(data, units=units, inspectors=everybody, initial=initial)


STEPS: dict[str, tuple[Callable[[Actor, Plan, str], Plan], str]] = {
    rules.FREEZE: (lambda actor, plan, _: drawing.freeze_objects(actor, plan), "对象范围已冻结。请在场的另一人报出公开内容，然后抽取。"),
    rules.CAST: (lambda actor, plan, text: drawing.cast_objects(actor, plan, public=text), "检查对象已抽取。"),
    rules.FREEZE_STAFF: (lambda actor, plan, _: drawing.freeze_inspectors(actor, plan), "督查人员范围已冻结，须回避的连同理由列在其中。"),
    rules.CAST_STAFF: (lambda actor, plan, text: drawing.cast_inspectors(actor, plan, public=text), "督查人员已抽取，检查已分派。"),
    rules.CANCEL: (lambda actor, plan, text: commands.cancel_plan(actor, plan, reason=text), "已取消。"),
    rules.CLOSE: (lambda actor, plan, text: commands.close_plan(actor, plan, note=text), "已办结。"),
}


@page("supervision.plan", methods=("POST",))
def step(request: ActorRequest, pk: int, step: str) -> HttpResponse:
    """Take one step; a refusal shows the plan with the reason and what was typed."""
    found = questions.plan_for(request.actor, pk)
    if step not in STEPS:
        raise NotFound("no_step", "没有这个步骤。")
    act, done = STEPS[step]
    text = request.POST.get("text", "").replace("\0", "")[:120]
    try:
        act(request.actor, found, text)
    except DomainError as error:
        return _plan(request, questions.plan_for(request.actor, pk), problem=error.message, typed=text, status=error.status)
    messages.success(request, done)
    return see_other(reverse("supervision:plan", args=[pk]))


@page("supervision.plan", methods=("POST",))
def arrange(request: ActorRequest, pk: int) -> HttpResponse:
    """Send somebody without a draw."""
    found = questions.plan_for(request.actor, pk)
    form = _arrange_form(request.POST, found)

    def command(given: dict[str, Any]) -> None:
        people = Person.objects.in_bulk(given["inspectors"])
        unit = found.units.get(pk=given["unit"])
        visit_commands.arrange_visit(request.actor, found, unit=unit, inspectors=list(people.values()), due_on=given["due_on"])

    if form.carry_out(command):
        messages.success(request, "已安排，督查人员在工作台可以看到。")
        return see_other(reverse("supervision:plan", args=[pk]))
    return _plan(request, found, arrange_form=form, status=422)


def _draw_of(actor: Actor, pk: int, which: str) -> tuple[Plan, Draw]:
    plan = questions.plan_for(actor, pk)
    draw = {"objects": plan.objects_draw, "inspectors": plan.inspectors_draw}.get(which)
    if draw is None:
        raise NotFound("no_draw", "还没有这次抽取。")
    return plan, draw


@page("supervision.plans")
def draw(request: ActorRequest, pk: int, which: str) -> HttpResponse:
    """The list to print: frame, digest, seed and every ticket, so that anybody can repeat the draw."""
    plan, found = _draw_of(request.actor, pk, which)
    context = {
        "draw": found, "lines": questions.lines_of(found), "strata": questions.strata_of(found),
        "replacements": list(found.replacements.all()), "standing": draws.standing(found),
        "back": reverse("supervision:plan", args=[plan.pk]),
        "file": reverse("supervision:draw_file", args=[plan.pk, which]), "shares": questions.shares_of(found) if which == "objects" else [],
    }  # fmt: skip
    return render(request, "supervision/draw.html", context)


@page("supervision.plans")
def draw_file(request: ActorRequest, pk: int, which: str) -> HttpResponse:
    _, found = _draw_of(request.actor, pk, which)
    return file_answer(found, f"draw-{pk}-{which}")


def file_answer(draw: Draw, name: str) -> HttpResponse:
    """A draw as a file that verifies anywhere."""
    response = HttpResponse(json.dumps(draws.file_of(draw), ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


@page("supervision.plan", methods=("GET", "HEAD", "POST"))
def replace_object(request: ActorRequest, pk: int) -> HttpResponse:
    """Take the next ticket instead of somebody drawn."""
    target = Target.objects.standing().select_related("plan", "person").filter(pk=pk).first()
    if target is None:
        raise NotFound("no_target", "没有这名抽中的人员，或已经替换。")
    form = forms.ReasonForm(request.POST or None)
    if form.carry_out(lambda given: drawing.replace_object(request.actor, target, **given)):
        messages.success(request, "已按抽取次序替换，理由留存。")
        return see_other(reverse("supervision:plan", args=[target.plan_id]))
    context = {"form": form, "title": f"替换 {target.person.name}", "plan": target.plan}
    return render(request, "supervision/reason.html", context, status=422 if form.errors else 200)


@page("supervision.plan", methods=("GET", "HEAD", "POST"))
def replace_inspector(request: ActorRequest, pk: int) -> HttpResponse:
    """Let another go instead."""
    found = Inspector.objects.standing().select_related("visit__plan", "visit__unit", "person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_inspector", "没有这名督查人员，或已经替换。")
    visit = found.visit
    choices = [] if found.is_drawn else questions.inspector_choices(visit.unit, clock.today())
    form = forms.ReplaceInspectorForm(request.POST or None, inspectors=choices)

    def command(given: dict[str, Any]) -> None:
        by = Person.objects.filter(pk=given["inspector"]).first() if given["inspector"] else None
        drawing.replace_inspector(request.actor, found, reason=given["reason"], by=by)

    if form.carry_out(command):
        messages.success(request, "已替换，理由留存。")
        return see_other(reverse("supervision:plan", args=[visit.plan_id]))
    context = {"form": form, "title": f"替换 {visit.unit.name}的督查人员 {found.person.name}", "plan": visit.plan}
    return render(request, "supervision/reason.html", context, status=422 if form.errors else 200)


@page("supervision.plan", methods=("GET", "HEAD", "POST"))
def call_off(request: ActorRequest, pk: int) -> HttpResponse:
    """A visit will not take place."""
    visit = visit_questions.visit_for(request.actor, pk)
    form = forms.ReasonForm(request.POST or None)
    if form.carry_out(lambda given: visit_commands.call_off_visit(request.actor, visit, **given)):
        messages.success(request, "已取消，理由留存。")
        return see_other(reverse("supervision:plan", args=[visit.plan_id]))
    context = {"form": form, "title": f"取消检查 {visit.number} {visit.unit.name}", "plan": visit.plan}
    return render(request, "supervision/reason.html", context, status=422 if form.errors else 200)
