"""Commands of the duty roster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.duty import rules, selectors
from chengxin.duty.models import Leave, Shift, Swap
from chengxin.files.services import keep_sheet, take_sheet
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit

DAY = dt.timedelta(days=1)
SHEET = "duty.roster"


@transaction.atomic
def plan_shifts(actor: Actor, unit: Unit, *, wanted: Mapping[tuple[int, dt.date], str], reason: str = "调整排班") -> int:
    """Make the plan of (person, day) read as wanted: a pattern's code, or "" for a day off. How many days changed.

    What stands already stays; a day that is planned anew cancels its shift with a reason. Past days cannot be planned.
    Raises DomainError for a stranger to the unit, somebody on leave, an unknown pattern or a past day; Conflict on overlap.
    """
    require(actor, "duty.plan", unit_id=unit.pk)
    days = sorted({day for _, day in wanted})
    if days and days[0] < clock.today():
        raise DomainError("past", f"{days[0]} 已经过去：已发生的勤务不再改动。")
    members = {day: {person.pk: person for person in people.members_of([unit.pk], day)} for day in days}
    standing = Shift.objects.select_for_update().filter(unit=unit, cancelled_at=None, day__in=days).order_by("pk")
    shifts = {(shift.person_id, shift.day): shift for shift in standing}
    changed = 0
    with readable(Shift), transaction.atomic():
        changes = [key for key, code in wanted.items() if code != (shifts[key].pattern if key in shifts else "")]
        for key in changes:  # everything that goes, goes first: what comes may take its time of day
            if key in shifts:
                _cancel(actor, shifts[key], reason)
        policies = {day: rulebook.rule_values("duty.shifts", day, simulate=True) for day in {day for _, day in changes}}
        away = selectors.leave_days({person for person, _ in changes}, days)
        for key in sorted(changes):
            person = members[key[1]].get(key[0])
            if person is None:
                raise DomainError("not_a_member", f"名单里有人 {key[1]} 不在{unit.name}，请刷新后重排。")
            if wanted[key] and key in away:
                raise DomainError("on_leave", f"{person.name} {key[1]} 已批准请假，不能排班。")
            if wanted[key]:
                _plan(actor, person, unit, key[1], wanted[key], shifts.get(key), policies[key[1]])
            changed += 1
    if changed:
        record(actor, "duty.planned", f"unit:{unit.pk}", unit_id=unit.pk, details={"from": str(days[0]), "changed": changed})
    return changed


def _plan(actor: Actor, person: Person, unit: Unit, day: dt.date, code: str, replaces: Shift | None, policy: Any) -> Shift:
    pattern = rules.patterns(policy["patterns"]).get(code)
    if pattern is None:
        raise DomainError("bad_pattern", "请从班次中选择。")
    return Shift.objects.create(
        person=person, unit=unit, day=day, pattern=code, title=pattern.title, replaces=replaces, rule_version=policy.version,
        period=DateTimeTZRange(*pattern.span(day, clock.SHANGHAI)), planned_by=actor.user_id, planned_at=clock.now(),
    )  # fmt: skip


def _cancel(actor: Actor, shift: Shift, reason: str) -> None:
    shift.cancelled_at, shift.cancelled_by, shift.cancel_reason = clock.now(), actor.user_id, reason
    shift.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])


def preview_roster(actor: Actor, *, file_name: str, content: bytes, rows: Sequence[rules.RosterRow]) -> int:
    """Keep an understood roster until it is applied. Its number."""
    require(actor, "duty.plan")
    return keep_sheet(actor, SHEET, file_name=file_name, content=content, rows=[vars(row) for row in rows])


@transaction.atomic
def apply_roster(actor: Actor, number: int) -> int:
    """Apply a previewed roster, all of it or nothing. How many days changed; the same roster again changes none."""
    sheet = take_sheet(actor, SHEET, number)
    by_unit: dict[int, dict[tuple[int, dt.date], str]] = {}
    units = {unit.pk: unit for unit in people.all_units()}
    days = sorted({dt.date.fromisoformat(row["day"]) for row in sheet.rows})
    places = {day: {p.number: p for p in people.members_of(units.keys(), day)} for day in days}
    for row in sheet.rows:
        day = dt.date.fromisoformat(row["day"])
        person = places[day].get(row["number"])
        if person is None:
            raise DomainError("not_a_member", f"第 {row['row']} 行：工号 {row['number']} 在 {day} 没有任职，整份排班没有导入。")
        by_unit.setdefault(person.unit_id, {})[(person.pk, day)] = row["pattern"]  # type: ignore[attr-defined]
    changed = sum(plan_shifts(actor, units[unit], wanted=wanted, reason="导入排班") for unit, wanted in by_unit.items())
    record(actor, "duty.imported", f"sheet:{number}", details={"changed": changed, "file": sheet.file_name})
    return changed


@transaction.atomic
def request_leave(actor: Actor, *, starts_on: dt.date, until: dt.date) -> Leave:
    """Ask for leave for some days, without a reason. Raises DomainError for past or reversed days, Conflict on overlap."""
    require(actor, "duty.request")
    person = _own_person(actor)
    if starts_on < clock.today():
        raise DomainError("past", "请假起始日不能早于今天，补假请由中队长另行办理。", field="starts_on")
    if until < starts_on:
        raise DomainError("bad_period", "截止日早于起始日，请更正。", field="until")
    with readable(Leave), transaction.atomic():
        made = Leave.objects.create(
            person_id=person, period=DateRange(starts_on, until + DAY), asked_by=actor.named_user, asked_at=clock.now()
        )
    record(actor, "duty.leave_requested", f"leave:{made.pk}", unit_id=actor.unit_id, person_id=person)
    return made


@transaction.atomic
def decide_leave(actor: Actor, leave: Leave, *, granted: bool, note: str = "") -> Leave:
    """Grant or refuse; granted leave cancels the shifts of its days. Nobody decides the own leave."""
    leave = Leave.objects.select_for_update(of=("self",)).select_related("person").get(pk=leave.pk)
    unit = people.unit_of(leave.person, clock.today())
    require(actor, "duty.decide", unit_id=unit.pk if unit else None)
    if actor.person_id == leave.person_id:
        raise NotAllowed("own", "不能审批自己的请假，请由大队办理。")
    if leave.granted is not None:
        raise Conflict("decided", f"这份请假已由{leave.decided_by_label}审批。")
    _decide(actor, leave, granted=granted, note=note)
    if granted:
        first, last = leave.period.lower, leave.period.upper - DAY
        for shift in Shift.objects.select_for_update().filter(person=leave.person, cancelled_at=None, day__range=(first, last)):
            _cancel(actor, shift, "批准请假")
    record(actor, "duty.leave_decided", f"leave:{leave.pk}", person_id=leave.person_id, details={"granted": granted})
    return leave


def _decide(actor: Actor, request: Leave | Swap, *, granted: bool, note: str) -> None:
    request.granted, request.note = granted, note
    request.decided_by, request.decided_by_label, request.decided_at = actor.named_user, actor.label, clock.now()
    request.save()


def _own_person(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotAllowed("no_person", "这个用户没有对应的人员。")
    return actor.person_id


@transaction.atomic
def request_swap(actor: Actor, shift: Shift, *, other: Person, against: Shift | None = None) -> Swap:
    """Ask a colleague of the same unit to take over an own shift, against one of theirs if it is a true swap."""
    require(actor, "duty.request")
    person = _own_person(actor)
    shift = Shift.objects.select_for_update().get(pk=shift.pk)
    if shift.person_id != person:
        raise NotAllowed("not_yours", "只能换出本人的班次。")
    if shift.cancelled_at is not None or shift.period.lower <= clock.now():
        raise Conflict("too_late", "这个班次已经开始或已取消，不能再换。")
    unit = people.unit_of(other, shift.day)
    if other.pk == person or unit is None or unit.pk != shift.unit_id:
        raise DomainError("not_a_colleague", "请选择当天同一单位的另一名人员。", field="other")
    if against is not None and (against.person_id != other.pk or against.cancelled_at is not None or against.period.lower <= clock.now()):
        raise DomainError("bad_shift", "换入的班次应是对方尚未开始的班次。", field="against")
    with readable(Swap), transaction.atomic():
        made = Swap.objects.create(shift=shift, other=other, against=against, asked_by=actor.named_user, asked_at=clock.now())
    record(actor, "duty.swap_requested", f"swap:{made.pk}", unit_id=shift.unit_id, person_id=person)
    return made


@transaction.atomic
def answer_swap(actor: Actor, swap: Swap, *, agreed: bool) -> Swap:
    """The colleague says yes or no. Raises Conflict when it is answered or decided already."""
    swap = Swap.objects.select_for_update().get(pk=swap.pk)
    if actor.person_id != swap.other_id:
        raise NotAllowed("not_asked", "只有被邀请的接班人可以答复。")
    require(actor, "duty.request")
    if swap.agreed is not None or swap.granted is not None:
        raise Conflict("answered", "这份换班已经答复过。")
    swap.agreed, swap.agreed_at = agreed, clock.now()
    swap.save(update_fields=["agreed", "agreed_at"])
    record(actor, "duty.swap_answered", f"swap:{swap.pk}", person_id=swap.other_id, details={"agreed": agreed})
    return swap


@transaction.atomic
def decide_swap(actor: Actor, swap: Swap, *, granted: bool, note: str = "") -> Swap:
    """Grant or refuse an agreed swap; granted, both shifts are cancelled and planned anew with the persons exchanged."""
    swap = Swap.objects.select_for_update(of=("self",)).select_related("other").get(pk=swap.pk)
    ids = sorted({swap.shift_id, swap.against_id} - {None})  # type: ignore[type-var]
    shifts = {shift.pk: shift for shift in Shift.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    given, taken = shifts[swap.shift_id], shifts.get(swap.against_id or 0)
    require(actor, "duty.decide", unit_id=given.unit_id)
    if actor.person_id in {given.person_id, swap.other_id}:
        raise NotAllowed("own", "不能审批与自己有关的换班。")
    if swap.granted is not None or not swap.agreed:
        raise Conflict("decided", "这份换班已经审批，或接班人没有同意。")
    if granted:
        _exchange(actor, swap, given, taken)
    _decide(actor, swap, granted=granted, note=note)
    record(actor, "duty.swap_decided", f"swap:{swap.pk}", unit_id=given.unit_id, details={"granted": granted})
    return swap


def _exchange(actor: Actor, swap: Swap, given: Shift, taken: Shift | None) -> None:
    if any(shift.cancelled_at is not None or shift.period.lower <= clock.now() for shift in (given, taken) if shift is not None):
        raise Conflict("too_late", "班次已经开始或已改动，这份换班不能再批准。")
    for shift in filter(None, (given, taken)):
        _cancel(actor, shift, "批准换班")
    with readable(Shift), transaction.atomic():
        _copy(actor, given, swap.other_id)
        if taken is not None:
            _copy(actor, taken, given.person_id)


def _copy(actor: Actor, shift: Shift, person_id: int) -> None:
    if selectors.is_on_leave(person_id, shift.day):
        raise DomainError("on_leave", f"接班人 {shift.day} 已批准请假，不能换班。")
    Shift.objects.create(
        person_id=person_id, unit_id=shift.unit_id, day=shift.day, pattern=shift.pattern, title=shift.title, period=shift.period,
        rule_version=shift.rule_version, planned_by=actor.user_id, planned_at=clock.now(), replaces=shift,
    )  # fmt: skip
