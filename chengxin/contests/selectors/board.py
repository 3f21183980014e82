"""The board: start numbers and points while it runs, then what each reader may see of the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chengxin.contests import rules
from chengxin.contests.models import Contest, Entry, Member
from chengxin.contests.selectors.contests import is_organiser, result_of
from chengxin.contests.selectors.sheets import missing_sheets, scored
from chengxin.core.actor import Actor


@dataclass(frozen=True)
class BoardRow:
    """A line of the board. Before the confirmation it says no name and no unit; a place only once it is confirmed."""

    number: int
    rounds: list[str]
    total: str
    place: int | None = None
    title: str = ""
    unit: str = ""
    note: str = ""
    is_own: bool = False


@dataclass(frozen=True)
class Board:
    rounds: list[str]
    rows: list[BoardRow]
    is_final: bool
    hidden: int = 0
    corrections: list[Any] = field(default_factory=list)


def board_of(actor: Actor, contest: Contest) -> Board:
    """How it stands: start numbers and points while it runs; after the confirmation what this actor may see of the result."""
    result = result_of(contest)
    if result is None:
        return _live(contest)
    return _final(actor, contest, result.content)


def _live(contest: Contest) -> Board:
    policy = contest.ruleset
    sheets = scored(contest)
    waiting = {(each.number, each.round.code) for each in missing_sheets(contest)}
    rows = []
    for entry in contest.entries.filter(number__isnull=False).order_by("number"):
        own = [sheet for sheet in sheets if sheet.number == entry.number]
        rows.append(_live_row(policy, entry, own, waiting))
    return Board([each.title for each in policy.rounds], rows, is_final=False)


def _live_row(policy: rules.Policy, entry: Entry, own: list[rules.Scored], waiting: set[tuple[int, str]]) -> BoardRow:
    """Points of a round are shown when all its sheets are there: nobody scores with the others' points before the eyes."""
    number = entry.number or 0
    if entry.withdrawn_at is not None:
        return BoardRow(number, ["—"] * len(policy.rounds), "—", note="已退出")
    cells, means = [], {}
    for each in policy.rounds:
        totals = [sheet.total for sheet in own if sheet.round == each.code]
        if (number, each.code) in waiting or len(totals) < policy.minimum_judges:
            cells.append(f"已收 {len(totals)} 份")
            continue
        means[each.code] = rules.round_mean(totals, policy.drop, policy.drop_from)
        cells.append(rules.shown(means[each.code]))
    whole = len(means) == len(policy.rounds)
    return BoardRow(number, cells, rules.shown(rules.total_of(policy, means)) if whole else "—")


def _final(actor: Actor, contest: Contest, content: Mapping[str, Any]) -> Board:
    own = own_numbers(actor, contest)
    everything = is_organiser(actor, contest) or not contest.is_of_persons
    placed = contest.ruleset.places_shown
    entered = {entry["number"]: entry for entry in content["entries"]}
    rows = [
        BoardRow(
            row["number"], [cell["shown"] for cell in row["rounds"]], row["shown"], row["place"], entered[row["number"]]["title"],
            entered[row["number"]]["unit"], row["note"], row["number"] in own,
        )
        for row in content["standings"]
        if everything or row["place"] <= placed or row["number"] in own
    ]  # fmt: skip
    corrections = [each for each in contest.corrections.select_related("entry") if everything or _may_read(each, rows)]
    titles = [each["title"] for each in content["rounds"]]
    return Board(titles, rows, is_final=True, hidden=len(content["standings"]) - len(rows), corrections=corrections)


def _may_read(correction: Any, rows: list[BoardRow]) -> bool:
    return correction.entry is None or correction.entry.number in {row.number for row in rows}


def own_numbers(actor: Actor, contest: Contest) -> set[int]:
    """The start numbers of the entries the actor is part of."""
    if actor.person_id is None:
        return set()
    found = Member.objects.filter(contest=contest, person_id=actor.person_id, entry__number__isnull=False)
    return {number for number in found.values_list("entry__number", flat=True) if number is not None}


@dataclass(frozen=True)
class OwnResult:
    """How an entry of the actor's did."""

    contest: Contest
    number: int | None
    title: str
    place: int | None = None
    total: str = ""


def own_results(actor: Actor, *, most: int = 50) -> list[OwnResult]:
    """The contests the actor took part in, newest first; place and total once confirmed."""
    if actor.person_id is None:
        return []
    rows = Member.objects.filter(person_id=actor.person_id).select_related("entry", "contest__result").order_by("-contest__held_on")[:most]
    return [_own(row.contest, row.entry) for row in rows]


def _own(contest: Contest, entry: Entry) -> OwnResult:
    result = result_of(contest)
    rows: Iterable[Mapping[str, Any]] = result.content["standings"] if result else ()
    row = next((each for each in rows if each["number"] == entry.number), None)
    return OwnResult(contest, entry.number, entry.title, row["place"] if row else None, row["shown"] if row else "")
