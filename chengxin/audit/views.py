"""The audit viewer of 审计管理员; every look is itself kept."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse

from chengxin.audit import selectors
from chengxin.audit.services import record
from chengxin.core.errors import NotFound
from chengxin.core.registry import audit_actions
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render
from chengxin.ui.tables import Column, Filter, ListPage

CHANNELS = {"web": "网页", "api": "接口", "public": "公众页面", "system": "系统"}
COLUMNS = (
    Column("at", "时间", "at"),
    Column("actor_label", "操作人"),
    Column("action", "动作"),
    Column("subject", "对象"),
    Column("channel", "途径", words=CHANNELS),
    Column("address", "来源"),
)


@page("audit.read")
def entries(request: ActorRequest) -> HttpResponse:
    """All entries, newest first, filtered and exported."""
    titles = {action.code: action.title for action in audit_actions}
    listing = ListPage(
        request,
        selectors.entries_visible_to(request.actor).values("pk", "at", "actor_label", "action", "subject", "channel", "address"),
        COLUMNS,
        (
            Filter("action", "动作", "action", sorted(titles.items(), key=lambda pair: pair[1])),
            Filter("actor", "操作人", "actor_label__contains", kind="text"),
            Filter("subject", "对象", "subject", kind="text"),
            Filter("from", "从", "at__date__gte", kind="date"),
            Filter("until", "到", "at__date__lte", kind="date"),
        ),
    )
    with transaction.atomic():
        record(request.actor, "audit.viewed", "audit:entries", details={"filter": request.GET.urlencode()})
    context = {"listing": listing, "titles": titles, "channels": CHANNELS, "checkpoint": selectors.last_checkpoint()}
    return listing.export() or render(request, "audit/entries.html", context)


@page("audit.read")
def entry(request: ActorRequest, pk: int) -> HttpResponse:
    """One entry with its details and the checkpoint that seals it."""
    found = selectors.entries_visible_to(request.actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_entry", "没有这条审计记录。")
    with transaction.atomic():
        record(request.actor, "audit.viewed", f"audit:{pk}")
    return render(
        request,
        "audit/entry.html",
        {
            "channels": CHANNELS,
            "entry": found,
            "title": audit_actions[found.action].title,
            "checkpoint": selectors.sealing_checkpoint(found),
        },
    )
