"""Pure: the sheet, what may stand on it, what two or three of them come to, what is left after an objection (2.4.1).

Marks on a sheet are tenths of a point on a half-point grid (3.5 points = 35). What several sheets come to is in hundredths of a
point, since the mean of two half-point marks may be a quarter (3.25 points = 325).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


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
