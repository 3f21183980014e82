"""Doors of the rulebook."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.rulebook import selectors, services
from chengxin.rulebook.forms import HolidayNoticeForm, IssueForm, PublishForm
from chengxin.rulebook.models import CalendarVersion
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other

# further panels on a clause page, brought by chapters above: (actor, clause code) -> (title, rows of (text, address)) or None
CLAUSE_PANELS: list[Callable[[Actor, str], tuple[str, list[tuple[str, str]]] | None]] = []


@page("rulebook.read")
def contents(request: ActorRequest) -> HttpResponse:
    """Table of contents: the plan's clauses with their rules."""
    return render(request, "rulebook/contents.html", {"clauses": selectors.clauses()})


@page("rulebook.read")
def clause(request: ActorRequest, code: str) -> HttpResponse:
    """A clause: original wording, rules, values with date, source and confirmation, and what cites it."""
    found = selectors.clause_for(code)
    panels = [panel for make in CLAUSE_PANELS if (panel := make(request.actor, code)) is not None]
    return render(
        request, "rulebook/clause.html", {"clause": found, "panels": panels, "may_publish": request.actor.may("rulebook.publish")}
    )


@page("rulebook.read")
def gaps(request: ActorRequest) -> HttpResponse:
    """待局确认: every value the plan does not state and nobody confirmed."""
    may_confirm = request.actor.may("rulebook.publish")
    return render(request, "rulebook/gaps.html", {"gaps": selectors.gaps(), "may_confirm": may_confirm})


@page("rulebook.publish", methods=("POST",))
def confirm(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    services.confirm_value(request.actor, selectors.version_by_pk(pk), name)
    messages.success(request, "已确认，并记入审计。")
    return see_other(reverse("rulebook:gaps"))


@page("rulebook.publish", methods=("GET", "POST"))
def issue(request: ActorRequest) -> HttpResponse:
    """印发: the drafts come into force from the day of issue."""
    form = IssueForm(request.POST or None)
    if form.carry_out(lambda given: services.issue_rulebook(request.actor, **given)):
        messages.success(request, "已印发，全部规则自印发日起施行。")
        return see_other(reverse("rulebook:contents"))
    return render(request, "rulebook/issue.html", {"form": form}, status=422 if form.errors else 200)


@page("rulebook.publish", methods=("GET", "HEAD", "POST"))
def publish(request: ActorRequest, code: str) -> HttpResponse:
    """发布新版本 of a rule from a day on; the version before ends the day before."""
    version = selectors.newest_version(code)
    form = PublishForm(request.POST or None, values=version.values)

    def carry_out(given: dict[str, Any]) -> None:
        head = {name: given[name] for name in ("in_force_on", "document_number")}
        services.publish_version(request.actor, code, values=form.changed(version.values), **head)

    if form.carry_out(carry_out):
        messages.success(request, f"新版本自 {form.cleaned_data['in_force_on']} 施行。")
        return see_other(reverse("rulebook:clause", args=[version.rule.clause_id]))
    return render(request, "rulebook/publish.html", {"version": version, "form": form}, status=422 if form.errors else 200)


@page("rulebook.read")
def work_calendar(request: ActorRequest, year: int | None = None) -> HttpResponse:
    """A year's days off and make-up workdays, month by month, with its source."""
    shown = min(max(year or clock.today().year, 2000), 2100)
    known = selectors.work_calendar().year(shown)
    context = {
        "year": known,
        "months": [_month(shown, month, known.is_workday) for month in range(1, 13)],
        "years": sorted({shown - 1, shown, shown + 1, *CalendarVersion.objects.values_list("year", flat=True)}),
        "may_enter": request.actor.may("rulebook.calendar"),
    }
    return render(request, "rulebook/calendar.html", context)


def _month(year: int, month: int, is_workday: Callable[[dt.date], bool]) -> dict[str, Any]:
    """The month's weeks; each day with how it differs from a plain week."""
    weeks = []
    for week in calendar.Calendar().monthdatescalendar(year, month):
        days = []
        for day in week:
            inside = day.month == month
            css = "makeup" if is_workday(day) and day.weekday() >= 5 else "" if is_workday(day) else "off"
            days.append((day.day if inside else "", css if inside else ""))
        weeks.append(days)
    return {"number": month, "weeks": weeks}


@page("rulebook.calendar", methods=("GET", "POST"))
def holiday_notice(request: ActorRequest) -> HttpResponse:
    """录入放假通知: a new calendar version; open terms are recomputed with a trace."""
    form = HolidayNoticeForm(request.POST or None)
    if form.carry_out(lambda given: services.enter_holiday_notice(request.actor, **given)):
        messages.success(request, "已录入，未结案的期限已按新日历重算。")
        return see_other(reverse("rulebook:year", args=[form.cleaned_data["year"]]))
    return render(request, "rulebook/holiday_notice.html", {"form": form}, status=422 if form.errors else 200)
