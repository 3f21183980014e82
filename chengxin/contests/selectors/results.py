"""What a result is made of, and what it says about weak points."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chengxin.contests import rules
from chengxin.contests.models import Contest, Entry, Member, Sheet
from chengxin.contests.selectors.contests import entries_of
from chengxin.contests.selectors.judges import judges_of
from chengxin.contests.selectors.sheets import scored
from chengxin.core import clock
from chengxin.people.models import Unit


def result_content(contest: Contest) -> dict[str, Any]:
    """Everything a result follows from and what follows, in whole numbers, texts and exact fractions: the same facts, the same text."""
    policy = contest.ruleset
    entries = [entry for entry in entries_of(contest) if entry.number is not None]
    standing = [entry.number for entry in entries if entry.withdrawn_at is None and entry.number is not None]
    draw = contest.draw
    return {
        "version": 1, "contest": contest.number, "title": contest.title, "kind": rules.KINDS[contest.kind],
        "subject": rules.SUBJECTS[contest.subject], "held_on": str(contest.held_on), "policy": rules.plain_policy(policy),
        "rounds": [{"code": each.code, "title": each.title} for each in policy.rounds],
        "draw": {"frame_sha256": draw.frame_sha256, "seed": draw.seed} if draw else None,
        "entries": [_entry_content(entry) for entry in entries], "judges": _judges_content(contest),
        "sheets": _sheets_content(contest), "standings": [_row(policy, row) for row in rules.standings(policy, standing, scored(contest))],
    }  # fmt: skip


def _entry_content(entry: Entry) -> dict[str, Any]:
    members = [{"number": each.person.number, "name": each.person.name, "class": each.person_class} for each in entry.members.all()]
    return {
        "number": entry.number, "code": entry.code, "title": entry.title, "unit": entry.unit.name, "members": members,
        "withdrawn": entry.withdrawn_reason,
    }  # fmt: skip


def _judges_content(contest: Contest) -> list[dict[str, Any]]:
    return [
        {
            "id": judge.pk, "number": judge.person.number, "name": judge.person.name, "unit": judge.unit.name if judge.unit else "",
            "released": judge.released_reason,
        }
        for judge in judges_of(contest)
    ]  # fmt: skip


def _sheets_content(contest: Contest) -> list[dict[str, Any]]:
    rows = contest.sheets.filter(state=rules.SUBMITTED).select_related("entry").order_by("entry__number", "round", "judge_id")
    return [
        {
            "number": row.entry.number, "round": row.round, "judge": row.judge_id, "points": row.points, "total": row.total,
            "submitted_at": row.submitted_at.astimezone(clock.SHANGHAI).isoformat() if row.submitted_at else "",
        }
        for row in rows
    ]  # fmt: skip


def _row(policy: rules.Policy, row: rules.Standing) -> dict[str, Any]:
    cells = [
        {
            "round": each.code,
            "exact": rules.exact(row.rounds[each.code]),
            "shown": rules.shown(row.rounds[each.code]),
            "sheets": row.sheets[each.code],
        }
        for each in policy.rounds
    ]
    return {
        "number": row.number, "place": row.place, "exact": rules.exact(row.total), "shown": rules.shown(row.total), "rounds": cells,
        "note": _tie_note(policy, row.decided_by),
    }  # fmt: skip


def _tie_note(policy: rules.Policy, decided_by: str) -> str:
    if not decided_by:
        return ""
    return "并列" if decided_by == rules.SHARED else f"同分，按“{policy.titles[decided_by]}”区分"


def preview_of(contest: Contest) -> tuple[dict[str, Any], str]:
    """The result as it would be confirmed now, and the digest of its text."""
    content = result_content(contest)
    return content, rules.digest(rules.plain_text(content))


def weak_items(since: dt.date, until: dt.date, *, unit: Unit | None = None) -> list[rules.WeakItem]:
    """Criteria of the contests held and confirmed from one day through another, weakest first: title, clause, share of points reached
    (``rate``, 0 to 1) and number of sheets (``n``); of one unit's entries when one is named.
    """
    sheets = Sheet.objects.filter(
        state=rules.SUBMITTED, entry__withdrawn_at=None, contest__state=rules.CONFIRMED, contest__held_on__range=(since, until)
    )
    sheets = sheets if unit is None else sheets.filter(entry__unit=unit)
    contests = Contest.objects.filter(state=rules.CONFIRMED, held_on__range=(since, until)).order_by("held_on", "pk")
    criteria = [criterion for contest in contests for criterion in contest.ruleset.criteria]
    return rules.weak_items(criteria, sheets.values_list("points", flat=True))


def criteria_of(contest: Contest) -> list[rules.WeakItem]:
    """How each criterion of a contest was done by all together, weakest first: what training may begin with."""
    sheets = contest.sheets.filter(state=rules.SUBMITTED, entry__withdrawn_at=None)
    return rules.weak_items(contest.ruleset.criteria, sheets.values_list("points", flat=True))


@dataclass(frozen=True)
class LowCriterion:
    """A criterion in which entries of a unit reached less than asked for: how many entries, among how many persons, and whose."""

    code: str
    title: str
    clause: str
    unit_id: int
    count: int
    n: int
    persons: tuple[int, ...]


def low_criteria(since: dt.date, until: dt.date, *, below: float) -> list[LowCriterion]:
    """By unit and criterion the entries whose mean share of the points lay under ``below`` (0 to 1) in contests of these days."""
    contests = Contest.objects.filter(state=rules.CONFIRMED, held_on__range=(since, until)).order_by("held_on", "pk")
    known = {criterion.code: criterion for contest in contests for criterion in contest.ruleset.criteria}
    given: dict[tuple[int, int], list[Mapping[str, int]]] = defaultdict(list)
    sheets = Sheet.objects.filter(state=rules.SUBMITTED, entry__withdrawn_at=None, contest__in=contests)
    for entry, unit, points in sheets.values_list("entry_id", "entry__unit_id", "points"):
        given[entry, unit].append(points)
    members: dict[int, list[int]] = defaultdict(list)
    for entry, person in Member.objects.filter(entry__in=[entry for entry, _ in given]).values_list("entry_id", "person_id"):
        members[entry].append(person)
    low: dict[tuple[int, str], list[int]] = defaultdict(list)
    for (entry, unit), own in given.items():
        for item in rules.weak_items(known.values(), own):
            if item.rate < below:
                low[unit, item.code].append(entry)
    return [_low(known[code], unit, entries, given, members) for (unit, code), entries in sorted(low.items())]


def _low(
    criterion: rules.Criterion, unit: int, entries: list[int], given: Iterable[tuple[int, int]], members: Mapping[int, list[int]]
) -> LowCriterion:
    among = {person for entry, of in given if of == unit for person in members[entry]}
    whose = tuple(sorted({person for entry in entries for person in members[entry]}))
    return LowCriterion(criterion.code, criterion.title, criterion.clause, unit, len(entries), len(among), whose)
