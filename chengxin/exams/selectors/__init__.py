"""Questions about items, exams, sittings and results. What other rooms may ask is named here."""

from chengxin.exams.selectors.results import UnitWeakPoint, weak_items, weak_units
from chengxin.exams.selectors.waiting import inquiries, work_waiting_for

__all__ = ["UnitWeakPoint", "inquiries", "weak_items", "weak_units", "work_waiting_for"]
