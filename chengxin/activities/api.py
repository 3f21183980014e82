"""The API of activities: the calendar of the year's programme with how many came."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.activities import rules, selectors
from chengxin.core import clock
from chengxin.ui.api import ApiRequest, Day, Limit, Moment, Offset, needs, part_of, span_of

activities = Router(tags=["主题活动"])


class ActivityOut(Schema):
    id: int
    title: str
    unit: str
    place: str
    starts_at: Moment
    ends_at: Moment
    state: str
    due: int | None
    present: int | None


@activities.get("/activities", response=list[ActivityOut], summary="活动安排与到场人数")
@needs("activities.see")
def listed(request: ApiRequest, response: HttpResponse, since: Day, until: Day, limit: Limit = 50, offset: Offset = 0) -> list[ActivityOut]:
    """Activities that concern the token's units, in order; numbers of people once an activity is closed, names never."""
    first, last = span_of(since, until)
    within = (clock.at(first), clock.at(last + dt.timedelta(days=1)))
    found = selectors.activities_visible_to(request.actor).filter(starts_at__gte=within[0], starts_at__lt=within[1])
    part = part_of(request, response, found.select_related("unit").order_by("starts_at", "pk"), limit, offset)
    counts = {each.pk: selectors.count_of_activity(each) for each in part if each.state == rules.CLOSED}
    return [
        ActivityOut(
            id=each.pk, title=each.title, unit=each.unit.name, place=each.place, starts_at=each.starts_at, ends_at=each.ends_at,
            state=each.state, due=counts[each.pk].due if each.pk in counts else None,
            present=counts[each.pk].present if each.pk in counts else None,
        )
        for each in part
    ]  # fmt: skip
