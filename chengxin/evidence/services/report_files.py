"""A custody report as files: Word, PDF, and everything together."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from chengxin.evidence.services.report_sheets import Sheet, heading_of, how_to_check, is_digest, plain, sheets_of
from chengxin.evidence.services.reports import VERIFIER, Report

# --- Word ---

BODY, TITLE, HEADING, CODE = "仿宋", "方正小标宋简体", "黑体", "Courier New"
TEXT_MM = 210 - 28 - 26


def as_docx(report: Report) -> bytes:
    """The report as a Word file in the layout of official documents (GB/T 9704): A4, 仿宋, a centred title."""
    document = _document(report)
    for line, font, size in (("影像保管报告", TITLE, 22), *((each, BODY, 12) for each in heading_of(report))):
        _paragraph(document, line, font, size).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for sheet in sheets_of(report.content):
        _paragraph(document, sheet.title, HEADING, 16).paragraph_format.keep_with_next = True
        _word_table(document, sheet)
    _paragraph(document, "分段摘要（SHA-256）", HEADING, 16).paragraph_format.keep_with_next = True
    for number, digest in enumerate(report.content["recording"]["part_sha256"], start=1):
        _paragraph(document, f"{number:04d} {digest}", CODE, 9)
    _paragraph(document, "签名", HEADING, 16).paragraph_format.keep_with_next = True
    for line in how_to_check(report):
        _paragraph(document, line, BODY, 12)
    _word_table(document, Sheet("", [["公钥", report.key], ["签名", report.signature]]))
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _document(report: Report) -> Any:
    document = docx.Document()
    section, made = document.sections[0], report.content["report"]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    normal = document.styles["Normal"]
    _set_font(normal, BODY, 12)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(0), 1
    language = OxmlElement("w:lang")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.rPr.append(language)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, field in ((f"{report.number}　第 ", ""), ("1", "PAGE"), (" 页　共 ", ""), ("1", "NUMPAGES"), (" 页", "")):
        run = footer.add_run(text)
        _set_font(run, "宋体", 10.5)
        if field:
            counting = OxmlElement("w:fldSimple")
            counting.set(qn("w:instr"), field)
            run._r.addprevious(counting)
            counting.append(run._r)
    core = document.core_properties
    core.title, core.author, core.comments = f"影像保管报告 {report.number}", plain(made["made_by"])[:255], ""
    core.created = core.modified = dt.datetime.fromisoformat(made["made_at"]).astimezone(dt.UTC)
    return document


def _paragraph(document: Any, text: str, font: str, size: float) -> Any:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(10 if font == HEADING else 0)
    paragraph.paragraph_format.space_after = Pt(4 if font != CODE else 0)
    _set_font(paragraph.add_run(text), font, size)
    return paragraph


def _set_font(styled: Any, font: str, size: float) -> None:
    """Chinese characters take their font from w:eastAsia alone, which the library does not set."""
    styled.font.name, styled.font.size = font if font == CODE else "Times New Roman", Pt(size)
    fonts = styled.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:eastAsia"), BODY if font == CODE else font)


def _word_table(document: Any, sheet: Sheet) -> None:
    rows = sheet.lines
    table = document.add_table(len(rows), len(sheet.widths), "Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, sheet.widths, strict=True):
        column.width = Mm(TEXT_MM * width / 100)
    for number, (row, texts) in enumerate(zip(table.rows, rows, strict=True)):
        is_heading = bool(sheet.headings) and number == 0
        if is_heading:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # again on every page
        for place, (cell, width, text) in enumerate(zip(row.cells, sheet.widths, texts, strict=True)):
            cell.width = Mm(TEXT_MM * width / 100)
            is_label = is_heading or (not sheet.headings and place == 0)
            font, size = (CODE, 8.5) if is_digest(text) else (HEADING if is_label else BODY, 10.5)
            _set_font(cell.paragraphs[0].add_run(text), font, size)


# --- PDF ---

FONT, MONO = "STSong-Light", "Courier"  # fonts every viewer brings along; none is shipped
MARGIN = 22 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # a page's frame keeps 6 points on each side
CHARACTERS = 20  # so many Chinese characters a hundredth of the page's width surely fit on a page


def as_pdf(report: Report) -> bytes:
    """The report as a PDF, each page saying how many there are; key and signature on the last."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    _, pages = _pdf(report, 0)
    return _pdf(report, pages)[0]


def _pdf(report: Report, pages: int) -> tuple[bytes, int]:
    """The file, and how many pages it came to: known only after it was made once."""
    content = io.BytesIO()

    def footer(canvas: Canvas, document: Any) -> None:
        canvas.setFont(FONT, 9)
        canvas.drawCentredString(A4[0] / 2, 12 * mm, f"{report.number}　第 {document.page} 页　共 {pages} 页")

    document = SimpleDocTemplate(
        content, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=f"影像保管报告 {report.number}", author=_drawable(report.content["report"]["made_by"]), lang="zh-CN",
    )  # fmt: skip
    document.build(_flowables(report), onFirstPage=footer, onLaterPages=footer)
    return content.getvalue(), document.page


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("", fontName=FONT, fontSize=size, leading=size * 1.4, wordWrap="CJK", **more)


def _flowables(report: Report) -> list[Flowable]:
    centred, heading, small = _style(10, alignment=TA_CENTER), _style(13, spaceBefore=9, spaceAfter=4), _style(9.5)
    found: list[Flowable] = [Paragraph("影像保管报告", _style(20, alignment=TA_CENTER, spaceAfter=6))]
    found += [Paragraph(_drawn(line), centred) for line in heading_of(report)]
    for sheet in sheets_of(report.content):
        found += [CondPageBreak(40 * mm), Paragraph(sheet.title, heading), _pdf_table(sheet)]
    digits = ParagraphStyle("", fontName=MONO, fontSize=8.5, leading=11.5)
    found += [CondPageBreak(40 * mm), Paragraph("分段摘要（SHA-256）", heading)]
    found += [Paragraph(f"{at:04d} {digest}", digits) for at, digest in enumerate(report.content["recording"]["part_sha256"], start=1)]
    how = [Paragraph(_drawn(line), small) for line in how_to_check(report)]
    signed = _pdf_table(Sheet("", [["公钥", report.key], ["签名", report.signature]]))
    found.append(KeepTogether([Paragraph("签名", heading), *how, Spacer(1, 4), signed]))
    return found


def _pdf_table(sheet: Sheet) -> LongTable:
    text, digits = _style(9.5), ParagraphStyle("", fontName=MONO, fontSize=9, leading=12, wordWrap="CJK")
    rows = sheet.lines
    cells = [[Paragraph(_drawn(each), digits if is_digest(each) else text) for each in row] for row in rows]
    look: list[Any] = [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4), ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("BACKGROUND", (0, 0), (-1, 0) if sheet.headings else (0, -1), colors.whitesmoke),
    ]  # fmt: skip
    widths = [WIDTH * width / 100 for width in sheet.widths]
    # a row that may be higher than a page is split, and then the headings stand once: the library would put them into the middle
    is_tall = any(len(each) > CHARACTERS * width for row in rows for each, width in zip(row, sheet.widths, strict=True))
    repeated = 1 if sheet.headings and not is_tall else 0
    return LongTable(cells, widths, repeatRows=repeated, splitInRow=int(is_tall), style=TableStyle(look))


def _drawable(text: Any) -> str:
    """As plain, and 〓 for rare characters, beyond the font's plane or of somebody's own: the JSON has them."""
    return "".join("〓" if ord(each) > 0xFFFF or unicodedata.category(each) == "Co" else each for each in plain(text))


def _drawn(text: Any) -> str:
    return escape(_drawable(text))


# --- all of it ---


def as_zip(report: Report) -> bytes:
    """One report in every form, with the script that checks it."""
    at = dt.datetime.fromisoformat(report.content["report"]["made_at"]).timetuple()[:6]
    every: Iterable[tuple[str, Callable[[], bytes]]] = (
        (f"{report.stem}.json", lambda: report.signed), (f"{report.stem}.docx", lambda: as_docx(report)),
        (f"{report.stem}.pdf", lambda: as_pdf(report)), (VERIFIER.name, VERIFIER.read_bytes),
    )  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, made in every:
            archive.writestr(zipfile.ZipInfo(name, at), made(), zipfile.ZIP_DEFLATED)
    return content.getvalue()
