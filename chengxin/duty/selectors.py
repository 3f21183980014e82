"""Who is on duty when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.duty import rules
from chengxin.duty.models import Leave, Shift, Swap
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.database import Question
from chengxin.ui.panels import Figure, Line, Panel
from chengxin.ui.together import Counted, Inquiry, joined

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit

MOST_ON_DUTY = 20
CHAPTER = "二（二）装备"
WEEK = 7


def patterns_on(day: dt.date) -> dict[str, rules.Pattern]:
    """The shift patterns of the rule in force on a day, by code."""
    return rules.patterns(rulebook.rule_values("duty.shifts", day, simulate=True)["patterns"])


TERMS = """SELECT EXISTS (SELECT FROM duty_leave WHERE granted AND person_id = %s AND period @> %s::date), shift.id, lower(shift.period),
 upper(shift.period)
 FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT id, period FROM duty_shift WHERE cancelled_at IS NULL AND person_id = %s
 AND period && tstzrange(%s, %s) ORDER BY period LIMIT 1) AS shift ON true"""


@dataclass(frozen=True)
class Terms:
    """A person's duty as the counter asks: on leave today, and the first shift that touches a span."""

    is_on_leave: bool
    shift_id: int | None
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None


def terms_of(person_id: int, since: dt.datetime, until: dt.datetime) -> Question[Terms]:
    """Leave of today and the shift of a span of aware moments."""
    return Question(TERMS, [person_id, clock.local_day(since), person_id, since, until], lambda rows: Terms(*rows[0]))


def label_of(shift_id: int) -> str:
    """A shift as the counter shows it: "09-30 白班"."""
    shift = Shift.objects.get(pk=shift_id)
    return f"{shift.day:%m-%d} {shift.title}"


def on_duty_at(moment: dt.datetime, unit_ids: Collection[int]) -> QuerySet[Shift]:
    """The standing shifts of some units that hold a moment."""
    return Shift.objects.all().standing().filter(period__contains=moment, unit_id__in=unit_ids)


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def week_of(unit: Unit, monday: dt.date) -> tuple[list[Person], dict[tuple[int, dt.date], Shift], dict[tuple[int, dt.date], bool]]:
    """A unit's week: its members, their standing shifts by person and day, and who is on granted leave when."""
    last = monday + dt.timedelta(days=WEEK - 1)
    members = list(people.members_of([unit.pk], max(monday, min(clock.today(), last))))
    shifts = Shift.objects.all().standing().filter(unit=unit, day__range=(monday, last))
    away = Leave.objects.filter(person__in=members, granted=True, period__overlap=(monday, last + dt.timedelta(days=1)))
    days = [monday + dt.timedelta(days=offset) for offset in range(WEEK)]
    on_leave = {(leave.person_id, day): True for leave in away for day in days if day in leave.period}
    return members, {(shift.person_id, shift.day): shift for shift in shifts}, on_leave


def shifts_from(person_id: int, day: dt.date, days: int) -> list[Shift]:
    """A person's standing shifts of some days, first to last."""
    until = day + dt.timedelta(days=days)
    return list(Shift.objects.all().standing().filter(person_id=person_id, day__gte=day, day__lt=until).select_related("unit"))


def shifts_between(
    persons: Collection[int], since: dt.datetime, until: dt.datetime
) -> dict[int, list[tuple[int, dt.datetime, dt.datetime]]]:
    """The standing shifts of some persons that touch a span, by person: (shift, start, end), in order."""
    found: dict[int, list[tuple[int, dt.datetime, dt.datetime]]] = {}
    touching = Shift.objects.all().standing().filter(person_id__in=persons, period__overlap=(since, until + dt.timedelta(microseconds=1)))
    for pk, person, period in touching.order_by("period").values_list("pk", "person_id", "period"):
        found.setdefault(person, []).append((pk, period.lower, period.upper))
    return found


def is_on_leave(person_id: int, day: dt.date) -> bool:
    return Leave.objects.filter(person_id=person_id, granted=True, period__contains=day).exists()


def leave_days(persons: Collection[int], days: Collection[dt.date]) -> set[tuple[int, dt.date]]:
    """On which of the days which of the persons are on granted leave."""
    if not days:
        return set()
    span = (min(days), max(days) + dt.timedelta(days=1))
    found = Leave.objects.filter(person__in=list(persons), granted=True, period__overlap=span).values_list("person_id", "period")
    return {(person, day) for person, period in found for day in days if day in period}


def away_throughout(persons: Collection[int], since: dt.date, until: dt.date) -> set[int]:
    """Who of the persons is on granted leave on every day from ``since`` to ``until`` (inclusive)."""
    days = [since + dt.timedelta(days=each) for each in range((until - since).days + 1)]
    counted = Counter(person for person, _ in leave_days(persons, days))
    return {person for person, n in counted.items() if n == len(days)}


def shifts_visible_to(actor: Actor, since: dt.date, until: dt.date) -> QuerySet[Shift]:
    """Standing shifts of some days within the actor's scope, in order."""
    found = Shift.objects.all().standing().visible_to(actor).filter(day__range=(since, until))
    return found.select_related("person", "unit").order_by("day", "period", "pk")


def shift_for(actor: Actor, pk: int) -> Shift:
    """A standing shift the actor may see. Raises NotFound."""
    found = Shift.objects.all().standing().visible_to(actor).select_related("person", "unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_shift", "没有这个班次，或已被取消。")
    return found


def leaves_of(person_id: int) -> QuerySet[Leave]:
    return Leave.objects.filter(person_id=person_id).order_by("-period")


def swaps_of(person_id: int) -> QuerySet[Swap]:
    """Swaps the person asked for or was asked for, newest first."""
    mine = Q(shift__person_id=person_id) | Q(other_id=person_id)
    return Swap.objects.filter(mine).select_related("shift__person", "other", "against").order_by("-pk")


def leave_for(actor: Actor, pk: int) -> Leave:
    found = leaves_to_decide(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_leave", "没有等待您审批的这份请假。")
    return found


def swap_for(actor: Actor, pk: int) -> Swap:
    """A swap the actor has a part in: as asked, asking, or deciding. Raises NotFound."""
    own = Q(other_id=actor.person_id) | Q(shift__person_id=actor.person_id)
    reach = actor.units_for("duty.decide")
    found = Swap.objects.select_related("shift__person", "other", "against").filter(pk=pk)
    found = found if reach is None else found.filter(own | Q(shift__unit__in=reach))
    if not found:
        raise NotFound("no_swap", "没有这份换班申请，或与您无关。")
    return found[0]


def leaves_to_decide(actor: Actor) -> QuerySet[Leave]:
    """Leave that waits for the actor; nobody decides the own."""
    waiting = Leave.objects.filter(granted=None).exclude(person_id=actor.person_id or 0).select_related("person").order_by("period")
    reach = actor.units_for("duty.decide")
    if reach is None:
        return waiting
    return waiting.filter(person__assignments__unit__in=reach, person__assignments__period__contains=clock.today())


def swaps_to_decide(actor: Actor) -> QuerySet[Swap]:
    """Agreed swaps that wait for the actor; nobody decides a swap of the own."""
    waiting = Swap.objects.filter(granted=None, agreed=True).select_related("shift__person", "other", "against")
    waiting = waiting.exclude(shift__person_id=actor.person_id or 0).exclude(other_id=actor.person_id or 0).order_by("shift__period")
    reach = actor.units_for("duty.decide")
    return waiting if reach is None else waiting.filter(shift__unit__in=reach)


def units_to_plan(actor: Actor) -> list[Unit]:
    """Squadrons whose roster the actor may read, the own first."""
    reach = actor.units_for("duty.read")
    found = list(people.squadrons() if reach is None else people.squadrons().filter(pk__in=reach))
    return sorted(found, key=lambda unit: unit.pk != actor.unit_id)


def plannable_numbers(actor: Actor, day: dt.date) -> dict[str, int]:
    """Number to person of everybody the actor may plan, by the assignments of a day."""
    reach = actor.units_for("duty.plan")
    units = [unit.pk for unit in people.all_units() if reach is None or unit.pk in reach]
    return dict(people.members_of(units, day).values_list("number", "pk"))


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Leave and swaps to decide, and swaps in which somebody asks the actor."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_decisions(actor), _asked(actor)]


def _decisions(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("duty.decide"):
        return []
    leaves, swaps, requests = leaves_to_decide(actor), swaps_to_decide(actor), reverse("duty:requests")
    yield leaves, swaps
    return [
        *(
            Waiting(
                f"审批请假：{leave.person.name}", requests, CHAPTER, "duty.leave", due_on=leave.period.lower, key=str(leave.pk),
                detail=f"{leave.period.lower:%m-%d} 至 {leave.period.upper - dt.timedelta(days=1):%m-%d}",
            )
            for leave in leaves
        ),
        *(
            Waiting(
                f"审批换班：{swap.shift.person.name}与{swap.other.name}", requests, CHAPTER, "duty.swap", due_on=swap.shift.day,
                key=str(swap.pk), detail=_swap_label(swap),
            )
            for swap in swaps
        ),
    ]  # fmt: skip


def _swap_label(swap: Swap) -> str:
    given = f"{swap.shift.day:%m-%d} {swap.shift.title}由{swap.other.name}接"
    return f"{given}，{swap.against.day:%m-%d} {swap.against.title}由{swap.shift.person.name}接" if swap.against else given


def _asked(actor: Actor) -> Inquiry[list[Waiting]]:
    if actor.person_id is None:
        return []
    asked = Swap.objects.filter(other_id=actor.person_id, agreed=None, granted=None).select_related("shift__person")
    yield asked
    return [
        Waiting(f"换班请您答复：{swap.shift.person.name}", reverse("duty:own"), CHAPTER, "duty.answer", due_on=swap.shift.day)
        for swap in asked
    ]


def unit_panel(actor: Actor, units: Collection[int]) -> Inquiry[Panel | None]:
    """Who is on duty today in some units, and who is on leave. Why is nobody's business."""
    if not actor.may("duty.read"):
        return None
    today, now = clock.today(), clock.now()
    shifts = Shift.objects.all().standing().visible_to(actor).filter(unit_id__in=units, day=today).select_related("person")
    shifts = shifts.order_by("period", "person__name_key")
    members = people.members_of(units, today).values("pk")
    away = Leave.objects.filter(granted=True, period__contains=today, person__in=members)
    count = Counted(away)
    yield shifts, count
    return Panel(
        "今日勤务", "2.2.2",
        [
            Figure("今日上班", f"{len(shifts)} 人次", reverse("duty:roster")),
            Figure("此刻在岗", f"{sum(now in each.period for each in shifts)} 人"),
            Figure("请假", f"{count.n} 人"),
        ],
        [_on_duty(each, now) for each in shifts[:MOST_ON_DUTY]],
        empty="今天没有排班。", note=f"另有 {len(shifts) - MOST_ON_DUTY} 人次，见勤务安排。" if len(shifts) > MOST_ON_DUTY else "",
    )  # fmt: skip


def _on_duty(shift: Shift, now: dt.datetime) -> Line:
    span = " — ".join(f"{each.astimezone(clock.SHANGHAI):%H:%M}" for each in (shift.period.lower, shift.period.upper))
    state = ("在岗", "ok") if now in shift.period else ("未到", "muted") if now < shift.period.lower else ("已下班", "muted")
    return Line(shift.person.name, reverse("portal:person", args=[shift.person_id]), f"{shift.title} {span}", *state)
