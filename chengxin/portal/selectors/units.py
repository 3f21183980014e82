"""单位全貌: what every room knows of a unit and what is below it, for who leads it or a unit above."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chengxin.activities.selectors import glance as activities
from chengxin.appraisal.selectors import titles
from chengxin.casereviews.selectors import glance as casereviews
from chengxin.complaints.selectors import glance as complaints
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.duty import selectors as duty
from chengxin.equipment.selectors import glance as equipment
from chengxin.evidence.selectors import glance as evidence
from chengxin.findings import selectors as findings
from chengxin.people import selectors as people
from chengxin.people.models import PersonClass, Status
from chengxin.reports import selectors as reports
from chengxin.reports.selectors.indicators import WHAT
from chengxin.ui.panels import Figure, Panel
from chengxin.ui.together import Inquiry, answers, ask

if TYPE_CHECKING:
    from chengxin.people.models import Unit

CAPABILITY = "portal.unit"
TREND_DAYS = 30
ROOMS = (
    findings.unit_panel, duty.unit_panel, complaints.unit_panel, equipment.unit_panel, evidence.unit_panel, activities.unit_panel,
    casereviews.unit_panel, titles.unit_panel,
)  # fmt: skip
INDICATORS = ("dress", "closure", "satisfaction")


@dataclass(frozen=True)
class UnitPage:
    """A unit as the reader may see it: who is there today, its indicators, and what each room tells."""

    unit: Unit
    below: int
    members: list[Figure]
    indicators: list[tuple[str, str, str]]
    panels: list[Panel]
    day: dt.date


def unit_page(actor: Actor, pk: int) -> UnitPage:
    """Raises NotFound for a unit the reader does not lead, whether or not it exists."""
    unit = people.unit_for(actor, pk, CAPABILITY)
    units = sorted(people.units_below(unit.pk))
    day = clock.today()
    gathered: list[Figure] = []
    panels = answers([_members(units, day, gathered), *(room(actor, units) for room in ROOMS)])
    return UnitPage(unit, len(units) - 1, gathered, _indicators(actor, units, day), [panel for panel in panels if panel is not None], day)


def _members(units: Collection[int], day: dt.date, found: list[Figure]) -> Inquiry[Panel | None]:
    """Who is there today, put into ``found``: it heads the page and is no panel."""
    counted, away = people.members_counted(units, day), people.away_counted(units, day)
    yield counted, away
    by_class = Counter[str]()
    for _, kind, n in counted:
        by_class[kind] += n
    found += [Figure(f"{PersonClass(kind).label}人员", f"{by_class[kind]} 人") for kind in PersonClass.values if by_class[kind]]
    found += [Figure(Status(status).label, f"{n} 人", tone="warn") for status, n in away]
    return None


def _indicators(actor: Actor, units: Collection[int], day: dt.date) -> list[tuple[str, str, str]]:
    """(title, rate, what is counted) of the last days for these units alone; the reader's own doings elsewhere are not among them."""
    within = dataclasses.replace(actor, person_id=None, is_system=False, reach={
        code: frozenset(units) if reach is None else reach & frozenset(units) for code, reach in actor.reach.items()
    })  # fmt: skip
    since = day - dt.timedelta(days=TREND_DAYS - 1)
    shown = [code for code in INDICATORS if any(within.may(WHAT[code][1], pk) for pk in units)]
    found = reports.measured(shown, within, since, day) if shown else {}
    return [(reports.TITLES[code], each.label, f"近 {TREND_DAYS} 天，n={each.n}") for code, each in found.items()]


def units_led(actor: Actor) -> list[tuple[Unit, str, int]]:
    """(unit, members by class, in all) in tree order, each unit's own members alone."""
    units = people.units_led(actor, CAPABILITY)
    counted = people.members_counted([unit.pk for unit in units], clock.today())
    ask(counted)
    by_unit: dict[int, dict[str, int]] = {}
    for unit_id, kind, n in counted:
        by_unit.setdefault(unit_id, {})[kind] = n
    found = []
    for unit in units:
        members = by_unit.get(unit.pk, {})
        told = "，".join(f"{PersonClass(kind).label} {members[kind]}" for kind in PersonClass.values if kind in members)
        found.append((unit, told, sum(members.values())))
    return found
