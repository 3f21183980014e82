"""A year's package as files: Word and spreadsheet, made of its content and of nothing else – so a frozen one gives the same for ever."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from chengxin.core import clock
from chengxin.reports import selectors
from chengxin.reports.models import YearPackage
from chengxin.reports.services.paper import Paper, plain

NUMERALS = "一二三四五六七八九十"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAN = "执法队伍素质提升专项工作方案"


@dataclass(frozen=True)
class Printed:
    """All that is on the files: the content, and what was said and done about it since."""

    content: dict[str, Any]
    title: str
    status: str
    document_number: str
    digest: str
    signed_on: dt.date
    errata: tuple[tuple[int, str, str], ...]  # number, text, day

    @property
    def stem(self) -> str:
        return f"year-end-{self.content['year']}"


def printed(package: YearPackage) -> Printed:
    """A package as it goes onto files. A draft says that it is one."""
    content = selectors.content_of(package)
    as_of = dt.datetime.fromisoformat(content["as_of"])
    state = "草稿，不作为依据" if package.is_draft else package.get_state_display()
    return Printed(
        content=content, title=f"{content['bureau']}{package.year}年度执法队伍素质提升工作总结材料",
        status=f"{state}，数据截至 {as_of:%Y-%m-%d %H:%M}", document_number=package.document_number, digest=package.sha256,
        signed_on=clock.local_day(package.issued_at or as_of),
        errata=tuple((each.number, each.text, str(clock.local_day(each.at))) for each in package.errata.all()),
    )  # fmt: skip


# --- Word ---


def as_docx(found: Printed) -> bytes:
    """The package in the form of an official document; the number is left blank for the bureau where there is none."""
    paper = Paper(found.title, found.content["bureau"], dt.datetime.fromisoformat(found.content["as_of"]))
    paper.title(f"{found.content['bureau']}{found.content['year']}年度")
    paper.title("执法队伍素质提升工作总结材料")
    paper.centred(found.document_number or f"〔{found.content['year'] + 1}〕　　号")
    paper.centred(f"（{found.status}）")
    paper.blank()
    paper.text(f"按照《{PLAN}》二（四）5“年底总结”的要求，现将{found.content['year']}年度有关情况汇总如下。")
    for place, section in enumerate(found.content["sections"]):
        _section(paper, f"{_numeral(place)}、{section['title']}", section)
    if found.errata:
        paper.heading(f"{_numeral(len(found.content['sections']))}、勘误")
        for number, text, day in found.errata:
            paper.text(f"勘误第 {number} 号（{day}）：{text}")
    paper.blank()
    if found.digest:
        paper.small(f"定稿内容 SHA-256：{found.digest}；所依据的规则版本列在 Excel 文件封面。")
    paper.closing(found.content["bureau"], found.signed_on)
    return paper.content()


def _section(paper: Paper, title: str, section: dict[str, Any]) -> None:
    paper.heading(title)
    for text in section["paragraphs"]:
        paper.text(text)
    shown = [table for table in section["tables"] if table["rows"] and table["is_on_paper"]]
    for place, table in enumerate(shown):
        paper.subheading(f"（{_numeral(place)}）{table['title']}")
        paper.table(table["columns"], table["rows"], table["widths"])
        if table["note"]:
            paper.small(f"注：{table['note']}")
    if section["open_items"]:
        paper.text(f"未了事项 {len(section['open_items'])} 件，转结情况见“薄弱环节与下年度措施”。")


def _numeral(place: int) -> str:
    """一, 二, …, 十, 十一 – for the place counted from 0."""
    number = place + 1
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十") + (NUMERALS[ones - 1] if ones else "")


# --- spreadsheet ---


def as_xlsx(found: Printed) -> bytes:
    """One sheet a section, its tables one below the other. Every text is written as text: a "=" at its front is a character."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": found.title, "created": dt.datetime.fromisoformat(found.content["as_of"]).replace(tzinfo=None)})
    look = {
        "title": book.add_format({"bold": True, "font_size": 13}),
        "heading": book.add_format({"bold": True, "bg_color": "#E6EFF0", "text_wrap": True}),
        "note": book.add_format({"font_color": "#5A6B73"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    _cover(book.add_worksheet("封面"), found, look)
    for place, section in enumerate(found.content["sections"], start=1):
        _sheet(book.add_worksheet(f"{place}.{section['title']}"[:31]), section, look)
    book.close()
    return made.getvalue()


def _cover(sheet: Any, found: Printed, look: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 90)
    lines = [
        ("材料", found.title), ("状态", found.status), ("发文字号", found.document_number or "（留空，由局编号）"),
        ("SHA-256", found.digest or "（草稿没有摘要）"), ("规则与日历版本", "、".join(found.content["versions"])),
        *((f"勘误第 {number} 号", f"{day} {text}") for number, text, day in found.errata),
    ]  # fmt: skip
    for row, (label, text) in enumerate(lines):
        _text(sheet, row, 0, label, look["heading"])
        _text(sheet, row, 1, text, look["text"])


def _sheet(sheet: Any, section: dict[str, Any], look: dict[str, Any]) -> None:
    """Paragraphs, tables, open matters. Columns are as wide as what stands in them asks for, within reason."""
    row = 0
    widths: dict[int, int] = {}
    for text in section["paragraphs"]:
        _text(sheet, row, 0, text, look["note"])
        row += 1
    open_items = [[item["text"], item["unit"], item["due_on"]] for item in section["open_items"]]
    tables = [*section["tables"], {"title": "未了事项", "columns": ["事项", "单位", "期限"], "rows": open_items, "note": ""}]
    for table in tables:
        if table["rows"]:
            row = _table(sheet, row + bool(row), table, look, widths)
    for column, width in widths.items():
        sheet.set_column(column, column, min(60, max(10, width)))


def _table(sheet: Any, row: int, table: dict[str, Any], look: dict[str, Any], widths: dict[int, int]) -> int:
    _text(sheet, row, 0, table["title"], look["title"])
    for column, text in enumerate(table["columns"]):
        _text(sheet, row + 1, column, text, look["heading"])
    _rows(sheet, row + 2, [table["columns"], *table["rows"]], look, widths)
    after = row + 2 + len(table["rows"])
    if table["note"]:
        _text(sheet, after, 0, f"注：{table['note']}", look["note"])
        after += 1
    return after


def _rows(sheet: Any, first: int, rows: Sequence[Sequence[Any]], look: dict[str, Any], widths: dict[int, int]) -> None:
    """The first of the rows are the headings, which are written already and only counted for the widths."""
    for place, values in enumerate(rows):
        for column, value in enumerate(values):
            widths[column] = max(widths.get(column, 0), 2 * len(str(value if value is not None else "")) + 2)
            if place == 0:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                _text(sheet, first + place - 1, column, "" if value is None else value, look["text"])
            else:
                sheet.write_number(first + place - 1, column, value)


def _text(sheet: Any, row: int, column: int, text: Any, look: Any) -> None:
    """Text as text, whatever it begins with; a cell holds so many characters and no more."""
    sheet.write_string(row, column, plain(text)[:32_000], look)
