"""Who is to be told what: the queue of a user outside a request, a unit's queue, the bell, the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.duty import selectors as duty
from chengxin.notices import rules
from chengxin.notices.models import AddressCode, Attempt, Notice, Preference, Robot, Sending
from chengxin.people import access
from chengxin.people import selectors as people
from chengxin.people.models import Status, Unit, UnitKind, User
from chengxin.portal.selectors import work_waiting_for
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.pages import Bell
from chengxin.ui.together import Counted

ROSTER_DAYS = 7


def policy() -> dict[str, Any]:
    """The values of 通知 today; a draft serves, since being told costs nobody anything."""
    return dict(rulebook.rule_values("notices.digest", clock.today(), simulate=True).values)


def bell_of(actor: Actor) -> Bell | None:
    """How many notices the reader has not read; asked together with what the page itself asks."""
    if actor.user_id is None:
        return None
    return Bell(reverse("notices:own"), Counted(Notice.objects.filter(user_id=actor.user_id, read_at=None)))


def email_is_offered() -> bool:
    return bool(settings.EMAIL_HOST)


def preference_of(user_id: int) -> Preference:
    """The user's settings, or the bureau's for who never chose (not saved)."""
    return Preference.objects.filter(user_id=user_id).first() or Preference(user_id=user_id)


def window_of(preference: Preference, values: dict[str, Any]) -> tuple[int, int]:
    return rules.narrowed(values["civil_hours"], preference.quiet_from, preference.quiet_until)


def queue_of(user: User) -> list[Waiting]:
    """What waits for a user now, as the home page would show it; nothing for who may not sign in."""
    return work_waiting_for(access.actor_for(user, channel="system")) if user.is_active else []


def is_workday(day: dt.date) -> bool:
    return rulebook.work_calendar().is_workday(day)


def is_at_work(user: User, day: dt.date) -> bool:
    """Whether a day is one of the user's working days: by leave, by the roster where there is one, else by the calendar."""
    workday = is_workday(day)
    if user.person_id is None:
        return workday
    away = duty.is_on_leave(user.person_id, day) or people.statuses_on([user.person_id], day).get(user.person_id) == Status.ON_LEAVE
    days = {shift.day for shift in duty.shifts_from(user.person_id, day - dt.timedelta(days=ROSTER_DAYS), 2 * ROSTER_DAYS + 1)}
    return rules.at_work(rules.Day(workday, away, day in days, bool(days)))


def queue_of_unit(unit: Unit) -> list[rules.Item]:
    """What waits for the people of a unit, each matter once.

    A squadron's or the brigade's robot tells of that unit and what is under it and nothing else, whatever else its people may do;
    an office of the bureau works for the whole bureau, so its people's whole work counts.
    """
    is_office = unit.kind in {UnitKind.BUREAU, UnitKind.SECTION}
    units = frozenset({unit.pk}) if is_office else access.units_below(unit.pk)
    members = people.members_of(units, clock.today())
    users = User.objects.filter(person__in=members, is_active=True)
    actors = [access.actor_for(user, channel="system") for user in users.select_related("person")]
    bound = actors if is_office else [_bound(actor, units) for actor in actors]
    return rules.united((work_waiting_for(actor) for actor in bound), clock.today())


def _bound(actor: Actor, units: frozenset[int]) -> Actor:
    """The same actor without what is held beyond some units: an office of the whole bureau is not that unit's work."""
    return replace(actor, reach={code: reach & units for code, reach in actor.reach.items() if reach is not None and reach & units})


@dataclass(frozen=True)
class Shown:
    """A notice as it stands now: what of it still waits, and how much is done or no longer the reader's."""

    notice: Notice
    waiting: list[Waiting]
    gone: int


def notices_of(actor: Actor, *, page: int = 1, size: int = 10) -> tuple[list[Shown], int]:
    """The reader's own notices, newest first, and how many pages there are."""
    query = Notice.objects.filter(user_id=actor.named_user).order_by("-made_at", "-pk")
    pages = max(1, -(-query.count() // size))
    page = min(max(1, page), pages)
    found = list(query[(page - 1) * size : page * size])
    queue: dict[str, list[Waiting]] = {}
    for each in work_waiting_for(actor) if found else []:
        queue.setdefault(rules.key_of(each), []).append(each)
    return [_shown(each, queue) for each in found], pages


def _shown(notice: Notice, queue: dict[str, list[Waiting]]) -> Shown:
    waiting = [item for key in notice.keys for item in queue.get(key, [])]
    return Shown(notice, waiting, sum(key not in queue for key in notice.keys))


def notice_for(actor: Actor, pk: int) -> Notice:
    """One of the reader's own. Raises NotFound."""
    found = Notice.objects.filter(user_id=actor.named_user, pk=pk).first()
    if found is None:
        raise NotFound("no_notice", "没有这条通知。")
    return found


def last_email(user_id: int) -> Sending | None:
    """The user's last message by mail, for the settings page: a failure is seen where it can be put right."""
    return Sending.objects.filter(user_id=user_id).exclude(kind=rules.CODE).prefetch_related("attempts").order_by("-pk").first()


def code_waits_for(user_id: int) -> bool:
    """Whether a code was sent that can still be typed."""
    return AddressCode.objects.filter(user_id=user_id, used_at=None, expires_at__gt=clock.now()).exists()


def robots() -> Sequence[Robot]:
    """All robots with their last tried sending's outcome and how many failed for good since the last success."""
    tries = Attempt.objects.filter(sending__robot=OuterRef("pk")).order_by("-at", "-pk")
    return list(
        Robot.objects.select_related("unit")
        .annotate(
            last_outcome=Subquery(tries.values("outcome")[:1]),
            last_error=Subquery(tries.values("error")[:1]),
            last_at=Subquery(tries.values("at")[:1]),
        )
        .order_by(F("stopped_at").desc(nulls_first=True), "-pk")
    )


def robot_for(pk: int) -> Robot:
    found = Robot.objects.select_related("unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_robot", "没有这个群机器人。")
    return found


def log_rows() -> QuerySet[Attempt, dict[str, Any]]:
    """Every try, for the system administrator: who, which channel, when, with what outcome. There is no content to show."""
    return Attempt.objects.annotate(
        recipient=Coalesce("sending__robot__name", "sending__user__person__name", "sending__user__username"),
        channel=F("sending__channel"), kind=F("sending__kind"),
        channel_title=_titled("sending__channel", rules.CHANNELS), kind_title=_titled("sending__kind", rules.KINDS),
        outcome_title=_titled("outcome", rules.OUTCOMES),
    ).values("pk", "at", "recipient", "channel_title", "kind_title", "number", "outcome", "outcome_title", "error")  # fmt: skip


def _titled(field: str, titles: dict[str, str]) -> Case:
    """A code as people read it, in the list and in its export."""
    return Case(*(When(**{field: code}, then=Value(title)) for code, title in titles.items()), default=Value(""))


def failures_since(moment: dt.datetime) -> int:
    """How many tries went wrong since a moment."""
    wrong = Q(outcome__in=[rules.FAILED, rules.RETRY, rules.UNKNOWN])
    found: int = Attempt.objects.filter(at__gte=moment).aggregate(n=Count("pk", filter=wrong))["n"]
    return found
