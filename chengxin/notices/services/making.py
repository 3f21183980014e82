"""Making notices from the work queue: one digest a day, one further look for what is due, each under the user's lock."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from chengxin.core import clock
from chengxin.notices import rules, selectors
from chengxin.notices.models import Notice, Preference, Robot, Sending, Told
from chengxin.people.models import User
from chengxin.ui.queue import enqueue

SEND_JOB = "notices.send"
log = logging.getLogger(__name__)


def look() -> int:
    """Look for everybody whose hour has come and who was not looked for today; how many notices were made.

    What goes wrong for one person is written to the log and does not keep the others from being told.
    """
    made = 0
    for user_id in list(_users_to_look_for()):
        try:
            made += look_for(user_id)
        except Exception:
            log.exception("looking for notices of user %s", user_id)
    for robot_id in list(_robots_to_look_for()):
        try:
            made += look_for_robot(robot_id)
        except Exception:
            log.exception("looking for notices of robot %s", robot_id)
    return made


def _users_to_look_for() -> Iterable[int]:
    """Active users with something left to look at today; who has no settings yet gets them here."""
    today = clock.today()
    missing = User.objects.filter(is_active=True).exclude(pk__in=Preference.objects.values("user"))
    Preference.objects.bulk_create([Preference(user=user) for user in missing], ignore_conflicts=True)
    digest = Q(looked_on=None) | Q(looked_on__lt=today)
    urgent = Q(urgent=True) & (Q(urgent_looked_on=None) | Q(urgent_looked_on__lt=today))
    return Preference.objects.filter(digest | urgent, user__is_active=True).order_by("user").values_list("user_id", flat=True)


@transaction.atomic
def look_for(user_id: int) -> int:
    """Make what is to be made for one user now: 0 or 1 notices. Two workers at once: the second finds the day already looked at."""
    values, now = selectors.policy(), clock.now()
    preference = Preference.objects.select_for_update(of=("self",)).select_related("user__person").get(user_id=user_id)
    kind = _kind_now(preference, values)
    if kind is None:
        return 0
    _looked(preference, kind)
    if not preference.on_days_off and not selectors.is_at_work(preference.user, now.date()):
        return 0
    items = rules.items_of(selectors.queue_of(preference.user), now.date())
    keys = _tell(preference, items, kind)
    if not keys:
        return 0
    Notice.objects.create(user=preference.user, kind=kind, day=now.date(), made_at=now, keys=keys)
    if preference.by_email and preference.email and selectors.email_is_offered():
        enter(channel=rules.EMAIL, kind=kind, keys=keys, user=preference.user)
    return 1


def _kind_now(preference: Preference, values: dict[str, Any]) -> str | None:
    """Which look is due at this hour, if any; never outside the user's window."""
    hour, today = clock.now().hour, clock.today()
    if not preference.user.is_active or rules.is_quiet(hour, selectors.window_of(preference, values)):
        return None
    digest_hour = preference.digest_hour if preference.digest_hour is not None else values["digest_hour"]
    if hour >= digest_hour and preference.looked_on != today:
        return rules.DIGEST
    if preference.urgent and hour >= values["urgent_hour"] and preference.looked_on == today and preference.urgent_looked_on != today:
        return rules.URGENT
    return None


def _looked(preference: Preference, kind: str) -> None:
    field = "looked_on" if kind == rules.DIGEST else "urgent_looked_on"
    setattr(preference, field, clock.today())
    preference.save(update_fields=[field])


def _tell(preference: Preference, items: dict[str, rules.Item], kind: str) -> list[str]:
    """The keys worth telling, most urgent first, and the note of what is now told. Matters that are done are forgotten."""
    rows = {row.key: row for row in Told.objects.filter(user_id=preference.user_id)}
    Told.objects.filter(pk__in=[row.pk for key, row in rows.items() if key not in items]).delete()
    before = {key: rules.Told(row.stage, row.count, row.due_on) for key, row in rows.items()}
    least = rules.NEW if kind == rules.DIGEST else rules.DUE_TODAY
    telling = [item for item in items.values() if item.stage >= least and rules.worth_telling(item, before.get(item.key))]
    keys = {item.key for item in telling}
    noted = telling + [item for item in items.values() if item.key not in keys and rules.bring_down(item, before.get(item.key))]
    Told.objects.bulk_create(
        [Told(user_id=preference.user_id, key=each.key, stage=each.stage, count=each.count, due_on=each.due_on) for each in noted],
        update_conflicts=True, unique_fields=["user", "key"], update_fields=["stage", "count", "due_on"],
    )  # fmt: skip
    return [item.key for item in sorted(telling, key=lambda item: (-item.stage, item.chapter, item.key))]


def _robots_to_look_for() -> Iterable[int]:
    working = Robot.objects.filter(approved_at__isnull=False, stopped_at=None, hour__lte=clock.now().hour)
    return working.filter(Q(looked_on=None) | Q(looked_on__lt=clock.today())).values_list("pk", flat=True)


@transaction.atomic
def look_for_robot(robot_id: int) -> int:
    """Enter today's message of a robot, on working days and within the bureau's hours: 0 or 1."""
    robot = Robot.objects.select_for_update().get(pk=robot_id)
    values, today = selectors.policy(), clock.today()
    if robot.stopped_at is not None or robot.looked_on == today or rules.is_quiet(clock.now().hour, values["civil_hours"]):
        return 0
    robot.looked_on = today
    robot.save(update_fields=["looked_on"])
    if not selectors.is_workday(today) or not selectors.queue_of_unit(robot.unit):
        return 0
    enter(channel=robot.kind, kind=rules.DIGEST, robot=robot)
    return 1


def enter(
    *, channel: str, kind: str, keys: Sequence[str] = (), user: User | None = None, robot: Robot | None = None, once: str = ""
) -> Sending:
    """Enter a message to go out and wake the sender. Earlier ones of the same recipient that never got out go into this one."""
    now = clock.now()
    recipient = f"u{user.pk}" if user else f"r{robot.pk if robot else 0}"
    merged = list(keys)
    if kind != rules.TEST:
        waiting = Sending.objects.select_for_update(skip_locked=True).filter(
            user=user, robot=robot, channel=channel, state=rules.WAITING, claimed_until=None
        )  # fmt: skip
        for earlier in waiting.exclude(kind=rules.TEST):
            merged += [key for key in earlier.keys if key not in merged]
            earlier.state = rules.DROPPED
            earlier.save(update_fields=["state"])
    sending, _ = Sending.objects.get_or_create(
        key=f"{channel}:{kind}:{recipient}:{once or now.date().isoformat()}",
        defaults={
            "channel": channel, "kind": kind, "user": user, "robot": robot, "day": now.date(), "keys": merged, "made_at": now,
            "next_try_at": now,
        },
    )  # fmt: skip
    enqueue(SEND_JOB)
    return sending
