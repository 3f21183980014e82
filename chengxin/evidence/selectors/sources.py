"""What is known of a file when it comes: whether it is here already, which device made it, who held that then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from chengxin.core import clock
from chengxin.duty import selectors as duty
from chengxin.equipment import selectors as equipment
from chengxin.evidence import rules
from chengxin.evidence.models import Recording
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.intervals import Interval


def profiles(day: dt.date | None = None) -> list[dict[str, Any]]:
    """How the bureau's docks name their files, by the rule in force."""
    return list(rulebook.rule_values("footage.docks", day or clock.today(), simulate=True)["profiles"])


def headings(day: dt.date | None = None) -> dict[str, list[str]]:
    """Which headings of a dock's list mean what."""
    return dict(rulebook.rule_values("footage.docks", day or clock.today(), simulate=True)["columns"])


@dataclass(frozen=True)
class Known:
    """What is here already."""

    by_content: frozenset[str]
    by_local_id: Mapping[tuple[str, str], tuple[str, int]]  # to digest and size


def known_recordings(local_ids: Collection[tuple[str, str]], digests: Collection[str]) -> Known:
    """Which of these stations' numbers and contents are here."""
    stations = {station for station, _ in local_ids}
    named = Recording.objects.filter(station__in=stations, local_id__in=[local_id for _, local_id in local_ids])
    return Known(
        frozenset(Recording.objects.filter(sha256__in=digests).values_list("sha256", flat=True)),
        {
            (station, local_id): (sha256, size)
            for station, local_id, sha256, size in named.values_list("station", "local_id", "sha256", "size")
        },
    )


@dataclass(frozen=True)
class Found:
    """A claim set beside the facts: the true span, the device, whose recording it is, and on which duty."""

    span: Interval | None
    device_id: int | None
    unit_id: int | None
    shift_id: int | None
    attribution: rules.Attribution


def true_span(claim: rules.Claim, drift_seconds: int) -> Interval | None:
    """When it was recorded, by the bureau's time; None when nobody said."""
    if claim.started_at is None:
        return None
    started_at = rules.corrected(claim.started_at.replace(tzinfo=clock.SHANGHAI), drift_seconds)
    ended_at = rules.corrected(claim.ended_at.replace(tzinfo=clock.SHANGHAI), drift_seconds) if claim.ended_at else started_at
    return started_at, max(started_at, ended_at)


def attributions(claims: Sequence[tuple[rules.Claim, int]], now: dt.datetime) -> list[Found]:
    """Each claim (with its device's drift in seconds) beside the custodies and shifts of that time."""
    spans = [true_span(claim, drift) for claim, drift in claims]
    return _beside_the_facts([claim for claim, _ in claims], spans, now)


def attribution_of(recording: Recording, now: dt.datetime) -> Found:
    """A kept recording beside the facts as they stand now."""
    claim = rules.Claim(recording.device_name, recording.officer_name)
    span = (recording.started_at, recording.ended_at) if recording.is_time_known else None
    return _beside_the_facts([claim], [span], now)[0]


def _beside_the_facts(claims: Sequence[rules.Claim], spans: Sequence[Interval | None], now: dt.datetime) -> list[Found]:
    known = [span for span in spans if span is not None]
    devices = equipment.items_by_name({claim.device for claim in claims if claim.device})
    holdings: dict[int, list[rules.Holding]] = {}
    if known:
        since, until = min(start for start, _ in known), max(end for _, end in known)
        for held in equipment.held_between({item.pk for item in devices.values()}, since, until):
            holding = rules.Holding(held.pk, held.holder_id, held.holder.number, held.taken_at, held.returned_at, held.shift_id)
            holdings.setdefault(held.item_id, []).append(holding)
    found = [_found(claim, span, devices, holdings, now) for claim, span in zip(claims, spans, strict=True)]
    return _with_shifts(found)


def _found(
    claim: rules.Claim, span: Interval | None, devices: Mapping[str, Any], holdings: Mapping[int, list[rules.Holding]], now: dt.datetime
) -> Found:  # fmt: skip
    device = devices.get(claim.device)
    attribution = rules.attribute(holdings.get(device.pk, []) if device else [], span, claim, now)
    if device is None and claim.device:
        attribution = replace(attribution, reason=f"没有登记编号或序列号为 {claim.device} 的设备")
    return Found(span, device.pk if device else None, device.unit_id if device else None, None, attribution)


def _with_shifts(found: Sequence[Found]) -> list[Found]:
    """With the duty each was recorded on: the custody's own shift, or the holder's standing shift of that time."""
    wanted = [(each.attribution.holding.person, each.span) for each in found if each.attribution.holding and each.span]
    if not wanted:
        return list(found)
    since, until = min(span[0] for _, span in wanted), max(span[1] for _, span in wanted)
    shifts = duty.shifts_between({person for person, _ in wanted}, since, until)
    return [replace(each, shift_id=_shift_of(each, shifts)) for each in found]


def _shift_of(found: Found, shifts: Mapping[int, list[tuple[int, dt.datetime, dt.datetime]]]) -> int | None:
    holding = found.attribution.holding
    if holding is None or found.span is None:
        return None
    return _longest(shifts.get(holding.person, []), *found.span)


def _longest(shifts: Sequence[tuple[int, dt.datetime, dt.datetime]], started_at: dt.datetime, ended_at: dt.datetime) -> int | None:
    """The shift that a span lies on most."""
    touching = [(min(end, ended_at) - max(start, started_at), pk) for pk, start, end in shifts]
    longest = max((each for each in touching if each[0] >= dt.timedelta()), default=None)
    return longest[1] if longest else None


def unattributed_visible_to(units: Collection[int] | None) -> Any:
    """What waits for somebody to say whose it is; of no unit, it waits for everybody who may."""
    waiting = Recording.objects.all().kept().unattributed()
    return waiting if units is None else waiting.filter(Q(unit_id__in=units) | Q(unit=None))


def shift_of(person_id: int, started_at: dt.datetime, ended_at: dt.datetime) -> int | None:
    """The person's standing shift that the span lies on most."""
    return _longest(duty.shifts_between({person_id}, started_at, ended_at).get(person_id, []), started_at, ended_at)
