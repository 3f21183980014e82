"""Pure: the register's sheet, quotas and reviewers of a round, the scores of two or three sheets, what stands after an objection (2.4.1).

Marks on a sheet are tenths of a point on a half-point grid (3.5 points = 35). What several sheets come to is in hundredths of a
point, since the mean of two half-point marks may be a quarter (3.25 points = 325).
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from chengxin.rulekit.sheets import CellError, Check, date, read_sheet, text

# --- the register ---

ORDINARY, SIMPLE = "ordinary", "simple"
PROCEDURES = {ORDINARY: "普通程序", SIMPLE: "简易程序"}
COLUMNS = ("案号", "案件名称", "单位", "承办人工号", "结案日期", "程序")
MOST_HANDLERS = 8
BRACKETS = str.maketrans("[]［］【】()（）", "〔〕〔〕〔〕〔〕〔〕")


def normal_number(typed: str) -> str:
    """A case number in its one writing, so that the same case typed with other brackets or blanks is the same."""
    return re.sub(r"\s+", "", typed).translate(BRACKETS)


def number_parts(typed: str) -> list[str]:
    """Several staff numbers in one cell: "T008、T010"."""
    return [part for part in re.split(r"[、,，;；\s]+", typed.strip()) if part]


@dataclass(frozen=True)
class CaseRow:
    """One case of a sheet, understood. ``handlers`` are staff numbers."""

    row: int
    number: str
    title: str
    unit: str
    handlers: tuple[str, ...]
    closed_on: dt.date
    procedure: str


def read_cases(
    table: Sequence[Sequence[Any]], unit_names: Collection[str], staff: Collection[str], today: dt.date,
    registered: Mapping[str, Mapping[str, Any]],
) -> tuple[list[CaseRow], list[CellError]]:  # fmt: skip
    """A sheet with our heading as cases, or everything that is wrong with it, cell by cell.

    ``registered`` holds what stands already, by number: the same again is passed on and changes nothing, something else under a
    number that stands is an error of its cell, since a sheet does not correct.
    """
    titles = {title: code for code, title in PROCEDURES.items()}

    def checks(given: Mapping[str, Any]) -> Iterable[Check]:
        of = {name: text(value) for name, value in given.items()}
        handlers, day = number_parts(of["承办人工号"]), date(given["结案日期"])
        unknown = [number for number in handlers if number not in staff]
        return (
            ("案号", 0 < len(normal_number(of["案号"])) <= 60, "请填写案号（至多 60 字）。"),
            ("案件名称", 0 < len(of["案件名称"]) <= 120, "请填写案件名称（至多 120 字）。"),
            ("单位", of["单位"] in unit_names, f"没有名为“{of['单位']}”的单位，或不在您的范围内。"),
            ("承办人工号", handlers, "请填写承办人的工号，多人用顿号隔开。"),
            ("承办人工号", not unknown, f"没有工号 {'、'.join(unknown)}，请核对。"),
            ("承办人工号", len(set(handlers)) == len(handlers) <= MOST_HANDLERS, f"同一工号只写一次，至多 {MOST_HANDLERS} 人。"),
            ("结案日期", day is not None, f"“{of['结案日期']}”应写成 2026-09-30 这样的日期。"),
            ("结案日期", day is None or day <= today, "结案日期不能晚于今天。"),
            ("程序", of["程序"] in titles, f"“{of['程序']}”应为{'或'.join(titles)}。"),
        )

    def build(row: int, given: Mapping[str, Any]) -> CaseRow:
        of = {name: text(value) for name, value in given.items()}
        day = date(given["结案日期"])
        assert day is not None, "checked cell by cell before"
        handlers = tuple(sorted(number_parts(of["承办人工号"])))
        return CaseRow(row, normal_number(of["案号"]), of["案件名称"], of["单位"], handlers, day, titles[of["程序"]])

    rows, errors = read_sheet(table, COLUMNS, checks, build, unique={"案号": lambda row: row.number}, what="案件")
    errors += [error for row in rows if (error := _contradiction(row, registered.get(row.number))) is not None]
    return rows, sorted(errors, key=lambda error: (error.row, error.column))


def _contradiction(row: CaseRow, standing: Mapping[str, Any] | None) -> CellError | None:
    different = differences(facts_of_row(row), standing) if standing is not None else []
    if not different:
        return None
    return CellError(row.row, "案号", f"“{row.number}”已登记，{'、'.join(different)}与登记不同；导入不改已登记的案件，请用“更正”。")


FACTS = {"title": "案件名称", "unit": "单位", "handlers": "承办人", "closed_on": "结案日期", "procedure": "程序", "number": "案号"}


def facts_of_row(row: CaseRow) -> dict[str, Any]:
    return {
        "number": row.number, "title": row.title, "unit": row.unit, "handlers": sorted(row.handlers), "closed_on": str(row.closed_on),
        "procedure": row.procedure,
    }  # fmt: skip


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The headings in which two sets of a case's facts differ."""
    return [title for name, title in FACTS.items() if one[name] != other[name]]


# --- rounds ---

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


def quarter_of(day: dt.date) -> int:
    return (day.month + 2) // 3


def quarter_days(year: int, quarter: int) -> tuple[dt.date, dt.date]:
    """First and last day of a quarter."""
    following = dt.date(year + quarter // 4, 3 * (quarter % 4) + 1, 1)
    return dt.date(year, 3 * quarter - 2, 1), following - dt.timedelta(days=1)


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


# --- the sheet ---


@dataclass(frozen=True)
class Item:
    """An item of the 100 points; ``cap`` in tenths of a point."""

    code: str
    title: str
    cap: int
    group: str = ""


@dataclass(frozen=True)
class Sheet:
    """A version of the sheet. All points are tenths."""

    vetoes: Mapping[str, str]
    items: tuple[Item, ...]
    total: int = 1000
    step: int = 5
    excellent: int = 900
    passing: int = 600
    third_above: int = 50
    version: str = ""

    @property
    def titles(self) -> dict[str, str]:
        return {item.code: item.title for item in self.items}

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)


def sheet_of(values: Mapping[str, Any], version: str = "") -> Sheet:
    """The sheet that rule values mean. Raises ValueError when its items do not come to exactly its total, or a code stands twice."""
    items = tuple(Item(each["code"], each["title"], int(each["cap"]), each.get("group", "")) for each in values["items"])
    vetoes = {each["code"]: each["title"] for each in values["vetoes"]}
    found = Sheet(
        vetoes, items, values["total"], values["step"], values["excellent"], values["passing"], values["third_above"], version
    )  # fmt: skip
    caps = sum(item.cap for item in items)
    if caps != found.total:
        raise ValueError(f"评查表各项上限合计 {points_text(10 * caps)} 分，应正好是 {points_text(10 * found.total)} 分，请在规则中更正。")
    if len({item.code for item in items}) < len(items) or len(vetoes) < len(values["vetoes"]):
        raise ValueError("评查表有重复的项目代码，请在规则中更正。")
    if any(item.cap % found.step or item.cap <= 0 for item in items):
        raise ValueError(f"评查表各项上限应大于 0 并以 {points_text(10 * found.step)} 分为步长，请在规则中更正。")
    return found


def points_text(hundredths: int) -> str:
    """3.25, 3.5, 3: hundredths of a point as people read them."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}" + (f".{rest:02d}".rstrip("0") if rest else "")


def tenths(typed: str) -> int | None:
    """ "3.5" as 35; None for what is no number of tenths."""
    match = re.fullmatch(r"(\d{1,3})(?:\.(\d)0*)?", typed.strip().replace("．", "."))
    return int(match[1]) * 10 + int(match[2] or 0) if match else None


@dataclass(frozen=True)
class Deduction:
    """Points taken off an item (tenths), why, and where in the file."""

    item: str
    points: int
    reason: str
    page: str


@dataclass(frozen=True)
class Marks:
    """A filled-in sheet: the vetoes with their reasons, and the deductions."""

    vetoes: Mapping[str, str] = field(default_factory=dict)
    deductions: tuple[Deduction, ...] = ()


def problems(marks: Marks, sheet: Sheet) -> list[tuple[str, str]]:
    """(code of the item or veto, what is wrong and what to do) of everything in a sheet that cannot be."""
    found = []
    for code, reason in marks.vetoes.items():
        if code not in sheet.vetoes:
            found.append((code, "评查表中没有这个否决项，请刷新后重填。"))
        elif not reason.strip():
            found.append((code, f"否决项“{sheet.vetoes[code]}”须写明理由。"))
    twice = Counter(each.item for each in marks.deductions)
    for each in marks.deductions:
        item = sheet.item(each.item)
        if item is None:
            found.append((each.item, "评查表中没有这个扣分项，请刷新后重填。"))
            continue
        found += [(each.item, text) for text in _wrong_with(each, item, sheet)]
        if twice[each.item] > 1:
            found.append((each.item, f"“{item.title}”只能填写一次，请合并。"))
    return list(dict.fromkeys(found))


def _wrong_with(given: Deduction, item: Item, sheet: Sheet) -> list[str]:
    wrong = []
    if given.points <= 0 or given.points % sheet.step:
        wrong.append(f"“{item.title}”扣分须大于 0 并以 {points_text(10 * sheet.step)} 分为步长。")
    if given.points > item.cap:
        wrong.append(f"“{item.title}”至多扣 {points_text(10 * item.cap)} 分。")
    if not given.reason.strip():
        wrong.append(f"“{item.title}”扣分须写明理由。")
    if not given.page.strip():
        wrong.append(f"“{item.title}”扣分须写明卷内页码。")
    return wrong


def score(marks: Marks, sheet: Sheet) -> int:
    """Tenths of a point; a veto changes the grade, not the score."""
    return sheet.total - sum(each.points for each in marks.deductions)


# --- what several sheets come to ---

EXCELLENT, PASSED, FAILED = "excellent", "passed", "failed"
GRADES = {EXCELLENT: "优秀", PASSED: "合格", FAILED: "不合格"}


def needs_third(one: Marks, other: Marks, sheet: Sheet) -> bool:
    """Whether two sheets are too far apart: by more than the threshold, or in a veto."""
    apart = abs(score(one, sheet) - score(other, sheet))
    return apart > sheet.third_above or set(one.vetoes) != set(other.vetoes)


def is_split(sheets: Mapping[int, Marks], sheet: Sheet) -> bool:
    """Whether there are two sheets and they are too far apart."""
    if len(sheets) != 2:
        return False
    one, other = sheets.values()
    return needs_third(one, other, sheet)


@dataclass(frozen=True)
class Outcome:
    """What the sheets of a case come to. Points in hundredths; ``counted`` are the reviewers whose sheets the score rests on."""

    score: int
    items: Mapping[str, int]
    vetoes: tuple[str, ...]
    counted: tuple[int, ...]
    grade: str


def outcome(sheets: Mapping[int, Marks], sheet: Sheet) -> Outcome | None:
    """The result of two sheets, or of three where two were too far apart; None while it is open.

    The score is the mean of the two closest sheets; where two pairs are equally close the higher one (in favour of the unit), and of
    equal pairs the first by the reviewers' keys, so it never depends on who handed in first. A veto stands when more than half of the
    sheets have it: both of two, two of three.
    """
    if len(sheets) < 2 or is_split(sheets, sheet):
        return None
    pair = min(itertools.combinations(sorted(sheets), 2), key=lambda pair: _closeness(sheets, pair, sheet))
    counted = [sheets[key] for key in pair]
    taken = Counter[str]()
    for marks in counted:
        taken.update({each.item: each.points for each in marks.deductions})
    items = {item.code: 5 * taken[item.code] for item in sheet.items if taken[item.code]}
    marked = Counter(code for marks in sheets.values() for code in marks.vetoes)
    vetoes = tuple(code for code in sheet.vetoes if 2 * marked[code] > len(sheets))
    result = 10 * sheet.total - sum(items.values())
    return Outcome(result, items, vetoes, pair, grade_of(result, sheet, is_vetoed=bool(vetoes)))


def _closeness(sheets: Mapping[int, Marks], pair: tuple[int, int], sheet: Sheet) -> tuple[int, int, tuple[int, int]]:
    one, other = (score(sheets[key], sheet) for key in pair)
    return abs(one - other), -(one + other), pair


def grade_of(hundredths: int, sheet: Sheet, *, is_vetoed: bool) -> str:
    if is_vetoed or hundredths < 10 * sheet.passing:
        return FAILED
    return EXCELLENT if hundredths >= 10 * sheet.excellent else PASSED


# --- after the result was told ---

ITEM, VETO = "item", "veto"
KEPT, REDUCED, DROPPED = "kept", "reduced", "dropped"
OUTCOMES = {KEPT: "维持", REDUCED: "减少扣分", DROPPED: "撤销"}


def why_not_decided(kind: str, before: int, result: str, points: int | None, sheet: Sheet) -> str:
    """Why an objection cannot be decided so, "" when it can. ``before`` in hundredths, ``points`` (what is left) in tenths."""
    if result not in OUTCOMES:
        return "请选择决定。"
    if result != REDUCED:
        return ""
    if kind == VETO:
        return "否决项只能维持或撤销。"
    if points is None or points <= 0 or points % sheet.step or 10 * points >= before:
        return f"减少后的扣分须大于 0、小于 {points_text(before)} 分，并以 {points_text(10 * sheet.step)} 分为步长。"
    return ""


def left_of(kind: str, before: int, result: str, points: int | None) -> int:
    """What is left of a mark (hundredths; of a veto 1 or 0) once an objection or a correction is decided."""
    if result == DROPPED:
        return 0
    return 10 * (points or 0) if result == REDUCED and kind == ITEM else before


@dataclass(frozen=True)
class Figures:
    """A set of results: how many, their mean (hundredths, rounded half up), and the grades."""

    n: int
    mean: int | None
    grades: Mapping[str, int]

    @property
    def mean_text(self) -> str:
        return "—" if self.mean is None else points_text(self.mean)


def figures(results: Iterable[tuple[int, str]]) -> Figures:
    """Of (score, grade) pairs."""
    rows = list(results)
    counted = Counter(grade for _, grade in rows)
    return Figures(len(rows), mean_of(sum(points for points, _ in rows), len(rows)), {grade: counted[grade] for grade in GRADES})


def mean_of(total: int, n: int) -> int | None:
    """A total over n, rounded half up; None of nothing."""
    return (2 * total + n) // (2 * n) if n else None
