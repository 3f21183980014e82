"""更正说明 as a Word file: what an issued bulletin said, what is right, and why. The bulletin itself stays as it was issued."""

from __future__ import annotations

from collections.abc import Sequence

from chengxin.bulletins.models import Bulletin, Erratum
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.ui import word

HEADINGS = ("序号", "更正事项", "原文", "更正为", "理由")
WIDTHS = (12, 30, 42, 36, 36)  # millimetres; together the text area


def errata_file(bulletin: Bulletin, errata: Sequence[Erratum]) -> bytes:
    """The numbered errata in the form of official documents. Raises DomainError when there are none."""
    if not errata:
        raise DomainError("no_errata", "这期通报没有更正事项，没有可以下载的更正说明。")
    period = bulletin.period.label
    document = word.official_document(f"{period}督查通报更正说明")
    word.title(document, f"关于{period}督查通报的更正说明")
    number = f"（{bulletin.document_number}）" if bulletin.document_number else ""
    word.paragraph(document, f"{period}督查通报{number}印发后，有{len(errata)}处需要更正。原通报保持印发时的内容，以更正为准：")
    rows = [(str(each.number), each.item, each.was, each.becomes, each.reason) for each in errata]
    word.table(document, HEADINGS, rows, WIDTHS, small=True)
    last = clock.local_day(errata[-1].at)
    word.indent_right(word.paragraph(document, f"{last.year}年{last.month}月{last.day}日", first=0), 4)
    return word.saved(document)


def errata_name(bulletin: Bulletin) -> str:
    return f"{bulletin.period.label}督查通报更正说明.docx"
