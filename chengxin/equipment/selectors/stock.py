"""Uniform stock: what there is, who may have what, what next years will need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.equipment import rules
from chengxin.equipment.models import SizeProfile, StockMovement, UniformIssue, UniformStock
from chengxin.equipment.models.stock import UniformIssueQuerySet
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person

LABELS = {"male": "男", "female": "女", "established": "在编", "auxiliary": "协管"}


def _policy(day: dt.date) -> Any:
    return rulebook.rule_values("attire.entitlement", day, simulate=True)


def styles(day: dt.date | None = None) -> dict[str, dict[str, Any]]:
    """The styles of the entitlement table by code, with sizes, quantity, years and the low-stock mark."""
    return {row["style"]: row for row in _policy(day or clock.today())["styles"]}


def entitlement_source(day: dt.date) -> str:
    return str(_policy(day)["document"])


@dataclass(frozen=True)
class EntitlementLine:
    """What a person may have of a style: how many now, and from when the next ones are due."""

    style: str
    title: str
    quantity: int
    years: int
    open_quantity: int
    next_on: dt.date | None
    rule_version: str


def entitlement_of(person: Person, day: dt.date | None = None) -> list[EntitlementLine]:
    """The person's lines of the table on a day; what may be renewed soon counts as open already (``ahead_days``)."""
    day = day or clock.today()
    policy = _policy(day)
    ahead = day + dt.timedelta(days=policy["ahead_days"])
    issued: dict[str, list[tuple[dt.date, int]]] = {}
    for issue in UniformIssue.objects.filter(person=person, taken_back_on=None):
        issued.setdefault(issue.style, []).append((issue.issued_on, issue.quantity))
    return [
        EntitlementLine(
            line.style, line.title, line.quantity, line.years, rules.open_quantity(line, issued.get(line.style, []), ahead),
            min((rules.wears_out_on(on, line.years) for on, _ in issued.get(line.style, [])), default=None), policy.version,
        )
        for line in rules.entitlements(policy["styles"], person.person_class, person.sex)
    ]  # fmt: skip


def issues_of(person: Person) -> QuerySet[UniformIssue]:
    return UniformIssue.objects.filter(person=person).select_related("stock").order_by("-issued_on", "-pk")


def issues_to_dispose() -> UniformIssueQuerySet:
    """Everything taken back and not fit for the store; what became of it the disposals say."""
    return UniformIssue.objects.all().to_dispose().select_related("person", "stock")


def lock_issues(pks: Collection[int]) -> None:
    """Hold the issues until the transaction ends."""
    list(UniformIssue.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))


def issue_for(pk: int) -> UniformIssue:
    found = UniformIssue.objects.select_related("person", "stock").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_issue", "没有这次发放。")
    return found


def sizes_of(person_id: int) -> dict[str, str]:
    kept = SizeProfile.objects.filter(person_id=person_id).values_list("sizes", flat=True).first()
    return dict(kept or {})


@dataclass(frozen=True)
class StockRow:
    """A style's pieces in the store, by sex and class, each size with its quantity."""

    style: str
    title: str
    group: str
    sizes: list[tuple[str, int]]
    total: int
    low: bool
    least: int


def stock_pieces() -> QuerySet[UniformStock]:
    return UniformStock.objects.all()


def stock_table(pieces: Iterable[UniformStock] | None = None) -> list[StockRow]:
    """Everything in the store, by style, sex and class; low where a group has fewer than the rule's mark."""
    pieces = stock_pieces() if pieces is None else pieces
    quantities = {(s.style, s.sex, s.person_class, s.size): s.quantity for s in pieces}
    rows = []
    for style, row in styles().items():
        for person_class in row["classes"]:
            for sex in ("male", "female"):
                sizes = [(size, quantities.get((style, sex, person_class, size), 0)) for size in row["sizes"]]
                total, group = sum(quantity for _, quantity in sizes), f"{LABELS[person_class]} {LABELS[sex]}"
                rows.append(StockRow(style, row["title"], group, sizes, total, total < row["low"], row["low"]))
    return rows


def movements() -> Any:
    return StockMovement.objects.select_related("stock")


@dataclass(frozen=True)
class Need:
    """How many pieces of a style a year will need, for the budget."""

    style: str
    title: str
    pieces: int
    in_store: int


def forecast(year: int) -> list[Need]:
    """Pieces that will be due by the end of a year for everybody in post, against what lies in the store."""
    end = dt.date(year, 12, 31)
    table = _policy(clock.today())["styles"]
    wearers = list(people.members_of([unit.pk for unit in people.all_units()], clock.today()).filter(~Q(person_class="other")))
    issued: dict[tuple[int, str], list[tuple[dt.date, int]]] = {}
    for issue in UniformIssue.objects.filter(taken_back_on=None, person__in=wearers):
        issued.setdefault((issue.person_id, issue.style), []).append((issue.issued_on, issue.quantity))
    stock: dict[str, int] = {}
    for row in UniformStock.objects.all():
        stock[row.style] = stock.get(row.style, 0) + row.quantity
    needs: dict[str, int] = {}
    for person in wearers:
        for line in rules.entitlements(table, person.person_class, person.sex):
            due = rules.open_quantity(line, issued.get((person.pk, line.style), []), end)
            needs[line.style] = needs.get(line.style, 0) + due
    return [Need(row["style"], row["title"], needs.get(row["style"], 0), stock.get(row["style"], 0)) for row in table]
