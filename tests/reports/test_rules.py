"""Rates with their n, weak items in whatever order the facts come, and when a year may be closed – without a database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengxin.reports import rules
from chengxin.reports.rules import Cell, Fact, Measured

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "reports_year_end.yaml").read_text(encoding="utf-8"))
# generating takes long on a busy machine, which is no fault of the rules
quietly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
JUNE = dt.date(2026, 6, 1)

facts = st.builds(
    Fact, clause=st.sampled_from(["2.1.3", "2.2.2", "2.3.2"]), entry=st.sampled_from(["甲", "乙"]), title=st.just("事项"),
    quarter=st.sampled_from(rules.QUARTERS), person=st.none() | st.integers(1, 4),
)  # fmt: skip
cells = st.builds(
    lambda month, unit, person_class, good, bad: Cell(dt.date(2026, month, 1), unit, person_class, good, good + bad),
    st.integers(1, 12), st.sampled_from(["一中队", "二中队"]), st.sampled_from(list(rules.CLASSES)), st.integers(0, 50), st.integers(0, 50),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES["能否定稿"], ids=lambda case: case["情形"])
def test_when_a_year_may_be_frozen(case: dict[str, Any]) -> None:
    why = rules.why_not_frozen(case["年度"], case["今天"], dict(case.get("未了", {})), set(case.get("转结", [])))
    assert (why == "") is case["可以"]
    assert case.get("说明", "") in why


@pytest.mark.parametrize("case", CASES["目标"], ids=lambda case: case["情形"])
def test_what_was_measured_against_the_target(case: dict[str, Any]) -> None:
    found = Measured(case["合格"], case["n"], case["最少"])
    assert (found.label, rules.against(case["目标"], found)) == (case["显示"], case["结论"])


@quietly
@given(st.lists(facts, max_size=30), st.randoms(use_true_random=False))
def test_weak_items_do_not_depend_on_the_order_of_the_facts_and_count_each_once(every: list[Fact], chance: Any) -> None:
    found = rules.weak_items(every, least=1, most=100)
    shuffled = list(every)
    chance.shuffle(shuffled)
    assert rules.weak_items(shuffled, least=1, most=100) == found
    assert sum(item.count for item in found) == len(every)
    assert [item.count for item in found] == sorted((item.count for item in found), reverse=True)


@quietly
@given(st.lists(facts, max_size=30), facts)
def test_a_finding_taken_back_takes_exactly_its_own_count(every: list[Fact], one: Fact) -> None:
    def counts(given: list[Fact]) -> dict[tuple[str, str], int]:
        return {(item.clause, item.entry): item.count for item in rules.weak_items(given, least=1, most=100)}

    before, after = counts(every), counts([*every, one])
    key = (one.clause, one.entry)
    assert after == {**before, key: before.get(key, 0) + 1}


@quietly
@given(st.lists(cells, max_size=40))
def test_months_units_and_classes_add_up_to_the_whole(every: list[Cell]) -> None:
    whole = rules.measured(every, 20)
    months = rules.by_month(every, 20, dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    for parts in (months, rules.by_unit(every, 20), rules.by_class(every, 20)):
        assert (sum(part.good for _, part in parts), sum(part.n for _, part in parts)) == (whole.good, whole.n)
    assert len(months) == 12
    assert (whole.rate is None) is (whole.n < 20)


def test_months_over_the_turn_of_a_year() -> None:
    assert rules.months(dt.date(2026, 11, 5), dt.date(2027, 2, 1)) == ["2026-11", "2026-12", "2027-01", "2027-02"]


def test_a_rate_of_too_few_is_no_number_and_cannot_be_compared() -> None:
    assert Measured(19, 19, 20).label == "样本不足"
    assert Measured(0, 0, 0).label == "样本不足"
    assert rules.change(Measured(19, 20, 20), Measured(5, 5, 20)) == "不可比"
    assert rules.change(Measured(19, 20, 20), Measured(18, 20, 20)) == "上升 5.0 个百分点"
    assert rules.change(Measured(18, 20, 20), Measured(18, 20, 20)) == "持平"


def test_established_come_before_auxiliaries_and_the_word_of_the_law_for_discipline_is_nowhere() -> None:
    found = rules.by_class([Cell(JUNE, "一中队", "auxiliary", 1, 1), Cell(JUNE, "一中队", "established", 1, 1)], 1)
    assert [name for name, _ in found] == ["在编", "协管"]
    items = rules.weak_items([Fact("2.1.3", "甲", "漏戴标识", 4, 1)] * 3 + [Fact("2.3.2", "乙", "插兜", 1, None)] * 3, least=3, most=9)
    texts = [rules.proposed_measure(item) for item in items]
    assert [item.repeaters for item in items] == [1, 0]
    assert "谈话帮教" in texts[0]
    assert not any("处分" in text for text in texts)
