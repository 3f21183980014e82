"""Drafts: the list, a new one, its page, its values, its steps up to the last answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Case, CharField, Count, Value, When
from django.http import HttpResponse
from django.urls import reverse

from chengxin.consultations import forms, rules, selectors, services
from chengxin.consultations.models import Change, Consultation
from chengxin.consultations.views.page import TONES, carry_out, show
from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage, moment_of

EDITING = ("GET", "HEAD", "POST")


def _titled(field: str, titles: dict[str, str]) -> Case:
    return Case(*(When(**{field: code}, then=Value(title)) for code, title in titles.items()), output_field=CharField())


@page("consultations.read")
def listing(request: ActorRequest) -> HttpResponse:
    """征求意见: every draft the reader may see, the newest first."""
    rows = selectors.visible_to(request.actor).annotate(
        state_title=_titled("state", rules.STATES), audience_title=_titled("audience", rules.AUDIENCES),
        said=Count("opinions", distinct=True), published=moment_of("published_at"),
    )  # fmt: skip
    listed = ListPage(
        request,
        rows.values(
            "pk", "title", "state", "state_title", "audience_title", "starts_on", "ends_on", "said", "published", "document_number"
        ),
        (
            Column("title", "征求意见稿", "title"), Column("state_title", "状态", "state"), Column("audience_title", "范围"),
            Column("starts_on", "开始", "starts_on"), Column("ends_on", "截止", "ends_on"), Column("said", "意见（条）", "said"),
            Column("published", "发布", "published_at"), Column("document_number", "文号"),
        ),
        (
            Filter("title", "标题", "title__icontains", kind="text"), Filter("state", "状态", "state", tuple(rules.STATES.items())),
            Filter("audience", "范围", "audience", tuple(rules.AUDIENCES.items())),
        ),
    )  # fmt: skip
    context = {"list": listed, "tones": TONES, "may_prepare": request.actor.may("consultations.prepare"), "running": selectors.running()}
    return listed.export() or render(request, "consultations/list.html", context)


@page("consultations.prepare", methods=EDITING)
def new(request: ActorRequest) -> HttpResponse:
    form = forms.DraftForm(request.POST or None, initial={"audience": rules.INTERNAL})
    made: list[Consultation] = []
    if form.carry_out(lambda given: made.append(services.start_draft(request.actor, **given))):
        messages.success(request, "已起草，请逐条写明改动。")
        return see_other(reverse("consultations:detail", args=[made[0].pk]))
    return render(request, "consultations/new.html", {"form": form}, status=422 if form.errors else 200)


@page("consultations.read")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    return show(request, selectors.consultation_for(request.actor, pk))


@page("consultations.prepare")
def choose_rule(request: ActorRequest, pk: int) -> HttpResponse:
    """Every rule in force, by clause: which one is to be changed."""
    found = selectors.consultation_for(request.actor, pk)
    book, touched = rulebook.book_on(clock.today()), set(found.changes.values_list("rule", flat=True))
    titles = {clause.code: clause.title for clause in rulebook.clauses()}
    by_clause: dict[str, list[Any]] = {}
    for each in book.values():
        by_clause.setdefault(each.clause, []).append(each)
    context = {"found": found, "by_clause": by_clause, "titles": titles, "touched": touched}
    return render(request, "consultations/choose_rule.html", context)


@page("consultations.prepare", methods=EDITING)
def rule(request: ActorRequest, pk: int, code: str) -> HttpResponse:
    """The values of one rule in the draft."""
    found = selectors.consultation_for(request.actor, pk)
    issued = rulebook.book_on(clock.today()).get(code)
    if issued is None:
        raise NotFound("no_rule", f"没有施行中的规则“{code}”。")
    changes = list(found.changes.filter(rule=code))
    drafted = {each.name: each.after for each in changes}
    initial = {"reason": changes[-1].reason if changes else ""}
    form = forms.ValuesForm(request.POST or None, entries=issued.entries, drafted=drafted, initial=initial)

    def command(given: dict[str, Any]) -> None:
        values = {name: value for name, value in form.values.items() if name in drafted or value != issued.entries[name]["value"]}
        services.change_values(request.actor, found, rule=code, values=values, reason=given["reason"])

    if form.carry_out(command):
        messages.success(request, "草案已保存。")
        return see_other(reverse("consultations:detail", args=[pk]) + "#changes")
    context = {"found": found, "rule": issued, "form": form, "is_signing": found.state == rules.SIGNING}
    return render(request, "consultations/rule.html", context, status=422 if form.errors else 200)


@page("consultations.prepare", methods=("POST",))
def drop(request: ActorRequest, pk: int) -> HttpResponse:
    change = Change.objects.select_related("consultation").filter(pk=pk).first()
    if change is None:
        raise NotFound("no_change", "没有这项改动，可能已被删除。")
    services.drop_change(request.actor, change)
    messages.success(request, "已删除这项改动，该数值保持现行。")
    return see_other(reverse("consultations:detail", args=[change.consultation_id]) + "#changes")


@page("consultations.prepare", methods=("POST",))
def begin(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.consultation_for(request.actor, pk), forms.BeginForm(request.POST, auto_id="begin_%s")
    return carry_out(
        request, found, "begin", form, lambda given: services.begin_consultation(request.actor, found, **given), "已开始征求意见。"
    )


@page("consultations.prepare", methods=("POST",))
def close(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.consultation_for(request.actor, pk), Form(request.POST)
    done = "意见已办结，意见和答复已经公布。"
    return carry_out(request, found, "close", form, lambda _: services.close_consultation(request.actor, found), done)


@page("consultations.prepare", methods=("POST",))
def withdraw(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.consultation_for(request.actor, pk), forms.ReasonForm(request.POST, auto_id="withdraw_%s")
    return carry_out(
        request, found, "withdraw", form, lambda given: services.withdraw_consultation(request.actor, found, **given), "已撤回。"
    )
