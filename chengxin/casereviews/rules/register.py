"""Pure: the register of closed cases, and the sheet it is imported from (2.4.1)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.rulekit.sheets import CellError, Check, date, read_sheet, text

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
