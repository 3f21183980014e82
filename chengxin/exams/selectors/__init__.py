"""Questions about items, exams, sittings and results. What other rooms may ask is named here."""

from chengxin.exams.selectors.results import weak_items
from chengxin.exams.selectors.waiting import work_waiting_for

__all__ = ["weak_items", "work_waiting_for"]
