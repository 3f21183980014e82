"""What waits for a person in this room."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.urls import reverse

from chengxin.activities import rules
from chengxin.activities.models import Activity, RosterLine, WeakPoint
from chengxin.activities.selectors.risks import reviews_due
from chengxin.activities.selectors.talks import frame_of, remaining
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting
from chengxin.ui.together import Counted, Inquiry, joined

CHAPTER = "二（四）主题活动"
SOON = 14


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Rosters to confirm, absences to explain or to accept, talks that remain, reviews of risks, weak points to decide."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    if not actor.may("activities.see"):
        return []
    return [_rosters(actor), _reasons(actor), _talks(actor), _risks(actor), _weak_points(actor)]


def _rosters(actor: Actor) -> Inquiry[list[Waiting]]:
    """Activities of today or before whose roll is not confirmed: for who leads them."""
    if not actor.may("activities.roll"):
        return []
    reach = actor.units_for("activities.roll")
    soon = clock.at(clock.today() + dt.timedelta(days=1))
    waiting = Activity.objects.filter(state__in=[rules.PLANNED, rules.HELD], starts_at__lt=soon)
    waiting = waiting.filter(leader_id=actor.person_id or 0) if reach is None else waiting.filter(unit_id__in=reach)
    waiting = waiting.order_by("starts_at")[:50]
    yield waiting
    return [
        Waiting(
            f"确认到场：{each.title}", reverse("activities:activity", args=[each.pk]), CHAPTER, "activities.roster",
            due_on=clock.local_day(each.ends_at), detail=each.number,
        )
        for each in waiting
    ]  # fmt: skip


def _reasons(actor: Actor) -> Inquiry[list[Waiting]]:
    """Absences of the actor's own to explain, and others' stated reasons to accept."""
    mine = Q(person_id=actor.person_id or 0)
    waiting = mine & Q(presence=rules.ABSENT, reason_state=rules.NO_REASON)
    if actor.may("activities.roll"):
        reach = actor.units_for("activities.roll")
        waiting |= ~mine & Q(reason_state=rules.ASKED) & (Q() if reach is None else Q(activity__unit_id__in=reach))
    lines = RosterLine.objects.filter(waiting).select_related("activity", "person").order_by("pk")[:50]
    yield lines
    return [_line(line, is_own=line.person_id == actor.person_id) for line in lines]


def _line(line: RosterLine, *, is_own: bool) -> Waiting:
    title = f"说明缺席事由：{line.activity.title}" if is_own else f"认可缺席事由：{line.person.name}（{line.activity.title}）"
    kind = "activities.reason" if is_own else "activities.reason_to_decide"
    return Waiting(title, reverse("activities:line", args=[line.pk]), CHAPTER, kind, detail=line.activity.number)


def _talks(actor: Actor) -> Inquiry[list[Waiting]]:
    """In the weeks of the talks, how many of the actor's units remain without a talk or a named reason."""
    if not actor.may("activities.talk"):
        return []
    frame = frame_of(clock.today().year)
    if not frame.window[0] <= clock.today() <= frame.window[1]:
        return []
    reach = actor.units_for("activities.talk")
    count = Counted(remaining(frame, None if reach is None else sorted(reach)).filter(why=None).exclude(pk=actor.person_id or 0))
    yield count
    if not count.n:
        return []
    address = reverse("activities:remainder")
    return [Waiting(f"谈心谈话还有 {count.n} 人", address, CHAPTER, "activities.talks", due_on=frame.window[1], count=count.n)]


def _risks(actor: Actor) -> Inquiry[list[Waiting]]:
    due = reviews_due(actor, clock.today() + dt.timedelta(days=SOON))
    if actor.units_for("activities.risk") is None:
        due = due.filter(responsible_id=actor.person_id or 0)
    due = due[:50]
    yield due
    return [
        Waiting(
            f"复查岗位风险：{each.post} {each.text}", reverse("activities:risk", args=[each.pk]), CHAPTER, "activities.risk",
            due_on=each.review_due_on, detail=each.number,
        )
        for each in due
    ]  # fmt: skip


def _weak_points(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("activities.decide"):
        return []
    reach = actor.units_for("activities.decide")
    points = WeakPoint.objects.filter(state=rules.NOMINATED)
    count = Counted(points if reach is None else points.filter(unit_id__in=reach))
    yield count
    address = f"{reverse('activities:weak_points')}?state=nominated"
    return [Waiting(f"决定薄弱环节 {count.n} 项", address, CHAPTER, "activities.weak_point", count=count.n)] if count.n else []
