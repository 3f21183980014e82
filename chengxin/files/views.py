"""A waiting upload can be seen by whoever uploaded it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse

from chengxin.core.errors import DomainError
from chengxin.files import selectors, services
from chengxin.files.answers import file_response
from chengxin.ui.doors import ActorRequest, page


@page("files.upload")
def waiting(request: ActorRequest, pk: UUID) -> HttpResponse:
    """Preview of one's own waiting upload."""
    return file_response(request, selectors.waiting_file(request.actor, pk))


@page("files.upload", methods=("POST",))
def upload(request: ActorRequest) -> HttpResponse:
    """Take one photo ahead of its form; answers its id."""
    file = request.FILES.get("file")
    if file is None:
        raise DomainError("no_file", "没有收到照片，请重新选择。", field="photos")
    stored = services.accept_photo(request.actor, file)
    return JsonResponse({"id": str(stored.pk), "sha256": stored.sha256})
