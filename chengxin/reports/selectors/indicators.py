"""The four headline indicators: facts counted by month, unit and class of person, each with a way to the facts (1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.urls import reverse

from chengxin.attire import rules as dress_rules
from chengxin.attire.models import RollCall, RollCallException, RollCallLine
from chengxin.complaints.models import Answer as Opinion
from chengxin.complaints.models import Complaint
from chengxin.complaints.selectors import figures as service_figures
from chengxin.conduct.selectors import rates as conduct
from chengxin.core import clock
from chengxin.core.actor import Actor, Reach
from chengxin.equipment import selectors as equipment
from chengxin.evidence.models import Gap
from chengxin.findings import selectors as findings
from chengxin.reports import rules
from chengxin.reports.rules import Cell, Measured
from chengxin.rulebook import selectors as rulebook
from chengxin.supervision import rules as visits
from chengxin.supervision.models import Answer, Check


@dataclass(frozen=True)
class Indicator:
    """One of the four, as the reader may see it: in all, before, by month, by unit, by class where facts say the class."""

    code: str
    title: str
    goal: str
    what: str
    total: Measured
    before: Measured
    by_month: list[tuple[str, Measured]]
    units: list[tuple[str, Measured]]
    classes: list[tuple[str, Measured]]
    address: str
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> str:
        return rules.change(self.total, self.before)


# what is counted, the capability whose scope it is counted in, and where its facts are
WHAT = {
    rules.DRESS: ("班前点验和督查检查的人次里，没有着装问题的（已撤销、已并案的问题不计）", "attire.read"),
    rules.CLOSURE: ("到期的领用中，按时归还、已验收且执勤影像有交代的", "equipment.read"),
    rules.CONDUCT: ("随机抽查的影像和督查检查的人次里，没有言行问题的（不能判断的影像不计）", "evidence.read"),
    rules.SATISFACTION: ("投诉人作出评价的投诉中，表示满意的（与是否解决分开问）", "complaints.figures"),
}


def indicators(actor: Actor, since: dt.date, until: dt.date) -> list[Indicator]:
    """Those of the four whose facts the actor may read, within the actor's scope, from one day through another.

    Before is the span of the same length that ends the day before.
    """
    return [_indicator(code, actor, since, until) for code in rules.INDICATORS if actor.may(WHAT[code][1])]


def cells(code: str, actor: Actor, since: dt.date, until: dt.date) -> list[Cell]:
    """The counted facts of one indicator, by month, unit and class."""
    return _COUNTED[code](actor, since, until)


def measured(code: str, actor: Actor, since: dt.date, until: dt.date) -> Measured:
    """One indicator in all, within the actor's scope."""
    return rules.measured(cells(code, actor, since, until), least_on(until))


def least_on(day: dt.date) -> int:
    """The least n of a rate on a day."""
    least: int = rulebook.rule_values("goals.indicators", day, simulate=True)["minimum_n"]
    return least


def _indicator(code: str, actor: Actor, since: dt.date, until: dt.date) -> Indicator:
    found, least = cells(code, actor, since, until), least_on(until)
    before_until = since - dt.timedelta(days=1)
    before = cells(code, actor, before_until - (until - since), before_until)
    return Indicator(
        code=code, title=rules.INDICATORS[code], goal=rulebook.rule_values("reports.goals", until, simulate=True)["goals"][code],
        what=WHAT[code][0], total=rules.measured(found, least), before=rules.measured(before, least),
        by_month=rules.by_month(found, least, since, until), units=rules.by_unit(found, least), classes=rules.by_class(found, least),
        address=_address(code, actor, since, until), notes=_notes(code, actor, since, until),
    )  # fmt: skip


def _address(code: str, actor: Actor, since: dt.date, until: dt.date) -> str:
    """The list that holds the facts, for the same days where it can be asked for days; empty for who may not open it."""
    span = urlencode({"from": since, "until": until})
    capability, address = {
        rules.DRESS: ("attire.read", f"{reverse('attire:roll_calls')}?{span}"),
        rules.CLOSURE: ("equipment.read", f"{reverse('equipment:custodies')}?{span}"),
        rules.CONDUCT: ("conduct.rates", f"{reverse('conduct:rates')}?{span}"),
        rules.SATISFACTION: ("complaints.figures", f"{reverse('complaints:figures')}?{span}"),
    }[code]
    return address if actor.may(capability) else ""


def _notes(code: str, actor: Actor, since: dt.date, until: dt.date) -> tuple[str, ...]:
    """Satisfaction is told with both clocks: how often people were answered and told the result in time (1)."""
    if code != rules.SATISFACTION:
        return ()
    service = service_figures.service(actor.units_for("complaints.figures"), since, until)
    told = {"response": "24 小时响应率", "feedback": "3 个工作日反馈率"}
    return tuple(f"{told[term.kind]} {Measured(term.in_time, term.due, service.least).label}（n={term.due}）" for term in service.terms)


# --- counting ---


def _cells(rows: Iterable[dict[str, Any]]) -> list[Cell]:
    """In the order of units, so that whatever is grouped of them stands in that order."""
    ordered = sorted(rows, key=lambda row: (row["sequence"] is None, row["sequence"] or 0, row["unit_name"] or "", row["month"]))
    return [Cell(row["month"], row["unit_name"] or "未定单位", row.get("person_class") or "", row["good"], row["n"]) for row in ordered]


def _dress(actor: Actor, since: dt.date, until: dt.date) -> list[Cell]:
    bad = RollCallException.objects.filter(line=OuterRef("pk"), finding__in=findings.counting_findings())
    calls = RollCall.objects.all().visible_to(actor).filter(held_on__range=(since, until))
    lines = RollCallLine.objects.filter(roll_call__in=calls, outcome=dress_rules.CHECKED).annotate(bad=Exists(bad))
    called = _cells(_counted(lines, TruncMonth("roll_call__held_on"), "roll_call__unit", Q(bad=False)))
    return [*called, *_inspected(actor.units_for("attire.read"), since, until, "dress")]


# the part of the plan that a checklist of supervision asks about
PARTS = {"dress": "2.1", "conduct": "2.3"}


def _inspected(reach: Reach, since: dt.date, until: dt.date, part: str) -> list[Cell]:
    """Persons as seen on submitted visits whose checklist has the part, good without a counting finding against it."""
    bad = Answer.objects.filter(of=OuterRef("pk"), finding__in=findings.counting_findings().filter(clause__startswith=PARTS[part]))
    seen = Check.objects.filter(
        person__isnull=False, outcome__in=[visits.FINE, visits.FLAWED], visit__state=visits.SUBMITTED,
        visit__held_on__range=(since, until), visit__plan__template__in=["all", part],
    )  # fmt: skip
    seen = seen if reach is None else seen.filter(visit__unit_id__in=reach)
    return _cells(_counted(seen.annotate(bad=Exists(bad)), TruncMonth("visit__held_on"), "visit__unit", Q(bad=False)))


def _closure(actor: Actor, since: dt.date, until: dt.date) -> list[Cell]:
    """Footage is accounted for unless a stretch without any waits for an explanation or a decision, or was held against somebody."""
    ends = min(clock.at(until + dt.timedelta(days=1)), clock.now())
    open_gap = Gap.objects.filter(custody=OuterRef("pk"), state__in=[Gap.OPEN, Gap.EXPLAINED, Gap.PROPOSED])
    due = equipment.custodies_visible_to(actor).filter(due_at__gte=clock.at(since), due_at__lt=ends).annotate(gap=Exists(open_gap))
    good = Q(returned_at__lte=F("due_at"), countersigned_at__isnull=False, gap=False)
    return _cells(_counted(due, TruncMonth("due_at", tzinfo=clock.SHANGHAI), "unit", good, person_class=F("holder__person_class")))


def _conduct(actor: Actor, since: dt.date, until: dt.date) -> list[Cell]:
    reach = actor.units_for("evidence.read")
    judged = conduct.judged(since, until)
    judged = judged if reach is None else judged.filter(recording__unit_id__in=reach)
    month = TruncMonth("recording__started_at", tzinfo=clock.SHANGHAI)
    person_class = F("recording__person__person_class")
    reviewed = _cells(_counted(judged, month, "recording__unit", Q(is_good=True), person_class=person_class))
    return [*reviewed, *_inspected(reach, since, until, "conduct")]


def _satisfaction(actor: Actor, since: dt.date, until: dt.date) -> list[Cell]:
    reach: Reach = actor.units_for("complaints.figures")
    received = Complaint.objects.filter(received_at__gte=clock.at(since), received_at__lt=clock.at(until + dt.timedelta(days=1)))
    received = received if reach is None else received.filter(unit_id__in=reach)
    answers = Opinion.objects.filter(complaint__in=received)
    month = TruncMonth("complaint__received_at", tzinfo=clock.SHANGHAI)
    return _cells(_counted(answers, month, "complaint__unit", Q(satisfied=True), person_class=None))


def _counted(facts: QuerySet[Any, Any], month: Any, unit: str, good: Q, **columns: Any) -> Any:
    """One row a month, unit and class.

    ``person_class`` is a column of the facts unless another expression is given; None where the facts say no class.
    """
    given = {name: expression for name, expression in columns.items() if expression is not None}
    has_class = columns.get("person_class", True) is not None
    grouped = facts.order_by().annotate(month=month, unit_name=F(f"{unit}__name"), sequence=F(f"{unit}__sequence"), **given)
    keys = ["month", "unit_name", "sequence", *(["person_class"] if has_class else [])]
    return grouped.values(*keys).annotate(n=Count("pk"), good=Count("pk", filter=good)).order_by("month", "sequence", "unit_name")


_COUNTED = {rules.DRESS: _dress, rules.CLOSURE: _closure, rules.CONDUCT: _conduct, rules.SATISFACTION: _satisfaction}
