"""The desk: the months, one bulletin as its reader may see it with what can be done, and the proof of its digest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.bulletins import forms, rules, selectors
from chengxin.bulletins.models import Bulletin
from chengxin.bulletins.selectors.figures import figures as figures_now
from chengxin.bulletins.services import afterwards, drafting, templates
from chengxin.bulletins.services.errata_sheet import errata_file, errata_name
from chengxin.bulletins.views.steps import DOORS
from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import csv_response, xlsx_response
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHOWN, A_PAGE = 30, 100
COLUMNS = (
    Column("month", "月份", "month"),
    Column("state", "状态"),
    Column("document_number", "发文字号"),
    Column("issued_at", "印发时间", "issued_at"),
    Column("acknowledge_by", "签收期限", "acknowledge_by"),
)


@page("bulletins.read", methods=("GET", "HEAD", "POST"))
def bulletins(request: ActorRequest) -> HttpResponse:
    """月度通报: every month, and for who drafts them the next one to begin."""
    form = forms.MonthForm(request.POST or None, initial={"month": rules.Month.of(clock.today()).before.code})
    made: list[Bulletin] = []
    if form.carry_out(lambda _: made.append(drafting.draft_bulletin(request.actor, month=form.read()))):
        return see_other(reverse("bulletins:detail", args=[made[0].pk]))
    listing = ListPage(
        request, selectors.bulletins_visible_to(request.actor).values("pk", *(column.key for column in COLUMNS)), COLUMNS,
        (Filter("state", "状态", "state", list(rules.STATES.items())), Filter("year", "年份", "month__startswith", kind="text")),
        default_sort="-month", page_size=24,
    )  # fmt: skip
    numbers = selectors.numbers([Bulletin(pk=row["pk"]) for row in listing.rows])
    context = {
        "listing": listing, "form": form, "states": rules.STATES, "numbers": numbers, "squadrons": people.squadrons().count(),
        "month_of": rules.read_month,
    }  # fmt: skip
    return listing.export() or render(request, "bulletins/list.html", context, status=422 if form.errors else 200)


# --- one bulletin ---


@page("bulletins.read")
def detail(request: ActorRequest, pk: int) -> HttpResponse:
    return _detail(request, selectors.bulletin_for(request.actor, pk))


def _reader(request: ActorRequest) -> rules.Reader:
    """The reader's own version; who sees everything may look at the others' as well."""
    wanted = request.GET.get("audience", "")
    if not request.actor.may("bulletins.full") or wanted not in rules.AUDIENCES or wanted == rules.INTERNAL:
        return selectors.reader_for(request.actor)
    unit = request.GET.get("unit", "")
    return rules.Reader(wanted, frozenset({int(unit)}) if unit.isdecimal() and len(unit) < 15 else frozenset())


def _detail(request: ActorRequest, bulletin: Bulletin, opened: str = "", bound: Form | None = None) -> HttpResponse:
    actor, reader = request.actor, _reader(request)
    squadrons = list(people.squadrons())
    told, chart = _told(bulletin, reader)
    doors = [
        {"name": name, "title": door.title, "form": bound if name == opened and bound else door.form(None, actor, bulletin)}
        for name, door in DOORS.items()
        if actor.may(door.capability) and door.makes_sense(actor, bulletin)
    ]
    may_draft = actor.may("bulletins.draft")
    context = {
        "bulletin": bulletin, "told": told, "chart": chart, "reader": reader, "doors": doors, "opened": opened, "shown": SHOWN,
        "errata": selectors.errata_of(bulletin), "acknowledgements": selectors.acknowledgements(bulletin, squadrons),
        "tasks": list(bulletin.tasks.select_related("unit")), "changed": selectors.changed_items(bulletin) if may_draft else [],
        "leave_form": bound if opened.startswith("leave-") and bound else forms.DecideForm(), "audiences": rules.AUDIENCES,
        "squadrons": squadrons, "states": rules.STATES, "may_plan": may_draft and bulletin.state in {rules.DRAFT, rules.FROZEN},
        "today": clock.today(),
    }  # fmt: skip
    return render(request, "bulletins/detail.html", context, status=422 if bound is not None else 200)


def _told(bulletin: Bulletin, reader: rules.Reader) -> tuple[dict[str, Any], rules.Chart | None]:
    """What is frozen; for a draft, the facts of this moment, to look at."""
    snapshot = bulletin.snapshot.content if bulletin.snapshot else figures_now(bulletin.period, simulate=True)
    return rules.content(snapshot, selectors.wording_of(bulletin), reader), rules.chart(snapshot)


@page("bulletins.read", methods=("POST",))
def act(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Carry out one of the doors; a refusal opens the bulletin's page there with what was typed."""
    bulletin, door = selectors.bulletin_for(request.actor, pk), DOORS.get(name)
    if door is None:
        raise NotFound("no_step", "没有这个操作。")
    form = door.form(request.POST, request.actor, bulletin)
    return _carry_out(request, bulletin, name, form, lambda given: door.act(request.actor, bulletin, given), door.done)


def _carry_out(
    request: ActorRequest, bulletin: Bulletin, name: str, form: Form, command: Callable[[dict[str, Any]], Any], done: str
) -> HttpResponse:
    if form.carry_out(command):
        messages.success(request, done)
        return see_other(reverse("bulletins:detail", args=[bulletin.pk]))
    bulletin = selectors.bulletin_for(request.actor, bulletin.pk)
    return _detail(request, bulletin, name, form)


@page("bulletins.draft", methods=("POST",))
def drop(request: ActorRequest, pk: int, task: int) -> HttpResponse:
    bulletin = selectors.bulletin_for(request.actor, pk)
    drafting.drop_task(request.actor, bulletin, task=selectors.planned_task(bulletin, task))
    messages.success(request, "已删去。")
    return see_other(reverse("bulletins:detail", args=[pk]))


@page("bulletins.draft", methods=("POST",))
def leave(request: ActorRequest, pk: int, finding: int) -> HttpResponse:
    """An item taken back after the issue needs no erratum, with the reason."""
    bulletin, form = selectors.bulletin_for(request.actor, pk), forms.DecideForm(request.POST)
    return _carry_out(
        request, bulletin, f"leave-{finding}", form,
        lambda given: afterwards.leave_as_is(request.actor, bulletin, finding_id=finding, **given), "已记录，不作更正。",
    )  # fmt: skip


# --- the list of problems, as long as it is ---


@page("bulletins.read")
def problems(request: ActorRequest, pk: int) -> HttpResponse:
    """问题清单: by unit and state, in pages, exported whole – always the reader's version."""
    bulletin = selectors.bulletin_for(request.actor, pk)
    told, _ = _told(bulletin, _reader(request))
    rows = told["问题清单"]
    units, states = (sorted({row[name] for row in rows}) for name in ("单位", "状态"))
    unit, state = request.GET.get("unit_name", ""), request.GET.get("state", "")
    rows = [row for row in rows if unit in {"", row["单位"]} and state in {"", row["状态"]}]
    headings = list(rows[0]) if rows else []
    if (kind := request.GET.get("export", "")) in {"xlsx", "csv"}:
        make = xlsx_response if kind == "xlsx" else csv_response
        return make(headings, ([row[name] for name in headings] for row in rows))
    text = request.GET.get("page", "1")
    pages = max(1, -(-len(rows) // A_PAGE))
    number = min(max(int(text), 1), pages) if text.isdecimal() and len(text) < 9 else 1
    context = {
        "bulletin": bulletin, "rows": rows[(number - 1) * A_PAGE : number * A_PAGE], "count": len(rows), "headings": headings,
        "pages": pages, "number": number, "units": units, "states": states, "unit": unit, "state": state,
        "kept": "&".join(f"{name}={quote(value)}" for name, value in (("unit_name", unit), ("state", state)) if value),
    }  # fmt: skip
    return render(request, "bulletins/problems.html", context)


# --- files and proof ---


@page("bulletins.read")
def word(request: ActorRequest, pk: int) -> HttpResponse:
    """The reader's version as .docx."""
    bulletin, reader = selectors.bulletin_for(request.actor, pk), _reader(request)
    return word_response(templates.word_file(bulletin, reader), templates.file_name(bulletin, reader))


@page("bulletins.read")
def errata(request: ActorRequest, pk: int) -> HttpResponse:
    """The numbered errata of an issued bulletin as .docx."""
    bulletin = selectors.bulletin_for(request.actor, pk)
    return word_response(errata_file(bulletin, selectors.errata_of(bulletin)), errata_name(bulletin))


def word_response(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=WORD)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@page("bulletins.read")
def verify(request: ActorRequest, pk: int) -> HttpResponse:
    """The digests computed anew from what is kept, beside those that were written down."""
    bulletin = selectors.bulletin_for(request.actor, pk)
    snapshot = bulletin.snapshot
    if snapshot is None:
        raise DomainError("not_frozen", "数据还没有冻结，没有可以核验的内容。")
    context = {
        "bulletin": bulletin, "snapshot": snapshot, "figures_now": rules.digest(snapshot.content),
        "signed_now": selectors.signed_digest(bulletin) if bulletin.signed_sha256 else "",
    }  # fmt: skip
    return render(request, "bulletins/verify.html", context)


@page("bulletins.full")
def figures(request: ActorRequest, pk: int) -> HttpResponse:
    """The snapshot's one text: ``sha256sum`` of this file is the digest."""
    bulletin = selectors.bulletin_for(request.actor, pk)
    if bulletin.snapshot is None:
        raise DomainError("not_frozen", "数据还没有冻结，没有可以核验的内容。")
    response = HttpResponse(rules.plain_text(bulletin.snapshot.content), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bulletin-{bulletin.month}.json"'
    return response
