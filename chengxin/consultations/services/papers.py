"""The summary of opinions and answers as a Word file in the form of official documents (3.3)."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse

from chengxin.consultations.models import Consultation
from chengxin.consultations.selectors.drafts import changes_of
from chengxin.consultations.selectors.summaries import Summary
from chengxin.core import clock
from chengxin.people.selectors import all_units
from chengxin.reports.services.paper import Paper

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NUMERALS = "一二三四五六七八九十"


def summary_paper(consultation: Consultation, summary: Summary, *, for_public: bool = False) -> bytes:
    """Clause by clause: opinion, answer, reason; and what the draft changes. The same content gives the same bytes."""
    assert consultation.closed_at is not None
    bureau = next((unit.name for unit in all_units() if unit.parent_id is None), "")
    paper = Paper(f"{consultation.title}意见汇总", bureau, consultation.closed_at)
    paper.title(consultation.title)
    paper.title("征求意见及答复汇总")
    paper.blank()
    told = "，".join(f"{title} {count} 条" for _, title, count in summary.outcomes)
    paper.text(
        f"{consultation.starts_on} 至 {consultation.ends_on} 就《{consultation.title}》（{consultation.number}）向"
        f"{consultation.get_audience_display()}征求意见，共收到{'公众' if for_public else ''}意见 {len(summary.lines)} 条，{told}。"
    )
    paper.heading("一、修订内容")
    paper.text(consultation.reason)
    changes = changes_of(consultation)
    if changes:
        rows = [(each["clause"], f"{each['rule_title']}：{each['title']}", each["reason"]) for each in changes]
        paper.table(("条款", "改动", "理由"), rows, (12, 44, 44))
    paper.heading("二、意见和答复")
    for number, (code, title, lines) in enumerate(summary.by_clause, start=1):
        paper.subheading(f"（{_numeral(number)}）{code} {title}")
        paper.table(
            ("提出人", "意见", "答复", "理由"),
            [(line.author, line.text, line.outcome_title, line.reason) for line in lines],
            (16, 38, 12, 34),
        )
    if not summary.lines:
        paper.text("征求意见期间没有收到意见。")
    paper.blank()
    paper.closing(bureau, clock.local_day(consultation.closed_at))
    return paper.content()


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number <= 10:
        return NUMERALS[number - 1]
    return (NUMERALS[tens - 1] if tens > 1 else "") + "十" + (NUMERALS[ones - 1] if ones else "")


def answer_with(consultation: Consultation, content: bytes) -> HttpResponse:
    name = quote(f"意见汇总-{consultation.number}.docx")
    headers = {"Content-Disposition": f"attachment; filename=\"consultation-{consultation.pk}.docx\"; filename*=UTF-8''{name}"}
    return HttpResponse(content, content_type=WORD, headers=headers)
