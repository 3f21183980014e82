"""Commands: accept an upload, give it to its record, open it, check and sweep."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.files import rules, selectors, store
from chengxin.files.models import SheetImport, StoredFile

WAITING_HOURS = 24


def accept_photo(actor: Actor, uploaded: UploadedFile, *, is_unnamed: bool = False) -> StoredFile:
    """Keep an uploaded photo; it waits for the record that will own it. Of an unnamed sender's only the picture and its time are kept.

    Raises DomainError (field "photos") for something too large, empty, or not a photo.
    """
    name, content = _content(actor, uploaded, settings.PHOTO_MAX_BYTES)
    try:
        photo = rules.examine(content)
    except rules.NotAPhoto as error:
        raise DomainError("not_a_photo", f"“{name}”：{error}", field="photos") from error
    captured = photo.captured_at.replace(tzinfo=clock.SHANGHAI) if photo.captured_at else None
    if is_unnamed:
        content, name = rules.without_metadata(content), "照片"
    return _keep(actor, content, name, photo.media_type, width=photo.width, height=photo.height, captured_at=captured)


def accept_document(actor: Actor, uploaded: UploadedFile) -> StoredFile:
    """Keep an uploaded PDF, .docx or .xlsx; it waits for the record that will own it.

    Raises DomainError (field "photos") for something too large, empty, damaged, with macros, or of another kind.
    """
    name, content = _content(actor, uploaded, settings.DOCUMENT_MAX_BYTES)
    try:
        media_type = rules.examine_document(content)
    except rules.NotADocument as error:
        raise DomainError("not_a_document", f"“{name}”：{error}", field="photos") from error
    return _keep(actor, content, name, media_type)


def accept_text(actor: Actor, uploaded: UploadedFile) -> StoredFile:
    """Keep an uploaded plain text (a transcript) as it came; the chapter that asked for it has read it and found it sound.

    Raises DomainError (field "photos") for something too large or empty.
    """
    name, content = _content(actor, uploaded, settings.DOCUMENT_MAX_BYTES)
    return _keep(actor, content, name, "text/plain")


def _content(actor: Actor, uploaded: UploadedFile, limit: int) -> tuple[str, bytes]:
    require(actor, "files.upload")
    name = (uploaded.name or "照片")[-200:]
    if not uploaded.size:
        raise DomainError("empty_file", f"“{name}”是空文件，请重新选择。", field="photos")
    if uploaded.size > limit:
        raise DomainError("too_large", f"“{name}”超过 {limit // 1024 // 1024} MB，请压缩或用普通画质重拍。", field="photos")
    return name, uploaded.read()


@transaction.atomic
def _keep(actor: Actor, content: bytes, name: str, media_type: str, **facts: Any) -> StoredFile:
    sha256 = hashlib.sha256(content).hexdigest()
    sm3 = hashlib.new("sm3", content).hexdigest() if "sm3" in hashlib.algorithms_available else ""
    _hold(sha256)
    # the file is durable before the row exists: a crash in between leaves a file without a row, which harms nothing
    store.keep(content, sha256)
    return StoredFile.objects.create(
        sha256=sha256, sm3=sm3, size=len(content), media_type=media_type, original_name=name,
        uploaded_by=actor.user_id or 0, uploaded_at=clock.now(), **facts,
    )  # fmt: skip


@transaction.atomic
def keep_again(actor: Actor, stored: StoredFile) -> StoredFile:
    """The same photo once more, waiting for a second record (what a visit kept and a finding needs as evidence); the bytes are one.

    When it was taken and uploaded stays as it was.
    """
    _hold(stored.sha256)
    return StoredFile.objects.create(
        sha256=stored.sha256, sm3=stored.sm3, size=stored.size, media_type=stored.media_type, original_name=stored.original_name,
        width=stored.width, height=stored.height, captured_at=stored.captured_at, uploaded_by=actor.user_id or 0,
        uploaded_at=stored.uploaded_at,
    )  # fmt: skip


def _hold(sha256: str) -> None:
    """Until the transaction ends nobody else keeps or removes the bytes of this digest: the sweep must not meet a new upload."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sha256])


@transaction.atomic
def claim(actor: Actor, files: Iterable[UUID], owner: str) -> list[StoredFile]:
    """Give waiting files to a record, in the transaction that writes the record.

    Raises DomainError (field "photos") when one is not there, not the actor's, or already belongs to a record.
    """
    wanted = list(dict.fromkeys(files))
    found = list(StoredFile.objects.select_for_update().filter(pk__in=wanted, uploaded_by=actor.user_id or 0, owner=""))
    if len(found) != len(wanted):
        raise DomainError("photo_gone", "有照片已失效或已用于别的记录，请重新添加照片。", field="photos")
    StoredFile.objects.filter(pk__in=wanted).update(owner=owner)
    order = {pk: position for position, pk in enumerate(wanted)}
    return sorted(found, key=lambda file: order[file.pk])


def read_original(stored: StoredFile) -> bytes:
    return store.path_of(stored.sha256).read_bytes()


def read_thumbnail(stored: StoredFile) -> bytes:
    return rules.thumbnail(read_original(stored))


def damaged_files() -> list[str]:
    """Digests of originals that are missing or no longer match."""
    kept = StoredFile.objects.values_list("sha256", flat=True).distinct()
    return [sha256 for sha256 in kept.iterator() if not _is_whole(sha256)]


def _is_whole(sha256: str) -> bool:
    try:
        with store.path_of(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


@transaction.atomic
def sweep_waiting() -> int:
    """Remove uploads that found no record within a day; how many."""
    limit = clock.now() - dt.timedelta(hours=WAITING_HOURS)
    stale = StoredFile.objects.select_for_update(skip_locked=True).filter(owner="", uploaded_at__lt=limit)
    digests = set(stale.values_list("sha256", flat=True))
    removed = stale.delete()[0]
    transaction.on_commit(lambda: _remove_unused(digests))
    return removed


def _remove_unused(digests: Iterable[str]) -> None:
    """Remove the bytes that no row names any more, one by one, each while nobody else may keep them anew."""
    for sha256 in digests:
        with transaction.atomic():
            _hold(sha256)
            if not StoredFile.objects.filter(sha256=sha256).exists():
                store.remove(sha256)


def keep_sheet(actor: Actor, kind: str, *, file_name: str, content: bytes, rows: Sequence[Mapping[str, Any]]) -> int:
    """Keep an understood sheet of a kind until it is applied; the chapter asks for the permission. Its number."""
    plain = json.loads(json.dumps([dict(row) for row in rows], default=str))
    made = SheetImport.objects.create(
        kind=kind, file_name=file_name[-200:], sha256=hashlib.sha256(content).hexdigest(), rows=plain, uploaded_by=actor.user_id or 0,
        uploaded_at=clock.now(),
    )  # fmt: skip
    return made.pk


def take_sheet(actor: Actor, kind: str, number: int) -> SheetImport:
    """Claim a previewed sheet for applying, within the caller's transaction: it stands as applied exactly if that stands.

    Raises NotFound for a sheet of somebody else or of another kind, Conflict when it was applied before.
    """
    sheet = selectors.sheet_for(actor, kind, number)
    claimed = SheetImport.objects.filter(pk=sheet.pk, applied_at=None).update(applied_at=clock.now())
    if not claimed:
        raise Conflict("applied_already", "这份表格已经导入，没有重复执行。")
    return sheet
