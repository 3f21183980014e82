"""Quarters of a calendar year."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from chengxin.core.quarters import quarter_days, quarter_of


@given(st.dates(dt.date(2020, 1, 1), dt.date(2100, 12, 31)))
def test_every_day_lies_in_exactly_one_quarter_and_quarters_meet(day: dt.date) -> None:
    spans = [quarter_days(day.year, quarter) for quarter in (1, 2, 3, 4)]
    assert [quarter for quarter, (first, last) in enumerate(spans, 1) if first <= day <= last] == [quarter_of(day)]
    assert (spans[0][0], spans[3][1]) == (dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))
    assert all(later[0] - earlier[1] == dt.timedelta(days=1) for earlier, later in itertools.pairwise(spans))
