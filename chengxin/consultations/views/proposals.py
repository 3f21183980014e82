"""修订提案: recurring problems, each to be taken up into a draft or dismissed with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.consultations import forms, rules, selectors, services
from chengxin.consultations.models import Consultation, Proposal
from chengxin.consultations.rules import quarter_title
from chengxin.core import clock
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other


@page("consultations.prepare")
def listing(request: ActorRequest) -> HttpResponse:
    return _listing(request)


def _listing(request: ActorRequest, opened: tuple[int, str] = (0, ""), bound: Form | None = None) -> HttpResponse:
    every = list(selectors.proposals()[:200])
    drafts = _drafts(request)
    doors = {
        each.pk: {
            "take": forms.TakeUpForm(drafts=drafts, auto_id=f"take{each.pk}_%s"),
            "dismiss": forms.ReasonForm(auto_id=f"dismiss{each.pk}_%s"),
        }
        for each in every
        if each.state == Proposal.WAITING
    }  # fmt: skip
    if bound is not None and opened[0] in doors:
        doors[opened[0]][opened[1]] = bound
    policy = selectors.policy_on(clock.today())
    context = {
        "waiting": [each for each in every if each.state == Proposal.WAITING],
        "decided": [each for each in every if each.state != Proposal.WAITING],
        "doors": doors, "opened": opened, "policy": policy, "quarter_title": quarter_title, "bound": bound,
    }  # fmt: skip
    return render(request, "consultations/proposals.html", context, status=422 if bound is not None else 200)


def _drafts(request: ActorRequest) -> list[tuple[str, str]]:
    every = selectors.visible_to(request.actor).filter(state__in=rules.EDITABLE)
    return [(str(each.pk), f"{each.number} {each.title}") for each in every[:50]]


@page("consultations.prepare", methods=("POST",))
def nominate(request: ActorRequest) -> HttpResponse:
    new = services.nominate_proposals(request.actor)
    messages.success(request, f"新提名 {new} 项。" if new else "没有新的反复问题。")
    return see_other(reverse("consultations:proposals"))


@page("consultations.prepare", methods=("POST",))
def take_up(request: ActorRequest, pk: int) -> HttpResponse:
    found = selectors.proposal_for(pk)
    form = forms.TakeUpForm(request.POST, drafts=_drafts(request), auto_id=f"take{pk}_%s")
    made: list[Consultation] = []

    def command(given: dict[str, Any]) -> None:
        into = None if given["into"] == "new" else selectors.consultation_for(request.actor, int(given["into"]))
        made.append(services.take_up_proposal(request.actor, found, into=into))

    if form.carry_out(command):
        messages.success(request, "已采用，请在草案中写明改哪条规则。")
        return see_other(reverse("consultations:detail", args=[made[0].pk]))
    return _listing(request, (pk, "take"), form)


@page("consultations.prepare", methods=("POST",))
def dismiss(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.proposal_for(pk), forms.ReasonForm(request.POST, auto_id=f"dismiss{pk}_%s")
    if form.carry_out(lambda given: services.dismiss_proposal(request.actor, found, **given)):
        messages.success(request, "已记录不采用的理由。")
        return see_other(reverse("consultations:proposals"))
    return _listing(request, (pk, "dismiss"), form)
