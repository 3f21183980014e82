"""Questions about 考核评优, within the reader's scope."""

from __future__ import annotations

from chengxin.appraisal.selectors.rounds import SEATS, effective_result, frozen_row, frozen_rows, quotas_of, round_of
from chengxin.appraisal.selectors.titles import titles_on
from chengxin.appraisal.selectors.units import measures_against_unit
from chengxin.appraisal.selectors.verdicts import Verdict, explained, verdict_of, verdicts_of
from chengxin.appraisal.selectors.waiting import inquiries, work_waiting_for

__all__ = [
    "SEATS",
    "Verdict",
    "effective_result",
    "explained",
    "frozen_row",
    "frozen_rows",
    "inquiries",
    "measures_against_unit",
    "quotas_of",
    "round_of",
    "titles_on",
    "verdict_of",
    "verdicts_of",
    "work_waiting_for",
]
