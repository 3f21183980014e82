"""Questions over all chapters: what waits for me, what a person's file holds, how the bureau stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from chengxin.activities import selectors as activities
from chengxin.appraisal import selectors as appraisal
from chengxin.attire import selectors as attire
from chengxin.bulletins import selectors as bulletins
from chengxin.casereviews import selectors as casereviews
from chengxin.complaints.selectors import waiting as complaints
from chengxin.conduct import selectors as conduct
from chengxin.consultations import selectors as consultations
from chengxin.contests import selectors as contests
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.waiting import Waiting
from chengxin.duty import selectors as duty
from chengxin.equipment import selectors as equipment
from chengxin.evidence import selectors as evidence
from chengxin.exams import selectors as exams
from chengxin.findings import selectors as findings
from chengxin.measures import selectors as measures
from chengxin.people import selectors as people
from chengxin.portal.selectors.guide import Guide, guide
from chengxin.reports import selectors as reports
from chengxin.supervision import selectors as supervision
from chengxin.ui.together import Inquiry, answers, joined, just

if TYPE_CHECKING:
    from chengxin.attire.models import Exemption
    from chengxin.findings.models import Finding
    from chengxin.measures.models import Commendation, Measure
    from chengxin.people.models import Assignment, Person, StatusPeriod

CHAPTERS = (
    findings, duty, activities, equipment, evidence, attire, complaints, measures, conduct, supervision, appraisal, bulletins, casereviews,
    reports, contests, exams, consultations,
)  # fmt: skip
MOST_IN_FILE = 200
MOST_CUSTODIES = 20  # returned items shown in a personal file; the list of custodies has them all
TREND_DAYS = 30


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Everything that only this actor can move on, by the end of the term; what has no term comes last."""
    return _by_term(joined(_inquiries(actor)))


def home_of(actor: Actor) -> tuple[list[Waiting], Guide]:
    """``work_waiting_for`` and the guide of the first days, asked together."""
    asked: list[Inquiry[Any]] = [*_inquiries(actor), guide(actor)]
    *found, shown = answers(asked)
    return _by_term([each for waiting in found for each in waiting]), shown


def _inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    return [inquiry for chapter in CHAPTERS for inquiry in chapter.inquiries(actor)]


def _by_term(waiting: list[Waiting]) -> list[Waiting]:
    return sorted(waiting, key=lambda item: (item.due_on or dt.date.max, item.title))


def dress_today(actor: Actor) -> attire.Dress | None:
    """今日着装 for whoever wears it; None for administrators."""
    return attire.dress_on(clock.today()) if actor.may("attire.today") else None


@dataclass(frozen=True)
class Figure:
    """A number on the home page: its n or trend as a note, and where its facts are."""

    label: str
    value: Any
    note: str = ""
    url_name: str = ""
    query: str = ""


def figures_for(actor: Actor) -> list[Figure]:
    """The figures the actor answers for: findings and dress within the actor's scope, each with a way to its facts."""
    figures: list[Figure] = []
    if actor.may("findings.read"):
        counted = findings.figures(actor)
        figures += [
            Figure("待整改", counted["open"], "", "findings:list", "?state=open"),
            Figure("逾期未整改", counted["overdue"], "", "findings:list", "?late=True"),
            Figure("待复核", counted["submitted"], "", "findings:list", "?state=submitted"),
            Figure("本年问题", counted["this_year"], "不含已撤销、已并案", "findings:list", ""),
        ]
    return figures + [_indicator_figure(actor, each) for each in reports.recent(actor, TREND_DAYS)]


FACTS = {
    "dress": "attire:roll_calls", "closure": "equipment:custodies", "conduct": "evidence:recordings", "satisfaction": "complaints:figures",
}  # fmt: skip


def _indicator_figure(actor: Actor, found: reports.Recent) -> Figure:
    """A headline indicator of the last days against the days before; the way leads to all four for who may see them."""
    now = found.now
    note = f"近 {TREND_DAYS} 天，n={now.n}；前 {TREND_DAYS} 天 {found.before.label}"
    address = "reports:indicators" if actor.may("reports.indicators") else FACTS[found.code]
    value = now.label if now.rate is not None else f"{now.label}（n={now.n}）"
    return Figure(found.title, value, note, address)


@dataclass(frozen=True)
class PersonFile:
    """What the bureau keeps about one person, as the asking actor may see it."""

    person: Person
    assignments: list[Assignment]
    statuses: list[StatusPeriod]
    exemption: Exemption | None
    findings: list[Finding]
    repeats: int
    repeats_by_clause: list[tuple[str, int]]
    year: int
    is_own: bool
    equipment: equipment.PersonsEquipment
    measures: list[Measure]
    standing: set[int]
    commendations: list[Commendation]
    has_ledger: bool
    day: dt.date


def file_of(actor: Actor, pk: int) -> PersonFile:
    """The personal file of a person within the actor's scope.

    Raises NotFound for a person the actor has nothing to do with, whether or not that person exists.
    """
    return _file(actor, people.person_for(actor, pk))


def own_file(actor: Actor) -> PersonFile:
    """The actor's own file. Raises NotFound for a sign-in that belongs to no person."""
    if actor.person_id is None:
        raise NotFound("no_person", "这个账号没有关联人员，因此没有个人档案。请联系安全管理员核对账号。")
    return _file(actor, people.person_for(actor, actor.person_id))


def _file(actor: Actor, person: Person) -> PersonFile:
    year = clock.today().year
    visible = findings.findings_visible_to(actor).filter(person=person).order_by("-seen_at")[:MOST_IN_FILE]
    shown, repeats = visible.prefetch_related("objections"), findings.repeats_by_clause(person, year)
    assignments, statuses = person.assignments.select_related("unit").order_by("-period"), person.status_periods.order_by("-period")
    taken, praised = measures.file_of(actor, person.pk)
    exempt = attire.exemptions_on(person, clock.today())
    questions = shown, repeats, assignments, statuses, taken, praised, exempt
    held, _ = answers([equipment.of_person(actor, person, MOST_CUSTODIES), just(*questions)])
    return PersonFile(
        person=person,
        assignments=list(assignments),
        statuses=list(statuses),
        exemption=next(iter(exempt), None),
        findings=list(shown),
        repeats=sum(n for _, n in repeats),
        repeats_by_clause=list(repeats),
        year=year,
        is_own=person.pk == actor.person_id,
        equipment=held,
        measures=list(taken),
        standing=measures.standing_of(taken),
        commendations=list(praised),
        has_ledger=actor.may("appraisal.read_own") and (person.pk == actor.person_id or actor.may("appraisal.read")),
        day=clock.today(),
    )


def citing_panel(actor: Actor, clause: str) -> tuple[str, list[tuple[str, str]]] | None:
    """The findings that cite a clause, for its page."""
    if not actor.may("findings.read_own"):
        return None
    rows = findings.findings_citing(actor, clause)
    return "引用本条的问题", [(f"{each.number} {each.text}", reverse("findings:detail", args=[each.pk])) for each in rows]
