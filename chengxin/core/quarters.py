"""Quarters of a calendar year, 1 to 4: the plan draws, reviews and reports by them."""

from __future__ import annotations

import datetime as dt


def quarter_of(day: dt.date) -> int:
    """The quarter a day lies in."""
    return (day.month + 2) // 3


def quarter_days(year: int, quarter: int) -> tuple[dt.date, dt.date]:
    """First and last day of a quarter."""
    first = dt.date(year, 3 * quarter - 2, 1)
    following = dt.date(year + quarter // 4, 3 * (quarter % 4) + 1, 1)
    return first, following - dt.timedelta(days=1)
