"""Doors of what a round says to others: the comparison, the Word and Excel files."""

from __future__ import annotations

from django.http import HttpResponse

from chengxin.casereviews.selectors import results, rounds
from chengxin.casereviews.services import papers
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import XLSX, xlsx_response
from chengxin.ui.pages import render

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@page("casereviews.see")
def compare(request: ActorRequest) -> HttpResponse:
    """评查比较: final rounds item by item, the bureau and the units within the reader's scope, each with its n."""
    found = results.compared(request.actor)
    lines = results.comparison_lines(found)
    if request.GET.get("export") == "xlsx":
        heading = ["单位", "项目", *(text for each in found for text in (each.title, f"{each.title} n"))]
        return xlsx_response(heading, ([line.unit, line.item, *(value for cell in line.cells for value in cell)] for line in lines))
    units = list(dict.fromkeys(line.unit for line in lines))
    context = {
        "rounds": found, "units": [(unit, [line for line in lines if line.unit == unit]) for unit in units],
        "chart": results.comparison_chart(found) if found else None,
    }  # fmt: skip
    return render(request, "casereviews/compare.html", context)


@page("casereviews.see")
def report(request: ActorRequest, pk: int) -> HttpResponse:
    """评查报告 as .docx."""
    found = rounds.round_for(request.actor, pk)
    return _file(papers.report_of(request.actor, found), DOCX, f"casereviews-{found.year}-{found.quarter}.docx")


@page("casereviews.see")
def book(request: ActorRequest, pk: int) -> HttpResponse:
    """The round as .xlsx."""
    found = rounds.round_for(request.actor, pk)
    return _file(papers.book_of(request.actor, found), XLSX, f"casereviews-{found.year}-{found.quarter}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
