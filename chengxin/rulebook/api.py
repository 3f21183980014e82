"""The API of the rulebook: clauses, the values of a rule on a day, working days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ninja import Router, Schema

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.rulebook import selectors
from chengxin.ui.api import ApiRequest, Day, needs

rulebook = Router(tags=["制度"])


class ClauseOut(Schema):
    code: str
    place: str
    title: str
    wording: str
    rules: list[str]


@rulebook.get("/clauses", response=list[ClauseOut], summary="条款")
@needs("rulebook.read")
def clauses(request: ApiRequest) -> list[ClauseOut]:  # noqa: ARG001
    """The plan's clauses in its order, with the codes of their rules."""
    return [
        ClauseOut(
            code=each.code, place=each.place, title=each.title, wording=each.wording, rules=sorted(rule.code for rule in each.rules.all())
        )
        for each in selectors.clauses()
    ]  # fmt: skip


class RuleOut(Schema):
    code: str
    clause: str
    version: str
    simulated: bool
    values: dict[str, Any]


@rulebook.get("/rules/{code}", response=RuleOut, summary="某日的规则数值")
@needs("rulebook.read")
def rule(request: ApiRequest, code: str, on: Day | None = None) -> RuleOut:  # noqa: ARG001
    """A rule's values on a day (today); ``simulated`` where only a draft exists, which carries no consequence."""
    if "\0" in code:
        raise DomainError("bad_code", "规则代码应形如 attire.season。", field="code")
    found = selectors.rule_values(code, on or clock.today(), simulate=True)
    return RuleOut(code=found.code, clause=found.clause, version=found.version, simulated=found.simulated, values=dict(found.values))


class DeadlineOut(Schema):
    date: dt.date
    provisional: bool
    calendar_version: str


@rulebook.get("/workdays/{day}/{count}", response=DeadlineOut, summary="某日之后第 N 个工作日")
@needs("rulebook.read")
def workdays(request: ApiRequest, day: Day, count: int) -> DeadlineOut:  # noqa: ARG001
    try:
        counted = selectors.work_calendar().nth_workday_after(day, count)
    except (ValueError, OverflowError) as error:
        raise DomainError("bad_count", str(error), field="count") from error
    return DeadlineOut(date=counted.day, provisional=counted.provisional, calendar_version=counted.calendar_version)
