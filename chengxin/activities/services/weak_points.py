"""Weak points: counted and nominated by the software, decided by a named person, measured again (2.4.2)."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from chengxin.activities import rules
from chengxin.activities.models import WeakPoint
from chengxin.activities.selectors.policies import weak_policy_at
from chengxin.activities.selectors.weak_points import WEAK_POINT_SOURCES, WeakCandidate, counted
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError


@transaction.atomic
def nominate_weak_points(actor: Actor, *, until: dt.date | None = None) -> int:
    """Propose what went wrong often enough in a unit by the rule of the day; what is open already is not doubled. How many are new."""
    require(actor, "activities.decide")
    day = until or clock.today()
    policy = weak_policy_at(day)
    since = day - dt.timedelta(days=policy.days - 1)
    new = 0
    for source in WEAK_POINT_SOURCES.values():
        for each in source(since, day):
            if each.count >= (each.least or policy.least) and actor.may("activities.decide", each.unit_id):
                new += _nominate(each, since, day, policy)
    if new:
        record(actor, "activities.weak_points_nominated", f"year:{day.year}", details={"new": new, "until": str(day)})
    return new


def _nominate(each: WeakCandidate, since: dt.date, until: dt.date, policy: rules.WeakPolicy) -> bool:
    same = WeakPoint.objects.filter(source=each.source, key=each.key, unit_id=each.unit_id)
    if same.filter(state__in=[rules.NOMINATED, rules.ACCEPTED_POINT]).exists() or same.filter(until__gte=since).exists():
        return False  # open, or judged by (some of) the same days
    try:
        with transaction.atomic():
            made = WeakPoint.objects.create(
                source=each.source, key=each.key, title=each.title[:120], clause=each.clause, unit_id=each.unit_id, since=since,
                until=until, count_before=each.count, n_before=each.n, rule_version=policy.version, nominated_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:  # another nominated it at the same moment
        return False
    made.persons.set(each.persons)
    return True


@transaction.atomic
def decide_weak_point(actor: Actor, point: WeakPoint, *, accepted: bool, reason: str) -> WeakPoint:
    """Train, or not, and why. Raises Conflict when another decided."""
    require(actor, "activities.decide", unit_id=point.unit_id)
    point = WeakPoint.objects.select_for_update().get(pk=point.pk)
    if point.state != rules.NOMINATED:
        raise Conflict("decided", f"{point.decided_label} 已经决定。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明决定的理由。", field="reason")
    point.state = rules.ACCEPTED_POINT if accepted else rules.DISMISSED
    point.reason, point.decided_by, point.decided_label, point.decided_at = (
        reason.strip()[:200], actor.named_user, actor.label, clock.now(),
    )  # fmt: skip
    point.save()
    record(
        actor, "activities.weak_point_decided", f"weak_point:{point.pk}", unit_id=point.unit_id, details={"accepted": accepted}
    )  # fmt: skip
    return point


@transaction.atomic
def measure_weak_point(actor: Actor, point: WeakPoint) -> WeakPoint:
    """Count again over as many days as before, beginning the day after the remedial training that was closed first.

    Raises Conflict before there was one, and before those days are over.
    """
    require(actor, "activities.decide", unit_id=point.unit_id)
    point = WeakPoint.objects.select_for_update().get(pk=point.pk)
    if point.state == rules.MEASURED:
        return point
    trained = point.activities.filter(state=rules.CLOSED).order_by("starts_at").first()
    if point.state != rules.ACCEPTED_POINT or trained is None:
        raise Conflict("not_trained", "还没有办结的补训活动，不能再次测量。")
    since = clock.local_day(trained.starts_at) + dt.timedelta(days=1)
    until = since + (point.until - point.since)
    if until >= clock.today():
        raise Conflict("too_early", f"测量期到 {until} 止，之后才能测量，前后天数才相同。")
    point.count_after, point.n_after = counted(point.source, point.key, point.unit_id, since, until)
    point.after_since, point.after_until, point.state = since, until, rules.MEASURED
    point.measured_at, point.measured_label = clock.now(), actor.label
    point.save()
    record(
        actor, "activities.weak_point_measured", f"weak_point:{point.pk}", unit_id=point.unit_id,
        details={"before": point.count_before, "after": point.count_after},
    )  # fmt: skip
    return point
