"""What waits for a person in this room."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from chengxin.activities import rules
from chengxin.activities.models import Activity, RosterLine, WeakPoint
from chengxin.activities.selectors.policies import talks_policy_at
from chengxin.activities.selectors.risks import reviews_due
from chengxin.activities.selectors.talks import remaining
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting

CHAPTER = "二（四）主题活动"
SOON = 14


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Rosters to confirm, absences to explain or to accept, talks that remain, reviews of risks, weak points to decide."""
    if not actor.may("activities.see"):
        return []
    return [*_rosters(actor), *_own_reasons(actor), *_reasons(actor), *_talks(actor), *_risks(actor), *_weak_points(actor)]


def _rosters(actor: Actor) -> list[Waiting]:
    """Activities of today or before whose roll is not confirmed: for who leads them."""
    if not actor.may("activities.roll"):
        return []
    reach = actor.units_for("activities.roll")
    soon = clock.at(clock.today() + dt.timedelta(days=1))
    waiting = Activity.objects.filter(state__in=[rules.PLANNED, rules.HELD], starts_at__lt=soon)
    waiting = waiting.filter(leader_id=actor.person_id or 0) if reach is None else waiting.filter(unit_id__in=reach)
    return [
        Waiting(
            f"确认到场：{each.title}", reverse("activities:activity", args=[each.pk]), CHAPTER, "activities.roster",
            due_on=clock.local_day(each.ends_at), detail=each.number,
        )
        for each in waiting.order_by("starts_at")[:50]
    ]  # fmt: skip


def _own_reasons(actor: Actor) -> list[Waiting]:
    lines = RosterLine.objects.filter(person_id=actor.person_id or 0, presence=rules.ABSENT, reason_state=rules.NO_REASON)
    return [
        Waiting(
            f"说明缺席事由：{line.activity.title}", reverse("activities:line", args=[line.pk]), CHAPTER, "activities.reason",
            detail=line.activity.number,
        )
        for line in lines.select_related("activity")[:20]
    ]  # fmt: skip


def _reasons(actor: Actor) -> list[Waiting]:
    if not actor.may("activities.roll"):
        return []
    reach = actor.units_for("activities.roll")
    lines = RosterLine.objects.filter(reason_state=rules.ASKED).exclude(person_id=actor.person_id or 0)
    lines = lines if reach is None else lines.filter(activity__unit_id__in=reach)
    return [
        Waiting(
            f"认可缺席事由：{line.person.name}（{line.activity.title}）", reverse("activities:line", args=[line.pk]), CHAPTER,
            "activities.reason_to_decide", detail=line.activity.number,
        )
        for line in lines.select_related("activity", "person")[:50]
    ]  # fmt: skip


def _talks(actor: Actor) -> list[Waiting]:
    """In the weeks of the talks, how many of the actor's units remain without a talk or a named reason."""
    if not actor.may("activities.talk"):
        return []
    day = clock.today()
    starts, ends = talks_policy_at(day).window(day.year)
    if not starts <= day <= ends:
        return []
    reach = actor.units_for("activities.talk")
    rest = remaining(day.year, None if reach is None else sorted(reach)).filter(why=None).exclude(pk=actor.person_id or 0)
    count = rest.count()
    if not count:
        return []
    return [Waiting(f"谈心谈话还有 {count} 人", reverse("activities:remainder"), CHAPTER, "activities.talks", due_on=ends, count=count)]


def _risks(actor: Actor) -> list[Waiting]:
    due = reviews_due(actor, clock.today() + dt.timedelta(days=SOON))
    if actor.units_for("activities.risk") is None:
        due = [each for each in due if each.responsible_id == actor.person_id]
    return [
        Waiting(
            f"复查岗位风险：{each.post} {each.text}", reverse("activities:risk", args=[each.pk]), CHAPTER, "activities.risk",
            due_on=each.review_due_on, detail=each.number,
        )
        for each in due[:50]
    ]  # fmt: skip


def _weak_points(actor: Actor) -> list[Waiting]:
    if not actor.may("activities.decide"):
        return []
    reach = actor.units_for("activities.decide")
    points = WeakPoint.objects.filter(state=rules.NOMINATED)
    count = (points if reach is None else points.filter(unit_id__in=reach)).count()
    address = f"{reverse('activities:weak_points')}?state=nominated"
    return [Waiting(f"决定薄弱环节 {count} 项", address, CHAPTER, "activities.weak_point", count=count)] if count else []
