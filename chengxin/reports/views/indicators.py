"""四项指标: what the leaders look at first, and the way down to the facts (1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from chengxin.core import clock
from chengxin.reports import forms, rules, selectors
from chengxin.reports.rules import Measured
from chengxin.reports.selectors import behind
from chengxin.reports.selectors.attention import attention
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import EXPORT_LIMIT
from chengxin.ui.pages import render
from chengxin.ui.tables import Column, Filter, ListPage

SPAN_DAYS = 365
MOST_LINES = 8


@page("reports.indicators")
def indicators(request: ActorRequest) -> HttpResponse:
    """The four of a span of days, of the units the reader answers for; above them what is overdue and what is new."""
    since, until = forms.span_of(request.GET.get("from"), request.GET.get("until"), SPAN_DAYS)
    found = selectors.indicators(request.actor, since, until)
    late, new = attention(request.actor)
    context = {
        "since": since, "until": until, "now": clock.now(), "late": late, "new": new,
        "indicators": found, "charts": {each.code: charts_of(each) for each in found},
        "facts": selectors.facts_address, "class_codes": {title: code for code, title in rules.CLASSES.items()},
        "month_days": {name: rules.month_days(name, since, until) for name in rules.months(since, until)},
        "before": rules.span_before(since, until), "week": rules.last_week(clock.today()),
        "is_whole": request.actor.units_for("reports.indicators") is None, "may_wall": request.actor.may("reports.wall"),
    }  # fmt: skip
    return render(request, "reports/indicators.html", context)


def charts_of(each: selectors.Indicator) -> list[dict[str, Any]]:
    """By month, all units together and each by itself; by unit and by class. What is too few to be a rate is left out."""
    lines = [("合计", each.by_month), *each.trends[:MOST_LINES]] if len(each.trends) > 1 else [("合计", each.by_month)]
    lines = [(name, months) for name, months in lines if any(month.rate is not None for _, month in months)]
    told = []
    if lines:
        told.append(chart(f"{each.title}逐月", "line", [name for name, _ in each.by_month], lines, each.target))
    for heading, groups in (("按单位", each.units), ("按人员类别", each.classes)):
        if any(found.rate is not None for _, found in groups):
            told.append(chart(f"{each.title}{heading}", "bar", [name for name, _ in groups], [(each.title, groups)], each.target))
    return told


def chart(title: str, kind: str, categories: list[str], lines: Iterable[tuple[str, Sequence[Any]]], target: int) -> dict[str, Any]:
    """Rates in percent as the page's script draws them; ``target`` 0 is none."""
    series = [{"name": name, "values": [_percent(found) for _, found in values]} for name, values in lines]
    return {"title": title, "kind": kind, "unit": "%", "categories": categories, "series": series, "target": target}


def _percent(found: Measured) -> float | None:
    return None if found.rate is None else round(100 * found.rate, 1)


COLUMNS = (
    Column("fact_day", "日期", "fact_day"), Column("unit_name", "单位"), Column("source_title", "来源"), Column("what", "记录"),
    Column("who", "人员"), Column("class_title", "人员类别"), Column("result", "结果", "good"),
)  # fmt: skip


@dataclass
class FactList(ListPage):
    """The rows behind a figure: every one is counted and can be paged to, so that the count is the figure."""

    def __post_init__(self) -> None:
        self.sort = self._allowed_sort()
        self.count = self.query.count()
        self.pages = max(1, -(-self.count // self.page_size))
        self.page = min(max(1, self._number("page")), self.pages)
        start = (self.page - 1) * self.page_size
        self.rows = [behind.told(row) for row in self.query[start : start + self.page_size]]

    @property
    def query(self) -> Any:
        return self.source.order_by(self.sort, "source", "-ref")  # type: ignore[union-attr]

    @property
    def count_label(self) -> str:
        return str(self.count)

    def export(self) -> HttpResponse | None:
        if self.count > EXPORT_LIMIT:
            return None  # the page says so and offers to narrow it
        return super().export()

    def told(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return behind.told(dict(row))


@page("reports.indicators")
def facts(request: ActorRequest, code: str) -> HttpResponse:
    """The facts behind a figure: as many as it says, those that are good and those that are not."""
    since, until = forms.span_of(request.GET.get("from"), request.GET.get("until"), SPAN_DAYS)
    asked = behind.Asked(code, since, until, **forms.narrowed(request.GET))
    source = behind.rows_behind(request.actor, asked)
    units = [(behind.NO_UNIT, "未定单位"), *((str(pk), name) for pk, name in selectors.units_counted(request.actor, code))]
    listing = FactList(
        request, source, COLUMNS,
        (
            Filter("from", "从", "", kind="date"), Filter("until", "到", "", kind="date"), Filter("unit", "单位", "", units),
            Filter("class", "人员类别", "", list(rules.CLASSES.items())), Filter("good", "结果", "", (("1", "合格"), ("0", "不合格"))),
        ),
        default_sort="-fact_day",
    )  # fmt: skip
    context = {
        "listing": listing, "title": rules.COUNTED[code], "what": selectors.what_is_counted(code), "since": since, "until": until,
        "is_too_long": listing.count > EXPORT_LIMIT, "limit": EXPORT_LIMIT,
    }  # fmt: skip
    return listing.export() or render(request, "reports/facts.html", context)
