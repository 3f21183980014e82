"""The facts behind the four indicators: what is one, on which day, whose, and whether it is good. The roll-up counts them, lists show
them, and both ask here, so that a figure and the rows behind it cannot differ (1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Count, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate

from chengxin.attire import rules as dress_rules
from chengxin.attire.models import RollCallException, RollCallLine
from chengxin.complaints.models import Answer as Opinion
from chengxin.complaints.models import Clock
from chengxin.conduct.selectors import rates as conduct
from chengxin.core import clock
from chengxin.core.actor import Reach
from chengxin.equipment.models import Custody
from chengxin.evidence.models import Gap
from chengxin.findings import selectors as findings
from chengxin.reports import rules
from chengxin.supervision import rules as visits
from chengxin.supervision.models import Answer, Check
from chengxin.ui.database import any_of

Days = Sequence[tuple[dt.date, dt.date]]  # stretches of days, both ends included


@dataclass(frozen=True)
class Source:
    """Facts of one table that count for an indicator; ``rows`` has each with ``is_good``, which holds for the days it is given: what
    spoils a fact is looked up for these days at once, and not for each fact by itself. Empty paths: such facts do not say.
    """

    code: str
    name: str
    title: str
    rows: Callable[[Days], QuerySet[Any, Any]]
    day: str
    unit: str
    person_class: str = ""
    is_moment: bool = False

    def facts(self, days: Days, reach: Reach = None) -> QuerySet[Any, Any]:
        """Those of some days and units, each with ``fact_day`` (Asia/Shanghai)."""
        found: QuerySet[Any, Any] = self.rows(days).filter(within(self.day, days, is_moment=self.is_moment)).order_by()
        found = found if reach is None else found.filter(**{f"{self.unit}_id__in": sorted(reach)})
        return _annotated(found, fact_day=TruncDate(self.day, tzinfo=clock.SHANGHAI) if self.is_moment else F(self.day))

    def grouped(self, days: Days, reach: Reach = None) -> QuerySet[Any, Any]:
        """``n`` and ``good`` of each ``fact_day``, unit and ``fact_class`` that has any."""
        facts = self.facts(days, reach).annotate(fact_class=F(self.person_class) if self.person_class else Value(""))
        grouped = facts.values("fact_day", f"{self.unit}_id", "fact_class")
        return _annotated(grouped, n=Count("pk"), good=Count("pk", filter=Q(is_good=True)))


def within(path: str, days: Days, *, is_moment: bool = False) -> Q:
    """That a day, or a moment, lies in one of some stretches of days; nothing does where there are none."""
    return any_of(
        Q(**{f"{path}__gte": clock.at(first), f"{path}__lt": clock.at(last + dt.timedelta(days=1))})
        if is_moment
        else Q(**{f"{path}__range": (first, last)})
        for first, last in days
    )


def _annotated(rows: QuerySet[Any, Any], **columns: Any) -> QuerySet[Any, Any]:
    made: QuerySet[Any, Any] = rows.annotate(**columns)
    return made


def stretches(days: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Single days as stretches of days, in order."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in sorted(set(days)):
        if found and day - found[-1][1] == dt.timedelta(days=1):
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def _unspoilt(spoilt: QuerySet[Any, Any]) -> ExpressionWrapper[Any]:
    """That a fact is none of these keys: looked up in one table of them, which a subquery for each fact would not be."""
    return ExpressionWrapper(~Q(pk__in=spoilt), output_field=BooleanField())


def _called(days: Days) -> QuerySet[Any, Any]:
    bad = RollCallException.objects.filter(within("line__roll_call__held_on", days), finding__in=findings.counting_findings())
    return RollCallLine.objects.filter(outcome=dress_rules.CHECKED).annotate(is_good=_unspoilt(bad.values("line")))


# the part of the plan that a checklist of supervision asks about
PARTS = {rules.DRESS: "2.1", rules.CONDUCT: "2.3"}


def _inspected(part: str) -> Callable[[Days], QuerySet[Any, Any]]:
    """Persons as seen on submitted visits whose checklist has the part, good without a counting finding against it."""

    def rows(days: Days) -> QuerySet[Any, Any]:
        counting = findings.counting_findings().filter(clause__startswith=PARTS[part])
        bad = Answer.objects.filter(within("of__visit__held_on", days), of__isnull=False, finding__in=counting)
        return Check.objects.filter(
            person__isnull=False, outcome__in=[visits.FINE, visits.FLAWED], visit__state=visits.SUBMITTED,
            visit__plan__template__in=["all", part],
        ).annotate(is_good=_unspoilt(bad.values("of")))  # fmt: skip

    return rows


def _custodies(days: Days) -> QuerySet[Any, Any]:
    """Those that fell due. Footage is accounted for unless a stretch without any waits for an explanation or a decision, or was held
    against somebody.
    """
    open_gap = Gap.objects.filter(
        within("custody__due_at", days, is_moment=True), custody__isnull=False, state__in=[Gap.OPEN, Gap.EXPLAINED, Gap.PROPOSED]
    )
    good = Q(returned_at__lte=F("due_at"), countersigned_at__isnull=False) & ~Q(pk__in=open_gap.values("custody"))
    return Custody.objects.filter(due_at__lt=clock.now()).annotate(is_good=_whether(good))


def _reviewed(_: Days) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = conduct.judged()
    return rows


def _opinions(_: Days) -> QuerySet[Any, Any]:
    return Opinion.objects.annotate(is_good=F("satisfied"))


def _terms(kind: str) -> Callable[[Days], QuerySet[Any, Any]]:
    """Terms from first receipt that were met or ran out; what still runs is no fact yet."""

    def rows(_: Days) -> QuerySet[Any, Any]:
        over = Q(met_at__isnull=False) | Q(due_at__lt=clock.now())
        return Clock.objects.filter(over, kind=kind, round=0).annotate(is_good=_whether(Q(met_at__lte=F("due_at"))))

    return rows


def _whether(condition: Any) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


SOURCES = (
    Source(rules.DRESS, "roll_call", "班前点验", _called, "roll_call__held_on", "roll_call__unit", "person_class"),
    Source(rules.DRESS, "visit", "督查检查", _inspected(rules.DRESS), "visit__held_on", "visit__unit", "person_class"),
    Source(rules.CLOSURE, "custody", "领用", _custodies, "due_at", "unit", "holder__person_class", is_moment=True),
    Source(
        rules.CONDUCT, "review", "抽查影像", _reviewed, "recording__started_at", "recording__unit", "recording__person__person_class",
        is_moment=True,
    ),
    Source(rules.CONDUCT, "visit", "督查检查", _inspected(rules.CONDUCT), "visit__held_on", "visit__unit", "person_class"),
    Source(rules.SATISFACTION, "answer", "投诉人评价", _opinions, "complaint__received_at", "complaint__unit", is_moment=True),
    Source(rules.RESPONSE, "response", "响应时限", _terms(rules.RESPONSE), "complaint__received_at", "complaint__unit", is_moment=True),
    Source(rules.FEEDBACK, "feedback", "反馈时限", _terms(rules.FEEDBACK), "complaint__received_at", "complaint__unit", is_moment=True),
)  # fmt: skip


def sources_of(code: str) -> list[Source]:
    return [each for each in SOURCES if each.code == code]


def unsettled(codes: Iterable[str]) -> set[tuple[str, dt.date]]:
    """Days whose figures will change by the mere passing of time: a term of theirs still runs."""
    running = Clock.objects.filter(met_at=None, due_at__gte=clock.now(), round=0, kind__in=list(codes))
    day = TruncDate("complaint__received_at", tzinfo=clock.SHANGHAI)
    return set(running.annotate(day=day).order_by().values_list("kind", "day").distinct())
