"""What followed for persons and units: measures, commendations, eligibility with its reasons, exemplary titles (3.1, 3.2)."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.urls import reverse

from chengxin.appraisal import selectors as assessment
from chengxin.appraisal.models import PublicObjection
from chengxin.appraisal.rules import verdicts as results
from chengxin.appraisal.selectors import policy
from chengxin.core import clock
from chengxin.measures import rules as measure_states
from chengxin.measures import selectors as decided
from chengxin.measures.models import Measure
from chengxin.reports import rules
from chengxin.reports.kinds import OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import CLASSES

RESULTS = results.RESULTS


def measures(year: int, as_of: dt.datetime) -> Section:
    """The measures that stand, by kind and ground; no names: the file of a person has them."""
    standing = list(decided.standing_measures(year, as_of).select_related("unit", "finding").order_by("decided_at", "pk"))
    kinds = Counter((each.get_kind_display(), each.get_ground_display()) for each in standing)
    rows = [
        (each.number, each.get_kind_display(), each.get_ground_display(), each.clause, each.unit.name,
         CLASSES.get(each.person_class, "单位"), _day(each.decided_at), each.finding.number if each.finding else "")
        for each in standing
    ]  # fmt: skip
    return Section(
        tables=[
            Table("分类", ("措施", "事由", "件数"), [(kind, ground, count) for (kind, ground), count in sorted(kinds.items())]),
            Table("清单", ("编号", "措施", "事由", "条款", "单位", "对象", "决定日期", "依据的问题"), rows, "已撤销的措施不列。",
                  (15, 12, 13, 8, 16, 8, 12, 16)),
        ],
        open_items=_undecided(year),
        versions=sorted({each.rule_version for each in standing}),
    )  # fmt: skip


def _undecided(year: int) -> list[OpenItem]:
    """Measures that wait for a decision, and objections against them."""
    every = Measure.objects.filter(year__lte=year).select_related("unit").order_by("pk")
    address = "measures:detail"
    return [
        *(
            OpenItem(
                f"measure:{each.pk}", f"{each.number} {each.get_kind_display()}待决定", each.unit.name, "", reverse(address, args=[each.pk])
            )
            for each in every.filter(state=measure_states.PROPOSED)
        ),
        *(
            OpenItem(f"measure-objection:{each.pk}", f"{each.number} 的申辩没有决定", each.unit.name, "", reverse(address, args=[each.pk]))
            for each in every.filter(objections__outcome="", objections__isnull=False).distinct()
        ),
    ]


def commendations(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """Commendations given in the year."""
    given = decided.commendations_between(*rules.year_days(year)).select_related("person", "unit").order_by("given_at", "pk")
    rows = [
        (
            each.number, each.get_kind_display(), each.person.name if each.person else each.unit.name, each.text, _day(each.given_at),
            each.document_number,
        )
        for each in given
    ]  # fmt: skip
    return Section(tables=[Table("表扬清单", ("编号", "种类", "对象", "事迹", "日期", "文号"), rows, "", (14, 12, 14, 32, 12, 16))])


def eligibility(year: int, as_of: dt.datetime) -> Section:
    """The verdict of everybody with its reasons; on paper those that are not simply eligible, in the sheet all of them."""
    verdicts = assessment.verdicts_of(year, as_of)
    counted = Counter((each.person_class, each.result) for each in verdicts)
    summary: list[tuple[str | int, ...]] = [
        (title, *(counted[code, result] for result in RESULTS), sum(counted[code, result] for result in RESULTS))
        for code, title in CLASSES.items()
        if any(counted[code, result] for result in RESULTS)
    ]
    every = [
        (each.person.number, each.person.name, each.unit.name if each.unit else "", CLASSES.get(each.person_class, each.person_class),
         RESULTS.get(each.result, each.result), _reasons(each))
        for each in verdicts
    ]  # fmt: skip
    columns, widths = ("工号", "姓名", "单位", "类别", "结论", "理由"), (10, 11, 17, 8, 16, 38)
    return Section(
        tables=[
            Table("结论汇总", ("类别", *RESULTS.values(), "合计"), summary, "具备资格不等于评为优秀，人选由评审组决定。"),
            Table("不具备资格、待定和不参加评定的人员", columns, [row for row in every if row[4] != RESULTS[results.ELIGIBLE]], "", widths),
            Table("全体人员", columns, every, "", widths, is_on_paper=False),
        ],
        open_items=[
            OpenItem(f"public-objection:{each.pk}", "公示期间的异议没有决定")
            for each in PublicObjection.objects.filter(outcome="", filed_at__lt=clock.at(dt.date(year + 1, 1, 1))).order_by("pk")
        ],
        versions=policy.policy_on(policy.judging_day(year, as_of)).versions,
    )


def _reasons(found: assessment.Verdict) -> str:
    return "；".join(f"{reason.text}（{reason.clause}）" if reason.clause else reason.text for reason in found.reasons)


def titles(year: int, as_of: dt.datetime) -> Section:  # noqa: ARG001
    """The exemplary titles in force on the last day of the year."""
    found = assessment.titles_on(rules.year_days(year)[1])
    rows = [
        (each.number, each.get_kind_display(), each.name, f"{each.starts_on} 至 {each.ends_on}", each.document_number) for each in found
    ]
    columns = ("编号", "称号", "单位或岗位", "有效期", "文号")
    return Section(tables=[Table("年末有效的称号", columns, rows, "", (16, 14, 24, 28, 18))])


def _day(moment: dt.datetime | None) -> str:
    return str(clock.local_day(moment)) if moment else ""
