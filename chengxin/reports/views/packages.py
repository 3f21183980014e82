"""年终材料: the list of years, a year's page with everything that can be done to it, its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.people import selectors as people
from chengxin.reports import forms, rules, selectors, services
from chengxin.reports.models import YearPackage
from chengxin.reports.selectors import sections
from chengxin.reports.selectors.sections.next_year import weak_items_of
from chengxin.reports.services import files
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import XLSX
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

FORMS = {"docx": (files.as_docx, files.WORD), "xlsx": (files.as_xlsx, XLSX)}


@page("reports.read", methods=("GET", "HEAD", "POST"))
def packages(request: ActorRequest) -> HttpResponse:
    """Every year; who prepares begins one here."""
    form = forms.YearForm(request.POST or None, initial={"year": clock.today().year})
    if request.method == "POST" and form.carry_out(lambda given: services.prepare_package(request.actor, **given)):
        return see_other(reverse("reports:package", args=[form.cleaned_data["year"]]))
    context = {"packages": selectors.packages(), "form": form, "may_prepare": request.actor.may("reports.prepare")}
    return render(request, "reports/packages.html", context, status=422 if form.errors else 200)


@page("reports.read")
def package(request: ActorRequest, year: int) -> HttpResponse:
    return _package(request, selectors.package_of(year))


def _package(
    request: ActorRequest, found: YearPackage, opened: str = "", bound: Form | None = None, chosen: tuple[str, ...] = ()
) -> HttpResponse:  # fmt: skip
    """The year's page; a refused form stands open with what was typed."""
    content = selectors.content_of(found)
    carried = {each.key: each for each in found.carried.select_related("responsible")}
    open_items = sections.open_items_of(content)
    doors: dict[str, Form] = {
        "measure": _measure_form(request, None),
        "carry": forms.CarryForm(auto_id="carry_%s"),
        "issue": forms.IssueForm(),
        "erratum": forms.ErratumForm(auto_id="erratum_%s"),
    }
    edits: dict[int, Form] = {
        each.pk: _measure_form(request, None, vars(each) | {"unit": each.unit_id}, f"measure-{each.pk}") for each in found.measures.all()
    }
    proposals = _proposals(found)
    proposed = _chosen(request, proposals)
    if proposed is not None:
        item, text = proposed
        doors["measure"] = _measure_form(request, None, initial={"clause": item.clause, "text": text})
    if bound is not None and opened.startswith("measure-"):
        edits[int(opened.removeprefix("measure-"))] = bound
    elif bound is not None:
        doors[opened] = bound
    context = {
        "package": found, "content": content, "open_items": open_items, "carried": carried, "doors": doors, "opened": opened,
        "bound": bound,
        "chosen": chosen, "measures": list(found.measures.select_related("unit")), "edits": edits, "errata": list(found.errata.all()),
        "proposals": proposals, "proposed": proposed, "entry": request.POST.get("entry", proposed[0].entry if proposed else ""),
        "may_prepare": request.actor.may("reports.prepare"),
        "may_issue": request.actor.may("reports.issue"), "suggestions": people.person_suggestions(request.actor),
        "left": len([item for item in open_items if item.key not in carried]), "is_over": rules.is_over(found.year, clock.today()),
        "charts": [chart for section in content["sections"] for chart in section["charts"]],
    }  # fmt: skip
    return render(request, "reports/package.html", context, status=422 if bound is not None else 200)


def _proposals(found: YearPackage) -> list[tuple[rules.WeakItem, str]]:
    """What the program proposes against weak items nobody wrote a measure about yet."""
    if not found.is_draft:
        return []
    answered = set(found.measures.values_list("clause", "entry"))
    return [(item, rules.proposed_measure(item)) for item in weak_items_of(found.year) if (item.clause, item.entry) not in answered]


def _chosen(request: ActorRequest, proposals: list[tuple[rules.WeakItem, str]]) -> tuple[rules.WeakItem, str] | None:
    """The proposal somebody takes up: its words stand in the form, to be edited."""
    place = request.GET.get("propose", "")
    return proposals[int(place)] if place.isdecimal() and len(place) < 4 and int(place) < len(proposals) else None


def _measure_form(request: ActorRequest, data: Any, initial: dict[str, Any] | None = None, name: str = "measure") -> forms.MeasureForm:
    """``name`` keeps the fields of several such forms on one page apart."""
    clauses = [(clause.code, f"{clause.code} {clause.title}") for clause in rulebook.clauses()]
    return forms.MeasureForm(data, clauses=clauses, units=people.unit_choices(request.actor), initial=initial or {}, auto_id=f"{name}_%s")


def _carry_out(
    request: ActorRequest, found: YearPackage, name: str, form: Form, command: Callable[[dict[str, Any]], Any], done: str,
    chosen: tuple[str, ...] = (),
) -> HttpResponse:  # fmt: skip
    if form.carry_out(command):
        messages.success(request, done)
        return see_other(reverse("reports:package", args=[found.year]))
    return _package(request, found, name, form, chosen)


@page("reports.prepare", methods=("POST",))
def add_measure(request: ActorRequest, year: int) -> HttpResponse:
    found, form = selectors.package_of(year), _measure_form(request, request.POST)

    def command(given: dict[str, Any]) -> None:
        unit = people.unit_for(request.actor, int(given.pop("unit")), "reports.prepare")
        services.add_next_measure(request.actor, found, unit=unit, entry=request.POST.get("entry", "")[:60], **given)

    return _carry_out(request, found, "measure", form, command, "已加入下年度措施。")


@page("reports.prepare", methods=("POST",))
def change_measure(request: ActorRequest, year: int, pk: int) -> HttpResponse:
    """Word it anew, or take it out."""
    found = selectors.package_of(year)
    measure = selectors.measure_for(found, pk)
    if request.POST.get("remove"):
        services.remove_next_measure(request.actor, measure)
        messages.success(request, "已删除。")
        return see_other(reverse("reports:package", args=[year]))
    form = _measure_form(request, request.POST, name=f"measure-{pk}")

    def command(given: dict[str, Any]) -> None:
        unit = people.unit_for(request.actor, int(given.pop("unit")), "reports.prepare")
        services.change_next_measure(request.actor, measure, unit=unit, **given)

    return _carry_out(request, found, f"measure-{pk}", form, command, "已修改。")


@page("reports.prepare", methods=("POST",))
def carry(request: ActorRequest, year: int) -> HttpResponse:
    found, form, keys = selectors.package_of(year), forms.CarryForm(request.POST, auto_id="carry_%s"), tuple(request.POST.getlist("keys"))

    def command(given: dict[str, Any]) -> None:
        try:
            person = people.person_by_text(request.actor, given["responsible"])
        except DomainError as error:
            raise DomainError(error.code, error.message, field="responsible") from error
        services.carry_over(request.actor, found, keys=keys, responsible=person, reason=given["reason"])

    return _carry_out(request, found, "carry", form, command, f"已转结 {len(keys)} 件。", keys)


@page("reports.prepare", methods=("POST",))
def freeze(request: ActorRequest, year: int) -> HttpResponse:
    found, form = selectors.package_of(year), Form(request.POST)
    return _carry_out(request, found, "freeze", form, lambda _: services.freeze_package(request.actor, found), "已定稿，内容不再变动。")


@page("reports.issue", methods=("POST",))
def issue(request: ActorRequest, year: int) -> HttpResponse:
    found, form = selectors.package_of(year), forms.IssueForm(request.POST)
    return _carry_out(request, found, "issue", form, lambda given: services.issue_package(request.actor, found, **given), "已印发。")


@page("reports.prepare", methods=("POST",))
def erratum(request: ActorRequest, year: int) -> HttpResponse:
    found, form = selectors.package_of(year), forms.ErratumForm(request.POST, auto_id="erratum_%s")
    return _carry_out(request, found, "erratum", form, lambda given: services.add_erratum(request.actor, found, **given), "已登记勘误。")


@page("reports.read", methods=("POST",))
def download(request: ActorRequest, year: int) -> HttpResponse:
    """The files name persons: by post, each taking away kept, never cached."""
    found, form = selectors.package_of(year), request.POST.get("form", "")
    if form not in FORMS:
        raise DomainError("bad_form", "请选择 Word 或 Excel。", field="form")
    services.record_download(request.actor, found, form=form)
    make, media_type = FORMS[form]
    printed = files.printed(found)
    headers = {"Content-Disposition": f'attachment; filename="{printed.stem}.{form}"', "Cache-Control": "no-store"}
    return HttpResponse(make(printed), content_type=media_type, headers=headers)
