"""Two versions of the rulebook side by side, and what the last quarter's verdicts would be under a draft."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse

from chengxin.consultations import selectors
from chengxin.consultations.models import Consultation
from chengxin.consultations.rules import comparing, quarter_title
from chengxin.consultations.rules.comparing import Book
from chengxin.consultations.selectors import drafts
from chengxin.consultations.selectors import simulation as trials
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render


@page("consultations.read")
def compare(request: ActorRequest) -> HttpResponse:
    """版本对照: of two days on which something new came into force, or of a day and a draft."""
    choices = _choices(request.actor)
    known = dict(choices)
    days = [key for key, _ in choices if not key.startswith("draft-")]
    draft = next((key for key, _ in choices if key.startswith("draft-")), "")
    after = request.GET.get("to", "") or draft or (days[0] if days else "")
    before = request.GET.get("from", "") or (
        days[0] if draft and after == draft and days else days[1] if len(days) > 1 else days[0] if days else ""
    )
    error = "" if {before, after} <= {*known, ""} else "请从列表中选择要对照的两个版本。"
    diffs = [] if error or not before or not after else comparing.compare(_book(before), _book(after))
    context = {
        "choices": choices, "before": before, "after": after, "diffs": diffs, "error": error, "figures": comparing.counted(diffs),
        "titles": {clause.code: clause.title for clause in rulebook.clauses()}, "names": known,
    }  # fmt: skip
    return render(request, "consultations/compare.html", context, status=422 if error else 200)


def _choices(actor: Actor) -> list[tuple[str, str]]:
    """The running draft and those being written first, then every day of issue, the newest first."""
    every = selectors.visible_to(actor).filter(published_at=None).exclude(state="withdrawn").order_by("-is_running", "-pk")
    return [
        *((f"draft-{each.pk}", f"{each.number} {each.title}（征求意见稿）") for each in every[:20]),
        *((day.isoformat(), f"自 {day} 施行（{number or '无文号'}）") for day, number in rulebook.issue_days()),
    ]


def _book(key: str) -> Book:
    if not key.startswith("draft-"):
        return drafts.book_on(dt.date.fromisoformat(key))
    found = Consultation.objects.get(pk=int(key.removeprefix("draft-")))
    return drafts.book_with(drafts.book_on(clock.today()), drafts.changes_of(found))


@page("consultations.simulate")
def simulation(request: ActorRequest, pk: int) -> HttpResponse:
    """上季度试算: the parts the draft touches; each is counted by a request of its own, so that none waits for the others."""
    found = selectors.consultation_for(request.actor, pk)
    first, last = trials.quarter()
    changes = drafts.changes_of(found)
    context = {
        "found": found, "quarter": quarter_title(last), "first": first, "last": last,
        "touched": [part for part in trials.PARTS if part.is_touched(changes)],
        "untouched": [part.title for part in trials.PARTS if not part.is_touched(changes)],
    }  # fmt: skip
    return render(request, "consultations/simulation.html", context)


@page("consultations.simulate")
def simulation_part(request: ActorRequest, pk: int, part: str) -> HttpResponse:
    """One part: a fragment for the page, or a page of its own without JavaScript."""
    found = selectors.consultation_for(request.actor, pk)
    chosen = trials.PART_BY_CODE.get(part)
    if chosen is None:
        raise NotFound("no_part", "没有这一部分。")
    try:
        result, error = trials.simulate(request.actor, chosen, drafts.changes_of(found)), ""
    except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
        # the draft's own values may be such as no chapter can work with: that is what a trial is for
        result, error = None, f"按草案的数值不能计算（{type(problem).__name__}），请检查改动的数值。"
    except DomainError as problem:
        result, error = None, problem.message
    is_fragment = bool(request.headers.get("HX-Request"))
    context = {"found": found, "part": chosen, "result": result, "error": error, "quarter": quarter_title(trials.quarter()[1])}
    return render(request, "consultations/_part.html" if is_fragment else "consultations/part.html", context)
