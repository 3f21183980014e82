"""A stored file as an HTTP answer; the owning chapter has checked the reader's scope."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from chengxin.files.models import StoredFile
from chengxin.files.services import read_original, read_thumbnail


def file_response(request: HttpRequest, stored: StoredFile) -> HttpResponse:
    """The original, or with ``?small`` a thumbnail; cached by this reader's browser only."""
    small = "small" in request.GET and stored.is_image
    tag = f'"{stored.sha256}{"-s" if small else ""}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    content = read_thumbnail(stored) if small else read_original(stored)
    response = HttpResponse(content, content_type="image/jpeg" if small else stored.media_type)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = f"{'inline' if stored.is_image else 'attachment'}; filename*=UTF-8''{quote(stored.original_name)}"
    return response
