"""Plans, quotas at one rate, recusal and terms, without a database (3.1)."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.rulebook.rules import packaged_values
from chengxin.supervision import rules
from chengxin.supervision.rules import Cell, Wish

POLICY = packaged_values("supervision.inspections").values
COUNTS = st.integers(0, 60)
CELLS = st.lists(st.tuples(st.sampled_from("甲乙丙"), st.sampled_from(list(rules.CLASSES)), COUNTS, COUNTS), max_size=6).map(
    lambda rows: [Cell(*row) for row in {(unit, each): (unit, each, fresh, seen) for unit, each, fresh, seen in rows}.values()]
)
RATES = st.integers(1, 100)
MINIMUMS = st.integers(0, 10)


@given(CELLS, RATES, MINIMUMS)
def test_both_classes_of_a_squadron_are_drawn_at_one_rate(cells: list[Cell], rate: int, minimum: int) -> None:
    many = rules.wanted(cells, rate, minimum)
    for unit in {cell.unit for cell in cells}:
        own = [cell for cell in cells if cell.unit == unit]
        common, n = rules.rate_in(own, rate, minimum), sum(cell.n for cell in own)
        assert all(0 <= many[unit, cell.person_class] - common * cell.n < 1 for cell in own)
        assert all(many[unit, cell.person_class] <= cell.n for cell in own)
        assert sum(many[unit, cell.person_class] for cell in own) >= min(minimum, n)
        assert common >= Fraction(rate, 100) or not n


@given(CELLS, RATES, MINIMUMS)
def test_the_classes_could_change_places(cells: list[Cell], rate: int, minimum: int) -> None:
    other = {"established": "auxiliary", "auxiliary": "established"}
    turned = [Cell(cell.unit, other[cell.person_class], cell.fresh, cell.seen) for cell in cells]
    many, back = rules.wanted(cells, rate, minimum), rules.wanted(turned, rate, minimum)
    assert {(unit, other[each]): count for (unit, each), count in many.items()} == back


@given(CELLS, RATES, MINIMUMS)
def test_who_was_not_checked_comes_before_who_was(cells: list[Cell], rate: int, minimum: int) -> None:
    quotas, many = rules.quotas(cells, rate, minimum), rules.wanted(cells, rate, minimum)
    for cell in cells:
        fresh = quotas.get(rules.stratum(cell.unit, cell.person_class, is_fresh=True), 0)
        seen = quotas.get(rules.stratum(cell.unit, cell.person_class, is_fresh=False), 0)
        assert fresh + seen == many[cell.unit, cell.person_class]
        assert fresh <= cell.fresh
        assert seen <= cell.seen
        assert not seen or fresh == cell.fresh


@given(st.lists(st.integers(), min_size=1, max_size=40), st.integers(1, 12))
def test_parts_hold_everybody_in_order_and_none_is_too_large(items: list[int], size: int) -> None:
    parts = rules.parts(items, size)
    assert [item for part in parts for item in part] == items
    assert all(0 < len(part) <= size for part in parts)


def wish(**more: Any) -> Wish:
    given: dict[str, Any] = {
        "kind": "daily", "mode": "open", "starts_on": dt.date(2026, 10, 14), "ends_on": dt.date(2026, 10, 30), "quarter": None,
        "reason": "", "units": 2,
    }  # fmt: skip
    return Wish(**{**given, **more})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"ends_on": dt.date(2026, 10, 13)}, "ends_on"),
        ({"starts_on": dt.date(2026, 9, 1), "ends_on": dt.date(2026, 9, 30)}, "ends_on"),
        ({"units": 0}, "units"),
        ({"kind": "special"}, "reason"),
        ({"kind": "special", "reason": "上级部署"}, None),
        ({"kind": "quarterly"}, "quarter"),
        ({"kind": "quarterly", "quarter": 3}, "starts_on"),
        ({"kind": "quarterly", "quarter": 4}, None),
        ({"kind": "quarterly", "quarter": 4, "ends_on": dt.date(2027, 1, 1)}, "starts_on"),
    ],
)
def test_what_a_plan_may_be(changes: dict[str, Any], field: str | None) -> None:
    why = rules.why_not_planned(wish(**changes), POLICY, dt.date(2026, 10, 14))
    assert (why[0] if why else None) == field


def test_every_quarter_may_be_inspected() -> None:
    assert set(POLICY["quarters"]) == {1, 2, 3, 4}


def test_nobody_inspects_the_own_unit_nor_one_just_left() -> None:
    assert rules.why_recused(1, 2) == ""
    assert "本单位" in rules.why_recused(1, 1)
    assert "曾在" in rules.why_recused(1, 2, {1, 2})
    assert rules.why_recused(1, 2, is_away=True) == rules.AWAY


def test_there_is_no_seed_before_the_frame_and_no_way_back_after_it() -> None:
    with pytest.raises(rules.NotPossible, match="须先冻结对象范围"):
        rules.after(rules.PLANNED, rules.CAST)
    with pytest.raises(rules.NotPossible, match="须先冻结督查人员范围"):
        rules.after(rules.DRAWN, rules.CAST_STAFF)
    for state in (rules.DRAWN, rules.STAFFING, rules.ASSIGNED):
        with pytest.raises(rules.NotPossible, match="抽取以后不能取消"):
            rules.after(state, rules.CANCEL)


@pytest.mark.parametrize(("held_on", "word"), [(13, "早于"), (14, ""), (21, ""), (22, "晚于")])
def test_when_a_visit_can_have_been(held_on: int, word: str) -> None:
    why = rules.why_not_held(dt.date(2026, 10, held_on), dt.date(2026, 10, 21), dt.date(2026, 10, 14), 7)
    assert (word in why) if word else why == ""
    assert "7 天内" in rules.why_not_held(dt.date(2026, 10, 14), dt.date(2026, 10, 22), dt.date(2026, 10, 14), 7)


def test_a_phone_with_a_wrong_clock_moves_nothing_into_the_future() -> None:
    zone = dt.timezone(dt.timedelta(hours=8))
    now, day = dt.datetime(2026, 10, 14, 10, tzinfo=zone), dt.date(2026, 10, 14)
    assert rules.seen_at(now - dt.timedelta(hours=1), day, now) == now - dt.timedelta(hours=1)
    assert rules.seen_at(now + dt.timedelta(hours=1), day, now) == now
    assert rules.seen_at(None, dt.date(2026, 10, 12), now) == dt.datetime(2026, 10, 12, 8, tzinfo=zone)


@given(st.dictionaries(st.sampled_from("甲乙丙"), COUNTS), RATES, st.integers(0, 5))
def test_look_backs_are_a_share_of_each_unit_and_never_more_than_there_are(counts: dict[str, int], percent: int, minimum: int) -> None:
    for unit, quota in rules.look_back_quotas(counts, percent, minimum).items():
        assert min(counts[unit], minimum) <= quota <= counts[unit]
        assert quota * 100 >= percent * counts[unit] or quota == counts[unit]
