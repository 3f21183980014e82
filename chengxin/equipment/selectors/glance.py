"""Equipment of a unit at a glance: what is out, what is late, what is broken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.equipment.models import Custody, Fault, Item
from chengxin.equipment.selectors import custodies_visible_to, faults_visible_to, overdue
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.together import Counted, Inquiry

MOST = 6


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    if not actor.may("equipment.read"):
        return None
    late = overdue(actor).filter(unit_id__in=units)
    faults = faults_visible_to(actor).filter(unit_id__in=units).unsettled().select_related("item").order_by("reported_at")
    counts = [Counted(each) for each in (
        Item.objects.all().visible_to(actor).filter(unit_id__in=units).exclude(service="retired"),
        custodies_visible_to(actor).open().filter(unit_id__in=units), late, faults,
    )]  # fmt: skip
    first_late, first_faults = late[:MOST], faults[:MOST]
    yield *counts, first_late, first_faults
    items, out, n_late, n_faults = (each.n for each in counts)
    now = clock.now()
    return Panel(
        "装备", "2.2",
        [
            Figure("在册", f"{items} 件", reverse("equipment:items")),
            Figure("领用在外", f"{out} 件", reverse("equipment:custodies")),
            Figure("逾期未还", f"{n_late} 件", f"{reverse('equipment:custodies')}?state=late", "bad" if n_late else ""),
            Figure("故障待处理", f"{n_faults} 件", reverse("equipment:faults"), "warn" if n_faults else ""),
        ],
        [
            *(_late(each, now) for each in first_late),
            *(_fault(each) for each in first_faults),
        ],
        empty="没有逾期未还和待处理的故障。",
    )  # fmt: skip


def _late(custody: Custody, now: dt.datetime) -> Line:
    return Line(
        f"{custody.item.asset_number} {custody.holder.name}", reverse("equipment:item", args=[custody.item_id]),
        f"应于 {custody.due_at.astimezone(clock.SHANGHAI):%m-%d %H:%M} 归还",
        f"逾期 {(now - custody.due_at).total_seconds() / 3600:.0f} 小时", "bad",
    )  # fmt: skip


def _fault(fault: Fault) -> Line:
    return Line(
        f"{fault.item.asset_number}：{fault.description[:40]}", reverse("equipment:fault", args=[fault.pk]),
        f"{clock.local_day(fault.reported_at)} 报告", fault.get_state_display(), "warn",
    )  # fmt: skip
