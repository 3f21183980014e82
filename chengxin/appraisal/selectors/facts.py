"""The facts of the rooms below as the ledger wants them: since when known, until when they count (3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chengxin.appraisal.rules import ledger as rules
from chengxin.core import clock
from chengxin.findings import selectors as findings
from chengxin.measures import rules as measure_rules
from chengxin.measures.models import Commendation, Measure, MeasureObjection
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.findings.models import Finding, Objection

POINTS = "appraisal.points"


@dataclass(frozen=True)
class Wanted:
    """An entry that the ledger has to hold, and since when it has to be reversed (None: it stands)."""

    source: str
    kind: str
    person_id: int
    unit_id: int
    person_class: str
    year: int
    happened_on: dt.date
    known_at: dt.datetime
    clause: str
    text: str
    flag: str = ""
    points: int = 0
    rests_on: str = ""
    object_by: dt.date | None = None
    rule_version: str = ""
    points_version: str = ""
    ended_at: dt.datetime | None = None
    ended_text: str = ""


def of_findings(numbers: Collection[int] | None = None) -> Iterator[Wanted]:
    """The findings against persons (these, or all), and the objections to them."""
    against = findings.with_ends(findings.all_findings().filter(person__isnull=False))
    found = against if numbers is None else against.filter(pk__in=numbers)
    points, ended = points_policy(), {}
    for each in found.order_by("pk").iterator(chunk_size=2000):
        if each.ended_at is not None:
            ended[each.pk] = each.ended_at
        yield of_finding(each, points, ended_at=each.ended_at)
    for objection in findings.objections_against(numbers).filter(finding__person__isnull=False).iterator(chunk_size=2000):
        yield _of_objection(objection, ended.get(objection.finding_id))


def of_finding(finding: Finding, points: Callable[[dt.date], Any] | None = None, ended_at: dt.datetime | None = None) -> Wanted:
    """A finding as an entry; its person is known."""
    policy = (points or points_policy())(finding.seen_on)
    assert finding.person_id is not None, "a finding against a unit is in nobody's ledger"
    return Wanted(
        source=f"finding:{finding.pk}", kind=rules.FINDING, person_id=finding.person_id, unit_id=finding.unit_id,
        person_class=finding.person_class, year=finding.seen_on.year, happened_on=finding.seen_on, known_at=finding.notified_at,
        clause=finding.clause, text=f"{finding.number} {finding.text}"[:400], flag=rules.flag_of_finding(finding.kind),
        points=rules.points_of_finding(finding.grade, policy.values) if not policy.simulated else 0, object_by=finding.object_by,
        rule_version=finding.rule_label, points_version=policy.version, ended_at=ended_at,
        ended_text="已并案" if finding.state == "merged" else "已撤销",
    )  # fmt: skip


def _of_objection(objection: Objection, settled_at: dt.datetime | None) -> Wanted:
    """An objection is open until it is decided, or until there is nothing left to object to."""
    finding = objection.finding
    assert finding.person_id is not None, "asked for above"
    return Wanted(
        source=f"objection:{objection.pk}", kind=rules.OBJECTION, person_id=finding.person_id, unit_id=finding.unit_id,
        person_class=finding.person_class, year=finding.seen_on.year, happened_on=clock.local_day(objection.filed_at),
        known_at=objection.filed_at, clause=finding.clause, text=f"对 {finding.number} 提出申辩", rests_on=f"finding:{finding.pk}",
        rule_version=finding.rule_label, ended_at=objection.decided_at or settled_at,
        ended_text=f"申辩已决定（{objection.get_outcome_display()}）" if objection.outcome else "问题已不计，无须再决定",
    )  # fmt: skip


def of_measures(numbers: Collection[int] | None = None, *, on_findings: Collection[int] | None = None) -> Iterator[Wanted]:
    """The decided measures against persons – these, those that rest on some findings, or all – and the objections to them. A measure
    ends when it is taken back, or when its primary finding counts no more.
    """
    decided = Measure.objects.filter(state__in=[measure_rules.DECIDED, measure_rules.REVERSED], person__isnull=False)
    if numbers is not None:
        decided = decided.filter(pk__in=numbers)
    if on_findings is not None:
        decided = decided.filter(finding__in=on_findings)
    found = list(decided.select_related("reversal").order_by("pk"))
    fallen = _ends_of({each.finding_id for each in found if each.finding_id is not None})
    ends: dict[int, dt.datetime] = {}
    for each in found:
        reversed_at = each.reversal.at if hasattr(each, "reversal") else None
        ended = min((at for at in (reversed_at, fallen.get(each.finding_id or 0)) if at is not None), default=None)
        if ended is not None:
            ends[each.pk] = max(ended, each.decided_at)
        yield _of_measure(each, ends.get(each.pk))
    for objection in MeasureObjection.objects.filter(measure__in=found).select_related("measure").order_by("pk"):
        yield _of_measure_objection(objection, ends.get(objection.measure_id))


def _ends_of(numbers: Collection[int]) -> dict[int, dt.datetime]:
    """Since when these findings count no more; those that count are left out."""
    gone = findings.with_ends(findings.all_findings().filter(pk__in=numbers)).exclude(ended_at=None)
    return dict(gone.values_list("pk", "ended_at"))


def _of_measure(measure: Measure, ended_at: dt.datetime | None) -> Wanted:
    assert measure.person_id is not None, "asked for above"
    assert measure.decided_at is not None, "a decided measure says when"
    return Wanted(
        source=f"measure:{measure.pk}", kind=rules.MEASURE, person_id=measure.person_id, unit_id=measure.unit_id,
        person_class=measure.person_class, year=measure.year, happened_on=measure.happened_on, known_at=measure.decided_at,
        clause=measure.clause, text=f"{measure.number} {measure.get_kind_display()}：{measure.text}"[:400],
        flag=rules.flag_of_measure(measure.kind, measure.ground), rests_on=f"finding:{measure.finding_id}" if measure.finding_id else "",
        object_by=measure.object_by, rule_version=measure.rule_version[:80], ended_at=ended_at, ended_text="已撤销或主要事实不再计",
    )  # fmt: skip


def _of_measure_objection(objection: MeasureObjection, settled_at: dt.datetime | None) -> Wanted:
    measure = objection.measure
    assert measure.person_id is not None, "asked for above"
    return Wanted(
        source=f"measure_objection:{objection.pk}", kind=rules.OBJECTION, person_id=measure.person_id, unit_id=measure.unit_id,
        person_class=measure.person_class, year=measure.year, happened_on=clock.local_day(objection.filed_at), known_at=objection.filed_at,
        clause=measure.clause, text=f"对 {measure.number} 提出申辩", rests_on=f"measure:{measure.pk}",
        rule_version=measure.rule_version[:80],
        ended_at=objection.decided_at or settled_at,
        ended_text=f"申辩已决定（{objection.get_outcome_display()}）" if objection.outcome else "措施已不计，无须再决定",
    )  # fmt: skip


def of_commendations(numbers: Collection[int] | None = None) -> Iterator[Wanted]:
    """Commendations of persons that were given; one that was revoked ends then. One of a unit is in nobody's ledger."""
    given = Commendation.objects.filter(given_at__isnull=False, person__isnull=False).exclude(state=measure_rules.DECLINED)
    found, points = given if numbers is None else given.filter(pk__in=numbers), points_policy()
    for each in found.order_by("pk"):
        policy = points(each.happened_on)
        yield Wanted(
            source=f"commendation:{each.pk}", kind=rules.COMMENDATION, person_id=each.person_id or 0, unit_id=each.unit_id,
            person_class=each.person_class, year=each.year, happened_on=each.happened_on, known_at=each.given_at or clock.now(),
            clause="3.1",
            text=f"{each.number} {each.text}"[:400], points=0 if policy.simulated else policy["commendation"], rule_version=policy.version,
            points_version=policy.version, ended_at=each.revoked_at, ended_text="已撤销",
        )  # fmt: skip


def every_fact() -> Iterator[Wanted]:
    """All that the ledger has to hold."""
    yield from of_findings()
    yield from of_measures()
    yield from of_commendations()


def points_policy() -> Callable[[dt.date], Any]:
    """The points in force on a day, each day asked once."""
    return lru_cache(maxsize=4096)(lambda day: rulebook.rule_values(POINTS, day, simulate=True))
