"""Questions about contests: who may see whose name, who may score whom, how it stands, and what was weak (2.4.2, 2.4.3)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse

from chengxin.contests import rules
from chengxin.contests.models import Contest, ContestQuerySet, Entry, Judge, Member, Result, Sheet
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotAllowed, NotFound
from chengxin.core.registry import capabilities
from chengxin.core.waiting import Waiting
from chengxin.people.models import Assignment, Grant, Person, Unit
from chengxin.rulebook import selectors as rulebook

RULE = "activities.contests"
CHAPTER = "二（四）主题活动"


def contest_policy_at(on: dt.date, kind: str) -> rules.Policy:
    """The rules a contest of a day begins with; a draft of the rulebook is enough, since a contest costs nobody anything."""
    found = rulebook.rule_values(RULE, on, simulate=True)
    return rules.policy_from_values(kind, found.values, found.version)


# --- contests and who stands how to them ---


def contests_visible_to(actor: Actor) -> ContestQuerySet:
    return Contest.objects.all().visible_to(actor)


def contest_rows(actor: Actor) -> QuerySet[Contest, dict[str, Any]]:
    """Contests with how many entries stand."""
    rows = contests_visible_to(actor).annotate(entered=Count("entries", filter=Q(entries__withdrawn_at=None)))
    return rows.values("pk", "title", "kind", "subject", "held_on", "place", "state", "entered")


def contest_for(actor: Actor, pk: int) -> Contest:
    """A contest. Raises NotFound."""
    found = contests_visible_to(actor).select_related("draw", "result").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_contest", "没有这场竞赛，或不在您的范围内。")
    return found


def result_of(contest: Contest) -> Result | None:
    found: Result | None = getattr(contest, "result", None)
    return found


def judge_of(actor: Actor, contest: Contest) -> Judge | None:
    """The actor as a judge of this contest, released or not."""
    if actor.person_id is None:
        return None
    return Judge.objects.filter(contest=contest, person_id=actor.person_id).select_related("person").first()


def is_organiser(actor: Actor, contest: Contest) -> bool:
    """Whether the actor organises it and so reads names: who judges it does not, until it is confirmed."""
    if not (actor.may("contests.plan") or actor.may("contests.confirm")):
        return False
    return contest.state == rules.CONFIRMED or judge_of(actor, contest) is None


def entries_of(contest: Contest) -> list[Entry]:
    members = Prefetch("members", Member.objects.select_related("person"))
    return list(contest.entries.select_related("unit").prefetch_related(members))


def entries_named_to(actor: Actor, contest: Contest) -> list[Entry]:
    """The entries whose names the actor may read: all for organisers, those of the own units and the own for others.

    A judge reads none before the confirmation, whatever else the judge may do.
    """
    if is_organiser(actor, contest):
        return entries_of(contest)
    if judge_of(actor, contest) is not None and contest.state != rules.CONFIRMED:
        return []
    reach = actor.units_for("contests.enter")
    return [entry for entry in entries_of(contest) if reach is None or entry.unit_id in reach or is_member(actor, entry)]


def is_member(actor: Actor, entry: Entry) -> bool:
    return actor.person_id is not None and any(member.person_id == actor.person_id for member in entry.members.all())


def entry_for(actor: Actor, contest: Contest, pk: int) -> Entry:
    """An entry whose name the actor may read. Raises NotFound."""
    found = next((entry for entry in entries_named_to(actor, contest) if entry.pk == pk), None)
    if found is None:
        raise NotFound("no_entry", "没有这名参赛者，或不在您的范围内。")
    return found


def entry_units(actor: Actor) -> list[tuple[str, str]]:
    """The units the actor may enter somebody of."""
    reach = actor.units_for("contests.enter")
    units = Unit.objects.all() if reach is None else Unit.objects.filter(pk__in=reach)
    return [(str(pk), name) for pk, name in units.values_list("pk", "name")]


# --- judges ---


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
    return list(contest.judges.select_related("person", "unit"))


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


# --- sheets ---


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


def standing_judge(actor: Actor, contest: Contest) -> Judge:
    """The actor as a judge who still judges. Raises NotAllowed for everybody else."""
    judge = judge_of(actor, contest)
    if judge is None:
        raise NotAllowed("no_judge", "您不是这场竞赛的评委，由组织者聘任后才能评分。")
    if judge.released_at is not None:
        raise NotAllowed("released", "您已不再担任这场竞赛的评委，不能再评分。")
    return judge


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


# --- the board ---


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


# --- what is frozen ---


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


def competing_units(contest: Contest) -> set[int]:
    return set(contest.entries.filter(withdrawn_at=None).values_list("unit_id", flat=True))


def why_not_chief(actor: Actor, contest: Contest) -> str:
    """Why the actor may not confirm or correct: a judge, a member, or of a competing unit; empty when independent."""
    if judge_of(actor, contest) is not None:
        return "评委（包括已解除的）不能确认成绩，请由未担任评委的人确认。"
    if actor.person_id is not None and Member.objects.filter(contest=contest, person_id=actor.person_id).exists():
        return "参赛人员不能确认成绩。"
    if actor.unit_id is not None and actor.unit_id in competing_units(contest):
        return "参赛单位的人员不能确认成绩，请由其他单位的人确认。"
    return ""


# --- weak points ---


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


# --- one's own ---


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


# --- what waits ---


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """Sheets that only this judge can fill, and results whose sheets are all there."""
    return [*_sheets_waiting(actor), *_results_waiting(actor)]


def _sheets_waiting(actor: Actor) -> list[Waiting]:
    if not actor.may("contests.judge") or actor.person_id is None:
        return []
    mine = Judge.objects.filter(person_id=actor.person_id, released_at=None, is_late=False, contest__state=rules.RUNNING)
    found = []
    for judge in mine.select_related("contest"):
        waits = [each for each in missing_sheets(judge.contest) if each.judge.judge == judge.pk]
        if waits:
            address = reverse("contests:judging", args=[judge.contest_id, waits[0].round.code])
            detail = f"{judge.contest.number} {judge.contest.place}".strip()
            found.append(
                Waiting(
                    f"评分：{judge.contest.title}，{len(waits)} 份", address, CHAPTER, "contests.judge", due_on=judge.contest.held_on,
                    detail=detail, count=len(waits),
                )
            )  # fmt: skip
    return found


def _results_waiting(actor: Actor) -> list[Waiting]:
    if not actor.may("contests.confirm"):
        return []
    running = Contest.objects.filter(state=rules.RUNNING).exclude(judges__person_id=actor.person_id or 0)
    return [
        Waiting(
            f"确认成绩：{contest.title}", reverse("contests:detail", args=[contest.pk]), CHAPTER, "contests.confirm", detail=contest.number
        )
        for contest in running
        if not missing_sheets(contest) and not too_few_sheets(contest) and not why_not_chief(actor, contest)
    ]  # fmt: skip
