"""A document written from top to bottom in the form of official documents, with long tables, and the same bytes for the same text."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from chengxin.ui import word

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # what a zip can say; the hour of making is nobody's business
WIDTH = round(word.TEXT_WIDTH * word.TWIPS)  # twentieths of a point
SHORT = 14  # so many characters stand in the middle of a cell, longer ones at its left
CELL, CELL_HEAD = word.Face(word.FANGSONG, 10.5), word.Face(word.HEITI, 10.5)


class Paper:
    """Title, levels, text, tables, who signs."""

    def __init__(self, title: str, author: str, made_at: dt.datetime) -> None:
        self.document = word.official_document(plain(title)[:255], plain(author)[:255])
        self.document.core_properties.created = self.document.core_properties.modified = made_at.astimezone(dt.UTC)

    def title(self, text: str) -> None:
        word.title(self.document, plain(text))

    def centred(self, text: str) -> None:
        word.paragraph(self.document, plain(text), align=word.CENTRE, first=0)

    def blank(self) -> None:
        word.paragraph(self.document, "", first=0)

    def heading(self, text: str) -> None:
        """First level, 一、"""
        word.level(self.document, plain(text), 1)

    def subheading(self, text: str) -> None:
        """Second level, （一）"""
        word.level(self.document, plain(text), 2)

    def text(self, text: str) -> None:
        word.paragraph(self.document, plain(text))

    def small(self, text: str) -> None:
        """A note below a table."""
        word.paragraph(self.document, plain(text), CELL, align=word.LEFT, first=0, line=400)

    def closing(self, signer: str, day: dt.date) -> None:
        """Who signs, and the day in Arabic figures four characters from the right."""
        word.with_next(word.indent_right(word.paragraph(self.document, plain(signer), first=0), 4))
        word.indent_right(word.paragraph(self.document, f"{day.year}年{day.month}月{day.day}日", first=0), 4)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[int] = ()) -> None:
        """A table with its headings again on every page. Written as one piece of XML: cell by cell takes a hundred times as long."""
        shares = list(widths) or [1] * len(columns)
        twips = [WIDTH * share // sum(shares) for share in shares]
        head = _row([_cell(text, width, CELL_HEAD, centred=True) for text, width in zip(columns, twips, strict=True)], is_heading=True)
        body = "".join(_row([_value(value, width) for value, width in zip(row, twips, strict=True)]) for row in rows)
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
        xml = f"<w:tbl {nsdecls('w')}>{LOOK}<w:tblGrid>{grid}</w:tblGrid>{head}{body}</w:tbl>"
        self.document.element.body.insert_element_before(parse_xml(xml), "w:sectPr")

    def content(self) -> bytes:
        """The file; the same text gives the same bytes, whenever it is made."""
        still = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(word.saved(self.document))) as parts, zipfile.ZipFile(still, "w") as archive:
            for name in parts.namelist():
                archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), parts.read(name), zipfile.ZIP_DEFLATED)
        return still.getvalue()


def plain(text: Any) -> str:
    """What XML can hold of a text."""
    return "".join(each for each in str(text) if _is_held(each))


def _is_held(letter: str) -> bool:
    return letter in "\t\n" or (letter >= " " and not 0xD800 <= ord(letter) <= 0xDFFF and letter not in "\ufffe\uffff")


SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
LOOK = (
    f'<w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>'
    + "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in SIDES)
    + '</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/>'
    "</w:tblCellMar></w:tblPr>"
)


def _row(cells: Sequence[str], *, is_heading: bool = False) -> str:
    again = "<w:tblHeader/>" if is_heading else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{again}</w:trPr>{''.join(cells)}</w:tr>"


def _value(value: Any, width: int) -> str:
    """Numbers and short words stand in the middle, sentences at the left."""
    text = "—" if value in (None, "") else str(value)
    return _cell(text, width, CELL, centred=not isinstance(value, str) or len(text) <= SHORT)


def _cell(text: str, width: int, face: word.Face, *, centred: bool) -> str:
    place = '<w:jc w:val="center"/>' if centred else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr><w:snapToGrid w:val="0"/><w:spacing w:before="20" w:after="20" w:line="280" w:lineRule="atLeast"/>{place}</w:pPr>'
        f'<w:r><w:rPr><w:rFonts w:ascii="{word.LATIN}" w:hAnsi="{word.LATIN}" w:eastAsia="{face.font}"/>'
        f'<w:spacing w:val="0"/><w:sz w:val="{round(2 * face.size)}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(plain(text))}</w:t></w:r></w:p></w:tc>'
    )
