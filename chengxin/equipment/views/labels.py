"""Label sheets: A4, three columns of eight, a QR code with check character and Chinese text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import segno
from django.http import HttpResponse
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from chengxin.equipment import rules

COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 66 * mm, 33.9 * mm
LEFT, TOP = 6 * mm, 12.9 * mm
CODE = 25 * mm
FONT = "STSong-Light"  # a font every viewer of Chinese documents brings along; none is shipped


def label_sheet(labels: Sequence[tuple[str, str, str]]) -> HttpResponse:
    """Labels of (asset number, description, unit) as a PDF to print at 100 %."""
    response = HttpResponse(sheet(labels), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return response


def sheet(labels: Iterable[tuple[str, str, str]]) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=A4)
    canvas.setTitle("装备标签")
    for place, (number, text, unit) in enumerate(labels):
        if place and place % (COLUMNS * ROWS) == 0:
            canvas.showPage()
        column, row = place % COLUMNS, place // COLUMNS % ROWS
        x, y = LEFT + column * WIDTH, A4[1] - TOP - (row + 1) * HEIGHT
        _code(canvas, rules.label_of(number), x + 2 * mm, y + 4.5 * mm)
        _text(canvas, number, text, unit, x + CODE + 4 * mm, y + 24 * mm)
    canvas.save()
    return content.getvalue()


def _code(canvas: Canvas, content: str, x: float, y: float) -> None:
    """The modules of the code as squares: sharp at every resolution."""
    matrix = segno.make(content, error="m").matrix
    quiet = 4
    module = CODE / (len(matrix) + 2 * quiet)
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            if dark:
                canvas.rect(x + (column + quiet) * module, y + CODE - (row + quiet + 1) * module, module, module, stroke=0, fill=1)


def _text(canvas: Canvas, number: str, text: str, unit: str, x: float, y: float) -> None:
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawString(x, y, f"{number}  {rules.check_character(number)}")
    for size, line, step in ((9, unit, 6), (8, text[:14], 12), (8, text[14:28], 16.5)):
        canvas.setFont(FONT, size)
        canvas.drawString(x, y - step * mm, line)
