"""Findings and how they were put right: per unit and clause, in time or late, what is still open, what was objected to (3.1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import ExtractQuarter
from django.urls import reverse

from chengxin.core.quarters import quarter_of
from chengxin.findings import rules as states
from chengxin.findings import selectors as mechanism
from chengxin.reports import rules
from chengxin.reports.kinds import Chart, OpenItem, Section, Table
from chengxin.reports.selectors.sections.shared import QUARTERS_SHORT, WHOLE, share
from chengxin.rulebook import selectors as rulebook

IN_TIME = Q(state=states.CLOSED) & (Q(corrected_on_spot=True) | Q(closed_at__date__lte=F("due_on")))
LATE = Q(state=states.CLOSED, corrected_on_spot=False, closed_at__date__gt=F("due_on"))
STILL_OPEN = Q(state__in=[states.OPEN, states.SUBMITTED])


def findings(year: int, as_of: dt.datetime) -> Section:
    """The findings seen in the year; reversed and merged ones are told apart and count nowhere else."""
    seen = mechanism.findings_visible_to(WHOLE).filter(seen_on__year=year)
    day = as_of.date()
    units = _per_unit(seen, day)
    total = tuple(sum(row[place] for row in units) for place in range(1, 9)) if units else ()
    shown: list[tuple[Any, ...]] = [*units, ("合计", *total)] if units else []
    rows = [(*row, share(row[3] + row[2], row[3] + row[4] + row[6] + row[2], 1)) for row in shown]
    columns = ("单位", "问题", "当场整改", "按期销号", "逾期销号", "未销号", "其中逾期", "申辩", "撤销", "按期率")
    clauses = _per_clause(seen)
    return Section(
        tables=[
            Table("分单位", columns, rows, "按期率＝（当场整改＋按期销号）÷（已销号＋逾期未销号）。", (19, 9, 9, 9, 9, 9, 9, 9, 8, 10)),
            Table("分条款", ("条款", "标题", *QUARTERS_SHORT, "全年", "较重"), clauses, "", (9, 33, 10, 10, 10, 10, 9, 9)),
        ],
        charts=[
            Chart("各条款问题", "bar", tuple(str(row[0]) for row in clauses), [("问题", [row[6] for row in clauses])], "个"),
        ]
        if clauses
        else [],
        open_items=_open(year, day),
        versions=[rulebook.rule_values("findings.rectification", rules.year_days(year)[1], simulate=True).version],
    )


def _per_unit(seen: Any, day: dt.date) -> list[tuple[Any, ...]]:
    counting = Q(state__in=states.COUNTING)
    rows = seen.values("unit__name", "unit__sequence").annotate(
        n=Count("pk", filter=counting, distinct=True), spot=Count("pk", filter=IN_TIME & Q(corrected_on_spot=True), distinct=True),
        in_time=Count("pk", filter=IN_TIME & Q(corrected_on_spot=False), distinct=True), late=Count("pk", filter=LATE, distinct=True),
        open=Count("pk", filter=STILL_OPEN, distinct=True),
        overdue=Count("pk", filter=Q(state=states.OPEN, due_on__lt=day), distinct=True),
        objected=Count("pk", filter=Q(objections__isnull=False), distinct=True),
        reversed=Count("pk", filter=Q(state=states.WITHDRAWN), distinct=True),
    )  # fmt: skip
    names = ("n", "spot", "in_time", "late", "open", "overdue", "objected", "reversed")
    return [(row["unit__name"], *(row[name] for name in names)) for row in rows.order_by("unit__sequence", "unit__name")]


def _per_clause(seen: Any) -> list[tuple[Any, ...]]:
    titles = {clause.code: clause.title for clause in rulebook.clauses()}
    order = list(titles)
    found: dict[str, list[int]] = {}
    rows = (
        seen.counting()
        .values("clause", quarter=ExtractQuarter("seen_on"))
        .annotate(n=Count("pk"), serious=Count("pk", filter=Q(grade="serious")))
    )
    for row in rows.order_by("clause"):
        counts = found.setdefault(row["clause"], [0] * 6)
        counts[row["quarter"] - 1] += row["n"]
        counts[4] += row["n"]
        counts[5] += row["serious"]
    return [(clause, titles.get(clause, ""), *counts) for clause, counts in sorted(found.items(), key=lambda pair: order.index(pair[0]))]


def _open(year: int, day: dt.date) -> list[OpenItem]:
    """What of this year or an earlier one is not put right, waits for a decision about an objection, or was only proposed."""
    every = mechanism.findings_visible_to(WHOLE).filter(seen_on__year__lte=year).select_related("unit").order_by("seen_at", "pk")
    items = [
        OpenItem(
            f"finding:{each.pk}", f"{each.number} {each.text}（{each.get_state_display()}{'，逾期' if each.is_overdue(day) else ''}）",
            each.unit.name, str(each.due_on or ""), reverse("findings:detail", args=[each.pk]),
        )
        for each in every.filter(STILL_OPEN)
    ]  # fmt: skip
    items += [
        OpenItem(f"objection:{each.pk}", f"{each.number} 的申辩没有决定", each.unit.name, "", reverse("findings:detail", args=[each.pk]))
        for each in every.filter(objections__outcome="", objections__isnull=False, state=states.CLOSED).distinct()
    ]
    waiting = mechanism.proposals_visible_to(WHOLE).filter(state="waiting", seen_at__date__year__lte=year).order_by("pk")
    return [
        *items,
        *(
            OpenItem(f"proposal:{each.pk}", f"系统提请待认定：{each.text}", each.unit.name, "", reverse("findings:proposals"))
            for each in waiting
        ),
    ]


def facts_of(year: int) -> list[rules.Fact]:
    """The counting findings of a year as weak items are counted from; titles from the catalogue of the year's last day."""
    catalogue = rulebook.catalogue(rules.year_days(year)[1], simulate=True)
    rows = mechanism.counting_findings().filter(seen_on__year=year).values_list("clause", "entry", "kind", "text", "seen_on", "person")
    return [
        rules.Fact(
            clause,
            entry or kind,
            catalogue[entry]["title"] if entry in catalogue else _kind_title(kind, text),
            quarter_of(day),
            person,
        )
        for clause, entry, kind, text, day, person in rows
    ]


def _kind_title(kind: str, text: str) -> str:
    from chengxin.findings.kinds import finding_kinds

    return finding_kinds[kind].title if kind in finding_kinds else text
