"""The API of footage: its catalogue. What a recording shows is seen on a page, after a reason was given."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.core import clock
from chengxin.evidence import selectors
from chengxin.ui.api import ApiRequest, Day, Limit, Moment, Offset, needs, part_of

evidence = Router(tags=["执法影像"])


class RecordingOut(Schema):
    number: str
    medium: str
    unit: str | None
    person: str | None
    device: str | None
    started_at: Moment
    ended_at: Moment
    size: int
    sha256: str
    category: str
    attribution: str
    kept_through: dt.date
    deleted_at: Moment | None


@evidence.get("/recordings", response=list[RecordingOut], summary="影像目录")
@needs("evidence.read")
def recordings(
    request: ApiRequest, response: HttpResponse, since: Day | None = None, limit: Limit = 50, offset: Offset = 0
) -> list[RecordingOut]:
    """Recordings within the token's scope, newest first; ``since`` is the day on which they begin."""
    found = selectors.recordings_visible_to(request.actor).select_related("unit", "person", "device").order_by("-started_at", "-pk")
    found = found.filter(started_at__gte=clock.at(since)) if since else found
    return [
        RecordingOut(
            number=each.number, medium=each.medium, unit=each.unit.name if each.unit else None,
            person=each.person.number if each.person else None, device=each.device.asset_number if each.device else None,
            started_at=each.started_at, ended_at=each.ended_at, size=each.size, sha256=each.sha256, category=each.category,
            attribution=each.attribution, kept_through=each.kept_through, deleted_at=each.deleted_at,
        )
        for each in part_of(request, response, found, limit, offset)
    ]  # fmt: skip
