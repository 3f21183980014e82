"""Files of long lists: how far they are, and fetching them."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse

from chengxin.core import clock
from chengxin.transfer import selectors, services
from chengxin.transfer.models import STALLED, ListFile
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import EXPORT_LIMIT, MEDIA_TYPES
from chengxin.ui.pages import render


@page("signed_in")
def lists(request: ActorRequest) -> HttpResponse:
    """The reader's own files of the last day."""
    return render(request, "transfer/lists.html", {"files": selectors.list_files_of(request.actor)})


@page("signed_in")
def list_file(request: ActorRequest, pk: int) -> HttpResponse:
    """How far one file is; the page asks again by itself until it is there."""
    return render(request, "transfer/list.html", _context(selectors.list_file_for(request.actor, pk)))


@page("signed_in")
def progress(request: ActorRequest, pk: int) -> HttpResponse:
    """The part of the page that changes."""
    return render(request, "transfer/_list.html", _context(selectors.list_file_for(request.actor, pk)))


def _context(found: ListFile) -> dict[str, object]:
    stalled = not found.is_over and found.moved_at < clock.now() - STALLED
    return {"file": found, "cut": services.was_cut(found), "limit": EXPORT_LIMIT, "stalled": stalled}


@page("signed_in", methods=("POST",))
def fetch(request: ActorRequest, pk: int) -> HttpResponse:
    """The file itself: for its asker, by post, never cached, each time recorded."""
    found = selectors.list_file_for(request.actor, pk)
    file = services.fetch_list(request.actor, found)
    name = f"list-{clock.local_day(found.asked_at)}.{found.kind}"
    headers = {"Cache-Control": "no-store"}
    return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPES[found.kind], headers=headers)  # type: ignore[return-value]
