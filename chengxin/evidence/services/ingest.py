"""The one way in: whatever the door, a recording is kept by this command (2.2.3).

Its bytes are durable before its row exists. The same file twice, or the same number of the same station twice, is one recording.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.evidence import rules
from chengxin.evidence.models import PART_BYTES, Recording, RecordingStep
from chengxin.evidence.selectors import sources
from chengxin.evidence.services import locks, store
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues, retention_dates
from chengxin.ui import database

MOST_NAME = 255


@dataclass(frozen=True)
class Arrival:
    """A file that has come, its bytes durable at ``draft`` (to be taken in) or at ``path`` (to stay there)."""

    digests: store.Digests
    door: str
    station: str
    local_id: str
    original_name: str
    claim: rules.Claim
    drift_seconds: int = 0
    draft: Path | None = None
    path: str = ""
    unit_id: int | None = None


@dataclass(frozen=True)
class Kept:
    """What became of an arrival."""

    recording: Recording
    is_new: bool


def refuse_what_is_no_recording(name: str, digests: store.Digests) -> None:
    """Raises DomainError (field "file") for an empty file or one that is no recording, whatever its name says."""
    if digests.size == 0:
        raise DomainError("empty_file", f"“{name}”是空文件，请在采集站上核对后重传。", field="file")
    if rules.medium_of(digests.head) is None:
        raise DomainError("not_a_recording", f"“{name}”的内容不是录像、录音或照片，没有入库。", field="file")


def keep_recordings(actor: Actor, arrivals: Sequence[Arrival]) -> list[Kept]:
    """Keep what has come, each attributed to whoever held its device, with its term of retention.

    Bytes are moved into place before the rows are written; a crash in between leaves bytes without a row, which the next
    try of the same file finds in place. Raises DomainError for what is no recording.
    """
    require(actor, "evidence.ingest")
    for arrival in arrivals:
        refuse_what_is_no_recording(arrival.original_name, arrival.digests)
    store.originals().keep([(arrival.draft, arrival.digests.sha256) for arrival in arrivals if arrival.draft is not None])
    kept = _write(actor, arrivals)
    locks.lock_new(each.recording for each in kept if each.is_new and not each.recording.path)
    return kept


@transaction.atomic
def _write(actor: Actor, arrivals: Sequence[Arrival]) -> list[Kept]:
    known = sources.known_recordings([(each.station, each.local_id) for each in arrivals], [each.digests.sha256 for each in arrivals])
    new: dict[str, Arrival] = {}
    for arrival in arrivals:
        if arrival.digests.sha256 not in known.by_content:
            new.setdefault(arrival.digests.sha256, arrival)
    attributions = sources.attributions([(each.claim, each.drift_seconds) for each in new.values()], clock.now())
    policies: dict[dt.date, RuleValues] = {}
    rows = [_row(actor, arrival, found, known, policies) for arrival, found in zip(new.values(), attributions, strict=True)]
    keys = dict(database.insert(rows, "sha256"))  # a twin at the same moment was first: its row is the one
    made = [row for row in rows if row.sha256 in keys]
    for row in made:
        row.pk, row._state.adding = keys[row.sha256], False
    stored = {row.sha256: row for row in made}
    wanted = [each.digests.sha256 for each in arrivals]
    stored |= {each.sha256: each for each in Recording.objects.filter(sha256__in=set(wanted) - set(stored))}
    if len(stored) < len(set(wanted)):
        raise Conflict("number_taken", "同一采集站编号刚被另一个文件使用，请再试一次。", field="local_id")
    steps = [
        RecordingStep(recording=each, at=each.ingested_at, by_label=actor.label, title="入库", note=each.attribution_note) for each in made
    ]
    database.insert(steps, "recording_id")
    if made:
        units = {each.unit_id for each in made}
        subject = f"recording:{made[0].pk}" if len(made) == 1 else f"recordings:{len(made)}"
        record(
            actor, "evidence.ingested", subject, unit_id=units.pop() if len(units) == 1 else None,
            details={"station": made[0].station, "door": made[0].door, "first": made[0].pk, "last": made[-1].pk, "count": len(made)},
        )  # fmt: skip
    fresh = {each.pk for each in made}
    return [Kept(stored[sha256], stored[sha256].pk in fresh) for sha256 in wanted]


def _row(
    actor: Actor, arrival: Arrival, found: sources.Found, known: sources.Known, policies: dict[dt.date, RuleValues]
) -> Recording:  # fmt: skip
    now, digests, claim = clock.now(), arrival.digests, arrival.claim
    span = found.span or (now, now)
    medium = rules.medium_of(digests.head)
    assert medium is not None, "looked at before"
    kept_through, deletable_from, version = retention(span[1], now, policies)
    holding = found.attribution.holding
    taken = (arrival.station, arrival.local_id) in known.by_local_id
    return Recording(
        sha256=digests.sha256, size=digests.size, part_size=PART_BYTES, part_digests=digests.parts, medium=medium,
        original_name=arrival.original_name[-MOST_NAME:], door=arrival.door, station=arrival.station,
        # a half file that was taken before and came again whole is another recording of the same number
        local_id=f"{arrival.local_id}@{digests.sha256[:8]}"[-MOST_NAME:] if taken else arrival.local_id[-MOST_NAME:],
        path=arrival.path, ingested_at=now, ingested_label=actor.label, device_name=claim.device, officer_name=claim.officer,
        sequence=claim.sequence, is_time_known=found.span is not None, drift_seconds=arrival.drift_seconds, started_at=span[0],
        ended_at=span[1], device_id=found.device_id, custody_id=holding.custody if holding else None,
        person_id=holding.person if holding else None, shift_id=found.shift_id, unit_id=found.unit_id or arrival.unit_id,
        attribution=found.attribution.state, attribution_note=found.attribution.reason,
        category=rules.IMPORTANT if claim.is_important else rules.ORDINARY, kept_through=kept_through, deletable_from=deletable_from,
        rule_version=version,
    )  # fmt: skip


def retention(ended_at: dt.datetime, ingested_at: dt.datetime, policies: dict[dt.date, RuleValues]) -> tuple[dt.date, dt.date, str]:
    """(kept through, deletable from, rule version) by the rule of the later of recording end and ingest (2.2.3)."""
    ended_on, ingested_on = clock.local_day(ended_at), clock.local_day(ingested_at)
    day = min(max(ended_on, ingested_on), ingested_on)  # a clock in the future asks for no rule of the future
    if day not in policies:
        policies[day] = rulebook.rule_values("footage.retention", day, simulate=True)
    through, deletable = retention_dates(ended_on, ingested_on, policies[day])
    return through, deletable, policies[day].version
