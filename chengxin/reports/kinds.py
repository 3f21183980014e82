"""What a section of the year-end package is made of. Everything is plain text and numbers, so that it can be frozen as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = str | int | float | None
NO_RECORDS = "本年度系统中尚无记录。"


@dataclass(frozen=True)
class Table:
    """A table: headings, rows, and how it was counted. ``widths`` are hundredths of the page's width, for paper."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    widths: tuple[int, ...] = ()
    is_on_paper: bool = True  # a table of everybody belongs into the sheet alone


@dataclass(frozen=True)
class Chart:
    """What people would rather look at; the numbers stand in the tables as well. ``kind``: "bar" or "line"."""

    title: str
    kind: str
    categories: tuple[str, ...]
    series: Sequence[tuple[str, Sequence[Value]]]
    unit: str = ""


@dataclass(frozen=True)
class OpenItem:
    """A matter of the year that is not settled. ``key`` ("finding:12") is how it is carried over."""

    key: str
    text: str
    unit: str = ""
    due_on: str = ""
    url: str = ""


@dataclass(frozen=True)
class Section:
    """What a section says of a year. Without tables and paragraphs it says that there are no records."""

    tables: Sequence[Table] = ()
    paragraphs: Sequence[str] = ()
    open_items: Sequence[OpenItem] = ()
    charts: Sequence[Chart] = ()
    versions: Sequence[str] = field(default=())  # rule and calendar versions the section's figures rest on


@dataclass(frozen=True)
class SectionKind:
    """A section of the package: its heading, its clause, and the question that fills it."""

    code: str
    title: str
    clause: str
    build: Callable[[int, dt.datetime], Section]


def as_content(kind: SectionKind, section: Section) -> dict[str, Any]:
    """A section as it is frozen, shown and printed."""
    paragraphs = list(section.paragraphs)
    if not paragraphs and not any(table.rows for table in section.tables):
        paragraphs = [NO_RECORDS]
    return {
        "code": kind.code, "title": kind.title, "clause": kind.clause, "paragraphs": paragraphs,
        "tables": [
            {"title": each.title, "columns": list(each.columns), "rows": [list(row) for row in each.rows], "note": each.note,
             "widths": list(each.widths), "is_on_paper": each.is_on_paper}
            for each in section.tables
        ],
        "charts": [
            {"title": each.title, "kind": each.kind, "categories": list(each.categories), "unit": each.unit,
             "series": [{"name": name, "values": list(values)} for name, values in each.series]}
            for each in section.charts
        ],
        "open_items": [vars(each) for each in section.open_items],
    }  # fmt: skip
