"""Doors of the portal: home, personal files."""

from __future__ import annotations

from django.http import HttpResponse

from chengxin.core import clock
from chengxin.people.catalog import ROLE_BY_CODE
from chengxin.people.models import whole
from chengxin.portal import selectors, services
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render


@page("portal.home")
def home(request: ActorRequest) -> HttpResponse:
    """工作台: what waits for the reader, today's dress, and the figures the reader answers for."""
    actor = request.actor
    context = {
        "waiting": selectors.work_waiting_for(actor),
        "day": clock.today(),
        "dress": selectors.dress_today(actor),
        "figures": selectors.figures_for(actor),
        "roles": "、".join(role.title for code, role in ROLE_BY_CODE.items() if code in actor.roles),
        "calls_rolls": actor.may("attire.roll_call"),
    }
    return render(request, "portal/home.html", context)


@page("portal.read_file")
def own_file(request: ActorRequest) -> HttpResponse:
    """我的档案: everything kept about the reader, with clause, fact, decision and objection."""
    return _file(request, selectors.own_file(request.actor))


@page("portal.read_file")
def person(request: ActorRequest, pk: int) -> HttpResponse:
    """个人档案 of somebody within the reader's scope; a look into another person's file is kept."""
    file = selectors.file_of(request.actor, pk)
    if not file.is_own:
        services.record_look(request.actor, file.person)
    return _file(request, file)


def _file(request: ActorRequest, file: selectors.PersonFile) -> HttpResponse:
    periods = [(whole(each.period), each) for each in file.assignments]
    statuses = [(whole(each.period), each) for each in file.statuses]
    return render(request, "portal/person.html", {"file": file, "assignments": periods, "statuses": statuses})
