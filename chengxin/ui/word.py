"""Word files in the form of official documents (GB/T 9704-2012): page, grid, page numbers, levels, tables, end matter.

A4; 37 mm above and 28 mm left of a text area of 156 × 225 mm; 22 lines of 28 characters; fonts are named, not shipped.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

FANGSONG, KAITI, HEITI, SONGTI, XIAOBIAOSONG = "仿宋", "楷体", "黑体", "宋体", "方正小标宋简体"
LATIN = "Times New Roman"
LINE = 579  # twentieths of a point: 22 lines fill 225 mm
TEXT_WIDTH, TWIPS = 156, 56.7  # millimetres; twentieths of a point in one
TIGHTER = -5  # twentieths of a point between characters: 28 of 16 points fill 156 mm
AFTER_BORDERS = ("w:shd", "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr")
AFTER_FRAME = ("w:widowControl", "w:pBdr", *AFTER_BORDERS)
LEFT, CENTRE, RIGHT, EVEN = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY


@dataclass(frozen=True)
class Face:
    """A font for Chinese, its size in points, and its colour when it is not black."""

    font: str
    size: float
    color: str = ""


BODY, TITLE, HEAD = Face(FANGSONG, 16), Face(XIAOBIAOSONG, 22), Face(XIAOBIAOSONG, 30, "C00000")
LEVELS = {1: Face(HEITI, 16), 2: Face(KAITI, 16), 3: Face(FANGSONG, 16), 4: Face(FANGSONG, 16)}
NOTE, PAGE_NUMBER, IMPRINT = Face(FANGSONG, 10.5), Face(SONGTI, 14), Face(FANGSONG, 14)


def official_document(title: str = "", author: str = "") -> Any:
    """An empty document of that form, its page numbers outside: odd pages right, even pages left."""
    document = docx.Document()
    section = document.sections[0]
    set_page(section)
    normal = document.styles["Normal"]
    set_font(normal, BODY)
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    properties = normal.element.get_or_add_rPr()
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(TIGHTER))
    _before(properties, spacing, "w:sz")
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "zh-CN")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)
    document.settings.odd_and_even_pages_header_footer = True
    _number_pages(section.footer, RIGHT)
    _number_pages(section.even_page_footer, LEFT)
    core = document.core_properties
    core.title, core.author, core.comments = title, author, ""
    return document


def set_page(section: Any, *, landscape: bool = False) -> None:
    """The page of the form; across for wide tables, with the same margins turned by a quarter."""
    tall, wide = Mm(297), Mm(210)
    above, below, left, right = Mm(37), Mm(35), Mm(28), Mm(26)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (tall, wide) if landscape else (wide, tall)
    section.top_margin, section.bottom_margin = (left, right) if landscape else (above, below)
    section.left_margin, section.right_margin = (below, above) if landscape else (left, right)
    section.footer_distance, section.header_distance = Mm(16 if landscape else 25), Mm(15)
    properties = section._sectPr
    for grid in properties.findall(qn("w:docGrid")):
        properties.remove(grid)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(LINE))
    properties.append(grid)


def new_section(document: Any, *, landscape: bool = False) -> Any:
    """From here on a new page, upright or across."""
    footers = [copy.copy(each) for each in document.sections[-1]._sectPr.findall(qn("w:footerReference"))]
    section = document.add_section(WD_SECTION.NEW_PAGE)
    set_page(section, landscape=landscape)
    # named again rather than inherited: a template may leave the sections before out
    for reference in reversed(footers):
        section._sectPr.insert(0, reference)
    return section


def _number_pages(footer: Any, side: Any) -> None:
    """— 1 —, one character in from the outer edge."""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.style = paragraph.part.document.styles["Normal"] if hasattr(paragraph.part, "document") else paragraph.style
    paragraph.alignment = side
    _indent(paragraph, "right" if side == RIGHT else "left", 1, PAGE_NUMBER.size)
    for text, field in (("— ", ""), ("1", "PAGE"), (" —", "")):
        run = paragraph.add_run(text)
        set_font(run, PAGE_NUMBER, latin=SONGTI)
        if field:
            counting = OxmlElement("w:fldSimple")
            counting.set(qn("w:instr"), field)
            run._r.addprevious(counting)
            counting.append(run._r)


def set_font(styled: Any, face: Face, *, latin: str = LATIN) -> None:
    """Chinese characters take their font from w:eastAsia alone, which the library does not set."""
    styled.font.name, styled.font.size = latin, Pt(face.size)
    if face.color:
        styled.font.color.rgb = RGBColor.from_string(face.color)
    fonts = styled.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:eastAsia"), face.font)


def paragraph(container: Any, text: str, face: Face = BODY, *, align: Any = EVEN, first: float = 2, line: int = LINE) -> Any:
    """A paragraph on the grid: the first line ``first`` characters in, ``line`` twentieths of a point from line to line."""
    made = container.add_paragraph()
    made.alignment = align
    _exact(made, line)
    if first:
        _indent(made, "firstLine", first, face.size)
    set_font(made.add_run(text), face)
    return made


def level(container: Any, text: str, number: int) -> Any:
    """A heading of the four levels: 一、黑体, （一）楷体, 1. and （1）仿宋; it stays with what follows."""
    return with_next(paragraph(container, text, LEVELS[number]))


def with_next(made: Any) -> Any:
    """Keep a paragraph on the page of what follows: a heading, a line that announces a table."""
    made.paragraph_format.keep_with_next = True
    return made


def title(container: Any, text: str) -> Any:
    return with_next(paragraph(container, text, TITLE, align=CENTRE, first=0, line=680))


def indent_right(made: Any, characters: float, size: float = BODY.size) -> Any:
    made.alignment = RIGHT
    _indent(made, "right", characters, size)
    return made


def _indent(made: Any, side: str, characters: float, size: float) -> None:
    """In characters, which the form asks for, and in twentieths of a point for programs that do not know them."""
    indent = made._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn(f"w:{side}Chars"), str(round(characters * 100)))
    indent.set(qn(f"w:{side}"), str(round(characters * size * 20)))


def _exact(made: Any, line: int, *, on_grid: bool = True) -> None:
    _exact_spacing(made._p.get_or_add_pPr(), line, on_grid=on_grid)


def _exact_spacing(properties: Any, line: int, *, on_grid: bool) -> None:
    if not on_grid:
        off = OxmlElement("w:snapToGrid")
        off.set(qn("w:val"), "0")
        _before(properties, off, "w:spacing", "w:ind", "w:jc", "w:rPr")
    spacing = properties.get_or_add_spacing()
    for name, value in (("before", "0"), ("after", "0"), ("line", str(line)), ("lineRule", "exact")):
        spacing.set(qn(f"w:{name}"), value)


def rule_below(made: Any, *, color: str = "auto", eighths: int = 6) -> Any:
    """A line under a paragraph, as wide as the text area."""
    properties = made._p.get_or_add_pPr()
    borders = OxmlElement("w:pBdr")
    borders.append(_border("bottom", eighths, color, space=4))
    _before(properties, borders, *AFTER_BORDERS)
    return made


def table(document: Any, headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], *, small: bool = False) -> Any:
    """A table of the text area's width (``widths`` in millimetres); its headings stand again on every page, rows are not broken.

    ``small`` is for tables of many columns.
    """
    head, body = _cell_style(document, is_head=True, small=small), _cell_style(document, is_head=False, small=small)
    made = document.add_table(0, len(headings), "Table Grid")
    made.autofit = False
    made.alignment = 1  # centred
    _cell_margins(made)
    for place, texts in enumerate([list(headings), *map(list, rows)]):
        row = made.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, text, width in zip(row.cells, texts, widths, strict=True):
            cell.width = Mm(width)
            cell.vertical_alignment = 1  # in the middle
            inner = cell.paragraphs[0]
            inner.style = head if place == 0 else body
            if place and len(text) > 8 and "{{" not in text:
                inner.alignment = LEFT
            inner.add_run(text)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
    return made


def _cell_style(document: Any, *, is_head: bool, small: bool) -> Any:
    """The look of a cell as a style of the document: a table of thousands of rows would say it in every cell otherwise."""
    name = ("小" if small else "") + ("表头" if is_head else "表格文字")
    if name in document.styles:
        return document.styles[name]
    made = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    made.base_style = document.styles["Normal"]
    set_font(made, Face(HEITI if is_head else FANGSONG, 9 if small else 10.5))
    made.paragraph_format.alignment = CENTRE
    _exact_spacing(made.element.get_or_add_pPr(), 260 if small else 320, on_grid=False)
    return made


def _cell_margins(made: Any) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", 40), ("left", 60), ("bottom", 40), ("right", 60)):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(width))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = made._tbl.tblPr
    _before(properties, margins, "w:tblLook")


def end_matter(document: Any, lines: Sequence[Sequence[str]]) -> None:
    """版记 at the foot of the text area of the last page: rules of 0.35 mm above and below, 0.25 mm between; a line's second text
    stands at the right. It hangs on the paragraph that follows, so one has to follow.
    """
    for texts in lines:
        made = document.add_paragraph()
        made.alignment = LEFT
        _exact(made, 500, on_grid=False)
        _indent(made, "left", 1, IMPRINT.size)
        made.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH - 5), WD_TAB_ALIGNMENT.RIGHT)
        properties, frame, borders = made._p.get_or_add_pPr(), OxmlElement("w:framePr"), OxmlElement("w:pBdr")
        place = {"wrap": "around", "vAnchor": "margin", "hAnchor": "margin", "xAlign": "left", "yAlign": "bottom"}
        for name, value in {"w": str(round(TEXT_WIDTH * TWIPS)), **place}.items():
            frame.set(qn(f"w:{name}"), value)
        for side in ("top", "bottom"):
            borders.append(_border(side, 8, "auto", space=1))
        if len(lines) > 1:
            borders.append(_border("between", 6, "auto", space=1))
        _before(properties, frame, *AFTER_FRAME)
        _before(properties, borders, *AFTER_BORDERS)
        for number, text in enumerate(texts):
            set_font(made.add_run(("\t" if number else "") + text), IMPRINT)


def _border(side: str, eighths: int, color: str, *, space: int = 0) -> Any:
    border = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(eighths)), ("space", str(space)), ("color", color)):
        border.set(qn(f"w:{name}"), value)
    return border


def _before(parent: Any, child: Any, *names: str) -> None:
    """Put a child where the schema wants it: before the first of the named ones that is there, else last."""
    following = next((each for each in parent if each.tag in {qn(name) for name in names}), None)
    if following is None:
        parent.append(child)
    else:
        following.addprevious(child)


def saved(document: Any) -> bytes:
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()
