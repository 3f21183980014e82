"""Calendar months as the plan counts them."""

from __future__ import annotations

import calendar
import datetime as dt


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month that many months later, clamped to the month's last day (11-30 + 3 = 02-28 or 29)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def retention(ended_on: dt.date, ingested_on: dt.date, months: int) -> tuple[dt.date, dt.date]:
    """(last day the recording must be kept, first day it may be deleted), clause 2.2.3.

    Counted in calendar months from the later of recording end and ingest; deletable from the following day only.
    """
    through = add_months(max(ended_on, ingested_on), months)
    return through, through + dt.timedelta(days=1)
