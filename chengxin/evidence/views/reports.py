"""保管报告: made and handed out in one go; the script that checks it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from chengxin.core.errors import DomainError
from chengxin.evidence import selectors
from chengxin.evidence.services import report_files, reports, uploads
from chengxin.ui.doors import ActorRequest, page

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# what may be asked for: how it is made, and its media type
FORMS: dict[str, tuple[Callable[[reports.Report], bytes], str]] = {
    "json": (lambda made: made.signed, "application/json"),
    "docx": (report_files.as_docx, WORD),
    "pdf": (report_files.as_pdf, "application/pdf"),
    "zip": (report_files.as_zip, "application/zip"),
}


@page("evidence.report", methods=("POST",))
def report(request: ActorRequest, pk: int) -> HttpResponse:
    """A new report of a recording as a file. Each has its own number; "zip" has one report in every form."""
    found = selectors.recording_for(request.actor, pk)
    form = request.POST.get("form", "")
    if form not in FORMS:
        raise DomainError("bad_form", "请选择报告的格式：全部、JSON、Word 或 PDF。", field="form")
    if not uploads.AT_ONCE.acquire(blocking=False):  # the original is read to its end: not more of that at once than of uploads
        raise uploads.Busy("busy", "正在读写的影像较多，请稍后再试。")
    try:
        made = reports.make_report(request.actor, found)
    finally:
        uploads.AT_ONCE.release()
    render, media_type = FORMS[form]
    return _file(render(made), media_type, f"{made.stem}.{form}")


@page("signed_in")
def verifier(request: ActorRequest) -> HttpResponse:  # noqa: ARG001  (every door gets the request)
    """The script for third parties; it needs nothing of ours."""
    return _file(reports.VERIFIER.read_bytes(), "text/x-python; charset=utf-8", reports.VERIFIER.name)


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=media_type, headers=headers)
