"""薄弱环节: nominated, decided, trained, measured again."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.selectors import sessions as session_facts
from chengxin.activities.selectors import weak_points as asked
from chengxin.activities.selectors.policies import weak_policy_at
from chengxin.core import clock
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {rules.NOMINATED: "warn", rules.ACCEPTED_POINT: "info", rules.DISMISSED: "muted", rules.MEASURED: "ok"}


@page("activities.summary")
def weak_points(request: ActorRequest) -> HttpResponse:
    """Weak points of the units whose summary the reader reads."""
    actor = request.actor
    query = asked.weak_points_visible_to(actor).annotate(unit_name=F("unit__name"))
    listing = ListPage(
        request,
        query.values("pk", "title", "clause", "unit_name", "source", "count_before", "n_before", "count_after", "n_after", "state"),
        (
            Column("title", "薄弱环节", "title"), Column("clause", "条款", "clause"), Column("unit_name", "单位", "unit__sequence"),
            Column("source", "来源"), Column("count_before", "补训前（次）", "count_before"), Column("n_before", "补训前（人）"),
            Column("count_after", "补训后（次）", "count_after"), Column("n_after", "补训后（人）"), Column("state", "状态", "state"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.POINT_STATES.items())),
            Filter("unit", "单位", "unit_id", session_facts.unit_choices(actor, "activities.summary")),
            Filter("source", "来源", "source", tuple(asked.SOURCE_TITLES.items())),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.POINT_STATES, "tones": TONES, "sources": asked.SOURCE_TITLES,
        "may_decide": actor.may("activities.decide"), "policy": weak_policy_at(clock.today()),
    }  # fmt: skip
    return listing.export() or render(request, "activities/weak_points.html", context)


@page("activities.decide", methods=("POST",))
def nominate(request: ActorRequest) -> HttpResponse:
    """Count anew; what is open already is not doubled."""
    new = services.nominate_weak_points(request.actor)
    messages.success(request, f"新提名 {new} 项，请逐项决定。" if new else "没有新的薄弱环节达到提名次数。")
    return see_other(reverse("activities:weak_points"))


@page("activities.summary", methods=("GET", "HEAD", "POST"))
def weak_point(request: ActorRequest, pk: int) -> HttpResponse:
    """One weak point: the facts, the decision, the training, and the two measures side by side."""
    actor = request.actor
    point = asked.weak_point_for(actor, pk)
    decides = actor.may("activities.decide", point.unit_id)
    posted = request.POST if request.method == "POST" else None
    form = forms.DecideForm(posted if posted is not None and "measure" not in posted else None)
    if posted is not None and "measure" in posted:
        services.measure_weak_point(actor, point)
        messages.success(request, "已再次测量。")
        return see_other(reverse("activities:weak_point", args=[pk]))
    if form.carry_out(lambda given: services.decide_weak_point(actor, point, accepted=given["accepted"] == "yes", reason=given["reason"])):
        messages.success(request, "决定已记录。")
        return see_other(reverse("activities:weak_point", args=[pk]))
    context = {
        "point": point, "state": rules.POINT_STATES[point.state], "tone": TONES[point.state], "decides": decides, "form": form,
        "persons": list(point.persons.all()), "activities": list(point.activities.select_related("unit")), "states": rules.STATES,
        "source": asked.SOURCE_TITLES.get(point.source, point.source),
        "may_plan": actor.may("activities.plan", point.unit_id) and point.state == rules.ACCEPTED_POINT,
    }  # fmt: skip
    return render(request, "activities/weak_point.html", context, status=422 if form.errors else 200)
