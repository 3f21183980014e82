"""The rules alone: caps, half points, vetoes, the third reviewer, who reviews, whatever the order (2.4.1)."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengxin.casereviews import rules
from chengxin.casereviews.rules import Deduction, Drawn, Marks, Reviewer
from chengxin.rulebook.rules import packaged_values
from tests.casereviews.conftest import off

SHEET = rules.sheet_of(packaged_values("casereviews.sheet").values)
ITEMS = {item.code: item for item in SHEET.items}
calmly = settings(deadline=None)  # a busy machine is no error


@st.composite
def fair_marks(draw: st.DrawFn) -> Marks:
    """A sheet somebody may hand in."""
    codes = draw(st.lists(st.sampled_from(sorted(ITEMS)), unique=True, max_size=len(ITEMS)))
    taken = tuple(Deduction(code, 5 * draw(st.integers(1, ITEMS[code].cap // 5)), "理由", "第 1 页") for code in codes)
    vetoes = draw(st.lists(st.sampled_from(sorted(SHEET.vetoes)), unique=True, max_size=2))
    return Marks(dict.fromkeys(vetoes, "理由"), taken)


def test_the_packaged_sheet_has_nine_vetoes_and_exactly_a_hundred_points() -> None:
    assert len(SHEET.vetoes) == 9
    assert sum(item.cap for item in SHEET.items) == SHEET.total == 1000
    groups = {group: sum(item.cap for item in items) for group, items in itertools.groupby(SHEET.items, key=lambda item: item.group)}
    assert (groups["立案"], groups["调查取证"]) == (50, 350)


@pytest.mark.parametrize("change", [10, -5])
def test_a_sheet_that_does_not_come_to_a_hundred_is_refused(change: int) -> None:
    values = dict(packaged_values("casereviews.sheet").values)
    first, *rest = values["items"]
    with pytest.raises(ValueError, match="应正好是 100 分"):
        rules.sheet_of({**values, "items": [{**first, "cap": first["cap"] + change}, *rest]})


def test_a_sheet_with_a_code_twice_or_a_cap_off_the_grid_is_refused() -> None:
    values = dict(packaged_values("casereviews.sheet").values)
    first, second, *rest = values["items"]
    with pytest.raises(ValueError, match="重复"):
        rules.sheet_of({**values, "items": [first, {**second, "code": first["code"]}, *rest]})
    with pytest.raises(ValueError, match="步长"):
        rules.sheet_of({**values, "items": [{**first, "cap": first["cap"] + 1}, {**second, "cap": second["cap"] - 1}, *rest]})


@pytest.mark.parametrize(
    ("deduction", "text"),
    [
        (off(points=33), "“证据收集与固定”扣分须大于 0 并以 0.5 分为步长。"),
        (off(points=0), "“证据收集与固定”扣分须大于 0 并以 0.5 分为步长。"),
        (off(points=-5), "“证据收集与固定”扣分须大于 0 并以 0.5 分为步长。"),
        (off(points=155), "“证据收集与固定”至多扣 15 分。"),
        (off(reason=" "), "“证据收集与固定”扣分须写明理由。"),
        (off(page=""), "“证据收集与固定”扣分须写明卷内页码。"),
        (off("nothing"), "评查表中没有这个扣分项，请刷新后重填。"),
    ],
)
def test_what_a_sheet_cannot_say_is_refused_naming_the_item(deduction: Deduction, text: str) -> None:
    assert (deduction.item, text) in rules.problems(Marks({}, (deduction,)), SHEET)


def test_a_veto_needs_its_reason_and_an_item_stands_once() -> None:
    assert rules.problems(Marks({"law": " "}), SHEET) == [("law", "否决项“适用法律依据错误”须写明理由。")]
    assert rules.problems(Marks({"other": "理由"}), SHEET)[0][0] == "other"
    assert rules.problems(Marks({}, (off(), off(points=5))), SHEET) == [("proof", "“证据收集与固定”只能填写一次，请合并。")]


@calmly
@given(fair_marks())
def test_a_fair_sheet_has_no_problems_and_never_falls_below_nothing(marks: Marks) -> None:
    assert rules.problems(marks, SHEET) == []
    assert 0 <= rules.score(marks, SHEET) <= SHEET.total
    assert rules.score(marks, SHEET) % SHEET.step == 0


@calmly
@given(st.integers(-1000, 2000))
def test_points_are_taken_on_the_grid_and_within_the_cap_alone(points: int) -> None:
    fair = points % 5 == 0 and 0 < points <= ITEMS["proof"].cap
    assert (rules.problems(Marks({}, (off(points=points),)), SHEET) == []) is fair


@pytest.mark.parametrize(
    ("typed", "points"),
    [("3.5", 35), ("3", 30), (" 0.5 ", 5), ("10.0", 100), ("3.25", None), ("-1", None), ("三", None), ("", None)],
)
def test_points_as_people_type_them(typed: str, points: int | None) -> None:
    assert rules.tenths(typed) == points


@pytest.mark.parametrize(("hundredths", "text"), [(350, "3.5"), (325, "3.25"), (300, "3"), (0, "0"), (10000, "100"), (-50, "-0.5")])
def test_points_as_people_read_them(hundredths: int, text: str) -> None:
    assert rules.points_text(hundredths) == text


# --- two sheets, three sheets ---


def sheet(points: int, *vetoes: str) -> Marks:
    """A sheet that takes some tenths off 证据收集 and 决定书."""
    first = min(points, 150)
    taken = [Deduction("proof", first, "理由", "1")] if first else []
    rest = min(points - first, 100)
    return Marks(dict.fromkeys(vetoes, "理由"), tuple(taken + ([Deduction("decision", rest, "理由", "2")] if rest else [])))


def test_two_sheets_within_the_threshold_come_to_their_mean() -> None:
    found = rules.outcome({1: sheet(30), 2: sheet(35)}, SHEET)
    assert found is not None
    assert (found.score, found.items, found.counted, found.grade) == (9675, {"proof": 325}, (1, 2), rules.EXCELLENT)


@pytest.mark.parametrize(("apart", "is_open"), [(50, False), (55, True)])
def test_a_difference_above_the_threshold_waits_for_a_third(apart: int, is_open: bool) -> None:
    assert (rules.outcome({1: sheet(10), 2: sheet(10 + apart)}, SHEET) is None) is is_open


def test_one_sheet_alone_and_none_come_to_nothing() -> None:
    assert rules.outcome({}, SHEET) is None
    assert rules.outcome({1: sheet(0)}, SHEET) is None


def test_different_vetoes_wait_for_a_third_and_the_majority_decides() -> None:
    assert rules.outcome({1: sheet(0, "law"), 2: sheet(0)}, SHEET) is None
    stands = rules.outcome({1: sheet(0, "law"), 2: sheet(0), 3: sheet(0, "law")}, SHEET)
    falls = rules.outcome({1: sheet(0, "law"), 2: sheet(0), 3: sheet(0, "facts")}, SHEET)
    assert stands is not None
    assert falls is not None
    assert (stands.vetoes, stands.grade) == (("law",), rules.FAILED)
    assert (falls.vetoes, falls.grade, falls.score) == ((), rules.EXCELLENT, 10000)


def test_both_with_the_same_veto_fail_at_once_whatever_the_score() -> None:
    found = rules.outcome({1: sheet(0, "body"), 2: sheet(5, "body")}, SHEET)
    assert found is not None
    assert (found.vetoes, found.grade) == (("body",), rules.FAILED)


def test_of_three_sheets_the_two_closest_count_and_of_equal_pairs_the_higher() -> None:
    far = rules.outcome({1: sheet(0), 2: sheet(100), 3: sheet(110)}, SHEET)
    even = rules.outcome({1: sheet(0), 2: sheet(100), 3: sheet(50)}, SHEET)
    assert far is not None
    assert even is not None
    assert (far.counted, far.score) == ((2, 3), 8950)
    assert (even.counted, even.score) == ((1, 3), 9750)


@calmly
@given(st.lists(fair_marks(), min_size=2, max_size=3), st.randoms())
def test_the_result_never_depends_on_the_order_of_the_sheets(sheets: list[Marks], random: st.DataObject) -> None:
    pairs = list(enumerate(sheets, start=1))
    first = rules.outcome(dict(pairs), SHEET)
    random.shuffle(pairs)  # type: ignore[attr-defined]
    assert rules.outcome(dict(pairs), SHEET) == first
    if first is not None:
        low, high = sorted(10 * rules.score(marks, SHEET) for marks in sheets)[:: len(sheets) - 1]
        assert low <= first.score <= high
        assert first.score == 10 * SHEET.total - sum(first.items.values())
        assert all(0 < points <= 10 * ITEMS[code].cap for code, points in first.items.items())


@calmly
@given(fair_marks(), fair_marks())
def test_a_third_is_wanted_either_way_round(one: Marks, other: Marks) -> None:
    assert rules.needs_third(one, other, SHEET) == rules.needs_third(other, one, SHEET)
    assert not rules.needs_third(one, one, SHEET)


@pytest.mark.parametrize(
    ("points", "vetoed", "grade"),
    [(9000, False, "excellent"), (8999, False, "passed"), (6000, False, "passed"), (5999, False, "failed"), (10000, True, "failed")],
)
def test_grades_stand_on_both_sides_of_their_thresholds(points: int, vetoed: bool, grade: str) -> None:
    assert rules.grade_of(points, SHEET, is_vetoed=vetoed) == grade


# --- objections ---


@pytest.mark.parametrize(
    ("kind", "outcome", "points", "is_fine"),
    [
        ("item", "kept", None, True), ("item", "dropped", None, True), ("item", "reduced", 20, True), ("item", "reduced", 35, False),
        ("item", "reduced", 0, False), ("item", "reduced", 33, False), ("item", "reduced", None, False), ("veto", "reduced", 20, False),
        ("veto", "dropped", None, True), ("item", "other", None, False),
    ],
)  # fmt: skip
def test_an_objection_is_decided_within_what_was_taken(kind: str, outcome: str, points: int | None, is_fine: bool) -> None:
    assert (rules.why_not_decided(kind, 350, outcome, points, SHEET) == "") is is_fine


def test_what_is_left_after_a_decision() -> None:
    assert [rules.left_of("item", 350, each, 20) for each in ("kept", "reduced", "dropped")] == [350, 200, 0]
    assert [rules.left_of("veto", 1, each, None) for each in ("kept", "dropped")] == [1, 0]


# --- rounds ---

PLANNED = (1, 2, 4)
AUTUMN = dt.date(2026, 10, 5)


@pytest.mark.parametrize(
    ("quarter", "last", "text"),
    [
        (4, None, ""), (1, None, ""), (3, None, "专项督查，不安排案卷评查，因此不缺评查"), (5, None, "请选择季度"),
        (4, (2026, 4), "已经冻结范围"), (2, (2026, 4), "已经冻结范围"), (4, (2026, 2), ""),
    ],
)  # fmt: skip
def test_in_which_quarters_there_is_a_round(quarter: int, last: tuple[int, int] | None, text: str) -> None:
    why = rules.why_no_round(2026, quarter, PLANNED, AUTUMN, last)
    assert text in why if text else why == ""


def test_a_quarter_that_has_not_begun_has_no_round_yet() -> None:
    assert "还没有开始" in rules.why_no_round(2026, 4, PLANNED, dt.date(2026, 9, 30), None)


@calmly
@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 200), max_size=6), st.integers(1, 100), st.integers(0, 10))
def test_a_quota_is_the_share_at_least_the_minimum_and_at_most_all(counts: dict[str, int], percent: int, minimum: int) -> None:
    found = rules.quotas(counts, percent, minimum)
    assert set(found) == {unit for unit, n in counts.items() if n}
    for unit, quota in found.items():
        assert min(counts[unit], minimum) <= quota <= counts[unit]
        assert 100 * quota >= percent * counts[unit]


# --- reviewers ---

pool = st.lists(st.builds(Reviewer, st.integers(1, 12), st.integers(1, 4), st.just("某")), unique_by=lambda each: each.person, max_size=10)
drawn = st.lists(
    st.builds(Drawn, st.text("案0123456789", min_size=2, max_size=5), st.integers(1, 4), st.frozensets(st.integers(1, 12), max_size=3)),
    unique_by=lambda each: each.name, max_size=12,
)  # fmt: skip


@calmly
@given(drawn, pool, st.randoms())
def test_reviewers_are_two_independent_and_the_same_whatever_the_order_of_the_cases(
    cases: list[Drawn], order: list[Reviewer], random: st.DataObject
) -> None:
    found = rules.assign(cases, order)
    shuffled = list(cases)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rules.assign(shuffled, order) == found
    units = {reviewer.person: reviewer.unit for reviewer in order}
    short = {shortage.case for shortage in rules.shortages(cases, order)}
    for case in cases:
        chosen = found[case.name]
        assert len(set(chosen)) == len(chosen) <= 2
        assert all(units[person] != case.unit and person not in case.handlers for person in chosen)
        assert (len(chosen) < 2) is (case.name in short)


@calmly
@given(st.integers(1, 40), st.integers(2, 8))
def test_cases_are_spread_evenly_over_reviewers_who_may_review_all(n: int, people: int) -> None:
    cases = [Drawn(f"案{number:02d}", 1) for number in range(n)]
    found = rules.assign(cases, [Reviewer(person, 2) for person in range(people)])
    loads = [sum(person in chosen for chosen in found.values()) for person in range(people)]
    assert max(loads) - min(loads) <= 1


def test_a_third_never_had_a_part_in_the_case() -> None:
    order = [Reviewer(1, 2), Reviewer(2, 2), Reviewer(3, 2)]
    assert rules.assign([Drawn("案", 1)], order, 1, barred={"案": {1, 2}}) == {"案": (3,)}
    assert rules.assign([Drawn("案", 1)], order, 1, barred={"案": {1, 2, 3}}) == {"案": ()}


# --- the register's sheet ---

HEAD = list(rules.COLUMNS)
ROW = ["城管罚[2026]第001号", "占道经营案", "一中队", "T008、T009", "2026-05-10", "普通程序"]
STAFF, UNITS, DAY = {"T008", "T009"}, ["一中队", "二中队"], dt.date(2026, 5, 20)


def test_a_row_is_understood_with_its_number_in_one_writing() -> None:
    rows, errors = rules.read_cases([HEAD, ROW], UNITS, STAFF, DAY, {})
    assert errors == []
    assert (rows[0].number, rows[0].handlers, rows[0].procedure) == ("城管罚〔2026〕第001号", ("T008", "T009"), "ordinary")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("案号", ""), ("案件名称", ""), ("单位", "三中队"), ("承办人工号", ""), ("承办人工号", "T999"), ("承办人工号", "T008、T008"),
        ("结案日期", "五月"), ("结案日期", "2026-06-01"), ("程序", "一般"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_cell_is_told_with_its_row_and_column(column: str, value: str) -> None:
    wrong = [value if name == column else cell for name, cell in zip(HEAD, ROW, strict=True)]
    rows, errors = rules.read_cases([HEAD, ["城管罚〔2026〕第000号", *ROW[1:]], wrong], UNITS, STAFF, DAY, {})
    assert {(error.row, error.column) for error in errors} == {(3, column)}
    assert len(rows) == 1


def test_a_case_twice_in_a_sheet_and_another_under_a_number_that_stands_are_told() -> None:
    twice = [HEAD, ROW, ["城管罚（2026）第 001 号", *ROW[1:]]]
    assert [(error.row, error.column) for error in rules.read_cases(twice, UNITS, STAFF, DAY, {})[1]] == [(3, "案号")]
    row = rules.read_cases([HEAD, ROW], UNITS, STAFF, DAY, {})[0][0]
    same = rules.facts_of_row(row)
    assert rules.read_cases([HEAD, ROW], UNITS, STAFF, DAY, {row.number: same})[1] == []
    (error,) = rules.read_cases([HEAD, ROW], UNITS, STAFF, DAY, {row.number: {**same, "unit": "二中队"}})[1]
    assert (error.row, error.column) == (2, "案号")
    assert "单位与登记不同" in error.text
