"""影像抽查 and 调阅理由抽查: freeze, draw, look, say what was found."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.draws import selectors as draws
from chengxin.evidence import forms
from chengxin.evidence.models import ReasonReview, Review
from chengxin.evidence.selectors import reviews as questions
from chengxin.evidence.services import reviews as commands
from chengxin.evidence.services import viewing
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

if TYPE_CHECKING:
    from chengxin.draws.models import Draw

MONTHS = 12


@dataclass(frozen=True)
class Series:
    """A monthly draw: what is drawn, by which commands, and where its pages are."""

    title: str
    hint: str
    frame: str
    key_of: Callable[[dt.date], str]
    draw_of: Callable[[dt.date], Draw | None]
    rows_of: Callable[[Draw], Sequence[Any]]
    freeze: Callable[[Actor, dt.date], Draw]
    cast: Callable[..., Draw]
    urls: tuple[str, str, str, str]  # all months, a month, its file, one of the drawn
    tones: Mapping[str, str]


FOOTAGE = Series(
    "影像抽查", "每月每个中队每类人员随机抽取；先冻结范围，再产生种子，任何人都能重算。", "当月已归属的录像和录音按中队、人员类别分层。",
    questions.key_of, questions.draw_of, questions.reviews_of, commands.freeze_month, commands.cast_month,
    ("evidence:reviews", "evidence:review_month", "evidence:review_file", "evidence:review"), {"fine": "ok", "problem": "bad"},
)  # fmt: skip
REASONS = Series(
    "调阅理由抽查", "每月按单位随机抽取对他人影像的调阅，由其他单位的人员核对理由是否成立。", "当月对他人影像的调阅按调阅人所在单位分层。",
    questions.reasons_key_of, questions.reasons_draw_of, questions.reason_reviews_of, commands.freeze_reasons, commands.cast_reasons,
    ("evidence:reasons", "evidence:reasons_month", "evidence:reasons_file", "evidence:reason"), {"sound": "ok", "unsound": "bad"},
)  # fmt: skip


@page("evidence.review")
def reviews(request: ActorRequest) -> HttpResponse:
    return _months(request, FOOTAGE)


@page("evidence.review_reasons")
def reasons(request: ActorRequest) -> HttpResponse:
    return _months(request, REASONS)


def _months(request: ActorRequest, series: Series) -> HttpResponse:
    """The last months, each with its draw or none."""
    months, rows = [clock.today().replace(day=1)], []
    for _ in range(MONTHS):
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    found = draws.draws_by_key([series.key_of(month) for month in months[1:]])
    for month in months[1:]:
        draw = found.get(series.key_of(month))
        done = series.rows_of(draw) if draw and draw.cast_at else []
        rows.append((month, draw, len(done), sum(bool(each.outcome) for each in done)))
    return render(request, "evidence/reviews.html", {"rows": rows, "series": series})


@page("evidence.review", methods=("GET", "HEAD", "POST"))
def month(request: ActorRequest, year: int, month: int) -> HttpResponse:
    return _one_month(request, FOOTAGE, year, month)


@page("evidence.review_reasons", methods=("GET", "HEAD", "POST"))
def reasons_month(request: ActorRequest, year: int, month: int) -> HttpResponse:
    return _one_month(request, REASONS, year, month)


def _one_month(request: ActorRequest, series: Series, year: int, month: int) -> HttpResponse:
    """One month: freeze, then cast, then the list of what was drawn."""
    first, problem = _month(year, month), ""
    if request.method == "POST":
        try:
            _go_on(request, series, first)
            return see_other(reverse(series.urls[1], args=[year, month]))
        except DomainError as error:
            problem = error.message
    draw = series.draw_of(first)
    context: dict[str, Any] = {
        "month": first, "draw": draw, "rows": series.rows_of(draw) if draw and draw.cast_at else [], "problem": problem, "series": series,
        "strata": _strata(draw.frame, draw.quotas) if draw else [], "replacements": list(draw.replacements.all()) if draw else [],
    }  # fmt: skip
    return render(request, "evidence/review_month.html", context, status=422 if problem else 200)


def _go_on(request: ActorRequest, series: Series, month: dt.date) -> None:
    draw = series.draw_of(month)
    if draw is None:
        series.freeze(request.actor, month)
        messages.success(request, "范围已冻结。请在场的另一人报出公开内容，然后抽取。")
    else:
        series.cast(request.actor, draw, public=request.POST.get("public", "")[:120])
        messages.success(request, "已抽取。")


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
    return _file(FOOTAGE, year, month)


@page("evidence.review_reasons")
def reasons_file(request: ActorRequest, year: int, month: int) -> HttpResponse:  # noqa: ARG001
    return _file(REASONS, year, month)


def _file(series: Series, year: int, month: int) -> HttpResponse:
    """The draw as a file that verifies anywhere."""
    draw = series.draw_of(_month(year, month))
    if draw is None:
        raise NotFound("no_draw", "这个月还没有抽取。")
    response = HttpResponse(json.dumps(draws.file_of(draw), ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="draw-{year}-{month:02d}.json"'
    return response


@page("evidence.review_reasons", methods=("GET", "HEAD", "POST"))
def reason(request: ActorRequest, pk: int) -> HttpResponse:
    """One drawn look: who, when, why; does the reason hold?"""
    review = questions.reason_review_for(request.actor, pk)
    form: Form = forms.ReasonForm(request.POST or None)
    if form.carry_out(lambda given: commands.record_reason(request.actor, review, **given)):
        messages.success(request, "已记录抽查结果。")
        return see_other(_address(REASONS, review))
    context = {"review": review, "form": form, "back": _address(REASONS, review)}
    return render(request, "evidence/reason.html", context, status=422 if form.errors else 200)


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
        return see_other(_address(FOOTAGE, review))
    context = {"review": review, "form": form, "has_looked": questions.has_looked(request.actor, review), "back": _address(FOOTAGE, review)}
    return render(request, "evidence/review.html", context, status=422 if form.errors else 200)


@page("evidence.review", methods=("POST",))
def replace(request: ActorRequest, pk: int) -> HttpResponse:
    review = questions.review_for(request.actor, pk)
    commands.replace_review(request.actor, review, reason=request.POST.get("reason", ""))
    messages.success(request, "已按抽取次序替换，理由留存。")
    return see_other(_address(FOOTAGE, review))


def _address(series: Series, review: Review | ReasonReview) -> str:
    """The month the recording was drawn in; what another room had drawn (a coached officer's next words) has none."""
    year, dash, month = review.draw.key.rpartition(":")[2].partition("-")
    return reverse(series.urls[1], args=[int(year), int(month)]) if dash else reverse(series.urls[0])
