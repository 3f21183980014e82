"""Everything that is known of one recording, as plain data: what a custody report says (2.2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from chengxin.core import clock
from chengxin.equipment import selectors as equipment
from chengxin.evidence import rules
from chengxin.evidence.models import Copy, ExpiryLine, Recording
from chengxin.evidence.selectors import expiry

Told = dict[str, Any]


def custody_of(recording: Recording, *, extra: Mapping[str, list[Told]] | None = None) -> Told:
    """What is known of a recording, section by section, as values JSON has; moments with their offset, days as ISO dates.

    ``extra`` adds lists under names of their own; it cannot take the place of a section.
    """
    return {**(extra or {}), **{name: section(recording) for name, section in SECTIONS.items()}}


def _moment(value: dt.datetime | None) -> str | None:
    return value.astimezone(clock.SHANGHAI).isoformat() if value else None


def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def _person(person: Any) -> Told | None:
    return {"name": person.name, "number": person.number, "badge": person.badge_number or ""} if person else None


# --- the file and where it came from ---


def _file(recording: Recording) -> Told:
    return {
        "number": recording.number, "original_name": recording.original_name, "medium": recording.get_medium_display(),
        "size": recording.size, "sha256": recording.sha256, "sm3": recording.sm3, "part_size": recording.part_size,
        "part_sha256": recording.parts, "duration_ms": recording.duration_ms, "codec": recording.codec, "width": recording.width,
        "height": recording.height, "is_cut_off": recording.is_cut_off, "examined_at": _moment(recording.examined_at),
        "trouble": recording.trouble,
    }  # fmt: skip


def _source(recording: Recording) -> Told:
    return {
        "door": recording.get_door_display(), "station": recording.station, "local_id": recording.local_id,
        "path": recording.path, "ingested_at": _moment(recording.ingested_at), "ingested_by": recording.ingested_label,
    }  # fmt: skip


def _device(recording: Recording) -> Told:
    """What the file said of its device, and the registered item that was found for it."""
    item = recording.device
    return {
        "claimed_device": recording.device_name, "claimed_officer": recording.officer_name, "sequence": recording.sequence,
        "asset_number": item.asset_number if item else None, "model": item.model_name if item else None,
        "serial": item.serial if item else None,
    }  # fmt: skip


def _time(recording: Recording) -> Told:
    """When it was recorded by the bureau's time. A device's clock that was ahead by ``drift_seconds`` has been corrected."""
    return {
        "zone": "Asia/Shanghai", "is_known": recording.is_time_known, "started_at": _moment(recording.started_at),
        "ended_at": _moment(recording.ended_at), "drift_seconds": recording.drift_seconds,
    }  # fmt: skip


# --- whose ---


def _custodies(recording: Recording) -> list[Told]:
    """Who held the device while it recorded. ``is_ground``: the custody by which the recording was attributed."""
    if recording.device_id is None or not recording.is_time_known:
        return []
    return [
        {
            "holder": _person(held.holder), "purpose": held.get_purpose_display(), "taken_at": _moment(held.taken_at),
            "issued_by": held.issued_label, "returned_at": _moment(held.returned_at), "returned_by": held.returned_label,
            "is_ground": held.pk == recording.custody_id,
        }
        for held in equipment.held_between({recording.device_id}, recording.started_at, recording.ended_at)
    ]  # fmt: skip


def _attribution(recording: Recording) -> Told:
    """Whose it is, on what ground, and who said so where the custodies did not."""
    said = recording.steps.filter(title="认定归属").order_by("-pk").first() if recording.attributed_by is not None else None
    shift = recording.shift
    return {
        "state": recording.get_attribution_display(), "ground": recording.attribution_note, "person": _person(recording.person),
        "unit": recording.unit.name if recording.unit else None,
        "shift": {
            "day": _day(shift.day), "title": shift.title, "starts_at": _moment(shift.period.lower), "ends_at": _moment(shift.period.upper),
        } if shift else None,
        "decided_by": said.by_label if said else None, "decided_at": _moment(said.at) if said else None,
    }  # fmt: skip


# --- how long, and why ---


def _retention(recording: Recording) -> Told:
    kept = [] if recording.deleted_at else expiry.why_kept(recording, clock.today())
    return {
        "category": rules.CATEGORIES[recording.category], "kept_through": _day(recording.kept_through),
        "deletable_from": _day(recording.deletable_from), "rule_version": recording.rule_version,
        "locked_until": _day(recording.locked_until), "kept_because": kept,
    }  # fmt: skip


def _holds(recording: Recording) -> list[Told]:
    return [
        {
            "matter": hold.matter.title, "reason": hold.reason, "placed_at": _moment(hold.placed_at), "placed_by": hold.placed_label,
            "closed_at": _moment(hold.matter.closed_at), "closed_by": hold.matter.closed_label, "closing_note": hold.matter.closing_note,
        }
        for hold in recording.holds.select_related("matter").order_by("pk")
    ]  # fmt: skip


def _downgrades(recording: Recording) -> list[Told]:
    return [
        {
            "reason": each.reason, "asked_by": each.asked_label, "asked_at": _moment(each.asked_at), "granted": each.granted,
            "decided_by": each.decided_label, "decided_at": _moment(each.decided_at), "note": each.note,
        }
        for each in recording.downgrades.order_by("pk")
    ]  # fmt: skip


# --- whether it is whole ---


def _copy(recording: Recording) -> Told | None:
    """The second copy; ``checked_at`` is when original and copy were last read again by schedule."""
    copy = Copy.objects.filter(recording=recording).first()
    if copy is None:
        return None
    return {"state": copy.get_state_display(), "written_at": _moment(copy.written_at), "checked_at": _moment(copy.checked_at)}


def _damages(recording: Recording) -> list[Told]:
    words = {"original": "原件", "copy": "副本", "outside": "外部恢复"}
    return [
        {
            "where": each.get_where_display(), "what": each.what, "found_at": _moment(each.found_at),
            "repaired_at": _moment(each.repaired_at), "repaired_from": words.get(each.repaired_from, each.repaired_from),
        }
        for each in recording.damages.order_by("pk")
    ]  # fmt: skip


# --- what was made from it and what left the house ---


def _clips(recording: Recording) -> list[Told]:
    """Films made from the original: clips, and the one that browsers play."""
    return [
        {
            "number": each.number, "kind": each.get_kind_display(), "start_ms": each.start_ms, "end_ms": each.end_ms, "reason": each.reason,
            "asked_by": each.asked_label, "asked_at": _moment(each.asked_at), "state": each.get_state_display(),
            "made_at": _moment(each.made_at), "size": each.size, "sha256": each.sha256, "trouble": each.trouble,
        }
        for each in recording.derivatives.order_by("pk")
    ]  # fmt: skip


def _releases(recording: Recording) -> list[Told]:
    """Copying out, each use of a link with it. The link itself is nobody's business."""
    return [
        {
            "number": each.number, "clip": each.clip.number if each.clip else None, "recipient": each.recipient, "purpose": each.purpose,
            "matter": each.matter, "asked_by": each.asked_label, "asked_at": _moment(each.asked_at), "granted": each.granted,
            "decided_by": each.decided_label, "decided_at": _moment(each.decided_at), "note": each.note, "until": _moment(each.until),
            "downloads": [{"at": _moment(use.at), "by": use.label} for use in each.downloads.order_by("pk")],
        }
        for each in recording.releases.select_related("clip").order_by("pk")
    ]  # fmt: skip


# --- its story and its end ---


def _steps(recording: Recording) -> list[Told]:
    return [
        {"at": _moment(each.at), "by": each.by_label, "title": each.title, "note": each.note} for each in recording.steps.order_by("pk")
    ]  # fmt: skip


def _viewings(recording: Recording) -> list[Told]:
    return [
        {
            "at": _moment(each.opened_at), "until": _moment(each.until), "by": each.label, "reason": each.reason, "matter": each.matter,
        }
        for each in recording.viewings.order_by("pk")
    ]  # fmt: skip


def _expiry(recording: Recording) -> list[Told]:
    """Every list of expired footage it stood on, and what became of it there."""
    return [
        {
            "list": line.list.number, "as_of": _day(line.list.as_of), "state": line.list.get_state_display(),
            "reviewed_by": line.list.reviewed_label, "reviewed_at": _moment(line.list.reviewed_at),
            "approved_by": line.list.approved_label, "approved_at": _moment(line.list.approved_at),
            "outcome": line.get_outcome_display(), "reason": line.reason, "at": _moment(line.at),
        }
        for line in recording.expiry_lines.select_related("list").order_by("pk")
    ]  # fmt: skip


def _deletion(recording: Recording) -> Told | None:
    """The tombstone of a deleted recording: by which list, who reviewed it and who approved."""
    if recording.deleted_at is None:
        return None
    line = recording.expiry_lines.filter(outcome=ExpiryLine.DELETED).select_related("list").first()
    return {
        "deleted_at": _moment(recording.deleted_at), "bytes_gone_at": _moment(recording.removed_at),
        "list": line.list.number if line else None, "reviewed_by": line.list.reviewed_label if line else None,
        "approved_by": line.list.approved_label if line else None,
    }  # fmt: skip


# What a report says, in its order. A further chapter's list is entered here; what is not kept here comes as ``extra``.
SECTIONS: dict[str, Callable[[Recording], Any]] = {
    "recording": _file, "source": _source, "device": _device, "time": _time, "custodies": _custodies, "attribution": _attribution,
    "retention": _retention, "holds": _holds, "downgrades": _downgrades, "copy": _copy, "damages": _damages, "clips": _clips,
    "releases": _releases, "expiry": _expiry, "deletion": _deletion, "steps": _steps, "viewings": _viewings,
}  # fmt: skip
