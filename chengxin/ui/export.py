"""Tables as .xlsx and .csv. Text that a spreadsheet would run as a formula is neutralised."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import xlsxwriter
import xlsxwriter.utility
from django.http import HttpResponse
from psycopg.types.range import Range

from chengxin.core import clock

EXPORT_LIMIT = 100_000  # rows of one file
LONG = 10_000  # rows above which a file is made in the background
TELL_EVERY = 1_000  # rows
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}
Rows = Iterable[Sequence[Any]]


def safe_cell(value: Any) -> Any:
    """Numbers as they are, moments, days and what has parts in words, text with a leading apostrophe where it could act as a formula."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(DANGEROUS) else value
    if value is None:
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Range):
        return f"{value.lower} 至 {value.upper - dt.timedelta(days=1)}" if value.upper else f"{value.lower} 起"
    if isinstance(value, list | tuple):
        return safe_cell("、".join(str(each) for each in value))
    if isinstance(value, dict):
        return safe_cell(json.dumps(value, ensure_ascii=False))
    return value


@dataclass(frozen=True)
class Export:
    """A whole list on its way into a file: what kind of file, the headings, how many rows there seem to be, and the rows when asked for.

    Counting stops above LONG; ``total`` counts them all.
    """

    kind: str
    titles: Sequence[str]
    count: int
    rows: Callable[[], Rows]
    total: Callable[[], int] = lambda: 0

    def write(self, file: BinaryIO, told: Callable[[int], object] = lambda _: None) -> int:
        """Write all rows, telling from time to time how many are written; how many. A list that is cut says so in its last row."""
        wrote = 0
        cut = False

        def lines() -> Iterator[Sequence[Any]]:
            nonlocal wrote, cut
            for row in self.rows():
                if wrote == EXPORT_LIMIT:
                    cut = True
                    break
                yield [safe_cell(value) for value in row]
                wrote += 1
                if wrote % TELL_EVERY == 0:
                    told(wrote)
            if cut:
                yield [cut_notice()]

        WRITERS[self.kind](file, self.titles, lines())
        told(wrote)
        return wrote

    def response(self) -> HttpResponse:
        """The file as an answer, made at once."""
        buffer = io.BytesIO()
        self.write(buffer)
        return download(buffer.getvalue(), self.kind)


def cut_notice() -> str:
    return f"只导出了前 {EXPORT_LIMIT} 条：请用筛选条件（如日期、单位）分几次导出。"


def _write_csv(file: BinaryIO, titles: Sequence[str], lines: Rows) -> None:
    # the mark at the front lets spreadsheets read Chinese as UTF-8
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows(lines)
    text.detach()


def _write_xlsx(file: BinaryIO, titles: Sequence[str], lines: Rows) -> None:
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("列表")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, titles, book.add_format({"bold": True, "bg_color": "#E6EFF0"}))
    for number, line in enumerate(lines, start=1):
        sheet.write_row(number, 0, line)
    book.close()


WRITERS: Mapping[str, Callable[[BinaryIO, Sequence[str], Rows], None]] = {"xlsx": _write_xlsx, "csv": _write_csv}


def xlsx_response(titles: Sequence[str], rows: Rows) -> HttpResponse:
    return Export("xlsx", titles, 0, lambda: rows).response()


def csv_response(titles: Sequence[str], rows: Rows) -> HttpResponse:
    return Export("csv", titles, 0, lambda: rows).response()


def sheet_template(name: str, columns: Sequence[str], choices: Mapping[str, Sequence[str]]) -> HttpResponse:
    """An empty sheet to fill in: our headings, cells kept as text, and lists to choose from where a column has them."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet, lists = book.add_worksheet("填写"), book.add_worksheet("可选")
    sheet.write_row(0, 0, columns, book.add_format({"bold": True, "bg_color": "#E6EFF0"}))
    sheet.set_column(0, len(columns) - 1, 14, book.add_format({"num_format": "@"}))
    for place, (column, values) in enumerate(choices.items()):
        lists.write_column(0, place, values)
        letter = xlsxwriter.utility.xl_col_to_name(place)
        source = f"=可选!${letter}$1:${letter}${max(1, len(values))}"
        at = list(columns).index(column)
        sheet.data_validation(1, at, 2000, at, {"validate": "list", "source": source})
    sheet.freeze_panes(1, 0)
    book.close()
    response = HttpResponse(buffer.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def download(content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=MEDIA_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="list-{clock.today()}.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response
