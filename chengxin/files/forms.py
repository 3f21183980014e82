"""Photos in a form: chosen now, or accepted with an earlier try of the same form."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from chengxin.core.actor import Actor
from chengxin.files import selectors, services
from chengxin.files.models import StoredFile


def collect_photos(actor: Actor, request: HttpRequest) -> list[StoredFile]:
    """Photos of this post: hidden ``photos`` ids kept from an earlier try, then the newly chosen ``photo_files``.

    What was accepted stays accepted when the rest of the form is refused. Raises DomainError for a bad photo.
    """
    earlier = selectors.waiting_files(actor, _ids(request.POST.getlist("photos")))
    return [*earlier, *(services.accept_photo(actor, file) for file in request.FILES.getlist("photo_files"))]


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
