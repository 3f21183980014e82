"""Doors of the register: the list, one case, a new one, corrections, the import."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.casereviews import forms, rules
from chengxin.casereviews.models import Case
from chengxin.casereviews.selectors import register
from chengxin.casereviews.services import register as commands
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.files import selectors as files
from chengxin.files.forms import upload_sheet
from chengxin.people import selectors as people
from chengxin.people.models import Person
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import sheet_template
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

EDITING = ("GET", "HEAD", "POST")


@page("casereviews.see")
def cases(request: ActorRequest) -> HttpResponse:
    """案卷登记 within the reader's scope."""
    actor = request.actor
    listing = ListPage(
        request,
        register.case_rows(actor),
        (
            Column("number", "案号", "number"), Column("title", "案件名称"), Column("unit_name", "单位", "unit__sequence"),
            Column("handled_by", "承办人"), Column("closed_on", "结案日期", "closed_on"), Column("procedure_title", "程序", "procedure"),
            Column("round_title", "评查", "framed__round__year"),
        ),
        (
            Filter("number", "案号", "number__icontains", kind="text"),
            Filter("unit", "单位", "unit_id", register.unit_choices(actor, "casereviews.see")),
            Filter("procedure", "程序", "procedure", tuple(rules.PROCEDURES.items())),
            Filter("from", "从", "closed_on__gte", kind="date"), Filter("until", "到", "closed_on__lte", kind="date"),
            Filter("place", "评查", "place", register.PLACES),
        ),
        default_sort="-closed_on",
    )  # fmt: skip
    context = {
        "listing": listing,
        "procedures": rules.PROCEDURES,
        "quarters": rules.QUARTERS,
        "may_register": actor.may("casereviews.register"),
    }
    return listing.export() or render(request, "casereviews/cases.html", context)


def _handlers(typed: str) -> list[Person]:
    """The persons of the staff numbers. Raises DomainError naming those nobody has."""
    numbers = rules.number_parts(typed)
    found = {person.number: person for person in Person.objects.filter(number__in=numbers)}
    unknown = [number for number in numbers if number not in found]
    if unknown:
        raise DomainError("no_person", f"没有工号 {'、'.join(unknown)}，请核对。", field="handlers")
    return [found[number] for number in numbers]


def _given(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    unit = people.unit_for(actor, int(given["unit"]), "casereviews.register")
    return {**given, "unit": unit, "handlers": _handlers(given["handlers"])}


@page("casereviews.register", methods=EDITING)
def new_case(request: ActorRequest) -> HttpResponse:
    """登记案卷."""
    actor = request.actor
    form = forms.CaseForm(request.POST or None, units=register.unit_choices(actor, "casereviews.register"))
    made: list[Case] = []
    if form.carry_out(lambda given: made.append(commands.register_case(actor, **_given(actor, given)))):
        messages.success(request, f"已登记 {made[0].number}。")
        return see_other(reverse("casereviews:case", args=[made[0].pk]))
    return render(request, "casereviews/new_case.html", {"form": form}, status=422 if form.errors else 200)


@page("casereviews.see")
def case(request: ActorRequest, pk: int) -> HttpResponse:
    """One case: what is registered, and every entry that made it so."""
    return _case(request, register.case_for(request.actor, pk))


@page("casereviews.register", methods=EDITING)
def correct(request: ActorRequest, pk: int) -> HttpResponse:
    """更正登记: a new entry."""
    found = register.case_for(request.actor, pk)
    if request.method != "POST":
        return see_other(reverse("casereviews:case", args=[pk]))
    actor = request.actor
    form = forms.CorrectForm(request.POST, units=register.unit_choices(actor, "casereviews.register"))
    if form.carry_out(lambda given: commands.correct_case(actor, found, **_given(actor, given))):
        messages.success(request, "已更正；更正前的登记保留可查。")
        return see_other(reverse("casereviews:case", args=[pk]))
    return _case(request, register.case_for(actor, pk), form=form)


def _case(request: ActorRequest, found: Case, *, form: forms.CorrectForm | None = None) -> HttpResponse:
    actor, facts = request.actor, register.facts_of(found)
    if form is None and actor.may("casereviews.register", found.unit_id):
        initial = {**facts, "unit": str(found.unit_id), "handlers": "、".join(facts["handlers"])}
        form = forms.CorrectForm(units=register.unit_choices(actor, "casereviews.register"), initial=initial)
    framed = getattr(found, "framed", None)
    context = {
        "case": found, "form": form, "entries": list(found.entries.all()), "procedures": rules.PROCEDURES,
        "handlers": [f"{each.person.number} {each.person.name}" for each in found.handlers.select_related("person")],
        "round": framed.round if framed is not None else None, "fact_titles": rules.FACTS,
    }  # fmt: skip
    return render(request, "casereviews/case.html", context, status=422 if form is not None and form.errors else 200)


# --- the import ---


@page("casereviews.register", methods=EDITING)
def import_cases(request: ActorRequest) -> HttpResponse:
    """案卷导入: understood whole or refused cell by cell."""
    actor = request.actor
    upload = upload_sheet(
        request,
        lambda table: register.read_sheet(actor, table, clock.today()),
        lambda name, content, rows: commands.preview_cases(actor, file_name=name, content=content, rows=rows),
    )
    if upload.number is not None:
        return see_other(reverse("casereviews:import_preview", args=[upload.number]))
    context = {"title": "案卷导入", "template": reverse("casereviews:import_template"), "form": upload.form, "errors": upload.errors}
    return render(request, "ui/import.html", context, status=upload.status)


@page("casereviews.register", methods=EDITING)
def import_preview(request: ActorRequest, pk: int) -> HttpResponse:
    sheet = files.sheet_for(request.actor, commands.SHEET, pk)
    if request.method == "POST":
        counts = commands.apply_cases(request.actor, pk)
        messages.success(request, f"已导入：新增 {counts['added']} 件；{counts['unchanged']} 件已登记，没有重复。")
        return see_other(reverse("casereviews:cases"))
    columns = {
        "number": "案号", "title": "案件名称", "unit": "单位", "handled_by": "承办人工号", "closed_on": "结案日期",
        "procedure_title": "程序",
    }  # fmt: skip
    context = {"title": "案卷导入", "sheet": sheet, "effects": register.import_effects(sheet.rows), "columns": columns}
    return render(request, "ui/import_preview.html", {**context, "again": reverse("casereviews:import")})


@page("casereviews.register")
def import_template(request: ActorRequest) -> HttpResponse:
    units = [name for _, name in register.unit_choices(request.actor, "casereviews.register")]
    return sheet_template("cases", rules.COLUMNS, {"单位": units, "程序": list(rules.PROCEDURES.values())})
