"""Tables as .xlsx and .csv. Text that a spreadsheet would run as a formula is neutralised."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter
import xlsxwriter.utility
from django.http import HttpResponse
from psycopg.types.range import Range

from chengxin.core import clock

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_cell(value: Any) -> Any:
    """Numbers and dates as they are, text with a leading apostrophe where it could act as a formula."""
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Range):
        return f"{value.lower} 至 {value.upper - dt.timedelta(days=1)}" if value.upper else f"{value.lower} 起"
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value


def xlsx_response(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("列表")
    sheet.freeze_panes(1, 0)
    heading = book.add_format({"bold": True, "bg_color": "#E6EFF0"})
    sheet.write_row(0, 0, titles, heading)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, [safe_cell(value) for value in row])
    book.close()
    return _download(buffer.getvalue(), XLSX, "xlsx")


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


def csv_response(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(titles)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    # the mark at the front lets spreadsheets read Chinese as UTF-8
    return _download(buffer.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "csv")


def _download(content: bytes, media_type: str, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="list-{clock.today()}.{ending}"'
    return response
