"""The judges' sheets: what is there, what must still come, and what one judge sees."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from chengxin.contests import rules
from chengxin.contests.models import Contest, Judge, Sheet
from chengxin.contests.selectors.judges import seats_of, units_of_judge
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound


@dataclass(frozen=True)
class Waits:
    """A judge and a round from whom an entry still lacks a sheet."""

    number: int
    round: rules.Round
    judge: rules.Seat


def missing_sheets(contest: Contest) -> list[Waits]:
    """The sheets that must still come: of every standing judge named before the start who need not stand aside."""
    late = set(contest.judges.filter(is_late=True).values_list("pk", flat=True))
    seats = [seat for seat in seats_of(contest) if seat.is_standing and seat.judge not in late]
    there = set(contest.sheets.filter(state=rules.SUBMITTED).values_list("entry_id", "round", "judge_id"))
    return [
        Waits(entry.number or 0, each, seat)
        for entry in contest.entries.filter(withdrawn_at=None)
        for each in contest.ruleset.rounds
        for seat in seats
        if not rules.is_recused(seat.units, entry.unit_id) and (entry.pk, each.code, seat.judge) not in there
    ]


def too_few_sheets(contest: Contest) -> list[tuple[int, rules.Round, int]]:
    """(start number, round, sheets) where fewer judges scored than the rules ask for."""
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for key in contest.sheets.filter(state=rules.SUBMITTED).values_list("entry_id", "round"):
        counts[key] += 1
    return [
        (entry.number or 0, each, counts[entry.pk, each.code])
        for entry in contest.entries.filter(withdrawn_at=None)
        for each in contest.ruleset.rounds
        if counts[entry.pk, each.code] < contest.ruleset.minimum_judges
    ]


def scored(contest: Contest) -> list[rules.Scored]:
    """The submitted sheets of entries that stand, as the results see them."""
    rows = contest.sheets.filter(state=rules.SUBMITTED, entry__withdrawn_at=None)
    return [
        rules.Scored(number or 0, round_code, judge, points)
        for number, round_code, judge, points in rows.values_list("entry__number", "round", "judge_id", "points")
    ]


@dataclass(frozen=True)
class Line:
    """An entry as a judge sees it: a start number, whether to stand aside, and the own sheet."""

    number: int
    is_recused: bool
    sheet: Sheet | None
    withdrawn_sheets: int

    @property
    def state(self) -> str:
        return "" if self.sheet is None else self.sheet.state

    def typed(self) -> dict[str, str]:
        """The points kept so far, as a field shows them."""
        return {code: rules.points_text(value) for code, value in self.sheet.points.items()} if self.sheet else {}


def judging_lines(contest: Contest, judge: Judge, round_code: str) -> list[Line]:
    """All entries that stand, by start number and nothing else."""
    units = units_of_judge(judge, day=contest.held_on)
    sheets: dict[int, Sheet] = {}
    taken_back: dict[int, int] = defaultdict(int)
    for sheet in Sheet.objects.filter(contest=contest, judge=judge, round=round_code):
        if sheet.state == rules.WITHDRAWN:
            taken_back[sheet.entry_id] += 1
        else:
            sheets[sheet.entry_id] = sheet
    rows = contest.entries.filter(withdrawn_at=None, number__isnull=False).order_by("number")
    return [
        Line(number or 0, rules.is_recused(units, unit), sheets.get(pk), taken_back[pk])
        for pk, number, unit in rows.values_list("pk", "number", "unit_id")
    ]


def sheet_for(actor: Actor, contest: Contest, round_code: str, number: int) -> Sheet:
    """The actor's own submitted sheet. Raises NotFound."""
    found = Sheet.objects.filter(
        contest=contest, judge__person_id=actor.person_id or 0, round=round_code, entry__number=number, state=rules.SUBMITTED
    ).first()
    if found is None:
        raise NotFound("no_sheet", "没有您已提交的这份评分表。")
    return found


def progress_of(contest: Contest) -> list[tuple[rules.Seat, int, int]]:
    """Each judge: sheets submitted, and sheets that must still come."""
    there: dict[int, int] = defaultdict(int)
    for judge in contest.sheets.filter(state=rules.SUBMITTED).values_list("judge_id", flat=True):
        there[judge] += 1
    waits: dict[int, int] = defaultdict(int)
    for each in missing_sheets(contest):
        waits[each.judge.judge] += 1
    return [(seat, there[seat.judge], waits[seat.judge]) for seat in seats_of(contest)]
