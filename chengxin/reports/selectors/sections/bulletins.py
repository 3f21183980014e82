"""The bulletins of the year: exactly one a month, also when there was nothing (3.1)."""

from __future__ import annotations

import datetime as dt

from chengxin.bulletins import selectors as notices
from chengxin.core import clock
from chengxin.reports.kinds import OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import WHOLE


def bulletins(year: int, as_of: dt.datetime) -> Section:
    """Each month's bulletin and its state. Once the year has bulletins, a month over without an issued one is an open matter."""
    by_month = {each.period.number: each for each in notices.bulletins_visible_to(WHOLE).filter(month__startswith=f"{year}-")}
    if not by_month:
        return Section()
    over = 12 if as_of.year > year else as_of.astimezone(clock.SHANGHAI).month - 1
    rows = [
        (f"{year}年{month}月", found.get_state_display() if (found := by_month.get(month)) else "没有编发", _issued(by_month.get(month)))
        for month in range(1, over + 1)
    ]
    return Section(
        tables=[Table("月度通报", ("月份", "状态", "印发日期"), rows)],
        open_items=[
            OpenItem(f"bulletin:{year}-{month:02d}", f"{year} 年 {month} 月的月度通报没有印发")
            for month in range(min(by_month), over + 1)
            if not _issued(by_month.get(month))
        ],
    )


def _issued(bulletin: object) -> str:
    moment = getattr(bulletin, "issued_at", None)
    return str(clock.local_day(moment)) if moment else ""
