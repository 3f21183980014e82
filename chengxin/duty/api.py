"""The API of duty: who is on duty when."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.duty import selectors
from chengxin.ui.api import ApiRequest, Day, Limit, Moment, Offset, needs, part_of, span_of

duty = Router(tags=["勤务"])


class ShiftOut(Schema):
    id: int
    person: str
    unit: str
    day: dt.date
    title: str
    starts_at: Moment
    ends_at: Moment


@duty.get("/shifts", response=list[ShiftOut], summary="班次")
@needs("duty.read")
def shifts(request: ApiRequest, response: HttpResponse, since: Day, until: Day, limit: Limit = 50, offset: Offset = 0) -> list[ShiftOut]:
    """Standing shifts of some days within the token's scope; leave is told by nobody's API, only that there is no shift."""
    found = selectors.shifts_visible_to(request.actor, *span_of(since, until))
    return [
        ShiftOut(
            id=each.pk, person=each.person.number, unit=each.unit.name, day=each.day, title=each.title, starts_at=each.period.lower,
            ends_at=each.period.upper,
        )
        for each in part_of(request, response, found, limit, offset)
    ]  # fmt: skip
