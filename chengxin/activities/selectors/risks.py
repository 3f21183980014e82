"""The register of risks and which reviews come due."""

from __future__ import annotations

import datetime as dt

from chengxin.activities.models import Risk, RiskQuerySet
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound


def risks_visible_to(actor: Actor) -> RiskQuerySet:
    return Risk.objects.all().visible_to(actor)


def risk_for(actor: Actor, pk: int) -> Risk:
    """A risk within the actor's scope. Raises NotFound."""
    found = risks_visible_to(actor).select_related("unit", "responsible").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_risk", "没有这项岗位风险，或不在您的范围内。")
    return found


def reviews_due(actor: Actor, until: dt.date) -> RiskQuerySet:
    """Standing risks whose review falls due by a day and that the actor reviews: as responsible person or for the unit."""
    due = Risk.objects.all().standing().filter(review_due_on__lte=until).select_related("unit", "responsible")
    reach = actor.units_for("activities.risk")
    if reach is not None:
        own = due.filter(responsible_id=actor.person_id or 0)
        due = own | due.filter(unit_id__in=reach)
    return due.order_by("review_due_on", "pk")
