"""Pure: what a file's name claims, what a file is, whose recording it is, which minutes of a duty it covers (2.2.3)."""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from chengxin.core.errors import DomainError
from chengxin.rulekit.intervals import Interval, common, length, without

# --- what a file is, by its content ---

VIDEO, AUDIO, PHOTO = "video", "audio", "photo"
MEDIA = {VIDEO: "录像", AUDIO: "录音", PHOTO: "照片"}
SUFFIXES = {
    VIDEO: ("mp4", "mov", "m4v", "avi", "mkv", "ts", "dav", "mpg", "3gp"), AUDIO: ("wav", "mp3", "m4a", "aac", "amr"),
    PHOTO: ("jpg", "jpeg", "png"),
}  # fmt: skip
HEAD = 512  # bytes of the beginning that tell what a file is


def medium_of(head: bytes) -> str | None:
    """What a file is by its first bytes; None for what is no recording, whatever its name says."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free"):
        return AUDIO if head[8:11] == b"M4A" else VIDEO
    if head[:4] == b"RIFF":
        return {b"AVI ": VIDEO, b"WAVE": AUDIO}.get(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3" or head[:3] == b"\x00\x00\x01" or head[:4] in (b"DHAV", b"DAHU"):
        return VIDEO
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return VIDEO
    if head[:3] == b"ID3" or head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"\xff\xf9") or head[:5] == b"#!AMR":
        return AUDIO
    if head[:3] == b"\xff\xd8\xff" or head[:8] == b"\x89PNG\r\n\x1a\n":
        return PHOTO
    return None


def is_recording_name(name: str) -> bool:
    """Whether a name in a dock's folder looks like a recording at all."""
    return name.rpartition(".")[2].lower() in {suffix for suffixes in SUFFIXES.values() for suffix in suffixes}


def is_cut_off(file: BinaryIO, size: int) -> bool:
    """Whether an MP4 ends before its boxes say it should, or has no index at all. A player may still report its full duration.

    False for what is no MP4: only its boxes tell.
    """
    at, has_index, has_content = 0, False, False
    while at < size:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return True
        (span,), kind = struct.unpack(">I", header[:4]), header[4:8]
        if at == 0 and kind not in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free"):
            return False
        if span == 1:
            if len(header) < 16:
                return True
            (span,) = struct.unpack(">Q", header[8:16])
        elif span == 0:
            span = size - at
        has_index, has_content = has_index or kind in (b"moov", b"moof"), has_content or kind == b"mdat"
        if span < 8 or at + span > size:
            return True
        at += span
    return not (has_index and has_content)


# --- what a name claims ---


@dataclass(frozen=True)
class Claim:
    """What a dock says of a file by its name or list. Claims, not facts: the owner is who held the device at that time."""

    device: str = ""
    officer: str = ""
    started_at: dt.datetime | None = None  # the device's clock, naive
    ended_at: dt.datetime | None = None
    sequence: int | None = None
    is_important: bool = False


def read_name(profiles: Iterable[Mapping[str, Any]], name: str) -> Claim | None:
    """What the first fitting name profile reads from a file's name; None when none fits or its time is no time."""
    stem = name.rpartition(".")[0] or name
    for profile in profiles:
        match = re.fullmatch(profile["pattern"], stem)
        if match is None:
            continue
        found = {key: value or "" for key, value in match.groupdict().items()}
        started_at = moment_in(found.get("started", ""), profile.get("time", "%Y%m%d%H%M%S"))
        if started_at is None:
            continue
        sequence = int(found["sequence"]) if found.get("sequence", "").isdecimal() else None
        return Claim(found.get("device", ""), found.get("officer", ""), started_at, None, sequence, bool(found.get("important")))
    return None


def moment_in(text: str, form: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, form)  # noqa: DTZ007  (the device's clock says no zone)
    except ValueError:
        return None


def missing_numbers(claims: Iterable[Claim]) -> list[tuple[str, dt.date, int]]:
    """The numbers left out of each device's sequence of a day, between the lowest and the highest that came."""
    seen: dict[tuple[str, dt.date], set[int]] = {}
    for claim in claims:
        if claim.sequence is not None and claim.started_at is not None:
            seen.setdefault((claim.device, claim.started_at.date()), set()).add(claim.sequence)
    return [
        (device, day, number)
        for (device, day), numbers in sorted(seen.items())
        for number in range(min(numbers), max(numbers))
        if number not in numbers
    ]


# --- whose it is ---

ATTRIBUTED, UNMATCHED, CONFLICT = "attributed", "unmatched", "conflict"
ATTRIBUTION = {ATTRIBUTED: "已归属", UNMATCHED: "待归属", CONFLICT: "归属有疑"}


@dataclass(frozen=True)
class Holding:
    """Who held a device from when until when; ``until`` None while it is still out."""

    custody: int
    person: int
    person_number: str
    since: dt.datetime
    until: dt.datetime | None
    shift: int | None


@dataclass(frozen=True)
class Attribution:
    """Whose recording it is and why; without a holding nobody's yet."""

    state: str
    reason: str
    holding: Holding | None = None


def attribute(holdings: Iterable[Holding], span: Interval | None, claim: Claim, now: dt.datetime) -> Attribution:
    """Who answers for a recording: whoever held the device throughout. A name alone settles nothing, it can only raise a doubt."""
    if span is None:
        return Attribution(UNMATCHED, "不知道录制时间")
    started_at, ended_at = span
    if started_at > now:
        return Attribution(UNMATCHED, "录制时间在将来，请核对设备时钟")
    touching = [each for each in holdings if each.since <= ended_at and (each.until is None or started_at <= each.until)]
    if not touching:
        return Attribution(UNMATCHED, "录制时这台设备没有领用记录" if claim.device else "不知道是哪台设备")
    if len({each.person for each in touching}) > 1:
        return Attribution(CONFLICT, "录制期间设备换过领用人")
    holding = touching[0]
    if claim.officer and claim.officer != holding.person_number:
        return Attribution(CONFLICT, f"文件名所写工号 {claim.officer} 不是领用人", holding)
    if holding.since > started_at or (holding.until is not None and holding.until < ended_at):
        return Attribution(CONFLICT, "录制时间超出领用时间", holding)
    return Attribution(ATTRIBUTED, "按领用记录", holding)


def corrected(moment: dt.datetime, drift_seconds: int) -> dt.datetime:
    """The true moment of what a device's clock showed; ``drift_seconds`` is how far that clock is ahead."""
    return moment - dt.timedelta(seconds=drift_seconds)


# --- category and retention ---

ORDINARY, IMPORTANT = "ordinary", "important"
CATEGORIES = {ORDINARY: "常规", IMPORTANT: "重要"}


def lock_until(deletable_from: dt.date, day: dt.date, days: int, *, is_kept_on: bool) -> dt.date:
    """Until the beginning of which day the store is to refuse deletion: the term, and for what is important or held some days more,
    renewed as long as it is; so a lock outlives the end of a matter by so many days at most.
    """
    return max(deletable_from, day + dt.timedelta(days=days)) if is_kept_on else deletable_from


def why_kept(
    *, is_important: bool, holds: Sequence[str], deletable_from: dt.date, day: dt.date, is_asked_down: bool = False,
    locked_until: dt.date | None = None,
) -> list[str]:  # fmt: skip
    """Every reason why a recording may not be deleted on a day; empty when it may (2.2.3)."""
    reasons = [f"“{hold}”尚未办结，须保留" for hold in holds]
    if is_important:
        reasons.append("重要资料，长期保存")
    if is_asked_down:
        reasons.append("降级申请尚未审批")
    if locked_until is not None and day < locked_until:
        reasons.append(f"存储锁定到 {locked_until}")
    if day < deletable_from:
        reasons.append(f"未到期，{deletable_from} 起方可删除")
    return reasons


# --- clips ---

CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):([0-5]?\d)", re.ASCII)


def stretch(start: str, end: str, duration_ms: int | None, most_minutes: int) -> tuple[int, int]:
    """The stretch of a film between two of its own times, in ms. Raises DomainError (field "start" or "end")."""
    start_ms, end_ms = _film_time(start, "start"), _film_time(end, "end")
    if duration_ms is not None and start_ms >= duration_ms:
        raise DomainError("beyond", "开始时间超出了影像的时长。", field="start")
    if end_ms <= start_ms:
        raise DomainError("backwards", "结束时间应晚于开始时间。", field="end")
    if end_ms - start_ms > most_minutes * 60_000:
        raise DomainError("too_long", f"一个片段最长 {most_minutes} 分钟，请分段截取。", field="end")
    return start_ms, min(end_ms, duration_ms) if duration_ms is not None else end_ms


def _film_time(text: str, field: str) -> int:
    match = CLOCK.fullmatch(text.strip().replace("：", ":"))
    if match is None:
        raise DomainError("bad_time", "时间请写成 分:秒 或 时:分:秒，如 1:05。", field=field)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


# --- coverage ---


@dataclass(frozen=True)
class Gap:
    """Time on duty with the device out and no footage."""

    started_at: dt.datetime
    ended_at: dt.datetime

    @property
    def minutes(self) -> int:
        return int((self.ended_at - self.started_at).total_seconds() // 60)


def gaps(duty: Interval, holdings: Collection[Interval], recordings: Collection[Interval], least: dt.timedelta) -> list[Gap]:
    """When somebody on duty held a camera and nothing was recorded, for at least so long at a stretch."""
    bare = without(common([duty], holdings), recordings)
    return [Gap(start, end) for start, end in bare if end - start >= least]


def share_covered(duty: Interval, holdings: Collection[Interval], recordings: Collection[Interval]) -> float | None:
    """The part of the time on duty with a camera out that has footage, 0 to 1; None when no camera was out."""
    wanted = common([duty], holdings)
    if not wanted:
        return None
    return length(common(wanted, recordings)) / length(wanted)
