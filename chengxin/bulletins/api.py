"""The API of monthly bulletins: what was issued, with the digest of its figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.bulletins import rules, selectors
from chengxin.core.errors import NotFound
from chengxin.ui.api import ApiRequest, Limit, Offset, needs, part_of

bulletins = Router(tags=["月度通报"])


class BulletinOut(Schema):
    id: int
    month: str
    document_number: str
    sha256: str
    errata: int


class BulletinContentOut(BulletinOut):
    content: dict[str, Any]


@bulletins.get("/bulletins", response=list[BulletinOut], summary="已印发的月度通报")
@needs("bulletins.read")
def listed(request: ApiRequest, response: HttpResponse, limit: Limit = 50, offset: Offset = 0) -> list[BulletinOut]:
    """Issued bulletins, newest first."""
    found = selectors.bulletins_visible_to(request.actor).filter(state=rules.ISSUED).select_related("snapshot").order_by("-month")
    return [BulletinOut(**_head(each)) for each in part_of(request, response, found, limit, offset)]


@bulletins.get("/bulletins/{pk}", response=BulletinContentOut, summary="一期月度通报")
@needs("bulletins.read")
def one(request: ApiRequest, pk: int) -> BulletinContentOut:
    """An issued bulletin as it goes to the squadrons; no interface is told whom it names."""
    found = selectors.bulletins_visible_to(request.actor).filter(state=rules.ISSUED, pk=pk).select_related("snapshot").first()
    if found is None:
        raise NotFound("no_bulletin", "没有这期通报，或还没有印发。")
    return BulletinContentOut(**_head(found), content=selectors.content_of(found, rules.Reader(rules.SQUADRONS, frozenset())))


def _head(found: Any) -> dict[str, Any]:
    return {
        "id": found.pk, "month": found.month, "document_number": found.document_number,
        "sha256": found.snapshot.sha256 if found.snapshot else "", "errata": len(selectors.errata_of(found)),
    }  # fmt: skip
