"""Doors of the duty roster."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.duty import forms, rules, selectors, services
from chengxin.files import selectors as files
from chengxin.files.forms import upload_sheet
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import sheet_template
from chengxin.ui.pages import render, see_other

AHEAD = 35  # days of the own roster that are shown and may be swapped


@page("duty.read")
def roster(request: ActorRequest) -> HttpResponse:
    """This week of the own squadron, or a choice."""
    units = selectors.units_to_plan(request.actor)
    own = [unit for unit in units if unit.pk == request.actor.unit_id]
    if own or len(units) == 1:
        return see_other(reverse("duty:week", args=[units[0].pk]))
    return render(request, "duty/choose_unit.html", {"units": units})


@page("duty.read", methods=("GET", "HEAD", "POST"))
def week(request: ActorRequest, pk: int) -> HttpResponse:
    """A squadron's week as a grid; who may plan it changes it in place."""
    unit = people.unit_for(request.actor, pk, "duty.read")
    monday = selectors.monday_of(_day(request.GET.get("day", "")))
    days = [monday + dt.timedelta(days=offset) for offset in range(selectors.WEEK)]
    members, shifts, on_leave = selectors.week_of(unit, monday)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            wanted = forms.wanted_in(request.POST, [member.pk for member in members], days)
            changed = services.plan_shifts(request.actor, unit, wanted=wanted)
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, f"已保存，改动 {changed} 处。" if changed else "没有改动。")
            return see_other(f"{reverse('duty:week', args=[pk])}?day={monday}")
    context = {
        "unit": unit, "units": selectors.units_to_plan(request.actor), "days": days, "members": members, "shifts": shifts,
        "on_leave": on_leave, "patterns": selectors.patterns_on(monday), "may_plan": request.actor.may("duty.plan", pk),
        "typed": request.POST, "error": error, "calendar": _workdays(days), "week": dt.timedelta(days=7),
    }  # fmt: skip
    return render(request, "duty/week.html", context, status=error.status if error else 200)


def _workdays(days: list[dt.date]) -> dict[dt.date, bool]:
    calendar = rulebook.work_calendar()
    return {day: calendar.is_workday(day) for day in days}


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return clock.today()
    return day if 2000 <= day.year <= 2100 else clock.today()


@page("duty.read_own", methods=("GET", "HEAD"))
def own(request: ActorRequest) -> HttpResponse:
    """我的勤务: my shifts ahead, my leave, my swaps, and what colleagues ask me."""
    return render(request, "duty/own.html", _own_context(request))


def _own_context(request: ActorRequest, **forms_in_use: Any) -> dict[str, Any]:
    person = request.actor.person_id or 0
    shifts = selectors.shifts_from(person, clock.today(), AHEAD)
    return {
        "shifts": shifts, "day": clock.today(), "leaves": selectors.leaves_of(person)[:10], "swaps": selectors.swaps_of(person)[:10],
        "leave_form": forms.LeaveForm(), "swap_form": _swap_form(request, shifts), "own_id": person, **forms_in_use,
    }  # fmt: skip


def _swap_form(request: ActorRequest, shifts: list[Any]) -> forms.SwapForm:
    open_shifts = [shift for shift in shifts if shift.period.lower > clock.now()]
    colleagues = people.members_of([request.actor.unit_id] if request.actor.unit_id else [], clock.today())
    return forms.SwapForm(request.POST or None, shifts=open_shifts, colleagues=[p for p in colleagues if p.pk != request.actor.person_id])


@page("duty.request", methods=("POST",))
def request_leave(request: ActorRequest) -> HttpResponse:
    form = forms.LeaveForm(request.POST)
    if form.carry_out(lambda given: services.request_leave(request.actor, **given)):
        messages.success(request, "已申请，等待审批。")
        return see_other(reverse("duty:own"))
    context = _own_context(request, leave_form=form, swap_form=_fresh_swap_form(request))
    return render(request, "duty/own.html", context, status=422)


def _fresh_swap_form(request: ActorRequest) -> forms.SwapForm:
    form = _swap_form(request, selectors.shifts_from(request.actor.person_id or 0, clock.today(), AHEAD))
    form.is_bound = False
    return form


@page("duty.request", methods=("POST",))
def request_swap(request: ActorRequest) -> HttpResponse:
    shifts = selectors.shifts_from(request.actor.person_id or 0, clock.today(), AHEAD)
    form = _swap_form(request, shifts)

    def ask(given: dict[str, Any]) -> None:
        shift = selectors.shift_for(request.actor, int(given["shift"]))
        other = next(p for p in people.members_of([shift.unit_id], shift.day) if p.pk == int(given["other"]))
        against = None
        if given["against"]:
            against = next(iter(selectors.shifts_from(other.pk, given["against"], 1)), None)
            if against is None:
                raise DomainError("no_shift", f"{other.name} {given['against']} 没有班次。", field="against")
        services.request_swap(request.actor, shift, other=other, against=against)

    if form.carry_out(ask):
        messages.success(request, "已发出，对方同意后由中队长审批。")
        return see_other(reverse("duty:own"))
    return render(request, "duty/own.html", _own_context(request, swap_form=form), status=422)


@page("duty.request", methods=("POST",))
def answer_swap(request: ActorRequest, pk: int) -> HttpResponse:
    services.answer_swap(request.actor, selectors.swap_for(request.actor, pk), agreed=request.POST.get("agreed") == "yes")
    messages.success(request, "已答复。")
    return see_other(reverse("duty:own"))


@page("duty.decide")
def requests(request: ActorRequest) -> HttpResponse:
    """Leave and swaps that wait for this actor's decision."""
    context = {"leaves": selectors.leaves_to_decide(request.actor), "swaps": selectors.swaps_to_decide(request.actor)}
    return render(request, "duty/requests.html", {**context, "form": forms.DecisionForm()})


@page("duty.decide", methods=("POST",))
def decide(request: ActorRequest, pk: int, what: str) -> HttpResponse:
    granted, note = request.POST.get("granted") == "yes", request.POST.get("note", "").replace("\0", "")[:200]
    if what == "leave":
        services.decide_leave(request.actor, selectors.leave_for(request.actor, pk), granted=granted, note=note)
    elif what == "swap":
        services.decide_swap(request.actor, selectors.swap_for(request.actor, pk), granted=granted, note=note)
    else:
        raise NotFound("no_request", "没有这种申请。")
    messages.success(request, "已同意。" if granted else "已记录不同意。")
    return see_other(reverse("duty:requests"))


@page("duty.plan", methods=("GET", "HEAD", "POST"))
def import_roster(request: ActorRequest) -> HttpResponse:
    """排班导入: understood whole or refused cell by cell."""
    day = clock.today()
    upload = upload_sheet(
        request,
        lambda table: rules.read_roster(table, selectors.plannable_numbers(request.actor, day), selectors.patterns_on(day), day),
        lambda name, content, rows: services.preview_roster(request.actor, file_name=name, content=content, rows=rows),
    )
    if upload.number is not None:
        return see_other(reverse("duty:import_preview", args=[upload.number]))
    context = {"title": "排班导入", "template": reverse("duty:import_template"), "form": upload.form, "errors": upload.errors}
    return render(request, "ui/import.html", context, status=upload.status)


@page("duty.plan", methods=("GET", "HEAD", "POST"))
def import_preview(request: ActorRequest, pk: int) -> HttpResponse:
    sheet = files.sheet_for(request.actor, services.SHEET, pk)
    if request.method == "POST":
        changed = services.apply_roster(request.actor, pk)
        messages.success(request, f"已导入，改动 {changed} 处。")
        return see_other(reverse("duty:roster"))
    titles = {code: pattern.title for code, pattern in selectors.patterns_on(clock.today()).items()} | {"": "休息"}
    effects = [{**row, "title": titles[row["pattern"]], "effect": f"排为{titles[row['pattern']]}"} for row in sheet.rows]
    context = {"title": "排班导入", "sheet": sheet, "effects": effects, "columns": {"number": "工号", "day": "日期", "title": "班次"}}
    return render(request, "ui/import_preview.html", {**context, "again": reverse("duty:import")})


@page("duty.plan")
def import_template(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    titles = [pattern.title for pattern in selectors.patterns_on(clock.today()).values()]
    return sheet_template("roster", rules.COLUMNS, {"班次": [*titles, rules.OFF]})
