"""Duty × custody × footage: what is covered, what is not, what has been said about it."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.equipment import selectors as equipment
from chengxin.evidence import rules
from chengxin.evidence.models import Gap, Recording
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.intervals import Interval

if TYPE_CHECKING:
    from chengxin.equipment.models import Custody
    from chengxin.equipment.services.locks import Locked


def keeping_on(day: dt.date) -> Any:
    return rulebook.rule_values("footage.keeping", day, simulate=True)


def kinds_with_footage() -> set[str]:
    """The kinds of equipment that record, by the rule in force."""
    return {code for code, kind in equipment.kinds().items() if kind.get("footage")}


def recorded_by(item_id: int, since: dt.datetime, until: dt.datetime) -> list[Interval]:
    """When a device recorded within a span; what expired since counts, what it recorded is a fact."""
    found = Recording.objects.filter(device_id=item_id, is_time_known=True, started_at__lt=until, ended_at__gt=since)
    return [(started_at, ended_at) for started_at, ended_at in found.values_list("started_at", "ended_at")]


def gaps_of(custody: Custody) -> list[rules.Gap]:
    """The stretches of the custody's duty without footage, as the facts stand now."""
    if custody.shift is None:
        return []
    duty = (custody.shift.period.lower, custody.shift.period.upper)
    held = (custody.taken_at, custody.returned_at or clock.now())
    least = dt.timedelta(minutes=keeping_on(clock.local_day(custody.taken_at))["gap_minutes"])
    return rules.gaps(duty, [held], recorded_by(custody.item_id, *duty), least)


def is_in_use(unit_id: int, by: dt.datetime) -> bool:
    """Whether the unit's footage came in before a moment: without a dock nobody is asked for footage."""
    return Recording.objects.filter(unit_id=unit_id, ingested_at__lte=by).exists()


def custodies_to_look_at(now: dt.datetime, days: int = 30) -> list[Custody]:
    """Duty custodies of recording devices whose time to hand in the footage is over, of the last weeks."""
    hours = rulebook.rule_values("footage.retention", clock.local_day(now), simulate=True)["export_hours"]
    found = equipment.duty_custodies(kinds_with_footage(), now - dt.timedelta(days=days), now - dt.timedelta(hours=hours))
    return _of_units_in_use(found)


def _of_units_in_use(custodies: Sequence[Custody]) -> list[Custody]:
    """Those taken when their unit's footage had begun to come in, of custodies in the order of time.

    What has begun goes on: a unit is asked for the first of its custodies that is in use by halving, not for each.
    """
    by_unit: dict[int, list[Custody]] = {}
    for custody in custodies:
        by_unit.setdefault(custody.unit_id, []).append(custody)
    in_use: set[int] = set()
    for of_unit in by_unit.values():
        first = bisect.bisect_left(of_unit, True, key=lambda custody: is_in_use(custody.unit_id, custody.taken_at))
        in_use.update(custody.pk for custody in of_unit[first:])
    return [custody for custody in custodies if custody.pk in in_use]


def differing(custodies: Sequence[Custody]) -> list[Custody]:
    """Those custodies whose gaps, as the facts stand now, are not those that are kept. Few questions for many custodies."""
    recorded = _recorded_by_device(custodies)
    kept: dict[int, dict[dt.datetime, tuple[dt.datetime, str]]] = {}
    for custody_id, started_at, ended_at, state in Gap.objects.filter(custody__in=custodies).values_list(
        "custody", "started_at", "ended_at", "state"
    ):
        kept.setdefault(custody_id, {})[started_at] = (ended_at, state)
    least: dict[dt.date, dt.timedelta] = {}
    return [custody for custody in custodies if _differs(custody, recorded.get(custody.item_id, []), kept.get(custody.pk, {}), least)]


def _recorded_by_device(custodies: Sequence[Custody]) -> dict[int, list[Interval]]:
    duties = [custody.shift.period for custody in custodies if custody.shift is not None]
    if not duties:
        return {}
    found = Recording.objects.filter(
        device_id__in={custody.item_id for custody in custodies}, is_time_known=True,
        started_at__lt=max(duty.upper for duty in duties), ended_at__gt=min(duty.lower for duty in duties),
    )  # fmt: skip
    recorded: dict[int, list[Interval]] = {}
    for device_id, started_at, ended_at in found.values_list("device_id", "started_at", "ended_at"):
        if device_id is not None:
            recorded.setdefault(device_id, []).append((started_at, ended_at))
    return recorded


def _differs(
    custody: Custody, recorded: Sequence[Interval], kept: Mapping[dt.datetime, tuple[dt.datetime, str]], least: dict[dt.date, dt.timedelta]
) -> bool:  # fmt: skip
    if custody.shift is None:
        return False
    day = clock.local_day(custody.taken_at)
    if day not in least:
        least[day] = dt.timedelta(minutes=keeping_on(day)["gap_minutes"])
    duty = (custody.shift.period.lower, custody.shift.period.upper)
    touching = [(start, end) for start, end in recorded if start < duty[1] and end > duty[0]]
    found = {
        gap.started_at: gap.ended_at
        for gap in rules.gaps(duty, [(custody.taken_at, custody.returned_at or clock.now())], touching, least[day])
    }
    open_ones = {started_at: ended_at for started_at, (ended_at, state) in kept.items() if state == Gap.OPEN}
    return any(started_at not in kept for started_at in found) or any(found.get(at) != ended_at for at, ended_at in open_ones.items())


# --- the counter's question (2.2.3): may this camera go out again? ---


def why_unaccounted(items: Sequence[Locked], kinds: Mapping[str, Any]) -> dict[int, str]:
    """Devices whose last duty's footage is neither here nor explained, with what to do about it."""
    recording = [item.id for item in items if kinds.get(item.kind, {}).get("footage")]
    if not recording:
        return {}
    found = {}
    for custody in equipment.last_duty_custodies(recording):
        if custody.returned_at is None or not is_in_use(custody.unit_id, custody.taken_at):
            continue
        said = Gap.objects.filter(custody=custody).values_list("state", flat=True)
        if Gap.OPEN in said:
            found[custody.item_id] = f"{custody.holder.name} 上次执勤有时段没有影像，须本人在“影像缺失”中说明后才能再领用。"
        elif not said and not recorded_by(custody.item_id, custody.taken_at, custody.returned_at):
            found[custody.item_id] = f"{custody.holder.name} 上次执勤的影像还没有入库，也没有说明，不能再领用。"
    return found


# --- what waits to be said or decided ---


def gaps_visible_to(actor: Actor) -> Any:
    return Gap.objects.all().visible_to(actor).select_related("person", "unit", "shift", "custody__item")


def gap_for(actor: Actor, pk: int) -> Gap:
    found = gaps_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_gap", "没有这段影像缺失，或不在您的范围内。")
    return found  # type: ignore[no-any-return]


def bare_custodies(person_id: int) -> list[Custody]:
    """The person's returned duty custodies of the last days without any footage and nothing said: to be explained at once, so
    that the device may go out again.
    """
    since = clock.now() - dt.timedelta(days=7)
    found = equipment.duty_custodies(kinds_with_footage(), since, clock.now(), holder=person_id)
    return [
        custody
        for custody in found
        if custody.returned_at is not None
        and not Gap.objects.filter(custody=custody).exists()
        and is_in_use(custody.unit_id, custody.taken_at)
        and not recorded_by(custody.item_id, custody.taken_at, custody.returned_at)
    ]


def explain_by(gap: Gap) -> dt.date:
    """The last day for the officer's explanation: working days after the gap was found."""
    days = keeping_on(clock.local_day(gap.found_at))["explain_days"]
    return rulebook.work_calendar().nth_workday_after(clock.local_day(gap.found_at), days).day


@dataclass(frozen=True)
class ShiftCoverage:
    """How much of a duty with a camera out has footage."""

    shift: int
    person: str
    unit: str
    day: dt.date
    title: str
    wanted: int  # minutes on duty with a camera out
    covered: int  # minutes of those with footage

    @property
    def share(self) -> float | None:
        return self.covered / self.wanted if self.wanted else None


@dataclass(frozen=True)
class UnitCoverage:
    """How much of a unit's duty with cameras out has footage."""

    unit: str
    shifts: int
    wanted: int  # minutes
    covered: int

    @property
    def share(self) -> float | None:
        return self.covered / self.wanted if self.wanted else None


# One pass in the order of the shifts. Spans are laid end to end by a running end, so that two cameras out at once, or films that
# overlap, count once: of each custody what no earlier one held, of each film what no earlier one showed.
SPANS = """
WITH out AS (
 SELECT c.shift_id, greatest(lower(s.period), c.taken_at) AS since, least(upper(s.period), coalesce(c.returned_at, %(now)s)) AS until,
 max(coalesce(c.returned_at, %(now)s)) OVER before AS held
 FROM duty_shift s JOIN equipment_custody c ON c.shift_id = s.id JOIN equipment_item i ON i.id = c.item_id AND i.kind = ANY(%(kinds)s)
 WHERE s.day BETWEEN %(since)s AND %(until)s AND (%(units)s::bigint[] IS NULL OR s.unit_id = ANY(%(units)s))
 AND (%(person)s::bigint IS NULL OR s.person_id = %(person)s)
 WINDOW before AS (PARTITION BY c.shift_id ORDER BY c.taken_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
wanted AS (
 SELECT shift_id, greatest(since, held) AS since, until,
 sum(greatest(interval '0', until - greatest(since, held))) OVER (PARTITION BY shift_id) AS wanted FROM out),
films AS (
 SELECT w.*, r.started_at, r.ended_at, max(r.ended_at) OVER before AS filmed
 FROM wanted w LEFT JOIN evidence_recording r ON r.shift_id = w.shift_id
 WINDOW before AS (PARTITION BY w.shift_id, w.since ORDER BY r.started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
spans AS (
 SELECT shift_id, max(wanted) AS wanted,
 sum(greatest(interval '0', least(ended_at, until) - greatest(started_at, filmed, since))) AS covered
 FROM films GROUP BY shift_id)
"""
BY_SHIFT = (
    SPANS
    + """
SELECT s.id, p.name, u.name, s.day, s.title, (extract(epoch FROM wanted) / 60)::int, (extract(epoch FROM covered) / 60)::int
FROM spans JOIN duty_shift s ON s.id = spans.shift_id JOIN people_person p ON p.id = s.person_id JOIN people_unit u ON u.id = s.unit_id
ORDER BY s.day DESC, u.sequence, p.name_key
"""
)
BY_UNIT = (
    SPANS
    + """
SELECT u.name, sums.shifts, (extract(epoch FROM sums.wanted) / 60)::int, (extract(epoch FROM sums.covered) / 60)::int
FROM (SELECT s.unit_id, count(*) AS shifts, sum(wanted) AS wanted, sum(covered) AS covered
 FROM spans JOIN duty_shift s ON s.id = spans.shift_id GROUP BY s.unit_id) sums
JOIN people_unit u ON u.id = sums.unit_id ORDER BY u.sequence, u.name
"""
)
BY_PERSON = (
    SPANS
    + """
SELECT coalesce(extract(epoch FROM sum(wanted)) / 60, 0)::int, coalesce(extract(epoch FROM sum(covered)) / 60, 0)::int FROM spans
"""
)


def coverage_by_shift(units: Collection[int] | None, since: dt.date, until: dt.date) -> list[ShiftCoverage]:
    """Every duty of some units (None: all) between two days on which a camera was out."""
    with connection.cursor() as cursor:
        cursor.execute(BY_SHIFT, _values(units, since, until))
        return [ShiftCoverage(*row) for row in cursor.fetchall()]


def coverage_by_unit(units: Collection[int] | None, since: dt.date, until: dt.date) -> list[UnitCoverage]:
    """The same, summed up unit by unit."""
    with connection.cursor() as cursor:
        cursor.execute(BY_UNIT, _values(units, since, until))
        return [UnitCoverage(*row) for row in cursor.fetchall()]


def coverage_of_person(person_id: int, since: dt.date, until: dt.date, *, units: Collection[int] | None) -> tuple[int, int]:
    """(minutes on duty with a camera out, minutes of those with footage) of one person, in some units (None: all)."""
    with connection.cursor() as cursor:
        cursor.execute(BY_PERSON, {**_values(units, since, until), "person": person_id})
        wanted, covered = cursor.fetchone()
    return wanted, covered


def _values(units: Collection[int] | None, since: dt.date, until: dt.date) -> dict[str, Any]:
    return {
        "person": None,
        "now": clock.now(), "kinds": sorted(kinds_with_footage()), "since": since, "until": until,
        "units": None if units is None else sorted(units),
    }  # fmt: skip
