"""The year's programme: its quarters, and where each part stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from django.db.models import Count, Q

from chengxin.activities import rules
from chengxin.activities.models import Part, PartReport, Programme, Risk
from chengxin.activities.selectors.policies import programme_in_force_from, programme_policy_at
from chengxin.activities.selectors.sessions import activities_visible_to
from chengxin.activities.selectors.talks import covered, reached_of
from chengxin.contests import rules as contest_rules
from chengxin.contests.models import Contest
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.core.quarters import quarter_of
from chengxin.people import selectors as people
from chengxin.ui.together import Inquiry, answers

if TYPE_CHECKING:
    from chengxin.activities.models import Activity


@dataclass(frozen=True)
class Witnessed:
    """What another room knows about a part: a title, whether it is over, and its page (a URL name with one number)."""

    title: str
    is_done: bool
    url_name: str
    pk: int


# what a room knows of a year, by quarter (0: the year's end)
Witnesses: TypeAlias = "dict[int, list[Witnessed]]"


def by_quarter(found: Iterable[tuple[int, Witnessed]]) -> Witnesses:
    """Witnesses under the quarter each belongs to."""
    known: Witnesses = {}
    for quarter, witnessed in found:
        known.setdefault(quarter, []).append(witnessed)
    return known


def _contests(kind: str) -> Callable[[int], Inquiry[Witnesses]]:
    """Contests of a kind that were not called off, as witnesses of the quarter they are held in."""

    def known(year: int) -> Inquiry[Witnesses]:
        held = Contest.objects.filter(kind=kind, held_on__year=year).exclude(state=contest_rules.CANCELLED).order_by("held_on", "pk")
        yield held
        return by_quarter(
            (quarter_of(each.held_on), Witnessed(each.title, each.state == contest_rules.CONFIRMED, "contests:detail", each.pk))
            for each in held
        )

    return known


# kind of part -> what is known elsewhere of a year; a room above adds itself when it is loaded
PART_WITNESSES: dict[str, Callable[[int], Inquiry[Witnesses]]] = {
    "contest": _contests(contest_rules.SKILLS),
    "drill": _contests(contest_rules.DRILL),
}


@dataclass(frozen=True)
class PartStanding:
    """A part with its state of a day and what shows it."""

    part: Part
    state: str
    note: str
    witnessed: tuple[Witnessed, ...] = ()

    @property
    def label(self) -> str:
        return rules.PART_STATES[self.state]


@dataclass(frozen=True)
class Block:
    """A quarter, or the year's end: its heading and theme in the plan's words, and its parts."""

    quarter: int
    title: str
    heading: str
    theme: str
    parts: list[PartStanding]
    is_now: bool


@dataclass(frozen=True)
class Overview:
    """The page of a year."""

    programme: Programme
    blocks: list[Block]

    @property
    def parts(self) -> list[PartStanding]:
        return [each for block in self.blocks for each in block.parts]

    def count(self, state: str) -> int:
        return sum(each.state == state for each in self.parts)


def programme_of(year: int) -> Programme | None:
    return Programme.objects.filter(year=year).first()


def years() -> list[int]:
    """Years that have a programme, newest first."""
    return list(Programme.objects.values_list("year", flat=True))


def part_for(actor: Actor, pk: int) -> Part:
    """A part, for who may see activities. Raises NotFound."""
    found = Part.objects.select_related("programme").filter(pk=pk).first() if actor.may("activities.see") else None
    if found is None:
        raise NotFound("no_part", "没有这项活动内容。")
    return found


def report_for(actor: Actor, pk: int) -> PartReport:
    """A report that stands. Raises NotFound."""
    found = PartReport.objects.select_related("part__programme").filter(pk=pk, withdrawn_at=None).first()
    if found is None or not actor.may("activities.see"):
        raise NotFound("no_report", "没有这条开展情况，或已撤回。")
    return found


def parts_of(year: int) -> list[Part]:
    return list(Part.objects.filter(programme__year=year).select_related("programme"))


def part_choices(year: int) -> list[tuple[str, str]]:
    """Parts of a year that are held as activities, for a form."""
    return [
        (str(part.pk), f"{rules.QUARTERS[part.quarter].partition('（')[0]} {part.title}")
        for part in parts_of(year)
        if part.kind not in {"case_review", "inspection", "talks", "risk"}
    ]


def standings_of(year: int, on: dt.date) -> list[PartStanding]:
    """Where each part of a year stands on a day."""
    counted = Part.objects.filter(programme__year=year).annotate(
        closed=Count("activities", filter=Q(activities__state=rules.CLOSED), distinct=True),
        coming=Count("activities", filter=Q(activities__state__in=[rules.PLANNED, rules.HELD]), distinct=True),
        reported=Count("reports", filter=Q(reports__withdrawn_at=None), distinct=True),
    )  # fmt: skip
    since, kinds = programme_in_force_from(on), sorted({part.kind for part in counted})
    known = dict(zip(kinds, answers(_known(kind, year) for kind in kinds), strict=True))
    return [_standing(part, on, since, known[part.kind]) for part in counted]


@dataclass(frozen=True)
class _Known:
    """What shows that parts of a kind were held, beside their own activities and reports."""

    witnesses: Witnesses = field(default_factory=dict)
    # of a kind kept in a register of its own: done, begun, how far
    register: tuple[bool, bool, str] | None = None


def _known(kind: str, year: int) -> Inquiry[_Known]:
    if kind in REGISTERS:
        return _Known(register=(yield from REGISTERS[kind](year)))
    return _Known((yield from PART_WITNESSES[kind](year)) if kind in PART_WITNESSES else {})


def _standing(part: Part, on: dt.date, in_force_from: dt.date | None, known: _Known) -> PartStanding:
    closed, coming, reported = (getattr(part, name) for name in ("closed", "coming", "reported"))
    witnessed = tuple(known.witnesses.get(part.quarter, ()))
    done, arranged = bool(closed or reported or any(each.is_done for each in witnessed)), bool(coming or witnessed)
    note = "，".join(text for text in (f"办结 {closed} 次" if closed else "", f"已安排 {coming} 次" if coming else "") if text)
    if known.register is not None:
        done, arranged, note = known.register
    state = rules.part_state(part.starts_on, part.due_on, done=done, arranged=arranged, on=on, in_force_from=in_force_from)
    return PartStanding(part, state, note or ("已登记开展情况" if reported else ""), witnessed)


def _talks_stand(year: int) -> Inquiry[tuple[bool, bool, str]]:
    """Talks are done once everybody was talked with, or whoever was not is named with a reason: (done, begun, how far)."""
    reached = yield from reached_of(year)
    total, explained = covered(reached), sum(each.is_explained for each in reached)
    note = f"已谈 {total.label}" + (f"，{explained} 人已说明" if explained else "")
    return total.n > 0 and total.rest == explained, total.reached > 0, note


def _risks_stand(year: int) -> Inquiry[tuple[bool, bool, str]]:
    """The search for risks is done once every squadron has registered some: (done, begun, how far)."""
    of_squadrons, of_risks = (
        people.squadrons().values_list("pk", flat=True),
        Risk.objects.filter(year=year).values_list("unit_id", flat=True),
    )
    yield of_squadrons, of_risks
    squadrons, registered = set(of_squadrons), list(of_risks)
    reached = squadrons & set(registered)
    return reached == squadrons, bool(registered), f"登记 {len(registered)} 项，{len(reached)}/{len(squadrons)} 个中队"


REGISTERS = {"talks": _talks_stand, "risk": _risks_stand}


def overview_of(year: int, on: dt.date | None = None) -> Overview | None:
    """The programme of a year as its page shows it; None where there is none yet."""
    programme = programme_of(year)
    if programme is None:
        return None
    day = on or clock.today()
    policy = programme_policy_at(programme.created_at.astimezone(clock.SHANGHAI).date())
    standings = standings_of(year, day)
    blocks = [
        Block(
            quarter, rules.QUARTERS[quarter], policy["headings"].get(str(quarter), ""), policy["themes"].get(str(quarter), ""),
            [each for each in standings if each.part.quarter == quarter],
            is_now=day.year == year and quarter == quarter_of(day),
        )
        for quarter in rules.BLOCKS
    ]  # fmt: skip
    return Overview(programme, blocks)


def activities_of(part: Part, actor: Actor) -> list[Activity]:
    """The activities for a part that the actor may see, first to last."""
    return list(activities_visible_to(actor).filter(parts=part).select_related("unit", "leader").order_by("starts_at"))
