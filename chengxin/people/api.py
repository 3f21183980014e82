"""The API of people: units, and who is a member today."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router, Schema

from chengxin.core.errors import DomainError
from chengxin.people import selectors
from chengxin.ui.api import ApiRequest, Limit, Offset, needs, part_of

people = Router(tags=["人员与单位"])


class UnitOut(Schema):
    code: str
    name: str
    kind: str
    parent: str | None


@people.get("/units", response=list[UnitOut], summary="单位")
@needs("people.read")
def units(request: ApiRequest) -> list[UnitOut]:
    """The units of the token's scope, in the bureau's order."""
    reach, every = request.actor.units_for("people.read"), list(selectors.all_units())
    codes = {unit.pk: unit.code for unit in every}
    return [
        UnitOut(code=unit.code, name=unit.name, kind=unit.kind, parent=codes.get(unit.parent_id or 0))
        for unit in every
        if reach is None or unit.pk in reach
    ]


class PersonOut(Schema):
    number: str
    name: str
    person_class: str
    unit_name: str
    badge_number: str | None


@people.get("/persons", response=list[PersonOut], summary="在队人员")
@needs("people.read")
def persons(request: ApiRequest, response: HttpResponse, unit: str = "", limit: Limit = 50, offset: Offset = 0) -> list[PersonOut]:
    """Members of today within the token's scope, by number."""
    if unit and not unit.replace("-", "").replace("_", "").isalnum():
        raise DomainError("bad_unit", "单位应为单位代码，如 squadron1。", field="unit")
    return [PersonOut(**row) for row in part_of(request, response, selectors.roster(request.actor, unit), limit, offset)]
