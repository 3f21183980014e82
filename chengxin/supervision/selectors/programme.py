"""What the year's programme is told of special inspections (2.4.3)."""

from __future__ import annotations

from chengxin.activities.selectors import Witnessed, Witnesses, by_quarter
from chengxin.core.quarters import quarter_of
from chengxin.supervision import rules
from chengxin.supervision.models import Plan
from chengxin.ui.together import Inquiry


def special_plans_of(year: int) -> Inquiry[Witnesses]:
    """The special plans not called off, under the quarter each begins in, done once it is closed."""
    plans = Plan.objects.filter(kind=rules.SPECIAL, starts_on__year=year).exclude(state=rules.CANCELLED).order_by("pk")
    yield plans
    return by_quarter(
        (quarter_of(plan.starts_on), Witnessed(plan.title, plan.state == rules.CLOSED, "supervision:plan", plan.pk)) for plan in plans
    )
