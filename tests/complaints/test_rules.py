"""Terms, verdicts, pauses, alarms, states, receipt codes and what may be typed, without a database."""

from __future__ import annotations

import datetime as dt
import itertools
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.complaints import rules
from chengxin.core.clock import SHANGHAI, local_day
from chengxin.rulebook import rules as rulebook
from chengxin.rulekit.workdays import WorkCalendar
from tests.cases import cases

CALENDAR = WorkCalendar(rulebook.first_years())
POLICY = rulebook.packaged_values("complaints.clocks")
DUE = cases("complaints_due")
NOON = dt.datetime(2026, 9, 30, 12, tzinfo=SHANGHAI)
INSTANT = dt.timedelta(microseconds=1)


# --- the terms: by hand, by brute force, by the program ---


def through(first: str, last: str = "") -> set[dt.date]:
    day, end, found = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first), set()
    while day <= end:
        found.add(day)
        day += dt.timedelta(days=1)
    return found


# typed again from the notices, so that a slip in the packaged calendar is seen
OFF = (
    through("2025-01-01") | through("2025-01-28", "2025-02-04") | through("2025-04-04", "2025-04-06") | through("2025-05-01", "2025-05-05")
    | through("2025-05-31", "2025-06-02") | through("2025-10-01", "2025-10-08")
    | through("2026-01-01", "2026-01-03") | through("2026-02-15", "2026-02-23") | through("2026-04-04", "2026-04-06")
    | through("2026-05-01", "2026-05-05") | through("2026-06-19", "2026-06-21") | through("2026-09-25", "2026-09-27")
    | through("2026-10-01", "2026-10-07")
    | through("2027-01-01") | through("2027-02-05", "2027-02-08") | through("2027-04-05") | through("2027-05-01", "2027-05-02")
    | through("2027-06-09") | through("2027-09-15") | through("2027-10-01", "2027-10-03")
)  # fmt: skip
MADE_UP = {
    dt.date.fromisoformat(text)
    for text in (
        "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    )
}  # fmt: skip
FIRST, LAST = dt.date(2024, 12, 31), dt.date(2027, 12, 15)
DAYS = st.dates(FIRST, LAST)
MOMENTS = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 12, 1), timezones=st.just(SHANGHAI))  # noqa: DTZ001


def works(day: dt.date) -> bool:
    if day in MADE_UP:
        return True
    return day not in OFF and day.weekday() in (0, 1, 2, 3, 4)


def counted_out(day: dt.date, count: int) -> dt.date:
    """The count-th working day after a day, one day at a time."""
    while count > 0:
        day += dt.timedelta(days=1)
        if works(day):
            count -= 1
    return day


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def terms(received: dt.datetime) -> rulebook.ComplaintTerms:
    return rulebook.complaint_terms(received, POLICY, CALENDAR, local_day(received))


def each_day(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(days=offset) for offset in range((last - first).days + 1))


@pytest.mark.parametrize("case", DUE, ids=lambda case: case["remark"])
def test_both_terms_of_a_receipt_are_what_was_worked_out_by_hand(case: dict[str, Any]) -> None:
    received = local(case["received"])
    by_hand = (local(case["respond_by"]), case["feedback_on"], case["provisional"])
    found = terms(received)
    assert (found.respond_by, found.feedback.day, found.feedback.provisional) == by_hand
    third = counted_out(received.date(), 3)
    counted_over = range((received.date() + dt.timedelta(days=1)).year, third.year + 1)
    assert (received + dt.timedelta(seconds=24 * 60 * 60), third, any(year > 2026 for year in counted_over)) == by_hand


@pytest.mark.parametrize("case", DUE, ids=lambda case: case["remark"])
def test_a_receipt_told_in_another_time_zone_has_the_same_terms(case: dict[str, Any]) -> None:
    assert terms(local(case["received"]).astimezone(dt.UTC)) == terms(local(case["received"]))


def test_the_cases_are_many_each_told_once_and_none_is_in_the_general_table_too() -> None:
    assert len(DUE) >= 45
    assert len({case["remark"] for case in DUE}) == len({case["received"] for case in DUE}) == len(DUE)
    assert not {local(case["received"]) for case in DUE} & {local(case["received"]) for case in cases("due")}


def test_every_make_up_day_is_a_last_day_and_a_day_of_receipt_of_some_case() -> None:
    assert {case["feedback_on"] for case in DUE} >= MADE_UP - set(map(dt.date.fromisoformat, ("2025-04-27", "2025-09-28", "2026-09-20")))
    assert {local(case["received"]).date() for case in DUE} >= MADE_UP


def test_the_calendar_agrees_with_the_notices_on_every_day_of_three_years() -> None:
    wrong = [day for day in each_day(dt.date(2025, 1, 1), dt.date(2027, 12, 31)) if CALENDAR.is_workday(day) is not works(day)]
    assert wrong == []


def test_counting_without_holidays_or_without_make_up_days_would_be_wrong_as_often_as_is_known() -> None:
    """The figures of the field's facts: whoever takes a short cut misses 54 or 26 of the 362 receipt days of 2026."""

    def taking(short_cut: Any, day: dt.date) -> dt.date:
        left = 3
        while left:
            day += dt.timedelta(days=1)
            left -= short_cut(day)
        return day

    receipts = [day for day in each_day(dt.date(2026, 1, 1), dt.date(2026, 12, 31)) if counted_out(day, 3).year == 2026]
    right = {day: CALENDAR.nth_workday_after(day, 3).day for day in receipts}
    assert len(receipts) == 362
    assert sum(taking(lambda day: day.weekday() < 5, day) != right[day] for day in receipts) == 54
    assert sum(taking(lambda day: day.weekday() < 5 and day not in OFF, day) != right[day] for day in receipts) == 26


@given(day=DAYS, count=st.integers(1, 10))
def test_counting_on_and_counting_what_lies_between_agree_with_brute_force(day: dt.date, count: int) -> None:
    due = CALENDAR.nth_workday_after(day, count).day
    assert due == counted_out(day, count) > day
    assert works(due)
    assert sum(works(each) for each in each_day(day + dt.timedelta(days=1), due)) == count == CALENDAR.workdays_between(day, due)


@given(MOMENTS, st.timedeltas(dt.timedelta(0), dt.timedelta(days=30)))
def test_who_comes_later_is_never_due_earlier(received: dt.datetime, later: dt.timedelta) -> None:
    first, second = terms(received), terms(received + later)
    assert second.respond_by - first.respond_by == later
    assert second.feedback.day >= first.feedback.day


@given(MOMENTS)
def test_the_term_of_the_result_depends_on_the_day_and_not_on_the_hour(received: dt.datetime) -> None:
    midnight = received.replace(hour=0, minute=0, second=0, microsecond=0)
    last = midnight + dt.timedelta(days=1) - INSTANT
    assert terms(midnight).feedback == terms(received).feedback == terms(last).feedback


# --- verdicts ---


@pytest.mark.parametrize(
    ("met", "as_of", "said"),
    [
        (None, -INSTANT, rules.RUNNING),
        (None, 0 * INSTANT, rules.RUNNING),
        (None, INSTANT, rules.OVERDUE),
        (-INSTANT, -INSTANT, rules.IN_TIME),
        (-INSTANT, INSTANT, rules.IN_TIME),
        (0 * INSTANT, 0 * INSTANT, rules.IN_TIME),
        (INSTANT, INSTANT, rules.LATE),
        (INSTANT, dt.timedelta(days=400), rules.LATE),
        (-INSTANT, -2 * INSTANT, rules.RUNNING),  # looked at before it was met
        (INSTANT, 0 * INSTANT, rules.RUNNING),
        (2 * INSTANT, INSTANT, rules.OVERDUE),
    ],
)
def test_the_last_moment_is_in_time_and_the_next_is_not(met: dt.timedelta | None, as_of: dt.timedelta, said: str) -> None:
    assert rules.verdict(NOON, None if met is None else NOON + met, NOON + as_of) == said


NEAR = st.integers(-3, 3).map(lambda number: NOON + number * INSTANT)


@given(met=NEAR, as_of=NEAR, later=NEAR)
def test_what_a_met_clock_says_never_changes_afterwards(met: dt.datetime, as_of: dt.datetime, later: dt.datetime) -> None:
    first, second = sorted((as_of, later))
    said = [rules.verdict(NOON, met, each) for each in (first, second)]
    if met <= first:
        assert said[0] == said[1] == (rules.IN_TIME if met <= NOON else rules.LATE)
    else:
        assert said[0] == rules.verdict(NOON, None, first)


@given(met=st.none() | NEAR, as_of=NEAR, later=NEAR)
def test_a_missed_term_is_never_taken_back_by_time(met: dt.datetime | None, as_of: dt.datetime, later: dt.datetime) -> None:
    missed = {rules.OVERDUE, rules.LATE}
    first, second = sorted((as_of, later))
    if rules.verdict(NOON, met, first) in missed:
        assert rules.verdict(NOON, met, second) in missed


def test_every_verdict_has_a_chinese_word() -> None:
    assert set(rules.VERDICTS) == {rules.RUNNING, rules.IN_TIME, rules.LATE, rules.OVERDUE}


# --- pauses ---


def minute(number: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=number)


LOGS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["pause", "resume"])), max_size=8)


def paused_minutes(log: list[tuple[int, str]], cap: int, as_of: int) -> set[int]:
    """By brute force: a switch that is looked at every minute."""
    on_since: int | None = None
    found = set()
    for now in range(as_of):
        if on_since is not None and now - on_since == cap:
            on_since = None
        if (now, "pause") in log and on_since is None:
            on_since = now
        if (now, "resume") in log:
            on_since = None
        if on_since is not None:
            found.add(now)
    return found


@given(log=LOGS, cap=st.integers(1, 12), as_of=st.integers(0, 50))
def test_pauses_agree_with_counting_minutes(log: list[tuple[int, str]], cap: int, as_of: int) -> None:
    limit = dt.timedelta(minutes=cap)
    spans = rules.pauses_of([(minute(at), what) for at, what in log], limit)
    counted = paused_minutes(log, cap, as_of)
    assert rules.paused_hours(spans, minute(as_of), limit) == pytest.approx(len(counted) / 60)
    lit = {now for now in range(as_of) for start, end in spans if start <= minute(now) < min(end or minute(as_of), start + limit)}
    assert lit == counted


@given(log=LOGS, cap=st.integers(1, 12), shuffled=st.randoms())
def test_pauses_come_in_order_one_after_the_other_each_within_its_cap(log: list[tuple[int, str]], cap: int, shuffled: Any) -> None:
    limit = dt.timedelta(minutes=cap)
    told = [(minute(at), what) for at, what in log]
    spans = rules.pauses_of(told, limit)
    assert all(end is None or dt.timedelta(0) <= end - start <= limit for start, end in spans)
    assert all(earlier[1] is not None and earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))
    shuffled.shuffle(told)
    assert rules.pauses_of(told, limit) == spans
    assert rules.pauses_of(told + told, limit) == spans


def test_a_second_pause_within_one_does_not_lengthen_it() -> None:
    cap = dt.timedelta(hours=5)
    log = [(NOON, "pause"), (NOON + dt.timedelta(hours=4), "pause")]
    assert rules.pauses_of(log, cap) == [(NOON, None)]
    assert rules.paused_hours(rules.pauses_of(log, cap), NOON + dt.timedelta(hours=9), cap) == 5


def test_a_pause_that_begins_as_the_cap_of_the_last_ends_is_a_pause_of_its_own() -> None:
    cap = dt.timedelta(hours=5)
    log = [(NOON, "pause"), (NOON + cap, "pause"), (NOON + 2 * cap, "resume")]
    assert rules.pauses_of(log, cap) == [(NOON, NOON + cap), (NOON + cap, NOON + 2 * cap)]


def test_a_forgotten_pause_ends_with_its_cap_and_a_late_resume_changes_nothing() -> None:
    cap = dt.timedelta(days=5)
    for log in ([(NOON, "pause")], [(NOON, "pause"), (NOON + dt.timedelta(days=9), "resume")]):
        assert rules.paused_hours(rules.pauses_of(log, cap), NOON + dt.timedelta(days=30), cap) == 120


def test_nothing_is_paused_before_it_was_or_without_a_pause() -> None:
    cap = dt.timedelta(days=5)
    assert rules.pauses_of([(NOON, "resume")], cap) == rules.pauses_of([], cap) == []
    assert rules.paused_hours([(NOON, None)], NOON - dt.timedelta(hours=1), cap) == 0
    assert rules.paused_hours([(NOON, None)], NOON, cap) == 0


# --- alarms ---

HOURS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1])


def awake(moment: dt.datetime, opens: int, closes: int) -> bool:
    return opens <= moment.hour < closes


@given(MOMENTS, HOURS)
def test_nobody_is_called_at_night_and_by_day_at_once(moment: dt.datetime, hours: tuple[int, int]) -> None:
    found = rules.civil(moment, *hours)
    assert awake(found, *hours)
    assert moment <= found < moment + dt.timedelta(days=1)
    assert (found == moment) is awake(moment, *hours)
    if found != moment:
        assert (found.hour, found.minute, found.second, found.microsecond) == (hours[0], 0, 0, 0)
        # the very next opening: between the two nobody is awake
        assert not any(awake(moment + dt.timedelta(minutes=step), *hours) for step in range(0, int((found - moment).seconds / 60), 7))


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ("2026-09-30T07:59:59.999999", "2026-09-30T08:00"),
        ("2026-09-30T08:00", "2026-09-30T08:00"),
        ("2026-09-30T19:59:59.999999", "2026-09-30T19:59:59.999999"),
        ("2026-09-30T20:00", "2026-10-01T08:00"),
        ("2026-12-31T23:59:59", "2027-01-01T08:00"),
        ("2026-09-30T00:00", "2026-09-30T08:00"),
    ],
)
def test_civil_hours_begin_with_their_first_and_end_before_their_last(asked: str, called: str) -> None:
    assert rules.civil(local(asked), 8, 20) == local(called)


@pytest.mark.parametrize("hour", [0, 7, 23])
def test_civil_hours_may_last_the_whole_day(hour: int) -> None:
    assert rules.civil(NOON.replace(hour=hour), 0, 24) == NOON.replace(hour=hour)
    assert rules.civil(NOON.replace(hour=23), 8, 24) == NOON.replace(hour=23)


@given(due=MOMENTS, warn=st.integers(0, 48), late=st.integers(0, 48), hours=HOURS)
def test_alarms_keep_to_the_day_and_to_the_term(due: dt.datetime, warn: int, late: int, hours: tuple[int, int]) -> None:
    found = rules.alarms(due, warn_hours=warn, escalate_hours=late, opens=hours[0], closes=hours[1])
    wanted = due - dt.timedelta(hours=warn)
    assert found.warns_at <= due
    assert found.escalates_at >= due + dt.timedelta(hours=late)
    assert found.escalates_at < due + dt.timedelta(hours=late + 24)
    assert awake(found.escalates_at, *hours)
    assert awake(found.warns_at, *hours)
    assert abs(found.warns_at - wanted) < dt.timedelta(hours=25)


@pytest.mark.parametrize(
    ("due", "warned", "escalated"),
    [
        ("2026-09-30T17:00", "2026-09-30T11:00", "2026-10-01T08:00"),  # 21:00 is night
        ("2026-09-30T15:00", "2026-09-30T09:00", "2026-09-30T19:00"),
        ("2026-09-30T10:00", "2026-09-30T08:00", "2026-09-30T14:00"),  # 4:00 is night, and 8:00 is early enough
        ("2026-09-30T05:00", "2026-09-29T19:00", "2026-09-30T09:00"),  # 23:00 is night, 8:00 too late: the evening before
        ("2026-09-30T08:00", "2026-09-29T19:00", "2026-09-30T12:00"),
        ("2026-09-30T02:00", "2026-09-29T19:00", "2026-09-30T08:00"),  # 20:00 is night already
        ("2026-09-30T23:00", "2026-09-30T17:00", "2026-10-01T08:00"),
        ("2026-01-01T06:30", "2025-12-31T19:00", "2026-01-01T10:30"),
    ],
)
def test_a_warning_that_the_night_would_delay_past_the_term_comes_before_the_night(due: str, warned: str, escalated: str) -> None:
    found = rules.alarms(local(due), warn_hours=6, escalate_hours=4, opens=8, closes=20)
    assert (found.warns_at, found.escalates_at) == (local(warned), local(escalated))


# --- states and steps ---

STEPS = [
    ("received", "assign", "handling"), ("received", "close", "closed"), ("received", "merge", "merged"), ("received", "route", "routed"),
    ("handling", "assign", "handling"), ("handling", "close", "closed"), ("handling", "merge", "merged"), ("handling", "route", "routed"),
    ("closed", "reopen", "handling"),
]  # fmt: skip


def test_the_table_of_states_is_the_one_that_was_meant() -> None:
    assert {(state, action): after for state, action, after in STEPS} == dict(rules.AFTER)


@pytest.mark.parametrize(("state", "action"), list(itertools.product(rules.STATES, rules.ACTIONS)))
def test_a_step_leads_to_its_state_or_says_in_chinese_why_not(state: str, action: str) -> None:
    if (state, action) in rules.AFTER:
        assert rules.after(state, action) == rules.AFTER[state, action]
        return
    with pytest.raises(rules.NotPossible) as refused:
        rules.after(state, action)
    said = str(refused.value)
    assert f"“{rules.STATES[state]}”" in said
    assert f"不能{rules.ACTIONS[action]}" in said
    assert not any(letter.isascii() and letter.isalpha() for letter in said)


def test_what_was_merged_or_routed_away_never_comes_back() -> None:
    assert not [action for state, action in rules.AFTER if state in (rules.MERGED, rules.ROUTED)]
    assert set(rules.AFTER.values()) <= set(rules.STATES)
    assert {state for state, action in rules.AFTER if action != rules.REOPEN} == set(rules.OPEN_STATES)


# --- receipt codes ---

SECRETS = st.binary(min_size=10, max_size=40)


@given(SECRETS)
def test_a_code_reads_back_as_itself_however_it_is_typed(secret: bytes) -> None:
    code = rules.code_of(secret)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4, 1]
    assert set(code) <= set(rules.LETTERS) | {"-"}
    full_width = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    plain = code.replace("-", "")
    alike = plain.replace("0", "O").replace("1", "I"), plain.replace("0", "o").replace("1", "l"), plain.replace("1", "L")
    typed = [
        code, code.lower(), plain, plain.lower(), f"  {code}\n", " ".join(plain), code.replace("-", "—"), code.replace("-", "　"),
        full_width, full_width.lower(), plain.replace("V", "U"), *alike, "/".join(plain),
    ]  # fmt: skip
    assert {rules.read_code(text) for text in typed} == {code}


@given(SECRETS)
def test_no_wrong_letter_gets_past_the_check(secret: bytes) -> None:
    plain = rules.code_of(secret).replace("-", "")
    for place, letter in enumerate(plain):
        for other in rules.LETTERS:
            if other != letter:
                assert rules.read_code(plain[:place] + other + plain[place + 1 :]) is None


@given(SECRETS)
def test_no_exchange_of_neighbours_gets_past_the_check(secret: bytes) -> None:
    plain = rules.code_of(secret).replace("-", "")
    for place in range(len(plain) - 1):
        left, right = plain[place], plain[place + 1]
        if left != right:
            assert rules.read_code(plain[:place] + right + left + plain[place + 2 :]) is None


@given(SECRETS, st.text(max_size=3))
def test_missing_letters_and_strange_ones_are_refused(secret: bytes, more: str) -> None:
    code = rules.code_of(secret)
    assert rules.read_code(code[:-1]) is None
    assert rules.read_code(code[1:]) is None
    assert rules.read_code(code + "0") is None
    assert rules.read_code("回执码" + code) is None
    assert rules.read_code(more) is None


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_code_in_its_one_form_or_none(typed: str) -> None:
    found = rules.read_code(typed)
    assert found is None or rules.read_code(found) == found


@given(st.binary(min_size=10, max_size=10))
def test_each_of_eighty_bits_counts(secret: bytes) -> None:
    number = int.from_bytes(secret, "big")
    others = {rules.code_of((number ^ 1 << bit).to_bytes(10, "big")) for bit in range(80)}
    assert len(others | {rules.code_of(secret)}) == 81
    assert len({code[:-2] for code in others}) == 80  # it is the code that differs, not its check alone


@given(st.binary(max_size=9))
def test_a_code_of_fewer_than_eighty_bits_is_not_made(secret: bytes) -> None:
    with pytest.raises(ValueError, match="80"):
        rules.code_of(secret)


def test_a_code_has_no_letters_that_are_taken_for_others() -> None:
    assert len(set(rules.LETTERS)) == 32
    assert not set("ILOU") & set(rules.LETTERS)
    assert rules.code_of(bytes(10)) == "0000-0000-0000-0000-0"
    assert rules.code_of(bytes([0xFF] * 10)).startswith("ZZZZ-ZZZZ-ZZZZ-ZZZZ-")


# --- what may be typed ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<script>alert('x')</script>", "<script>alert('x')</script>"),
        ("{{ 7*7 }} &amp; %s 'OR 1=1 --", "{{ 7*7 }} &amp; %s 'OR 1=1 --"),
        ("占道经营😡👍🏽❤️🏳️", "占道经营😡👍🏽❤️🏳️"),
        ("\U0001fae8\U0001fa77", "\U0001fae8\U0001fa77"),  # newer emoji than the tables of an older Python
        ("𠮷野家门口，姓\U0002ebf0", "𠮷野家门口，姓\U0002ebf0"),  # rare and newest ideographs of names
        ("城\u200b管\u200c\u200d\u2060\ufeff", "城管"),
        ("甲\u202e乙\u202c\u2066丙\u2069\u200e\u200f\u061c", "甲乙丙"),
        ("a\x00b\x1b[31mc\x7f\x85", "ab[31mc"),
        ("半\ud83d个\udc00表情", "半个表情"),
        ("一\r\n二\r三\n四", "一\n二\n三\n四"),
        ("一\n\n\n\n\n二\n \n\t\n　\n三", "一\n\n二\n\n三"),
        ("\n\n  一  \n二　 \n\n", "一\n二"),
        ("  段首缩进\n　　第二段", "段首缩进\n　　第二段"),
        ("cafe\u0301", "caf\u00e9"),
        ("e\u200b\u0301", "\u00e9"),  # a zero-width character keeps nothing apart
        ("\u1112\u1161\u11ab", "한"),
        ("甲\t乙", "甲\t乙"),
        ("\ue000私\U000f0000", "私"),
        ("\ufffe\uffff\ufdd0", ""),
        ("\u200b\u200b\u200b\n\x00", ""),
        ("\u3164\u3164 \u2800\u2800\uffa0\u115f\u1160\U0001d159", ""),  # letters and symbols by their tables, blank to the eye
        ("\u0301\u0323 \u0301\n\ufe0f\u034f", ""),  # marks with nothing to stand on
        ("\u3164小贩\u2800占道\u3164", "小贩 占道"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_is_kept_as_people_see_it(typed: str, kept: str) -> None:
    assert rules.clean_text(typed) == kept


AWKWARD = list("\r\n\t  \u200b\u200d\u202e\x00\ufeff\u0301\u0323eaé　\ud800\u2028\u2800\u3164\u1112\u1161\u11ab\U000e0041")
ANY_TEXT = st.text(st.sampled_from(AWKWARD), max_size=20) | st.text(st.characters(codec=None), max_size=20)


@given(ANY_TEXT)
def test_cleaning_twice_is_cleaning_once_and_leaves_nothing_unseen(typed: str) -> None:
    kept = rules.clean_text(typed)
    assert rules.clean_text(kept) == kept
    assert kept == unicodedata.normalize("NFC", kept)
    assert kept == kept.strip()
    assert not kept or any(unicodedata.category(letter)[0] not in "MZ" for letter in kept if letter not in "\n\t")
    assert "\n\n\n" not in kept
    assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} for letter in kept if letter not in "\n\t")
    assert kept.encode().decode() == kept  # it can be stored


@given(ANY_TEXT)
def test_line_ends_of_any_system_give_the_same_text(typed: str) -> None:
    plain = typed.replace("\r", "")
    assert rules.clean_text(plain.replace("\n", "\r\n")) == rules.clean_text(plain.replace("\n", "\r")) == rules.clean_text(plain)


PRINTED = st.characters(min_codepoint=0x21, max_codepoint=0x7E) | st.sampled_from(list("城管占道经营"))
WORDS = st.lists(st.text(PRINTED, min_size=1), max_size=6)


@given(WORDS, st.sampled_from(["", " ", "\n", "　", " \t\n"]), st.text(st.sampled_from(list("解放路12号Ab")), max_size=6))
def test_a_digest_does_not_see_spacing_and_case(words: list[str], gap: str, place: str) -> None:
    assert rules.content_digest(gap.join(words).upper(), f" {place} ".swapcase()) == rules.content_digest("".join(words), place)


@given(st.text(st.sampled_from(list("abc城管 \n")), max_size=8), st.text(st.sampled_from(list("abc城管 \n")), max_size=8))
def test_a_digest_sees_everything_else(left: str, right: str) -> None:
    def seen(text: str) -> str:
        return text.replace(" ", "").replace("\n", "")

    assert (rules.content_digest(left, "") == rules.content_digest(right, "")) is (seen(left) == seen(right))
    assert (rules.content_digest("内容", left) == rules.content_digest("内容", right)) is (seen(left) == seen(right))


def test_other_words_or_another_place_have_another_digest() -> None:
    told = [("路灯坏了", "解放路"), ("路灯坏了。", "解放路"), ("路灯坏了", "解放路1号"), ("路灯坏", "解放路"), ("路灯亮了", "解放路")]
    assert len({rules.content_digest(*each) for each in told}) == len(told)
    assert all(len(rules.content_digest(*each)) == 64 for each in told)
