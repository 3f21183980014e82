"""Photos in a form: chosen now, or accepted with an earlier try of the same form."""

from __future__ import annotations

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from chengxin.core.actor import Actor
from chengxin.files import rules, selectors, services
from chengxin.files.models import StoredFile


def collect_photos(
    actor: Actor, request: HttpRequest, *, name: str = "photo_files", kept_name: str = "photos", documents: bool = False
) -> list[StoredFile]:
    """Photos of this post: hidden ids kept from an earlier try, then the newly chosen files.

    What was accepted stays accepted when the rest of the form is refused. Raises DomainError for a bad photo.
    """
    earlier = selectors.waiting_files(actor, _ids(request.POST.getlist(kept_name)))
    return [*earlier, *(_accept(actor, file, documents=documents) for file in request.FILES.getlist(name))]


def _accept(actor: Actor, file: UploadedFile, *, documents: bool) -> StoredFile:
    head = file.read(8)
    file.seek(0)
    if documents and rules.looks_like_a_document(head):
        return services.accept_document(actor, file)
    return services.accept_photo(actor, file)


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
