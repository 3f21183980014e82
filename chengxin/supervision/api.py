"""The API of inspections: what was looked at, in numbers."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.supervision.selectors.visits import visit_rows
from chengxin.ui.api import ApiRequest, Day, Limit, Offset, needs, part_of

supervision = Router(tags=["督查"])


class VisitOut(Schema):
    id: int
    plan: str
    kind: str
    mode: str
    unit: str
    held_on: dt.date | None
    due_on: dt.date
    state: str
    persons: int
    problems: int


@supervision.get("/inspections", response=list[VisitOut], summary="督查检查")
@needs("supervision.results")
def inspections(
    request: ApiRequest, response: HttpResponse, since: Day | None = None, limit: Limit = 50, offset: Offset = 0
) -> list[VisitOut]:
    """Inspections within the token's scope, newest first; ``since`` is the day they were due."""
    found = visit_rows(request.actor).order_by("-due_on", "-pk")
    found = found.filter(due_on__gte=since) if since else found
    return [
        VisitOut(
            id=row["pk"], plan=row["plan_title"], kind=row["kind"], mode=row["mode"], unit=row["unit_name"], held_on=row["held_on"],
            due_on=row["due_on"], state=row["state"], persons=row["persons"], problems=row["problems"],
        )
        for row in part_of(request, response, found, limit, offset)
    ]  # fmt: skip
