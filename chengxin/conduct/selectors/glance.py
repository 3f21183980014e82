"""Sign-offs and coaching of a person at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from chengxin.conduct.models import Coaching, SignOff
from chengxin.conduct.selectors.reviews import in_reach
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.ui.panels import Line, Panel
from chengxin.ui.together import Inquiry

if TYPE_CHECKING:
    from chengxin.people.models import Person

MOST = 6


def person_panel(actor: Actor, person: Person) -> Inquiry[Panel | None]:
    """Which versions of the phrase norms were signed for, and what was practised after a finding."""
    is_own = person.pk == actor.person_id
    if not is_own and not actor.may("conduct.read"):
        return None
    within = Q() if is_own else in_reach(actor, "conduct.read")
    signed = SignOff.objects.filter(within, person=person)[:MOST]
    coached = Coaching.objects.filter(within, person=person).order_by("-held_on")[:MOST]
    yield signed, coached
    lines = [
        *(
            Line(
                f"言行辅导 {each.held_on}", reverse("conduct:coaching", args=[each.pk]), "", each.get_outcome_display() or "待再抽查",
                "ok" if each.outcome else "info",
            )
            for each in coached
        ),
        *(Line(f"文明用语签收 {each.rule_version}", "", f"{clock.local_day(each.signed_at)}", "已签收", "ok") for each in signed),
    ]  # fmt: skip
    return Panel("文明用语与辅导", "2.3", lines=lines, empty="没有签收和辅导记录。")
