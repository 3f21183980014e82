"""Complaints of a person or a unit at a glance: numbers and terms, never who complained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from chengxin.complaints import rules
from chengxin.complaints.models import Complaint, Validity
from chengxin.complaints.selectors import complaints_visible_to, with_clocks
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST = 8
VALID = ("true", "partly")


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """Complaints decided to be true, in whole or in part: of oneself, or those the reader may see without a conflict of interest."""
    is_own = person.pk == actor.person_id
    if not is_own and not actor.may("complaints.read"):
        return None
    decided = Validity.objects.filter(accused__person=person, accused__withdrawn_at=None, decided=True, outcome__in=VALID)
    if is_own:
        decided = decided.filter(accused__told_at__isnull=False, complaint__is_restricted=False)
    else:
        decided = decided.filter(complaint__in=complaints_visible_to(actor))
    decided = decided.order_by("-decided_at")[:MOST]
    yield decided
    return Panel("查实的投诉", "3.2", lines=[_decided(each, is_own=is_own) for each in decided], empty="没有查实的投诉。")


def _decided(validity: Validity, *, is_own: bool) -> Line:
    """Of one's own no more than that it was decided and when: the case is for others."""
    day = f"{clock.local_day(validity.decided_at)} 认定" if validity.decided_at else ""
    outcome = rules.VALIDITIES[validity.outcome]
    if is_own:
        return Line("对本人的投诉", reverse("complaints:own"), day, outcome, "warn")
    number = Complaint(pk=validity.complaint_id).number
    return Line(number, reverse("complaints:detail", args=[validity.complaint_id]), day, outcome, "warn")


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """Open complaints that the units handle, with the term that runs."""
    if not actor.may("complaints.read"):
        return None
    fields = ("pk", "category", "response_due", "response_met", "feedback_due", "feedback_met")
    rows = with_clocks(complaints_visible_to(actor).open().filter(unit_id__in=units)).order_by("received_at").values(*fields)[:500]
    yield rows
    now = clock.now()
    late = sum(_due(row)[1] is not None and _due(row)[1] < now for row in rows)
    return Panel(
        "投诉", "3.2",
        [
            Figure("正在办理", f"{len(rows)} 件", reverse("complaints:list")),
            Figure("时限内", f"{len(rows) - late} 件"),
            Figure("已超时限", f"{late} 件", tone="bad" if late else ""),
        ],
        [_running(row, now) for row in sorted(rows, key=lambda row: _due(row)[1] or now)[:MOST]],
        empty="没有正在办理的投诉。", note="您或您的单位被投诉的，不在其中。",
    )  # fmt: skip


def _due(row: dict[str, Any]) -> tuple[str, Any]:
    kind = rules.RESPONSE if row["response_met"] is None else rules.FEEDBACK
    return kind, row[f"{kind}_due"]


def _running(row: dict[str, Any], now: dt.datetime) -> Line:
    kind, due = _due(row)
    number = Complaint(pk=row["pk"]).number
    told = f"{rules.CLOCKS[kind]}期限 {due.astimezone(clock.SHANGHAI):%m-%d %H:%M}" if due else ""
    is_late = due is not None and due < now
    return Line(number, reverse("complaints:detail", args=[row["pk"]]), row["category"], told, "bad" if is_late else "muted")
