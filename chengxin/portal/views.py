"""Doors of the portal: home, personal files."""

from __future__ import annotations

from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.people.catalog import ROLE_BY_CODE
from chengxin.people.models import whole
from chengxin.portal import selectors, services
from chengxin.portal.selectors.guide import guide_of
from chengxin.portal.selectors.persons import panels_of
from chengxin.portal.selectors.queue import queue_of
from chengxin.portal.selectors.search import search as find
from chengxin.portal.selectors.units import unit_page, units_led
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other

TOP = 12  # lines of work on the home page; the queue has them all


@page("portal.home")
def home(request: ActorRequest) -> HttpResponse:
    """工作台: what waits for the reader, today's dress, and the figures the reader answers for."""
    actor, day = request.actor, clock.today()
    waiting, guide = selectors.home_of(actor)
    context = {
        "waiting": waiting[:TOP],
        "waiting_count": sum(each.count for each in waiting),
        "late_count": sum(each.count for each in waiting if each.is_overdue(day)),
        "day": day,
        "dress": selectors.dress_today(actor),
        "figures": selectors.figures_for(actor),
        "roles": "、".join(role.title for code, role in ROLE_BY_CODE.items() if code in actor.roles),
        "calls_rolls": actor.may("attire.roll_call"),
        "leads": actor.unit_id if actor.may("portal.unit", actor.unit_id) else None,
        "guide": guide,
    }
    return render(request, "portal/home.html", context)


@page("portal.home")
def help_(request: ActorRequest) -> HttpResponse:
    """帮助: the first steps of the reader's roles, and what holds everywhere in this system."""
    return render(request, "portal/help.html", {"guide": guide_of(request.actor), "roles": ROLE_BY_CODE})


@page("portal.home", methods=("POST",))
def guide_step(request: ActorRequest, code: str) -> HttpResponse:
    """Open a step of the guide."""
    return see_other(reverse(services.take_step(request.actor, code).address))


@page("portal.home", methods=("POST",))
def guide_away(request: ActorRequest) -> HttpResponse:
    services.put_guide_away(request.actor)
    messages.success(request, "已收起。在“帮助”里可以重新打开。")
    return see_other(reverse("portal:home"))


@page("portal.home", methods=("POST",))
def guide_again(request: ActorRequest) -> HttpResponse:
    services.show_guide_again(request.actor)
    return see_other(reverse("portal:home"))


@page("portal.home")
def queue(request: ActorRequest) -> HttpResponse:
    """等我处理: all of it, equal work together, what is late first."""
    chosen = {name: request.GET.get(name, "") for name in ("chapter", "kind", "term")}
    found = queue_of(request.actor, selectors.work_waiting_for(request.actor), clock.today(), **chosen)
    return render(request, "portal/queue.html", {"queue": found, "chosen": chosen})


@page("portal.home", methods=("POST",))
def grant_together(request: ActorRequest) -> HttpResponse:
    """Several requests at once; what was refused says why, what was decided before stays as it is."""
    address = reverse("portal:queue")
    try:
        outcomes = services.grant_together(request.actor, request.POST.get("kind", ""), request.POST.getlist("key"))
    except DomainError as error:
        messages.warning(request, error.message)
        return see_other(address)
    done = [each.what for each in outcomes if not each.problem]
    if done:
        messages.success(request, f"已同意 {len(done)} 件：{'、'.join(done)}。")
    problems = Counter(each.problem for each in outcomes if each.problem)
    for problem, n in problems.items():
        messages.warning(request, f"{n} 件没有办理：{problem}")
    return see_other(address)


@page("portal.search")
def search(request: ActorRequest) -> HttpResponse:
    """查找: people, units, findings, complaints, equipment, cases and clauses within the reader's scope."""
    typed = request.GET.get("q", "")
    groups, problem = [], ""
    if "q" in request.GET:
        try:
            groups = find(request.actor, typed)
        except DomainError as error:
            problem = error.message
    context = {"typed": typed, "groups": groups, "problem": problem, "asked": "q" in request.GET}
    return render(request, "portal/search.html", context, status=422 if problem else 200)


@page("portal.unit")
def units(request: ActorRequest) -> HttpResponse:
    """The units the reader leads, in tree order."""
    return render(request, "portal/units.html", {"units": units_led(request.actor)})


@page("portal.unit")
def unit(request: ActorRequest, pk: int) -> HttpResponse:
    """单位全貌: one unit and what is below it, as every room tells of it."""
    return render(request, "portal/unit.html", {"page": unit_page(request.actor, pk)})


@page("signed_in")
def everything(request: ActorRequest) -> HttpResponse:
    """全部功能: every entry the reader may open, by the plan's chapters; the shell already knows them."""
    return render(request, "portal/everything.html")


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
    context = {"file": file, "assignments": periods, "statuses": statuses, "panels": panels_of(request.actor, file.person)}
    return render(request, "portal/person.html", context)
