"""Activities, rosters, and who is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, QuerySet

from chengxin.activities import rules
from chengxin.activities.models import Activity, ActivityQuerySet, LineEntry, RosterLine, RosterQuerySet, Scope
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.duty import selectors as duty
from chengxin.files import selectors as files
from chengxin.people import selectors as people
from chengxin.people.models import Person, Unit
from chengxin.ui.together import Counted, ask

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile


def activities_visible_to(actor: Actor) -> ActivityQuerySet:
    return Activity.objects.all().visible_to(actor)


def activity_for(actor: Actor, pk: int) -> Activity:
    """An activity within the actor's scope. Raises NotFound otherwise."""
    found = activities_visible_to(actor).select_related("unit", "leader", "make_up_of", "weak_point").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_activity", "没有这次活动，或不在您的范围内。")
    return found


def line_for(actor: Actor, pk: int) -> RosterLine:
    """A line the actor leads, or the actor's own. Raises NotFound."""
    lines = RosterLine.objects.all().visible_to(actor).select_related("activity__unit", "person", "unit")
    found = lines.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_line", "没有这条到场记录，或不在您的范围内。")
    return found


def lines_visible_to(actor: Actor, activity: Activity) -> RosterQuerySet:
    """Lines of one activity; who leads it sees them all."""
    if actor.may("activities.roll", activity.unit_id):
        return activity.lines.all()
    return activity.lines.all().visible_to(actor)


def entries_of(activity: Activity, lines: Collection[RosterLine]) -> dict[int, list[LineEntry]]:
    """What was said about the lines, by line."""
    found: dict[int, list[LineEntry]] = {}
    for entry in LineEntry.objects.filter(line__activity=activity, line__in=list(lines)):
        found.setdefault(entry.line_id, []).append(entry)
    return found


def count_of_activity(activity: Activity) -> rules.Count:
    """应到, 实到, 准假, 缺席 of an activity."""
    return rules.count_of(activity.lines.values_list("presence", "reason_state"))


@dataclass(frozen=True)
class ClassCount:
    person_class: str
    count: rules.Count


def counts_of_activity(activity: Activity) -> tuple[rules.Count, list[ClassCount]]:
    """The same, and once more for each class of persons that has lines."""
    rows = list(activity.lines.values_list("person_class", "presence", "reason_state"))
    return rules.count_of((presence, state) for _, presence, state in rows), [
        ClassCount(each, rules.count_of((presence, state) for kind, presence, state in rows if kind == each))
        for each in rules.CLASSES
        if any(kind == each for kind, _, _ in rows)
    ]


@dataclass(frozen=True)
class Expected:
    """Somebody who is due on a day, with what is known beforehand ("" for nothing)."""

    person_id: int
    name: str
    unit_id: int
    unit_name: str
    person_class: str
    known: str


def everyone_due(activity: Activity, day: dt.date, policy: rules.AttendancePolicy) -> list[Expected]:
    """The members of the activity's units by the assignments of the day, of the classes of the rule, and who is due by name."""
    units = list(activity.scopes.values_list("unit_id", flat=True))
    members = people.members_of(units, day).filter(person_class__in=policy.classes)
    invited = list(activity.invitations.values_list("person_id", flat=True))
    named = Person.objects.filter(pk__in=invited, assignments__period__contains=day).exclude(pk__in=members.values("pk"))
    named = named.annotate(unit_id=F("assignments__unit_id"), unit_name=F("assignments__unit__name"))
    fields = ("pk", "name", "unit_id", "unit_name", "person_class")
    rows: list[Any] = [*members.exclude(left_on__lte=day).values_list(*fields), *named.exclude(left_on__lte=day).values_list(*fields)]
    persons = [row[0] for row in rows]
    away, leave = people.statuses_on(persons, day), {person for person, _ in duty.leave_days(persons, [day])}
    known = dict.fromkeys(leave, rules.LEAVE) | dict.fromkeys(away, rules.AWAY)
    return [Expected(pk, name, unit, unit_name, kind, known.get(pk, "")) for pk, name, unit, unit_name, kind in rows]


def units_with_below(units: Collection[Unit]) -> list[int]:
    """The units and everything under them."""
    return sorted(frozenset().union(*(people.units_below(unit.pk) for unit in units))) if units else []


@dataclass(frozen=True)
class Around:
    """Whom an activity concerns, by the units that have no concerned unit above them and by name, and what is kept of it."""

    scopes: list[str]
    invited: int
    files: list[StoredFile]


def around(activity: Activity) -> Around:
    """Asked together."""
    scopes: QuerySet[Scope, Any] = activity.scopes.select_related("unit").order_by("unit__sequence", "unit")
    invited = Counted(activity.invitations.all())
    kept = files.files_of(f"activity:{activity.pk}")
    ask(scopes, invited, kept)
    pks = {each.unit_id for each in scopes}
    return Around([each.unit.name for each in scopes if each.unit.parent_id not in pks], invited.n, list(kept))


def own_lines(actor: Actor) -> QuerySet[RosterLine]:
    """The actor's own lines, newest first."""
    lines = RosterLine.objects.filter(person_id=actor.person_id or 0).select_related("activity__unit")
    return lines.order_by("-activity__starts_at")


def coming_for(actor: Actor, days: int = 60) -> list[Activity]:
    """Activities of the coming days in which the actor is due."""
    if actor.person_id is None:
        return []
    now = clock.now()
    coming = activities_of_person(actor.person_id, clock.today()).filter(ends_at__gte=now, starts_at__lte=now + dt.timedelta(days=days))
    return list(coming.standing().select_related("unit").order_by("starts_at"))


def activities_of_person(person_id: int, on: dt.date) -> ActivityQuerySet:
    """Activities in which a person is due: on the roster, named, or of a unit that the person belongs to on a day."""
    unit = people.office_on(person_id, on)
    concerned = Activity.objects.filter(lines__person_id=person_id).values("pk")
    named = Activity.objects.filter(invitations__person_id=person_id, state=rules.PLANNED).values("pk")
    by_unit = Activity.objects.filter(scopes__unit=unit, state__in=[rules.PLANNED, rules.CANCELLED]).values("pk")
    return Activity.objects.filter(pk__in=concerned.union(named, by_unit))


def file_of(activity: Activity, pk: UUID) -> StoredFile:
    """One file of an activity. Raises NotFound when it belongs to something else."""
    return files.file_of(f"activity:{activity.pk}", pk)


def to_make_up(activity: Activity) -> list[RosterLine]:
    """Who was absent and has no make-up activity yet."""
    return list(activity.lines.all().to_make_up().select_related("person", "unit"))


def unit_choices(actor: Actor, capability: str) -> list[tuple[str, str]]:
    """The units in which the actor holds a capability, in tree order, for a form."""
    reach = actor.units_for(capability)
    return [(str(unit.pk), "　" * unit.depth + unit.name) for unit in people.all_units() if reach is None or unit.pk in reach]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Offer:
    """A step the actor may take on an activity."""

    name: str
    title: str
    is_next: bool = False


def offers_of(actor: Actor, activity: Activity) -> list[Offer]:
    """The steps of an activity for the actor, the next one first."""
    leads, plans = actor.may("activities.roll", activity.unit_id), actor.may("activities.plan", activity.unit_id)
    offers = []
    if leads and activity.state == rules.PLANNED and clock.local_day(activity.starts_at) <= clock.today():
        offers.append(Offer("open", "开始点名", is_next=True))
    if plans and activity.state == rules.PLANNED:
        offers.append(Offer("move", "调整时间地点"))
    if plans and activity.state == rules.CLOSED and activity.lines.all().to_make_up().exists():
        offers.append(Offer("make-up", "安排补训"))
    if leads and activity.state != rules.CANCELLED:
        offers.append(Offer("files", "收存照片与材料"))
    if plans and activity.state in {rules.PLANNED, rules.HELD}:
        offers.append(Offer("cancel", "取消活动"))
    return offers
