"""影像抽查: freeze, draw, look, say what was found."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.draws import selectors as draws
from chengxin.evidence import forms
from chengxin.evidence.models import Review
from chengxin.evidence.selectors import reviews as questions
from chengxin.evidence.services import reviews as commands
from chengxin.evidence.services import viewing
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

MONTHS = 12


@page("evidence.review")
def reviews(request: ActorRequest) -> HttpResponse:
    """The last months, each with its draw or none."""
    month, rows = clock.today().replace(day=1), []
    for _ in range(MONTHS):
        month = (month - dt.timedelta(days=1)).replace(day=1)
        draw = questions.draw_of(month)
        done = questions.reviews_of(draw) if draw and draw.cast_at else []
        rows.append((month, draw, len(done), sum(bool(each.outcome) for each in done)))
    return render(request, "evidence/reviews.html", {"rows": rows})


@page("evidence.review", methods=("GET", "HEAD", "POST"))
def month(request: ActorRequest, year: int, month: int) -> HttpResponse:
    """One month: freeze, then cast, then the list of what was drawn."""
    first, problem = _month(year, month), ""
    if request.method == "POST":
        try:
            draw = questions.draw_of(first)
            if draw is None:
                commands.freeze_month(request.actor, first)
                messages.success(request, "范围已冻结。请在场的另一人报出公开内容，然后抽取。")
            else:
                commands.cast_month(request.actor, draw, public=request.POST.get("public", "")[:120])
                messages.success(request, "已抽取。")
            return see_other(reverse("evidence:review_month", args=[year, month]))
        except DomainError as error:
            problem = error.message
    draw = questions.draw_of(first)
    rows = questions.reviews_of(draw) if draw and draw.cast_at else []
    context: dict[str, Any] = {
        "month": first, "draw": draw, "rows": rows, "problem": problem,
        "strata": _strata(draw.frame, draw.quotas) if draw else [], "replacements": list(draw.replacements.all()) if draw else [],
    }  # fmt: skip
    return render(request, "evidence/review_month.html", context, status=422 if problem else 200)


def _month(year: int, month: int) -> dt.date:
    if not (2000 <= year <= 2100 and 1 <= month <= 12):
        raise NotFound("no_month", "没有这个月份。")
    return dt.date(year, month, 1)


def _strata(frame: list[list[str]], quotas: dict[str, int]) -> list[tuple[str, int, int, int]]:
    """Stratum, how many may be drawn, how many are excluded, the quota."""
    return [
        (stratum, sum(row[1] == stratum and not row[2] for row in frame), sum(row[1] == stratum and bool(row[2]) for row in frame), quota)
        for stratum, quota in sorted(quotas.items())
    ]


@page("evidence.review")
def file(request: ActorRequest, year: int, month: int) -> HttpResponse:  # noqa: ARG001
    """The draw as a file that verifies anywhere."""
    draw = questions.draw_of(_month(year, month))
    if draw is None:
        raise NotFound("no_draw", "这个月还没有抽取。")
    response = HttpResponse(json.dumps(draws.file_of(draw), ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="draw-{year}-{month:02d}.json"'
    return response


@page("evidence.review", methods=("GET", "HEAD", "POST"))
def one(request: ActorRequest, pk: int) -> HttpResponse:
    """One drawn recording: look, then say."""
    review = questions.review_for(request.actor, pk)
    form: Form = forms.ReviewForm(request.POST or None)
    if request.method == "POST" and request.POST.get("look"):
        look = viewing.open_viewing(request.actor, review.recording, reason=review.draw.title, matter=review.draw.key)
        return see_other(reverse("evidence:viewing", args=[look.key]))
    if form.carry_out(lambda given: commands.record_review(request.actor, review, **given)):
        messages.success(request, "已记录抽查结果。")
        return see_other(_address(review))
    context = {"review": review, "form": form, "has_looked": questions.has_looked(request.actor, review), "back": _address(review)}
    return render(request, "evidence/review.html", context, status=422 if form.errors else 200)


@page("evidence.review", methods=("POST",))
def replace(request: ActorRequest, pk: int) -> HttpResponse:
    review = questions.review_for(request.actor, pk)
    commands.replace_review(request.actor, review, reason=request.POST.get("reason", ""))
    messages.success(request, "已按抽取次序替换，理由留存。")
    return see_other(_address(review))


def _address(review: Review) -> str:
    year, month = review.draw.key.rpartition(":")[2].split("-")
    return reverse("evidence:review_month", args=[int(year), int(month)])
