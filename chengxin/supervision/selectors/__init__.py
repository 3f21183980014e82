"""Questions about 督查, within the reader's scope."""

from __future__ import annotations

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.quarters import quarter_days, quarter_of
from chengxin.core.waiting import Waiting
from chengxin.findings import rules as findings_rules
from chengxin.supervision import rules
from chengxin.supervision.models import Plan, Reminder, Visit
from chengxin.supervision.selectors import desk, plans
from chengxin.supervision.selectors.reach import CoverageRow, coverage, visits_between
from chengxin.ui.together import Counted, Inquiry, joined

__all__ = ["CoverageRow", "coverage", "inquiries", "visits_between", "work_waiting_for"]

CHAPTER = "三（一）督查考核"


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Visits assigned, findings reminded of, alerts and look-backs, and the quarter's plan that is not made yet."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_visits(actor), _reminders(actor), _alerts(actor), _look_backs(actor), _quarterly_plan(actor)]


def _visits(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("supervision.inspect") or actor.person_id is None:
        return []
    mine = Visit.objects.all().waiting_for(actor.person_id).select_related("unit", "plan").order_by("due_on")[:100]
    yield mine
    return [
        Waiting(
            f"{rules.KINDS[visit.plan.kind]}：{visit.unit.name}", reverse("supervision:sheet", args=[visit.pk]), CHAPTER,
            "supervision.visit", due_on=visit.due_on, detail=f"{visit.number} {rules.MODES[visit.mode]}",
        )
        for visit in mine
    ]  # fmt: skip


def _reminders(actor: Actor) -> Inquiry[list[Waiting]]:
    """What one's own unit was reminded of and has not put right."""
    if not actor.may("findings.rectify") or actor.unit_id is None:
        return []
    reminded = Reminder.objects.filter(finding__unit_id=actor.unit_id, finding__state=findings_rules.OPEN)
    reminded = reminded.exclude(by_id=actor.user_id)
    count = Counted(reminded.values("finding").distinct())
    yield count
    address = f"{reverse('supervision:desk')}?tab=overdue"
    return [Waiting(f"督办催办：{count.n} 件待整改", address, CHAPTER, "supervision.reminded", count=count.n)] if count.n else []


def _alerts(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("supervision.dispose"):
        return []
    alerts = desk.alerts_visible_to(actor).filter(disposed_at=None, lifted_at=None).exclude(unit_id=actor.unit_id or 0)
    count, address = Counted(alerts), f"{reverse('supervision:desk')}?tab=alerts"
    yield count
    return [Waiting(f"处置反复问题 {count.n} 件", address, CHAPTER, "supervision.alert", count=count.n)] if count.n else []


def _look_backs(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("supervision.look_back"):
        return []
    count, address = Counted(desk.open_look_backs(actor)), f"{reverse('supervision:desk')}?tab=look_backs"
    yield count
    return [Waiting(f"回头看 {count.n} 件", address, CHAPTER, "supervision.look_back", count=count.n)] if count.n else []


def _quarterly_plan(actor: Actor) -> Inquiry[list[Waiting]]:
    """Every quarter of the rule has its plan; who plans is told until it is made."""
    if not actor.may("supervision.plan"):
        return []
    today = clock.today()
    quarter = quarter_of(today)
    if quarter not in plans.policy_on(today)["quarters"]:
        return []
    made = Counted(Plan.objects.filter(kind=rules.QUARTERLY, year=today.year, quarter=quarter).exclude(state=rules.CANCELLED))
    yield made
    if made.n:
        return []
    return [
        Waiting(
            f"制定第 {quarter} 季度抽查计划", reverse("supervision:new_plan"), CHAPTER, "supervision.plan",
            due_on=quarter_days(today.year, quarter)[1],
        )
    ]  # fmt: skip
