"""Pure: rates with their n, weak items and what follows from them, when a year may be closed (1, 2.4.5)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

# --- years and quarters ---

EARLIEST, LATEST = 2020, 2100
QUARTERS = (1, 2, 3, 4)


def year_days(year: int) -> tuple[dt.date, dt.date]:
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def is_over(year: int, today: dt.date) -> bool:
    return today.year > year


# --- the four headline indicators (1) ---

DRESS, CLOSURE, CONDUCT, SATISFACTION = "dress", "closure", "conduct", "satisfaction"
INDICATORS = {DRESS: "着装规范率", CLOSURE: "装备闭环率", CONDUCT: "文明言行合格率", SATISFACTION: "群众满意度"}
# told beside 群众满意度, of complaints first received on the same days (1, 3.2)
RESPONSE, FEEDBACK = "response", "feedback"
COMPANIONS = {RESPONSE: "24 小时响应率", FEEDBACK: "3 个工作日反馈率"}
COUNTED = {**INDICATORS, **COMPANIONS}
CLASSES = {"established": "在编", "auxiliary": "协管", "other": "其他"}
TOO_FEW = "样本不足"


@dataclass(frozen=True)
class Cell:
    """Counted facts of one month, unit and class of person: how many there are and how many of them are good."""

    month: dt.date
    unit: str
    person_class: str
    good: int
    n: int
    unit_id: int | None = None


@dataclass(frozen=True)
class Measured:
    """A share with its n. Below the least n it is no number (1)."""

    good: int
    n: int
    least: int

    @property
    def rate(self) -> float | None:
        """Between 0 and 1; None where there are too few facts."""
        return self.good / self.n if self.n >= max(1, self.least) else None

    @property
    def label(self) -> str:
        return TOO_FEW if self.rate is None else f"{100 * self.rate:.1f}%"


def measured(cells: Iterable[Cell], least: int) -> Measured:
    every = list(cells)
    return Measured(sum(each.good for each in every), sum(each.n for each in every), least)


def by_unit(cells: Iterable[Cell], least: int) -> list[tuple[str, Measured]]:
    """In the order in which the units come."""
    return _grouped([(each.unit, each) for each in cells if each.unit], least)


def by_class(cells: Iterable[Cell], least: int) -> list[tuple[str, Measured]]:
    """Established first; the same rules and the same rates hold for both (0)."""
    named = [(CLASSES[each.person_class], each) for each in cells if each.person_class in CLASSES]
    return sorted(_grouped(named, least), key=lambda pair: list(CLASSES.values()).index(pair[0]))


def by_month(cells: Iterable[Cell], least: int, since: dt.date, until: dt.date) -> list[tuple[str, Measured]]:
    """Every month of the span, those without facts too."""
    known = dict(_grouped([(f"{each.month:%Y-%m}", each) for each in cells], least))
    return [(name, known.get(name, Measured(0, 0, least))) for name in months(since, until)]


def trends(cells: Iterable[Cell], least: int, since: dt.date, until: dt.date) -> list[tuple[str, list[tuple[str, Measured]]]]:
    """Every unit's months, in the order in which the units come."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.unit, []).append(cell)
    return [(unit, by_month(group, least, since, until)) for unit, group in groups.items()]


def months(since: dt.date, until: dt.date) -> list[str]:
    first, count = since.year * 12 + since.month - 1, (until.year - since.year) * 12 + until.month - since.month + 1
    return [f"{(first + place) // 12}-{(first + place) % 12 + 1:02d}" for place in range(count)]


def month_days(name: str, since: dt.date, until: dt.date) -> tuple[dt.date, dt.date]:
    """The days of a month ("2026-10") that lie in a span."""
    first = dt.date.fromisoformat(f"{name}-01")
    following = (first + dt.timedelta(days=31)).replace(day=1)
    return max(first, since), min(following - dt.timedelta(days=1), until)


def span_before(since: dt.date, until: dt.date) -> tuple[dt.date, dt.date]:
    """The days of the same number that end the day before."""
    ends = since - dt.timedelta(days=1)
    return ends - (until - since), ends


def last_week(today: dt.date) -> tuple[dt.date, dt.date]:
    """The last seven days, today included."""
    return today - dt.timedelta(days=6), today


def _grouped(named: Iterable[tuple[str, Cell]], least: int) -> list[tuple[str, Measured]]:
    groups: dict[str, list[Cell]] = {}
    for name, cell in named:
        groups.setdefault(name, []).append(cell)
    return [(name, measured(cells, least)) for name, cells in groups.items()]


def change(now: Measured, before: Measured) -> str:
    """The difference in percentage points; not told where one of the two is no number."""
    if now.rate is None or before.rate is None:
        return "不可比"
    points = round(100 * (now.rate - before.rate), 1)
    return "持平" if points == 0 else f"{'上升' if points > 0 else '下降'} {abs(points)} 个百分点"


def against(target: int, found: Measured) -> str:
    """How what was measured stands to the target in percent; 0 is a target nobody set."""
    if found.rate is None:
        return TOO_FEW
    if not target:
        return "目标数值待局确认"
    return "达到" if 100 * found.rate >= target else "未达到"


# --- weak items, and what is proposed against them (2.4.5) ---


@dataclass(frozen=True)
class Fact:
    """A finding as it counts here: what against, in which quarter, whose."""

    clause: str
    entry: str
    title: str
    quarter: int
    person: int | None


@dataclass(frozen=True)
class WeakItem:
    """What went wrong repeatedly in a year: how often each quarter, and how many persons more than once."""

    clause: str
    entry: str
    title: str
    quarters: tuple[int, int, int, int]
    repeaters: int

    @property
    def count(self) -> int:
        return sum(self.quarters)

    @property
    def trend(self) -> str:
        """The second half of the year against the first."""
        first, second = sum(self.quarters[:2]), sum(self.quarters[2:])
        return "持平" if first == second else "上升" if second > first else "下降"


def weak_items(facts: Iterable[Fact], *, least: int, most: int) -> list[WeakItem]:
    """The most frequent first, at least so often; in whatever order the facts come. Equal ones stand in the plan's order."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((fact.clause, fact.entry), []).append(fact)
    found = [_weak(clause, entry, group) for (clause, entry), group in groups.items()]
    frequent = [item for item in found if item.count >= max(1, least)]
    return sorted(frequent, key=lambda item: (-item.count, -item.repeaters, item.clause, item.entry))[:most]


def _weak(clause: str, entry: str, facts: Sequence[Fact]) -> WeakItem:
    quarters = Counter(fact.quarter for fact in facts)
    persons = Counter(fact.person for fact in facts if fact.person is not None)
    first, second, third, fourth = (quarters[each] for each in QUARTERS)
    repeaters = sum(times > 1 for times in persons.values())
    return WeakItem(clause, entry, min(fact.title for fact in facts), (first, second, third, fourth), repeaters)


def proposed_measure(item: WeakItem) -> str:
    """What the program proposes; a person edits it, names the unit and the day."""
    what = f"针对“{item.title}”（{item.clause}，全年 {item.count} 次）"
    if item.repeaters:
        return f"{what}对重复发生的 {item.repeaters} 人逐一谈话帮教，开展专项补训并回头看。"
    if item.trend == "上升":
        return f"{what}下半年上升，列入下一年度第一季度专项督查。"
    return f"{what}列入日常督查重点，组织一次专项补训。"


# --- closing the year ---


def why_not_frozen(year: int, today: dt.date, open_matters: Mapping[str, str], carried: Collection[str]) -> str:
    """Why a year's package may not be frozen yet; empty when it may.

    ``open_matters`` is text by key; each has to be settled or carried over by somebody who answers for it.
    """
    if not is_over(year, today):
        return f"{year} 年还没有结束，{year + 1} 年 1 月 1 日起才能定稿；现在可以先编制草稿。"
    left = [text for key, text in open_matters.items() if key not in carried]
    if left:
        shown = "；".join(left[:3]) + ("……" if len(left) > 3 else "")
        remedy = "请逐件办结，或在“未了事项”中注明责任人和理由后转结。"
        return f"还有 {len(left)} 件未了事项没有办结或转结：{shown}。{remedy}"
    return ""
