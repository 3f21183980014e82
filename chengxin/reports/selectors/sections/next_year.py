"""Weak items of the year and what the bureau means to do about them; open matters that go on (2.4.5)."""

from __future__ import annotations

import datetime as dt

from chengxin.activities import rules as activity_rules
from chengxin.activities import selectors as activity_facts
from chengxin.core import clock
from chengxin.reports import rules
from chengxin.reports.kinds import Section, Table
from chengxin.reports.models import CarriedOver, NextMeasure
from chengxin.reports.selectors.sections.findings import facts_of
from chengxin.reports.selectors.sections.shared import QUARTERS_SHORT
from chengxin.rulebook import selectors as rulebook


def weak_items_of(year: int) -> list[rules.WeakItem]:
    policy = rulebook.rule_values("reports.year_end", rules.year_days(year)[1], simulate=True)
    return rules.weak_items(facts_of(year), least=policy["weak_least"], most=policy["weak_most"])


def next_year(year: int, as_of: dt.datetime) -> Section:
    """What was counted, what a person wrote, and who answers for what is carried over."""
    weak = weak_items_of(year)
    measures = NextMeasure.objects.filter(package__year=year).select_related("unit")
    return Section(
        tables=[
            Table(
                "薄弱环节", ("条款", "事项", *QUARTERS_SHORT, "全年", "走势", "重复人数"),
                [(item.clause, item.title, *item.quarters, item.count, item.trend, item.repeaters) for item in weak],
                "走势为下半年与上半年相比；重复人数为一年内同一事项两次以上的人数。", (8, 28, 9, 9, 9, 9, 8, 9, 11),
            ),
            Table(
                "补训与再次测量", ("单位", "薄弱环节", "条款", "情况", "补训前", "补训后"),
                _trained(year, clock.local_day(as_of)), "", (14, 30, 8, 16, 16, 16),
            ),
            Table(
                "下年度措施", ("条款", "措施", "责任单位", "完成期限"),
                [(each.clause, each.text, each.unit.name, str(each.due_on)) for each in measures], "", (9, 53, 20, 18),
            ),
            Table(
                "转结的未了事项", ("事项", "责任人", "理由", "确认人", "确认日期"),
                _carried(year),
                "", (34, 11, 24, 14, 17),
            ),
        ],
        versions=[rulebook.rule_values("reports.year_end", rules.year_days(year)[1], simulate=True).version],
    )  # fmt: skip


def _trained(year: int, day: dt.date) -> list[tuple[str, str, str, str, str, str]]:
    """Weak points of the units, before and after the training."""
    return [
        (each.unit, each.title, each.clause, activity_rules.POINT_STATES[each.state], each.before.label,
         each.after.label if each.after else "—")
        for each in activity_facts.year_summary(year, as_of=day).weak_points
    ]  # fmt: skip


def _carried(year: int) -> list[tuple[str, str, str, str, str]]:
    return [
        (each.text, each.responsible.name, each.reason, each.confirmed_label, str(clock.local_day(each.confirmed_at)))
        for each in CarriedOver.objects.filter(package__year=year).select_related("responsible")
    ]
