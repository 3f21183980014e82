"""Pure: in which quarters there is a round, its states, how many cases of each unit, who reviews which (2.4.1, 2.4.2, 2.4.4)."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from chengxin.core.quarters import quarter_days

FROZEN, DRAWN, REVIEWING, TOLD, FINAL = "frozen", "drawn", "reviewing", "told", "final"
STATES = {FROZEN: "范围已冻结", DRAWN: "已抽取", REVIEWING: "评查中", TOLD: "已告知，异议期", FINAL: "已定稿"}
CAST, ASSIGN, TELL, FINALISE = "cast", "assign", "tell", "finalise"
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (FROZEN, CAST): DRAWN, (DRAWN, ASSIGN): REVIEWING, (REVIEWING, TELL): TOLD, (TOLD, FINALISE): FINAL,
}  # fmt: skip
QUARTERS = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}


class NotPossible(ValueError):
    """The state does not admit the action; the message says why."""


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotPossible(f"本轮评查目前是“{STATES[state]}”，不能再办理这一步，请刷新后核对。") from None


def why_no_round(year: int, quarter: int, planned: Collection[int], today: dt.date, last: tuple[int, int] | None) -> str:
    """Why there is no round in a quarter, "" when there may be one. The third quarter lacks none: the plan gives it 专项督查."""
    if quarter not in QUARTERS:
        return "请选择季度。"
    if quarter not in planned:
        named = "、".join(QUARTERS[each] for each in sorted(planned))
        return f"{QUARTERS[quarter]}安排日常执法规范专项督查，不安排案卷评查，因此不缺评查。案卷评查在{named}进行。"
    if quarter_days(year, quarter)[0] > today:
        return f"{year} 年{QUARTERS[quarter]}还没有开始，届时再冻结范围。"
    if last is not None and (year, quarter) <= last:
        return f"{last[0]} 年{QUARTERS[last[1]]}的评查已经冻结范围，不能再为同一季度或更早的季度冻结。"
    return ""


def quotas(counts: Mapping[str, int], percent: int, minimum: int) -> dict[str, int]:
    """How many cases of each unit: the percentage rounded up, at least the minimum, at most all it has."""
    return {unit: min(n, max(minimum, math.ceil(Fraction(percent, 100) * n))) for unit, n in sorted(counts.items()) if n}


# --- who reviews ---

SEATS, THIRD = (1, 2), 3


@dataclass(frozen=True)
class Drawn:
    """A case to be reviewed: its name, its unit, and the persons who handled it."""

    name: str
    unit: int
    handlers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Reviewer:
    person: int
    unit: int | None
    name: str = ""


def why_not_independent(case: Drawn, reviewer: Reviewer) -> str:
    """Why somebody may not review a case, "" when nothing speaks against it."""
    if reviewer.unit is not None and reviewer.unit == case.unit:
        return "本单位人员（回避）"
    return "承办人（回避）" if reviewer.person in case.handlers else ""


def independent(case: Drawn, reviewers: Iterable[Reviewer]) -> list[Reviewer]:
    return [reviewer for reviewer in reviewers if not why_not_independent(case, reviewer)]


@dataclass(frozen=True)
class Shortage:
    """A case for which too few may review: how many there are, who they are, how many are wanted."""

    case: str
    unit: int
    there: tuple[str, ...]
    wanted: int

    @property
    def lacking(self) -> int:
        return self.wanted - len(self.there)


def shortages(cases: Iterable[Drawn], reviewers: Sequence[Reviewer], wanted: int = len(SEATS)) -> list[Shortage]:
    """The cases that have fewer independent reviewers than wanted."""
    found = []
    for case in sorted(cases, key=lambda case: case.name):
        there = tuple(reviewer.name for reviewer in independent(case, reviewers))
        if len(there) < wanted:
            found.append(Shortage(case.name, case.unit, there, wanted))
    return found


def assign(
    cases: Iterable[Drawn], order: Sequence[Reviewer], wanted: int = len(SEATS), loads: Mapping[int, int] | None = None,
    barred: Mapping[str, Collection[int]] | None = None,
) -> dict[str, tuple[int, ...]]:  # fmt: skip
    """Who reviews which case: of those independent, whoever has the fewest cases so far, and of equals who was drawn first.

    ``order`` is the order of the draw, ``loads`` how many each has already, ``barred`` who had a part in a case before. The cases are
    taken in the order of their names, so the result follows from the draw alone. Fewer than wanted where there are fewer.
    """
    load = Counter(loads or {})
    place = {reviewer.person: number for number, reviewer in enumerate(order)}
    found: dict[str, tuple[int, ...]] = {}
    for case in sorted(cases, key=lambda case: case.name):
        out = set((barred or {}).get(case.name, ()))
        free = [each.person for each in independent(case, order) if each.person not in out]
        chosen = sorted(free, key=lambda person: (load[person], place[person]))[:wanted]
        load.update(chosen)
        found[case.name] = tuple(chosen)
    return found
