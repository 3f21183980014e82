"""Transitions, readiness, labels, counts and entitlements, without a database."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.equipment import rules

NUMBERS = st.from_regex(r"[A-Z0-9]{2,8}(-[A-Z0-9]{1,6})?", fullmatch=True)
RECORDER = [
    {"code": "charge", "title": "电量", "least": 80, "unit": "%"},
    {"code": "clock", "title": "时钟误差", "most": 60, "unit": "秒"},
    {"code": "function", "title": "功能"},
]


def test_only_a_ready_item_in_the_store_can_be_issued() -> None:
    for service, place in itertools.product(rules.SERVICE, rules.PLACES):
        standing = rules.Standing(service, place)
        if (service, place) == (rules.READY, rules.STORE):
            assert rules.after(standing, rules.ISSUE) == rules.Standing(rules.READY, rules.OUT)
        else:
            with pytest.raises(rules.NotPossible, match="不能领用"):
                rules.after(standing, rules.ISSUE)


def test_a_retired_item_leads_nowhere_but_back_into_the_store() -> None:
    for action in rules.TRANSITIONS:
        if action in {rules.RETURN, rules.COUNTERSIGN}:
            continue
        with pytest.raises(rules.NotPossible, match="已报废"):
            rules.after(rules.Standing(rules.RETIRED, rules.STORE), action)


@given(st.lists(st.sampled_from(sorted(rules.TRANSITIONS)), max_size=30))
def test_no_way_through_the_table_leaves_an_item_out_of_service_in_somebodys_hands_by_issue(actions: list[str]) -> None:
    standing = rules.Standing(rules.READY, rules.STORE)
    for action in actions:
        before = standing
        try:
            standing = rules.after(standing, action)
        except rules.NotPossible:
            assert standing == before
            continue
        if standing.place == rules.OUT and before.place != rules.OUT:
            assert before == rules.Standing(rules.READY, rules.STORE)
        if before.service in {rules.FAULTY, rules.IN_REPAIR} and standing.service == rules.READY:
            assert action == rules.ACCEPT


@pytest.mark.parametrize(
    ("readings", "reasons"),
    [
        ({"charge": 80, "clock": -60, "function": True}, []),
        ({"charge": True, "clock": True, "function": True}, []),
        ({"charge": 79.5, "clock": 0, "function": True}, ["电量 79.5%，低于 80%"]),
        ({"charge": 90, "clock": 61, "function": False}, ["时钟误差 61秒，超过 60秒", "功能不合格"]),
        ({"charge": 90, "clock": "很准", "function": True}, ["时钟误差不合格"]),
        ({}, ["没有检查电量", "没有检查时钟误差", "没有检查功能"]),
    ],
)
def test_the_short_check(readings: dict[str, object], reasons: list[str]) -> None:
    assert rules.why_not_ready(RECORDER, readings) == reasons


def test_due_soon_and_overdue_differ_at_the_very_moment() -> None:
    due = dt.datetime(2026, 9, 30, 19, 30, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)
    assert rules.urgency(due, due - dt.timedelta(minutes=60) - second, 60) == rules.DUE
    assert rules.urgency(due, due - dt.timedelta(minutes=60), 60) == rules.SOON
    assert rules.urgency(due, due, 60) == rules.SOON
    assert rules.urgency(due, due + second, 60) == rules.LATE


def test_lateness_reaches_higher_with_time() -> None:
    escalation = {"holder": 0, "keeper": 0, "captain": 2, "brigade": 24}
    reached = [rules.audience(dt.timedelta(hours=hours), escalation) for hours in (0, 1, 2, 23, 24)]
    assert [len(each) for each in reached] == [2, 2, 3, 3, 4]


@given(NUMBERS)
def test_a_label_is_read_back_exactly(number: str) -> None:
    assert rules.number_in(rules.label_of(number)) == number
    assert rules.number_in(rules.label_of(number, rules.CARD)) is None
    assert rules.number_in(number) is None


@given(NUMBERS, st.data())
def test_one_wrong_character_never_passes(number: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([at for at, character in enumerate(number) if character in rules.ALPHABET]))
    wrong = data.draw(st.sampled_from([character for character in rules.ALPHABET if character != number[place]]))
    changed = number[:place] + wrong + number[place + 1 :]
    assert rules.number_in(f"E:{changed}:{rules.check_character(number)}") is None


def test_the_check_character_is_the_standards() -> None:
    assert rules.check_character("A12425GABC1234002") == "M"  # the example of ISO 7064 MOD 37,36 (global release identifier)


def test_amounts_and_wear() -> None:
    assert [rules.price_in_fen(cell) for cell in ("1280", "1,280.5", 1280.05, "x", "-1", "1.234")] == [
        128000,
        128050,
        128005,
        None,
        None,
        None,
    ]
    assert rules.wears_out_on(dt.date(2024, 2, 29), 3) == dt.date(2027, 2, 28)


@given(st.sets(st.integers(0, 12)), st.lists(st.integers(0, 15)), st.sets(st.integers(0, 12)))
def test_a_tally_puts_every_code_into_one_place(expected: set[int], scanned: list[int], out: set[int]) -> None:
    known = {str(code) for code in range(13)}
    result = rules.tally({str(c) for c in expected}, [str(c) for c in scanned], known, {str(c) for c in out - expected})
    groups = (result.found, result.missing, result.misplaced, result.out_but_here, result.unknown)
    everything = [code for group in groups for code in group]
    assert sorted(everything) == sorted({str(c) for c in expected} | {str(c) for c in scanned})
    assert set(result.twice) == {str(c) for c in scanned if scanned.count(c) > 1}
    assert {kind for kind, _ in result.differences()} <= rules.DIFFERENCES.keys()


def test_an_entitlement_opens_again_when_the_piece_has_worn_out() -> None:
    shirt = rules.Entitlement("shirt", "衬衣", 2, 3)
    issued = [(dt.date(2023, 10, 1), 1), (dt.date(2025, 1, 1), 1)]
    days = [dt.date(2026, 9, 30), dt.date(2026, 10, 1), dt.date(2028, 1, 1)]
    assert [rules.open_quantity(shirt, issued, day) for day in days] == [0, 1, 2]
    table = [{"style": "a", "title": "甲", "quantity": 1, "years": 2, "classes": ["established"], "sex": "female"}]
    assert rules.entitlements(table, "established", "male") == rules.entitlements(table, "auxiliary", "female") == []
    assert len(rules.entitlements(table, "established", "female")) == 1


def test_after_duty_only_what_is_a_yes_or_no_can_fail() -> None:
    readings = {"charge": 5, "clock": False, "function": False}
    assert rules.failed_after(RECORDER, readings) == ["功能"]
    assert rules.failed_after(RECORDER, {"charge": False}) == []
    assert rules.told(RECORDER, {"charge": 5, "function": False, "gone": True}) == "电量 5%、功能不合格"
    assert rules.told(RECORDER, {"charge": 99.5, "function": True}) == "电量 99.5%、功能合格"
