"""Questions about the item bank and the rule of exams (2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.exams import rules
from chengxin.exams.models import Exam, ExamItem, ItemVersion, ItemVersionQuerySet
from chengxin.rulebook import selectors as rulebook

RULE = "activities.exams"


@dataclass(frozen=True)
class ExamPolicy:
    """The rule of exams of a day: percentages, minutes, days; ``version`` names it."""

    pass_percent: int
    minutes: int
    most_minutes: int
    partial_percent: int
    objection_days: int
    weak_percent: int
    least_n: int
    version: str


def exam_policy_at(on: dt.date) -> ExamPolicy:
    """The rule of a day; the draft's values where nothing is in force."""
    given = rulebook.rule_values(RULE, on, simulate=True)
    names = ("pass_percent", "minutes", "most_minutes", "partial_percent", "objection_days", "weak_percent", "least_n")
    return ExamPolicy(**{name: given[name] for name in names}, version=given.version)


def clause_titles() -> dict[str, str]:
    """Every clause of the plan, code to title, in the plan's order."""
    return {each.code: each.title for each in rulebook.clauses()}


def clause_choices(below: str = "") -> list[tuple[str, str]]:
    """Clauses to choose from, all or one and what lies under it."""
    return [(code, f"{code} {title}") for code, title in clause_titles().items() if not below or rules.is_under(code, below)]


def versions_visible_to(actor: Actor) -> ItemVersionQuerySet:
    """The newest version of every item, for who writes or reviews them."""
    if not (actor.may("exams.bank") or actor.may("exams.review")):
        return ItemVersion.objects.none()
    return ItemVersion.objects.newest()


def item_for(actor: Actor, pk: int) -> list[ItemVersion]:
    """All versions of an item, newest first. Raises NotFound."""
    found = list(ItemVersion.objects.filter(item_id=pk).order_by("-number")) if actor.may("exams.review") else []
    if not found:
        raise NotFound("no_item", "题库中没有这道题。")
    return found


def running_exam_with(versions: Collection[int]) -> Exam | None:
    """A published exam that is not over and draws from one of the versions: until its end nobody is shown their answers."""
    rows = ExamItem.objects.filter(version__in=versions, exam__state=rules.PUBLISHED, exam__ends_at__gte=clock.now())
    found = rows.select_related("exam").order_by("-exam__ends_at").first()
    return found.exam if found else None


def sealed_versions() -> set[int]:
    """The versions in the bank of an exam that is running: nobody is shown what is right, not even from an earlier exam."""
    rows = ExamItem.objects.filter(exam__state=rules.PUBLISHED, exam__ends_at__gte=clock.now())
    return set(rows.values_list("version", flat=True))


def standing_digests() -> set[str]:
    """What the bank holds already: the digests of all versions that are not retired."""
    return set(ItemVersion.objects.exclude(state=rules.RETIRED).values_list("digest", flat=True))


def stock() -> list[rules.Stock]:
    """Everything in use, as it is drawn from."""
    return [each.stock for each in ItemVersion.objects.in_use().order_by("pk")]
