"""The board: start numbers and points while it runs, then what each reader may see of the result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chengxin.contests import rules
from chengxin.contests.models import Contest, Correction, Entry, Member
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
    corrections: list[Correction] = field(default_factory=list)
    sheets: int = 0


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
    own, placed = own_numbers(actor, contest), contest.ruleset.places_shown
    everything = is_organiser(actor, contest) or not contest.is_of_persons
    entered = {entry["number"]: entry for entry in content["entries"]}
    corrections = list(contest.corrections.select_related("entry"))
    corrected = {each.entry.number: each for each in corrections if each.entry is not None}  # the last one of each
    rows = [
        _final_row(row, entered[row["number"]], corrected.get(row["number"]), is_own=row["number"] in own)
        for row in content["standings"]
        if everything or row["number"] in own or _is_placed(row, corrected.get(row["number"]), placed)
    ]
    return Board(
        [each["title"] for each in content["rounds"]], rows, is_final=True, hidden=len(content["standings"]) - len(rows),
        corrections=[each for each in corrections if everything or _may_read(each, rows)], sheets=len(content["sheets"]),
    )  # fmt: skip


def _is_placed(row: Mapping[str, Any], correction: Correction | None, placed: int) -> bool:
    return row["place"] <= placed or (correction is not None and correction.place is not None and correction.place <= placed)


def _final_row(row: Mapping[str, Any], entry: Mapping[str, Any], correction: Correction | None, *, is_own: bool) -> BoardRow:
    """As it was confirmed; a correction is pointed at and never written over it."""
    note = "；".join(filter(None, (row["note"], f"见更正第 {correction.number} 号" if correction else "")))
    cells = [cell["shown"] for cell in row["rounds"]]
    return BoardRow(row["number"], cells, row["shown"], row["place"], entry["title"], entry["unit"], note, is_own)


def _may_read(correction: Correction, rows: list[BoardRow]) -> bool:
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
    corrections: tuple[Correction, ...] = ()


def own_results(actor: Actor, *, most: int = 50) -> list[OwnResult]:
    """The contests the actor took part in, newest first; place and total once confirmed."""
    if actor.person_id is None:
        return []
    rows = list(
        Member.objects.filter(person_id=actor.person_id).select_related("entry", "contest__result").order_by("-contest__held_on")[:most]
    )
    corrected: dict[int, list[Correction]] = defaultdict(list)
    for each in Correction.objects.filter(entry__in=[row.entry_id for row in rows]):
        corrected[each.entry_id or 0].append(each)
    return [_own(row.contest, row.entry, corrected[row.entry_id]) for row in rows]


def _own(contest: Contest, entry: Entry, corrections: Iterable[Correction]) -> OwnResult:
    result = result_of(contest)
    rows: Iterable[Mapping[str, Any]] = result.content["standings"] if result else ()
    row = next((each for each in rows if each["number"] == entry.number), None)
    place, total = (row["place"], row["shown"]) if row else (None, "")
    return OwnResult(contest, entry.number, entry.title, place, total, tuple(corrections))
