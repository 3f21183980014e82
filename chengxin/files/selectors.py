from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.files.models import SheetImport, StoredFile


def waiting_files(actor: Actor, ids: Iterable[UUID]) -> list[StoredFile]:
    """The actor's own uploads that wait for a record; others are left out."""
    wanted = list(ids)
    return list(StoredFile.objects.filter(pk__in=wanted, uploaded_by=actor.user_id or 0, owner="")) if wanted else []


def waiting_file(actor: Actor, pk: UUID) -> StoredFile:
    """One waiting upload of the actor's own. Raises NotFound for anybody else's."""
    found = waiting_files(actor, [pk])
    if not found:
        raise NotFound("no_file", "没有这个文件。")
    return found[0]


def files_of(*owners: str) -> QuerySet[StoredFile]:
    """The files of a record, or of several; the caller has checked that the reader may see them."""
    return StoredFile.objects.filter(owner__in=owners).order_by("uploaded_at", "pk")


def file_of(owner: str, pk: UUID) -> StoredFile:
    """One file of a record. Raises NotFound when the record does not own it."""
    found = StoredFile.objects.filter(owner=owner, pk=pk).first()
    if found is None:
        raise NotFound("no_file", "没有这个文件。")
    return found


def sheet_for(actor: Actor, kind: str, number: int) -> SheetImport:
    """A previewed sheet of the actor's own. Raises NotFound."""
    found = SheetImport.objects.filter(pk=number, kind=kind, uploaded_by=actor.user_id or 0).first()
    if found is None:
        raise NotFound("no_import", "没有这份预览，请重新上传。")
    return found


def file_count() -> int:
    """All stored originals' records."""
    return StoredFile.objects.count()
