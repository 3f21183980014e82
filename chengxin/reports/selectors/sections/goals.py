"""The plan's goals against what was measured (1)."""

from __future__ import annotations

import datetime as dt

from chengxin.reports import rules
from chengxin.reports.kinds import Chart, Section, Table
from chengxin.reports.selectors import indicators
from chengxin.reports.selectors.sections.shared import WHOLE, percent
from chengxin.rulebook import selectors as rulebook


def goals(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """The four headline indicators with n, beside the plan's words, the targets where the bureau set any, and the year before."""
    since, until = rules.year_days(year)
    policy = rulebook.rule_values("reports.goals", until, simulate=True)
    found = indicators.indicators(WHOLE, since, until)
    rows = [
        (each.title, each.goal, f"{policy[each.code]}%" if policy[each.code] else "待局确认", each.total.label, each.total.n,
         rules.against(policy[each.code], each.total), each.before.label, each.change)
        for each in found
    ]  # fmt: skip
    columns = ("指标", "方案要求", "目标值", "本年实际", "样本数", "对照目标", "上年", "同比")
    notes = [f"{each.title}：{each.what}。" + "".join(f"{note}。" for note in each.notes) for each in found]
    least = indicators.least_on(until)
    return Section(
        tables=[
            Table("四项指标", columns, rows, f"样本数不足 {least} 的不显示比率。", (14, 22, 10, 11, 9, 13, 10, 11)),
            _grouped("分单位", "单位", found, "units"),
            _grouped("分人员类别", "类别", found, "classes"),
        ],
        paragraphs=notes,
        charts=_trend(found),
        versions=[policy.version, rulebook.rule_values("goals.indicators", until, simulate=True).version],
    )  # fmt: skip


def _trend(found: list[indicators.Indicator]) -> list[Chart]:
    """By month, where there are enough facts to draw anything."""
    series = [(each.title, [percent(month) for _, month in each.by_month]) for each in found]
    shown = [(name, values) for name, values in series if any(value is not None for value in values)]
    return [Chart("四项指标逐月", "line", tuple(name for name, _ in found[0].by_month), shown, "%")] if shown else []


def _grouped(title: str, heading: str, found: list[indicators.Indicator], attribute: str) -> Table:
    """One row a group, one column an indicator; a group without facts of an indicator says so."""
    groups = {each.code: dict(getattr(each, attribute)) for each in found}
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    rows = [(name, *(f"{group[name].label} ({group[name].n})" if name in group else "—" for group in groups.values())) for name in names]
    return Table(title, (heading, *(each.title for each in found)), rows, "括号内为样本数。")
