"""The register: list, one item, purchase, import, labels, renewal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import segno
from django.contrib import messages
from django.db.models import Case, CharField, F, Value, When
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.equipment import forms, rules, selectors
from chengxin.equipment.models import Custody
from chengxin.equipment.services import faults, register
from chengxin.equipment.views.labels import label_sheet
from chengxin.files import selectors as files
from chengxin.files.forms import collect_photos, upload_sheet
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import sheet_template
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

MOST_LABELS = 600


@page("equipment.read_own")
def own(request: ActorRequest) -> HttpResponse:
    """我的装备: what I hold, due when, and what I returned lately."""
    person = request.actor.person_id or 0
    context = {"held": selectors.held_by(person), "returned": selectors.returned_by(person)[:20]}
    return render(request, "equipment/own.html", context)


def _listing(request: ActorRequest) -> ListPage:
    query = selectors.with_place(selectors.items_visible_to(request.actor)).annotate(
        where=Case(
            When(is_out=True, then=Value(rules.OUT)), When(is_returned=True, then=Value(rules.RETURNED)), default=Value(rules.STORE),
            output_field=CharField(),
        ),
        unit_name=F("unit__name"),
    )  # fmt: skip
    fields = ("pk", "asset_number", "kind", "model_name", "unit_name", "place", "service", "where", "holder_name", "due_at", "purchased_on")
    return ListPage(
        request,
        query.values(*fields),
        (
            Column("asset_number", "编号", "asset_number"),
            Column("kind", "种类", "kind"),
            Column("model_name", "型号"),
            Column("unit_name", "单位", "unit__sequence"),
            Column("place", "存放位置"),
            Column("service", "状态", "service"),
            Column("holder_name", "领用人"),
            Column("due_at", "应还"),
        ),
        (
            Filter("number", "编号", "asset_number__icontains", kind="text"),
            Filter("kind", "种类", "kind", selectors.kind_choices()),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("service", "状态", "service", list(rules.SERVICE.items())),
            Filter("where", "在哪", "where", list(rules.PLACES.items())),
        ),
        default_sort="asset_number",
    )


@page("equipment.read")
def items(request: ActorRequest) -> HttpResponse:
    """装备台账 within the reader's scope."""
    listing = _listing(request)
    context = {
        "listing": listing, "kinds": dict(selectors.kind_choices()), "service": rules.SERVICE, "tones": rules.SERVICE_TONES,
        "places": rules.PLACES, "now": clock.now(), "may_register": request.actor.may("equipment.register"),
    }  # fmt: skip
    return listing.export() or render(request, "equipment/items.html", context)


@page("equipment.read")
def labels(request: ActorRequest) -> HttpResponse:
    """The labels of the listed items as a printable sheet. Raises DomainError for more than one sheet set can hold."""
    listing = _listing(request)
    if listing.count > MOST_LABELS:
        raise DomainError("too_many", f"一次最多打印 {MOST_LABELS} 张标签，请先筛选单位或种类。")
    rows = listing.query.values_list("asset_number", "kind", "model_name", "unit__name")[:MOST_LABELS]
    titles = dict(selectors.kind_choices())
    return label_sheet([(number, f"{titles[kind]} {model}", unit) for number, kind, model, unit in rows])


def _with_checks(history: Iterable[Custody], checks: Sequence[Mapping[str, Any]]) -> list[Custody]:
    """The custodies with what the short checks before and after found, in words."""
    found = list(history)
    for each in found:
        each.checked_out, each.checked_in = rules.told(checks, each.readings_out), rules.told(checks, each.readings_in)  # type: ignore[attr-defined]
    return found


@page("equipment.read_own", methods=("GET", "HEAD", "POST"))
def item(request: ActorRequest, pk: int) -> HttpResponse:
    """One item: who holds it, its story, and what the reader may do with it."""
    found = selectors.item_for(request.actor, pk)
    form = forms.FaultForm(request.POST or None)
    kept: list[Any] = []
    if request.method == "POST":
        try:
            kept = collect_photos(request.actor, request)
            if form.is_valid():
                faults.report_fault(request.actor, found, photos=[file.pk for file in kept], **form.cleaned_data)
                messages.success(request, "已报告，装备已停用，中队长和装备管理员会看到。请停止使用并交回。")
                return see_other(reverse("equipment:item", args=[pk]))
        except DomainError as error:
            form.is_valid()
            form.add_domain_error(error)
    return render(request, "equipment/item.html", _item_context(request, found, form, kept), status=422 if form.errors else 200)


def _item_context(request: ActorRequest, found: Any, form: Any, kept: list[Any]) -> dict[str, Any]:
    actor, kind = request.actor, selectors.kinds()[found.kind]
    reads_all = actor.may("equipment.read", found.unit_id)
    history = Custody.objects.filter(item=found).select_related("holder", "keeper", "countersigned_by")
    holding = history.filter(returned_at=None).first()
    may_report = found.service == rules.READY and (
        (holding is not None and holding.holder_id == actor.person_id) or actor.may("equipment.keep", found.unit_id)
    )
    units = [(str(unit.pk), unit.name) for unit in people.all_units()]
    return {
        "item": found, "kind": kind, "holding": holding,
        "history": _with_checks(history[:30], kind["checks"]) if reads_all else [], "form": form, "kept": kept,
        "steps": found.steps.order_by("-pk") if reads_all else [], "code": segno.make(found.label, error="m").svg_data_uri(scale=4),
        "service": rules.SERVICE, "tones": rules.SERVICE_TONES, "may_report": may_report, "reads_all": reads_all,
        "wears_out_on": rules.wears_out_on(found.purchased_on, kind["wear_years"]),
        "may_register": actor.may("equipment.register", found.unit_id) and found.service != rules.RETIRED,
        "allocation": forms.AllocationForm(units=units, initial={"unit": found.unit_id, "place": found.place}),
        "retirement": forms.ReasonForm(), "open_fault": found.faults.exclude(state__in=["closed", "condemned"]).first(),
        "now": clock.now(),
    }  # fmt: skip


@page("equipment.register", methods=("GET", "HEAD", "POST"))
def register_item(request: ActorRequest) -> HttpResponse:
    """购置登记 of a single item."""
    units = [(str(unit.pk), unit.name) for unit in people.all_units()]
    form = forms.ItemForm(request.POST or None, units=units, kinds=selectors.kind_choices())

    def enter(given: dict[str, Any]) -> None:
        unit = people.unit_for(request.actor, int(given.pop("unit")), "equipment.register")
        made = register.register_item(request.actor, unit=unit, **given)
        messages.success(request, f"已登记 {made.asset_number} 并发放给{unit.name}。")

    if form.carry_out(enter):
        return see_other(reverse("equipment:items"))
    return render(request, "equipment/register.html", {"form": form}, status=422 if form.errors else 200)


@page("equipment.register", methods=("POST",))
def change(request: ActorRequest, pk: int, what: str) -> HttpResponse:
    """Allocation or retirement of one item."""
    found = selectors.item_for(request.actor, pk)
    if what == "retire":
        register.retire_item(request.actor, found, reason=request.POST.get("reason", ""))
        messages.success(request, "已报废。")
    else:
        units = [(str(unit.pk), unit.name) for unit in people.all_units()]
        form = forms.AllocationForm(request.POST, units=units)
        if not form.is_valid():
            raise DomainError("bad_unit", "请选择调配到的单位。", field="unit")
        unit = people.unit_for(request.actor, int(form.cleaned_data["unit"]), "equipment.register")
        register.allocate_item(request.actor, found, unit=unit, place=form.cleaned_data["place"])
        messages.success(request, f"已调配到{unit.name}。")
    return see_other(reverse("equipment:item", args=[pk]))


@page("equipment.register", methods=("GET", "HEAD", "POST"))
def import_items(request: ActorRequest) -> HttpResponse:
    """装备导入: understood whole or refused cell by cell."""
    titles = {title: code for code, title in selectors.kind_choices()}
    upload = upload_sheet(
        request,
        lambda table: rules.read_items(table, titles, people.unit_names(), clock.today()),
        lambda name, content, rows: register.preview_items(request.actor, file_name=name, content=content, rows=rows),
    )
    if upload.number is not None:
        return see_other(reverse("equipment:import_preview", args=[upload.number]))
    context = {"title": "装备导入", "template": reverse("equipment:import_template"), "form": upload.form, "errors": upload.errors}
    return render(request, "ui/import.html", context, status=upload.status)


@page("equipment.register", methods=("GET", "HEAD", "POST"))
def import_preview(request: ActorRequest, pk: int) -> HttpResponse:
    sheet = files.sheet_for(request.actor, register.SHEET, pk)
    if request.method == "POST":
        counts = register.apply_items(request.actor, pk)
        messages.success(request, f"已导入：新增 {counts['added']} 件，修改 {counts['changed']} 件，{counts['unchanged']} 件无变化。")
        return see_other(reverse("equipment:items"))
    columns = {"asset_number": "编号", "kind_title": "种类", "model_name": "型号", "unit": "单位"}
    context = {"title": "装备导入", "sheet": sheet, "effects": selectors.import_effects(sheet.rows), "columns": columns}
    return render(request, "ui/import_preview.html", {**context, "again": reverse("equipment:import")})


@page("equipment.register")
def import_template(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    choices = {"种类": [title for _, title in selectors.kind_choices()], "单位": people.unit_names()}
    return sheet_template("equipment", rules.COLUMNS, choices)


@page("equipment.register")
def renewals(request: ActorRequest) -> HttpResponse:
    """更新预测: what wears out by the end of which year, for the budget."""
    year = clock.today().year
    years = [year + offset for offset in range(4)]
    tables = dict(selectors.renewals(request.actor, years))
    return render(request, "equipment/renewals.html", {"years": years, "tables": tables, "day": dt.date(year, 12, 31)})
