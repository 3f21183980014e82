"""The player: pieces of the original by HTTP range, a watermark over the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse

from chengxin.core.errors import NotFound
from chengxin.evidence import rules
from chengxin.evidence.models import Recording
from chengxin.evidence.services import store, viewing
from chengxin.evidence.services.examination import picture_of
from chengxin.evidence.services.probe import PLAYABLE
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render

CHUNK = 256 * 1024
MOST = 8 * 1024 * 1024  # bytes an answer: a player asks for the next piece, and the thread is free in between
TYPES = {
    "mp4": "video/mp4", "mov": "video/mp4", "m4v": "video/mp4", "wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
}  # fmt: skip


def media_type_of(recording: Recording) -> str:
    """The type a browser is told; the bytes stay what they are."""
    return TYPES.get(recording.original_name.rpartition(".")[2].lower(), "application/octet-stream")


def is_playable(recording: Recording) -> bool:
    """Whether browsers show it as it is."""
    if recording.medium == rules.VIDEO:
        return media_type_of(recording) == "video/mp4" and (recording.codec in PLAYABLE or recording.examined_at is None)
    return media_type_of(recording) != "application/octet-stream"


@page("evidence.view_own")
def player(request: ActorRequest, key: UUID) -> HttpResponse:
    look = viewing.viewing_for(request.actor, key)
    context = {"viewing": look, "recording": look.recording, "playable": is_playable(look.recording), "media": rules.MEDIA}
    return render(request, "evidence/viewing.html", context)


@page("evidence.view_own")
def picture(request: ActorRequest, key: UUID) -> HttpResponse:
    """A still picture of the film, within a look."""
    path = picture_of(viewing.viewing_for(request.actor, key).recording)
    if not path.is_file():
        raise NotFound("no_picture", "没有画面。")
    return FileResponse(path.open("rb"), content_type="image/jpeg")  # type: ignore[return-value]


@page("evidence.view_own")
def content(request: ActorRequest, key: UUID) -> HttpResponse:
    """The piece of the original that the player asks for (RFC 9110 §14), at most so much at once."""
    recording = viewing.viewing_for(request.actor, key).recording
    try:
        file = store.open_original(recording)
    except FileNotFoundError as error:
        raise NotFound("no_bytes", "原文件不在存放位置，请通知管理员核查。") from error
    return _ranged(request, file, recording)  # type: ignore[return-value]


def _ranged(request: ActorRequest, file: BinaryIO, recording: Recording) -> HttpResponseBase:
    size, header = recording.size, request.headers.get("Range", "")
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip()) if header else None
    if match is None or match.group(0) == "bytes=-":
        first, last, status = 0, size - 1, 200
    else:
        first, last, status = *_asked(match, size), 206
    if first >= size or first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if status == 206:
        last = min(last, first + MOST - 1)
    response = StreamingHttpResponse(_pieces(file, first, last + 1 - first), status=status, content_type=media_type_of(recording))
    response["Content-Length"], response["Accept-Ranges"] = str(last + 1 - first), "bytes"
    response["Cache-Control"], response["Content-Disposition"] = "no-store", "inline"
    if status == 206:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _asked(match: re.Match[str], size: int) -> tuple[int, int]:
    start, end = match.groups()
    if not start:
        return max(0, size - int(end)), size - 1
    return int(start), min(int(end), size - 1) if end else size - 1


def _pieces(file: BinaryIO, at: int, count: int) -> Iterator[bytes]:
    with file:
        file.seek(at)
        while count and (chunk := file.read(min(CHUNK, count))):
            count -= len(chunk)
            yield chunk
