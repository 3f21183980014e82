"""What every operation of the API shares: an actor on the request and a named capability."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest
from pydantic import PlainSerializer, WithJsonSchema

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
F = TypeVar("F", bound=Callable[..., Any])


class ApiRequest(HttpRequest):
    """A request whose token is known."""

    actor: Actor


def needs(capability: str) -> Callable[[F], F]:
    """Name the capability of an operation and ask for it before the operation runs."""

    def decorate(operation: F) -> F:
        @functools.wraps(operation)
        def guarded(request: ApiRequest, *args: Any, **kwargs: Any) -> Any:
            require(request.actor, capability)
            return operation(request, *args, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]
        # the names in the annotations are those of the operation's own module, not of this one
        guarded.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def page_of(limit: int, offset: int) -> slice:
    """The part of a list that was asked for. Raises DomainError beyond the limits."""
    if not 1 <= limit <= MOST:
        raise DomainError("bad_limit", f"limit 应为 1 到 {MOST}。", field="limit")
    if offset < 0:
        raise DomainError("bad_offset", "offset 不能为负数。", field="offset")
    return slice(offset, offset + limit)
