"""States, grids of points, recusal and exact results, without a database (2.4.2, 2.4.3)."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.contests import rules
from chengxin.contests.rules import Criterion, Policy, Round, Scored, Seat
from chengxin.rulebook.rules import first_clauses, first_rules, packaged_values
from tests.cases import cases

VALUES = packaged_values("activities.contests").values
SKILLS = rules.policy_from_values("skills", VALUES, "v")
DRILL = rules.policy_from_values("drill", VALUES, "v")
SMALL = Policy(
    "skills",
    (
        Round("a", "甲", 2, (Criterion("a.x", "甲一", "2.4.2", 600, 50), Criterion("a.y", "甲二", "2.4.2", 400, 50))),
        Round("b", "乙", 1, (Criterion("b.x", "乙一", "2.4.2", 1000, 50),)),
    ),
    rules.HIGH_LOW, 4, 2, ("a", "b.x"), 3, "v",
)  # fmt: skip
DROPS = st.sampled_from([rules.NO_DROP, rules.HIGH_LOW])
TOTALS = st.lists(st.integers(0, 1000), min_size=1, max_size=9)


@st.composite
def scored_sheets(draw: st.DrawFn) -> tuple[list[int], list[Scored]]:
    numbers = list(range(1, draw(st.integers(1, 5)) + 1))
    judges = draw(st.integers(1, 5))
    grid = {item.code: st.integers(0, item.most // item.step).map(lambda n: n * 50) for item in SMALL.criteria}
    sheets = [
        Scored(number, each.code, judge, {item.code: draw(grid[item.code]) for item in each.criteria})
        for number in numbers
        for judge in range(judges)
        for each in SMALL.rounds
    ]
    return numbers, sheets


# --- the packaged rules ---


def test_the_rounds_of_the_plan_are_stated_and_what_is_ours_is_open() -> None:
    rule = next(rule for rule in first_rules() if rule.code == "activities.contests")
    assert [each["title"] for each in rule.values["skills_rounds"]["value"]] == ["现场执法", "文书制作", "矛盾调处"]
    stated = {name for name, value in rule.values.items() if value["state"] == "stated"}
    assert stated == {"skills_rounds", "drill_rounds"}
    assert all("本系统建议" in value["source"] for name, value in rule.values.items() if name not in stated)


@pytest.mark.parametrize("policy", [SKILLS, DRILL], ids=lambda policy: policy.kind)
def test_the_packaged_rules_can_be_worked_with(policy: Policy) -> None:
    clauses = {clause.code for clause in first_clauses()}
    assert rules.flaws_of(policy) == []
    assert all(each.criteria and each.most == 10_000 for each in policy.rounds)
    assert all(item.clause in clauses and item.most % item.step == 0 for item in policy.criteria)
    assert rules.policy_of(rules.plain_policy(policy)) == policy
    assert policy.tie_titles[-1] == "并列"


def test_the_keeping_of_a_policy_survives_json() -> None:
    import json

    assert rules.policy_of(json.loads(json.dumps(rules.plain_policy(SKILLS)))) == SKILLS


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"drop": "x"}, "drop"), ({"drop_from": 2}, "drop_from"), ({"minimum_judges": 0}, "minimum_judges"),
        ({"places_shown": 0}, "places_shown"), ({"ties": ("c",)}, "tie_criterion"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_worked_with_name_their_field(change: dict[str, Any], field: str) -> None:
    assert [name for name, _ in rules.flaws_of(replace(SMALL, **change))] == [field]


def test_a_weight_outside_the_range_names_its_round() -> None:
    given = rules.with_choices(
        SMALL, drop="none", drop_from=3, minimum_judges=1, places_shown=1, ties=["a", "a"], weights={"a": 0, "b": 101}
    )
    assert [name for name, _ in rules.flaws_of(given)] == ["weight_a", "weight_b"]
    assert given.ties == ("a",)


# --- states ---


@pytest.mark.parametrize("state", rules.STATES)
@pytest.mark.parametrize("action", rules.REFUSALS)
def test_every_step_leads_somewhere_or_says_why_not(state: str, action: str) -> None:
    if (state, action) in rules.AFTER:
        assert rules.after(state, action) in rules.STATES
    else:
        with pytest.raises(rules.NotPossible, match=rules.STATES[state]):
            rules.after(state, action)


# --- points ---


@pytest.mark.parametrize("case", cases("contests_points"), ids=lambda case: case["说明"])
def test_points_as_people_type_them(case: dict[str, Any]) -> None:
    item = Criterion("x", "程序步骤", "2.4.2", rules.hundredths(case["满分"]), rules.hundredths(case["每档"]))
    points, wrong = rules.read_points(Round("r", "环节", 1, (item,)), {"x": case["填写"]})
    if case.get("错误"):
        assert points == {}
        for said in ("程序步骤", *case["错误"]):
            assert said in wrong["x"]
    else:
        assert (wrong, points) == ({}, {"x": case["百分之一分"]} if "百分之一分" in case else {})


@given(st.integers(0, 10_000))
def test_points_are_written_and_read_back(value: int) -> None:
    assert rules.hundredths(rules.points_text(value)) == value


def test_a_complete_sheet_names_each_criterion_that_is_missing_and_no_stranger() -> None:
    assert set(rules.flaws_in_points(SMALL.rounds[0], {"a.x": 50}, complete=True)) == {"a.y"}
    assert rules.flaws_in_points(SMALL.rounds[0], {"a.x": 50}, complete=False) == {}
    assert set(rules.flaws_in_points(SMALL.rounds[0], {"b.x": 50}, complete=False)) == {"b.x"}


# --- recusal ---


def test_a_judge_of_the_same_unit_does_not_count_and_is_named() -> None:
    seats = [Seat(1, "甲", frozenset({1})), Seat(2, "乙", frozenset({2})), Seat(3, "丙", frozenset({2}), is_standing=False)]
    found = rules.lacking_judges([(1, 1), (2, 3)], seats, 2)
    assert [(each.number, each.independent, each.missing, each.recused) for each in found] == [(1, 1, 1, ("甲",))]
    assert found[0].text == "独立评委 1 名，还差 1 名（回避：甲）"


# --- results ---


@given(TOTALS, DROPS, st.integers(3, 6))
def test_the_mean_lies_between_the_bounds_and_dropping_takes_one_of_each_end(totals: list[int], drop: str, start: int) -> None:
    mean = rules.round_mean(totals, drop, start)
    assert Fraction(min(totals), 100) <= mean <= Fraction(max(totals), 100)
    counted = rules.kept(totals, drop, start)
    dropped = drop == rules.HIGH_LOW and len(totals) >= start
    assert len(counted) == len(totals) - 2 * dropped
    if dropped:
        assert sum(counted) == sum(totals) - min(totals) - max(totals)


@given(TOTALS, st.integers(3, 6), st.integers(0, 8))
def test_one_judge_alone_cannot_move_a_dropped_mean_beyond_the_others(totals: list[int], start: int, place: int) -> None:
    if len(totals) < start:
        return
    place %= len(totals)
    others = [total for index, total in enumerate(totals) if index != place]
    for extreme in (0, 100_000):
        changed = [*others, extreme]
        assert Fraction(min(others), 100) <= rules.round_mean(changed, rules.HIGH_LOW, start) <= Fraction(max(others), 100)


@given(scored_sheets(), st.randoms(), DROPS)
def test_the_order_of_judges_sheets_and_entries_changes_nothing(
    given: tuple[list[int], list[Scored]], mixer: random.Random, drop: str
) -> None:  # fmt: skip
    numbers, sheets = given
    policy = replace(SMALL, drop=drop)
    before = rules.standings(policy, numbers, sheets)
    judges = list(range(9))
    mixer.shuffle(judges)
    mixed = [replace(sheet, judge=judges[sheet.judge]) for sheet in sheets]
    mixer.shuffle(mixed)
    mixer.shuffle(numbers)
    assert rules.standings(policy, numbers, mixed) == before


@given(scored_sheets(), st.lists(st.sampled_from(["a", "b", "a.x", "a.y", "b.x"]), unique=True))
def test_places_are_a_total_order_and_only_what_is_equal_in_everything_shares_one(
    given: tuple[list[int], list[Scored]], ties: list[str]
) -> None:
    policy = replace(SMALL, ties=tuple(ties))
    found = rules.standings(policy, *given)
    assert sorted(row.number for row in found) == sorted(given[0])
    keys = {row.number: _key(policy, row, [sheet for sheet in given[1] if sheet.number == row.number]) for row in found}
    for one in found:
        better = sum(keys[other.number] > keys[one.number] for other in found)
        assert one.place == better + 1
        twins = [other for other in found if other.number != one.number and keys[other.number] == keys[one.number]]
        assert (one.decided_by == rules.SHARED) is bool(twins)


def _key(policy: Policy, row: rules.Standing, own: list[Scored]) -> tuple[Fraction, ...]:
    compared = [row.rounds[code] if code in row.rounds else rules.criterion_mean(own, code) for code in policy.ties]
    return (row.total, *compared)


@given(scored_sheets())
def test_totals_lie_between_0_and_100_and_follow_from_the_rounds(given: tuple[list[int], list[Scored]]) -> None:
    for row in rules.standings(SMALL, *given):
        assert 0 <= row.total <= 100
        assert row.total == (2 * row.rounds["a"] * 10 + row.rounds["b"] * 10) / 3


def test_ties_are_parted_in_the_order_fixed_before_the_start() -> None:
    def both(number: int, a: tuple[int, int], b: int) -> list[Scored]:
        return [Scored(number, "a", 1, {"a.x": a[0], "a.y": a[1]}), Scored(number, "b", 1, {"b.x": b})]

    # 1 and 2 have the same total from different rounds; 3 and 4 are the same in everything
    sheets = [*both(1, (500, 200), 600), *both(2, (500, 100), 800), *both(3, (100, 100), 100), *both(4, (100, 100), 100)]
    found = rules.standings(SMALL, [4, 3, 2, 1], sheets)
    assert [(row.number, row.place, row.decided_by) for row in found] == [(1, 1, "a"), (2, 2, "a"), (3, 3, "shared"), (4, 3, "shared")]
    other = rules.standings(replace(SMALL, ties=("b.x",)), [1, 2, 3, 4], sheets)
    assert [row.number for row in other] == [2, 1, 3, 4]


def test_who_has_no_sheet_stands_last_with_nothing() -> None:
    found = rules.standings(SMALL, [1, 2], [Scored(2, "a", 1, {"a.x": 50, "a.y": 0})])
    assert [(row.number, row.total) for row in found] == [(2, Fraction(10, 3)), (1, Fraction(0))]
    assert rules.shown(found[0].total) == "3.33"
    assert rules.exact(found[0].total) == "10/3"


def test_weak_items_are_shares_of_the_points_reached() -> None:
    found = rules.weak_items(SMALL.criteria, [{"a.x": 600, "a.y": 100}, {"a.x": 300, "a.y": 100}, {"old": 1}])
    assert [(item.code, item.title, item.clause, item.rate, item.n) for item in found] == [
        ("a.y", "甲二", "2.4.2", 0.25, 2), ("a.x", "甲一", "2.4.2", 0.75, 2),
    ]  # fmt: skip
