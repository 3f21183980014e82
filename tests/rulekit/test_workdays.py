"""Working days, months and seasons: tables on both sides of each boundary, and properties against brute force."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.core.clock import SHANGHAI
from chengxin.rulebook import rules
from chengxin.rulekit.months import add_months, retention
from chengxin.rulekit.periods import DatedSeries, Period
from chengxin.rulekit.workdays import WorkCalendar
from tests.cases import cases

CALENDAR = WorkCalendar(rules.first_years())
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31))


@pytest.mark.parametrize("case", cases("due"), ids=lambda case: case["remark"])
def test_the_result_is_due_at_the_end_of_the_third_working_day(case: dict[str, Any]) -> None:
    received = dt.datetime.fromisoformat(case["received"]).replace(tzinfo=SHANGHAI)
    terms = rules.complaint_terms(received, rules.packaged_values("complaints.clocks"), CALENDAR, received.date())
    assert terms.feedback.day == case["feedback_on"]
    assert terms.feedback.provisional is case["provisional"]
    assert terms.respond_by - received == dt.timedelta(hours=24)


@pytest.mark.parametrize("case", cases("season"), ids=lambda case: str(case["seen_on"]))
def test_the_month_decides_the_season(case: dict[str, Any]) -> None:
    answer = rules.season_by_month(case["seen_on"], rules.packaged_values("attire.season"))
    assert answer.season == case["season"]


@pytest.mark.parametrize("case", cases("retention"), ids=lambda case: case["remark"])
def test_footage_is_kept_three_calendar_months_from_the_later_day(case: dict[str, Any]) -> None:
    found = rules.retention_dates(case["ended"], case["ingested"], rules.packaged_values("footage.retention"))
    assert found == (case["through"], case["deletable"])


@pytest.mark.parametrize("case", cases("workdays"), ids=lambda case: case["remark"])
def test_working_days_are_counted_from_the_day_after(case: dict[str, Any]) -> None:
    found = CALENDAR.nth_workday_after(case["after"], case["count"])
    assert (found.day, found.provisional) == (case["day"], case["provisional"])


@pytest.mark.parametrize("year", [2025, 2026])
def test_an_announced_year_has_248_working_days(year: int) -> None:
    assert CALENDAR.workdays_between(dt.date(year - 1, 12, 31), dt.date(year, 12, 31)) == 248


def test_an_answer_names_the_calendar_of_every_year_it_touches() -> None:
    assert CALENDAR.nth_workday_after(dt.date(2026, 12, 29), 3).calendar_version == "2026.1+2027.0暂定"
    assert CALENDAR.nth_workday_after(dt.date(2031, 1, 1), 1).calendar_version == "2031.0暂定"


@pytest.mark.parametrize("count", [0, -1, 2501])
def test_a_count_nobody_can_mean_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="工作日数应为 1 到 2500"):
        CALENDAR.nth_workday_after(dt.date(2026, 1, 1), count)


@given(day=DAYS, count=st.integers(1, 60))
def test_counting_there_and_counting_back_agree(day: dt.date, count: int) -> None:
    found = CALENDAR.nth_workday_after(day, count).day
    assert CALENDAR.is_workday(found)
    assert CALENDAR.workdays_between(day, found) == count


@given(day=DAYS, count=st.integers(1, 40))
def test_a_later_event_is_never_due_earlier(day: dt.date, count: int) -> None:
    tomorrow = day + dt.timedelta(days=1)
    assert CALENDAR.nth_workday_after(day, count).day <= CALENDAR.nth_workday_after(tomorrow, count).day


@given(day=st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), months=st.integers(0, 48))
def test_adding_months_keeps_the_day_or_takes_the_last_of_the_month(day: dt.date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + dt.timedelta(days=1)).day == 1)


@given(ended=DAYS, ingested=DAYS)
def test_retention_does_not_care_which_of_the_two_came_first(ended: dt.date, ingested: dt.date) -> None:
    assert retention(ended, ingested, 3) == retention(ingested, ended, 3)


def test_two_values_cannot_hold_on_one_day() -> None:
    with pytest.raises(ValueError, match="two values"):
        DatedSeries([
            (Period(dt.date(2026, 1, 1), dt.date(2026, 6, 1)), "a"),
            (Period(dt.date(2026, 6, 1)), "b"),
        ])  # fmt: skip


@given(starts=st.lists(DAYS, min_size=1, max_size=6, unique=True), day=DAYS)
def test_the_value_of_a_day_is_that_of_the_latest_start(starts: list[dt.date], day: dt.date) -> None:
    ordered = sorted(starts)
    ends = [later - dt.timedelta(days=1) for later in ordered[1:]] + [None]
    series = DatedSeries((Period(start, end), start) for start, end in zip(ordered, ends, strict=True))
    assert series.on(day) == max((start for start in starts if start <= day), default=None)
