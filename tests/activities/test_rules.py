"""The year from the rule, the life of an activity, the code at the door, the calendar's octets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.activities import rules
from chengxin.activities.rules import icalendar
from chengxin.core import clock
from chengxin.core.quarters import quarter_days
from chengxin.rulebook.rules import packaged_values
from tests.cases import cases

VALUES = packaged_values("activities.programme").values
KEY = b"k" * 32


def test_the_programme_of_2026_is_what_the_plan_says_word_for_word() -> None:
    made = rules.parts_of_year(2026, VALUES)
    for block in cases("activities_2026"):
        mine = [each for each in made if each.quarter == block["quarter"]]
        assert [[each.title, each.kind] for each in mine] == block["parts"]
        assert {(each.starts_on, each.due_on, each.clause) for each in mine} == {(block["starts"], block["ends"], block["clause"])}
        assert VALUES["headings"][str(block["quarter"])] == block["heading"]
        assert VALUES["themes"].get(str(block["quarter"]), "") == block["theme"]
    assert len(made) == sum(len(block["parts"]) for block in cases("activities_2026"))


def test_the_third_quarter_has_an_inspection_and_no_case_review() -> None:
    made = rules.parts_of_year(2026, VALUES)
    assert [each.quarter for each in made if each.kind == "case_review"] == VALUES["casereview_quarters"] == [1, 2, 4]
    assert [each.quarter for each in made if each.kind == "inspection"] == [3]


@pytest.mark.parametrize(
    ("done", "arranged", "day", "state"),
    [
        (True, False, "2026-12-31", "done"),
        (False, True, "2026-09-30", "arranged"),
        (False, True, "2026-10-01", "late"),
        (False, False, "2026-06-30", "ahead"),
        (False, False, "2026-07-01", "open"),
        (False, False, "2026-09-30", "open"),
        (False, False, "2026-10-01", "late"),
    ],
)
def test_a_part_stands_by_its_days(done: bool, arranged: bool, day: str, state: str) -> None:
    starts, ends = quarter_days(2026, 3)
    assert rules.part_state(starts, ends, done=done, arranged=arranged, on=dt.date.fromisoformat(day), in_force_from=starts) == state


@pytest.mark.parametrize(("since", "state"), [(None, "before"), ("2026-10-01", "before"), ("2026-09-30", "late")])
def test_what_was_due_before_the_plan_was_in_force_is_not_late(since: str | None, state: str) -> None:
    starts, ends = quarter_days(2026, 3)
    day = dt.date.fromisoformat(since) if since else None
    assert rules.part_state(starts, ends, done=False, arranged=False, on=dt.date(2026, 12, 1), in_force_from=day) == state


def test_an_activity_goes_on_step_by_step_and_never_back() -> None:
    assert rules.after(rules.PLANNED, rules.OPENING) == rules.HELD
    assert rules.after(rules.HELD, rules.CLOSING) == rules.CLOSED
    for state, step in ((rules.PLANNED, rules.CLOSING), (rules.CLOSED, rules.CANCELLING), (rules.CANCELLED, rules.OPENING)):
        with pytest.raises(rules.NotPossible, match="活动现在是"):
            rules.after(state, step)


@given(st.lists(st.tuples(st.sampled_from(list(rules.PRESENCES)), st.sampled_from(list(rules.REASON_STATES)))))
def test_who_was_excused_is_not_due_and_everybody_is_counted_once(lines: list[tuple[str, str]]) -> None:
    count = rules.count_of(lines)
    assert count.present + count.excused + count.absent == count.lines == len(lines)
    assert count.due == count.lines - count.excused
    assert min(count.present, count.excused, count.absent) >= 0


@given(st.integers(0, 2**40), st.integers(1, 10**6), st.integers(-5, 5))
def test_a_code_holds_for_its_turn_and_the_next_and_for_its_activity_alone(slot: int, activity: int, later: int) -> None:
    code = rules.door_code(KEY, activity, slot)
    expected = rules.FRESH if later in {0, 1} else rules.EXPIRED
    assert rules.judge_code(KEY, activity, code, slot=slot + later) == expected
    assert rules.judge_code(KEY, activity + 1, code, slot=slot) == rules.FORGED
    assert rules.judge_code(b"x" * 32, activity, code, slot=slot) == rules.FORGED


@given(st.text(max_size=60))
def test_any_other_text_is_forged(text: str) -> None:
    assert rules.judge_code(KEY, 1, text, slot=100) == rules.FORGED


@pytest.mark.parametrize(
    ("score", "fine"), [("0", True), ("99.5", True), ("100", True), ("100.5", False), ("-1", False), ("80.3", False), ("NaN", False)]
)
def test_scores_go_from_0_to_100_in_half_points(score: str, fine: bool) -> None:
    assert (rules.why_no_score(Decimal(score)) == "") is fine


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(TEXT)
def test_no_folded_piece_exceeds_75_octets_and_unfolding_gives_the_line_back(text: str) -> None:
    line = "SUMMARY:" + icalendar.escaped(text)
    folded = icalendar.folded(line)
    assert all(len(piece.encode()) <= 75 for piece in folded.split("\r\n"))
    assert folded.replace("\r\n ", "") == line


@given(TEXT)
def test_an_escaped_text_is_one_line_and_reads_back(text: str) -> None:
    escaped = icalendar.escaped(text)
    assert not set(escaped) & {"\n", "\r"}
    plain, position = "", 0
    while position < len(escaped):
        if escaped[position] == "\\":
            plain += {"n": "\n"}.get(escaped[position + 1], escaped[position + 1])
            position += 2
        else:
            plain += escaped[position]
            position += 1
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    assert plain == "".join(char for char in kept if char in "\n\t" or (ord(char) >= 32 and ord(char) != 127))


def test_a_calendar_is_written_as_rfc_5545_asks() -> None:
    starts = clock.at(dt.date(2026, 10, 14), 9)
    event = icalendar.Event(
        "a@b", starts, starts, starts + dt.timedelta(hours=2), "学习，警示;教育", "三楼\n会议室", is_cancelled=True, sequence=2
    )
    octets = icalendar.calendar("队员 的活动", [event])
    lines = octets.decode().split("\r\n")
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for said in (
        "DTSTART:20261014T010000Z",
        "DTEND:20261014T030000Z",
        "SUMMARY:学习，警示\\;教育",
        "LOCATION:三楼\\n会议室",
        "SEQUENCE:2",
        "STATUS:CANCELLED",
    ):
        assert said in lines, said
