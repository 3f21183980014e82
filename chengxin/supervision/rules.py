"""Pure: what a plan may be, how many are drawn of whom, who is recused, what a plan and a visit may become (3.1)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from chengxin.core.quarters import quarter_days

T = TypeVar("T")

DAILY, QUARTERLY, SPECIAL = "daily", "quarterly", "special"
KINDS = {DAILY: "日常督查", QUARTERLY: "季度抽查", SPECIAL: "专项督查"}
MODES = {"open": "明察", "covert": "暗访", "on_site": "现场检查"}
CLASSES = {"established": "在编", "auxiliary": "协管"}  # who is inspected; by the same rules and at the same rate

# --- a plan's life ---

PLANNED, FROZEN, DRAWN, STAFFING, ASSIGNED, CLOSED, CANCELLED = (
    "planned", "frozen", "drawn", "staffing", "assigned", "closed", "cancelled",
)  # fmt: skip
STATES = {
    PLANNED: "已制定", FROZEN: "对象范围已冻结", DRAWN: "对象已抽取", STAFFING: "督查人员范围已冻结", ASSIGNED: "已分派", CLOSED: "已办结",
    CANCELLED: "已取消",
}  # fmt: skip
FREEZE, CAST, FREEZE_STAFF, CAST_STAFF, ARRANGE, CLOSE, CANCEL = (
    "freeze_objects", "cast_objects", "freeze_inspectors", "cast_inspectors", "arrange", "close", "cancel",
)  # fmt: skip
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (PLANNED, FREEZE): FROZEN,
    (FROZEN, CAST): DRAWN,
    (DRAWN, FREEZE_STAFF): STAFFING,
    (STAFFING, CAST_STAFF): ASSIGNED,
    (PLANNED, ARRANGE): ASSIGNED,
    (ASSIGNED, ARRANGE): ASSIGNED,
    (ASSIGNED, CLOSE): CLOSED,
    # once there is a seed a plan goes on: cancelling and planning anew would be drawing until the result pleases
    (PLANNED, CANCEL): CANCELLED,
    (FROZEN, CANCEL): CANCELLED,
}
REMEDIES = {
    FREEZE: "只有刚制定的计划可以冻结对象范围",
    CAST: "须先冻结对象范围，再产生种子抽取；冻结后只抽一次",
    FREEZE_STAFF: "须先抽取检查对象，再冻结督查人员范围",
    CAST_STAFF: "须先冻结督查人员范围，再产生种子抽取；冻结后只抽一次",
    ARRANGE: "只有刚制定或已分派的计划可以安排检查",
    CLOSE: "只有已分派的计划可以办结",
    CANCEL: "抽取以后不能取消计划，只能替换并写明理由",
}


class NotPossible(ValueError):
    """The state does not admit the action; the message says why and what comes first."""


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotPossible(f"{REMEDIES[action]}；目前是“{STATES[state]}”。") from None


# --- planning ---


@dataclass(frozen=True)
class Wish:
    """A plan as somebody wants it."""

    kind: str
    mode: str
    starts_on: dt.date
    ends_on: dt.date
    quarter: int | None
    reason: str
    units: int


def why_not_planned(wish: Wish, policy: Mapping[str, Any], today: dt.date) -> tuple[str, str] | None:
    """(field, why and what to do) for a plan that cannot be, or None."""
    if wish.ends_on < wish.starts_on:
        return "ends_on", "结束日早于开始日，请更正。"
    if wish.ends_on < today:
        return "ends_on", "结束日已经过去，计划只能向前制定。"
    if not wish.units:
        return "units", "请至少选择一个中队。"
    if wish.kind == SPECIAL and wish.reason not in policy["special_reasons"]:
        return "reason", "专项督查须从列表中选择事由。"
    if wish.kind != QUARTERLY:
        return None
    if wish.quarter is None or wish.quarter not in policy["quarters"]:
        return "quarter", "请选择季度。"
    first, last = quarter_days(wish.starts_on.year, wish.quarter)
    if not (first <= wish.starts_on and wish.ends_on <= last):
        return "starts_on", f"第 {wish.quarter} 季度抽查应在 {first} 至 {last} 之间，请更正起止日。"
    return None


# --- how many of whom ---


@dataclass(frozen=True)
class Cell:
    """Members of one squadron and one class who may be drawn: not checked for long (``fresh``), and the others."""

    unit: str
    person_class: str
    fresh: int
    seen: int

    @property
    def n(self) -> int:
        return self.fresh + self.seen


def stratum(unit: str, person_class: str, *, is_fresh: bool) -> str:
    """The name of a layer; who was not checked for long stands in a layer of its own, which is emptied first."""
    return f"{unit} {CLASSES[person_class]} {'未查过' if is_fresh else '查过'}"


def rate_in(cells: Iterable[Cell], rate_percent: int, minimum: int) -> Fraction:
    """The one rate of a squadron, for both classes: the rule's, or what its minimum asks for where that is more."""
    n = sum(cell.n for cell in cells)
    return max(Fraction(rate_percent, 100), min(Fraction(1), Fraction(minimum, n))) if n else Fraction(0)


def wanted(cells: Sequence[Cell], rate_percent: int, minimum: int) -> dict[tuple[str, str], int]:
    """How many of each squadron and class: the squadron's rate, rounded up, so that no class is off by a whole person."""
    found: dict[tuple[str, str], int] = {}
    for unit in dict.fromkeys(cell.unit for cell in cells):
        own = [cell for cell in cells if cell.unit == unit]
        rate = rate_in(own, rate_percent, minimum)
        found |= {(unit, cell.person_class): math.ceil(rate * cell.n) for cell in own}
    return found


def quotas(cells: Sequence[Cell], rate_percent: int, minimum: int) -> dict[str, int]:
    """The quota of each layer: those not checked for long first, the rest from the others."""
    many = wanted(cells, rate_percent, minimum)
    found: dict[str, int] = {}
    for cell in cells:
        count = many[cell.unit, cell.person_class]
        found[stratum(cell.unit, cell.person_class, is_fresh=True)] = min(count, cell.fresh)
        found[stratum(cell.unit, cell.person_class, is_fresh=False)] = count - min(count, cell.fresh)
    return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class Share:
    """How many of how many, of one class."""

    person_class: str
    drawn: int
    n: int

    @property
    def label(self) -> str:
        percent = f"{100 * self.drawn / self.n:.1f}%" if self.n else "—"
        return f"{CLASSES[self.person_class]} {self.drawn}/{self.n}（{percent}）"


def shares(cells: Sequence[Cell], rate_percent: int, minimum: int) -> list[Share]:
    """What the classes come to over all squadrons."""
    many = wanted(cells, rate_percent, minimum)
    return [
        Share(
            each, sum(count for (_, person_class), count in many.items() if person_class == each),
            sum(cell.n for cell in cells if cell.person_class == each),
        )
        for each in CLASSES
    ]  # fmt: skip


def parts(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Consecutive parts of about the same size, none larger than ``size``."""
    count = max(1, -(-len(items) // max(1, size)))
    return [items[len(items) * part // count : len(items) * (part + 1) // count] for part in range(count)]


# --- who may inspect ---

OWN, FORMERLY, AWAY = "本单位人员（回避）", "近期曾在该单位（回避）", "当日不在岗"


def why_recused(unit_id: int, own: int | None, formerly: Collection[int] = (), *, is_away: bool = False) -> str:
    """Why an inspector must not go to a unit, "" when nothing speaks against it: nobody inspects the own unit, nor one just left."""
    if own == unit_id:
        return OWN
    if unit_id in formerly:
        return FORMERLY
    return AWAY if is_away else ""


# --- a visit ---

FINE, FLAWED, ABSENT = "fine", "flawed", "absent"
OUTCOMES = {FINE: "未见问题", FLAWED: "发现问题", ABSENT: "未查到"}
WAITING, SUBMITTED, CALLED_OFF = "waiting", "submitted", "called_off"
VISIT_STATES = {WAITING: "待检查", SUBMITTED: "已提交", CALLED_OFF: "已取消"}


def why_not_held(held_on: dt.date, today: dt.date, starts_on: dt.date, late_days: int) -> str:
    """Why a visit cannot have been on that day, "" when it can."""
    if held_on > today:
        return "检查日期不能晚于今天，请更正。"
    if held_on < starts_on:
        return f"检查日期早于计划开始日 {starts_on}，请更正。"
    if (today - held_on).days > late_days:
        return f"检查结果须在 {late_days} 天内送达，{held_on} 的检查已不能补送，请另行登记问题。"
    return ""


def seen_at(observed_at: dt.datetime | None, held_on: dt.date, now: dt.datetime) -> dt.datetime:
    """When something was seen: as the phone says where that can be true, else now for today and the morning for an earlier day."""
    if observed_at is not None and observed_at <= now and observed_at.astimezone(now.tzinfo).date() == held_on:
        return observed_at
    return now if held_on == now.date() else dt.datetime.combine(held_on, dt.time(8), tzinfo=now.tzinfo)


# --- look-backs and alerts ---


def look_back_quotas(counts: Mapping[str, int], percent: int, minimum: int) -> dict[str, int]:
    """How many closed findings of each unit are looked at again."""
    return {unit: min(n, max(minimum, math.ceil(Fraction(percent, 100) * n))) for unit, n in counts.items() if n}


DISPOSITIONS = {"talk": "约谈提醒", "training": "补训", "measure": "提请措施", "none": "不另处置"}
