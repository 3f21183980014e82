"""调阅记录: who looked at what, when and why, over all recordings."""

from __future__ import annotations

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, LPad
from django.http import HttpResponse

from chengxin.evidence import selectors
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render
from chengxin.ui.tables import Column, Filter, ListPage

COLUMNS = (
    Column("opened_at", "调阅时间", "opened_at"),
    Column("label", "调阅人", "label"),
    Column("number", "影像"),
    Column("person_name", "影像使用人", "recording__person__name_key"),
    Column("unit_name", "单位"),
    Column("reason", "理由"),
    Column("matter", "事项编号", "matter"),
    Column("address", "来源地址"),
)


@page("evidence.read_log")
def access(request: ActorRequest) -> HttpResponse:
    rows = selectors.viewings_visible_to(request.actor).annotate(
        person_name=F("recording__person__name"),
        unit_name=F("recording__unit__name"),
        number=Concat(Value("影"), LPad(Cast("recording_id", CharField()), 7, Value("0"))),
    )
    listing = ListPage(
        request,
        rows.values("pk", "opened_at", "label", "recording_id", "number", "person_name", "unit_name", "reason", "matter", "address"),
        COLUMNS,
        (
            Filter("who", "调阅人", "label__contains", kind="text"),
            Filter("person", "影像使用人", "recording__person__name__contains", kind="text"),
            Filter("unit", "单位", "recording__unit_id", people.unit_choices(request.actor)),
            Filter("matter", "事项编号", "matter__contains", kind="text"),
            Filter("from", "从", "opened_at__date__gte", kind="date"),
            Filter("until", "到", "opened_at__date__lte", kind="date"),
        ),
        default_sort="-opened_at",
    )
    return listing.export() or render(request, "evidence/access.html", {"listing": listing})
