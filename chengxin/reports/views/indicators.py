"""四项指标: what the leaders look at first, and the way down to the facts (1)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from chengxin.reports import forms, selectors
from chengxin.reports.rules import Measured
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render

SPAN_DAYS = 365


@page("reports.indicators")
def indicators(request: ActorRequest) -> HttpResponse:
    """The four of a span of days, of the units the reader answers for."""
    since, until = forms.span_of(request.GET.get("from"), request.GET.get("until"), SPAN_DAYS)
    found = selectors.indicators(request.actor, since, until)
    context = {
        "since": since, "until": until, "indicators": found, "charts": [_trend(each) for each in found if _has_trend(each)],
        "is_whole": request.actor.units_for("reports.indicators") is None,
    }  # fmt: skip
    return render(request, "reports/indicators.html", context)


def _has_trend(each: selectors.Indicator) -> bool:
    return any(month.rate is not None for _, month in each.by_month)


def _trend(each: selectors.Indicator) -> dict[str, Any]:
    return {
        "title": f"{each.title}逐月", "kind": "line", "unit": "%", "categories": [name for name, _ in each.by_month],
        "series": [{"name": each.title, "values": [_percent(month) for _, month in each.by_month]}],
    }  # fmt: skip


def _percent(found: Measured) -> float | None:
    return None if found.rate is None else round(100 * found.rate, 1)
