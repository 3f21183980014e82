"""我的活动: what comes, what was, what is to be explained; and the secret addresses of calendar feeds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.rules import icalendar
from chengxin.activities.selectors import calendar as calendars
from chengxin.activities.selectors import sessions as asked
from chengxin.activities.selectors.policies import attendance_policy_at, talks_policy_at
from chengxin.activities.selectors.talks import own_talks
from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other

MOST_SHOWN = 60


@page("activities.see")
def own(request: ActorRequest) -> HttpResponse:
    """我的活动."""
    return _own(request)


def _own(request: ActorRequest, *, token: str = "", form: Any = None) -> HttpResponse:
    actor, today = request.actor, clock.today()
    address = request.build_absolute_uri(reverse("activities:feed", args=[token])) if token else ""
    context = {
        "coming": asked.coming_for(actor), "lines": list(asked.own_lines(actor)[:MOST_SHOWN]), "talks": own_talks(actor),
        "links": calendars.links_of(actor), "address": address, "states": rules.STATES, "presences": rules.PRESENCES,
        "reason_states": rules.REASON_STATES, "policy": attendance_policy_at(today), "themes": talks_policy_at(today).themes,
        "form": form or forms.LinkForm(units=asked.unit_choices(actor, "activities.see")),
        "may_talk": actor.may("activities.talk"), "person_id": actor.person_id,
    }  # fmt: skip
    response = render(request, "activities/own.html", context, status=422 if form is not None else 200)
    if token:
        response["Cache-Control"] = "no-store"
    return response


@page("activities.see", methods=("POST",))
def issue(request: ActorRequest) -> HttpResponse:
    """A new secret address: this answer is the only place that shows it."""
    actor = request.actor
    form = forms.LinkForm(request.POST, units=asked.unit_choices(actor, "activities.see"))
    made: list[str] = []

    def call(given: dict[str, Any]) -> None:
        unit = people.unit_for(actor, int(given["unit"]), "activities.see") if given["unit"] else None
        made.append(services.issue_link(actor, unit=unit))

    if form.carry_out(call):
        return _own(request, token=made[0])
    return _own(request, form=form)


@page("activities.see", methods=("POST",))
def revoke(request: ActorRequest, pk: int) -> HttpResponse:
    services.revoke_link(request.actor, calendars.link_for(request.actor, pk))
    messages.success(request, "已停用，原地址不再有内容。")
    return see_other(reverse("activities:own"))


@page("public")
def feed(request: ActorRequest, token: str) -> HttpResponse:  # noqa: ARG001  (every door takes the request)
    """The calendar behind a secret address; who has the address needs no account, so it holds titles, times and places only."""
    found = calendars.feed_of(token)
    response = HttpResponse(icalendar.calendar(found.name, found.events), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="activities.ics"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
