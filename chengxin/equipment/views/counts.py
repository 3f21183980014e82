"""清点 on the phone or with a scan gun: works through a lost network, loses and doubles nothing."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count as Counted
from django.db.models import F, Q
from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from chengxin.core.errors import DomainError
from chengxin.equipment import forms, rules, selectors
from chengxin.equipment.models import Count, Item
from chengxin.equipment.services import counts as commands
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.offline import sheet_worker
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, ListPage


@page("equipment.count", methods=("GET", "HEAD", "POST"))
def counts(request: ActorRequest) -> HttpResponse:
    """All counts within the reader's scope, and a new one."""
    reach = request.actor.units_for("equipment.count")
    units = [(str(unit.pk), unit.name) for unit in people.all_units() if reach is None or unit.pk in reach]
    form = forms.CountForm(request.POST or None, units=units)
    started: list[Count] = []

    def start(given: dict[str, Any]) -> None:
        unit = people.unit_for(request.actor, int(given["unit"]), "equipment.count")
        started.append(commands.start_count(request.actor, unit, place=given["place"]))

    if form.carry_out(start):
        return see_other(reverse("equipment:count", args=[started[0].pk]))
    query = selectors.counts_visible_to(request.actor).annotate(
        unit_name=F("unit__name"),
        expected=Counted("lines", distinct=True),
        differing=Counted("differences", distinct=True),
        unsettled=Counted("differences", filter=Q(differences__settled_at=None), distinct=True),
    )
    listing = ListPage(
        request,
        query.values("pk", "unit_name", "place", "started_at", "started_label", "closed_at", "expected", "differing", "unsettled"),
        (
            Column("started_at", "开始", "started_at"), Column("unit_name", "单位"), Column("place", "位置"), Column("expected", "应有"),
            Column("differing", "差异"), Column("closed_at", "状态"), Column("started_label", "发起人"),
        ),
    )  # fmt: skip
    context = {"listing": listing, "form": form}
    return listing.export() or render(request, "equipment/counts.html", context, status=422 if form.errors else 200)


@page("equipment.count")
def worker(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker that opens a count again when the network is gone."""
    return sheet_worker("count-sheets", r"^/equipment/counts/\d+/$")


@page("equipment.count")
def count(request: ActorRequest, pk: int) -> HttpResponse:
    """A running count with the scanner, or a closed one with its differences."""
    found = selectors.count_for(request.actor, pk)
    tally = selectors.tally_of(found)
    numbers = {*tally.found, *tally.missing, *tally.misplaced, *tally.out_but_here}
    titles = dict(selectors.kind_choices())
    known = {item.asset_number: item for item in Item.objects.filter(asset_number__in=numbers).select_related("unit")}
    context = {
        "count": found, "tally": tally, "items": known, "kinds": titles, "devices": list(found.devices.annotate(kept=Counted("scans"))),
        "differences": list(found.differences.select_related("item")), "labels": rules.DIFFERENCES, "settle": forms.SettleForm(),
        "expected": [{"number": n, "text": f"{titles[known[n].kind]} {known[n].model_name}", "place": known[n].place}
                     for n in (*tally.found, *tally.missing)],
    }  # fmt: skip
    return render(request, "equipment/count.html", context)


@page("equipment.count", methods=("POST",))
def count_scans(request: ActorRequest, pk: int) -> HttpResponse:
    """What a device sends: it joins, hands over scans, or says it is done. Answers JSON; sent again it answers the same."""
    found = selectors.count_for(request.actor, pk)
    try:
        given = json.loads(request.body)
        key, total = UUID(given["device"]), int(given["total"])
        scans = [commands.Scan(int(each["n"]), str(each["code"]), _moment(each["at"])) for each in given.get("scans", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DomainError("bad_scans", "扫描数据不正确，请刷新页面后重试。") from error
    commands.join_count(request.actor, found, key=key)
    kept = commands.keep_scans(request.actor, found, key=key, scans=scans, announced=total) if scans else []
    if given.get("done"):
        commands.finish_device(request.actor, found, key=key, total=total)
    tally = selectors.tally_of(found)
    return JsonResponse({"kept": kept, "found": list(tally.found), "missing": len(tally.missing), "done": bool(given.get("done"))})


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a scan's moment has a time zone")
    return moment


@page("equipment.count", methods=("POST",))
def close_count(request: ActorRequest, pk: int) -> HttpResponse:
    found = commands.close_count(request.actor, selectors.count_for(request.actor, pk))
    differing = found.differences.count()
    messages.success(request, f"清点结束，{differing} 项差异待处理。" if differing else "清点结束，账实相符。")
    return see_other(reverse("equipment:count", args=[pk]))


@page("equipment.count", methods=("POST",))
def give_up_device(request: ActorRequest, pk: int, device: int) -> HttpResponse:
    found = selectors.count_for(request.actor, pk)
    commands.give_up_device(request.actor, selectors.device_for(found, device), reason=request.POST.get("reason", ""))
    messages.warning(request, "已放弃那台设备未送达的扫描。")
    return see_other(reverse("equipment:count", args=[pk]))


@page("equipment.count", methods=("POST",))
def settle(request: ActorRequest, pk: int) -> HttpResponse:
    difference = selectors.difference_for(request.actor, pk)
    commands.settle_difference(request.actor, difference, resolution=request.POST.get("resolution", "").replace("\0", "")[:200])
    messages.success(request, "已处理。")
    return see_other(reverse("equipment:count", args=[difference.count_id]))
