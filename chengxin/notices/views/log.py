"""The door of the log: every try to send, for 系统管理员."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse

from chengxin.core import clock
from chengxin.notices import rules, selectors
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render
from chengxin.ui.tables import Column, Filter, ListPage


@page("notices.log")
def log(request: ActorRequest) -> HttpResponse:
    """发送记录."""
    listing = ListPage(
        request,
        selectors.log_rows(),
        (
            Column("at", "时间", "at"), Column("channel_title", "渠道", "channel"), Column("recipient", "收件", "recipient"),
            Column("kind_title", "类型", "kind"), Column("number", "第几次", "number"), Column("outcome_title", "结果", "outcome"),
            Column("error", "原因"),
        ),
        (
            Filter("channel", "渠道", "channel", tuple(rules.CHANNELS.items())), Filter("kind", "类型", "kind", tuple(rules.KINDS.items())),
            Filter("outcome", "结果", "outcome", tuple(rules.OUTCOMES.items())),
            Filter("recipient", "收件", "recipient__contains", kind="text"),
            Filter("from", "从", "at__date__gte", kind="date"), Filter("until", "到", "at__date__lte", kind="date"),
        ),
        default_sort="-at",
    )  # fmt: skip
    failures = selectors.failures_since(clock.now() - dt.timedelta(days=1))
    return listing.export() or render(request, "notices/log.html", {"listing": listing, "failures": failures})
