"""The API of figures: the four headline indicators."""

from __future__ import annotations

from ninja import Router, Schema

from chengxin.reports import selectors
from chengxin.reports.rules import Measured
from chengxin.ui.api import ApiRequest, Day, needs, span_of

reports = Router(tags=["统计"])


class FigureOut(Schema):
    """``rate`` is between 0 and 1; null below the least n, and the label says so."""

    name: str
    good: int
    n: int
    rate: float | None
    label: str


class IndicatorOut(Schema):
    code: str
    title: str
    goal: str
    what: str
    total: FigureOut
    before: FigureOut
    by_month: list[FigureOut]
    by_unit: list[FigureOut]
    by_class: list[FigureOut]


@reports.get("/indicators", response=list[IndicatorOut], summary="四项指标")
@needs("reports.indicators")
def four(request: ApiRequest, since: Day, until: Day) -> list[IndicatorOut]:
    """Those of the four whose facts the token may read, within its scope; ``before`` is the span of the same length before."""
    return [
        IndicatorOut(
            code=each.code, title=each.title, goal=each.goal, what=each.what, total=_told("", each.total), before=_told("", each.before),
            by_month=[_told(*pair) for pair in each.by_month], by_unit=[_told(*pair) for pair in each.units],
            by_class=[_told(*pair) for pair in each.classes],
        )
        for each in selectors.indicators(request.actor, *span_of(since, until))
    ]  # fmt: skip


def _told(name: str, found: Measured) -> FigureOut:
    hidden = found.rate is None
    return FigureOut(name=name, good=0 if hidden else found.good, n=found.n, rate=found.rate, label=found.label)
