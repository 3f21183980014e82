"""Who may judge whom, who may confirm, and who lacks independent judges."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from chengxin.contests import rules
from chengxin.contests.models import Contest, Entry, Judge, Member
from chengxin.contests.selectors.contests import entries_of, judge_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotAllowed
from chengxin.core.registry import capabilities
from chengxin.people.models import Assignment, Grant, Person
from chengxin.ui.database import once


def judge_pool() -> list[tuple[Person, str, int]]:
    """Everybody who holds the judging of contests today, with unit name and unit."""
    held = Grant.objects.filter(role__in=capabilities["contests.judge"].roles, period__contains=clock.today())
    persons = held.exclude(user__person=None).values_list("user__person", flat=True)
    rows = Assignment.objects.filter(person__in=persons, person__left_on=None, period__contains=clock.today())
    found = rows.select_related("person", "unit").order_by("unit__sequence", "person__number")
    return [(row.person, row.unit.name, row.unit_id) for row in found]


def may_read_names(persons: Iterable[int]) -> set[int]:
    """Those who organise or confirm contests today, and so could read which start number is whose."""
    roles = capabilities["contests.plan"].roles | capabilities["contests.confirm"].roles
    held = Grant.objects.filter(role__in=roles, period__contains=clock.today(), user__person__in=persons)
    return {person for person in held.values_list("user__person", flat=True) if person is not None}


def judge_choices(contest: Contest) -> list[tuple[str, str]]:
    """Who may still be named, each with how many entries the judge would have to stand aside for."""
    taken = set(contest.judges.values_list("person_id", flat=True)) | set(
        Member.objects.filter(contest=contest).values_list("person_id", flat=True)
    )
    if contest.state not in {rules.PLANNED, rules.CLOSED}:
        taken |= may_read_names(person.pk for person, _, _ in judge_pool())
    counts: dict[int, int] = defaultdict(int)
    for unit in contest.entries.filter(withdrawn_at=None).values_list("unit_id", flat=True):
        counts[unit] += 1
    return [
        (str(person.pk), f"{person.number} {person.name} {unit}" + (f"（须回避 {counts[pk]} 个）" if counts[pk] else ""))
        for person, unit, pk in judge_pool()
        if person.pk not in taken
    ]


def judges_of(contest: Contest) -> list[Judge]:
    return once(("contests.judges", contest.pk), lambda: list(contest.judges.select_related("person", "unit")))


def units_of_judge(judge: Judge, *, day: dt.date) -> frozenset[int]:
    """Where a judge belongs: the unit at the appointment, on the contest's day, and today."""
    found = Assignment.objects.filter(person_id=judge.person_id).filter(Q(period__contains=clock.today()) | Q(period__contains=day))
    return frozenset({*found.values_list("unit_id", flat=True), *([judge.unit_id] if judge.unit_id else [])})


def seats_of(contest: Contest) -> list[rules.Seat]:
    """The judges as recusal sees them, in two questions whatever their number."""
    judges = judges_of(contest)
    units: dict[int, set[int]] = defaultdict(set)
    rows = Assignment.objects.filter(person__in=[judge.person_id for judge in judges])
    rows = rows.filter(Q(period__contains=clock.today()) | Q(period__contains=contest.held_on))
    for person, unit in rows.values_list("person_id", "unit_id"):
        units[person].add(unit)
    return [
        rules.Seat(
            judge.pk, judge.person.name, frozenset(units[judge.person_id] | ({judge.unit_id} if judge.unit_id else set())),
            judge.released_at is None,
        )
        for judge in judges
    ]  # fmt: skip


def lacking(contest: Contest) -> list[tuple[Entry, rules.Lacking]]:
    """The entries with too few independent judges, and who stands aside for each."""
    standing = {entry.pk: entry for entry in entries_of(contest) if entry.withdrawn_at is None}
    found = rules.lacking_judges(
        [(entry.pk, entry.unit_id) for entry in standing.values()], seats_of(contest), contest.ruleset.minimum_judges
    )
    return [(standing[each.number], each) for each in found]


def standing_judge(actor: Actor, contest: Contest) -> Judge:
    """The actor as a judge who still judges. Raises NotAllowed for everybody else."""
    judge = judge_of(actor, contest)
    if judge is None:
        raise NotAllowed("no_judge", "您不是这场竞赛的评委，由组织者聘任后才能评分。")
    if judge.released_at is not None:
        raise NotAllowed("released", "您已不再担任这场竞赛的评委，不能再评分。")
    return judge


def competing_units(contest: Contest) -> set[int]:
    return {each.unit_id for each in entries_of(contest) if each.withdrawn_at is None}


def why_not_chief(actor: Actor, contest: Contest) -> str:
    """Why the actor may not confirm or correct: a judge, a member, or of a competing unit; empty when independent."""
    if judge_of(actor, contest) is not None:
        return "评委（包括已解除的）不能确认成绩，请由未担任评委的人确认。"
    if actor.person_id is not None and Member.objects.filter(contest=contest, person_id=actor.person_id).exists():
        return "参赛人员不能确认成绩。"
    if actor.unit_id is not None and actor.unit_id in competing_units(contest):
        return "参赛单位的人员不能确认成绩，请由其他单位的人确认。"
    return ""
