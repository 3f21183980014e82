"""What a leader looks at once a day: what is overdue, and what came since yesterday, each with the way to its rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse

from chengxin.complaints import selectors as complaints
from chengxin.complaints.models import Complaint
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.equipment import selectors as equipment
from chengxin.findings import rules as states
from chengxin.findings import selectors as findings


@dataclass(frozen=True)
class Matter:
    """So many matters of a kind, and the list that holds them and nothing else."""

    title: str
    count: int
    address: str
    is_late: bool = False


def attention(actor: Actor) -> tuple[list[Matter], list[Matter]]:
    """(What is overdue, what came yesterday and today), of what the reader may read."""
    day = clock.today()
    found = [*_findings(actor, day), *_equipment(actor), *_complaints(actor, day)]
    return [each for each in found if each.is_late], [each for each in found if not each.is_late]


def _since(address: str, day: dt.date) -> str:
    return f"{address}?from={day - dt.timedelta(days=1)}&until={day}"


def _findings(actor: Actor, day: dt.date) -> list[Matter]:
    if not actor.may("findings.read"):
        return []
    counted = findings.findings_visible_to(actor).aggregate(
        late=Count("pk", filter=Q(state=states.OPEN, due_on__lt=day)),
        new=Count("pk", filter=Q(seen_on__range=(day - dt.timedelta(days=1), day))),
    )
    address = reverse("findings:list")
    return [
        Matter("逾期未整改的问题", counted["late"], f"{address}?late=True", is_late=True),
        Matter("发现的问题", counted["new"], _since(address, day)),
    ]


def _equipment(actor: Actor) -> list[Matter]:
    if not actor.may("equipment.read"):
        return []
    late = equipment.custodies_visible_to(actor).overdue(clock.now()).count()
    return [Matter("逾期未还的装备", late, f"{reverse('equipment:custodies')}?state=late", is_late=True)]


def _complaints(actor: Actor, day: dt.date) -> list[Matter]:
    if not actor.may("complaints.read"):
        return []
    seen = Complaint.objects.all().visible_to(actor)
    begins = clock.at(day - dt.timedelta(days=1))
    counted = seen.aggregate(
        new=Count("pk", filter=Q(received_at__gte=begins, received_at__lt=clock.at(day + dt.timedelta(days=1)))),
        late=Count("pk", filter=Q(pk__in=complaints.overdue())),
    )
    address = reverse("complaints:list")
    return [
        Matter("响应或反馈已逾期的投诉", counted["late"], f"{address}?late=True", is_late=True),
        Matter("收到的投诉", counted["new"], _since(address, day)),
    ]
