"""Calendar months of the bureau."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month; a bulletin tells of exactly one."""

    year: int
    number: int

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, self.number, 1)

    @property
    def last(self) -> dt.date:
        return dt.date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def before(self) -> Month:
        return Month(self.year, self.number - 1) if self.number > 1 else Month(self.year - 1, 12)

    @property
    def year_ago(self) -> Month:
        return Month(self.year - 1, self.number)

    @property
    def code(self) -> str:
        return f"{self.year}-{self.number:02d}"

    @property
    def label(self) -> str:
        return f"{self.year}年{self.number}月"

    @property
    def span(self) -> str:
        return f"{self.year}年{self.number}月1日至{self.number}月{self.last.day}日"

    def is_over(self, today: dt.date) -> bool:
        """Only a month that is over can be told of: until midnight of its last day there may be more."""
        return today > self.last

    @classmethod
    def of(cls, day: dt.date) -> Month:
        return cls(day.year, day.month)


def read_month(text: str) -> Month:
    """2026-10 as people type it. Raises ValueError with what to write."""
    found = re.fullmatch(r"(20\d{2})-(\d{1,2})", text.strip(), flags=re.ASCII)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"“{text.strip()}”不是月份，请写成 2026-10。")
    return Month(int(found[1]), int(found[2]))
