"""What a round came to: the marks that stand, results, comparison of rounds, the figures of a year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chengxin.casereviews import rules
from chengxin.casereviews.models import Mark, MarkObjection, Reviewed, Round
from chengxin.casereviews.selectors import rounds
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound

MOST_COMMON = 5


def objection_of(mark: Mark) -> MarkObjection | None:
    found: MarkObjection | None = getattr(mark, "objection", None)
    return found


def left_of(mark: Mark, *, with_corrections: bool = True) -> int:
    """What stands of a mark now (hundredths; of a veto 1 or 0): as told, after its objection, after corrections."""
    corrections = list(mark.corrections.all()) if with_corrections else []
    if corrections:
        return max(corrections, key=lambda each: each.number).left
    objection = objection_of(mark)
    return mark.points if objection is None or objection.left is None else objection.left


@dataclass(frozen=True)
class Result:
    """A case's result as it stands: points in hundredths, items that take points, vetoes."""

    score: int
    grade: str
    items: Mapping[str, int] = field(default_factory=dict)
    vetoes: tuple[str, ...] = ()

    @property
    def score_text(self) -> str:
        return rules.points_text(self.score)

    @property
    def grade_title(self) -> str:
        return rules.GRADES[self.grade]


def result_of(reviewed: Reviewed, sheet: rules.Sheet, *, with_corrections: bool = True) -> Result | None:
    """The result of a told case; before that what its sheets come to; None while one is outstanding."""
    if reviewed.score is None:
        found = rounds.outcome_of(reviewed, sheet)
        return Result(found.score, found.grade, found.items, found.vetoes) if found is not None else None
    left = {(mark.kind, mark.code): left_of(mark, with_corrections=with_corrections) for mark in reviewed.marks.all()}
    items = {code: points for (kind, code), points in left.items() if kind == rules.ITEM and points}
    vetoes = tuple(code for (kind, code), points in left.items() if kind == rules.VETO and points)
    score = 10 * sheet.total - sum(items.values())
    return Result(score, rules.grade_of(score, sheet, is_vetoed=bool(vetoes)), items, vetoes)


def results_in(found: Round, *, with_corrections: bool = True) -> list[tuple[Reviewed, Result | None]]:
    """Every standing case of a round with its result."""
    sheet = rounds.sheet_of(found)
    return [(each, result_of(each, sheet, with_corrections=with_corrections)) for each in rounds.standing_cases(found)]


def mark_for(actor: Actor, pk: int, capability: str) -> Mark:
    """A mark of a told case in a unit the actor has the capability for. Raises NotFound otherwise."""
    reach = actor.units_for(capability)
    rows = Mark.objects.select_related("reviewed__round", "reviewed__case", "reviewed__unit", "objection", "person")
    rows = rows if reach is None else rows.filter(reviewed__unit_id__in=reach)
    found = rows.prefetch_related("corrections").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_mark", "没有这项扣分，或不在您的范围内。")
    return found


def points_of(mark: Mark, hundredths: int) -> str:
    """ "3.5 分", or whether a veto stands."""
    if mark.kind == rules.VETO:
        return "成立" if hundredths else "不成立"
    return f"{rules.points_text(hundredths)} 分"


# --- units and rounds beside each other ---


@dataclass(frozen=True)
class UnitFigures:
    unit: str
    unit_id: int | None
    figures: rules.Figures
    items: Mapping[str, int]  # hundredths taken off by item, summed over the unit's cases

    def taken(self, code: str) -> str:
        """The mean deduction a case of one item."""
        mean = rules.mean_of(self.items.get(code, 0), self.figures.n)
        return "—" if mean is None else rules.points_text(mean)


def by_unit(results: Iterable[tuple[Reviewed, Result | None]], units: Iterable[int] | None = None) -> list[UnitFigures]:
    """Each unit's figures, the whole bureau's first; ``units`` limits the lines, never the whole."""
    rows = [(reviewed, result) for reviewed, result in results if result is not None]
    wanted = None if units is None else set(units)
    grouped: dict[tuple[int, str], list[Result]] = defaultdict(list)
    for reviewed, result in rows:
        if wanted is None or reviewed.unit_id in wanted:
            grouped[reviewed.unit_id, reviewed.unit.name].append(result)
    lines = [_figures(name, pk, own) for (pk, name), own in grouped.items()]
    return [_figures("全局", None, [result for _, result in rows]), *lines]


def _figures(unit: str, pk: int | None, results: Sequence[Result]) -> UnitFigures:
    items = Counter[str]()
    for result in results:
        items.update(result.items)
    return UnitFigures(unit, pk, rules.figures((result.score, result.grade) for result in results), dict(items))


@dataclass(frozen=True)
class Compared:
    """One final round in the comparison."""

    round: Round
    sheet: rules.Sheet
    lines: list[UnitFigures]

    @property
    def title(self) -> str:
        return f"{self.round.year} 年{rules.QUARTERS[self.round.quarter]}"

    def line(self, unit_id: int | None) -> UnitFigures | None:
        return next((each for each in self.lines if each.unit_id == unit_id), None)


def compared(actor: Actor, most: int = 6) -> list[Compared]:
    """The newest final rounds, the earliest first: the bureau and the units the actor may see."""
    found = list(Round.objects.filter(state=rules.FINAL).order_by("-year", "-quarter")[:most])
    reach, sheets = actor.units_for("casereviews.see"), {each.pk: rounds.sheet_of(each) for each in found}
    results: dict[int, list[tuple[Reviewed, Result | None]]] = {each.pk: [] for each in found}
    for case in rounds.standing_cases(*found):
        results[case.round_id].append((case, result_of(case, sheets[case.round_id])))
    return [Compared(each, sheets[each.pk], by_unit(results[each.pk], reach)) for each in reversed(found)]


@dataclass(frozen=True)
class ItemLine:
    """An item over the rounds for one unit or the bureau: the mean deduction a case with its n, round by round."""

    unit: str
    item: str
    cells: tuple[tuple[str, int], ...]  # (points, n)


def comparison_lines(found: Sequence[Compared]) -> list[ItemLine]:
    """Item by item, the bureau first, then each unit; an item a round's sheet does not have is "—"."""
    titles: dict[str, str] = {}
    units: dict[int | None, str] = {}
    for each in found:
        titles |= each.sheet.titles
        units |= {line.unit_id: line.unit for line in each.lines}
    return [
        ItemLine(name, title, tuple(_cell(each, unit_id, code) for each in found))
        for unit_id, name in units.items()
        for code, title in titles.items()
    ]


def _cell(found: Compared, unit_id: int | None, code: str) -> tuple[str, int]:
    line = found.line(unit_id)
    if line is None or found.sheet.item(code) is None:
        return "—", 0
    return line.taken(code), line.figures.n


def comparison_chart(found: Sequence[Compared]) -> dict[str, Any]:
    """The bureau's mean deduction a case, item by item, a bar a round."""
    titles = {code: title for each in found for code, title in each.sheet.titles.items()}
    series = [
        {"name": each.title, "values": [_number(_cell(each, None, code)[0]) for code in titles]}
        for each in found
    ]  # fmt: skip
    return {"title": "每件平均扣分（分）", "categories": list(titles.values()), "series": series}


def _number(text: str) -> float | None:
    return None if text == "—" else float(text)


# --- the figures of a year ---


@dataclass(frozen=True)
class RoundFigures:
    """A round as the year's report tells it; ``mean`` in points, ``commonest`` as (item, cases it took points in, mean of all)."""

    year: int
    quarter: int
    title: str
    state: str
    framed: int
    n: int
    mean: float | None
    grades: Mapping[str, int]
    commonest: tuple[tuple[str, int, float], ...]
    findings: int
    corrections: int
    rule_version: str

    @property
    def is_final(self) -> bool:
        return self.state == rules.FINAL


def year_rounds(year: int) -> list[RoundFigures]:
    """The rounds of a year in order. Scores are told of final rounds alone: before that they may still change."""
    return [_round_figures(each) for each in Round.objects.filter(year=year).order_by("quarter")]


def _round_figures(found: Round) -> RoundFigures:
    results = [result for _, result in results_in(found) if result is not None] if found.state == rules.FINAL else []
    figures = rules.figures((result.score, result.grade) for result in results)
    marks = Mark.objects.filter(reviewed__round=found, finding__isnull=False).count()
    return RoundFigures(
        found.year, found.quarter, found.title, found.state, found.frame.count(), figures.n,
        figures.mean / 100 if figures.mean is not None else None,
        {rules.GRADES[grade]: count for grade, count in figures.grades.items()}, commonest_of(results, rounds.sheet_of(found)), marks,
        found.corrections.count(), found.rule_version,
    )  # fmt: skip


def commonest_of(results: Sequence[Result], sheet: rules.Sheet, most: int = MOST_COMMON) -> tuple[tuple[str, int, float], ...]:
    """The items in which most cases lost points."""
    cases, points = Counter[str](), Counter[str]()
    for result in results:
        cases.update(result.items.keys())
        points.update(result.items)
    order = sorted(cases, key=lambda code: (-cases[code], -points[code], code))[:most]
    return tuple((sheet.titles.get(code, code), cases[code], round(points[code] / 100 / len(results), 2)) for code in order)
