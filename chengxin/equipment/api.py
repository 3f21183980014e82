"""The counter's API: for kiosks, smart lockers and docks. The same commands as the pages call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

import orjson
from django.http import HttpResponse
from ninja import Router, Status

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.duty import selectors as duty
from chengxin.equipment import rules, schemas, selectors
from chengxin.equipment.models import Custody
from chengxin.equipment.services import counter as counters
from chengxin.equipment.services import custody
from chengxin.equipment.services.gestures import Asked, Outcome
from chengxin.people import selectors as people
from chengxin.ui.api import ApiRequest, Day, Limit, Offset, needs, part_of

counter = Router(tags=["登记台"])
equipment = Router(tags=["装备"])


@counter.post("/turns", response=schemas.TurnOut, summary="装备管理员开台")
@needs("equipment.kiosk")
def open_turn(request: ApiRequest, given: schemas.TurnIn) -> schemas.TurnOut:
    turn = counters.open_turn(request.actor, card=given.card)
    return schemas.TurnOut(turn=turn.key, keeper=turn.keeper.name, until=turn.until)


@counter.post("/turns/{key}/end", response={204: None}, summary="装备管理员收台")
@needs("equipment.kiosk")
def end_turn(request: ApiRequest, key: UUID) -> Status[None]:
    counters.end_turn(request.actor, key=key)
    return Status(204, None)


@counter.get("/holder", response=schemas.HolderOut, summary="识别领用人")
@needs("equipment.kiosk")
def holder(request: ApiRequest, holder: str) -> schemas.HolderOut:
    """Who stands at the counter, whether and until when the person may take something, and what the person holds."""
    person = counters.person_at_counter(holder)
    office = people.office_on(person.pk, clock.today())
    reach = request.actor.units_for("equipment.kiosk")
    if office is None or (reach is not None and office.pk not in reach):
        raise DomainError("other_unit", "这位人员不属于本登记台的单位，请到所属单位办理。", field="holder")
    terms = custody.terms_for_duty(person)
    shift = duty.label_of(terms.shift_id) if terms.shift_id else ""
    holds = [
        schemas.HeldOut(
            number=each.custody.item.asset_number, title=each.kind, taken_at=each.custody.taken_at, due_at=each.custody.due_at,
            urgency=each.urgency,
        )
        for each in selectors.held_by(person.pk)
    ]  # fmt: skip
    return schemas.HolderOut(
        number=person.number, name=person.name, unit=office.name, shift=shift, due_at=terms.due_at, problem=terms.problem, holds=holds
    )


@counter.get("/item", response=schemas.ItemOut, summary="识别装备")
@needs("equipment.kiosk")
def item(request: ApiRequest, code: str) -> schemas.ItemOut:
    """What a scanned code is and how it stands; exact match only."""
    found = selectors.item_at_counter(request.actor, code)
    kind = selectors.kinds()[found.kind]
    place = rules.OUT if found.is_out else rules.RETURNED if found.is_returned else rules.STORE  # type: ignore[attr-defined]
    return schemas.ItemOut(
        number=found.asset_number, kind=found.kind, title=kind["title"], model_name=found.model_name, unit=found.unit.name,
        service=found.service, service_label=rules.SERVICE[found.service], place=place, holder=found.holder_name or "",  # type: ignore[attr-defined]
        since=found.taken_at, due_at=found.due_at, checks=[schemas.check_out_of(check) for check in kind["checks"]],  # type: ignore[attr-defined]
    )  # fmt: skip


@counter.post("/check-out", response=list[schemas.OutcomeOut], summary="执勤领用（单件、多件、成套）")
@needs("equipment.kiosk")
def check_out(request: ApiRequest, given: schemas.CheckOutIn) -> HttpResponse:
    """Each item is issued or refused with its reason. The same key again answers what was answered before."""
    actor, keeper = counters.at_counter(request.actor, given.turn)
    asked = [Asked(_number(each.code), each.readings) for each in given.items]
    person = counters.person_at_counter(given.holder)
    return _out(custody.check_out(actor, holder=person, items=asked, key=given.key, keeper=keeper))


@counter.post("/loan", response=list[schemas.OutcomeOut], summary="临时借用")
@needs("equipment.kiosk")
def loan(request: ApiRequest, given: schemas.LoanIn) -> HttpResponse:
    actor, keeper = counters.at_counter(request.actor, given.turn)
    asked = [Asked(_number(each.code), each.readings) for each in given.items]
    person, due_at = counters.person_at_counter(given.holder), _aware(given.due_at)
    return _out(custody.lend(actor, holder=person, items=asked, reason=given.reason, due_at=due_at, key=given.key, keeper=keeper))


@counter.post("/return", response=list[schemas.OutcomeOut], summary="归还（可成批）")
@needs("equipment.kiosk")
def give_back(request: ApiRequest, given: schemas.ReturnIn) -> HttpResponse:
    """With a keeper's turn the return is countersigned at once; without one it waits for a keeper."""
    actor, keeper = counters.at_counter(request.actor, given.turn)
    asked = [Asked(_number(each.code), each.readings, each.condition, each.note) for each in given.items]
    return _out(custody.give_back(actor, items=asked, key=given.key, keeper=keeper))


def _number(code: str) -> str:
    """The number a code stands for; what is none stays as it was and is refused as unknown."""
    return rules.number_in(code) or code.strip()


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.SHANGHAI)


def _out(outcomes: Iterable[Outcome]) -> HttpResponse:
    """What became of each item, written as it is: to have it checked against its own description again would only take time."""
    told = [{name: value for name, value in vars(each).items() if name != "custody"} for each in outcomes]
    return HttpResponse(orjson.dumps(told), content_type="application/json")


@equipment.get("/items", response=list[schemas.ItemRowOut], summary="装备列表")
@needs("equipment.read")
def items(request: ApiRequest, response: HttpResponse, kind: str = "", limit: Limit = 50, offset: Offset = 0) -> list[schemas.ItemRowOut]:
    if kind and kind not in selectors.kinds():
        raise DomainError("bad_kind", f"种类应为 {'、'.join(selectors.kinds())} 之一。", field="kind")
    found = selectors.with_place(selectors.items_visible_to(request.actor)).select_related("unit").order_by("asset_number")
    found = found.filter(kind=kind) if kind else found
    return [
        schemas.ItemRowOut(
            number=each.asset_number, kind=each.kind, model_name=each.model_name, unit=each.unit.name, service=each.service,
            place=each.place, holder=each.holder_name,
        )
        for each in part_of(request, response, found, limit, offset)
    ]  # fmt: skip


@equipment.get("/custodies", response=list[schemas.CustodyOut], summary="领用归还记录")
@needs("equipment.read")
def custodies(
    request: ApiRequest, response: HttpResponse, since: Day | None = None, limit: Limit = 50, offset: Offset = 0
) -> list[schemas.CustodyOut]:
    """Custodies within the token's scope, newest first; ``since`` is the day of taking."""
    found = selectors.custodies_visible_to(request.actor).select_related("item", "holder", "unit").order_by("-taken_at", "-pk")
    found = found.filter(taken_at__gte=clock.at(since)) if since else found
    return [
        schemas.CustodyOut(
            id=each.pk, item=each.item.asset_number, holder=each.holder.number, unit=each.unit.name, taken_at=each.taken_at,
            due_at=each.due_at, returned_at=each.returned_at, condition=each.condition, countersigned_at=each.countersigned_at,
        )
        for each in part_of(request, response, found, limit, offset)
    ]  # fmt: skip


@equipment.get("/items/{number}/holder", response=schemas.KeptHolderOut, summary="某一时刻由谁领用")
@needs("equipment.read")
def holder_at(request: ApiRequest, number: str, at: dt.datetime | None = None) -> schemas.KeptHolderOut:
    """Who held the item at an instant (default: now); null means the store."""
    found, moment = selectors.item_by_code(request.actor, number), _aware(at) if at else clock.now()
    person = selectors.holder_at(found, moment)
    return schemas.KeptHolderOut(
        number=found.asset_number, at=moment, holder=person.number if person else None, holder_name=person.name if person else None
    )


@equipment.get("/overdue", response=list[schemas.HeldOut], summary="逾期未还")
@needs("equipment.read")
def overdue(request: ApiRequest) -> list[schemas.HeldOut]:
    known = selectors.kinds()
    found: list[Custody] = list(selectors.overdue(request.actor))
    return [
        schemas.HeldOut(
            number=each.item.asset_number, title=known[each.item.kind]["title"], taken_at=each.taken_at, due_at=each.due_at,
            urgency=rules.LATE,
        )
        for each in found
    ]  # fmt: skip
