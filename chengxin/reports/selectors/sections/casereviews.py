"""Case-file reviews of the year's quarters: results of final rounds with n, where most points were lost, what is still open (2.4)."""

from __future__ import annotations

import datetime as dt

from chengxin.casereviews import rules as review_rules
from chengxin.casereviews.selectors import RoundFigures, year_rounds
from chengxin.reports import rules
from chengxin.reports.kinds import Chart, OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import QUARTER_TITLES

GRADES = tuple(review_rules.GRADES.values())


def casereviews(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """The rounds of a year. A quarter without a planned round is no row and no gap; scores are told of final rounds alone."""
    found = year_rounds(year)
    columns = ("季度", "状态", "范围（件）", "评查（n）", "平均分", *GRADES, "登记问题", "更正")
    note = "得分为最接近的两份评查表的平均分；否决项成立的为不合格。未定稿的不列得分。"
    return Section(
        tables=[
            Table("案卷评查", columns, [_row(each) for each in found], note, (14, 14, 10, 10, 10, 8, 8, 10, 10, 6)),
            Table("扣分最多的项目", ("季度", "项目", "扣分件数", "每件平均扣分"), _commonest(found)),
        ],
        charts=[_chart(found)] if any(each.mean is not None for each in found) else [],
        open_items=[
            OpenItem(f"casereview:{each.year}-{each.quarter}", f"{each.title}没有定稿（{review_rules.STATES[each.state]}）")
            for each in found
            if not each.is_final
        ],
        versions=sorted({version for each in found for version in each.rule_version.split(" ")}),
    )


def _row(found: RoundFigures) -> tuple[str | int | float | None, ...]:
    counts = [found.grades[grade] if found.is_final else None for grade in GRADES]
    state = review_rules.STATES[found.state]
    return (
        review_rules.QUARTERS[found.quarter], state, found.framed, found.n if found.is_final else None, found.mean, *counts,
        found.findings, found.corrections,
    )  # fmt: skip


def _commonest(found: list[RoundFigures]) -> list[tuple[str, str, int, float]]:
    return [(review_rules.QUARTERS[each.quarter], *line) for each in found for line in each.commonest]


def _chart(found: list[RoundFigures]) -> Chart:
    means = {each.quarter: each.mean for each in found}
    planned = [quarter for quarter in rules.QUARTERS if quarter in means]
    categories = tuple(QUARTER_TITLES[quarter - 1] for quarter in planned)
    return Chart("案卷评查平均分", "bar", categories, [("平均分", [means[quarter] for quarter in planned])], "分")
