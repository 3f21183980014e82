"""Exemption before finding, orders over months, rates with their n: without a database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from chengxin.attire import rules
from chengxin.rulebook.rules import packaged_values
from tests.cases import cases

ENTRIES = {
    entry["code"]: entry for rule in ("attire.prohibited", "attire.exemption", "attire.scope") for entry in packaged_values(rule)["entries"]
}
MAY = dt.date(2026, 5, 20)


@pytest.mark.parametrize("case", cases("dress"), ids=lambda case: case["谁"])
def test_what_the_day_asks_for_comes_before_what_can_be_found(case: dict[str, Any]) -> None:
    until = dt.date(2026, 12, 1) if case.get("exempt") else None
    expected = rules.expectation(case["class"], case["status"], until, packaged_values("attire.scope")["wearing_classes"])
    assert expected.word == case["expects"]
    if "entry" in case:
        why = rules.why_nothing_to_find(ENTRIES[case["entry"]], expected, case.get("sex", "male"))
        assert (case["refused"] in why) if case["refused"] else not why


def test_the_newest_order_that_holds_wins_and_a_withdrawn_one_holds_no_more() -> None:
    older = rules.Order(1, "summer", MAY, MAY + dt.timedelta(days=10), "换1号")
    newer = rules.Order(
        2, "spring_autumn", MAY + dt.timedelta(days=3), MAY + dt.timedelta(days=5), "换2号", withdrawn_on=MAY + dt.timedelta(days=5)
    )

    def number(offset: int) -> int | None:
        order = rules.order_on(MAY + dt.timedelta(days=offset), [newer, older])
        return order.number if order else None

    assert [number(offset) for offset in (-1, 0, 2, 3, 4, 5, 10, 11)] == [None, 1, 1, 2, 2, 1, 1, None]


@pytest.mark.parametrize(
    ("good", "n", "label"),
    [(19, 19, "样本不足（n=19）"), (19, 20, "95.0%"), (0, 0, "样本不足（n=0）"), (3512, 3550, "98.9%")],
)
def test_a_rate_below_the_minimum_is_not_a_number(good: int, n: int, label: str) -> None:
    assert rules.Rate(good, n, 20).label == label
