"""文明言行: sampled recordings without a finding / sampled, by unit and by class of person (1, 2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from chengxin.conduct.models import Sheet
from chengxin.conduct.rules import FINAL, Rate
from chengxin.conduct.selectors.reviews import RANDOM, counting_recordings, in_reach
from chengxin.core import clock
from chengxin.core.actor import Actor
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


def rates_of(actor: Actor, since: dt.date, until: dt.date) -> Rates:
    """Recordings of some days (both ends included) that the monthly random draw drew and somebody judged on a sheet. Follow-ups of a
    coaching are no random sample and count nowhere.
    """
    least: int = rulebook.rule_values("goals.indicators", until, simulate=True)["minimum_n"]
    begins, ends = clock.at(since), clock.at(until + dt.timedelta(days=1))
    sheets = Sheet.objects.filter(
        in_reach(actor, "conduct.rates"), state=FINAL, recording__started_at__gte=begins, recording__started_at__lt=ends,
        review__draw__key__startswith=RANDOM,
    ).order_by("unit__sequence", "unit__name", "pk")  # fmt: skip
    rows = list(sheets.values_list("recording_id", "unit__name", "person_class", "is_unusable"))
    judged = [row for row in rows if not row[3]]
    bad = counting_recordings([row[0] for row in judged])
    facts = [(unit, CLASSES[person_class], recording not in bad) for recording, unit, person_class, _ in judged]
    return Rates(
        since, until, _rate("全部", [good for _, _, good in facts], least),
        _grouped(((unit, good) for unit, _, good in facts), least),
        _grouped(((title, good) for _, title, good in facts), least),
        _grouped(((f"{unit} {title}", good) for unit, title, good in facts), least), least, len(rows) - len(judged),
    )  # fmt: skip


def _grouped(facts: Iterable[tuple[str, bool]], least: int) -> list[Rate]:
    groups: dict[str, list[bool]] = {}
    for label, good in facts:
        groups.setdefault(label, []).append(good)
    return [_rate(label, goods, least) for label, goods in groups.items()]


def _rate(label: str, goods: list[bool], least: int) -> Rate:
    return Rate(label, sum(goods), len(goods), least)
