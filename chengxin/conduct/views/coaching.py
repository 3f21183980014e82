"""言行辅导: after a finding, until later recordings show that it helped; and the rates (2.3.2, 1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Case, F, Value, When
from django.http import HttpResponse
from django.urls import reverse

from chengxin.conduct import forms, rules, services
from chengxin.conduct.models import Coaching
from chengxin.conduct.selectors import coaching as questions
from chengxin.conduct.selectors import rates as figures
from chengxin.conduct.selectors import reviews as reviewing
from chengxin.conduct.views.reviews import CLASSES, OUTCOME_TONES
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.evidence.models import Review
from chengxin.findings import selectors as findings
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {"": "info", rules.IMPROVED: "ok", rules.REPEATED: "bad"}
STATES = (("open", "待再抽或评查"), *rules.OUTCOMES.items())
DAYS = 90


@page("conduct.read")
def coachings(request: ActorRequest) -> HttpResponse:
    """Coaching in the units the reader answers for."""
    rows = questions.coachings_visible_to(request.actor).annotate(
        person_name=F("person__name"), unit_name=F("unit__name"),
        state=Case(When(outcome="", then=Value("open")), default=F("outcome")),
    )  # fmt: skip
    listing = ListPage(
        request,
        rows.values("pk", "person_name", "person_class", "unit_name", "held_on", "practised", "coach_label", "outcome"),
        (
            Column("person_name", "人员", "person__name_key"), Column("unit_name", "单位", "unit__sequence"),
            Column("person_class", "类别"), Column("held_on", "辅导日期", "held_on"), Column("practised", "练了什么"),
            Column("coach_label", "辅导人"), Column("outcome", "结果", "outcome"),
        ),
        (
            Filter("state", "结果", "state", STATES), Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("class", "类别", "person_class", CLASSES), Filter("from", "从", "held_on__gte", kind="date"),
            Filter("until", "到", "held_on__lte", kind="date"),
        ),
    )  # fmt: skip
    may_coach = request.actor.may("conduct.coach")
    context = {
        "listing": listing, "outcomes": {"": "待再抽或评查", **rules.OUTCOMES}, "tones": TONES, "classes": dict(CLASSES),
        "may_coach": may_coach, "waiting": questions.findings_to_coach(request.actor).count() if may_coach else 0,
    }  # fmt: skip
    return listing.export() or render(request, "conduct/coachings.html", context)


@page("conduct.coach", methods=("GET", "HEAD", "POST"))
def coach(request: ActorRequest) -> HttpResponse:
    """Keep a coaching for a finding that nobody coached yet."""
    actor = request.actor
    open_ = list(questions.findings_to_coach(actor).select_related("person", "unit").order_by("-seen_at")[:200])
    choices = [(str(each.pk), f"{each.number} {each.person.name if each.person else ''}：{each.text}") for each in open_]
    initial = {"held_on": clock.today(), "finding": request.GET.get("finding", "")}
    form = forms.CoachingForm(request.POST or None, findings=choices, initial=initial)
    made: list[Coaching] = []

    def carry_out(given: dict[str, Any]) -> None:
        finding = findings.finding_for(actor, int(given["finding"]))
        made.append(services.record_coaching(actor, finding, held_on=given["held_on"], practised=given["practised"]))

    if form.carry_out(carry_out):
        messages.success(request, "已登记辅导；之后由其他单位的人员从辅导后的影像中再抽。")
        return see_other(reverse("conduct:coaching", args=[made[0].pk]))
    return render(request, "conduct/coach.html", {"form": form, "count": len(choices)}, status=422 if form.errors else 200)


@page("conduct.read")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    return _detail(request, questions.coaching_for(request.actor, pk))


def _detail(request: ActorRequest, found: Coaching, form: forms.FollowUpForm | None = None) -> HttpResponse:
    last = questions.last_follow_up(found)
    reviews = questions.reviews_of(last) if last is not None else []
    may_review = request.actor.may("conduct.review", found.unit_id)
    finding = findings.findings_visible_to(request.actor).filter(pk=found.finding_id).first()
    results = questions.results_of(reviews)
    context = {
        "coaching": found, "finding": finding, "follow_up": last, "reviews": reviews, "may_review": may_review,
        "may_draw": may_review and questions.may_draw(found), "form": form or forms.FollowUpForm(), "outcomes": dict(Review.OUTCOMES),
        "tones": OUTCOME_TONES, "coaching_outcomes": rules.OUTCOMES, "coaching_tones": TONES,
        "may_close": may_review and not found.outcome and results is not None and bool(rules.outcome_of(results)),
        "bad": reviewing.counting_recordings([each.recording_id for each in reviews]), "count": len(questions.frame_of(found)),
    }  # fmt: skip
    return render(request, "conduct/coaching.html", context, status=422 if form is not None else 200)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def follow_up(request: ActorRequest, pk: int) -> HttpResponse:
    """Draw again from the person's later recordings."""
    found = questions.coaching_for(request.actor, pk)
    form = forms.FollowUpForm(request.POST or None)
    if request.method != "POST":
        return see_other(reverse("conduct:coaching", args=[pk]))
    if not form.is_valid():
        return _detail(request, found, form)
    try:
        services.draw_follow_up(request.actor, found, public=form.cleaned_data["public"])
    except DomainError as error:
        form.add_domain_error(error)
        return _detail(request, found, form)
    messages.success(request, "已抽取，请评查抽中的影像。")
    return see_other(reverse("conduct:coaching", args=[pk]))


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def close(request: ActorRequest, pk: int) -> HttpResponse:
    """Close a coaching whose drawn recordings are all reviewed."""
    found = questions.coaching_for(request.actor, pk)
    if request.method == "POST":
        services.close_coaching(request.actor, found)
        messages.success(request, "已办结。")
    return see_other(reverse("conduct:coaching", args=[pk]))


@page("conduct.rates")
def rates(request: ActorRequest) -> HttpResponse:
    """文明言行: sampled without a finding / sampled, with n, by unit and class."""
    until = _day(request.GET.get("until"), clock.today())
    since = min(_day(request.GET.get("from"), until - dt.timedelta(days=DAYS - 1)), until)
    return render(request, "conduct/rates.html", {"rates": figures.rates_of(request.actor, since, until)})


def _day(text: str | None, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return default
