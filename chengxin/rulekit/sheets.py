"""Reading a filled-in sheet: understood whole, or everything that is wrong with it, cell by cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class CellError:
    """What is wrong with one cell and what to do; ``row`` is the row number of the sheet."""

    row: int
    column: str
    text: str


# what a row should be: (column, whether it is so, what to do when it is not)
Check = tuple[str, Any, str]


def read_sheet(
    table: Sequence[Sequence[Any]], columns: Sequence[str], checks: Callable[[Mapping[str, Any]], Iterable[Check]],
    build: Callable[[int, Mapping[str, Any]], T], *, unique: Mapping[str, Callable[[T], str]], what: str,
) -> tuple[list[T], list[CellError]]:  # fmt: skip
    """The rows of a sheet with our heading, and what has to be put right.

    ``checks`` look at the cells of one row by heading, ``build`` makes the row once they pass, ``unique`` names columns in
    which no value may come twice. An empty row is passed over; a sheet without rows is an error that names ``what``.
    """
    heading = [text(cell) for cell in table[0]] if table else []
    missing = [name for name in columns if name not in heading]
    if missing:
        return [], [CellError(1, "、".join(missing), "第一行缺少这些列，请使用下载的模板。")]
    place = {name: heading.index(name) for name in columns}
    rows: list[tuple[int, T]] = []
    errors: list[CellError] = []
    for number, cells in enumerate(table[1:], start=2):
        given = {name: cells[at] if at < len(cells) else "" for name, at in place.items()}
        if any(text(cell) for cell in given.values()):
            wrong = [CellError(number, column, remedy) for column, passed, remedy in checks(given) if not passed]
            errors += wrong
            if not wrong:
                rows.append((number, build(number, given)))
    for column, key in unique.items():
        errors += _twins(rows, column, key)
    if not rows and not errors:
        errors.append(CellError(2, columns[0], f"表中没有{what}，请从第二行开始填写。"))
    return [row for _, row in rows], sorted(errors, key=lambda error: (error.row, error.column))


def _twins(rows: Iterable[tuple[int, T]], column: str, key: Callable[[T], str]) -> list[CellError]:
    first: dict[str, int] = {}
    errors = []
    for number, row in rows:
        value = key(row)
        if value and value in first:
            errors.append(CellError(number, column, f"“{value}”与第 {first[value]} 行重复。"))
        first.setdefault(value, number)
    return errors


def text(cell: Any) -> str:
    """A cell as people see it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # spreadsheets keep 工号 1001 as 1001.0
    return str(cell if cell is not None else "").strip().removeprefix("'")


def date(cell: Any) -> dt.date | None:
    """A cell as a day, however people write it (2026-09-30, 2026/9/30, 2026年9月30日); None when it is none."""
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        day: dt.date | None = cell
    else:
        match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text(cell))
        try:
            day = dt.date(*(int(part) for part in match.groups())) if match else None
        except ValueError:
            day = None
    return day if day is not None and 1950 <= day.year <= 2100 else None
