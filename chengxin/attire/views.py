"""Doors of dress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from chengxin.attire import forms, rules, selectors, services
from chengxin.attire.models import RollCall, Season
from chengxin.core import clock
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError, NotFound
from chengxin.files import selectors as files
from chengxin.files.answers import file_response
from chengxin.files.forms import collect_photos
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.offline import sheet_worker
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

CLASSES = {"established": "在编执法人员", "auxiliary": "协管人员"}
SEXES = {"male": "男", "female": "女"}


@page("attire.today")
def today(request: ActorRequest) -> HttpResponse:
    """今日着装 of a class and sex, for today or any other day."""
    own = people.person_for(request.actor, request.actor.person_id) if request.actor.person_id else None
    day = _day(request.GET.get("day", ""))
    person_class = _among(request.GET.get("class"), CLASSES, own.person_class if own else "established")
    sex = _among(request.GET.get("sex"), SEXES, own.sex if own else "male")
    dress = selectors.dress_on(day)
    entries = rulebook.catalogue(day, simulate=True).values()
    context = {
        "dress": dress,
        "person_class": person_class,
        "sex": sex,
        "classes": CLASSES,
        "sexes": SEXES,
        "own": own,
        "expected": selectors.expectations_on([own], day)[own.pk] if own else None,
        "grooming": [entry["title"] for entry in entries if entry["group"] == "仪容" and entry["sex"] in {"any", sex}],
        "seasons": _all_seasons(day),
    }
    return render(request, "attire/today.html", context)


def _all_seasons(day: dt.date) -> list[tuple[str, list[dict[str, str]]]]:
    policy = rulebook.rule_values("attire.dress", day, simulate=True)
    return [(label, policy[code]) for code, label in Season.choices]


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return clock.today()
    return day if 2000 <= day.year <= 2100 else clock.today()


def _among(given: str | None, allowed: dict[str, str], otherwise: str) -> str:
    chosen = given if given in allowed else otherwise
    return chosen if chosen in allowed else next(iter(allowed))


@page("attire.roll_call")
def roll_call(request: ActorRequest) -> HttpResponse:
    """班前点验: straight to the own squadron, else a choice."""
    units = selectors.units_to_call(request.actor)
    if len(units) == 1:
        return see_other(reverse("attire:roll_call_of", args=[units[0].pk]))
    return render(request, "attire/choose_unit.html", {"units": units})


@page("attire.roll_call", methods=("GET", "HEAD", "POST"))
def roll_call_of(request: ActorRequest, pk: int) -> HttpResponse:
    """The sheet of a unit: everyone passes, tap the exceptions, send once."""
    unit = people.unit_for(request.actor, pk, "attire.roll_call")
    day = clock.today()
    form = forms.RollCallForm(request.POST or None, sessions=selectors.roll_call_sessions(day))
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = _submit(request, unit, form)
        except DomainError as refused:
            error = refused
        else:
            return _sent(request, made)
    if error is not None and "json" in request.headers.get("Accept", ""):
        raise error
    if error is not None:
        form.add_domain_error(error)
    sheet = selectors.sheet_for(request.actor, unit, day)
    context = {
        "unit": unit, "form": form, "day": day, "season": selectors.season_on(day, simulate=True), "typed": request.POST,
        "kept": _kept(request), "wearing": [m for m in sheet if m.expected.word == rules.MUST_WEAR],
        "others": [m for m in sheet if m.expected.word != rules.MUST_WEAR],
        "held": RollCall.objects.filter(unit=unit, held_on=day).order_by("pk"), "sessions": selectors.roll_call_sessions(day),
    }  # fmt: skip
    return render(request, "attire/roll_call.html", context, status=error.status if error else 422 if form.errors else 200)


def _submit(request: ActorRequest, unit: Any, form: forms.RollCallForm) -> RollCall:
    """What was ticked and chosen for each member; a sending that arrived before is answered without reading it again."""
    given = form.cleaned_data
    arrived = selectors.roll_call_by_key(request.actor, given["client_key"])
    if arrived is not None:
        return arrived
    absent = [int(text) for text in request.POST.getlist("absent") if text.isdecimal()]
    return services.submit_roll_call(
        request.actor, unit, client_key=given["client_key"], held_on=given["held_on"], session=given["session"],
        exceptions=[_seen(request, person) for person in _excepted(request)], absent=absent,
    )  # fmt: skip


def _excepted(request: ActorRequest) -> list[int]:
    """Members with an entry chosen, in the order of the sheet."""
    named = [name.split("-")[1] for name in request.POST if name.startswith("entry-") and any(request.POST.getlist(name))]
    return list(dict.fromkeys(int(text) for text in named if text.isdecimal()))


def _seen(request: ActorRequest, person: int) -> services.SeenException:
    photos = collect_photos(request.actor, request, name=f"photo-{person}", kept_name=f"kept-{person}")
    return services.SeenException(
        person_id=person,
        entries=tuple(code for code in request.POST.getlist(f"entry-{person}") if code),
        corrected_on_spot=f"spot-{person}" in request.POST,
        note=request.POST.get(f"note-{person}", "").replace("\0", "")[:500],
        photos=tuple(file.pk for file in photos),
    )


def _kept(request: ActorRequest) -> dict[int, list[Any]]:
    """Photos that arrived with a refused sheet, by member."""
    kept: dict[int, list[Any]] = {}
    for name in request.POST:
        if name.startswith("kept-") and name[5:].isdecimal():
            ids = [UUID(text) for text in request.POST.getlist(name) if len(text) == 36]
            kept[int(name[5:])] = files.waiting_files(request.actor, ids)
    return kept


def _sent(request: ActorRequest, made: RollCall) -> HttpResponse:
    address = reverse("attire:roll_call_result", args=[made.pk])
    if "json" in request.headers.get("Accept", ""):
        return JsonResponse({"url": address})
    messages.success(request, "点验已送达。")
    return see_other(address)


@page("attire.read")
def roll_call_result(request: ActorRequest, pk: int) -> HttpResponse:
    made = selectors.roll_call_for(request.actor, pk)
    lines = selectors.lines_of(made)
    checked = [line for line in lines if line.outcome == rules.CHECKED]
    context = {
        "roll_call": made, "lines": lines, "checked": len(checked), "season": Season(made.season).label,
        "passed": sum(not line.exceptions.all() for line in checked), "sessions": selectors.roll_call_sessions(made.held_on),
        "classes": {**CLASSES, "other": "其他人员"},
    }  # fmt: skip
    return render(request, "attire/roll_call_result.html", context)


@page("attire.read")
def roll_calls(request: ActorRequest) -> HttpResponse:
    """Roll-calls within the reader's scope, with the rate of the last thirty days."""
    query = (
        RollCall.objects.all()
        .visible_to(request.actor)
        .annotate(
            unit_name=F("unit__name"),
            checked=Count("lines", filter=Q(lines__outcome=rules.CHECKED), distinct=True),
            exceptions=Count("lines__exceptions", distinct=True),
        )
    )
    day = clock.today()
    sessions = selectors.roll_call_sessions(day)
    listing = ListPage(
        request,
        query.values("pk", "held_on", "session", "unit_name", "conductor_label", "checked", "exceptions"),
        (
            Column("held_on", "日期", "held_on"),
            Column("unit_name", "单位", "unit__sequence"),
            Column("session", "班次", words=sessions),
            Column("conductor_label", "点验人"),
            Column("checked", "点验人数", "checked"),
            Column("exceptions", "问题", "exceptions"),
        ),
        (
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("from", "从", "held_on__gte", kind="date"),
            Filter("until", "到", "held_on__lte", kind="date"),
        ),
        default_sort="-held_on",
    )
    compliance = selectors.dress_compliance(request.actor, day - dt.timedelta(days=29), day)
    context = {"listing": listing, "compliance": compliance, "sessions": sessions}
    return listing.export() or render(request, "attire/roll_calls.html", context)


@page("attire.roll_call")
def worker(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker of the roll-call sheet: it opens the sheet again when the network is gone."""
    return sheet_worker("roll-call-sheets", r"^/attire/roll-call/\d+/$")


@page("attire.today", methods=("GET", "HEAD", "POST"))
def orders(request: ActorRequest) -> HttpResponse:
    """换装令: all of them for everybody; entering one needs the capability, which the command asks for."""
    may_order = request.actor.may("attire.order")
    if request.method == "POST":
        require(request.actor, "attire.order")
    form = forms.SeasonOrderForm(request.POST or None)
    if form.carry_out(lambda given: services.issue_season_order(request.actor, **given)):
        messages.success(request, f"已录入 {form.cleaned_data['document_number']}。")
        return see_other(reverse("attire:orders"))
    day = clock.today()
    context = {
        "orders": selectors.season_orders(),
        "form": form if may_order else None,
        "day": day,
        "current": selectors.season_order_at(day),
    }
    return render(request, "attire/orders.html", context, status=422 if form.errors else 200)


@page("attire.order", methods=("GET", "HEAD", "POST"))
def withdraw_order(request: ActorRequest, pk: int) -> HttpResponse:
    order = selectors.order_for(pk)
    form = forms.WithdrawOrderForm(request.POST or None)
    if form.carry_out(lambda given: services.withdraw_season_order(request.actor, order, **given)):
        messages.success(request, "已撤回，自今天起不再适用。")
        return see_other(reverse("attire:orders"))
    return render(request, "attire/withdraw_order.html", {"order": order, "form": form}, status=422 if form.errors else 200)


@page("attire.exempt", methods=("GET", "HEAD", "POST"))
def exemptions(request: ActorRequest) -> HttpResponse:
    form = forms.ExemptionForm(request.POST or None)

    def grant(given: dict[str, Any]) -> None:
        person = people.person_by_text(request.actor, given.pop("person"))
        services.grant_exemption(request.actor, person, **given)

    if form.carry_out(grant):
        messages.success(request, f"已批准，豁免至 {form.cleaned_data['until']}。")
        return see_other(reverse("attire:exemptions"))
    listing = ListPage(
        request,
        selectors.exemptions_visible_to(request.actor).values("pk", "person__name", "person__number", "period", "approved_by"),
        (Column("person__name", "人员", "person__name_key"), Column("period", "期间", "period"), Column("approved_by", "批准人")),
        (Filter("on", "在此日有效", "period__contains", kind="date"), Filter("name", "姓名", "person__name__contains", kind="text")),
        default_sort="-period",
    )  # fmt: skip
    context = {"listing": listing, "form": form, "suggestions": people.person_suggestions(request.actor), "day": clock.today()}
    return listing.export() or render(request, "attire/exemptions.html", context, status=422 if form.errors else 200)


@page("attire.exempt", methods=("POST",))
def end_exemption(request: ActorRequest, pk: int) -> HttpResponse:
    services.end_exemption(request.actor, selectors.exemption_for(request.actor, pk))
    messages.success(request, "豁免到今天为止。")
    return see_other(reverse("attire:exemptions"))


@page("attire.hand_back")
def hand_backs(request: ActorRequest) -> HttpResponse:
    """Who has left, and how much is still out."""
    leavers = [(person, selectors.hand_back_list(person)) for person in selectors.leavers_visible_to(request.actor)]
    rows = [(person, sum(line.is_open for line in lines), len(lines)) for person, lines in leavers]
    return render(request, "attire/hand_backs.html", {"rows": rows})


@page("attire.hand_back", methods=("GET", "HEAD", "POST"))
def hand_back(request: ActorRequest, pk: int) -> HttpResponse:
    person = selectors.leaver_for(request.actor, pk)
    lines = selectors.hand_back_list(person)
    form = forms.HandBackForm(request.POST or None, lines=lines)
    if form.carry_out(lambda given: services.record_hand_back(request.actor, person, outcomes=form.outcomes(), note=given["note"])):
        messages.success(request, "已保存。")
        return see_other(reverse("attire:hand_back", args=[pk]))
    context = {"person": person, "lines": lines, "form": form}
    return render(request, "attire/hand_back.html", context, status=422 if form.errors else 200)


@page("attire.dispose", methods=("GET", "HEAD", "POST"))
def disposals(request: ActorRequest) -> HttpResponse:
    """旧制服处置 with the photo of the removed markings."""
    reach = request.actor.units_for("attire.dispose")
    units = [(pk, name) for pk, name in people.unit_choices(request.actor) if reach is None or int(pk) in reach]
    form: Form = forms.DisposalForm(request.POST or None, units=units, issues=selectors.disposal_choices(request.actor))
    kept: Sequence[Any] = ()
    if request.method == "POST":
        try:
            kept = collect_photos(request.actor, request)
            if form.is_valid():
                given = dict(form.cleaned_data)
                unit = people.unit_for(request.actor, int(given.pop("unit")), "attire.dispose")
                services.record_disposal(request.actor, unit=unit, photos=[file.pk for file in kept], **given)
                messages.success(request, "已登记处置。")
                return see_other(reverse("attire:disposals"))
        except DomainError as error:
            form.is_valid()
            form.add_domain_error(error)
    listing = ListPage(
        request,
        selectors.disposals_visible_to(request.actor).values(
            "pk", "disposed_on", "unit__name", "description", "pieces", "manner", "witness", "by_label"
        ),
        (
            Column("disposed_on", "日期", "disposed_on"), Column("unit__name", "单位"), Column("description", "制服"),
            Column("pieces", "件数", "pieces"), Column("manner", "方式"), Column("witness", "见证人"), Column("by_label", "经办人"),
            Column("pk", "照片", words=lambda _: "见系统"),
        ),
        (Filter("from", "从", "disposed_on__gte", kind="date"),),
        default_sort="-disposed_on",
    )  # fmt: skip
    context = {"listing": listing, "form": form, "kept": kept}
    return listing.export() or render(request, "attire/disposals.html", context, status=422 if form.errors else 200)


@page("attire.dispose")
def disposal_photo(request: ActorRequest, pk: int, number: int) -> HttpResponse:
    photos = selectors.disposal_photos(request.actor, pk)
    if not 1 <= number <= len(photos):
        raise NotFound("no_file", "没有这张照片。")
    return file_response(request, photos[number - 1])
