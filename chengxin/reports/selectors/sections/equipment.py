"""Equipment: how far the loop closed, what broke, what was counted; footage: how much of the duty it covers (2.2)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count as Counted
from django.db.models import Q
from django.db.models.functions import ExtractQuarter
from django.urls import reverse

from chengxin.core import clock
from chengxin.equipment import selectors as custody
from chengxin.equipment.models import Count, CountDifference, Fault, Liability
from chengxin.evidence.models import Gap, Recording, Review
from chengxin.evidence.selectors import coverage
from chengxin.reports import rules
from chengxin.reports.kinds import Chart, OpenItem, Section, Table
from chengxin.reports.selectors import indicators
from chengxin.reports.selectors.sections.shared import QUARTER_TITLES, WHOLE, percent, share
from chengxin.rulebook import selectors as rulebook


def equipment(year: int, as_of: dt.datetime) -> Section:
    """Closure by unit, faults and losses with liability, counts with differences."""
    since, until = rules.year_days(year)
    least = indicators.least_on(until)
    cells = indicators.cells(rules.CLOSURE, WHOLE, since, until)
    closed = [(name, found.n, found.good, found.label) for name, found in rules.by_unit(cells, least)]
    return Section(
        tables=[
            Table("装备闭环", ("单位", "到期领用", "闭环", "闭环率"), closed, "闭环＝按时归还、已验收且执勤影像有交代。"),
            Table("故障与遗失", ("单位", "故障", "遗失", "已恢复使用", "无法修复", "未办结", "认定个人责任"), _faults(since, until)),
            Table("清点", ("单位", "清点次数", "差异", "未处理差异"), _counts(since, until)),
        ],
        charts=_trend(rules.by_month(cells, least, since, until)),
        open_items=_open(until, as_of),
        versions=[rulebook.rule_values("equipment.custody", until, simulate=True).version],
    )  # fmt: skip


def _trend(by_month: list[tuple[str, rules.Measured]]) -> list[Chart]:
    values = [percent(found) for _, found in by_month]
    if all(value is None for value in values):
        return []
    return [Chart("装备闭环率逐月", "line", tuple(name for name, _ in by_month), [("装备闭环率", values)], "%")]


def _span(since: dt.date, until: dt.date) -> tuple[dt.datetime, dt.datetime]:
    return clock.at(since), clock.at(until + dt.timedelta(days=1))


def _faults(since: dt.date, until: dt.date) -> list[tuple[Any, ...]]:
    first, after = _span(since, until)
    rows = Fault.objects.filter(reported_at__gte=first, reported_at__lt=after).order_by().values("unit__name", "unit__sequence")
    counted = rows.annotate(
        faults=Counted("pk", filter=Q(is_loss=False)), losses=Counted("pk", filter=Q(is_loss=True)),
        restored=Counted("pk", filter=Q(state=Fault.CLOSED)), condemned=Counted("pk", filter=Q(state=Fault.CONDEMNED)),
        unsettled=Counted("pk", filter=~Q(state__in=[Fault.CLOSED, Fault.CONDEMNED])),
        personal=Counted("pk", filter=Q(liability__outcome=Liability.PERSONAL)),
    )  # fmt: skip
    names = ("faults", "losses", "restored", "condemned", "unsettled", "personal")
    return [(row["unit__name"], *(row[name] for name in names)) for row in counted.order_by("unit__sequence", "unit__name")]


def _counts(since: dt.date, until: dt.date) -> list[tuple[Any, ...]]:
    first, after = _span(since, until)
    rows = Count.objects.filter(closed_at__gte=first, closed_at__lt=after).order_by().values("unit__name", "unit__sequence")
    counted = rows.annotate(
        n=Counted("pk", distinct=True), found=Counted("differences", distinct=True),
        unsettled=Counted("differences", filter=Q(differences__settled_at=None), distinct=True),
    )  # fmt: skip
    return [(row["unit__name"], row["n"], row["found"], row["unsettled"]) for row in counted.order_by("unit__sequence", "unit__name")]


def _open(until: dt.date, as_of: dt.datetime) -> list[OpenItem]:
    after = _span(until, until)[1]
    faults = Fault.objects.all().unsettled().filter(reported_at__lt=after).select_related("item", "unit").order_by("reported_at")
    late = custody.custodies_visible_to(WHOLE).overdue(min(after, as_of)).select_related("item", "unit").order_by("due_at")
    differing = CountDifference.objects.filter(settled_at=None, count__closed_at__lt=after).select_related("count__unit").order_by("pk")
    return [
        *(
            OpenItem(f"fault:{each.pk}",
                     f"{each.number} {each.item.asset_number}（{'遗失' if each.is_loss else each.get_state_display()}）",
                     each.unit.name, str(each.expected_on or ""), reverse("equipment:fault", args=[each.pk]))
            for each in faults
        ),
        *(
            OpenItem(f"custody:{each.pk}", f"{each.item.asset_number} 逾期未还", each.unit.name, str(clock.local_day(each.due_at)),
                     f"{reverse('equipment:custodies')}?state=late")
            for each in late
        ),
        *(
            OpenItem(f"difference:{each.pk}", f"清点差异 {each.code}（{each.get_kind_display()}）没有处理", each.count.unit.name, "",
                     reverse("equipment:count", args=[each.count_id]))
            for each in differing
        ),
    ]  # fmt: skip


def footage(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """Coverage of duty by unit, what became of the gaps, the monthly random review."""
    since, until = rules.year_days(year)
    first, after = _span(since, until)
    covered = coverage.coverage_by_unit(None, since, until)
    recorded = Recording.objects.filter(ingested_at__gte=first, ingested_at__lt=after).count()
    reviews, gaps = _reviews(year), _gaps(first, after)
    if not (covered or recorded or reviews or gaps):
        return Section()
    rows = [
        (each.unit, each.shifts, round(each.wanted / 60, 1), round(each.covered / 60, 1), share(each.covered, each.wanted, 1))
        for each in covered
    ]
    return Section(
        tables=[
            Table("影像覆盖", ("单位", "班次", "应录小时", "已录小时", "覆盖率"), rows, "应录为执勤时记录仪领出在外的时间。"),
            Table("影像缺失", ("单位", *(title for _, title in Gap.STATES)), gaps),
            Table("随机抽查", ("季度", "未见问题", "发现问题", "不能判断"), reviews),
        ],
        paragraphs=[f"全年入库影像 {recorded} 段。"],
        open_items=_gap_items(after),
        versions=[rulebook.rule_values("footage.retention", until, simulate=True).version],
    )


def _gaps(first: dt.datetime, after: dt.datetime) -> list[tuple[Any, ...]]:
    rows = Gap.objects.filter(started_at__gte=first, started_at__lt=after).order_by().values("unit__name", "unit__sequence")
    counted = rows.annotate(**{state: Counted("pk", filter=Q(state=state)) for state, _ in Gap.STATES})
    return [(row["unit__name"], *(row[state] for state, _ in Gap.STATES)) for row in counted.order_by("unit__sequence", "unit__name")]


def _reviews(year: int) -> list[tuple[Any, ...]]:
    judged = Review.objects.exclude(outcome="").filter(recording__started_at__year=year).order_by()
    rows = judged.values(quarter=ExtractQuarter("recording__started_at", tzinfo=clock.SHANGHAI)).annotate(
        **{outcome: Counted("pk", filter=Q(outcome=outcome)) for outcome, _ in Review.OUTCOMES}
    )
    return [(QUARTER_TITLES[row["quarter"] - 1], *(row[outcome] for outcome, _ in Review.OUTCOMES)) for row in rows.order_by("quarter")]


def _gap_items(after: dt.datetime) -> list[OpenItem]:
    """Undecided gaps as one matter a unit: there may be hundreds, and one person answers for them."""
    rows = Gap.objects.all().undecided().filter(started_at__lt=after).order_by().values("unit_id", "unit__name").annotate(n=Counted("pk"))
    return [
        OpenItem(f"gaps:{row['unit_id']}", f"{row['n']} 段影像缺失没有处理", row["unit__name"], "", reverse("evidence:gaps"))
        for row in rows.order_by("unit_id")
    ]
