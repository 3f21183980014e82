"""What came of an exam: marks by person, rates by unit and class with n, what the items' numbers say, weak points by clause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.duty import selectors as duty
from chengxin.exams import rules
from chengxin.exams.models import Exam, ItemObjection, ItemVersion, Marking, Paper, Ruling, Takeover
from chengxin.exams.selectors import bank
from chengxin.exams.selectors.answers import responses_of
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person


def exam_for(actor: Actor, pk: int) -> Exam:
    """An exam within the actor's scope. Raises NotFound."""
    found = Exam.objects.all().visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_exam", "没有这场考试，或不在您的范围内。")
    return found


def voided_in(exams: Collection[int]) -> dict[int, set[int]]:
    """The versions that are void in each exam, by the newest ruling."""
    found: dict[int, set[int]] = {}
    rows = Ruling.objects.filter(exam__in=exams).order_by("exam_id", "version_id", "-pk").distinct("exam_id", "version_id")
    for exam, version, is_void in rows.values_list("exam_id", "version_id", "is_void"):
        if is_void:
            found.setdefault(exam, set()).add(version)
    return found


def marks_of(papers: Sequence[Paper]) -> dict[int, rules.Marks]:
    """The marks of papers that are over: as last issued, or worked out now where no job has come by yet – which gives the same."""
    issued = {each.paper_id: each for each in Marking.objects.filter(paper__in=papers).order_by("paper_id", "-pk").distinct("paper_id")}
    found = {
        pk: rules.Marks(tuple(Decimal(text) for text in each.by_place), each.points, each.full, each.passed) for pk, each in issued.items()
    }
    return found | computed_marks([each for each in papers if each.pk not in issued])


def computed_marks(papers: Sequence[Paper]) -> dict[int, rules.Marks]:
    """The marks that follow from answers, items, voids and the exam's own rule."""
    if not papers:
        return {}
    exams = Exam.objects.in_bulk({each.exam_id for each in papers})
    voided, responses = voided_in(exams.keys()), responses_of([each.pk for each in papers])
    keys = {each.pk: each.key for each in versions_in(papers).values()}
    return {
        each.pk: rules.mark_paper(
            each.drawn, responses.get(each.pk, {}), keys, voided.get(each.exam_id, set()),
            pass_percent=exams[each.exam_id].pass_percent, partial_percent=exams[each.exam_id].partial_percent,
        )
        for each in papers
    }  # fmt: skip


def versions_in(papers: Sequence[Paper]) -> dict[int, ItemVersion]:
    """Every version that stands in one of the papers."""
    return ItemVersion.objects.in_bulk({question[0] for each in papers for question in each.questions})


def ended_papers(exam: Exam) -> list[Paper]:
    """The sittings of an exam that are over, by the clock and not by any job."""
    now = clock.now()
    return [each for each in exam.papers.exclude(started_at=None) if each.ended_at(now) is not None]


# --- rates ---


@dataclass(frozen=True)
class Rate:
    """A unit's class in an exam: due, sat, passed, and who was on leave all the while and is not due. ``person_class`` is empty in
    the sum over both."""

    unit: str
    person_class: str
    due: int
    sat: int
    passed: int
    excused: int

    @property
    def percent(self) -> str:
        """The part of those due who passed; a dash where nobody was due."""
        return f"{self.passed * 100 / self.due:.0f} %" if self.due else "—"


def rates_of(actor: Actor, exam: Exam) -> list[Rate]:
    """By unit and class within the actor's scope, in the order of units; persons are never ranked."""
    papers = list(Paper.objects.filter(exam=exam).visible_to(actor).select_related("unit").order_by("unit__sequence", "unit_id", "pk"))
    now = clock.now()
    over = [each for each in papers if each.started_at and each.ended_at(now)]
    marks = marks_of(over)
    sat, passed = {each.person_id for each in over}, {each.person_id for each in over if marks[each.pk].passed}
    away = on_leave_throughout(exam, {each.person_id for each in papers}) - {each.person_id for each in papers if each.started_at}
    groups: dict[tuple[str, str], list[int]] = {}
    for each in papers:
        if each.attempt == 1:
            for person_class in (each.person_class, ""):
                groups.setdefault((each.unit.name, person_class), []).append(each.person_id)
    order = {name: at for at, name in enumerate(dict.fromkeys(unit for unit, _ in groups))}
    rows = [
        Rate(unit, each, len(set(who) - away), len(sat & set(who)), len(passed & set(who)), len(away & set(who)))
        for (unit, each), who in groups.items()
    ]
    return sorted(rows, key=lambda row: (order[row.unit], row.person_class == "", row.person_class != "established"))


def on_leave_throughout(exam: Exam, persons: Collection[int]) -> set[int]:
    """Who of the persons was on granted leave from the first to the last day of an exam, make-up included: they missed nothing."""
    return duty.away_throughout(persons, clock.local_day(exam.opens_at), clock.local_day(exam.ends_at))


# --- what the items' numbers say ---


@dataclass(frozen=True)
class ItemReport:
    """An item of an exam with its figures."""

    version: ItemVersion
    figures: rules.ItemFigures
    is_void: bool


def item_reports(exam: Exam, least_n: int) -> list[ItemReport]:
    """Difficulty, discrimination and option frequencies of every item that was asked, each with its n. Voided items as answered."""
    papers = ended_papers(exam)
    responses, versions = responses_of([each.pk for each in papers]), versions_in(papers)
    marks, reached = marks_of(papers), dict[int, list[rules.Reached]]()
    for paper in papers:
        own = marks[paper.pk]
        for place, each in enumerate(paper.drawn, start=1):
            key, response = versions[each.version].key, responses.get(paper.pk, {}).get(place, "")
            points = rules.mark(key, each, response, exam.partial_percent)
            chosen = "" if key.kind == rules.FILL_IN else rules.own_letters(response, each.order)
            rate = float(own.points / own.full) if own.full else 0.0
            reached.setdefault(each.version, []).append(rules.Reached(float(points / each.points), rate, chosen))
    void = voided_in([exam.pk]).get(exam.pk, set())
    return [ItemReport(versions[pk], rules.item_figures(rows, least_n), pk in void) for pk, rows in sorted(reached.items())]


def weak_items(since: dt.date, until: dt.date) -> list[rules.WeakPoint]:
    """Weak points by clause over the exams that ended on days of a period (both included): clause, title, rate 0..1, n answers.

    Voided items are left out; the rule of the last day says what is weak. Weakest first.
    """
    rows = ((clause, points, full) for _, clause, points, full in _reached(_ended(since, until)))
    return rules.weak_points(rows, bank.clause_titles(), bank.exam_policy_at(until).weak_percent)


@dataclass(frozen=True)
class UnitWeakPoint:
    """A clause that persons of a unit answered badly: how many of the ``n`` who were asked stay below the rule's rate, and who."""

    unit_id: int
    clause: str
    title: str
    count: int
    n: int
    persons: tuple[int, ...]


def weak_units(since: dt.date, until: dt.date) -> list[UnitWeakPoint]:
    """Weak points by unit and clause over the exams that ended on days of a period (both included), counted in persons."""
    percent, titles = bank.exam_policy_at(until).weak_percent, bank.clause_titles()
    sums: dict[tuple[int, str], dict[int, list[Decimal]]] = {}
    for paper, clause, points, full in _reached(_ended(since, until)):
        total = sums.setdefault((paper.unit_id, clause), {}).setdefault(paper.person_id, [Decimal(0), Decimal(0)])
        total[0] += points
        total[1] += full
    found = []
    for (unit, clause), own in sorted(sums.items()):
        low = tuple(sorted(person for person, (points, full) in own.items() if points * 100 < percent * full))
        if low:
            found.append(UnitWeakPoint(unit, clause, titles.get(clause, clause), len(low), len(own), low))
    return found


def _ended(since: dt.date, until: dt.date) -> list[Exam]:
    ended = Exam.objects.over(clock.now()).filter(ends_at__gte=clock.at(since), ends_at__lt=clock.at(until + dt.timedelta(days=1)))
    return list(ended)


def _reached(exams: Sequence[Exam]) -> Iterator[tuple[Paper, str, Decimal, int]]:
    void = voided_in([each.pk for each in exams])
    for exam in exams:
        papers = ended_papers(exam)
        versions, marks = versions_in(papers), marks_of(papers)
        for paper in papers:
            for each, points in zip(paper.drawn, marks[paper.pk].by_place, strict=True):
                if each.version not in void.get(exam.pk, set()):
                    yield paper, versions[each.version].clause, points, each.points


# --- the own result, objections ---


@dataclass(frozen=True)
class Explained:
    """One place of the own paper after everything is over: what was asked, chosen and right, and why."""

    place: int
    version: ItemVersion
    options: tuple[tuple[str, str], ...]
    response: str
    right: str
    points: Decimal
    full: int
    is_void: bool
    objection: ItemObjection | None


def explained(paper: Paper, marks: rules.Marks | None = None) -> list[Explained]:
    """The own paper with what was right, and its marks where they are known. Ask only once the exam is over."""
    marks, versions = marks or marks_of([paper])[paper.pk], versions_in([paper])
    responses, void = responses_of([paper.pk]).get(paper.pk, {}), voided_in([paper.exam_id]).get(paper.exam_id, set())
    objections = {each.place: each for each in paper.objections.all()}
    return [
        _explained(place, each, versions[each.version], responses.get(place, ""), marks.by_place[place - 1], void, objections.get(place))
        for place, each in enumerate(paper.drawn, start=1)
    ]


def _explained(
    place: int, question: rules.Question, version: ItemVersion, response: str, points: Decimal, void: set[int],
    objection: ItemObjection | None,
) -> Explained:  # fmt: skip
    shown = tuple((rules.LETTERS[at], version.options[rules.LETTERS.index(own)]) for at, own in enumerate(question.order))
    right = " / ".join(version.answer) if version.kind == rules.FILL_IN else "".join(
        sorted(rules.LETTERS[question.order.index(own)] for own in version.answer)
    )  # fmt: skip
    return Explained(place, version, shown, response, right, points, question.points, version.pk in void, objection)


def objection_for(actor: Actor, pk: int) -> ItemObjection:
    """An objection for who decides. Raises NotFound."""
    found = ItemObjection.objects.select_related("paper__exam", "version").filter(pk=pk).first()
    if found is None or not actor.may("exams.decide"):
        raise NotFound("no_objection", "没有这项异议。")
    return found


def due_persons(units: Collection[int], on: dt.date) -> list[Person]:
    """Everybody who wears the uniform in the units (and under them) on a day, auxiliaries included, by the dated assignments."""
    wearing = rulebook.rule_values("attire.scope", on, simulate=True)["wearing_classes"]
    below = {unit for each in units for unit in people.units_below(each)}
    return list(people.members_of(below, on).filter(person_class__in=wearing, joined_on__lte=on).exclude(left_on__lte=on))


# --- lists ---

CLASSES = {"established": "在编", "auxiliary": "协管"}
STANDINGS = ("未答题", "答题中", "已交卷", "到时收卷", "缺考", "请假")


def exams_listed(actor: Actor) -> QuerySet[Exam, Any]:
    """Exams of the actor's scope with how many are due and have begun, as a list shows them."""
    papers = Paper.objects.all().visible_to(actor).filter(exam=OuterRef("pk"), attempt=1).order_by().values("exam")
    due = papers.annotate(n=Count("pk")).values("n")
    begun = papers.exclude(started_at=None).annotate(n=Count("pk")).values("n")
    query = Exam.objects.all().visible_to(actor).annotate(due=Coalesce(Subquery(due), 0), begun=Coalesce(Subquery(begun), 0))
    return query.values("pk", "title", "clause", "opens_at", "closes_at", "due", "begun", "state")


def papers_listed(actor: Actor, exam: Exam) -> QuerySet[Paper, Any]:
    """Papers of the actor's units with the newest marks, as a list shows them."""
    now = clock.now()
    away = on_leave_throughout(exam, set(Paper.objects.filter(exam=exam, started_at=None).values_list("person", flat=True)))
    newest = Marking.objects.filter(paper=OuterRef("pk")).order_by("-pk")
    standing = Case(
        When(handed_in_at__isnull=False, then=Value("已交卷")),
        When(deadline_at__lt=now, then=Value("到时收卷")),
        When(started_at__isnull=False, then=Value("答题中")),
        When(person__in=away, then=Value("请假")),
        default=Value("缺考" if now > exam.closes_at else "未答题"),
    )
    query = Paper.objects.filter(exam=exam).visible_to(actor).annotate(
        person_name=F("person__name"), person_number=F("person__number"), unit_name=F("unit__name"),
        class_name=Case(*(When(person_class=code, then=Value(title)) for code, title in CLASSES.items()), default=Value("其他")),
        attempt_name=Case(When(attempt=1, then=Value("考试")), default=Value("补考")),
        standing=standing, points=Subquery(newest.values("points")[:1]), full=Value(exam.full_points, IntegerField()),
        passed=Subquery(newest.values("passed")[:1]),
    )  # fmt: skip
    listed: QuerySet[Paper, Any] = query.annotate(
        verdict=Case(When(passed=True, then=Value("合格")), When(passed=False, then=Value("未合格")), default=Value(""))
    ).values("pk", "person_name", "person_number", "unit_name", "class_name", "attempt_name", "standing", "points", "full", "verdict")
    return listed


def takeovers_in(actor: Actor, exam: Exam) -> list[Takeover]:
    """Every change of device in an exam, within the actor's scope."""
    papers = Paper.objects.filter(exam=exam).visible_to(actor)
    return list(Takeover.objects.filter(paper__in=papers).select_related("paper__person").order_by("pk"))
