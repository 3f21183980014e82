"""Complaints of the year as figures: both clocks, satisfaction, what came back, how the hours are distributed. No persons (3.2)."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from chengxin.complaints.models import Complaint
from chengxin.complaints.selectors import figures
from chengxin.core import clock
from chengxin.reports import rules
from chengxin.reports.kinds import Chart, OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import share
from chengxin.rulebook import selectors as rulebook


def complaints(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """By the day of first receipt, all of them: a pause changes nothing."""
    found = figures.service(None, *rules.year_days(year))
    if not found.n:
        return Section(open_items=_open(year))
    terms = [
        (f"{term.title}时限", term.due, term.in_time, term.due - term.in_time, term.running, share(term.in_time, term.due, found.least))
        for term in found.terms
    ]
    return Section(
        tables=[
            Table("时限", ("时限", "到期或已办", "按时", "超时", "进行中", "按时率"), terms),
            Table("结果与反馈", ("项目", "件数", "占比", "分母"), _outcomes(found)),
            Table("处理结果", ("结果", "件数"), found.results),
        ],
        paragraphs=[
            f"全年收到投诉 {found.n} 件，办结 {found.closed} 件。",
            f"按首次收到日期统计，暂停不改变是否按时；比率的分母不足 {found.least} 的不显示。",
        ],
        charts=[
            Chart(f"{term.title}用时分布（小时）", "bar", tuple(bar[0] for bar in term.bars), [("件", [bar[1] for bar in term.bars])], "件")
            for term in found.terms
        ],
        open_items=_open(year),
        versions=[rulebook.rule_values("complaints.clocks", rules.year_days(year)[1], simulate=True).version],
    )  # fmt: skip


def _outcomes(found: figures.Service) -> list[tuple[str, int, str, str]]:
    pairs = (
        ("认为已解决", found.solved, found.answered, "投诉人评价"), ("满意", found.satisfied, found.answered, "投诉人评价"),
        ("解决但不满意", found.solved_not_satisfied, found.answered, "投诉人评价"),
        ("满意但未解决", found.satisfied_not_solved, found.answered, "投诉人评价"),
        ("要求重新办理", found.reopened, found.closed, "办结"), ("重复投诉", found.repeats, found.n, "收到"),
        ("匿名", found.anonymous, found.n, "收到"), ("批准过暂停", found.paused, found.n, "收到"),
    )  # fmt: skip
    return [(title, part, share(part, whole, found.least), f"{what} {whole}") for title, part, whole, what in pairs]


def _open(year: int) -> list[OpenItem]:
    """By number and unit alone: what a complaint says stays with who handles it."""
    until = clock.at(dt.date(year + 1, 1, 1))
    found = Complaint.objects.all().open().filter(received_at__lt=until, is_restricted=False).select_related("unit").order_by("received_at")
    return [
        OpenItem(
            f"complaint:{each.pk}", f"{each.number} {each.category or '未分类'}投诉（{each.get_state_display()}）",
            each.unit.name if each.unit else "", "", reverse("complaints:detail", args=[each.pk]),
        )
        for each in found
    ]  # fmt: skip
