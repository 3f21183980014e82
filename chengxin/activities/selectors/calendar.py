"""Calendar feeds: the link a token opens, and the activities of its person or unit."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from chengxin.activities import rules
from chengxin.activities.models import Activity, CalendarLink
from chengxin.activities.rules.icalendar import Event
from chengxin.activities.selectors.sessions import activities_of_person
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound

KEPT_DAYS = 400  # a feed holds the activities of the last year and all that come


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def links_of(actor: Actor) -> list[CalendarLink]:
    """The actor's own links, newest first."""
    return list(CalendarLink.objects.filter(user_id=actor.user_id or 0).select_related("person", "unit"))


def link_for(actor: Actor, pk: int) -> CalendarLink:
    """A link of the actor's own. Raises NotFound."""
    found = CalendarLink.objects.filter(pk=pk, user_id=actor.user_id or 0).first()
    if found is None:
        raise NotFound("no_link", "没有这个日历订阅。")
    return found


@dataclass(frozen=True)
class Feed:
    name: str
    events: list[Event]


def feed_of(token: str) -> Feed:
    """The activities that a secret address opens. Raises NotFound for an unknown or revoked one, and once its user is gone."""
    link = CalendarLink.objects.filter(digest=digest_of(token), revoked_at=None, user__is_active=True, user__person__left_on=None)
    found = link.select_related("person", "unit").first()
    if found is None:
        raise NotFound("no_feed", "这个日历地址无效或已停用，请在“我的活动”重新生成。")
    since = clock.now() - dt.timedelta(days=KEPT_DAYS)
    if found.person is not None:
        name, source = f"{found.person.name} 的活动", activities_of_person(found.person.pk, clock.today())
    else:
        name, source = f"{found.unit} 的活动", Activity.objects.filter(pk__in=Activity.objects.filter(scopes__unit=found.unit).values("pk"))
    rows = source.filter(starts_at__gte=since).select_related("unit", "leader").order_by("starts_at")
    return Feed(name, [_event(each) for each in rows])


def _event(activity: Activity) -> Event:
    return Event(
        uid=f"activity-{activity.form_key}@chengxin", stamp=activity.changed_at, starts_at=activity.starts_at, ends_at=activity.ends_at,
        title=activity.title, place=activity.place, text=f"组织：{activity.unit.name}\n负责人：{activity.leader.name}\n{activity.number}",
        sequence=activity.moves, is_cancelled=activity.state == rules.CANCELLED,
    )  # fmt: skip
