"""The 12345 platform's door: hand an order over, ask how it stands. Who complained goes in and never comes out."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router

from chengxin.complaints import rules, schemas, selectors
from chengxin.complaints.models import Complaint
from chengxin.complaints.services.intake import Said, take_order
from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.ui.api import ApiRequest, Day, Limit, Offset, needs, part_of

orders = Router(tags=["投诉工单"])


@orders.get("", response=list[schemas.ComplaintOut], summary="投诉与两个时限")
@needs("complaints.read")
def complaints(
    request: ApiRequest, response: HttpResponse, since: Day | None = None, limit: Limit = 50, offset: Offset = 0
) -> list[schemas.ComplaintOut]:
    """Complaints within the token's scope, newest first, with both clocks and nothing of what was said and by whom."""
    found = selectors.with_clocks(selectors.complaints_visible_to(request.actor)).select_related("unit").order_by("-received_at", "-pk")
    found = found.filter(received_at__gte=clock.at(since)) if since else found
    return [
        schemas.ComplaintOut(
            number=each.number, channel=each.channel, category=each.category, unit=each.unit.name if each.unit else None,
            received_at=each.received_at, state=each.state, result=each.result, respond_by=each.response_due,
            responded_at=each.response_met, feedback_by=each.feedback_due, answered_at=each.feedback_met, reopened=each.reopened,
        )
        for each in part_of(request, response, found, limit, offset)
    ]  # fmt: skip


@orders.post("/orders", response=schemas.OrderOut, summary="移交 12345 工单")
@needs("complaints.import")
def hand_over(request: ApiRequest, given: schemas.OrderIn) -> schemas.OrderOut:
    """Sending the same number again answers with the first and changes nothing."""
    if given.received_at.tzinfo is None:
        raise DomainError("no_zone", "received_at 须带时区，如 2026-09-30T17:05:00+08:00。", field="received_at")
    contact = {name: value for name, value in (("name", given.name), ("phone", given.phone)) if value}
    receipt = take_order(
        request.actor, Said(given.text, given.place, None, contact or None), number=given.number, received_at=given.received_at
    )
    return _told(receipt.complaint, is_new=receipt.is_new)


@orders.get("/orders/{number}", response=schemas.OrderOut, summary="工单办理情况")
@needs("complaints.import")
def order(request: ApiRequest, number: str) -> schemas.OrderOut:  # noqa: ARG001
    found = Complaint.objects.filter(channel="12345", external_number=number).first()
    if found is None:
        raise NotFound("no_order", "没有这个编号的工单。")
    return _told(found, is_new=False)


def _told(complaint: Complaint, *, is_new: bool) -> schemas.OrderOut:
    clocks = {each.clock.kind: each.clock for each in selectors.clocks_of(complaint) if each.clock.round == complaint.reopened}
    response, feedback = clocks[rules.RESPONSE], clocks[rules.FEEDBACK]
    return schemas.OrderOut(
        number=complaint.external_number, complaint=complaint.number, is_new=is_new, state=complaint.state, result=complaint.result,
        respond_by=response.due_at, feedback_by=feedback.due_at, feedback_provisional=feedback.is_provisional,
        responded_at=response.met_at, closed_at=complaint.closed_at,
        replies=[each.text for each in selectors.outward(complaint) if not each.is_from_complainant],
    )  # fmt: skip
