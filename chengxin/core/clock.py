"""The one source of the present moment, so that tests and the demo can stop it.

All moments are aware; days are days of Asia/Shanghai, the only time zone of the bureau.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[dt.datetime | None] = ContextVar("chengxin_frozen_now", default=None)


def now() -> dt.datetime:
    """The present moment, aware, in Asia/Shanghai."""
    return (_frozen.get() or dt.datetime.now(tz=SHANGHAI)).astimezone(SHANGHAI)


def today() -> dt.date:
    """The present day in Asia/Shanghai."""
    return now().date()


def local_day(moment: dt.datetime) -> dt.date:
    """The day of Asia/Shanghai on which an aware moment lies."""
    return moment.astimezone(SHANGHAI).date()


def at(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    """A moment of a day in Asia/Shanghai."""
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=SHANGHAI)


@contextmanager
def frozen(moment: dt.datetime) -> Iterator[dt.datetime]:
    """Stop the clock of this thread or task at an aware moment (tests and demo history only)."""
    if moment.tzinfo is None:
        raise ValueError("a frozen moment must be aware")
    token = _frozen.set(moment)
    try:
        yield moment
    finally:
        _frozen.reset(token)
