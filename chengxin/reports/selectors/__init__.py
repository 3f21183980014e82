"""Questions about 年终材料 and the export for 司法局, within the reader's scope."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.quarters import quarter_of
from chengxin.core.waiting import Waiting
from chengxin.reports import rules
from chengxin.reports.models import JusticeExport, NextMeasure, YearPackage
from chengxin.reports.selectors import sections
from chengxin.reports.selectors.indicators import (
    Indicator,
    Recent,
    facts_address,
    indicators,
    indicators_within,
    measured,
    recent,
    units_counted,
    what_is_counted,
)
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.together import Inquiry, joined

CHAPTER = "三（一）督查考核"

TITLES = rules.INDICATORS

__all__ = [
    "TITLES", "Indicator", "Recent", "facts_address", "indicators", "indicators_within", "measured", "recent", "units_counted",
    "what_is_counted",
]  # fmt: skip


def packages() -> list[YearPackage]:
    """All years, the newest first, without what was frozen: that is long."""
    return list(YearPackage.objects.defer("snapshot"))


def package_of(year: int) -> YearPackage:
    """The package of a year. Raises NotFound."""
    found = YearPackage.objects.filter(year=year).first()
    if found is None:
        raise NotFound("no_package", f"{year} 年还没有编制年终材料。")
    return found


def measure_for(package: YearPackage, pk: int) -> NextMeasure:
    """One of the package's measures. Raises NotFound."""
    found = package.measures.select_related("unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_measure", "没有这条措施，可能已被删除。")
    return found


def content_of(package: YearPackage) -> dict[str, Any]:
    """What the package says: of a draft as things stand now, of a frozen one as it was frozen, for ever."""
    return sections.content_of(package.year, clock.now()) if package.is_draft else package.content


def why_not_frozen(package: YearPackage) -> str:
    """Why a draft cannot be frozen now; empty when it can."""
    content = sections.content_of(package.year, clock.now())
    open_matters = {item.key: item.text for item in sections.open_items_of(content)}
    return rules.why_not_frozen(package.year, clock.today(), open_matters, set(package.carried.values_list("key", flat=True)))


def exports() -> list[JusticeExport]:
    return list(JusticeExport.objects.select_related("archive").defer("archive__content")[:200])


def export_for(pk: int) -> JusticeExport:
    """A request with its archive, without the bytes. Raises NotFound."""
    found = JusticeExport.objects.select_related("archive").defer("archive__content").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_export", "没有这份申请。")
    return found


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """A year's package to prepare, freeze or issue; requests of 司法局 that need a second person."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [_packages_due(actor), _exports_due(actor)]


def _packages_due(actor: Actor) -> Inquiry[list[Waiting]]:
    """From the first day of the new year on. Who never began is asked in the first quarter, who began until it is issued."""
    if not (actor.may("reports.prepare") or actor.may("reports.issue")):
        return []
    today = clock.today()
    unfinished = YearPackage.objects.filter(year__lt=today.year).exclude(state=YearPackage.ISSUED).defer("snapshot")
    last = YearPackage.objects.filter(year=today.year - 1).defer("snapshot")
    yield unfinished, last
    found = [each for each in (_step_due(actor, package) for package in unfinished) if each is not None]
    nobody_began = quarter_of(today) == 1 and not last
    if nobody_began and actor.may("reports.prepare") and _is_in_force(today.year - 1):
        title = f"编制 {today.year - 1} 年度年终材料"
        found.append(_waiting(title, reverse("reports:packages"), "reports.prepare", today.year - 1))
    return found


def _is_in_force(year: int) -> bool:
    """Whether the plan was in force at the end of the year: before that there is nothing to sum up."""
    return not rulebook.rule_values("reports.year_end", rules.year_days(year)[1], simulate=True).simulated


def _step_due(actor: Actor, package: YearPackage) -> Waiting | None:
    address = reverse("reports:package", args=[package.year])
    if package.is_draft and actor.may("reports.prepare"):
        return _waiting(f"{package.year} 年度年终材料定稿", address, "reports.freeze", package.year)
    if package.state == YearPackage.FROZEN and actor.may("reports.issue"):
        return _waiting(f"印发 {package.year} 年度年终材料", address, "reports.issue", package.year)
    return None


def _waiting(title: str, address: str, kind: str, year: int) -> Waiting:
    days = rulebook.rule_values("reports.year_end", clock.today(), simulate=True)["issue_days"]
    return Waiting(title, address, CHAPTER, kind, due_on=rules.year_days(year)[1] + dt.timedelta(days=days))


def _exports_due(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("reports.approve_export"):
        return []
    waiting = JusticeExport.objects.filter(granted=None).exclude(asked_by=actor.user_id or 0)[:20]
    yield waiting
    return [
        Waiting(
            f"审批提供监督记录 {each.number}", reverse("reports:export", args=[each.pk]), CHAPTER, "reports.export", detail=each.recipient
        )
        for each in waiting
    ]
