"""The four headline indicators: facts counted by month, unit and class of person, each with a way to the facts (1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor, Reach
from chengxin.people.models import Unit
from chengxin.reports import rules
from chengxin.reports.rules import Cell, Measured
from chengxin.reports.selectors.figures import Key, Span, cells_of
from chengxin.rulebook import selectors as rulebook


@dataclass(frozen=True)
class Companion:
    """A share that is told beside an indicator."""

    code: str
    title: str
    total: Measured


@dataclass(frozen=True)
class Indicator:
    """One of the four, as the reader may see it: in all, before, by month, by unit, by class where facts say the class."""

    code: str
    title: str
    goal: str
    target: int  # percent; 0 while the bureau has set none
    what: str
    total: Measured
    before: Measured
    week: Measured  # the last seven days, today included
    last_week: Measured
    by_month: list[tuple[str, Measured]]
    units: list[tuple[str, Measured]]
    classes: list[tuple[str, Measured]]
    trends: list[tuple[str, list[tuple[str, Measured]]]]  # by month, of each unit
    unit_ids: Mapping[str, int | None]
    companions: tuple[Companion, ...] = ()
    span: tuple[dt.date, dt.date] = field(default=(dt.date.min, dt.date.max))

    @property
    def change(self) -> str:
        return rules.change(self.total, self.before)

    @property
    def weekly_change(self) -> str:
        return rules.change(self.week, self.last_week)

    @property
    def against(self) -> str:
        return rules.against(self.target, self.total)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(f"{each.title} {each.total.label}（n={each.total.n}）" for each in self.companions)


# what is counted, and the capability whose scope it is counted in
WHAT = {
    rules.DRESS: ("班前点验和督查检查的人次里，没有着装问题的（已撤销、已并案的问题不计）", "attire.read"),
    rules.CLOSURE: ("到期的领用中，按时归还、已验收且执勤影像有交代的", "equipment.read"),
    rules.CONDUCT: ("随机抽查的影像和督查检查的人次里，没有言行问题的（不能判断的影像不计）", "evidence.read"),
    rules.SATISFACTION: ("投诉人作出评价的投诉中，表示满意的（与是否解决分开问）", "complaints.figures"),
    rules.RESPONSE: ("首次响应已办或到期的投诉中，首次收到起 24 小时内由人响应的", "complaints.figures"),
    rules.FEEDBACK: ("首次反馈已办或到期的投诉中，首次收到起 3 个工作日内反馈结果的", "complaints.figures"),
}
COMPANIONS_OF = {rules.SATISFACTION: (rules.RESPONSE, rules.FEEDBACK)}


def reaches_of(actor: Actor) -> dict[str, Reach]:
    """Of what the reader may read, the units the figures are counted over."""
    return {code: actor.units_for(capability) for code, (_, capability) in WHAT.items() if actor.may(capability)}


def indicators(actor: Actor, since: dt.date, until: dt.date) -> list[Indicator]:
    """Those of the four whose facts the actor may read, within the actor's scope, from one day through another.

    Before is the span of the same length that ends the day before.
    """
    return indicators_within(reaches_of(actor), since, until)


def indicators_within(reaches: Mapping[str, Reach], since: dt.date, until: dt.date) -> list[Indicator]:
    """The four, each counted over the units given for it."""
    if not reaches:
        return []
    week = rules.last_week(clock.today())
    spans = [
        Span("now", since, until, by_month=True), Span("before", *rules.span_before(since, until)),
        Span("week", *week), Span("last_week", *rules.span_before(*week)),
    ]  # fmt: skip
    found = cells_of(reaches, spans)
    words = rulebook.rule_values("reports.goals", until, simulate=True)
    least = _least(until, reaches)
    return [_indicator(code, found, spans[0], least, (words["goals"][code], words[code])) for code in rules.INDICATORS if code in reaches]


def cells(code: str, actor: Actor, since: dt.date, until: dt.date) -> list[Cell]:
    """The counted facts of one indicator, by month, unit and class."""
    return cells_of({code: actor.units_for(WHAT[code][1])}, [Span("now", since, until, by_month=True)])[code, "now"]


def measured(codes: Collection[str], actor: Actor, since: dt.date, until: dt.date) -> dict[str, Measured]:
    """Some indicators in all, within the actor's scope."""
    found = cells_of({code: actor.units_for(WHAT[code][1]) for code in codes}, [Span("now", since, until, by_month=True)])
    return {code: rules.measured(found[code, "now"], least_on(until)) for code in codes}


@dataclass(frozen=True)
class Recent:
    """One of the four over the last days, and over as many days before them."""

    code: str
    title: str
    now: Measured
    before: Measured


def recent(actor: Actor, days: int) -> list[Recent]:
    """Those of the four whose facts the reader may read, over the last days up to today."""
    today = clock.today()
    span = today - dt.timedelta(days=days - 1), today
    past = rules.span_before(*span)
    reaches = {code: reach for code, reach in reaches_of(actor).items() if code in rules.INDICATORS}
    if not reaches:
        return []
    found = cells_of(reaches, [Span("now", *span), Span("before", *past)])
    least, least_before = least_on(today), least_on(past[1])
    return [
        Recent(code, rules.INDICATORS[code], rules.measured(found[code, "now"], least), rules.measured(found[code, "before"], least_before))
        for code in reaches
    ]


def least_on(day: dt.date) -> int:
    """The least n of a rate on a day."""
    least: int = rulebook.rule_values("goals.indicators", day, simulate=True)["minimum_n"]
    return least


def _least(day: dt.date, codes: Iterable[str]) -> dict[str, int]:
    """The least n of each; the terms of complaints are public figures and have the least n of those."""
    least = dict.fromkeys(rules.INDICATORS, least_on(day))
    if rules.SATISFACTION not in codes:
        return least
    public: int = rulebook.rule_values("complaints.intake", clock.today(), simulate=True)["public_from"]
    return least | dict.fromkeys(rules.COMPANIONS, public)


def _indicator(code: str, every: Mapping[Key, list[Cell]], span: Span, leasts: Mapping[str, int], goal: tuple[str, int]) -> Indicator:
    found, least = every[code, "now"], leasts[code]
    before, week, last_week = (rules.measured(every[code, name], least) for name in ("before", "week", "last_week"))
    told = [(each, rules.COMPANIONS[each]) for each in COMPANIONS_OF.get(code, ())]
    return Indicator(
        code=code, title=rules.INDICATORS[code], goal=goal[0], target=goal[1], what=WHAT[code][0], total=rules.measured(found, least),
        before=before, week=week, last_week=last_week,
        by_month=rules.by_month(found, least, span.since, span.until), units=rules.by_unit(found, least),
        classes=rules.by_class(found, least), trends=rules.trends(found, least, span.since, span.until),
        unit_ids={cell.unit: cell.unit_id for cell in found},
        companions=tuple(Companion(each, title, rules.measured(every[each, "now"], leasts[each])) for each, title in told),
        span=(span.since, span.until),
    )  # fmt: skip


def what_is_counted(code: str) -> str:
    return WHAT[code][0]


def units_counted(actor: Actor, code: str) -> list[tuple[int, str]]:
    """The units an indicator is counted over for the reader, in their order."""
    reach = actor.units_for(WHAT[code][1])
    units = Unit.objects.all() if reach is None else Unit.objects.filter(pk__in=reach)
    return list(units.values_list("pk", "name"))


def facts_address(code: str, since: dt.date, until: dt.date, **more: str | int | None) -> str:
    """The list of the facts behind a figure."""
    asked = {"from": since, "until": until, **{name.strip("_"): value for name, value in more.items() if value not in (None, "")}}
    return f"{reverse('reports:facts', args=[code])}?{urlencode(asked)}"
