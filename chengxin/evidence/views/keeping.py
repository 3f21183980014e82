"""Matters that keep recordings, and the expiry lists."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.evidence import forms, selectors
from chengxin.evidence.selectors import expiry as questions
from chengxin.evidence.services import expiry as commands
from chengxin.evidence.services import keeping
from chengxin.evidence.services import store as places
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other


@page("evidence.hold")
def matters(request: ActorRequest) -> HttpResponse:
    """保全事项, and until when each keeps what."""
    return render(request, "evidence/matters.html", {"matters": selectors.matters(), "form": forms.NoteForm(), "opened": 0})


@page("evidence.hold", methods=("POST",))
def close_matter(request: ActorRequest, pk: int) -> HttpResponse:
    matter = selectors.matter_for(pk)
    form = forms.NoteForm(request.POST)
    if form.carry_out(lambda given: keeping.close_matter(request.actor, matter, note=given["note"])):
        messages.success(request, f"{matter.title} 已办结，保全解除。")
        return see_other(reverse("evidence:matters"))
    return render(request, "evidence/matters.html", {"matters": selectors.matters(), "form": form, "opened": pk}, status=422)


@page("evidence.unmark")
def store(request: ActorRequest) -> HttpResponse:
    """影像存储: where footage lies, how much room is left, and how the store stood its tests."""
    count, size = selectors.kept_in_all()
    context = {
        "places": places.whereabouts(), "kept": count, "size": size, "damages": selectors.open_damages(),
        "checks": selectors.store_checks(),
    }  # fmt: skip
    return render(request, "evidence/store.html", context)


@page("evidence.review_expiry", methods=("GET", "HEAD", "POST"))
def expiry(request: ActorRequest) -> HttpResponse:
    """到期影像: look through, spare with a reason, hand the rest to another for approval."""
    problem = ""
    if request.method == "POST":
        shown = [int(text) for text in request.POST.getlist("shown") if text.isdecimal()]
        chosen = {int(text) for text in request.POST.getlist("delete") if text.isdecimal()}
        spared = {pk: request.POST.get(f"reason-{pk}", "") for pk in shown if pk not in chosen}
        try:
            made = commands.review_expired(request.actor, spared=spared, shown=shown)
            messages.success(request, f"{made.number} 已提交，等待另一人批准。")
            return see_other(reverse("evidence:expiry_list", args=[made.pk]))
        except DomainError as error:
            problem = error.message
    context = {
        "candidates": list(questions.candidates(request.actor)), "lists": questions.lists(), "problem": problem, "day": clock.today(),
        "typed": request.POST, "unchosen": set(request.POST.getlist("shown")) - set(request.POST.getlist("delete")),
    }  # fmt: skip
    return render(request, "evidence/expiry.html", context, status=422 if problem else 200)


@page("signed_in")
def expiry_list(request: ActorRequest, pk: int) -> HttpResponse:
    """One list with what became of each recording."""
    found = questions.list_for(request.actor, pk)
    lines = list(found.lines.select_related("recording__person", "recording__unit").order_by("pk"))
    may_approve = request.actor.may("evidence.approve_expiry") and found.reviewed_by != request.actor.user_id
    return render(
        request, "evidence/expiry_list.html", {"list": found, "lines": lines, "may_approve": may_approve, "form": forms.NoteForm()}
    )


@page("evidence.approve_expiry", methods=("POST",))
def approve(request: ActorRequest, pk: int) -> HttpResponse:
    made = commands.approve_expiry(request.actor, questions.list_for(request.actor, pk))
    messages.success(request, f"已批准，{made.execute_from} 起删除；在此之前可以撤回。")
    return see_other(reverse("evidence:expiry_list", args=[pk]))


@page("signed_in", methods=("POST",))
def withdraw(request: ActorRequest, pk: int) -> HttpResponse:
    found = questions.list_for(request.actor, pk)
    commands.withdraw_expiry(request.actor, found, note=request.POST.get("note", ""))
    messages.success(request, f"{found.number} 已撤回。")
    return see_other(reverse("evidence:expiry_list", args=[pk]))
