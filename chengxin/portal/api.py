"""The API, assembled here from the same selectors that the pages call.

A caller shows the token of a device or an integration; errors are problem+json; every operation names its capability. Findings,
roll-calls and decisions are made by named people and therefore have no token's door; kiosks, lockers and docks check out and take
back equipment, with the keeper named where one stands at the counter; the city's platform hands over its orders. Everything else
reads. A list answers its first rows and says in the header ``Link`` where the next ones are.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from chengxin.activities.api import activities
from chengxin.attire import selectors as attire
from chengxin.bulletins.api import bulletins
from chengxin.complaints import api as complaints_api
from chengxin.consultations.api import consultations
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.duty.api import duty
from chengxin.equipment import api as equipment_api
from chengxin.evidence.api import evidence
from chengxin.findings import rules as finding_rules
from chengxin.findings import selectors as findings
from chengxin.people import access
from chengxin.people.api import people
from chengxin.reports.api import reports
from chengxin.rulebook import selectors as rulebook_facts
from chengxin.rulebook.api import rulebook
from chengxin.supervision.api import supervision
from chengxin.ui.api import ApiRequest, Day, Limit, Moment, Offset, in_words, needs, part_of
from chengxin.ui.doors import page
from chengxin.ui.problems import problem


class TokenAuth(HttpBearer):
    """``Authorization: Bearer <token>``; the token's actor is put on the request."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        actor = access.actor_for_token(token)
        if actor is not None:
            request.actor = actor  # type: ignore[attr-defined]
        return actor


class ProblemOut(Schema):
    """What every refusal answers (RFC 9457): a stable code, a sentence that says what to do, the field where there is one."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None


class DescribedAPI(NinjaAPI):
    """The description names the problem document as the answer to everything that is refused."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(*args, **kwargs)
        described["components"]["schemas"]["ProblemOut"] = ProblemOut.json_schema()
        told = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {"description": "拒绝或失败，说明原因和办法", "content": told}
        return described


api = DescribedAPI(
    title="城心 API",
    version="1",
    description="设备与系统对接接口：查询，登记台、智能柜的领用与归还，以及 12345 工单的移交。"
    "时间为 ISO 8601，时区 Asia/Shanghai；错误为 problem+json；列表每次至多 200 行，响应头 Link 给出下一页。",
    auth=TokenAuth(),
    urls_namespace="api-1",
    docs_decorator=page("signed_in"),
    openapi_extra={"info": {"license": {"name": "AGPL-3.0-or-later"}}},
)


@api.exception_handler(DomainError)
def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:  # noqa: ARG001
    return problem(error.status, error.code, error.message, field=error.field)


@api.exception_handler(ValidationError)
def _misunderstood(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001
    first = error.errors[0] if error.errors else {}
    field = str(first.get("loc", ["", ""])[-1])
    return problem(422, "bad_parameter", f"参数“{field}”不符合要求：{in_words(first)}。", field=field)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:  # noqa: ARG001
    return problem(error.status_code, "unreadable", "请求内容无法理解，请检查是否为 UTF-8 编码的 JSON。")


@api.exception_handler(AuthenticationError)
def _unknown_caller(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    return problem(401, "bad_token", "令牌无效、未批准、已过期或已吊销，请联系系统管理员。")


@api.exception_handler(Http404)
def _nothing_there(request: HttpRequest, error: Http404) -> HttpResponse:  # noqa: ARG001
    return problem(404, "not_found", "没有这个地址。")


class SeasonOut(Schema):
    day: dt.date
    season: str
    label: str
    clause: str
    rule_version: str
    order: str | None
    simulated: bool
    pieces: list[str]


@api.get("/dress/{day}", response=SeasonOut, summary="某日着装")
@needs("attire.today")
def dress(request: ApiRequest, day: Day) -> SeasonOut:  # noqa: ARG001
    found = attire.dress_on(day)
    return SeasonOut(**{**vars(found.season), "day": day, "pieces": [piece["text"] for piece in found.pieces]})


class FindingOut(Schema):
    number: str
    id: int
    clause: str
    text: str
    person: str | None
    unit: str
    grade: str
    seen_at: Moment
    state: str
    due_on: dt.date | None
    due_provisional: bool
    rule: str
    calendar: str


@api.get("/findings", response=list[FindingOut], summary="问题列表")
@needs("findings.read")
def findings_list(
    request: ApiRequest, response: HttpResponse, state: str = "", clause: str = "", since: Day | None = None, limit: Limit = 50,
    offset: Offset = 0,
) -> list[FindingOut]:  # fmt: skip
    """Findings within the token's scope, newest first."""
    if state and state not in finding_rules.STATES:
        raise DomainError("bad_state", f"状态应为 {'、'.join(finding_rules.STATES)} 之一。", field="state")
    found = findings.findings_visible_to(request.actor).select_related("person", "unit").order_by("-seen_at", "-pk")
    found = found.filter(state=state) if state else found
    if clause and not rulebook_facts.clause_exists(clause):
        raise DomainError("bad_clause", "没有这个条款，应形如 2.1.3。", field="clause")
    found = found.filter(clause=clause) if clause else found
    found = found.filter(seen_on__gte=since) if since else found
    return [_finding(each) for each in part_of(request, response, found, limit, offset)]


@api.get("/findings/{pk}", response=FindingOut, summary="一个问题")
@needs("findings.read")
def finding(request: ApiRequest, pk: int) -> FindingOut:
    return _finding(findings.finding_for(request.actor, pk))


def _finding(found: Any) -> FindingOut:
    return FindingOut(
        number=found.number, id=found.pk, clause=found.clause, text=found.text, person=found.person.number if found.person else None,
        unit=found.unit.name, grade=found.grade, seen_at=found.seen_at, state=found.state, due_on=found.due_on,
        due_provisional=found.due_provisional, rule=found.rule_label, calendar=found.calendar_version,
    )  # fmt: skip


class RollCallOut(Schema):
    id: int
    unit_name: str
    held_on: dt.date
    session: str
    season: str
    checked: int
    exceptions: int


@api.get("/roll-calls", response=list[RollCallOut], summary="班前点验")
@needs("attire.read")
def roll_calls(
    request: ApiRequest, response: HttpResponse, since: Day | None = None, limit: Limit = 50, offset: Offset = 0
) -> list[RollCallOut]:
    found = attire.roll_call_rows(request.actor, since)
    return [RollCallOut(**row) for row in part_of(request, response, found, limit, offset)]


for router in (people, rulebook, duty, evidence, activities, supervision, reports, bulletins, consultations):
    api.add_router("", router)
api.add_router("/counter", equipment_api.counter)
api.add_router("/equipment", equipment_api.equipment)
api.add_router("/complaints", complaints_api.orders)
