"""The quarters' themes and case reviews as the plan asks for them (2.4). Their rooms are still to come, so there are no records."""

from __future__ import annotations

import datetime as dt

from chengxin.casereviews import rules as review_rules
from chengxin.casereviews.selectors import year_rounds
from chengxin.reports import rules
from chengxin.reports.kinds import NO_RECORDS, Section, Table
from chengxin.reports.selectors.sections.shared import QUARTER_TITLES
from chengxin.rulebook import selectors as rulebook

NONE_YET = "尚无记录"
NOT_PLANNED = "方案不安排"


def activities(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """Theme, record and case review of each quarter. A quarter without a planned review is never missing one (third quarter)."""
    policy = rulebook.rule_values("activities.programme", rules.year_days(year)[1], simulate=True)
    rounds = {each.quarter: review_rules.STATES[each.state] for each in year_rounds(year)}
    reviewed = dict.fromkeys(policy["casereview_quarters"], NONE_YET) | rounds
    rows = [
        (title, policy["themes"][str(quarter)], NONE_YET, reviewed.get(quarter, NOT_PLANNED))
        for quarter, title in zip(rules.QUARTERS, QUARTER_TITLES, strict=True)
    ]
    return Section(
        tables=[Table("季度主题活动", ("季度", "主题", "活动记录", "案卷评查"), rows)],
        paragraphs=[f"主题活动、竞赛、谈心谈话：{NO_RECORDS}"],
        versions=[policy.version],
    )
