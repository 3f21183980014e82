"""The rectification desk: what is due, overdue, waiting for another's re-check, drawn for a look-back, or coming back."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.quarters import quarter_days, quarter_of
from chengxin.draws import selectors as draws
from chengxin.findings import rules as findings_rules
from chengxin.findings import selectors as findings
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.draws import Entry
from chengxin.supervision import rules
from chengxin.supervision.models import LookBackTask, Reminder, RepeatAlert
from chengxin.ui.together import Counted, ask

if TYPE_CHECKING:
    from chengxin.draws.models import Draw
    from chengxin.rulebook.rules import RuleValues

TABS = {"overdue": "已逾期", "soon": "即将到期", "recheck": "待复核", "look_backs": "回头看", "alerts": "反复问题"}
FINDING_TABS = frozenset({"overdue", "soon", "recheck"})


def desk_policy(day: dt.date) -> RuleValues:
    return rulebook.rule_values("supervision.desk", day, simulate=True)


def _desk_findings(actor: Actor) -> Any:
    """Findings of the units whose rectification the actor watches."""
    reach = actor.units_for("supervision.desk")
    found = findings.all_findings()
    return found if reach is None else found.filter(unit_id__in=reach)


def findings_on(actor: Actor, tab: str) -> Any:
    """The findings of a tab with when they were last reminded of, and whether the re-check is for another than the actor."""
    today, found = clock.today(), _desk_findings(actor)
    if tab == "overdue":
        found = found.overdue(today)
    elif tab == "soon":
        last = today + dt.timedelta(days=desk_policy(today)["soon_days"])
        found = found.filter(state=findings_rules.OPEN, due_on__range=(today, last))
    else:
        found = found.filter(state=findings_rules.SUBMITTED)
    reminded = Reminder.objects.filter(finding=OuterRef("pk")).order_by().values("finding").annotate(last=Max("day")).values("last")
    barred = Q(finder_id=actor.user_id or 0) | Q(finder_person_id=actor.person_id or 0) | Q(unit_id=actor.unit_id or 0)
    own = Q(rectifications__by_id=actor.user_id or 0, rectifications__outcome="")
    mine = found.model.objects.filter(barred | own, pk=OuterRef("pk"))
    return found.annotate(
        reminded_on=Subquery(reminded), for_another=Exists(mine), subject=Coalesce("person__name", "unit__name", output_field=CharField()),
        unit_name=F("unit__name"),
    )  # fmt: skip


def look_backs_on(actor: Actor) -> Any:
    """Drawn look-backs of the units the actor watches; done is what the finding's own look-back since the draw says."""
    reach = actor.units_for("supervision.desk")
    tasks = LookBackTask.objects.all() if reach is None else LookBackTask.objects.filter(finding__unit_id__in=reach)
    since = Q(finding__look_backs__looked_at__gte=F("draw__cast_at"))
    return tasks.annotate(
        looked_at=Max("finding__look_backs__looked_at", filter=since),
        is_void=Q(finding__state__in=[findings_rules.WITHDRAWN, findings_rules.MERGED]),
        subject=Coalesce("finding__person__name", "finding__unit__name", output_field=CharField()), unit_name=F("finding__unit__name"),
    )  # fmt: skip


def open_look_backs(actor: Actor) -> Any:
    return look_backs_on(actor).filter(looked_at=None, finding__state=findings_rules.CLOSED)


def alerts_visible_to(actor: Actor) -> QuerySet[RepeatAlert]:
    """Alerts of the units the actor watches, but none about the actor; deciding is another capability."""
    reach = actor.units_for("supervision.desk")
    alerts = RepeatAlert.objects.select_related("person", "unit").exclude(person_id=actor.person_id or 0)
    return alerts if reach is None else alerts.filter(unit_id__in=reach)


def alert_for(actor: Actor, pk: int) -> RepeatAlert:
    found = alerts_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_alert", "没有这条提醒，或不在您的范围内。")
    return found


def findings_behind(alert: RepeatAlert) -> Any:
    """The counting findings of the alert's clause against its person or in its unit, since its days began."""
    found = findings.counting_findings().filter(clause=alert.clause, seen_on__gte=alert.since).order_by("seen_at")
    return found.filter(person_id=alert.person_id) if alert.person_id else found.filter(unit_id=alert.unit_id)


def counts(actor: Actor) -> dict[str, int]:
    """How much stands under each tab."""
    found = {tab: Counted(findings_on(actor, tab)) for tab in ("overdue", "soon", "recheck")}
    found["look_backs"] = Counted(open_look_backs(actor))
    found["alerts"] = Counted(alerts_visible_to(actor).filter(disposed_at=None, lifted_at=None))
    ask(*found.values())
    return {tab: counted.n for tab, counted in found.items()}


# --- look-backs of a quarter ---


@dataclass(frozen=True)
class LookBackFrame:
    entries: list[Entry]
    quotas: dict[str, int]


def look_backs_key(year: int, quarter: int) -> str:
    return f"supervision.look_backs:{year}Q{quarter}"


def look_backs_draw(year: int, quarter: int) -> Draw | None:
    return draws.draw_by_key(look_backs_key(year, quarter))


def look_backs_frame(year: int, quarter: int) -> LookBackFrame:
    """What was closed in a quarter and still is, by unit."""
    first, last = quarter_days(year, quarter)
    closed = findings.all_findings().filter(
        state=findings_rules.CLOSED, closed_at__gte=clock.at(first), closed_at__lt=clock.at(last + dt.timedelta(days=1))
    )
    entries = [Entry(finding.number, finding.unit.name) for finding in closed.select_related("unit").order_by("pk")]
    policy = desk_policy(clock.today())
    quotas = rules.look_back_quotas(Counter(each.stratum for each in entries), policy["look_back_percent"], policy["look_back_minimum"])
    return LookBackFrame(entries, quotas)


def last_quarters(day: dt.date, many: int = 4) -> list[tuple[int, int]]:
    """The last quarters that are over, the newest first."""
    found, first = [], quarter_days(day.year, quarter_of(day))[0]
    for _ in range(many):
        before = first - dt.timedelta(days=1)
        found.append((before.year, quarter_of(before)))
        first = quarter_days(before.year, quarter_of(before))[0]
    return found
