"""Supervision records for 司法局: asked with a reason, approved by another, made once, each handing out kept (3.1)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.reports.models import JusticeArchive, JusticeDownload, JusticeExport
from chengxin.reports.services.archive import build_archive

MOST_DAYS = 731  # two years at a time: more is no supervision of a matter but a copy of the house


@transaction.atomic
def ask_export(actor: Actor, *, since: dt.date, until: dt.date, recipient: str, reason: str) -> JusticeExport:
    """Ask to hand out the records of a span of days. Raises DomainError (fields "since", "until", "recipient", "reason")."""
    require(actor, "reports.export")
    if until < since:
        raise DomainError("bad_span", "结束日期早于开始日期，请更正。", field="until")
    if until > clock.today():
        raise DomainError("in_the_future", "结束日期不能晚于今天。", field="until")
    if (until - since).days >= MOST_DAYS:
        raise DomainError("too_long", "一次最多提供两年的记录，请分次申请。", field="since")
    if not recipient.strip():
        raise DomainError("no_recipient", "请写明调取单位，例如 某某区司法局。", field="recipient")
    if len(reason.strip()) < 4:
        raise DomainError("no_reason", "请写明调取的依据和理由（来函文号等）。", field="reason")
    made = JusticeExport.objects.create(
        since=since, until=until, recipient=recipient.strip()[:80], reason=reason.strip()[:200], asked_by=actor.named_user,
        asked_label=actor.label, asked_at=clock.now(),
    )  # fmt: skip
    details = {"since": str(since), "until": str(until), "recipient": made.recipient, "reason": made.reason}
    record(actor, "reports.export_asked", f"justice_export:{made.pk}", details=details)
    return made


@transaction.atomic
def decide_export(actor: Actor, export: JusticeExport, *, granted: bool, note: str = "") -> JusticeExport:
    """Another than the asker agrees or not. With the consent the file is made, once; a refusal says why.

    Raises Conflict when it is decided, NotAllowed for the own request.
    """
    require(actor, "reports.approve_export")
    export = JusticeExport.objects.select_for_update().get(pk=export.pk)
    if export.granted is not None:
        raise Conflict("decided", "这份申请已经审批。")
    if export.asked_by == actor.named_user:
        raise NotAllowed("own", "不能审批自己的申请，须由另一人决定。")
    words = note.strip()[:200]
    if not granted and not words:
        raise DomainError("no_note", "不同意的请写明理由。", field="note")
    export.granted, export.note = granted, words
    export.decided_by, export.decided_label, export.decided_at = actor.named_user, actor.label, clock.now()
    export.save()
    details: dict[str, object] = {"granted": granted, "note": words}
    if granted:
        made = build_archive(export)
        JusticeArchive.objects.create(
            export=export, content=made.content, sha256=made.sha256, size=len(made.content), files=made.files, versions=made.versions,
            made_at=clock.now(),
        )  # fmt: skip
        details["sha256"] = made.sha256
    record(actor, "reports.export_decided", f"justice_export:{export.pk}", details=details)
    return export


@transaction.atomic
def download_export(actor: Actor, export: JusticeExport) -> JusticeArchive:
    """The file as it was made at the approval; each handing out is kept. Raises Conflict before it was approved."""
    require(actor, "reports.export")
    export = JusticeExport.objects.select_for_update().get(pk=export.pk)
    found = JusticeArchive.objects.filter(export=export).first()
    if found is None:
        raise Conflict("not_granted", "这份申请没有同意，不能下载。" if export.granted is False else "这份申请还没有审批，不能下载。")
    JusticeDownload.objects.create(export=export, at=clock.now(), by_label=actor.label, address=actor.address)
    record(actor, "reports.export_downloaded", f"justice_export:{export.pk}", details={"sha256": found.sha256})
    return found
