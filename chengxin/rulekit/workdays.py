"""The work calendar: official days off and make-up workdays per year, and counting by them (民法典 201–203).

A year whose notice is not out is provisional: its answers are given from what is known and say so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

SATURDAY = 5
# days off that the law fixes by the Gregorian calendar, for years of which nothing else is known
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
LONGEST_COUNT = 2500  # about ten years of working days


@dataclass(frozen=True)
class CalendarYear:
    """What is known of a year. ``version`` names this state of knowledge; ``source`` the document."""

    year: int
    version: str
    source: str
    announced: bool
    days_off: frozenset[dt.date]
    makeup_workdays: frozenset[dt.date] = frozenset()

    def is_workday(self, day: dt.date) -> bool:
        if day in self.makeup_workdays:
            return True
        return day not in self.days_off and day.weekday() < SATURDAY


@dataclass(frozen=True)
class Counted:
    """A day found by counting; provisional when any day counted over lies in a year whose notice is not out."""

    day: dt.date
    provisional: bool
    calendar_version: str


class WorkCalendar:
    """Working days of all years; a year nobody entered is inferred from weekends and fixed holidays, and provisional."""

    def __init__(self, years: Iterable[CalendarYear]) -> None:
        self._years = {year.year: year for year in years}

    def year(self, number: int) -> CalendarYear:
        if number not in self._years:
            self._years[number] = _inferred(number)
        return self._years[number]

    def is_workday(self, day: dt.date) -> bool:
        return self.year(day.year).is_workday(day)

    def nth_workday_after(self, day: dt.date, count: int) -> Counted:
        """The count-th working day after a day; the day itself is not counted (民法典 201).

        Raises ValueError when count is below 1 or above LONGEST_COUNT.
        """
        if not 1 <= count <= LONGEST_COUNT:
            raise ValueError(f"工作日数应为 1 到 {LONGEST_COUNT} 的整数，现为 {count}。")
        last, left = day, count
        while left:
            last += dt.timedelta(days=1)
            left -= self.is_workday(last)
        # the span begins the day after the event: an event on 12-31 does not make its own year count
        return self._counted(day + dt.timedelta(days=1), last)

    def workdays_between(self, after: dt.date, until: dt.date) -> int:
        """How many working days lie after the first day, up to and including the second."""
        days = (until - after).days
        return sum(self.is_workday(after + dt.timedelta(days=offset)) for offset in range(1, days + 1))

    def _counted(self, first: dt.date, last: dt.date) -> Counted:
        years = [self.year(number) for number in range(first.year, last.year + 1)]
        return Counted(
            day=last,
            provisional=any(not year.announced for year in years),
            calendar_version="+".join(year.version for year in years),
        )


def _inferred(number: int) -> CalendarYear:
    return CalendarYear(
        year=number,
        version=f"{number}.0暂定",
        source="尚无放假通知：按周末和固定法定节日推算",
        announced=False,
        days_off=frozenset(dt.date(number, month, day) for month, day in FIXED_HOLIDAYS),
    )
