"""What the rules say about eligibility on a day, and what they would say in another version (3.1, 3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from chengxin.appraisal.rules import verdicts as rules
from chengxin.core import clock
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues

ELIGIBILITY, REPEAT, QUOTA, RHYTHM = "appraisal.eligibility", "findings.repeat", "appraisal.quota", "supervision.rhythm"


def judging_day(year: int, as_of: dt.datetime) -> dt.date:
    """The day by whose rules and assignments a year is judged: its last, or that of the moment while the year runs."""
    return min(rules.year_days(year)[1], clock.local_day(as_of))


def policy_on(day: dt.date, other: Mapping[str, RuleValues] | None = None) -> rules.Policy:
    """The policy in force on a day (a draft's where nothing is); with ``other`` versions of its rules instead, for simulation only."""
    given = {code: (other or {}).get(code) or rulebook.rule_values(code, day, simulate=True) for code in (ELIGIBILITY, REPEAT)}
    eligibility, repeat = given[ELIGIBILITY], given[REPEAT]
    return rules.Policy(
        repeat_count=repeat["count"], newcomer_months=eligibility["newcomer_months"], leave_months=eligibility["leave_months"],
        assesses_others=eligibility["assesses_others"], flags=frozenset(eligibility["flags"]),
        versions=(eligibility.version, repeat.version), simulated=bool(other) or eligibility.simulated or repeat.simulated,
    )  # fmt: skip


def quota_values(day: dt.date) -> tuple[Mapping[str, Any], int, tuple[str, ...]]:
    """The quota rule of a day, the share for classes it does not list, and the versions of both."""
    quota, rhythm = (rulebook.rule_values(code, day, simulate=True) for code in (QUOTA, RHYTHM))
    return quota.values, rhythm["excellent_quota_percent"], (quota.version, rhythm.version)
