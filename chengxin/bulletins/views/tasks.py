"""通报任务: what bulletins asked for, and who has done it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.http import HttpResponse
from django.urls import reverse

from chengxin.bulletins import forms, selectors
from chengxin.bulletins.services import afterwards
from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

COLUMNS = (
    Column("text", "事项"),
    Column("unit_name", "责任单位", "unit__sequence"),
    Column("month", "通报", "bulletin__month"),
    Column("due_on", "期限", "due_on"),
    Column("done_at", "完成时间", "done_at"),
    Column("done_note", "完成情况"),
)


@page("bulletins.complete")
def tasks(request: ActorRequest) -> HttpResponse:
    is_open = ExpressionWrapper(Q(done_at=None), BooleanField())
    every = selectors.tasks_visible_to(request.actor).annotate(unit_name=F("unit__name"), month=F("bulletin__month"), is_open=is_open)
    listing = ListPage(
        request, every.values("pk", *(column.key for column in COLUMNS)), COLUMNS,
        (
            Filter("open", "是否完成", "is_open", (("True", "未完成"), ("False", "已完成"))),
            Filter("unit", "责任单位", "unit_id", people.unit_choices(request.actor)),
            Filter("until", "期限到", "due_on__lte", kind="date"),
        ),
        default_sort="due_on",
    )  # fmt: skip
    return listing.export() or render(request, "bulletins/tasks.html", {"listing": listing, "today": clock.today()})


@page("bulletins.complete", methods=("GET", "HEAD", "POST"))
def task(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.task_for(request.actor, pk), forms.DoneForm(request.POST or None)
    if form.carry_out(lambda given: afterwards.complete_task(request.actor, found, **given)):
        messages.success(request, "已办结。")
        return see_other(reverse("bulletins:task", args=[pk]))
    context = {"task": found, "form": form, "may": request.actor.may("bulletins.complete", found.unit_id), "today": clock.today()}
    return render(request, "bulletins/task.html", context, status=422 if form.errors else 200)
