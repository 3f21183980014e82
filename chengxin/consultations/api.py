"""The API of revisions: drafts that were put to opinions, with their changes, and what the public was answered. Reading only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.consultations import rules, selectors
from chengxin.consultations.models import Consultation
from chengxin.consultations.selectors import drafts
from chengxin.core.errors import NotFound
from chengxin.ui.api import ApiRequest, Limit, Moment, Offset, needs, part_of

consultations = Router(tags=["制度"])
WHO = "公众意见已审核公开的，及其答复；本局人员的意见不经接口提供。"


class ConsultationOut(Schema):
    id: int
    number: str
    title: str
    state: str
    audience: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    published_at: Moment | None
    in_force_on: dt.date | None
    document_number: str


class ChangeOut(Schema):
    rule: str
    clause: str
    name: str
    title: str
    before: Any
    after: Any
    reason: str


class SaidOut(Schema):
    clause: str
    text: str
    said_at: Moment
    outcome: str | None
    reason: str


class OneConsultationOut(ConsultationOut):
    reason: str
    changes: list[ChangeOut]
    public_opinions: list[SaidOut]


@consultations.get("/consultations", response=list[ConsultationOut], summary="制度征求意见")
@needs("consultations.read")
def several(request: ApiRequest, response: HttpResponse, limit: Limit = 50, offset: Offset = 0) -> list[dict[str, Any]]:
    """Drafts that were put to opinions, the newest first. A draft binds nobody: see ``in_force_on``."""
    found = selectors.visible_to(request.actor).exclude(opened_at=None).order_by("-pk")
    return [_told(each) for each in part_of(request, response, found, limit, offset)]


@consultations.get("/consultations/{number}", response=OneConsultationOut, summary="一份征求意见稿", description=WHO)
@needs("consultations.read")
def one(request: ApiRequest, number: int) -> dict[str, Any]:
    """One draft with its changes, the public's opinions that are shown, and their answers."""
    found = selectors.visible_to(request.actor).exclude(opened_at=None).filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound("no_consultation", "没有这份征求意见稿。")
    shown = selectors.public_opinions(found) if found.audience == rules.EVERYBODY else []
    said = [(each, selectors.answer_of(each)) for each in shown]
    return {
        **_told(found), "reason": found.reason, "changes": drafts.changes_of(found),
        "public_opinions": [
            {
                "clause": each.clause, "text": each.text, "said_at": each.at, "outcome": answer.outcome if answer else None,
                "reason": answer.reason if answer else "",
            }
            for each, answer in said
        ],
    }  # fmt: skip


def _told(found: Consultation) -> dict[str, Any]:
    names = ("id", "number", "title", "state", "audience", "starts_on", "ends_on", "published_at", "in_force_on", "document_number")
    return {name: getattr(found, name) for name in names}
