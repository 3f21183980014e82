"""Pure: what a name sorts by, what makes a password acceptable, how a staff list reads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pypinyin import Style, lazy_pinyin

KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
LEAST_KINDS = 3
FAILURES_BEFORE_LOCK = 5
LOCK_MINUTES = 15


def name_key(name: str) -> str:
    """The pinyin of a name with tones, by which lists are ordered ("zhang1 san1")."""
    return " ".join(lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True))


def initials(name: str) -> str:
    """First letters of the pinyin, for search ("zs")."""
    return "".join(part[:1] for part in lazy_pinyin(name)).lower()


def password_kinds(password: str) -> int:
    """How many of the four kinds of characters a password has (lower, upper, digit, other)."""
    return sum(bool(re.search(kind, password)) for kind in KINDS)


# --- the staff list ---

COLUMNS = ("工号", "姓名", "性别", "人员类别", "单位", "胸号", "职务", "入职日期")
SEXES = {"男": "male", "女": "female"}
CLASSES = {"在编": "established", "协管": "auxiliary", "其他": "other"}


@dataclass(frozen=True)
class CellError:
    """What is wrong with one cell and what to do; ``row`` is the row number of the sheet."""

    row: int
    column: str
    text: str


@dataclass(frozen=True)
class StaffRow:
    """One person of a staff list, understood."""

    row: int
    number: str
    name: str
    sex: str
    person_class: str
    unit: str
    badge_number: str
    post_title: str
    joined_on: dt.date


def read_staff_list(table: Sequence[Sequence[Any]], unit_names: Collection[str]) -> tuple[list[StaffRow], list[CellError]]:
    """A sheet with our heading as persons, or everything that is wrong with it, cell by cell."""
    heading = [_text(cell) for cell in table[0]] if table else []
    missing = [name for name in COLUMNS if name not in heading]
    if missing:
        return [], [CellError(1, "、".join(missing), "第一行缺少这些列，请使用下载的模板。")]
    place = {name: heading.index(name) for name in COLUMNS}
    rows: list[StaffRow] = []
    errors: list[CellError] = []
    for number, cells in enumerate(table[1:], start=2):
        given = {name: cells[at] if at < len(cells) else "" for name, at in place.items()}
        if any(_text(cell) for cell in given.values()):
            wrong = _cell_errors(number, given, unit_names)
            errors += wrong
            if not wrong:
                rows.append(_staff_row(number, given))
    errors += _twins(rows, "工号", lambda row: row.number) + _twins(rows, "胸号", lambda row: row.badge_number)
    if not rows and not errors:
        errors.append(CellError(2, "工号", "表中没有人员，请从第二行开始填写。"))
    return rows, sorted(errors, key=lambda error: (error.row, error.column))


def _cell_errors(row: int, given: Mapping[str, Any], unit_names: Collection[str]) -> list[CellError]:
    text = {name: _text(value) for name, value in given.items()}
    checks = (
        ("工号", re.fullmatch(r"[A-Za-z0-9-]{1,20}", text["工号"]), "请填写工号（字母、数字，至多 20 位）。"),
        ("姓名", 0 < len(text["姓名"]) <= 40, "请填写姓名（至多 40 字）。"),
        ("性别", text["性别"] in SEXES, f"“{text['性别']}”应为男或女。"),
        ("人员类别", text["人员类别"] in CLASSES, f"“{text['人员类别']}”应为在编、协管或其他。"),
        ("单位", text["单位"] in unit_names, f"没有名为“{text['单位']}”的单位，请核对或先由系统管理员新增。"),
        ("胸号", len(text["胸号"]) <= 20, "胸号至多 20 位。"),
        ("胸号", not (text["人员类别"] == "其他" and text["胸号"]), "其他人员不佩戴标识，请清空胸号（2.1.1）。"),
        ("职务", len(text["职务"]) <= 40, "职务至多 40 字。"),
        ("入职日期", _date(given["入职日期"]) is not None, f"“{text['入职日期']}”应写成 2026-09-30 这样的日期。"),
    )
    return [CellError(row, column, message) for column, passed, message in checks if not passed]


def _staff_row(row: int, given: Mapping[str, Any]) -> StaffRow:
    text = {name: _text(value) for name, value in given.items()}
    joined_on = _date(given["入职日期"])
    assert joined_on is not None, "checked cell by cell before"
    return StaffRow(
        row, text["工号"], text["姓名"], SEXES[text["性别"]], CLASSES[text["人员类别"]], text["单位"], text["胸号"], text["职务"], joined_on
    )


def _twins(rows: Iterable[StaffRow], column: str, key: Callable[[StaffRow], str]) -> list[CellError]:
    first: dict[str, int] = {}
    errors = []
    for row in rows:
        value = key(row)
        if value and value in first:
            errors.append(CellError(row.row, column, f"“{value}”与第 {first[value]} 行重复。"))
        first.setdefault(value, row.row)
    return errors


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # spreadsheets keep 工号 1001 as 1001.0
    return str(cell if cell is not None else "").strip().removeprefix("'")


def _date(cell: Any) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        day: dt.date | None = cell
    else:
        match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", _text(cell))
        try:
            day = dt.date(*(int(part) for part in match.groups())) if match else None
        except ValueError:
            day = None
    return day if day is not None and 1950 <= day.year <= 2100 else None
