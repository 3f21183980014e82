"""The page of one draft, with every form that stands on it; a refused one stands open with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.consultations import forms, rules, selectors
from chengxin.consultations.models import Consultation
from chengxin.consultations.rules import comparing
from chengxin.consultations.selectors import drafts, summaries
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.together import gather

TONES = {
    rules.PREPARING: "muted", rules.OPEN: "info", rules.CLOSED: "warn", rules.SIGNING: "warn", rules.PUBLISHED: "ok",
    rules.WITHDRAWN: "bad",
}  # fmt: skip
OUTCOME_TONES = {rules.ADOPTED: "ok", rules.PARTLY: "info", rules.DECLINED: "muted"}


def show(request: ActorRequest, found: Consultation, opened: str = "", bound: Form | None = None) -> HttpResponse:
    actor = request.actor
    gather(found, "changes", "proposals", "steps")
    round_ = selectors.current_round(found) if found.state in {rules.SIGNING, rules.PUBLISHED} else None
    changes, diffs = list(found.changes.all()), drafts.diffs_of(drafts.changes_of(found))
    doors: dict[str, Form] = {"begin": forms.BeginForm(auto_id="begin_%s"), "withdraw": forms.ReasonForm(auto_id="withdraw_%s")}
    if found.state == rules.CLOSED and actor.may("consultations.prepare"):
        doors["send"] = send_form(actor, found)
    if round_ is not None:
        seen = {"sha256": round_.sha256}
        doors |= {"sign": forms.SignForm(initial=seen, auto_id="sign_%s"), "recall": forms.ReasonForm(auto_id="recall_%s")}
        doors["publish"] = forms.PublishForm(initial=seen, auto_id="publish_%s")
    if bound is not None:
        doors[opened] = bound
    mine = selectors.signature_of(actor, found) if found.state == rules.SIGNING else None
    context = {
        "found": found, "doors": doors, "opened": opened, "bound": bound, "tone": TONES[found.state], "changes": changes,
        "diffs": diffs, "counts": selectors.counts_of(found), "today": clock.today(),
        "change_of": {(each.rule, each.name): each.pk for each in changes}, "outcomes": rules.OUTCOMES, "round": round_,
        "old_rounds": found.rounds.filter(ended_at__isnull=False).prefetch_related("signatures"), "mine": mine,
        "steps": _story(found),
        "takes_opinions": found.takes_opinions(clock.today()), "has_summary": summaries.is_ready(found),
        "proposals": found.proposals.all(),
        "is_changed": bool(found.opened_content) and found.opened_content != drafts.content_of(found), "may": _may(actor, found),
        "why_not_publish": _why_not_publish(found, round_), "is_first_issue": not rulebook.is_issued(),
        "figures": comparing.counted(diffs),
    }  # fmt: skip
    return render(request, "consultations/detail.html", context, status=422 if bound is not None else 200)


def _story(found: Consultation) -> list[dict[str, Any]]:
    return [{"at": each.at, "title": each.title, "text": each.note, "tone": each.tone, "by": each.by_label} for each in found.steps.all()]


def _may(actor: Actor, found: Consultation) -> dict[str, bool]:
    """What the reader may do with the draft as it stands."""
    prepares = actor.may("consultations.prepare")
    return {
        "edit": prepares and found.is_editable, "begin": prepares and found.state == rules.PREPARING,
        "close": prepares and found.state == rules.OPEN, "send": prepares and found.state == rules.CLOSED,
        "recall": prepares and found.state == rules.SIGNING,
        "withdraw": prepares and found.state in {rules.PREPARING, *rules.RUNNING}, "opine": actor.may("consultations.opine"),
        "simulate": actor.may("consultations.simulate"),
        "publish": actor.may("consultations.publish") and found.state == rules.SIGNING and actor.user_id != found.prepared_by,
    }  # fmt: skip


def _why_not_publish(found: Consultation, round_: Any) -> str:
    if round_ is None or found.state != rules.SIGNING:
        return ""
    least = selectors.policy_on(clock.today())["least_signers"]
    signed = [each.agrees for each in round_.signatures.all()]
    return rules.why_not_publish(signed, least, round_.sha256, rules.digest(drafts.content_of(found)))


def send_form(actor: Actor, found: Consultation, data: Any = None) -> forms.SendForm:
    """The signatories of the last round are chosen again."""
    signers = [(str(user.pk), title) for user, title in selectors.signers(found) if user.pk != actor.user_id]
    last = found.rounds.first()
    before = [str(pk) for pk in last.signatures.values_list("user_id", flat=True)] if last else []
    return forms.SendForm(data, signers=signers, initial={"users": before}, auto_id="send_%s")


def carry_out(
    request: ActorRequest, found: Consultation, name: str, form: Form, command: Callable[[dict[str, Any]], Any], done: str
) -> HttpResponse:
    """A step of the draft by its form: done and told, or the page with the form open."""
    if form.carry_out(command):
        messages.success(request, done)
        return see_other(reverse("consultations:detail", args=[found.pk]))
    return show(request, selectors.consultation_for(request.actor, found.pk), name, form)
