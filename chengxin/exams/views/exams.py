"""Doors of planning: the list of exams, a new one, one exam with its steps and rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.exams import forms, rules
from chengxin.exams.models import Exam
from chengxin.exams.selectors import bank, results
from chengxin.exams.services import exams as commands
from chengxin.exams.services import marking
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {rules.PLANNED: "info", rules.PUBLISHED: "ok", rules.CANCELLED: "muted"}
WINDOWS = {"before": "未开始", "main": "进行中", "between": "等待补考", "make_up": "补考中", "after": "已结束"}


@page("exams.results")
def exams(request: ActorRequest) -> HttpResponse:
    """考试 within the reader's scope."""
    listing = ListPage(
        request,
        results.exams_listed(request.actor),
        (
            Column("pk", "编号", "pk"), Column("title", "名称"), Column("clause", "条款"), Column("opens_at", "开始", "opens_at"),
            Column("closes_at", "截止", "closes_at"), Column("due", "应考"), Column("begun", "已答题"), Column("state", "状态", "state"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.EXAM_STATES.items())), Filter("title", "名称含", "title__icontains", kind="text"),
            Filter("from", "开始不早于", "opens_at__date__gte", kind="date"),
            Filter("until", "开始不晚于", "opens_at__date__lte", kind="date"),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.EXAM_STATES, "tones": TONES, "may_plan": request.actor.may("exams.plan"),
        "may_decide": request.actor.may("exams.decide"),
    }  # fmt: skip
    return listing.export() or render(request, "exams/exams.html", context)


@page("exams.plan", methods=("GET", "HEAD", "POST"))
def new(request: ActorRequest) -> HttpResponse:
    """安排考试: window, units, blueprint."""
    actor, policy = request.actor, bank.exam_policy_at(clock.today())
    reach = actor.units_for("exams.plan")
    units = {each.pk: each for each in people.all_units() if reach is None or each.pk in reach}
    form = forms.ExamForm(
        request.POST or None, clauses=bank.clause_choices("2.4"), units=[(str(pk), each.name) for pk, each in units.items()],
        minutes=policy.minutes,
    )  # fmt: skip
    made: list[Exam] = []
    problem: list[str] = []

    def command(given: dict[str, Any]) -> None:
        try:
            made.append(
                commands.plan_exam(
                    actor, title=given["title"], clause=given["clause"], units=[units[pk] for pk in given["units"]],
                    opens_at=given["opens_at"], closes_at=given["closes_at"], minutes=given["minutes"],
                    blueprint=forms.lines_in(request.POST), form_key=given["key"], make_up=form.make_up(),
                )
            )  # fmt: skip
        except DomainError as error:
            if error.field == "blueprint":
                problem.append(error.message)
            raise

    if form.carry_out(command):
        messages.success(request, "已安排。核对后发布：发布时冻结题库、产生种子并为每名应考人员抽取试卷。")
        return see_other(reverse("exams:exam", args=[made[0].pk]))
    context = {
        "form": form, "policy": policy, "lines": _typed_lines(request.POST), "clauses": bank.clause_choices(), "kinds": rules.KINDS,
        "counts": _counts(), "problem": problem[0] if problem else "",
    }  # fmt: skip
    return render(request, "exams/exam_form.html", context, status=422 if form.errors else 200)


def _typed_lines(posted: Mapping[str, str]) -> list[dict[str, str]]:
    return [{name: posted.get(f"{name}-{at}", "") for name in ("clause", "kind", "count", "points")} for at in range(forms.LINES)]


def _counts() -> list[tuple[str, str, int]]:
    """How many items in use the bank holds, by clause and kind."""
    counted: dict[tuple[str, str], int] = {}
    for each in bank.stock():
        counted[each.clause, each.kind] = counted.get((each.clause, each.kind), 0) + 1
    return [(clause, rules.KINDS[kind], n) for (clause, kind), n in sorted(counted.items())]


@page("exams.results")
def exam(request: ActorRequest, pk: int) -> HttpResponse:
    return _exam(request, results.exam_for(request.actor, pk))


def _exam(
    request: ActorRequest, found: Exam, *, problem: str = "", filled: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    now, actor, filled = clock.now(), request.actor, filled or {}
    units = list(found.units.all())
    may_plan = all(actor.may("exams.plan", unit.pk) for unit in units)
    window = found.window(now)
    initial = {"opens_at": found.closes_at + dt.timedelta(days=1), "closes_at": found.closes_at + dt.timedelta(days=1, hours=3)}
    context = {
        "exam": found, "units": units, "window": WINDOWS[window], "states": rules.EXAM_STATES, "tones": TONES, "kinds": rules.KINDS,
        "problem": problem, "may_plan": may_plan, "is_over": found.is_over(now), "classes": {"established": "在编", "auxiliary": "协管"},
        "rates": results.rates_of(actor, found) if found.state == rules.PUBLISHED else [],
        "due": _due(found) if found.state == rules.PLANNED else "",
        "shortages": rules.shortages(found.lines, bank.stock()) if found.state == rules.PLANNED else [],
        "cancel_form": filled.get("cancel") or forms.ReasonForm(auto_id="cancel_%s"),
        "make_up_form": filled.get("make-up") or forms.MakeUpForm(initial=initial, auto_id="make_up_%s"),
        "person_form": filled.get("add-person") or forms.PersonForm(auto_id="add_%s"),
        "may_cancel": may_plan and found.state != rules.CANCELLED and not found.papers.exclude(started_at=None).exists(),
        "may_make_up": may_plan and found.state == rules.PUBLISHED and window in {"before", "main", "between"},
        "may_add": may_plan and found.state == rules.PUBLISHED and window in {"before", "main"},
        "suggestions": people.person_suggestions(actor) if may_plan else [],
        "takeovers": results.takeovers_in(actor, found),
    }  # fmt: skip
    return render(request, "exams/exam.html", context, status=status)


def _due(exam: Exam) -> str:
    """Who would be due if it were published now, by class."""
    units = list(exam.units.values_list("pk", flat=True))
    classes = [each.person_class for each in results.due_persons(units, clock.local_day(exam.opens_at))]
    return f"应考 {len(classes)} 人，其中在编 {classes.count('established')} 人、协管 {classes.count('auxiliary')} 人。"


def _make_up(actor: Actor, exam: Exam, given: dict[str, Any]) -> object:
    return commands.set_make_up(actor, exam, **given)


def _add(actor: Actor, exam: Exam, given: dict[str, Any]) -> object:
    return commands.add_person(actor, exam, people.person_by_text(actor, given["person"]))


FORMS: dict[str, tuple[Callable[..., Any], Callable[[Actor, Exam, dict[str, Any]], object], str]] = {
    "cancel": (forms.ReasonForm, lambda actor, exam, given: commands.cancel_exam(actor, exam, **given), "已取消。"),
    "make-up": (forms.MakeUpForm, _make_up, "补考已安排。"),
    "add-person": (forms.PersonForm, _add, "已增补，试卷已抽取。"),
}
PLAIN: dict[str, tuple[Callable[[Actor, Exam], object], str]] = {
    "publish": (commands.publish_exam, "已发布：题库已冻结，每名应考人员的试卷已按种子抽取。"),
    "mark": (marking.mark_exam, "已阅卷。"),
}


@page("exams.plan", methods=("POST",))
def step(request: ActorRequest, pk: int, step: str) -> HttpResponse:
    """Take one step; a refusal shows the exam with the reason and what was typed."""
    found = results.exam_for(request.actor, pk)
    there = see_other(reverse("exams:exam", args=[pk]))
    if step in FORMS:
        make, act, done = FORMS[step]
        form = make(request.POST, auto_id={"cancel": "cancel_%s", "make-up": "make_up_%s"}.get(step, "add_%s"))
        if form.carry_out(lambda given: act(request.actor, found, given)):
            messages.success(request, done)
            return there
        return _exam(request, results.exam_for(request.actor, pk), filled={step: form}, status=422)
    if step not in PLAIN:
        raise NotFound("no_step", "没有这个步骤。")
    command, done = PLAIN[step]
    try:
        command(request.actor, found)
    except DomainError as error:
        return _exam(request, results.exam_for(request.actor, pk), problem=error.message, status=error.status)
    messages.success(request, done)
    return there
