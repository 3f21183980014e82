"""Photos in a form: chosen now, or accepted with an earlier try of the same form."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from chengxin.core.actor import Actor
from chengxin.files import selectors, services
from chengxin.files.models import StoredFile


def collect_photos(actor: Actor, request: HttpRequest, *, name: str = "photo_files", kept_name: str = "photos") -> list[StoredFile]:
    """Photos of this post: hidden ids kept from an earlier try, then the newly chosen files.

    What was accepted stays accepted when the rest of the form is refused. Raises DomainError for a bad photo.
    """
    earlier = selectors.waiting_files(actor, _ids(request.POST.getlist(kept_name)))
    return [*earlier, *(services.accept_photo(actor, file) for file in request.FILES.getlist(name))]


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
