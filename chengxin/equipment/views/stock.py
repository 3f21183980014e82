"""Uniform stock, issue and sizes (2.1)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import NotFound
from chengxin.equipment import forms, selectors
from chengxin.equipment.models import StockMovement
from chengxin.equipment.services import stock as commands
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage


def _pieces() -> list[Any]:
    """Style and size as one choice: a size means something only with its style."""
    return [
        (row["title"], [(f"{style}/{size}", f"{row['title']} {size}") for size in row["sizes"]])
        for style, row in selectors.styles().items()
    ]


@page("equipment.stock", methods=("GET", "HEAD", "POST"))
def stock(request: ActorRequest) -> HttpResponse:
    """制服库存: what lies in the store by style, sex and class; what is low; what next year needs; every movement."""
    form = forms.StockForm(request.POST or None, pieces=_pieces())

    def move(given: dict[str, Any]) -> None:
        style, size = given.pop("piece").split("/")
        commands.move_stock(request.actor, style=style, size=size, **given)

    if form.carry_out(move):
        messages.success(request, "已记账。")
        return see_other(reverse("equipment:stock"))
    titles = {style: row["title"] for style, row in selectors.styles().items()}
    movements = selectors.movements().annotate(style=F("stock__style"), size=F("stock__size"), sex=F("stock__sex"))
    listing = ListPage(
        request,
        movements.values("pk", "style", "size", "sex", "kind", "change", "left", "note", "by_label", "at"),
        (
            Column("at", "时间", "at"), Column("style", "品种", words=titles), Column("size", "尺码"), Column("kind", "种类"),
            Column("change", "变动"), Column("left", "结存"), Column("note", "说明"), Column("by_label", "经办人"),
        ),
        (Filter("kind", "种类", "kind", StockMovement.KINDS),),
        page_size=20,
    )  # fmt: skip
    year = clock.today().year + 1
    context = {
        "listing": listing, "form": form, "store": selectors.stock_table(), "needs": selectors.forecast(year), "year": year,
        "titles": titles, "kinds": dict(StockMovement.KINDS),
        "source": selectors.entitlement_source(clock.today()),
    }  # fmt: skip
    return listing.export() or render(request, "equipment/stock.html", context, status=422 if form.errors else 200)


@page("equipment.stock")
def uniforms(request: ActorRequest) -> HttpResponse:
    """制服发放: everybody who wears it, one row each, to the sheet of one person."""
    members = people.members_of([unit.pk for unit in people.all_units()], clock.today()).exclude(person_class="other")
    listing = ListPage(
        request,
        members.values("pk", "number", "name", "sex", "person_class", office=F("assignments__unit__name")),
        (
            Column("number", "工号", "number"),
            Column("name", "姓名", "name_key"),
            Column("office", "单位"),
            Column("person_class", "类别"),
        ),
        (
            Filter("name", "姓名", "name__contains", kind="text"),
            Filter("unit", "单位", "assignments__unit_id", people.unit_choices(request.actor)),
        ),
        default_sort="number",
    )
    return listing.export() or render(request, "equipment/uniforms.html", {"listing": listing})


@page("equipment.stock", methods=("GET", "HEAD", "POST"))
def uniform(request: ActorRequest, pk: int) -> HttpResponse:
    """One person's sheet: entitlement, sizes, what was issued; issue and exchange."""
    person = people.person_for(request.actor, pk)
    if person.person_class == "other":
        raise NotFound("no_uniform", "其他人员不配发制服。")
    issues, titles = selectors.issues_of(person), {style: row["title"] for style, row in selectors.styles().items()}
    worn = [(str(i.pk), f"{titles.get(i.style, i.style)} {i.stock.size} {i.issued_on}") for i in issues if i.taken_back_on is None]
    form = forms.IssueForm(request.POST or None, pieces=_pieces(), issues=worn)

    def give(given: dict[str, Any]) -> None:
        style, size = given["piece"].split("/")
        old = selectors.issue_for(int(given["exchanges"])) if given["exchanges"] else None
        commands.issue_uniform(request.actor, person, style=style, size=size, quantity=given["quantity"], exchanges=old)

    if form.carry_out(give):
        messages.success(request, "已发放。")
        return see_other(reverse("equipment:uniform", args=[pk]))
    context = {
        "person": person, "issues": issues, "form": form, "lines": selectors.entitlement_of(person), "sizes": selectors.sizes_of(pk),
        "titles": titles, "day": clock.today(),
    }  # fmt: skip
    return render(request, "equipment/uniform.html", context, status=422 if form.errors else 200)


@page("equipment.stock", methods=("POST",))
def take_back(request: ActorRequest, pk: int) -> HttpResponse:
    issue = selectors.issue_for(pk)
    commands.take_back_uniform(request.actor, issue, into_stock=request.POST.get("into_stock") == "yes")
    messages.success(request, "已收回。不再使用的请去除全部标识后登记处置（2.1.3）。")
    return see_other(reverse("equipment:uniform", args=[issue.person_id]))


@page("equipment.sizes", methods=("GET", "HEAD", "POST"))
def sizes(request: ActorRequest) -> HttpResponse:
    """我的尺码, entered once; and what I may have when."""
    person = people.person_for(request.actor, request.actor.person_id or 0)
    form = forms.SizesForm(request.POST or None, styles=selectors.styles(), kept=selectors.sizes_of(person.pk))
    if form.carry_out(lambda _given: commands.set_sizes(request.actor, sizes=form.sizes())):
        messages.success(request, "已保存，发放时会用到。")
        return see_other(reverse("equipment:sizes"))
    context = {"form": form, "lines": selectors.entitlement_of(person), "issues": selectors.issues_of(person)}
    return render(request, "equipment/sizes.html", context, status=422 if form.errors else 200)
