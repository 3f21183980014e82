"""The year's programme, one part of it, and what the year came to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.selectors import programme as asked
from chengxin.activities.selectors import talks as talk_facts
from chengxin.activities.selectors.policies import programme_policy_at, talks_policy_at
from chengxin.activities.selectors.summary import year_summary
from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other

TONES = {rules.DONE: "ok", rules.ARRANGED: "info", rules.OPEN: "warn", rules.LATE: "bad", rules.AHEAD: "muted", rules.BEFORE: "muted"}
SENT_ELSEWHERE = {"talks": "activities:talks", "risk": "activities:risks"}


@page("activities.see")
def programme(request: ActorRequest, year: int | None = None) -> HttpResponse:
    """年度活动: the four quarters and the year's end, each part with where it stands."""
    wanted = year or clock.today().year
    if not 2000 <= wanted <= 2999:
        raise NotFound("no_year", "没有这一年的活动方案。")
    return _programme(request, wanted)


def _programme(request: ActorRequest, year: int, form: forms.YearForm | None = None) -> HttpResponse:
    context = {
        "year": year, "overview": asked.overview_of(year), "years": asked.years(), "tones": TONES, "labels": rules.PART_STATES,
        "may_create": request.actor.may("activities.programme"), "may_plan": request.actor.may("activities.plan"),
        "may_sum": request.actor.may("activities.summary"), "elsewhere": SENT_ELSEWHERE, "kinds": rules.KINDS,
        "form": form or forms.YearForm(initial={"year": year}),
    }  # fmt: skip
    return render(request, "activities/programme.html", context, status=422 if form else 200)


@page("activities.programme", methods=("POST",))
def create(request: ActorRequest) -> HttpResponse:
    """建立年度活动方案."""
    form = forms.YearForm(request.POST)
    if form.carry_out(lambda given: services.create_programme(request.actor, year=given["year"])):
        messages.success(request, f"{form.cleaned_data['year']} 年的活动方案已按现行规则建立。")
        return see_other(reverse("activities:year", args=[form.cleaned_data["year"]]))
    return _programme(request, clock.today().year, form)


@page("activities.see", methods=("GET", "HEAD", "POST"))
def part(request: ActorRequest, pk: int) -> HttpResponse:
    """One part: its activities, and – where the work lies in another room – the word that it was held."""
    actor = request.actor
    found = asked.part_for(actor, pk)
    may_report = actor.may("activities.programme") and found.kind in rules.REPORTED
    form = forms.ReportForm(request.POST if request.method == "POST" else None)
    if form.carry_out(lambda given: services.report_part(actor, found, **given)):
        messages.success(request, "已登记开展情况。")
        return see_other(reverse("activities:part", args=[pk]))
    standing = next(each for each in asked.standings_of(found.programme.year, clock.today()) if each.part.pk == pk)
    policy = programme_policy_at(clock.local_day(found.programme.created_at))
    context = {
        "part": found, "standing": standing, "tone": TONES[standing.state], "activities": asked.activities_of(found, actor),
        "reports": found.reports.all(), "may_report": may_report, "form": form, "states": rules.STATES,
        "quarter": rules.QUARTERS[found.quarter], "theme": policy["themes"].get(str(found.quarter), ""), "kind": rules.KINDS[found.kind],
        "may_plan": actor.may("activities.plan") and found.kind not in {"case_review", "inspection", "talks", "risk"},
        "elsewhere": SENT_ELSEWHERE.get(found.kind), "reason_form": forms.ReasonForm(auto_id="id_withdraw_%s"),
    }  # fmt: skip
    return render(request, "activities/part.html", context, status=422 if form.errors else 200)


@page("activities.programme", methods=("POST",))
def withdraw(request: ActorRequest, pk: int) -> HttpResponse:
    """Take a report back; without a reason the part's page says so."""
    report = asked.report_for(request.actor, pk)
    form = forms.ReasonForm(request.POST)
    if form.carry_out(lambda given: services.withdraw_report(request.actor, report, reason=given["reason"])):
        messages.success(request, "已撤回，记录保留可查。")
    else:
        messages.warning(request, "请写明撤回的原因。")
    return see_other(reverse("activities:part", args=[report.part_id]))


@page("activities.summary")
def summary(request: ActorRequest, year: int | None = None) -> HttpResponse:
    """年底总结: what the year came to, within the reader's scope."""
    actor, wanted = request.actor, year or clock.today().year
    if not 2000 <= wanted <= 2999:
        raise NotFound("no_year", "没有这一年的活动。")
    context: dict[str, Any] = {
        "year": wanted, "summary": year_summary(wanted, units=talk_facts.summary_units(actor)), "quarters": rules.QUARTERS,
        "classes": rules.CLASSES, "themes": talks_policy_at(clock.today()).themes, "point_states": rules.POINT_STATES,
        "is_whole": actor.units_for("activities.summary") is None,
    }  # fmt: skip
    return render(request, "activities/summary.html", context)
