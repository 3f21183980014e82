"""Contests and drills (2.4.2, 2.4.3): states, the rules fixed before the start, points on their grid, exact results. Pure.

Points are whole hundredths of a point; totals are fractions of 0 to 100. Nothing is rounded before it is shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

SKILLS, DRILL = "skills", "drill"
KINDS = {SKILLS: "技能竞赛", DRILL: "队列会操"}
CLAUSE_OF_KIND = {SKILLS: "2.4.2", DRILL: "2.4.3"}
PERSON, TEAM = "person", "team"
SUBJECTS = {PERSON: "个人", TEAM: "团队"}

PLANNED, CLOSED, DRAWN, RUNNING, CONFIRMED, CANCELLED = "planned", "closed", "drawn", "running", "confirmed", "cancelled"
STATES = {PLANNED: "报名中", CLOSED: "报名截止", DRAWN: "已抽签", RUNNING: "评分中", CONFIRMED: "成绩已确认", CANCELLED: "已取消"}
CLOSE, DRAW, START, CONFIRM, CANCEL = "close", "draw", "start", "confirm", "cancel"
AFTER: Mapping[tuple[str, str], str] = {
    (PLANNED, CLOSE): CLOSED,
    (CLOSED, DRAW): DRAWN,
    (DRAWN, START): RUNNING,
    (RUNNING, CONFIRM): CONFIRMED,
    **{(state, CANCEL): CANCELLED for state in (PLANNED, CLOSED, DRAWN, RUNNING)},
}
REFUSALS = {
    CLOSE: "只有报名中的竞赛可以截止报名，截止只有一次",
    DRAW: "报名截止后才能抽签，抽签只有一次",
    START: "抽签后才能开始评分",
    CONFIRM: "只有评分中的竞赛可以确认成绩，确认只有一次",
    CANCEL: "成绩确认后不能取消，只能编号更正",
}
ENDED = frozenset({CONFIRMED, CANCELLED})

NO_DROP, HIGH_LOW = "none", "high_low"
DROPS = {NO_DROP: "不去分", HIGH_LOW: "去一个最高分、一个最低分"}
DRAFT, SUBMITTED, WITHDRAWN = "draft", "submitted", "withdrawn"
SHEET_STATES = {DRAFT: "草稿", SUBMITTED: "已提交", WITHDRAWN: "已撤回"}
SHARED = "shared"
LEAST_FOR_DROP = 3  # with fewer sheets nothing would be left to take the mean of


class NotPossible(ValueError):
    """The state does not admit the action; the message says why."""


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return AFTER[state, action]
    except KeyError:
        raise NotPossible(f"{REFUSALS[action]}，目前是“{STATES[state]}”。") from None


# --- the rules of a contest ---


@dataclass(frozen=True)
class Criterion:
    """What a judge gives points for; ``most`` and ``step`` in hundredths of a point."""

    code: str
    title: str
    clause: str
    most: int
    step: int


@dataclass(frozen=True)
class Round:
    """One part of a contest. ``weight`` is its share of the total among the weights of all rounds."""

    code: str
    title: str
    weight: int
    criteria: tuple[Criterion, ...]

    @property
    def most(self) -> int:
        return sum(criterion.most for criterion in self.criteria)


@dataclass(frozen=True)
class Policy:
    """The rules of one contest: fixed before the start. ``ties`` are a round, a criterion, … compared in this order."""

    kind: str
    rounds: tuple[Round, ...]
    drop: str
    drop_from: int
    minimum_judges: int
    ties: tuple[str, ...]
    places_shown: int
    version: str

    def round(self, code: str) -> Round | None:
        return next((each for each in self.rounds if each.code == code), None)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        return tuple(criterion for each in self.rounds for criterion in each.criteria)

    @property
    def titles(self) -> dict[str, str]:
        """Rounds and criteria by their codes."""
        return {each.code: each.title for each in self.rounds} | {each.code: each.title for each in self.criteria}

    @property
    def tie_titles(self) -> tuple[str, ...]:
        """The order of ties as people read it; what remains equal shares the place."""
        return (*(self.titles[code] for code in self.ties), "并列")


def policy_from_values(kind: str, values: Mapping[str, Any], version: str) -> Policy:
    """The rules of a kind as the rulebook of a day has them (activities.contests)."""
    weights = {each["round"]: int(each["weight"]) for each in values["weights"]}
    rounds = tuple(
        Round(
            each["code"],
            each["title"],
            weights[each["code"]],
            tuple(
                Criterion(item["code"], item["title"], item["clause"], hundredths(item["max"]), hundredths(item["step"]))
                for item in values["criteria"]
                if item["round"] == each["code"]
            ),
        )
        for each in values[f"{kind}_rounds"]
    )
    return Policy(
        kind, rounds, values["drop"], int(values["drop_from"]), int(values["minimum_judges"]), tuple(values["ties"][kind]),
        int(values["places_shown"]), version,
    )  # fmt: skip


def with_choices(
    policy: Policy, *, drop: str, drop_from: int, minimum_judges: int, places_shown: int, ties: Sequence[str],
    weights: Mapping[str, int],
) -> Policy:  # fmt: skip
    """The same rounds and criteria with what the organisers choose before the start."""
    rounds = tuple(replace(each, weight=weights[each.code]) for each in policy.rounds)
    return replace(
        policy, rounds=rounds, drop=drop, drop_from=drop_from, minimum_judges=minimum_judges, places_shown=places_shown,
        ties=tuple(dict.fromkeys(ties)),
    )  # fmt: skip


def flaws_of(policy: Policy) -> list[tuple[str, str]]:
    """(field, what to put right) of rules that could not be worked with; empty when they can."""
    found = []
    if policy.drop not in DROPS:
        found.append(("drop", "“去分方式”请从列表中选择。"))
    if policy.drop_from < LEAST_FOR_DROP:
        found.append(("drop_from", f"“去分的最少评分表数”不能少于 {LEAST_FOR_DROP}，否则没有分可以平均。"))
    if policy.minimum_judges < 1:
        found.append(("minimum_judges", "“每名选手最少评委数”不能少于 1。"))
    if policy.places_shown < 1:
        found.append(("places_shown", "“公布到第几名”不能少于 1。"))
    found += [
        (f"weight_{each.code}", f"“{each.title}”的权重应为 1 至 100 的整数。") for each in policy.rounds if not 1 <= each.weight <= 100
    ]
    if not set(policy.ties) <= policy.titles.keys():
        found.append(("tie_criterion", "“同分先比”请从本次竞赛的环节和评分项中选择。"))
    return found


def plain_policy(policy: Policy) -> dict[str, Any]:
    return asdict(policy)


def policy_of(plain: Mapping[str, Any]) -> Policy:
    """The policy that was kept with a contest."""
    rounds = tuple(
        Round(each["code"], each["title"], each["weight"], tuple(Criterion(**item) for item in each["criteria"]))
        for each in plain["rounds"]
    )
    return Policy(**{**plain, "rounds": rounds, "ties": tuple(plain["ties"])})


# --- points ---


def hundredths(value: Any) -> int:
    """A number of points (text, whole or decimal) in hundredths. Raises ValueError for what is no number or finer than that."""
    try:
        scaled = Decimal(str(value).strip()) * 100
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError("请填写数字") from error
    if scaled != whole:
        raise ValueError("最多两位小数")
    return whole


def points_text(value: int) -> str:
    """1250 → "12.5"."""
    return f"{Decimal(value) / 100:.2f}".rstrip("0").rstrip(".")


def grid_text(criterion: Criterion) -> str:
    return f"0 至 {points_text(criterion.most)} 分，每档 {points_text(criterion.step)} 分"


def why_not_points(criterion: Criterion, value: int | None) -> str:
    """Why these points do not fit the criterion: its name and the steps allowed; empty when they do."""
    if value is None:
        return f"“{criterion.title}”还没有打分：{grid_text(criterion)}。"
    if not 0 <= value <= criterion.most or value % criterion.step:
        return f"“{criterion.title}”不能打 {points_text(value)} 分：{grid_text(criterion)}。"
    return ""


def read_points(policy_round: Round, typed: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """What was typed for a round: points by criterion, and for each that does not fit why (a missing one is no error here)."""
    points, wrong = {}, {}
    for criterion in policy_round.criteria:
        text = typed.get(criterion.code, "").strip()
        if not text:
            continue
        try:
            value = hundredths(text)
        except ValueError as error:
            wrong[criterion.code] = f"“{criterion.title}”：{error}，{grid_text(criterion)}。"
            continue
        why = why_not_points(criterion, value)
        if why:
            wrong[criterion.code] = why
        else:
            points[criterion.code] = value
    return points, wrong


def flaws_in_points(policy_round: Round, points: Mapping[str, int], *, complete: bool) -> dict[str, str]:
    """Criterion to what is wrong with its points; with ``complete`` every criterion must have some."""
    wrong = {}
    for criterion in policy_round.criteria:
        if criterion.code in points or complete:
            why = why_not_points(criterion, points.get(criterion.code))
            if why:
                wrong[criterion.code] = why
    for code in points.keys() - {criterion.code for criterion in policy_round.criteria}:
        wrong[code] = f"“{code}”不是“{policy_round.title}”的评分项，请刷新页面。"
    return wrong


# --- judges ---


@dataclass(frozen=True)
class Seat:
    """A judge as recusal sees one: who, of which units (on the day and today), and whether still judging."""

    judge: int
    name: str
    units: frozenset[int]
    is_standing: bool = True


def is_recused(judge_units: Collection[int], entry_unit: int) -> bool:
    """A judge does not score the own unit (回避)."""
    return entry_unit in judge_units


@dataclass(frozen=True)
class Lacking:
    """An entry with too few independent judges: how many there are, how many are missing, and who stands aside."""

    number: int
    independent: int
    missing: int
    recused: tuple[str, ...]

    @property
    def text(self) -> str:
        aside = f"（回避：{'、'.join(self.recused)}）" if self.recused else ""
        return f"独立评委 {self.independent} 名，还差 {self.missing} 名{aside}"


def lacking_judges(entries: Iterable[tuple[int, int]], seats: Sequence[Seat], minimum: int) -> list[Lacking]:
    """Of (number, unit): the entries that fewer than ``minimum`` standing judges may score."""
    found = []
    for number, unit in entries:
        standing = [seat for seat in seats if seat.is_standing]
        recused = tuple(seat.name for seat in standing if is_recused(seat.units, unit))
        independent = len(standing) - len(recused)
        if independent < minimum:
            found.append(Lacking(number, independent, minimum - independent, recused))
    return found


# --- results ---


@dataclass(frozen=True)
class Scored:
    """A submitted sheet: whose (start number), for which round, by which judge, with what points (hundredths by criterion)."""

    number: int
    round: str
    judge: int
    points: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.points.values())


@dataclass(frozen=True)
class Standing:
    """A result: place (shared ones are equal), total of 100, mean of each round in points, and what decided against the next."""

    number: int
    place: int
    total: Fraction
    rounds: Mapping[str, Fraction]
    sheets: Mapping[str, int]
    decided_by: str = ""


def kept(totals: Iterable[int], drop: str, drop_from: int) -> list[int]:
    """The totals the mean is taken of: without one highest and one lowest from ``drop_from`` sheets on."""
    ordered = sorted(totals)
    return ordered[1:-1] if drop == HIGH_LOW and len(ordered) >= max(drop_from, LEAST_FOR_DROP) else ordered


def round_mean(totals: Collection[int], drop: str, drop_from: int) -> Fraction:
    """The exact mean of a round in points; 0 without a sheet."""
    counted = kept(totals, drop, drop_from)
    return Fraction(sum(counted), 100 * len(counted)) if counted else Fraction(0)


def criterion_mean(sheets: Sequence[Scored], code: str) -> Fraction:
    """The mean of a criterion over all sheets: nothing is dropped here, or equal totals would make it depend on their order."""
    given = [sheet.points[code] for sheet in sheets if code in sheet.points]
    return Fraction(sum(given), 100 * len(given)) if given else Fraction(0)


def total_of(policy: Policy, means: Mapping[str, Fraction]) -> Fraction:
    """The weighted total of 100."""
    weights = sum(each.weight for each in policy.rounds)
    return sum((100 * each.weight * means[each.code] * 100 / each.most for each in policy.rounds), Fraction(0)) / weights


def standings(policy: Policy, numbers: Iterable[int], sheets: Iterable[Scored]) -> list[Standing]:
    """The results in order. The order of judges and sheets changes nothing; what the tie order does not part shares its place."""
    by_number: dict[int, list[Scored]] = {number: [] for number in numbers}
    for sheet in sheets:
        if sheet.number in by_number:
            by_number[sheet.number].append(sheet)
    rows = []
    for number, own in by_number.items():
        means = {
            each.code: round_mean([sheet.total for sheet in own if sheet.round == each.code], policy.drop, policy.drop_from)
            for each in policy.rounds
        }
        compared = [means[code] if code in means else criterion_mean(own, code) for code in policy.ties]
        counts = {each.code: sum(sheet.round == each.code for sheet in own) for each in policy.rounds}
        rows.append((number, [total_of(policy, means), *compared], means, counts))
    rows.sort(key=lambda row: ([-value for value in row[1]], row[0]))
    return _placed(policy, rows)


def _placed(policy: Policy, rows: list[tuple[int, list[Fraction], dict[str, Fraction], dict[str, int]]]) -> list[Standing]:
    found: list[Standing] = []
    for index, (number, key, means, counts) in enumerate(rows):
        above = rows[index - 1][1] if index else None
        place = found[-1].place if found and key == above else index + 1
        same_total = [row[1] for row in rows if row[0] != number and row[1][0] == key[0]]
        found.append(Standing(number, place, key[0], means, counts, _decided_by(policy, key, same_total)))
    return found


def _decided_by(policy: Policy, key: list[Fraction], same_total: list[list[Fraction]]) -> str:
    """The first step of the tie order that parts this one from somebody of the same total; SHARED when none does from some."""
    if not same_total:
        return ""
    if key in same_total:
        return SHARED
    return next(code for place, code in enumerate(policy.ties, start=1) if any(other[place] != key[place] for other in same_total))


def shown(value: Fraction, digits: int = 2) -> str:
    """A fraction as people read it: 86.33, rounded half up; the exact one decides."""
    scaled = Decimal(value.numerator) / Decimal(value.denominator)
    return str(scaled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def exact(value: Fraction) -> str:
    """A fraction as it is kept: "259/3"."""
    return f"{value.numerator}/{value.denominator}"


# --- what is frozen ---


def plain_text(content: Any) -> str:
    """The one text of a result whose digest is kept: keys in order, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of that text, as ``sha256sum`` prints it."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- weak points ---


@dataclass(frozen=True)
class WeakItem:
    """A criterion as it was done in confirmed contests: the share of its points that was reached (0 to 1), and of how many sheets."""

    code: str
    title: str
    clause: str
    rate: float
    n: int


def weak_items(criteria: Iterable[Criterion], given: Iterable[Mapping[str, int]]) -> list[WeakItem]:
    """The criteria that were scored at all, the weakest first."""
    reached: dict[str, list[int]] = {}
    for points in given:
        for code, value in points.items():
            reached.setdefault(code, []).append(value)
    known = {criterion.code: criterion for criterion in criteria}
    found = [
        WeakItem(code, known[code].title, known[code].clause, sum(values) / (known[code].most * len(values)), len(values))
        for code, values in reached.items()
        if code in known
    ]
    return sorted(found, key=lambda item: (item.rate, item.code))
