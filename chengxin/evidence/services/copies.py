"""Two copies of what is important, read again on schedule, each repaired from the other (2.2.3)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import Q

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import system_actor
from chengxin.evidence import rules
from chengxin.evidence.models import Copy, Damage, Recording
from chengxin.evidence.selectors import coverage as policies
from chengxin.evidence.services import store
from chengxin.evidence.services.keeping import step

SYSTEM = system_actor("影像核对")
ORIGINAL, COPY = "original", "copy"
WORDS = {ORIGINAL: "原件", COPY: "副本"}


def copy_important() -> int:
    """Write the second copy of every important recording that has none; how many."""
    written = 0
    for recording in Recording.objects.all().kept().filter(category=rules.IMPORTANT, copy=None).order_by("pk"):
        written += write_copy(recording)
    return written


def write_copy(recording: Recording) -> bool:
    """Write a recording's second copy and read it back. False when the original could not be read whole: that is a damage."""
    digest = _digest(recording, ORIGINAL)
    if digest != recording.sha256:
        _found(recording, ORIGINAL, digest)
        return False
    with store.open_original(recording) as original:
        store.copies().replace(original, recording.sha256)
    if _digest(recording, COPY) != recording.sha256:
        return False  # the next run writes it again
    if recording.locked_until is not None and store.copies().locks():
        store.copies().lock(recording.sha256, clock.at(recording.locked_until))
    now = clock.now()
    with transaction.atomic():
        _, made = Copy.objects.get_or_create(recording=recording, defaults={"written_at": now, "checked_at": now})
        if made:
            step(SYSTEM, recording, "写入副本", "重要资料另存一份，写入后已核对摘要")
    return True


@dataclass
class Verdict:
    """What a check of the store found."""

    checked: int = 0
    bytes: int = 0
    damaged: list[dict[str, str]] = field(default_factory=list)
    repaired: int = 0

    def as_json(self) -> dict[str, Any]:
        return vars(self)


def check_due() -> Verdict:
    """Check the important recordings whose last check is older than the rule's days."""
    limit = clock.now() - dt.timedelta(days=policies.keeping_on(clock.today())["check_days"])
    return _check(Recording.objects.all().kept().filter(category=rules.IMPORTANT, copy__checked_at__lt=limit).order_by("copy__checked_at"))


def verify_all() -> Verdict:
    """Read every kept original again, and every second copy (``chengxin footage verify``)."""
    return _check(Recording.objects.all().kept().order_by("pk"))


def _check(recordings: Any) -> Verdict:
    verdict = Verdict()
    for recording in recordings.select_related("copy").iterator(chunk_size=500):
        verdict.checked += 1
        verdict.bytes += recording.size
        for damage in check_recording(recording):
            told = {"recording": recording.number, "where": WORDS[damage.where], "what": damage.what}
            verdict.damaged.append({**told, "repaired": "是" if damage.repaired_at else "否"})
            verdict.repaired += damage.repaired_at is not None
    return verdict


def check_recording(recording: Recording) -> list[Damage]:
    """Read the original, and the copy if there is one; repair whichever is damaged from the other. What was found."""
    copy = Copy.objects.filter(recording=recording).first()
    places = [ORIGINAL, COPY] if copy else [ORIGINAL]
    digests = {place: _digest(recording, place) for place in places}
    good = [place for place in places if digests[place] == recording.sha256]
    damages = [_found(recording, place, digests[place]) for place in places if place not in good]
    if damages and good:
        _repair(recording, damages, good[0])
    # a side that is good again though nothing here repaired it: somebody brought it back
    Damage.objects.filter(recording=recording, where__in=good, repaired_at=None).update(repaired_at=clock.now(), repaired_from="outside")
    if copy:
        state = Copy.GOOD if COPY in good else Copy.REPAIRED if good else Copy.DAMAGED
        Copy.objects.filter(pk=copy.pk).update(checked_at=clock.now(), state=state)
    return damages


def _open(recording: Recording, place: str) -> BinaryIO:
    return store.open_original(recording) if place == ORIGINAL else store.copies().open(recording.sha256)


def _digest(recording: Recording, place: str) -> str:
    """The SHA-256 of what lies there; empty when nothing does or it cannot be read."""
    try:
        with _open(recording, place) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    except OSError:
        return ""


@transaction.atomic
def _found(recording: Recording, place: str, digest: str) -> Damage:
    """Keep a damage once, however often it is found before it is repaired."""
    what = f"{WORDS[place]}的摘要不符" if digest else f"{WORDS[place]}不在或读不出来"
    damage, made = Damage.objects.get_or_create(
        recording=recording, where=place, repaired_at=None, defaults={"what": what, "found_at": clock.now()}
    )
    if made:
        step(SYSTEM, recording, "发现损坏", what)
        record(SYSTEM, "evidence.damage_found", f"recording:{recording.pk}", unit_id=recording.unit_id, details={"what": what})
    return damage


def _repair(recording: Recording, damages: list[Damage], good: str) -> None:
    """Write the damaged side anew from the good one and read it back."""
    for damage in damages:
        if damage.where == ORIGINAL and recording.path:
            continue  # what lies at a place that is not ours is not written to
        place = store.originals() if damage.where == ORIGINAL else store.copies()
        with _open(recording, good) as source:
            place.replace(source, recording.sha256)
        if _digest(recording, damage.where) != recording.sha256:
            continue
        damage.repaired_at, damage.repaired_from = clock.now(), good
        with transaction.atomic():
            damage.save()
            step(SYSTEM, recording, "修复", f"{WORDS[damage.where]}已从{WORDS[good]}恢复并核对")
            details = {"where": damage.where, "from": good}
            record(SYSTEM, "evidence.repaired", f"recording:{recording.pk}", unit_id=recording.unit_id, details=details)


def damaged_parts(recording: Recording, place: str = ORIGINAL) -> Iterator[int]:
    """Which parts (from 1) of a recording no longer have the digest they came with."""
    with _open(recording, place) as file:
        found = store.read_back(file).parts
    kept = bytes(recording.part_digests)
    for at in range(0, max(len(kept), len(found)), 32):
        if kept[at : at + 32] != found[at : at + 32]:
            yield at // 32 + 1


def unsettled() -> Any:
    """Damages nobody and nothing has repaired."""
    return Damage.objects.filter(repaired_at=None).filter(Q(recording__deleted_at=None)).select_related("recording")
