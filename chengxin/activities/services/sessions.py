"""An activity before and around its roll: plan, move, cancel, make up, keep its materials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.activities import rules
from chengxin.activities.models import Activity, Part, RosterLine, WeakPoint
from chengxin.activities.models.sessions import Invitation, Scope
from chengxin.activities.selectors.policies import attendance_policy_at
from chengxin.activities.selectors.sessions import units_with_below
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.files.services import claim

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit

MOST_HOURS = 24


def locked(activity: Activity) -> Activity:
    """The activity as it is now, held until the transaction ends: two people do not take one step at once."""
    return Activity.objects.select_for_update(of=("self",)).select_related("unit").get(pk=activity.pk)


def move_on(activity: Activity, step: str) -> None:
    """Let the activity go on. Raises Conflict that says what comes first."""
    try:
        activity.state = rules.after(activity.state, step)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


@transaction.atomic
def plan_activity(
    actor: Actor, *, form_key: UUID, parts: Sequence[Part], title: str, place: str, starts_at: dt.datetime, ends_at: dt.datetime,
    unit: Unit, leader: Person, units: Collection[Unit] = (), persons: Collection[Person] = (), make_up_of: Activity | None = None,
    weak_point: WeakPoint | None = None,
) -> Activity:  # fmt: skip
    """Arrange an activity for one part of the year's programme or several: the members of ``units`` and everything under them are
    due, and ``persons`` by name. The same form again is the same activity.

    Raises DomainError naming the field; NotAllowed for units beyond the actor's.
    """
    require(actor, "activities.plan", unit_id=unit.pk)
    sent = Activity.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    _check(parts, title, place, starts_at, ends_at, units, persons)
    scope = units_with_below(units)
    if any(not actor.may("activities.plan", pk) for pk in scope):
        raise NotAllowed("beyond", "参加单位超出了您可以安排的范围，请只选择本单位。", field="units")
    try:
        with transaction.atomic():
            made = Activity.objects.create(
                year=parts[0].programme.year, title=title.strip(), place=place.strip(), starts_at=starts_at, ends_at=ends_at, unit=unit,
                leader=leader, make_up_of=make_up_of, weak_point=weak_point, form_key=form_key,
                rule_version=attendance_policy_at(clock.local_day(starts_at)).version, planned_by=actor.user_id,
                planned_label=actor.label, planned_at=clock.now(), changed_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:  # the same form at the same moment
        return Activity.objects.get(form_key=form_key)
    made.parts.set(parts)
    Scope.objects.bulk_create(Scope(activity=made, unit_id=pk) for pk in scope)
    Invitation.objects.bulk_create(Invitation(activity=made, person=person) for person in {each.pk: each for each in persons}.values())
    record(actor, "activities.planned", f"activity:{made.pk}", unit_id=unit.pk, details={"parts": [part.code for part in parts]})
    return made


def _check(
    parts: Sequence[Part], title: str, place: str, starts_at: dt.datetime, ends_at: dt.datetime, units: Collection[Unit],
    persons: Collection[Person],
) -> None:  # fmt: skip
    if not parts:
        raise DomainError("no_parts", "请选择这次活动属于年度方案的哪些内容。", field="parts")
    if len({part.programme_id for part in parts}) > 1:
        raise DomainError("two_years", "一次活动的内容应属于同一年度，请分别安排。", field="parts")
    for field, text, name in (("title", title, "名称"), ("place", place, "地点")):
        if not text.strip():
            raise DomainError(f"no_{field}", f"请填写“{name}”。", field=field)
    if not units and not persons:
        raise DomainError("nobody", "请选择参加单位，或指名参加人员。", field="units")
    _check_times(parts[0].programme.year, starts_at, ends_at)


def _check_times(year: int, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    if ends_at <= starts_at:
        raise DomainError("bad_times", "结束时间应晚于开始时间，请更正。", field="ends_at")
    if ends_at - starts_at > dt.timedelta(hours=MOST_HOURS):
        raise DomainError("too_long", f"一次活动至多 {MOST_HOURS} 小时；分几天开展的，请分次安排。", field="ends_at")
    if clock.local_day(starts_at).year != year:
        raise DomainError("other_year", f"所选内容属于 {year} 年，开始时间应在这一年内。", field="starts_at")


def plan_make_up(
    actor: Actor, activity: Activity, *, form_key: UUID, place: str, starts_at: dt.datetime, ends_at: dt.datetime, leader: Person
) -> Activity:
    """Arrange a make-up for everybody who was absent and has none yet. Raises Conflict when there is nobody."""
    require(actor, "activities.plan", unit_id=activity.unit_id)
    with transaction.atomic():
        activity = locked(activity)
        sent = Activity.objects.filter(form_key=form_key).first()
        if sent is not None:
            return sent
        lines = RosterLine.objects.all().to_make_up().filter(activity=activity)
        absent = list(lines.select_for_update(of=("self",)).select_related("person"))
        if activity.state != rules.CLOSED or not absent:
            raise Conflict("nobody", "没有需要补训的人员：活动尚未办结，或缺席人员都已安排补训。")
        made = plan_activity(
            actor, form_key=form_key, parts=list(activity.parts.select_related("programme")), title=f"{activity.title}（补训）"[:80],
            place=place, starts_at=starts_at, ends_at=ends_at, unit=activity.unit, leader=leader, persons=[line.person for line in absent],
            make_up_of=activity,
        )  # fmt: skip
        RosterLine.objects.filter(pk__in=[line.pk for line in absent]).update(is_made_up=True)
    return made


@transaction.atomic
def move_activity(
    actor: Actor, activity: Activity, *, place: str, starts_at: dt.datetime, ends_at: dt.datetime, reason: str
) -> Activity:  # fmt: skip
    """Another time or place, before the roll begins. Subscribed calendars follow."""
    require(actor, "activities.plan", unit_id=activity.unit_id)
    activity = locked(activity)
    if activity.state != rules.PLANNED:
        raise Conflict("not_planned", "只有“已安排”的活动可以调整时间和地点。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明调整的原因。", field="reason")
    if not place.strip():
        raise DomainError("no_place", "请填写“地点”。", field="place")
    _check_times(activity.year, starts_at, ends_at)
    before = f"{activity.starts_at:%m-%d %H:%M} {activity.place}"
    activity.place, activity.starts_at, activity.ends_at = place.strip(), starts_at, ends_at
    activity.moves, activity.changed_at = activity.moves + 1, clock.now()
    activity.save()
    record(
        actor, "activities.moved", f"activity:{activity.pk}", unit_id=activity.unit_id, details={"before": before, "reason": reason.strip()}
    )
    return activity


@transaction.atomic
def cancel_activity(actor: Actor, activity: Activity, *, reason: str) -> Activity:
    """Call it off. Who was to be made up in it waits for another make-up."""
    require(actor, "activities.plan", unit_id=activity.unit_id)
    activity = locked(activity)
    if not reason.strip():
        raise DomainError("no_reason", "请写明取消的原因，参加人员会看到。", field="reason")
    move_on(activity, rules.CANCELLING)
    activity.cancel_reason, activity.changed_at, activity.moves = reason.strip()[:200], clock.now(), activity.moves + 1
    activity.save()
    if activity.make_up_of_id is not None:
        invited = activity.invitations.values("person")
        RosterLine.objects.filter(activity_id=activity.make_up_of_id, person__in=invited).update(is_made_up=False)
    record(actor, "activities.cancelled", f"activity:{activity.pk}", unit_id=activity.unit_id, details={"reason": activity.cancel_reason})
    return activity


@transaction.atomic
def keep_files(actor: Actor, activity: Activity, *, files: Sequence[UUID]) -> Activity:
    """Photos and materials of an activity; they are added, never taken away."""
    require(actor, "activities.roll", unit_id=activity.unit_id)
    activity = locked(activity)
    if not files:
        raise DomainError("no_files", "请选择要收存的照片或材料。", field="photos")
    if activity.state == rules.CANCELLED:
        raise Conflict("cancelled", "活动已取消，不能再收存材料。")
    kept = claim(actor, files, f"activity:{activity.pk}")
    record(actor, "activities.files_kept", f"activity:{activity.pk}", unit_id=activity.unit_id, details={"files": len(kept)})
    return activity
