"""Items, papers, marking and figures, without a database (2.4)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.exams import rules
from chengxin.exams.rules import Key, Line, Question, Reached, Stock
from tests.cases import cases

CLAUSES = ("2.1.1", "2.1.3", "2.2.2", "2.3.1")
STOCKS = st.lists(st.tuples(st.sampled_from(CLAUSES), st.sampled_from(list(rules.KINDS)), st.integers(2, 6)), min_size=1, max_size=40).map(
    lambda rows: [
        Stock(pk, clause, kind, 0 if kind == "fill_in" else 2 if kind == "true_false" else n, f"d{pk}")
        for pk, (clause, kind, n) in enumerate(rows, 1)
    ]
)
SEEDS = st.text("0123456789abcdef", min_size=8, max_size=64)
LETTERS = st.text("ABCD", max_size=4)


def blueprint_for(bank: list[Stock]) -> list[Line]:
    counted: dict[tuple[str, str], int] = {}
    for each in bank:
        counted[each.clause, each.kind] = counted.get((each.clause, each.kind), 0) + 1
    return [Line(clause, kind, max(1, n // 2), 2) for (clause, kind), n in sorted(counted.items())]


@given(STOCKS, SEEDS, st.integers(1, 9999))
def test_a_paper_is_what_the_blueprint_asks_for_and_anybody_can_draw_it_again(bank: list[Stock], seed: str, number: int) -> None:
    lines = blueprint_for(bank)
    frame = rules.frame_of(lines, bank)
    paper = rules.paper_for(lines, frame, seed, f"T{number}")
    assert paper == rules.paper_for(lines, rules.frame_of(lines, list(reversed(bank))), seed, f"T{number}")
    assert len({each.version for each in paper}) == len(paper) == sum(line.count for line in lines)
    by_pk = {each.pk: each for each in bank}
    for each in paper:
        assert sorted(each.order) == list(rules.LETTERS[: by_pk[each.version].options])
    for line in lines:
        assert sum(line.takes(by_pk[each.version].clause, by_pk[each.version].kind) for each in paper) == line.count
    assert sum(each.points for each in paper) == rules.full_points(lines)


def test_two_persons_and_two_attempts_get_papers_of_their_own() -> None:
    bank = [Stock(pk, "2.1.3", "single", 4, f"d{pk}") for pk in range(1, 60)]
    lines = [Line("2.1", "single", 10, 2)]
    papers = {tuple(rules.paper_for(lines, bank, "ab" * 32, name, attempt)) for name in ("T001", "T002", "T003") for attempt in (1, 2)}
    assert len(papers) == 6


@given(STOCKS, SEEDS)
def test_the_digest_tells_every_change_of_the_bank(bank: list[Stock], seed: str) -> None:
    lines = blueprint_for(bank)
    frame = rules.frame_of(lines, bank)
    assert rules.frame_digest(lines, frame) != rules.frame_digest(lines, frame[:-1])
    changed = [*frame[:-1], Stock(frame[-1].pk, frame[-1].clause, frame[-1].kind, frame[-1].options, "another")]
    assert rules.frame_digest(lines, frame) != rules.frame_digest(lines, changed)


ANSWERS = st.sets(st.sampled_from("ABCD"), min_size=1).map(lambda letters: tuple(sorted(letters)))
PAPERS = st.lists(st.tuples(ANSWERS, st.integers(1, 20), st.permutations("ABCD").map("".join), LETTERS), min_size=1, max_size=12)


def marked(rows: list[Any], voided: set[int], partial: int = 50, pass_percent: int = 60) -> rules.Marks:
    questions = [Question(pk, points, order) for pk, (_, points, order, _) in enumerate(rows)]
    keys = {pk: Key("multiple" if len(answer) > 1 else "single", answer) for pk, (answer, *_) in enumerate(rows)}
    responses = {place: response for place, (*_, response) in enumerate(rows, 1) if response}
    return rules.mark_paper(questions, responses, keys, voided, pass_percent=pass_percent, partial_percent=partial)


@given(PAPERS, st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)), st.integers(0, 100))
def test_voiding_never_costs_a_point_and_taking_it_back_gives_the_same_as_before(
    rows: list[Any], voided: set[int], more: set[int], partial: int
) -> None:
    before, after = marked(rows, voided, partial), marked(rows, voided | more, partial)
    assert all(later >= earlier for earlier, later in zip(before.by_place, after.by_place, strict=True))
    assert after.passed >= before.passed
    assert marked(rows, voided, partial) == before


@given(PAPERS, st.integers(0, 100))
def test_points_lie_between_nothing_and_full_and_add_up(rows: list[Any], partial: int) -> None:
    marks = marked(rows, set(), partial)
    for points, (_, full, *_) in zip(marks.by_place, rows, strict=True):
        assert 0 <= points <= full
        assert points * 10 == int(points * 10), "tenths"
    assert marks.points == sum(marks.by_place)
    assert marks.full == sum(full for _, full, *_ in rows)
    assert marks.passed == (marks.points * 100 >= 60 * marks.full)
    assert 0 <= marks.percent <= 100


@given(ANSWERS, st.permutations("ABCD").map("".join), st.permutations("ABCD").map("".join))
def test_the_order_in_which_somebody_sees_the_options_changes_no_point(answer: tuple[str, ...], one: str, other: str) -> None:
    key = Key("multiple", answer)
    for order in (one, other):
        shown = "".join(rules.LETTERS[order.index(letter)] for letter in answer)
        assert rules.mark(key, Question(1, 10, order), shown, 50) == 10


@pytest.mark.parametrize("case", cases("exams"), ids=lambda case: case["case"])
def test_marking_as_people_would_tell_it(case: dict[str, Any]) -> None:
    key = Key(case["kind"], tuple(case["answer"]))
    points = rules.mark(
        key, Question(1, case["points"], case.get("order", "ABCD" if case["kind"] != "fill_in" else "")), case["response"], case["partial"]
    )
    assert points == Decimal(str(case["reached"]))


@given(st.lists(st.builds(Reached, st.floats(0, 1), st.floats(0, 1), LETTERS), max_size=60), st.integers(0, 20))
def test_the_figures_of_an_item_stay_within_their_bounds(answers: list[Reached], least: int) -> None:
    found = rules.item_figures(answers, least)
    assert found.n == len(answers)
    assert (found.difficulty is None) == (not answers)
    if found.difficulty is not None:
        assert 0 <= found.difficulty <= 1 + 1e-9
    assert (found.discrimination is None) == (len(answers) < max(2, least))
    if found.discrimination is not None:
        assert -1 - 1e-9 <= found.discrimination <= 1 + 1e-9
    assert sum(found.frequencies.values()) == sum(len(each.chosen) for each in answers)


def test_an_item_that_only_the_best_know_discriminates_fully() -> None:
    answers = [Reached(1.0, 0.9, "A")] * 5 + [Reached(0.0, 0.2, "B")] * 5
    found = rules.item_figures(answers, 10)
    assert (found.difficulty, found.discrimination, found.frequencies) == (0.5, 1.0, {"A": 5, "B": 5})


def test_weak_points_are_the_clauses_below_the_rate_weakest_first() -> None:
    rows = [("2.1.3", Decimal(5), 10), ("2.1.3", Decimal(0), 10), ("2.2.2", Decimal(4), 10), ("2.3.1", Decimal(6), 10)]
    found = rules.weak_points(rows, {"2.1.3": "着装禁忌"}, 60)
    assert [(each.clause, each.title, each.rate, each.n) for each in found] == [("2.1.3", "着装禁忌", 0.25, 2), ("2.2.2", "2.2.2", 0.4, 1)]


NOW = dt.datetime(2026, 9, 30, 10, tzinfo=dt.UTC)


@given(st.integers(1, 180), st.integers(1, 600))
def test_the_deadline_is_the_duration_and_never_beyond_the_window(minutes: int, window: int) -> None:
    closes = NOW + dt.timedelta(minutes=window)
    found = rules.deadline(NOW, minutes, closes)
    assert found == min(closes, NOW + dt.timedelta(minutes=minutes))


@given(st.integers(-500, 500), st.one_of(st.none(), st.integers(0, 60)))
def test_a_sitting_ends_by_the_clock_whether_or_not_anything_ran(after: int, handed_in: int | None) -> None:
    deadline = NOW + dt.timedelta(minutes=60)
    given_in = None if handed_in is None else NOW + dt.timedelta(minutes=handed_in)
    found = rules.ended_at(given_in, deadline, deadline + dt.timedelta(minutes=after))
    assert found == (given_in if given_in is not None else deadline if after > 0 else None)


def test_overlapping_lines_and_lines_without_number_are_refused() -> None:
    for lines in ([], [Line("2.1", "single", 0, 1)], [Line("2.1", "single", 1, 1), Line("2.1.3", "single", 1, 1)]):
        with pytest.raises(rules.NotPossible):
            rules.check_blueprint(lines)
    rules.check_blueprint([Line("2.1", "single", 1, 1), Line("2.1.3", "multiple", 1, 1), Line("2.2", "single", 1, 1)])
    assert "需要 3 题" in rules.shortages([Line("2.1", "single", 3, 1)], [Stock(1, "2.1.3", "single", 4, "d")])[0]


ROW = ["单选题", "2.1.3", "中", "题干", "甲", "乙", "", "", "", "", "A", "解析"]


def test_a_sheet_is_understood_whole() -> None:
    table = [
        list(rules.COLUMNS), ROW, ["多选", "2.1.3", "易", "题干二", "甲", "乙", "丙", "", "", "", "A、C", ""],
        ["判断题", "2.2.2", "难", "题干三", "", "", "", "", "", "", "错", ""],
        ["填空题", "2.2.3", "中", "题干四", "", "", "", "", "", "", "24｜二十四", ""],
    ]  # fmt: skip
    found, errors = rules.read_items(table, (*CLAUSES, "2.2.3"))
    assert errors == []
    assert [each.answer for each in found] == [("A",), ("A", "C"), ("B",), ("24", "二十四")]
    assert [each.kind for each in found] == list(rules.KINDS)


@pytest.mark.parametrize(
    ("column", "cell", "word"),
    [
        ("题型", "选择", "题型应为"), ("条款", "9.9", "没有条款"),
        ("难度", "很难", "难度应为"), ("题干", "", "请填写题干"), ("选项B", "", "2 到 8 个选项"),
        ("选项B", "甲", "相同"), ("答案", "C", "A 到 B"), ("答案", "AB", "只有一个"), ("答案", "", "A 到 B"),
    ],
)  # fmt: skip
def test_every_wrong_cell_is_named_by_row_and_column(column: str, cell: str, word: str) -> None:
    row = list(ROW)
    row[rules.COLUMNS.index(column)] = cell
    found, errors = rules.read_items([list(rules.COLUMNS), ROW, row], CLAUSES)
    assert [each.row for each in errors] == [3]
    assert errors[0].column == ("选项A" if column.startswith("选项") else column)
    assert word in errors[0].text
    assert len(found) == 1


def test_a_twin_and_a_missing_column_are_named() -> None:
    _, errors = rules.read_items([list(rules.COLUMNS), ROW, ROW], CLAUSES)
    assert [(each.row, each.column) for each in errors] == [(3, "题干")]
    _, errors = rules.read_items([list(rules.COLUMNS[:-1]), ROW], CLAUSES)
    assert errors[0].column == "解析"
