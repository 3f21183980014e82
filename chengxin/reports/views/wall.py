"""大屏: the four at a glance for whoever passes by. A shell without data, which asks for the figures again and again; no persons."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.reports import rules, selectors
from chengxin.reports.selectors.figures import NOBODYS
from chengxin.reports.views.indicators import chart
from chengxin.ui.doors import ActorRequest, endpoint, page
from chengxin.ui.pages import render

SPAN = dt.timedelta(days=364)


@page("public")
def wall(request: ActorRequest) -> HttpResponse:
    """The screen of 1920 × 1080. It shows a device token or, for a while, the session of who opened it."""
    opened = int(clock.now().timestamp())
    return render(request, "reports/wall.html", {"opened": opened, "signed_in": request.actor.user_id is not None})


@endpoint("reports.wall", methods=("GET",))
def now(request: ActorRequest) -> HttpResponse:
    """The figures of the last year over the units the capability reaches.

    With a session not for ever, or a screen left alone would never be signed out; with a token of its own as long as that is good.
    """
    since = request.GET.get("since", "")
    opened = int(since) if since.isdecimal() and since.isascii() and len(since) < 12 else 0
    if request.actor.user_id is not None and clock.now().timestamp() - opened > settings.CHENGXIN_IDLE_MINUTES * 60:
        return JsonResponse({"ended": True})
    today, reach = clock.today(), request.actor.units_for("reports.wall")
    found = selectors.indicators_within(dict.fromkeys(rules.COUNTED, reach), today - SPAN, today)
    answer = JsonResponse(_told(found), json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-store"
    return answer


def _told(found: list[selectors.Indicator]) -> dict[str, Any]:
    groups = [dict(each.units) for each in found]
    names = [name for name in [*people.unit_names(), NOBODYS] if any(name in group for group in groups)]
    return {
        "at": f"{clock.now():%Y-%m-%d %H:%M}",
        "titles": [each.title for each in found],
        "indicators": [_indicator(each) for each in found],
        "units": [{"name": name, "cells": [_cell(group.get(name)) for group in groups]} for name in names],
    }


def _indicator(each: selectors.Indicator) -> dict[str, Any]:
    told = [f"合格 {each.total.good} / n={each.total.n}，上年同期 {each.before.label}，{each.change}"]
    told.append(f"近 7 天 {each.week.label}（n={each.week.n}），较前 7 天{each.weekly_change}")
    if each.target:
        told.append(f"目标 {each.target}%，{each.against}")
    return {
        "title": each.title, "label": each.total.label, "is_rate": each.total.rate is not None, "notes": [*told, *each.notes],
        "chart": chart(f"{each.title}逐月", "line", [name[2:] for name, _ in each.by_month], [(each.title, each.by_month)], each.target),
    }  # fmt: skip


def _cell(found: rules.Measured | None) -> str:
    return "—" if found is None else f"{found.label}（{found.n}）"
