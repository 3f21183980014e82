"""Pure: what a shift pattern means on a day, and how a roster sheet reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.rulekit.sheets import CellError, Check, date, read_sheet, text

COLUMNS = ("工号", "日期", "班次")
OFF = "休"


@dataclass(frozen=True)
class Pattern:
    """A kind of shift: its title, and when it begins and ends on the clock of the bureau. It may pass midnight."""

    code: str
    title: str
    starts: dt.time
    ends: dt.time

    def span(self, day: dt.date, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
        """First moment and end of the shift that begins on a day; a shift that ends before it starts ends the next day."""
        starts = dt.datetime.combine(day, self.starts, zone)
        ends = dt.datetime.combine(day, self.ends, zone)
        return starts, ends if ends > starts else ends + dt.timedelta(days=1)

    @property
    def label(self) -> str:
        return f"{self.title} {self.starts:%H:%M}–{self.ends:%H:%M}"


def patterns(values: Iterable[Mapping[str, str]]) -> dict[str, Pattern]:
    """The patterns of a rule's values, by code, in their order."""
    return {
        each["code"]: Pattern(each["code"], each["title"], dt.time.fromisoformat(each["starts"]), dt.time.fromisoformat(each["ends"]))
        for each in values
    }


@dataclass(frozen=True)
class RosterRow:
    """One person on one day, as a sheet plans it; an empty pattern is a day off."""

    row: int
    number: str
    day: dt.date
    pattern: str


def read_roster(
    table: Sequence[Sequence[Any]], numbers: Collection[str], known: Mapping[str, Pattern], today: dt.date
) -> tuple[list[RosterRow], list[CellError]]:
    """A sheet with our heading as a roster, or everything that is wrong with it. ``numbers`` are the persons one may plan."""
    codes = {pattern.title: code for code, pattern in known.items()} | {OFF: ""}

    def checks(given: Mapping[str, Any]) -> Iterable[Check]:
        number, day, title = text(given["工号"]), date(given["日期"]), text(given["班次"])
        return (
            ("工号", number in numbers, f"您的单位今天没有工号“{number}”的人员，请核对。"),
            ("日期", day is not None, f"“{text(given['日期'])}”应写成 2026-09-30 这样的日期。"),
            ("日期", day is None or day >= today, f"{day} 已经过去：已发生的勤务不再改动。"),
            ("班次", title in codes, f"“{title}”应为{'、'.join(codes)}之一。"),
        )

    def build(row: int, given: Mapping[str, Any]) -> RosterRow:
        day = date(given["日期"])
        assert day is not None, "checked cell by cell before"
        return RosterRow(row, text(given["工号"]), day, codes[text(given["班次"])])

    return read_sheet(table, COLUMNS, checks, build, unique={"日期": lambda row: f"{row.number} {row.day}"}, what="排班")
