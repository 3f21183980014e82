"""The transition table, separated duties and terms, without a database."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.findings import rules
from chengxin.rulebook.rules import first_years
from chengxin.rulekit.workdays import WorkCalendar

ACTIONS = tuple(rules.REFUSALS)


@given(st.lists(st.sampled_from(ACTIONS), max_size=40))
def test_any_walk_stays_in_the_table_and_nothing_leaves_an_end(actions: list[str]) -> None:
    state, ended = rules.OPEN, False
    for action in actions:
        if (state, action) in rules.TRANSITIONS:
            assert not ended
            state = rules.after(state, action)
            assert state in rules.STATES
            ended = state in {rules.WITHDRAWN, rules.MERGED}
        else:
            with pytest.raises(rules.NotPossible, match=rules.STATES[state]):
                rules.after(state, action)


def test_a_finding_is_closed_only_by_a_passed_recheck() -> None:
    ways = [(state, action) for (state, action), after in rules.TRANSITIONS.items() if after == rules.CLOSED]
    assert ways == [(rules.SUBMITTED, rules.PASS)]


def test_every_state_can_be_reached_and_every_action_has_a_refusal() -> None:
    reached, grown = {rules.OPEN}, True
    while grown:
        more = {after for (state, _), after in rules.TRANSITIONS.items() if state in reached} - reached
        reached, grown = reached | more, bool(more)
    assert reached == set(rules.STATES)
    assert {action for _, action in rules.TRANSITIONS} == set(rules.REFUSALS)


def test_nobody_judges_the_own_part_the_own_unit_or_oneself() -> None:
    finder = rules.Party(1, 11, 5)
    judge = {"apart_from": {"发现人": finder}, "unit_id": 7, "person_id": 70}
    assert rules.conflict(rules.Party(2, 22, 6), **judge) is None  # type: ignore[arg-type]
    assert "发现人" in (rules.conflict(rules.Party(1, 11, 6), **judge) or "")  # type: ignore[arg-type]
    # another sign-in of the same person is the same person
    assert "发现人" in (rules.conflict(rules.Party(99, 11, 6), **judge) or "")  # type: ignore[arg-type]
    assert "回避" in (rules.conflict(rules.Party(3, 33, 7), **judge) or "")  # type: ignore[arg-type]
    assert "本人" in (rules.conflict(rules.Party(4, 70, 6), **judge) or "")  # type: ignore[arg-type]


def test_the_term_begins_the_day_after_the_notice_and_passes_over_the_holiday() -> None:
    calendar = WorkCalendar(first_years())
    counted = rules.due(dt.date(2026, 9, 30), 7, calendar)
    assert (counted.day, counted.provisional) == (dt.date(2026, 10, 15), False)


@pytest.mark.parametrize(("as_of", "late"), [(dt.date(2026, 10, 16), False), (dt.date(2026, 10, 17), True)])
def test_late_begins_the_day_after_the_last_day(as_of: dt.date, late: bool) -> None:
    assert rules.is_overdue(rules.OPEN, dt.date(2026, 10, 16), as_of) is late
    assert not rules.is_overdue(rules.SUBMITTED, dt.date(2026, 10, 16), as_of)


def test_the_fingerprint_ignores_the_order_of_facts_and_nothing_else() -> None:
    one = rules.fingerprint("k", "s", 1, 2, {"a": "1", "b": "2"})
    assert one == rules.fingerprint("k", "s", 1, 2, {"b": "2", "a": "1"})
    assert (
        len({one, rules.fingerprint("k", "t", 1, 2, {"a": "1", "b": "2"}), rules.fingerprint("k", "s", None, 2, {"a": "1", "b": "2"})}) == 3
    )


def test_the_ladder_only_proposes() -> None:
    assert rules.suggested_measures(1, 3, "minor") == ["责令整改"]
    assert rules.suggested_measures(3, 3, "serious") == ["责令整改", "批评教育", "通报批评"]
    assert not any("处分" in word for word in rules.suggested_measures(9, 3, "serious"))
