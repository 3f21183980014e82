"""The sections of a year's package. A chapter that comes later gets a module here and its line in SECTIONS."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.reports.kinds import OpenItem, Section, SectionKind, as_content
from chengxin.reports.selectors.sections.activities import activities
from chengxin.reports.selectors.sections.appraisal import commendations, eligibility, measures, titles
from chengxin.reports.selectors.sections.bulletins import bulletins
from chengxin.reports.selectors.sections.casereviews import casereviews
from chengxin.reports.selectors.sections.complaints import complaints
from chengxin.reports.selectors.sections.equipment import equipment, footage
from chengxin.reports.selectors.sections.findings import findings
from chengxin.reports.selectors.sections.goals import goals
from chengxin.reports.selectors.sections.next_year import next_year
from chengxin.reports.selectors.sections.supervision import supervision

CONTENT_VERSION = 1

SECTIONS: tuple[SectionKind, ...] = (
    SectionKind("goals", "工作目标与实际", "1", goals),
    SectionKind("activities", "季度主题活动与案卷评查", "2.4", activities),
    SectionKind("casereviews", "案卷评查", "2.4", casereviews),
    SectionKind("supervision", "督查检查", "3.1", supervision),
    SectionKind("findings", "问题与整改", "3.1", findings),
    SectionKind("complaints", "群众投诉", "3.2", complaints),
    SectionKind("equipment", "执法装备", "2.2", equipment),
    SectionKind("footage", "执法影像", "2.2.3", footage),
    SectionKind("measures", "责任措施", "3.1", measures),
    SectionKind("commendations", "表扬奖励", "3.2", commendations),
    SectionKind("eligibility", "评优资格", "3.1", eligibility),
    SectionKind("titles", "示范中队与示范岗", "3.2", titles),
    SectionKind("bulletins", "月度通报", "3.1", bulletins),
    SectionKind("next_year", "薄弱环节与下年度措施", "2.4.5", next_year),
)


def content_of(year: int, as_of: dt.datetime) -> dict[str, Any]:
    """Everything the package of a year says, as it stands now: what is shown of a draft and what a freeze keeps."""
    built = [(kind, kind.build(year, as_of)) for kind in SECTIONS]
    return {
        "version": CONTENT_VERSION, "year": year, "bureau": _bureau(), "as_of": as_of.astimezone(clock.SHANGHAI).isoformat(),
        "sections": [as_content(kind, section) for kind, section in built],
        "versions": sorted({version for _, section in built for version in section.versions}),
    }  # fmt: skip


def open_items_of(content: dict[str, Any]) -> list[OpenItem]:
    """The open matters of all sections, each once."""
    every = [OpenItem(**item) for section in content["sections"] for item in section["open_items"]]
    return list({item.key: item for item in every}.values())


def _bureau() -> str:
    return next((unit.name for unit in people.all_units() if unit.parent_id is None), "")


__all__ = ["SECTIONS", "Section", "content_of", "open_items_of"]
