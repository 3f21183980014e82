"""What was done of the year's programme: parts by quarter, attendance, talks, risks; what is still owed (2.4)."""

from __future__ import annotations

import datetime as dt

from chengxin.activities import rules as activity_rules
from chengxin.activities import selectors as activity_facts
from chengxin.activities.selectors import PartStanding, YearSummary
from chengxin.casereviews import rules as review_rules
from chengxin.casereviews.selectors import year_rounds
from chengxin.core import clock
from chengxin.reports import rules
from chengxin.reports.kinds import Chart, OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import CLASSES, QUARTER_TITLES
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues

NONE_YET = "尚无记录"
NOT_PLANNED = "方案不安排"


def activities(year: int, as_of: dt.datetime) -> Section:
    """Theme, record and case review of each quarter, every planned part, attendance and talks with n. A quarter without a planned
    review is never missing one (third quarter)."""
    policy = rulebook.rule_values("activities.programme", rules.year_days(year)[1], simulate=True)
    day = clock.local_day(as_of)
    summary = activity_facts.year_summary(year, as_of=day)
    return Section(
        tables=[
            _quarters(year, policy, summary), _parts(summary), _attendance(summary), _talks(summary), _themes(summary), _risks(summary),
        ],
        charts=_charts(summary),
        open_items=[OpenItem(each.key, each.text, each.unit, each.due_on) for each in activity_facts.unsettled_of(year, day)],
        versions=[policy.version],
    )  # fmt: skip


def _quarters(year: int, policy: RuleValues, summary: YearSummary) -> Table:
    rounds = {each.quarter: review_rules.STATES[each.state] for each in year_rounds(year)}
    reviewed = dict.fromkeys(policy["casereview_quarters"], NONE_YET) | rounds
    held = {each.quarter: f"{each.total} 项，已开展 {each.held}" + (f"，逾期 {each.late}" if each.late else "") for each in summary.parts}
    rows = [
        (title, policy["themes"][str(quarter)], held.get(quarter, NONE_YET), reviewed.get(quarter, NOT_PLANNED))
        for quarter, title in zip(rules.QUARTERS, QUARTER_TITLES, strict=True)
    ]
    return Table("季度主题活动", ("季度", "主题", "方案内容", "案卷评查"), rows, "", (14, 40, 28, 18))


def _parts(summary: YearSummary) -> Table:
    rows = [(_quarter(each.part.quarter), each.part.title, each.label, _record(each)) for each in summary.standings]
    return Table("活动内容逐项", ("时间", "内容", "情况", "记录"), rows, "", (14, 34, 16, 36))


def _record(standing: PartStanding) -> str:
    return "；".join(text for text in (standing.note, *(each.title for each in standing.witnessed)) if text)


def _quarter(quarter: int) -> str:
    return activity_rules.QUARTERS[quarter].partition("（")[0]


def _attendance(summary: YearSummary) -> Table:
    rows = [
        (row.unit, CLASSES[row.person_class], row.count.due, row.count.present, row.count.excused, row.count.absent)
        for row in summary.attendance
    ]
    note = f"办结活动 {summary.activities} 次。应到人次不含准假；缺席已补训 {summary.made_up} 人次，待补训 {summary.to_make_up} 人次。"
    return Table("活动到场", ("单位", "类别", "应到人次", "实到", "准假", "缺席"), rows, note)


def _talks(summary: YearSummary) -> Table:
    """Nothing but who was reached: what was said stays between the two."""
    rows = [
        (row.unit.name, CLASSES[row.person_class], row.covered.n, row.covered.reached, row.covered.rest)
        for row in (summary.talks if summary.standings or summary.talks_covered.reached else [])
    ]
    whole = summary.talks_covered
    note = f"全局应谈 {whole.n} 人，已谈 {whole.reached} 人；未谈 {whole.rest} 人，其中 {summary.talks_explained} 人已说明原因。"
    return Table("谈心谈话", ("单位", "类别", "应谈", "已谈", "未谈"), rows, note)


def _themes(summary: YearSummary) -> Table:
    titles = activity_facts.talks_policy_at(min(summary.as_of, rules.year_days(summary.year)[1])).themes
    rows = sorted(((titles.get(code, code), n) for code, n in summary.themes.items()), key=lambda row: (-row[1], row[0]))
    return Table("谈话主题", ("主题", "次数"), rows, "一次谈话可有多个主题；谈话内容不列入。")


def _risks(summary: YearSummary) -> Table:
    rows = [(each.unit, each.registered, each.controlled, each.closed, each.overdue) for each in summary.risks]
    return Table("岗位风险排查", ("单位", "登记", "已落实防控", "已消除", "复查逾期"), rows)


def _charts(summary: YearSummary) -> list[Chart]:
    if not summary.talks_covered.reached:
        return []
    units = list(dict.fromkeys(row.unit.name for row in summary.talks))
    sums = [
        [sum(getattr(row.covered, what) for row in summary.talks if row.unit.name == unit) for unit in units] for what in ("n", "reached")
    ]
    return [Chart("谈心谈话覆盖", "bar", tuple(units), [("应谈", sums[0]), ("已谈", sums[1])], "人")]
