"""What the year's programme is told of special inspections (2.4.3)."""

from __future__ import annotations

from chengxin.activities.selectors import Witnessed
from chengxin.supervision import rules
from chengxin.supervision.models import Plan


def special_plans_of(year: int, quarter: int) -> list[Witnessed]:
    """The special plans that begin in a quarter and were not called off, each done once it is closed."""
    plans = Plan.objects.filter(kind=rules.SPECIAL, starts_on__range=rules.quarter_days(year, quarter)).exclude(state=rules.CANCELLED)
    return [Witnessed(plan.title, plan.state == rules.CLOSED, "supervision:plan", plan.pk) for plan in plans.order_by("pk")]
