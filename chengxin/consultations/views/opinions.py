"""Opinions of staff, and the desk that looks at and answers all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Case, CharField, Exists, F, OuterRef, Subquery, Value, When
from django.http import HttpResponse
from django.urls import reverse

from chengxin.consultations import forms, rules, selectors, services
from chengxin.consultations.models import Answer, Consultation, Opinion
from chengxin.consultations.selectors import summaries
from chengxin.consultations.services import papers
from chengxin.consultations.views.page import OUTCOME_TONES
from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.sendings import Sendings
from chengxin.ui.tables import Column, Filter, ListPage, moment_of

SENDINGS = Sendings("opinion-staff")


@page("consultations.opine", methods=("GET", "HEAD", "POST"))
def opine(request: ActorRequest, pk: int) -> HttpResponse:
    """提出意见: one sending is one opinion."""
    found = selectors.consultation_for(request.actor, pk)
    may_hide = selectors.policy_on(clock.today())["names"] == rules.OPTIONAL
    clauses = summaries.clause_choices(found)
    initial = {"clause": request.GET.get("clause", clauses[0][0])}
    form = forms.StaffOpinionForm(request.POST or None, clauses=clauses, may_hide=may_hide, initial=initial)
    if form.carry_out(lambda given: services.give_opinion(request.actor, found, form_key=SENDINGS.key_of_staff(request), **given)):
        messages.success(request, "意见已收到，答复后在这里看到。")
        return see_other(reverse("consultations:opinions", args=[pk]))
    context = {"found": found, "form": form, "token": SENDINGS.again(request), "takes_opinions": found.takes_opinions(clock.today())}
    return render(request, "consultations/opine.html", context, status=422 if form.errors else 200)


@page("consultations.read")
def listing(request: ActorRequest, pk: int) -> HttpResponse:
    """Every opinion the reader may read, with its answer."""
    found = selectors.consultation_for(request.actor, pk)
    newest = Answer.objects.filter(opinion=OuterRef("pk")).order_by("-number")
    outcome = Subquery(newest.values("outcome")[:1])
    titles = (When(outcome=code, then=Value(title)) for code, title in rules.OUTCOMES.items())
    rows = selectors.opinions_for(request.actor, found).prefetch_related(None).annotate(
        outcome=outcome, outcome_title=Case(*titles, default=Value("待答复"), output_field=CharField()), said=moment_of("at"),
        is_answered=Exists(newest), answer_reason=Subquery(newest.values("reason")[:1]),
        who=Case(
            When(channel=Opinion.PUBLIC, then=Value("社会公众")), When(hides_name=True, then=Value("本局人员")), default=F("by_label")
        ),
    )  # fmt: skip
    clauses = summaries.clause_choices(found)
    listed = ListPage(
        request,
        rows.values("pk", "clause", "who", "text", "said", "sight", "hints", "outcome", "outcome_title", "answer_reason"),
        (
            Column("clause", "条款", "clause"), Column("who", "提出人"), Column("text", "意见"), Column("said", "时间", "at"),
            Column("outcome_title", "答复", "outcome"), Column("answer_reason", "理由"),
        ),
        (
            Filter("clause", "条款", "clause", tuple(clauses)), Filter("channel", "来源", "channel", Opinion.CHANNELS),
            Filter("answered", "答复", "is_answered", (("False", "待答复"), ("True", "已答复"))),
            Filter("sight", "公开", "sight", tuple(rules.SIGHTS.items())),
        ),
        default_sort="clause",
    )  # fmt: skip
    context = {
        "found": found,
        "list": listed,
        "tones": OUTCOME_TONES,
        "sights": rules.SIGHTS,
        "takes_opinions": found.takes_opinions(clock.today()),
    }
    return listed.export() or render(request, "consultations/opinions.html", context)


@page("consultations.read")
def opinion(request: ActorRequest, pk: int) -> HttpResponse:
    return _opinion(request, selectors.opinion_for(request.actor, pk))


def _opinion(request: ActorRequest, found: Opinion, opened: str = "", bound: Form | None = None) -> HttpResponse:
    doors: dict[str, Form] = {"moderate": forms.ModerateForm(auto_id="moderate_%s"), "answer": forms.AnswerForm(auto_id="answer_%s")}
    if bound is not None:
        doors[opened] = bound
    actor, is_open = request.actor, found.consultation.state == rules.OPEN
    context = {
        "opinion": found, "consultation": found.consultation, "answers": list(found.answers.order_by("-number")), "doors": doors,
        "tones": OUTCOME_TONES, "knows_hints": actor.may("consultations.moderate"),
        "may_moderate": actor.may("consultations.moderate") and is_open and found.channel == Opinion.PUBLIC,
        "may_answer": actor.may("consultations.answer") and is_open and (found.by is None or found.by != actor.user_id),
        "is_own": found.by is not None and found.by == actor.user_id,
    }  # fmt: skip
    return render(request, "consultations/opinion.html", context, status=422 if bound is not None else 200)


def _act(request: ActorRequest, found: Opinion, name: str, form: Form, command: Callable[[dict[str, Any]], Any], done: str) -> HttpResponse:
    if form.carry_out(command):
        messages.success(request, done)
        return see_other(reverse("consultations:opinion", args=[found.pk]))
    return _opinion(request, found, name, form)


@page("consultations.moderate", methods=("POST",))
def moderate(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.opinion_for(request.actor, pk), forms.ModerateForm(request.POST, auto_id="moderate_%s")

    def command(given: dict[str, Any]) -> None:
        services.moderate_opinion(request.actor, found, is_shown=given["is_shown"] == "yes", reason=given["reason"])

    return _act(request, found, "moderate", form, command, "已审核。")


@page("consultations.answer", methods=("POST",))
def answer(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.opinion_for(request.actor, pk), forms.AnswerForm(request.POST, auto_id="answer_%s")
    return _act(request, found, "answer", form, lambda given: services.answer_opinion(request.actor, found, **given), "已答复。")


def _closed(request: ActorRequest, pk: int) -> Consultation:
    found = selectors.consultation_for(request.actor, pk)
    if not summaries.is_ready(found):
        raise NotFound("no_summary", "意见办结后才有意见汇总。")
    return found


@page("consultations.read")
def summary(request: ActorRequest, pk: int) -> HttpResponse:
    """意见汇总: clause, opinion, answer, reason."""
    found = _closed(request, pk)
    context = {"found": found, "summary": summaries.summary_of(found), "tones": OUTCOME_TONES, "is_public": False}
    return render(request, "consultations/summary.html", context)


@page("consultations.read")
def paper(request: ActorRequest, pk: int) -> HttpResponse:
    found = _closed(request, pk)
    return papers.answer_with(found, papers.summary_paper(found, summaries.summary_of(found)))
