"""Pure: 示范中队 / 示范岗 – criteria with their facts and n, states, term (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chengxin.rulekit.months import add_months

SQUADRON, POST = "squadron", "post"
KINDS = {SQUADRON: "示范中队", POST: "示范岗"}
NOMINATED, PUBLICITY, GRANTED, REVOKED, DECLINED = "nominated", "publicity", "granted", "revoked", "declined"
STATES = {NOMINATED: "已申报", PUBLICITY: "公示中", GRANTED: "已授予", REVOKED: "已撤销", DECLINED: "未授予"}
PUBLISH, GRANT, REVOKE, DECLINE = "publish", "grant", "revoke", "decline"
ACTIONS = {PUBLISH: "公示", GRANT: "授予", REVOKE: "撤销", DECLINE: "不予授予"}
AFTER: Mapping[tuple[str, str], str] = {
    (NOMINATED, PUBLISH): PUBLICITY, (PUBLICITY, GRANT): GRANTED, (GRANTED, REVOKE): REVOKED,
    (NOMINATED, DECLINE): DECLINED, (PUBLICITY, DECLINE): DECLINED,
}  # fmt: skip


class NotPossible(Exception):
    """The state does not admit the step; the text is for people."""


def after(state: str, action: str) -> str:
    """The state after a step. Raises NotPossible."""
    try:
        return AFTER[state, action]
    except KeyError:
        raise NotPossible(f"这项申报目前是“{STATES[state]}”，不能{ACTIONS[action]}。请刷新页面核对。") from None


TOO_FEW = "样本不足"


@dataclass(frozen=True)
class UnitFacts:
    """What is known of a unit over the months looked at. Counts only; nobody is named."""

    members: int
    findings: int
    complaints: int
    overdue: int
    measures: int
    checked: int
    flawed: int


@dataclass(frozen=True)
class Criterion:
    """A criterion with what was found: the value as people read it, n, and whether it holds (None: not enough to say)."""

    title: str
    wanted: str
    value: str
    n: int
    holds: bool | None

    @property
    def verdict(self) -> str:
        return TOO_FEW if self.holds is None else "符合" if self.holds else "不符合"


def criteria(facts: UnitFacts, policy: Mapping[str, Any]) -> list[Criterion]:
    """The rule's criteria one by one. A rate with too few checks behind it is 样本不足, not a number."""
    per_head = facts.findings / facts.members if facts.members else 0.0
    checked = facts.checked
    enough = checked >= policy["least_checked"]
    fine = 100 * (checked - facts.flawed) / checked if enough else 0.0
    most, least = policy["most_findings_per_person"], policy["least_fine_percent"]
    members, heads = facts.members, f"{per_head:.2f} 件（共 {facts.findings} 件）"
    return [
        Criterion("人均问题数", f"不超过 {most} 件", heads if members else TOO_FEW, members, per_head <= most if members else None),
        Criterion("督查合格率", f"不低于 {least}%", f"{fine:.1f}%" if enough else TOO_FEW, checked, fine >= least if enough else None),
        _none("有效投诉", facts.complaints, policy["most_complaints"], facts.members),
        _none("整改逾期", facts.overdue, policy["most_overdue"], facts.findings),
        _none("约谈、通报和追责等措施", facts.measures, policy["most_measures"], facts.members),
    ]  # fmt: skip


def _none(title: str, count: int, most: int, n: int) -> Criterion:
    return Criterion(title, f"不超过 {most} 件" if most else "没有", f"{count} 件", n, count <= most)


def last_day(starts_on: dt.date, months: int) -> dt.date:
    """The last day of a term of so many months that begins on a day."""
    return add_months(starts_on, months) - dt.timedelta(days=1)


def is_in_force(state: str, starts_on: dt.date | None, ends_on: dt.date | None, revoked_on: dt.date | None, day: dt.date) -> bool:
    """Whether a title holds on a day. It ends by its date: nobody has to run anything for that."""
    if state not in (GRANTED, REVOKED) or starts_on is None or ends_on is None:
        return False
    return starts_on <= day <= ends_on and (revoked_on is None or day < revoked_on)
