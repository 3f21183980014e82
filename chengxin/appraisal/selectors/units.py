"""What is known of a unit: for 先进集体 and for exemplary titles (3.1, 3.2). Counts; nobody is named."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from chengxin.appraisal.rules import titles as rules
from chengxin.core import clock
from chengxin.findings import selectors as findings
from chengxin.measures import selectors as measures
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.months import add_months
from chengxin.supervision import selectors as supervision

if TYPE_CHECKING:
    from chengxin.people.models import Unit

TITLES = "appraisal.titles"
HEAVY = ("notice", "talk", "ineligible", "accountability")  # what is more than 批评教育


def measures_against_unit(unit: Unit, year: int) -> list[str]:
    """The measures that stand against the unit itself in a year (约谈问责), as people name them."""
    standing = measures.standing_measures(year).filter(unit=unit, person=None)
    return [f"{each.number} {each.get_kind_display()}" for each in standing.order_by("pk")]


def unit_facts(unit: Unit, until: dt.date, months: int) -> rules.UnitFacts:
    """The unit over so many months that end with a day."""
    since = add_months(until, -months) + dt.timedelta(days=1)
    counting = findings.counting_findings().filter(unit=unit, seen_on__range=(since, until))
    checks = [row for row in supervision.coverage(since, until) if row.unit.pk == unit.pk]
    return rules.UnitFacts(
        members=people.members_of([unit.pk], until).count(),
        findings=counting.count(),
        complaints=counting.filter(kind__startswith="complaints.").count(),
        overdue=findings.counting_findings().filter(unit=unit).overdue(until).count(),
        measures=measures.measures_between(since, until).filter(unit=unit, kind__in=HEAVY).count(),
        checked=sum(row.checked for row in checks),
        flawed=sum(row.flawed for row in checks),
    )


def criteria_of(unit: Unit, day: dt.date | None = None) -> tuple[list[rules.Criterion], str]:
    """The criteria of an exemplary title as the unit meets them by a day, and the version of the rule."""
    until = day or clock.today()
    policy = rulebook.rule_values(TITLES, until, simulate=True)
    return rules.criteria(unit_facts(unit, until, policy["look_back_months"]), policy.values), policy.version
