"""Inspections: how many, by which mode, of whom; draws that anybody can recompute (3.1)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from chengxin.core import clock
from chengxin.core.quarters import quarter_days
from chengxin.draws import selectors as draws
from chengxin.reports import rules
from chengxin.reports.kinds import Chart, OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import CLASSES, QUARTER_TITLES, share
from chengxin.supervision import rules as inspection_rules
from chengxin.supervision import selectors as inspections
from chengxin.supervision.models import Plan, RepeatAlert


def supervision(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """Coverage by quarter, unit, class and mode; what was drawn."""
    by_quarter = {quarter: inspections.coverage(*quarter_days(year, quarter)) for quarter in rules.QUARTERS}
    rows = [
        (title, row.unit.name, CLASSES.get(row.person_class, row.person_class), _mode(row.mode), row.visits, row.checked, row.flawed)
        for quarter, title in zip(rules.QUARTERS, QUARTER_TITLES, strict=True)
        for row in by_quarter[quarter]
    ]
    columns = ("季度", "单位", "人员类别", "方式", "检查次数", "检查人次", "发现问题人次")
    return Section(
        tables=[
            Table("检查次数", ("季度", "检查次数"), _visits(year)),
            Table("在编与协管检查比例", ("人员类别", "检查人次", "发现问题人次", "发现率"), _by_class(year)),
            Table("检查覆盖", columns, rows, "检查人次为已提交的检查中查到的人；在编与协管按同一比例检查。", (13, 22, 12, 13, 12, 13, 15)),
            Table("随机抽取", ("事项", "范围数", "抽中数", "冻结时间", "抽取时间", "范围摘要（前 16 位）"), _draws(year)),
        ],
        charts=[_chart(by_quarter)] if rows else [],
        open_items=_open(year),
    )


def _open(year: int) -> list[OpenItem]:
    """Plans that were not brought to an end, and repeats about which nobody said what follows."""
    ended = (inspection_rules.CLOSED, inspection_rules.CANCELLED)
    plans = Plan.objects.filter(ends_on__lte=rules.year_days(year)[1]).exclude(state__in=ended).order_by("pk")
    alerts = RepeatAlert.objects.all().open().filter(raised_at__lt=clock.at(dt.date(year + 1, 1, 1))).select_related("unit").order_by("pk")
    return [
        *(OpenItem(f"plan:{each.pk}", f"督查计划“{each.title}”没有办结", "", str(each.ends_on)) for each in plans),
        *(OpenItem(f"repeat:{each.pk}", f"重复问题提示没有处置（{each.clause}）", each.unit.name) for each in alerts),
    ]


def _mode(mode: str) -> str:
    return inspection_rules.MODES.get(mode, mode)


def _visits(year: int) -> list[tuple[str, int]]:
    """A quarter in which something was found to be inspected has a row; a quarter without is not left out when others have any."""
    counted = [inspections.visits_between(*quarter_days(year, quarter)).count() for quarter in rules.QUARTERS]
    return list(zip(QUARTER_TITLES, counted, strict=True)) if any(counted) else []


def _by_class(year: int) -> list[tuple[str, int, int, str]]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in inspections.coverage(*rules.year_days(year)):
        sums[row.person_class][0] += row.checked
        sums[row.person_class][1] += row.flawed
    return [
        (CLASSES.get(each, each), checked, flawed, share(flawed, checked, 1))
        for each, (checked, flawed) in sorted(sums.items(), reverse=True)
    ]


def _draws(year: int) -> list[tuple[str, int, int, str, str, str]]:
    return [
        (draw.title, len(draw.frame), len(draw.drawn), _told(draw.frozen_at), _told(draw.cast_at), draw.frame_sha256[:16])
        for draw in draws.draws_between(*rules.year_days(year))
    ]


def _told(moment: dt.datetime | None) -> str:
    return f"{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if moment else "未抽取"


def _chart(by_quarter: dict[int, list[inspections.CoverageRow]]) -> Chart:
    names = list(dict.fromkeys(row.person_class for rows in by_quarter.values() for row in rows))
    series = [
        (CLASSES.get(name, name), [sum(row.checked for row in rows if row.person_class == name) for rows in by_quarter.values()])
        for name in names
    ]
    return Chart("各季度检查人次", "bar", QUARTER_TITLES, series, "人次")
