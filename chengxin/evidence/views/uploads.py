"""tus 1.0: creation, creation-with-upload, checksum, termination, expiration. For docks with a token and for browsers.

https://tus.io/protocols/resumable-upload – the status codes and header names are the protocol's.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date

from chengxin.core.errors import DomainError
from chengxin.evidence.models import Upload
from chengxin.evidence.services import receipts, uploads
from chengxin.ui.doors import ActorRequest, endpoint, page
from chengxin.ui.pages import render
from chengxin.ui.problems import problem

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
OFFSETS = "application/offset+octet-stream"


class BadRequest(DomainError):
    status = 400


@endpoint("evidence.ingest", methods=("POST", "OPTIONS"))
def collection(request: ActorRequest) -> HttpResponse:
    """Open an upload, with its first bytes if the sender likes."""
    if request.method == "OPTIONS":
        most = str(uploads.limits()["most_bytes"])
        told = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": most}
        return _told(HttpResponse(status=204), {**told, "Tus-Checksum-Algorithm": ",".join(uploads.ALGORITHMS)})
    if (refused := _refused_version(request)) is not None:
        return refused
    if request.headers.get("Upload-Defer-Length"):
        raise BadRequest("no_length", "请在开始上传时说明总字节数（Upload-Length）。", field="Upload-Length")
    upload = uploads.start_upload(
        request.actor, length=_number(request, "Upload-Length"), claims=_metadata(request.headers.get("Upload-Metadata", ""))
    )
    headers = {"Location": reverse("evidence:upload_one", args=[upload.pk])}
    if request.content_type == OFFSETS:
        upload = _take_in(request, upload, 0)
        headers["Upload-Offset"] = str(upload.offset)
    return _told(HttpResponse(status=201), {**headers, **_expiry(upload)})


@endpoint("evidence.ingest", methods=("GET", "HEAD", "PATCH", "DELETE", "POST", "OPTIONS"))
def one(request: ActorRequest, pk: UUID) -> HttpResponse:
    """How far an upload has come, more of it, or its end. GET tells the state and, once it is kept, the signed receipt."""
    method = request.headers.get("X-HTTP-Method-Override", "") if request.method == "POST" else request.method
    if method == "OPTIONS":
        return _told(HttpResponse(status=204), {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS})
    upload = uploads.upload_for(request.actor, pk)
    if method == "GET":
        return _state(uploads.finish(request.actor, upload))
    if (refused := _refused_version(request)) is not None:
        return refused
    if method == "HEAD":  # complete and not yet kept: a server that was killed in between makes up for it now
        upload = uploads.finish(request.actor, upload)
        headers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length), "Cache-Control": "no-store"}
        return _told(HttpResponse(), {**headers, **_expiry(upload)})
    if method == "PATCH":
        if request.content_type != OFFSETS:
            return _told(problem(415, "bad_type", f"续传的 Content-Type 应为 {OFFSETS}。"), {})
        upload = _take_in(request, upload, _number(request, "Upload-Offset"))
        return _told(HttpResponse(status=204), {"Upload-Offset": str(upload.offset), **_expiry(upload)})
    if method == "DELETE":
        uploads.give_up(request.actor, upload)
        return _told(HttpResponse(status=204), {})
    raise BadRequest("bad_method", "不支持的操作。")


def _take_in(request: ActorRequest, upload: Upload, offset: int) -> Upload:
    checksum = uploads.Checksum.read(request.headers.get("Upload-Checksum", ""))
    proven = uploads.receive(request.actor, upload, offset=offset, body=_body(request), checksum=checksum)
    return uploads.finish(request.actor, upload, proven)


def _body(request: HttpRequest) -> Callable[[int], bytes]:
    """The body as it comes, past the framework, which would not read one of unknown length."""
    stream = request.META["wsgi.input"]
    length = request.META.get("CONTENT_LENGTH")
    left = [int(length) if length else None]

    def read(count: int) -> bytes:
        if left[0] is not None:
            count = min(count, left[0])
        if count == 0:
            return b""
        try:
            chunk: bytes = stream.read(count)
        except OSError:  # the line was cut: what has come so far counts
            return b""
        if left[0] is not None:
            left[0] -= len(chunk)
        return chunk

    return read


def _refused_version(request: HttpRequest) -> HttpResponse | None:
    if request.headers.get("Tus-Resumable") == VERSION:
        return None
    return _told(problem(412, "bad_version", f"请用 Tus-Resumable: {VERSION}。"), {"Tus-Version": VERSION})


def _told(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    response["Tus-Resumable"] = VERSION
    for name, value in headers.items():
        response[name] = value
    return response


def _expiry(upload: Upload) -> dict[str, str]:
    if upload.recording_id is not None:
        return {}
    return {"Upload-Expires": http_date(upload.expires_at.timestamp())}


def _state(upload: Upload) -> HttpResponse:
    told: dict[str, Any] = {"offset": upload.offset, "length": upload.length, "kept": upload.recording_id is not None}
    if upload.recording is not None:
        told["receipt"] = receipts.receipt_of(upload.recording)
    return _told(HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/json"), {})


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isdecimal() or len(text) > 15:
        raise BadRequest("bad_number", f"{header} 应为非负整数。", field=header)
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """ "name <base64>,…" as text. Raises BadRequest for what cannot be read."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, text = pair.partition(" ")
        try:
            found[name] = base64.b64decode(text, validate=True).decode("utf-8")[:500].replace("\0", "")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BadRequest(
                "bad_metadata", f"Upload-Metadata 中的 {name} 不是 base64 编码的 UTF-8 文本。", field="Upload-Metadata"
            ) from error
    return found


@page("evidence.ingest")
def upload_page(request: ActorRequest) -> HttpResponse:
    """上传影像 from a browser, for who has no dock at hand; the same protocol, the same rules."""
    return render(request, "evidence/upload.html", {"most": uploads.limits()["most_bytes"]})
