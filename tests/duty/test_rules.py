"""Shift patterns and roster sheets, without a database."""

from __future__ import annotations

import datetime as dt

import pytest

from chengxin.core.clock import SHANGHAI
from chengxin.duty import rules

KNOWN = rules.patterns(
    [
        {"code": "day", "title": "白班", "starts": "08:00", "ends": "17:30"},
        {"code": "night", "title": "夜班", "starts": "22:00", "ends": "06:00"},
    ]
)
TODAY = dt.date(2026, 9, 30)


def test_a_shift_past_midnight_ends_the_next_day() -> None:
    starts, ends = KNOWN["night"].span(TODAY, SHANGHAI)
    assert (starts.isoformat(), ends.isoformat()) == ("2026-09-30T22:00:00+08:00", "2026-10-01T06:00:00+08:00")
    assert KNOWN["day"].span(TODAY, SHANGHAI)[1].isoformat() == "2026-09-30T17:30:00+08:00"


def test_a_roster_is_read() -> None:
    table = [["工号", "日期", "班次"], ["T1", "2026-10-01", "白班"], ["T2", dt.date(2026, 10, 1), "休"]]
    rows, errors = rules.read_roster(table, {"T1", "T2"}, KNOWN, TODAY)
    assert errors == []
    assert [(row.number, row.pattern) for row in rows] == [("T1", "day"), ("T2", "")]


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (["T9", "2026-10-01", "白班"], "工号", "没有工号“T9”"),
        (["T1", "昨天", "白班"], "日期", "应写成 2026-09-30"),
        (["T1", "2026-09-29", "白班"], "日期", "已经过去"),
        (["T1", "2026-10-01", "早班"], "班次", "应为白班、夜班、休之一"),
    ],
)
def test_a_wrong_cell_of_a_roster_is_named(row: list[str], column: str, message: str) -> None:
    rows, errors = rules.read_roster([["工号", "日期", "班次"], row], {"T1"}, KNOWN, TODAY)
    assert rows == []
    assert [(error.row, error.column) for error in errors] == [(2, column)]
    assert message in errors[0].text


def test_the_same_person_twice_a_day_names_both_rows() -> None:
    table = [["工号", "日期", "班次"], ["T1", "2026-10-01", "白班"], ["T1", "2026-10-01", "夜班"]]
    _, errors = rules.read_roster(table, {"T1"}, KNOWN, TODAY)
    assert [error.text for error in errors] == ["“T1 2026-10-01”与第 2 行重复。"]
