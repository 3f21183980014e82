"""Pure: who may be considered for 评优 in a year, with the reasons (3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from chengxin.appraisal.rules.ledger import COMPLAINT, FLAGS, INELIGIBLE, INTEGRITY, REFUSED, Matter, Standing
from chengxin.rulekit.months import add_months

ELIGIBLE, FLAGGED, PENDING, NOT_ASSESSED = "eligible", "flagged", "pending", "not_assessed"
RESULTS = {ELIGIBLE: "具备资格", FLAGGED: "不具备资格", PENDING: "待定", NOT_ASSESSED: "不参加评定"}
ASSESSED = (ELIGIBLE, FLAGGED, PENDING)

REPEATED = "repeated"
GROUNDS = {REPEATED: "多次违规", **FLAGS}
ALL_FLAGS = (REPEATED, REFUSED, INTEGRITY, COMPLAINT, INELIGIBLE)
CLAUSE = "3.1"
PROPOSAL, SUSPENDED, NEWCOMER, LEAVE, LEFT, OTHER, NO_UNIT, NOTHING = (
    "proposal", "suspended", "newcomer", "leave", "left", "other", "no_unit", "nothing",
)  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """What the rules of a day say about eligibility, with the versions they come from. ``simulated``: nothing of it may be decided by."""

    repeat_count: int
    newcomer_months: int
    leave_months: int
    assesses_others: bool
    flags: frozenset[str] = frozenset(ALL_FLAGS)
    versions: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True)
class Service:
    """How somebody served in the year, from dated facts."""

    joined_on: dt.date
    left_on: dt.date | None
    person_class: str
    has_unit: bool
    leave_days: int = 0
    is_suspended: bool = False


@dataclass(frozen=True)
class Reason:
    """Why a verdict is what it is: the clause, words for people, and where the fact is ("finding:12", "measure:3", "")."""

    clause: str
    text: str
    source: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Outcome:
    result: str
    reasons: tuple[Reason, ...]


def year_days(year: int) -> tuple[dt.date, dt.date]:
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def verdict(
    standing: Standing, service: Service, policy: Policy, *, year: int, day: dt.date, proposals: tuple[Matter, ...] = ()
) -> Outcome:
    """The verdict about a year as things stand on a day (the year's last day, or an earlier one while it runs).

    A flag stands against everything else: nothing in the person's favour lifts it, only the reversal of its fact does. What is contested
    or undecided makes the verdict pending unless a flag stands without it. Established officers and auxiliaries are judged alike.
    """
    apart = _why_not_assessed(service, policy, year, day)
    certain, contested = _flags(standing, policy)
    open_ = (*_open(standing.open, proposals), *_suspension(service))
    if apart:
        return Outcome(NOT_ASSESSED, (*apart, *certain, *contested, *open_))
    if certain:
        return Outcome(FLAGGED, (*certain, *contested, *open_))
    if contested or open_:
        return Outcome(PENDING, (*contested, *open_))
    return Outcome(ELIGIBLE, _nothing_against(standing.findings, policy.repeat_count))


def _flags(standing: Standing, policy: Policy) -> tuple[list[Reason], list[Reason]]:
    """Reasons that stand whatever becomes of open objections, and reasons that depend on them. Each fact gives one reason."""
    certain: list[Reason] = []
    contested: list[Reason] = []
    if REPEATED in policy.flags and standing.findings >= policy.repeat_count:
        sure = standing.findings - standing.contested >= policy.repeat_count
        (certain if sure else contested).append(_repeated(standing, policy.repeat_count, sure=sure))
    of_fact: dict[str, list[Matter]] = {}
    for each in standing.flags:
        if each.kind in policy.flags:
            of_fact.setdefault(each.root, []).append(each)
    for matters in of_fact.values():
        sure = not all(each.is_contested for each in matters)
        words = "；".join(f"{GROUNDS[each.kind]}：{each.text}" for each in matters)
        text = words if sure else f"{words}（申辩期内或申辩未决）"
        (certain if sure else contested).append(Reason(matters[0].clause, text, matters[0].source, matters[0].kind))
    return certain, contested


@lru_cache(maxsize=1024)
def _repeated_words(findings: int, contested: int, threshold: int, sure: bool) -> Reason:
    text = f"多次违规：本年计 {findings} 次，达到 {threshold} 次"
    if not sure:
        text += f"；其中 {contested} 次申辩期内或申辩未决，维持后成立"
    return Reason(CLAUSE, text, "", REPEATED)


def _repeated(standing: Standing, threshold: int, *, sure: bool) -> Reason:
    return _repeated_words(standing.findings, standing.contested, threshold, sure)


def _open(matters: tuple[Matter, ...], proposals: tuple[Matter, ...]) -> list[Reason]:
    return [Reason(each.clause, each.text, each.source, each.kind) for each in (*matters, *proposals)]


def _suspension(service: Service) -> list[Reason]:
    return [Reason(CLAUSE, "停职期间，结论待定", "", SUSPENDED)] if service.is_suspended else []


def _why_not_assessed(service: Service, policy: Policy, year: int, day: dt.date) -> list[Reason]:
    """Who is not assessed, by the plan's own words in none of its places: hence all of it is a setting."""
    found = []
    if service.left_on is not None and service.left_on <= day:
        found.append(Reason(CLAUSE, f"{service.left_on} 已离队", "", LEFT))
    elif not service.has_unit:
        found.append(Reason(CLAUSE, f"{day} 没有任职单位", "", NO_UNIT))
    if service.person_class == "other" and not policy.assesses_others:
        found.append(Reason(CLAUSE, "其他人员不参加执法人员评优", "", OTHER))
    if is_newcomer(service.joined_on, year, policy.newcomer_months):
        found.append(Reason(CLAUSE, f"{service.joined_on} 入职，本年任职不满 {policy.newcomer_months} 个月", "", NEWCOMER))
    if is_long_leave(service.leave_days, year, policy.leave_months):
        found.append(Reason(CLAUSE, f"本年长期休假 {service.leave_days} 天，超过 {policy.leave_months} 个月", "", LEAVE))
    return found


def is_newcomer(joined_on: dt.date, year: int, months: int) -> bool:
    """Fewer than so many months of service by the end of the year: who joined on 1 July has served six."""
    return add_months(joined_on, months) > dt.date(year + 1, 1, 1)


def is_long_leave(days: int, year: int, months: int) -> bool:
    """More days than so many twelfths of the year: with 6 of 365 days the 183rd."""
    return days * 12 > months * (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days


@lru_cache(maxsize=1024)
def _nothing_against(findings: int, threshold: int) -> tuple[Reason, ...]:
    counted = f"本年计问题 {findings} 次，少于 {threshold} 次" if findings else "本年没有问题"
    return (Reason(CLAUSE, f"{counted}；没有拒不整改、违反廉政纪律、有效投诉和取消资格的决定", "", NOTHING),)


def changed(before: Mapping[int, Outcome], after: Mapping[int, Outcome]) -> list[int]:
    """Whose result would be another one, by the person's number."""
    return [person for person, outcome in after.items() if before[person].result != outcome.result]
