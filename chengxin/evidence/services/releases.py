"""Copying out: asked for a named recipient, granted by another, a link for some hours and some downloads (2.2.3)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.evidence.models import Derivative, Download, Recording, Release
from chengxin.evidence.selectors import coverage
from chengxin.evidence.services.keeping import lock, step


@transaction.atomic
def ask_release(
    actor: Actor, recording: Recording, *, recipient: str, purpose: str, matter: str = "", clip: Derivative | None = None
) -> Release:  # fmt: skip
    """Ask to copy out the original or one of its clips. Nothing leaves before another person grants it."""
    require(actor, "evidence.ask_release", unit_id=recording.unit_id)
    if not recipient.strip():
        raise DomainError("no_recipient", "请写明接收单位或人员。", field="recipient")
    if not purpose.strip():
        raise DomainError("no_purpose", "请写明用途。", field="purpose")
    recording = lock(recording)
    if clip is not None and (clip.recording_id != recording.pk or clip.state != Derivative.MADE):
        raise DomainError("no_clip", "请选择这段影像已制作好的片段。", field="clip")
    made = Release.objects.create(
        recording=recording, clip=clip, recipient=recipient.strip(), purpose=purpose.strip(), matter=matter.strip(),
        asked_by=actor.named_user, asked_label=actor.label, asked_at=clock.now(),
    )  # fmt: skip
    what = clip.number if clip else "原件"
    step(actor, recording, "申请拷出", f"{made.number} {what}，交{made.recipient}：{made.purpose}")
    record(
        actor, "evidence.release_asked", f"recording:{recording.pk}", unit_id=recording.unit_id, person_id=recording.person_id,
        details={"release": made.number, "what": what, "recipient": made.recipient, "purpose": made.purpose, "matter": made.matter},
    )  # fmt: skip
    return made


@transaction.atomic
def decide_release(actor: Actor, release: Release, *, granted: bool, note: str = "") -> Release:
    """Another than the asker, and than the one who is on the film, grants or refuses. A refusal says why."""
    require(actor, "evidence.approve_release", unit_id=release.recording.unit_id)
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.granted is not None:
        raise Conflict("decided", "这份申请已经审批。")
    if release.asked_by == actor.named_user:
        raise NotAllowed("own", "不能审批自己提出的拷出申请。")
    recording = lock(release.recording)
    if recording.person_id is not None and recording.person_id == actor.person_id:
        raise NotAllowed("own_recording", "不能审批拷出自己的影像，请由其他人员办理。")
    if not granted and not note.strip():
        raise DomainError("no_note", "不同意的请写明理由。", field="note")
    policy, now = coverage.keeping_on(clock.today()), clock.now()
    release.granted, release.note = granted, note.strip()
    release.decided_by, release.decided_label, release.decided_at = actor.named_user, actor.label, now
    if granted:
        release.key, release.most = uuid.uuid4(), policy["release_downloads"]
        release.until = now + dt.timedelta(hours=policy["release_hours"])
    release.save()
    step(actor, recording, "同意拷出" if granted else "不同意拷出", f"{release.number} {release.note}".strip())
    record(
        actor, "evidence.release_decided", f"recording:{recording.pk}", unit_id=recording.unit_id,
        details={"release": release.number, "granted": granted, "note": release.note},
    )  # fmt: skip
    return release


def release_by_key(actor: Actor, key: uuid.UUID) -> Release:
    """The release behind a link, for who asked for it and nobody else. Raises NotFound."""
    found = Release.objects.all().of(actor).select_related("recording", "clip").filter(key=key).first()
    if found is None:
        raise NotFound("no_release", "没有这个拷出链接，或不是您申请的。")
    return found


@transaction.atomic
def begin_download(actor: Actor, release: Release, *, goes_on: bool = False) -> Release:
    """Count and keep one use of the link. ``goes_on``: the rest of a download that was cut off, which is not counted again.

    Raises NotAllowed when the link's time or its downloads are used up, Conflict when the recording is deleted.
    """
    require(actor, "evidence.ask_release", unit_id=release.recording.unit_id)
    release = Release.objects.select_for_update(of=("self",)).select_related("recording", "clip").get(pk=release.pk)
    if release.until is None or release.until <= clock.now():
        raise NotAllowed("over", "拷出链接已过期，请重新申请。")
    recording = lock(release.recording)
    used = release.downloads.count()
    if goes_on and used:
        return release
    if used >= release.most:
        raise NotAllowed("used_up", f"这次拷出最多下载 {release.most} 次，已经用完；确有需要请重新申请。")
    Download.objects.create(release=release, at=clock.now(), label=actor.label, address=actor.address)
    step(actor, recording, "拷出下载", f"{release.number} 第 {used + 1} 次，交{release.recipient}")
    record(
        actor, "evidence.downloaded", f"recording:{recording.pk}", unit_id=recording.unit_id,
        details={"release": release.number, "time": used + 1},
    )  # fmt: skip
    return release
