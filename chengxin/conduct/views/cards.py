"""文明用语: practice cards, the own signature, and who has not signed (2.3.1)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.conduct import rules, selectors, services
from chengxin.conduct.selectors import coaching, reviews
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage, moment_of

COACHING_TONES = {"": "info", rules.IMPROVED: "ok", rules.REPEATED: "bad"}


@page("conduct.practise", methods=("GET", "HEAD", "POST"))
def cards(request: ActorRequest) -> HttpResponse:
    """The scenes, and the signature under the version in force."""
    problem = ""
    if request.method == "POST":
        try:
            services.sign_off(request.actor, version=request.POST.get("version", ""))
        except DomainError as error:
            problem = error.message
        else:
            messages.success(request, "已签名确认。")
            return see_other(reverse("conduct:cards"))
    version = selectors.version_in_force()
    context = {
        "policy": selectors.conduct_policy_at(clock.today()), "version": version, "problem": problem,
        "signed": selectors.sign_off_of(request.actor.person_id, version.label) if version else None,
        "must_sign": selectors.must_sign(request.actor.person_id),
    }  # fmt: skip
    return render(request, "conduct/cards.html", context, status=422 if problem else 200)


@page("conduct.practise")
def card(request: ActorRequest, scene: str) -> HttpResponse:
    """One scene: say it first, then compare. Nothing of the practice is kept."""
    policy = selectors.conduct_policy_at(clock.today())
    found = selectors.scene_for(policy, scene)
    at = policy.scenes.index(found)
    context = {
        "scene": found, "policy": policy, "following": policy.scenes[at + 1] if at + 1 < len(policy.scenes) else None,
        "number": at + 1, "words": policy.words, "entries": selectors.entries_at(clock.today()),
    }  # fmt: skip
    return render(request, "conduct/card.html", context)


@page("conduct.practise")
def own(request: ActorRequest) -> HttpResponse:
    """What was reviewed and practised with oneself: the points with their reasons; the reviewer is told by office, as finders are."""
    sheets = [(sheet, reviews.lines_of(sheet)) for sheet in reviews.own_sheets(request.actor)]
    context = {
        "sheets": [(sheet, lines, reviews.total_of(lines)) for sheet, lines in sheets],
        "coachings": coaching.own_coachings(request.actor), "outcomes": rules.OUTCOMES, "tones": COACHING_TONES,
    }  # fmt: skip
    return render(request, "conduct/own.html", context)


@page("conduct.sign_offs")
def sign_offs(request: ActorRequest) -> HttpResponse:
    """Who signed the version in force and who did not, in the units the reader answers for."""
    version = selectors.version_in_force()
    label = version.label if version else ""
    rows = selectors.signing_in(request.actor, label).annotate(signed=moment_of("signed_at"))
    listing = ListPage(
        request,
        rows.values("pk", "number", "name", "person_class", "unit_name", "is_signed", "signed"),
        (
            Column("name", "姓名", "person__name_key"), Column("number", "工号", "person__number"),
            Column("unit_name", "单位", "unit__sequence"), Column("person_class", "类别"),
            Column("signed", "签名时间", "signed_at"),
        ),
        (
            Filter("state", "签名", "is_signed", (("False", "未签名"), ("True", "已签名"))),
            Filter("unit", "单位", "unit_id", selectors.unit_choices(request.actor)),
            Filter("class", "类别", "person__person_class", (("established", "在编"), ("auxiliary", "协管"))),
        ),
        default_sort="person__number",
    )  # fmt: skip
    context = {"listing": listing, "version": version, "signed": selectors.signed_in(request.actor, label)}
    return listing.export() or render(request, "conduct/sign_offs.html", context)
