"""What every operation of the API shares: an actor on the request and a named capability."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query
from pydantic import Field, PlainSerializer, WithJsonSchema

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError

MOST = 200
# a moment as the API tells it: ISO 8601 with the offset of Asia/Shanghai, whatever zone the database spoke
Moment = Annotated[
    dt.datetime,
    PlainSerializer(lambda moment: moment.astimezone(clock.SHANGHAI).isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
# a day that can be reckoned with
Day = Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), le=dt.date(2100, 12, 31))]
# which part of a list: at most 200 rows from a place on
Limit = Annotated[int, Query(ge=1, le=MOST, description="本页行数")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="从第几行起，0 为第一行")]
F = TypeVar("F", bound=Callable[..., Any])


class ApiRequest(HttpRequest):
    """A request whose token is known."""

    actor: Actor


def needs(capability: str) -> Callable[[F], F]:
    """Name the capability of an operation and ask for it before the operation runs."""

    def decorate(operation: F) -> F:
        known = frozenset(inspect.signature(operation).parameters)

        @functools.wraps(operation)
        def guarded(request: ApiRequest, *args: Any, **kwargs: Any) -> Any:
            require(request.actor, capability)
            _refuse_unknown(request, known)
            return operation(request, *args, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]
        # the names in the annotations are those of the operation's own module, not of this one
        guarded.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def _refuse_unknown(request: HttpRequest, known: frozenset[str]) -> None:
    """A misspelt filter must not answer with everything."""
    unknown = next((name for name in request.GET if name not in known), None)
    if unknown is not None:
        raise DomainError("unknown_parameter", f"没有参数“{unknown[:40]}”，请核对拼写。", field=unknown[:40])


def part_of(request: HttpRequest, response: HttpResponse, query: QuerySet[Any, Any], limit: int, offset: int) -> list[Any]:
    """The part of a list that was asked for. Where there is more, the header ``Link: <…>; rel="next"`` says where (RFC 8288)."""
    rows = list(query[offset : offset + limit + 1])
    if len(rows) > limit:
        asked = {**request.GET.dict(), "limit": limit, "offset": offset + limit}
        response["Link"] = f'<{request.path}?{urlencode(asked)}>; rel="next"'
    return rows[:limit]


def span_of(since: dt.date, until: dt.date, *, most_days: int = 366) -> tuple[dt.date, dt.date]:
    """Some days, the last included. Raises DomainError when they are none or too many."""
    if until < since:
        raise DomainError("bad_span", "until 不能早于 since。", field="until")
    if (until - since).days >= most_days:
        raise DomainError("bad_span", f"一次最多查询 {most_days} 天，请缩短期间。", field="until")
    return since, until


DATE, MOMENT = "应为日期，如 2026-09-30", "应为时间，如 2026-09-30T17:05:00+08:00"
# what the library says in English, by its code; the rest keeps the library's words
IN_WORDS = {
    "missing": "必须提供", "int_parsing": "应为整数", "int_type": "应为整数", "int_from_float": "应为整数", "string_type": "应为文字",
    "bool_parsing": "应为 true 或 false", "bool_type": "应为 true 或 false", "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}", "string_too_long": "至多 {max_length} 个字", "date_parsing": DATE, "date_type": DATE,
    "date_from_datetime_parsing": DATE, "date_from_datetime_inexact": DATE, "datetime_parsing": MOMENT, "datetime_type": MOMENT,
    "datetime_from_date_parsing": MOMENT, "uuid_parsing": "应为 UUID", "uuid_type": "应为 UUID", "list_type": "应为列表",
    "too_long": "至多 {max_length} 项", "too_short": "至少 {min_length} 项", "json_invalid": "不是有效的 JSON",
    "literal_error": "应为 {expected} 之一", "model_attributes_type": "应为对象", "dict_type": "应为对象",
}  # fmt: skip


def in_words(error: Mapping[str, Any]) -> str:
    """What is wrong with a parameter, in Chinese where it is one of the common faults."""
    told = IN_WORDS.get(error.get("type", ""))
    return told.format(**error.get("ctx", {})) if told else str(error.get("msg", "")).rstrip(".。")
