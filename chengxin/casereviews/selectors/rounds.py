"""Questions about rounds: the rules of a day, the frame, who may review, and where a round stands."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, F, Prefetch, Q, Value, When
from django.db.models.functions import Concat

from chengxin.casereviews import rules
from chengxin.casereviews.models import Case, Mark, Review, Reviewed, Round
from chengxin.casereviews.selectors.register import TEXT, words
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.core.quarters import quarter_of
from chengxin.core.registry import capabilities
from chengxin.people import selectors as people
from chengxin.people.models import Assignment, Grant, Person
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.draws import Entry, order_of

POOL = "评查人员"
AWAY = "当日不在岗"


# --- the rules of a day ---


@dataclass(frozen=True)
class RoundPolicy:
    """How a round is drawn and objected to: percent and least number of cases of a unit, workdays, quarters of the plan."""

    percent: int
    unit_minimum: int
    objection_workdays: int
    quarters: tuple[int, ...]
    version: str


def round_policy_at(on: dt.date) -> RoundPolicy:
    drawn = rulebook.rule_values("casereviews.rounds", on, simulate=True)
    programme = rulebook.rule_values("activities.programme", on, simulate=True)
    return RoundPolicy(
        drawn["percent"], drawn["unit_minimum"], drawn["objection_workdays"], tuple(programme["casereview_quarters"]),
        f"{drawn.version} {programme.version}",
    )  # fmt: skip


def sheet_policy_at(on: dt.date) -> rules.Sheet:
    """The sheet of a day. Raises DomainError when the rule's items do not come to exactly its total."""
    values = rulebook.rule_values("casereviews.sheet", on, simulate=True)
    try:
        return rules.sheet_of(values.values, values.version)
    except ValueError as error:
        raise DomainError("bad_sheet", str(error)) from error


def sheet_values_at(on: dt.date) -> dict[str, Any]:
    """The bare values of the sheet, as a round keeps them."""
    return dict(rulebook.rule_values("casereviews.sheet", on, simulate=True).values)


def sheet_of(found: Round) -> rules.Sheet:
    """The sheet a round was frozen with."""
    return rules.sheet_of(found.sheet, found.rule_version.split(" ")[0])


# --- rounds ---


def round_rows() -> Any:
    standing = Q(reviewed__replaced_at=None)
    rows = Round.objects.annotate(
        framed=Count("frame", distinct=True), drawn=Count("reviewed", filter=standing, distinct=True),
        name=Concat("year", Value(" 年"), words("quarter", rules.QUARTERS), output_field=TEXT), state_title=words("state", rules.STATES),
    )  # fmt: skip
    return rows.values("pk", "name", "state", "state_title", "since", "until", "framed", "drawn", "object_by", "final_at")


def round_for(actor: Actor, pk: int) -> Round:  # noqa: ARG001  (who may see rounds sees all of them; their cases are scoped)
    """A round, for who may see case reviews. Raises NotFound."""
    found = Round.objects.select_related("draw", "reviewers_draw").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_round", "没有这轮评查。")
    return found


def last_round() -> Round | None:
    return Round.objects.order_by("-year", "-quarter").first()


def quarter_choices(day: dt.date) -> list[tuple[str, str]]:
    """This year's quarters that have begun (the third is there to be explained), and last year's fourth while it can be made up for."""
    now = quarter_of(day)
    wanted = [*([(day.year - 1, 4)] if now == 1 else []), *((day.year, quarter) for quarter in range(1, now + 1))]
    return [(f"{year}-{quarter}", f"{year} 年{rules.QUARTERS[quarter]}") for year, quarter in wanted]


@dataclass(frozen=True)
class Frame:
    """The cases a round would be drawn from: entries, how many of each unit, and each unit's quota."""

    entries: list[Entry]
    counts: dict[str, int]
    quotas: dict[str, int]


def framable() -> Any:
    """Ordinary-procedure cases that stood in no frame yet: what was closed, or only registered, since the last round."""
    return Case.objects.filter(procedure=rules.ORDINARY, framed=None)


def frame_of(cases: Sequence[Case], policy: RoundPolicy) -> Frame:
    """A layer a unit, every case once under its number."""
    entries = [Entry(case.number, case.unit.name) for case in cases]
    counts = dict(Counter(entry.stratum for entry in entries))
    return Frame(entries, counts, rules.quotas(counts, policy.percent, policy.unit_minimum))


# --- who reviews ---


@dataclass(frozen=True)
class Candidate:
    """Somebody whose role lets them review, with the unit of the day and why not today, if so."""

    person: Person
    unit_id: int | None
    away: str

    @property
    def entry_name(self) -> str:
        return f"{self.person.number} {self.person.name}"

    @property
    def reviewer(self) -> rules.Reviewer:
        return rules.Reviewer(self.person.pk, self.unit_id, self.person.name)


def candidates(day: dt.date) -> list[Candidate]:
    """Everybody with the capability to review on a day, by number. Where the role reaches is no matter: nobody reviews the own unit."""
    grants = Grant.objects.filter(role__in=capabilities["casereviews.review"].roles, period__contains=day, user__is_active=True)
    holders = grants.filter(user__person__isnull=False, user__person__left_on=None).values("user__person")
    persons = list(Person.objects.filter(pk__in=holders).order_by("number"))
    ids = [person.pk for person in persons]
    units = dict(Assignment.objects.filter(person__in=ids, period__contains=day).values_list("person_id", "unit_id"))
    away = people.statuses_on(ids, day)
    return [Candidate(person, units.get(person.pk), AWAY if person.pk in away else "") for person in persons]


def order_in(found: Round, day: dt.date) -> list[rules.Reviewer]:
    """Those who can review today in the order of the round's draw; who came later stands behind, by number."""
    draw = found.reviewers_draw
    drawn = order_of(draw.entries, draw.seed, draw.frame_sha256).get(POOL, []) if draw is not None else []
    place = {name: number for number, name in enumerate(drawn)}
    able = [each for each in candidates(day) if not each.away]
    able.sort(key=lambda each: (place.get(each.entry_name, len(place)), each.person.number))
    return [each.reviewer for each in able]


def drawn_of(reviewed: Reviewed) -> rules.Drawn:
    return rules.Drawn(reviewed.case.number, reviewed.unit_id, frozenset(reviewed.handlers))


def loads_in(found: Round) -> dict[int, int]:
    """How many cases each reviewer of a round has."""
    standing = Review.objects.filter(reviewed__round=found, reviewed__replaced_at=None, replaced_at=None)
    return dict(standing.order_by().values_list("person").annotate(n=Count("pk")))


# --- the cases of a round ---


def standing_cases(*found: Round) -> Any:
    """The drawn cases of rounds that were not replaced, with everything a result needs, in the order of their numbers."""
    reviews = Prefetch("reviews", Review.objects.filter(replaced_at=None).select_related("person").order_by("seat"))
    marks = Prefetch("marks", Mark.objects.select_related("objection", "person", "finding").prefetch_related("corrections").order_by("pk"))
    rows = Reviewed.objects.filter(round__in=found, replaced_at=None).select_related("case", "unit", "round")
    return rows.prefetch_related(reviews, marks).order_by("unit__sequence", "unit_id", "case__number")


def reviewed_for(actor: Actor, pk: int) -> Reviewed:
    """A drawn case within the actor's scope. Raises NotFound otherwise."""
    reach = actor.units_for("casereviews.see")
    rows = Reviewed.objects.filter(pk=pk) if reach is None else Reviewed.objects.filter(pk=pk, unit_id__in=reach)
    row = rows.select_related("round").first()
    if row is None:
        raise NotFound("no_reviewed_case", "没有这件评查案卷，或不在您的范围内。")
    if row.replaced_at is not None:
        raise NotFound("replaced", "这件案卷已被替换，不再评查。")
    found: Reviewed = standing_cases(row.round).get(pk=pk)
    return found


def marks_on(review: Review) -> rules.Marks:
    """A submitted sheet as the rules read it."""
    return rules.Marks(dict(review.vetoes), tuple(rules.Deduction(*row) for row in review.deductions))


def sheets_of(reviewed: Reviewed) -> dict[int, rules.Marks]:
    """The submitted sheets of a case by the reviewer's person."""
    return {review.person_id: marks_on(review) for review in reviewed.reviews.all() if review.submitted_at and not review.replaced_at}


def outcome_of(reviewed: Reviewed, sheet: rules.Sheet) -> rules.Outcome | None:
    """What the sheets come to; None while one is outstanding."""
    return rules.outcome(sheets_of(reviewed), sheet)


def lacks_third(reviewed: Reviewed, sheet: rules.Sheet) -> bool:
    """Whether two sheets are too far apart and nobody is assigned as the third yet."""
    standing = [review for review in reviewed.reviews.all() if not review.replaced_at]
    return len(standing) == 2 and rules.is_split(sheets_of(reviewed), sheet)


def units_named(ids: Collection[int]) -> dict[int, str]:
    return {unit.pk: unit.name for unit in people.all_units() if unit.pk in ids}


def review_for(actor: Actor, pk: int) -> Review:
    """One's own sheet. Raises NotFound for anybody else's: nobody sees a sheet before its case is decided."""
    rows = Review.objects.select_related("reviewed__case", "reviewed__unit", "reviewed__round", "person")
    found = rows.filter(pk=pk, person_id=actor.person_id or 0, replaced_at=None, reviewed__replaced_at=None).first()
    if found is None:
        raise NotFound("no_review", "没有这份评查表，或不由您评查。")
    return found


def assigned_review_for(pk: int) -> Review:
    """A sheet that is out with somebody, for who runs the round. Raises NotFound."""
    rows = Review.objects.select_related("reviewed__case", "reviewed__unit", "reviewed__round", "person")
    found = rows.filter(pk=pk, replaced_at=None, submitted_at=None, reviewed__replaced_at=None).first()
    if found is None:
        raise NotFound("no_review", "没有这份待交的评查表，可能已提交或已替换。")
    return found


_PLACE = models.Case(When(submitted_at=None, then=Value("waiting")), default=Value("done"), output_field=models.CharField())
PLACES = (("waiting", "待评查"), ("done", "已提交"))


def own_reviews(actor: Actor) -> Any:
    """The sheets that are or were the actor's own."""
    rows = Review.objects.filter(person_id=actor.person_id or 0, replaced_at=None, reviewed__replaced_at=None)
    return rows.annotate(
        number=F("reviewed__case__number"), title=F("reviewed__case__title"), unit_name=F("reviewed__unit__name"),
        year=F("reviewed__round__year"), quarter=F("reviewed__round__quarter"), place=_PLACE,
    ).values("pk", "number", "title", "unit_name", "year", "quarter", "assigned_at", "submitted_at", "score", "seat")  # fmt: skip
