"""What the verdicts of a year would be under another version of its rules, a draft's included. It decides nothing (3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chengxin.appraisal.rules.verdicts import Policy
from chengxin.appraisal.selectors import policy as policies
from chengxin.appraisal.selectors.verdicts import Verdict, verdicts_of
from chengxin.core import clock
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues


@dataclass(frozen=True)
class Change:
    """Somebody whose result would be another one."""

    before: Verdict
    after: Verdict


@dataclass(frozen=True)
class Simulation:
    """The year as it is judged and as it would be."""

    year: int
    as_of: dt.datetime
    in_force: Policy
    tried: Policy
    persons: int
    changes: list[Change]


def versions_of(code: str) -> Mapping[str, RuleValues]:
    """Every version of a rule by its label, drafts included and marked."""
    return {each.version: each for each in rulebook.all_versions(code)}


def simulate(year: int, *, chosen: Mapping[str, str] | None = None, repeat_count: int | None = None) -> Simulation:
    """Judge the year as things are known now under other versions (rule code to version label), or with another count of 多次违规.

    Nothing is written. An unknown label means the version in force.
    """
    as_of = clock.now()
    day = policies.judging_day(year, as_of)
    in_force = policies.policy_on(day)
    other = {code: versions_of(code).get(label) for code, label in (chosen or {}).items() if label}
    tried = policies.policy_on(day, {code: values for code, values in other.items() if values is not None})
    if repeat_count is not None:
        tried = replace(tried, repeat_count=repeat_count, simulated=True)
    before, after = verdicts_of(year, as_of, policy=in_force), verdicts_of(year, as_of, policy=tried)
    changes = [Change(one, two) for one, two in zip(before, after, strict=True) if one.result != two.result]
    return Simulation(year, as_of, in_force, tried, len(before), changes)
