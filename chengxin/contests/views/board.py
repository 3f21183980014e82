"""The board, the printed sheet, the files of a result, and one's own results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from chengxin.contests import rules, selectors
from chengxin.contests.models import Contest
from chengxin.core import clock
from chengxin.core.errors import NotAllowed, NotFound
from chengxin.draws import selectors as draws
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import xlsx_response
from chengxin.ui.pages import render

STOP_POLLING = 286  # htmx's own: there is nothing more to ask for


def _context(request: ActorRequest, contest: Contest) -> dict[str, Any]:
    return {
        "contest": contest, "board": selectors.board_of(request.actor, contest), "result": selectors.result_of(contest),
        "state": rules.STATES[contest.state], "policy": contest.ruleset,
    }  # fmt: skip


@page("contests.see")
def board(request: ActorRequest, pk: int) -> HttpResponse:
    """实时成绩: start numbers and points; the result once it is confirmed."""
    contest = selectors.contest_for(request.actor, pk)
    return render(request, "contests/board.html", {**_context(request, contest), "opened": int(clock.now().timestamp())})


@page("contests.see")
def board_rows(request: ActorRequest, pk: int) -> HttpResponse:
    """The board's table alone, asked for again and again while it runs; not for ever, or a forgotten screen would never be signed out."""
    contest = selectors.contest_for(request.actor, pk)
    since = request.GET.get("since", "")
    age = int(clock.now().timestamp()) - int(since) if since.isdecimal() and len(since) < 12 else 0
    stale = not contest.is_over and age > settings.CHENGXIN_IDLE_MINUTES * 60
    context = {**_context(request, contest), "stale": stale}
    return render(request, "contests/_board.html", context, status=STOP_POLLING if contest.is_over or stale else 200)


def _confirmed(request: ActorRequest, pk: int) -> Contest:
    contest = selectors.contest_for(request.actor, pk)
    if contest.state != rules.CONFIRMED:
        raise NotFound("no_result", "成绩还没有确认，确认后才能打印和导出。")
    return contest


@page("contests.see")
def paper(request: ActorRequest, pk: int) -> HttpResponse:
    """成绩单 to print, with the digest and lines to sign."""
    contest = _confirmed(request, pk)
    context = {**_context(request, contest), "organises": selectors.is_organiser(request.actor, contest)}
    return render(request, "contests/paper.html", context)


@page("contests.see")
def export(request: ActorRequest, pk: int) -> HttpResponse:
    """The result as .xlsx: what the reader may see of it."""
    contest = _confirmed(request, pk)
    found = selectors.board_of(request.actor, contest)
    response = xlsx_response(
        ["名次", "出场号", "参赛者", "单位", *found.rounds, "总分（百分制）", "说明", "成绩摘要"], _cells(contest, found)
    )
    response["Content-Disposition"] = f'attachment; filename="contest-{pk}.xlsx"'
    return response


def _cells(contest: Contest, found: selectors.Board) -> Iterator[list[Any]]:
    result = selectors.result_of(contest)
    digest = result.sha256 if result else ""
    for row in found.rows:
        yield [row.place, row.number, row.title, row.unit, *map(float, row.rounds), float(row.total), row.note, digest]
    for each in found.corrections:
        about = f"{each.entry.number} 号" if each.entry else ""
        yield [f"更正第 {each.number} 号", about, each.text, each.reason, *[""] * len(found.rounds), "", each.by_label, ""]


@page("contests.see")
def snapshot(request: ActorRequest, pk: int) -> HttpResponse:
    """The one text of the result: ``sha256sum`` of this file is the digest. For organisers: it holds everybody's points."""
    contest = _confirmed(request, pk)
    result = selectors.result_of(contest)
    if result is None or not selectors.is_organiser(request.actor, contest):
        raise NotAllowed("not_allowed", "成绩原文含全部选手的得分，只供组织者核对。")
    return _file(result.snapshot, f"contest-{pk}")


@page("contests.see")
def draw_file(request: ActorRequest, pk: int) -> HttpResponse:
    """抽签记录, which anybody can verify; its frame names codes, not people."""
    contest = selectors.contest_for(request.actor, pk)
    if contest.draw is None or not contest.draw.seed:
        raise NotFound("no_draw", "还没有抽签。")
    if contest.state != rules.CONFIRMED and not selectors.is_organiser(request.actor, contest):
        raise NotFound("no_draw", "成绩确认后公开抽签记录。")
    return _file(json.dumps(draws.file_of(contest.draw), ensure_ascii=False, indent=1), f"contest-{pk}-draw")


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


@page("contests.see")
def own(request: ActorRequest) -> HttpResponse:
    """我的参赛: each with the own place and points once confirmed."""
    context = {"results": selectors.own_results(request.actor), "states": rules.STATES, "back": reverse("contests:list")}
    return render(request, "contests/own.html", context)
