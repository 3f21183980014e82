"""The desk's counter: check-out, loan, return, countersignature, and the list of custodies."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import segno
from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.equipment import forms, rules, selectors
from chengxin.equipment.models import Custody
from chengxin.equipment.services import counter as counters
from chengxin.equipment.services import custody
from chengxin.equipment.services.gestures import Asked, Outcome
from chengxin.people import selectors as people
from chengxin.ui.database import ask
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage


@page("equipment.keep", methods=("GET", "HEAD", "POST"))
def counter(request: ActorRequest) -> HttpResponse:
    """领用归还 at the keeper's own desk: one person, many items, one commit."""
    form = forms.CounterForm(request.POST or None)
    outcomes: list[Outcome] = []

    def act(given: dict[str, Any]) -> None:
        outcomes.extend(_carry_out(request, given))

    if form.carry_out(act) and all(each.done for each in outcomes):
        word = {"check_out": "领用", "loan": "借出", "return": "归还"}[form.cleaned_data["gesture"]]
        messages.success(request, f"已{word} {len(outcomes)} 件：{'、'.join(each.number for each in outcomes)}。")
        return see_other(reverse("equipment:counter"))
    if outcomes:  # what was refused stays on the sheet, with a new key: it is another gesture
        form = _with_what_is_left(form, outcomes)
    context = {
        "form": form, "outcomes": outcomes, "suggestions": people.person_suggestions(request.actor),
        "waiting": list(selectors.uncountersigned(request.actor)), "overdue": list(selectors.overdue(request.actor)[:20]),
        "now": clock.now(),
    }  # fmt: skip
    return render(request, "equipment/counter.html", context, status=422 if form.errors or outcomes else 200)


def _with_what_is_left(form: forms.CounterForm, outcomes: Sequence[Outcome]) -> forms.CounterForm:
    left = "\n".join(each.number for each in outcomes if not each.done)
    return forms.CounterForm(initial={**form.cleaned_data, "codes": left, "key": uuid.uuid4()})


def _carry_out(request: ActorRequest, given: dict[str, Any]) -> list[Outcome]:
    lines = dict.fromkeys(line.strip() for line in given["codes"].splitlines() if line.strip())
    numbers = [rules.number_in(line) or line for line in lines]
    if given["gesture"] == "return":
        condition = given["condition"] or Custody.GOOD
        readings = _readings(given["checked"] and condition == Custody.GOOD)
        back = [Asked(number, readings, condition, given["note"]) for number in numbers]
        return custody.give_back(request.actor, items=back, key=given["key"])
    if not given["holder"]:
        raise DomainError("no_holder", "请填写领用人的工号或姓名。", field="holder")
    holder = _holder(request, given["holder"])
    asked = [Asked(number, _readings(given["checked"])) for number in numbers]
    if given["gesture"] == "check_out":
        return custody.check_out(request.actor, holder=holder, items=asked, key=given["key"])
    if given["due_at"] is None:
        raise DomainError("no_due", "临时借用请填写应还时间。", field="due_at")
    reason, due_at = given["reason"], given["due_at"]
    return custody.lend(request.actor, holder=holder, items=asked, reason=reason, due_at=due_at, key=given["key"])


def _holder(request: ActorRequest, text: str) -> Any:
    """Somebody of the own unit by what people type, anybody by the exact number (a loan may cross units)."""
    try:
        return people.person_by_text(request.actor, text)
    except DomainError as error:
        found = ask(people.named_by_number(text.strip().split()[0] if text.strip() else ""))
        if found is not None:
            return found
        raise DomainError(error.code, error.message, field="holder") from error


def _readings(checked: bool) -> dict[str, bool]:
    """The keeper's word that every check was passed, for every check there is."""
    codes = {check["code"] for kind in selectors.kinds().values() for check in kind["checks"]}
    return dict.fromkeys(codes, True) if checked else {}


@page("equipment.keep", methods=("GET", "HEAD", "POST"))
def countersign(request: ActorRequest) -> HttpResponse:
    """验收归还: what was returned at a locker or by a keeper waits for another's look."""
    if request.method == "POST":
        outcomes = custody.countersign(request.actor, numbers=request.POST.getlist("item")[:200])
        refused = [each for each in outcomes if not each.done]
        for each in refused:
            messages.warning(request, f"{each.number}：{each.message}")
        if len(outcomes) > len(refused):
            messages.success(request, f"已验收 {len(outcomes) - len(refused)} 件。")
        return see_other(reverse("equipment:countersign"))
    context = {"waiting": list(selectors.uncountersigned(request.actor)), "kinds": dict(selectors.kind_choices())}
    return render(request, "equipment/countersign.html", context)


STATES = [("open", "领用中"), ("late", "逾期"), ("waiting", "待验收"), ("closed", "已验收")]


@page("equipment.read")
def custodies(request: ActorRequest) -> HttpResponse:
    """领用记录 within the reader's scope; the state is computed from the clock, not kept."""
    now = clock.now()
    wanted = {
        "open": Q(returned_at=None), "late": Q(returned_at=None, due_at__lt=now),
        "waiting": Q(returned_at__isnull=False, countersigned_at=None),
        "closed": Q(countersigned_at__isnull=False),
    }  # fmt: skip
    query = selectors.custodies_visible_to(request.actor).filter(wanted.get(request.GET.get("state", ""), Q()))
    rows = query.annotate(
        number=F("item__asset_number"), kind=F("item__kind"), holder_name=F("holder__name"), unit_name=F("unit__name"),
    )  # fmt: skip
    fields = ("number", "kind", "holder_name", "unit_name", "purpose", "taken_at", "due_at", "returned_at", "countersigned_at", "condition")
    listing = ListPage(
        request,
        rows.values("pk", "item_id", "reason", *fields),
        (
            Column("number", "装备", "item__asset_number"),
            Column("holder_name", "领用人", "holder__name_key"),
            Column("unit_name", "单位", "unit__sequence"),
            Column("purpose", "用途"),
            Column("taken_at", "领用", "taken_at"),
            Column("due_at", "应还", "due_at"),
            Column("returned_at", "归还", "returned_at"),
            Column("condition", "状态"),
        ),
        (
            Filter("state", "状态", "", STATES),
            Filter("number", "编号", "item__asset_number__icontains", kind="text"),
            Filter("kind", "种类", "item__kind", selectors.kind_choices()),
            Filter("holder", "领用人", "holder__name__contains", kind="text"),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("from", "从", "taken_at__date__gte", kind="date"),
            Filter("until", "到", "taken_at__date__lte", kind="date"),
        ),
        default_sort="-taken_at",
    )
    context = {"listing": listing, "kinds": dict(selectors.kind_choices()), "now": now, "conditions": dict(Custody.CONDITIONS)}
    return listing.export() or render(request, "equipment/custodies.html", context)


@page("equipment.card", methods=("GET", "HEAD", "POST"))
def cards(request: ActorRequest) -> HttpResponse:
    """人员卡 of the keeper's unit: since when each has one; a new card is shown once, to be printed."""
    people_here = list(selectors.cards_in_scope(request.actor))
    made: dict[str, Any] | None = None
    if request.method == "POST":
        wanted = request.POST.get("person", "")
        person = next((each for each in people_here if str(each.pk) == wanted), None)
        if person is None:
            raise DomainError("no_person", "请选择本单位的人员。", field="person")
        code = counters.issue_card(request.actor, person)
        made = {"person": person, "picture": segno.make(code, error="m").svg_data_uri(scale=5)}
        people_here = list(selectors.cards_in_scope(request.actor))
    return render(request, "equipment/cards.html", {"people": people_here, "made": made})
