"""The judge's phone: one round on one page, start numbers alone, each sheet sent once however often the phone tries."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from chengxin.contests import forms, rules, selectors, services
from chengxin.contests.models import Contest
from chengxin.core.errors import DomainError, NotFound
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other


def _round(contest: Contest, code: str) -> rules.Round:
    found = contest.ruleset.round(code)
    if found is None:
        raise NotFound("no_round", "这场竞赛没有这个环节。")
    return found


@page("contests.judge")
def judging(request: ActorRequest, pk: int, round_code: str) -> HttpResponse:
    """评分: all entries of a round by start number, the own sheet of each."""
    return _judging(request, selectors.contest_for(request.actor, pk), round_code)


def _judging(
    request: ActorRequest, contest: Contest, code: str, *, number: int | None = None, wrong: dict[str, str] | None = None,
    said: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    judge = selectors.standing_judge(request.actor, contest)
    round_ = _round(contest, code)
    lines = selectors.judging_lines(contest, judge, code)
    context = {
        "contest": contest, "round": round_, "rounds": contest.ruleset.rounds, "points": rules.points_text, "grid": rules.grid_text,
        "lines": [_shown(line, request, number) for line in lines], "opened": number, "wrong": wrong or {}, "said": said,
        "is_running": contest.state == rules.RUNNING, "done": sum(line.state == rules.SUBMITTED for line in lines),
        "mine": sum(not line.is_recused for line in lines), "states": rules.SHEET_STATES,
    }  # fmt: skip
    return render(request, "contests/judging.html", context, status=status)


def _shown(line: selectors.Line, request: ActorRequest, number: int | None) -> dict[str, Any]:
    """A line with what its fields show: what was just typed and refused, or what is kept. The key is new for every page."""
    refused = line.number == number
    return {
        "line": line, "typed": _typed(request) if refused else line.typed(),
        "note": request.POST.get("note", "") if refused else (line.sheet.note if line.sheet else ""),
        "key": (refused and request.POST.get("client_key")) or str(uuid.uuid4()),
    }  # fmt: skip


def _typed(request: ActorRequest) -> dict[str, str]:
    return {name.removeprefix("points-"): str(text) for name, text in request.POST.items() if name.startswith("points-")}


def _key(request: ActorRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("client_key", ""))
    except ValueError as error:
        raise DomainError("no_key", "页面不完整，请刷新后重新提交。") from error


@page("contests.judge", methods=("GET", "HEAD", "POST"))
def send(request: ActorRequest, pk: int, round_code: str, number: int) -> HttpResponse:
    """Save a draft or submit a sheet. A script gets JSON, a plain form the page again."""
    contest = selectors.contest_for(request.actor, pk)
    back = reverse("contests:judging", args=[pk, round_code])
    round_ = _round(contest, round_code)
    if request.method != "POST":
        return see_other(back)
    is_draft = request.POST.get("act") == "save"
    points, wrong = rules.read_points(round_, _typed(request))
    try:
        if wrong:
            raise DomainError("bad_points", " ".join(wrong.values()), field=next(iter(wrong)))
        text = _keep(request, contest, number, round_code, points, is_draft=is_draft)
    except DomainError as error:
        return _refused(request, contest, round_, number, points, wrong, error, is_draft=is_draft)
    if _wants_json(request):
        return JsonResponse({"text": text, "state": rules.DRAFT if is_draft else rules.SUBMITTED})
    messages.success(request, text)
    return see_other(f"{back}#no-{number}")


def _keep(request: ActorRequest, contest: Contest, number: int, code: str, points: dict[str, int], *, is_draft: bool) -> str:
    note = request.POST.get("note", "").replace("\0", "")
    if is_draft:
        services.save_sheet(request.actor, contest, number=number, round_code=code, points=points, note=note)
        return f"{number} 号已暂存，还没有提交。"
    sheet = services.submit_sheet(
        request.actor, contest, number=number, round_code=code, points=points, note=note, client_key=_key(request)
    )  # fmt: skip
    return f"{number} 号已提交，合计 {rules.points_text(sheet.total)} 分。"


def _wants_json(request: ActorRequest) -> bool:
    return "json" in request.headers.get("Accept", "")


def _refused(
    request: ActorRequest, contest: Contest, round_: rules.Round, number: int, points: dict[str, int], wrong: dict[str, str],
    error: DomainError, *, is_draft: bool,
) -> HttpResponse:  # fmt: skip
    if _wants_json(request) or error.status in {403, 404}:
        raise error
    flaws = {**rules.flaws_in_points(round_, points, complete=not is_draft and error.code == "bad_points"), **wrong}
    said = "" if error.field in flaws else error.message
    return _judging(request, contest, round_.code, number=number, wrong=flaws, said=said, status=error.status)


@page("contests.judge", methods=("GET", "HEAD", "POST"))
def withdraw(request: ActorRequest, pk: int, round_code: str, number: int) -> HttpResponse:
    """撤回 of one's own sheet, with a reason; then a new one is filled."""
    contest = selectors.contest_for(request.actor, pk)
    sheet = selectors.sheet_for(request.actor, contest, round_code, number)
    form = forms.ReasonForm(request.POST or None)
    back = reverse("contests:judging", args=[pk, round_code])
    if form.carry_out(lambda given: services.withdraw_sheet(request.actor, sheet, reason=given["reason"])):
        messages.success(request, f"{number} 号的评分表已撤回，请重新评分。")
        return see_other(f"{back}#no-{number}")
    context = {
        "form": form, "title": f"撤回 {number} 号的评分表", "subtitle": "撤回的评分表留在记录里，撤回后重新填写一份。", "button": "撤回",
        "back": back, "clause": contest.clause,
    }  # fmt: skip
    return render(request, "contests/form.html", context, status=422 if form.errors else 200)
