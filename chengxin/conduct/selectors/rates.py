"""文明言行: sampled recordings without a finding / sampled, by unit and by class of person (1, 2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from chengxin.conduct.models import Nomination, Sheet
from chengxin.conduct.rules import FINAL, Rate
from chengxin.conduct.selectors.reviews import RANDOM, in_reach, with_counting
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.evidence.models import Review
from chengxin.rulebook import selectors as rulebook

CLASSES = {"established": "在编", "auxiliary": "协管", "other": "其他"}


@dataclass(frozen=True)
class Rates:
    """The share of a span of days: of all, of each unit, of each class, of each class of each unit."""

    since: dt.date
    until: dt.date
    all: Rate
    units: list[Rate]
    classes: list[Rate]
    both: list[Rate]
    least: int
    unusable: int


def sampled() -> QuerySet[Review]:
    """Reviewed recordings that the monthly random draw drew; follow-ups of a coaching are no random sample. Shows nobody anything by
    itself.
    """
    return Review.objects.filter(draw__key__startswith=RANDOM, recording__person__isnull=False).exclude(outcome="")


def judged() -> Any:
    """Those that could be judged, each with whether it is without a finding (``is_good``): by its sheet, whose findings may be reversed
    since, or by the result that was given without one.
    """
    found = with_counting(Nomination.objects.filter(recording=OuterRef("recording")))
    sheet = Sheet.objects.filter(review=OuterRef("pk"), state=FINAL)
    rows = sampled().exclude(outcome=Review.UNUSABLE).annotate(has_finding=Exists(found), has_sheet=Exists(sheet))
    return rows.annotate(
        is_good=Case(
            When(has_finding=True, then=Value(False)), When(has_sheet=True, then=Value(True)),
            When(outcome=Review.FINE, then=Value(True)), default=Value(False),
        )
    )  # fmt: skip


def _recorded(since: dt.date, until: dt.date) -> Q:
    """On some days, both ends included."""
    return Q(recording__started_at__gte=clock.at(since), recording__started_at__lt=clock.at(until + dt.timedelta(days=1)))


def rates_of(actor: Actor, since: dt.date, until: dt.date) -> Rates:
    """The rates of the units the actor answers for."""
    least: int = rulebook.rule_values("goals.indicators", until, simulate=True)["minimum_n"]
    scope = in_reach(actor, "conduct.rates", "recording__")
    rows = judged().filter(scope, _recorded(since, until)).order_by("recording__unit__sequence", "recording__unit__name", "pk")
    facts = [
        (unit, CLASSES[person_class], is_good)
        for unit, person_class, is_good in rows.values_list("recording__unit__name", "recording__person__person_class", "is_good")
    ]
    unusable = sampled().filter(scope, _recorded(since, until), outcome=Review.UNUSABLE).count()
    return Rates(
        since, until, _rate("全部", [good for _, _, good in facts], least),
        _grouped(((unit, good) for unit, _, good in facts), least),
        _grouped(((title, good) for _, title, good in facts), least),
        _grouped(((f"{unit} {title}", good) for unit, title, good in facts), least), least, unusable,
    )  # fmt: skip


def _grouped(facts: Iterable[tuple[str, bool]], least: int) -> list[Rate]:
    groups: dict[str, list[bool]] = {}
    for label, good in facts:
        groups.setdefault(label, []).append(good)
    return [_rate(label, goods, least) for label, goods in groups.items()]


def _rate(label: str, goods: list[bool], least: int) -> Rate:
    return Rate(label, sum(goods), len(goods), least)
