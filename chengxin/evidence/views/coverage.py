"""Gaps: the officer's explanation and the leader's decision; and how much of each duty is covered."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.equipment import selectors as equipment
from chengxin.evidence import forms, selectors
from chengxin.evidence.models import Gap
from chengxin.evidence.selectors import coverage as questions
from chengxin.evidence.services import coverage as commands
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

MOST, DAYS = 100, 7


@page("evidence.read_own")
def gaps(request: ActorRequest) -> HttpResponse:
    return _gaps(request)


def _gaps(request: ActorRequest, opened: str = "", bound: Form | None = None, problem: str = "") -> HttpResponse:
    actor, every = request.actor, questions.gaps_visible_to(request.actor)
    own = [(gap, questions.explain_by(gap)) for gap in every.filter(person_id=actor.person_id or 0)[:MOST]]
    others = every.exclude(person_id=actor.person_id or 0) if actor.may("evidence.decide_gap") else []
    context = {
        "own": own, "bare": questions.bare_custodies(actor.person_id) if actor.person_id else [],
        "waiting": others.undecided()[:MOST] if others != [] else [],  # type: ignore[union-attr]
        "decided": others.exclude(state__in=[Gap.OPEN, Gap.EXPLAINED])[:20] if others != [] else [],  # type: ignore[union-attr]
        "form": forms.ExplanationForm(), "bound": bound, "opened": opened, "problem": problem, "note_form": forms.NoteForm(),
        "may_decide": actor.may("evidence.decide_gap"),
    }  # fmt: skip
    return render(request, "evidence/gaps.html", context, status=422 if bound is not None or problem else 200)


@page("evidence.explain_gap", methods=("POST",))
def explain(request: ActorRequest, pk: int) -> HttpResponse:
    gap, form = questions.gap_for(request.actor, pk), forms.ExplanationForm(request.POST)
    if form.carry_out(lambda given: commands.explain_gap(request.actor, gap, **given)):
        messages.success(request, "已说明，等待负责人认可。")
        return see_other(reverse("evidence:gaps"))
    return _gaps(request, f"gap-{pk}", form)


@page("evidence.explain_gap", methods=("POST",))
def explain_duty(request: ActorRequest, pk: int) -> HttpResponse:
    """A duty without any footage, explained before anybody asks."""
    custody, form = equipment.custody_for(request.actor, pk), forms.ExplanationForm(request.POST)
    if form.carry_out(lambda given: commands.explain_custody(request.actor, custody, **given)):
        messages.success(request, "已说明，等待负责人认可。")
        return see_other(reverse("evidence:gaps"))
    return _gaps(request, f"duty-{pk}", form)


@page("evidence.decide_gap", methods=("POST",))
def decide(request: ActorRequest, pk: int) -> HttpResponse:
    gap, note = questions.gap_for(request.actor, pk), request.POST.get("note", "")
    try:
        if request.POST.get("decision") == "accept":
            commands.accept_gap(request.actor, gap, note=note)
            messages.success(request, "已认可。")
        else:
            commands.propose_gap(request.actor, gap, note=note)
            messages.success(request, "已提请认定，由具名人员决定是否登记为问题。")
    except DomainError as error:
        return _gaps(request, f"decide-{pk}", problem=error.message)
    return see_other(reverse("evidence:gaps"))


@page("evidence.read")
def coverage(request: ActorRequest) -> HttpResponse:
    """影像覆盖: duty by duty, how much of the time with a camera out has footage."""
    until = _day(request.GET.get("until"), clock.today())
    since = _day(request.GET.get("from"), until - dt.timedelta(days=DAYS - 1))
    units, since = request.actor.units_for("evidence.read"), max(since, until - dt.timedelta(days=92))
    rows, by_unit = questions.coverage_by_shift(units, since, until), questions.coverage_by_unit(units, since, until)
    wanted, covered = sum(row.wanted for row in rows), sum(row.covered for row in rows)
    context = {
        "rows": rows[:500], "by_unit": by_unit, "n": len(rows), "wanted": wanted, "covered": covered, "since": since, "until": until,
        "share": covered / wanted if wanted else None, "chapter": selectors.CHAPTER,
    }  # fmt: skip
    return render(request, "evidence/coverage.html", context)


def _day(text: str | None, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return default
