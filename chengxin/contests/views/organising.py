"""Doors of who organises and who enters: the list, one page each, one post per step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.contests import forms, rules, selectors, services
from chengxin.contests.models import Contest, Entry, Judge
from chengxin.contests.services.life import refuse_judge
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.people import selectors as people
from chengxin.people.models import Person
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {
    rules.PLANNED: "info", rules.CLOSED: "info", rules.DRAWN: "info", rules.RUNNING: "warn", rules.CONFIRMED: "ok",
    rules.CANCELLED: "muted",
}  # fmt: skip


@page("contests.see")
def contests(request: ActorRequest) -> HttpResponse:
    """竞赛与会操, for the whole bureau."""
    listing = ListPage(
        request,
        selectors.contest_rows(request.actor),
        (
            Column("pk", "编号", "pk"), Column("title", "名称", "title"), Column("kind", "种类", "kind"), Column("subject", "参赛"),
            Column("held_on", "日期", "held_on"), Column("place", "地点"), Column("entered", "参赛者", "entered"),
            Column("state", "状态", "state"),
        ),
        (
            Filter("kind", "种类", "kind", tuple(rules.KINDS.items())), Filter("state", "状态", "state", tuple(rules.STATES.items())),
            Filter("title", "名称", "title__contains", kind="text"),
            Filter("from", "从", "held_on__gte", kind="date"), Filter("until", "到", "held_on__lte", kind="date"),
        ),
    )  # fmt: skip
    actions = [("发起竞赛", reverse("contests:new"))] if request.actor.may("contests.plan") else []
    if request.actor.person_id is not None:
        actions.append(("我的参赛", reverse("contests:own")))
    context = {
        "listing": listing, "kinds": rules.KINDS, "subjects": rules.SUBJECTS, "states": rules.STATES, "tones": TONES, "actions": actions,
    }  # fmt: skip
    return listing.export() or render(request, "contests/list.html", context)


@page("contests.plan", methods=("GET", "HEAD", "POST"))
def new(request: ActorRequest) -> HttpResponse:
    """发起竞赛."""
    form = forms.ContestForm(request.POST or None)
    made: list[Contest] = []

    def carry_out(given: dict[str, Any]) -> None:
        key = given.pop("key")
        made.append(services.plan_contest(request.actor, form_key=key, **given))

    if form.carry_out(carry_out):
        messages.success(request, f"已发起 {made[0].number}，各单位可以报名。")
        return see_other(reverse("contests:detail", args=[made[0].pk]))
    context = {
        "form": form, "title": "发起竞赛", "subtitle": "环节和评分项取自制度；去分、权重、同分次序在报名截止前可以调整。",
        "button": "发起", "back": reverse("contests:list"), "clause": "2.4.2",
    }  # fmt: skip
    return render(request, "contests/form.html", context, status=422 if form.errors else 200)


# --- one contest ---


@dataclass(frozen=True)
class Door:
    """A step: its title, a word of explanation, its form, how its command is called, and what is said when it is done."""

    title: str
    hint: str
    form: type[Form]
    call: Callable[[Actor, Contest, dict[str, Any]], Any]
    done: str
    tone: str = "primary"


DOORS = {
    "close": Door(
        "截止报名", "截止后不能再报名，竞赛规则不能再改，抽签范围冻结。", forms.PlainForm,
        lambda a, c, _: services.close_entries(a, c), "报名已截止，规则和抽签范围已经固定。",
    ),
    "draw": Door(
        "抽签定出场次序", "先聘足独立评委；抽签后，看得到名单的组织人员不能再聘为评委。", forms.DrawForm,
        lambda a, c, g: services.draw_order(a, c, public=g["public"]), "出场次序已抽定。",
    ),
    "start": Door(
        "开始评分", "每名选手的独立评委须够数。", forms.PlainForm, lambda a, c, _: services.start_contest(a, c), "已开始，评委可以评分。",
    ),
    "confirm": Door(
        "确认成绩", "由未担任评委、也不属于参赛单位的人确认；确认后冻结，只能编号更正。", forms.ConfirmForm,
        lambda a, c, g: services.confirm_result(a, c, sha256=g["sha256"]), "成绩已确认并冻结。",
    ),
    "correct": Door(
        "更正成绩", "确认的成绩不改，更正编号附在后面。", forms.CorrectionForm,
        lambda a, c, g: services.correct_result(a, c, form_key=g.pop("key"), **g), "更正已编号记录。", "secondary",
    ),
    "move": Door(
        "调整时间地点", "开始评分前可以改期；原定时间和理由留存，参赛者和评委在本页看到。", forms.MoveForm,
        lambda a, c, g: services.move_contest(a, c, **g), "时间地点已调整。", "secondary",
    ),
    "cancel": Door(
        "取消竞赛", "取消后不能恢复，已有记录保留。", forms.ReasonForm,
        lambda a, c, g: services.cancel_contest(a, c, reason=g["reason"]), "竞赛已取消，理由留存。", "secondary",
    ),
}  # fmt: skip
NEXT = {rules.PLANNED: "close", rules.CLOSED: "draw", rules.DRAWN: "start", rules.RUNNING: "confirm", rules.CONFIRMED: "correct"}


@page("contests.see")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    """A contest: its rules, who enters, who judges, how far it is, and what the reader may do."""
    return _detail(request, selectors.contest_for(request.actor, pk))


@page("contests.see", methods=("GET", "HEAD", "POST"))
def step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Take one step; a refusal shows the contest as it is now, with the filled form."""
    contest = selectors.contest_for(request.actor, pk)
    if request.method != "POST":
        return see_other(reverse("contests:detail", args=[pk]))
    if name not in DOORS:
        raise NotFound("no_step", "没有这个步骤。")
    door = DOORS[name]
    form = door.form(request.POST)
    if form.carry_out(lambda given: door.call(request.actor, contest, given)):
        messages.success(request, door.done)
        return see_other(reverse("contests:detail", args=[pk]))
    return _detail(request, selectors.contest_for(request.actor, pk), filled=(name, form))


def _offered(actor: Actor, contest: Contest) -> list[str]:
    """The steps the reader may take now, the next one first."""
    found = []
    next_step = NEXT.get(contest.state)
    needs = "contests.confirm" if next_step in {"confirm", "correct"} else "contests.plan"
    apart = selectors.why_not_chief(actor, contest) if needs == "contests.confirm" else ""
    if next_step and actor.may(needs) and not apart and (needs == "contests.confirm" or selectors.is_organiser(actor, contest)):
        found.append(next_step)
    if contest.started_at is None and not contest.is_over and actor.may("contests.plan") and selectors.is_organiser(actor, contest):
        found.append("move")
    if not contest.is_over and actor.may("contests.plan"):
        found.append("cancel")
    return found


def _doors(
    actor: Actor, contest: Contest, digest: str, filled: tuple[str, Form] | None
) -> list[dict[str, Any]]:  # fmt: skip
    names = _offered(actor, contest)
    if filled is not None and filled[0] not in names:
        names.append(filled[0])
    shown, known = [], {"sha256": digest, "held_on": contest.held_on, "place": contest.place}
    for name in names:
        door = DOORS[name]
        mine = filled is not None and filled[0] == name
        form = filled[1] if mine and filled else door.form(initial=known, auto_id=f"id_{name}_%s")
        shown.append({"name": name, "door": door, "form": form, "open": mine or name not in {"move", "cancel", "correct"}})
    return shown


def _detail(request: ActorRequest, contest: Contest, *, filled: tuple[str, Form] | None = None) -> HttpResponse:
    actor = request.actor
    organises, judge = selectors.is_organiser(actor, contest), selectors.judge_of(actor, contest)
    running = contest.state == rules.RUNNING
    seen_result = selectors.preview_of(contest) if running and organises else None
    lacking = selectors.lacking(contest) if organises and not contest.is_over else []
    context = {
        "contest": contest, "policy": contest.ruleset, "state": rules.STATES[contest.state], "tone": TONES[contest.state],
        "kinds": rules.KINDS, "subjects": rules.SUBJECTS, "drops": rules.DROPS, "points": rules.points_text,
        "entries": selectors.entries_named_to(actor, contest),
        "count": sum(each.withdrawn_at is None for each in selectors.entries_of(contest)),
        "organises": organises, "judge": judge, "judges": selectors.judges_of(contest) if organises else [],
        "lacking": [(entry.title if entry.number is None else f"{entry.number} 号", each.text) for entry, each in lacking],
        "judge_form": _judge_form(contest) if organises and actor.may("contests.plan") and not contest.is_over else None,
        "may_enter": contest.state == rules.PLANNED and actor.may("contests.enter") and judge is None,
        "may_withdraw": not contest.is_over and actor.may("contests.enter") and judge is None,
        "may_set": contest.state == rules.PLANNED and organises and actor.may("contests.plan"),
        "may_plan": organises and actor.may("contests.plan"),
        "progress": selectors.progress_of(contest) if running and organises else [],
        "preview": seen_result[0] if seen_result else None, "digest": seen_result[1] if seen_result else "",
        "result": selectors.result_of(contest), "board": selectors.board_of(actor, contest) if contest.state == rules.CONFIRMED else None,
        "criteria": selectors.criteria_of(contest) if contest.state == rules.CONFIRMED else [],
        "doors": _doors(actor, contest, seen_result[1] if seen_result else "", filled),
        "why_not_chief": selectors.why_not_chief(actor, contest) if running and actor.may("contests.confirm") else "",
    }  # fmt: skip
    return render(request, "contests/detail.html", context, status=422 if filled else 200)


def _judge_form(contest: Contest, data: Any = None) -> forms.JudgeForm:
    form = forms.JudgeForm(data, judges=selectors.judge_choices(contest), auto_id="id_judge_%s")
    if contest.state != rules.RUNNING:
        del form.fields["reason"]
    return form


def _organised(actor: Actor, pk: int) -> Contest:
    """A contest for who organises it: names stand on the pages behind this. Raises NotAllowed for its judges."""
    contest = selectors.contest_for(actor, pk)
    refuse_judge(actor, contest)
    return contest


@page("contests.plan", methods=("GET", "HEAD", "POST"))
def contest_rules(request: ActorRequest, pk: int) -> HttpResponse:
    """竞赛规则: chosen until entries are closed."""
    contest = _organised(request.actor, pk)
    form = forms.RulesForm(request.POST or None, policy=contest.ruleset)
    if form.carry_out(lambda given: services.set_contest_rules(request.actor, contest, **form.chosen(given))):
        messages.success(request, "竞赛规则已保存；报名截止后不能再改。")
        return see_other(reverse("contests:detail", args=[pk]))
    context = {
        "form": form, "title": "竞赛规则", "subtitle": f"{contest.number} {contest.title}；报名截止后不能再改。", "button": "保存规则",
        "back": reverse("contests:detail", args=[pk]), "clause": contest.clause,
    }  # fmt: skip
    return render(request, "contests/form.html", context, status=422 if form.errors else 200)


@page("contests.enter", methods=("GET", "HEAD", "POST"))
def enter(request: ActorRequest, pk: int) -> HttpResponse:
    """报名, for a unit the reader answers for."""
    actor, contest = request.actor, selectors.contest_for(request.actor, pk)
    form = forms.EntryForm(request.POST or None, units=selectors.entry_units(actor), of_persons=contest.is_of_persons)

    def carry_out(given: dict[str, Any]) -> None:
        unit = people.unit_for(actor, int(given["unit"]), "contests.enter")
        persons = [_person(actor, line) for line in form.lines]
        services.enter_contest(actor, contest, unit=unit, persons=persons, title=given.get("title", ""), form_key=given["key"])

    if form.carry_out(carry_out):
        messages.success(request, "已报名；抽签前后都可以写明理由退出。")
        return see_other(reverse("contests:detail", args=[pk]))
    context = {
        "form": form, "title": "报名", "subtitle": f"{contest.number} {contest.title}（{rules.SUBJECTS[contest.subject]}）",
        "button": "报名",
        "back": reverse("contests:detail", args=[pk]), "clause": contest.clause, "suggestions": people.person_suggestions(actor),
    }  # fmt: skip
    return render(request, "contests/form.html", context, status=422 if form.errors else 200)


def _person(actor: Actor, line: str) -> Person:
    try:
        return people.person_by_text(actor, line)
    except DomainError as error:
        raise DomainError(error.code, error.message, field="persons") from error


def _entry(actor: Actor, contest: Contest, pk: int) -> Entry:
    return selectors.entry_for(actor, contest, pk)


@page("contests.enter", methods=("GET", "HEAD", "POST"))
def withdraw(request: ActorRequest, pk: int, entry: int) -> HttpResponse:
    """退出, with a reason; the start number stays."""
    contest = selectors.contest_for(request.actor, pk)
    found = _entry(request.actor, contest, entry)
    form = forms.ReasonForm(request.POST or None)
    if form.carry_out(lambda given: services.withdraw_entry(request.actor, found, reason=given["reason"])):
        messages.success(request, "已退出，出场号保留，理由留存。")
        return see_other(reverse("contests:detail", args=[pk]))
    return _reason(request, contest, form, f"{found.title} 退出竞赛", "退出")


@page("contests.plan", methods=("POST",))
def appoint(request: ActorRequest, pk: int) -> HttpResponse:
    """聘任评委."""
    contest = _organised(request.actor, pk)
    form = _judge_form(contest, request.POST)

    def carry_out(given: dict[str, Any]) -> None:
        person = next(each for each, _, _ in selectors.judge_pool() if each.pk == int(given["person"]))
        services.appoint_judge(request.actor, contest, person=person, reason=given.get("reason", ""))

    if form.carry_out(carry_out):
        messages.success(request, "已聘任，评委在工作台可以看到。")
    else:
        messages.warning(request, " ".join(str(text) for errors in form.errors.values() for text in errors))
    return see_other(reverse("contests:detail", args=[pk]))


@page("contests.plan", methods=("GET", "HEAD", "POST"))
def release(request: ActorRequest, pk: int, judge: int) -> HttpResponse:
    """解除评委, with a reason."""
    contest = _organised(request.actor, pk)
    found = Judge.objects.select_related("person", "contest").filter(contest=contest, pk=judge).first()
    if found is None:
        raise NotFound("no_judge", "没有这名评委。")
    form = forms.ReasonForm(request.POST or None)
    if form.carry_out(lambda given: services.release_judge(request.actor, found, reason=given["reason"])):
        messages.success(request, "已解除；已提交的评分表保留。")
        return see_other(reverse("contests:detail", args=[pk]))
    return _reason(request, contest, form, f"解除评委 {found.person.name}", "解除")


def _reason(request: ActorRequest, contest: Contest, form: Form, title: str, button: str) -> HttpResponse:
    context = {
        "form": form, "title": title, "subtitle": f"{contest.number} {contest.title}；理由会留在记录里。", "button": button,
        "back": reverse("contests:detail", args=[contest.pk]), "clause": contest.clause,
    }  # fmt: skip
    return render(request, "contests/form.html", context, status=422 if form.errors else 200)
