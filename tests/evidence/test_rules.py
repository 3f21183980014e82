"""Names, contents, attribution, retention and coverage, without a database."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.evidence import rules
from chengxin.rulebook.rules import packaged_values
from chengxin.rulekit.intervals import Interval, common, length, merged, without
from tests.evidence.clips import clip, sound

NOON = dt.datetime(2026, 9, 30, 12, tzinfo=dt.UTC)
PROFILES = packaged_values("footage.docks")["profiles"]


def minute(number: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=number)


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (minute(pair[0]), minute(pair[1]))), max_size=8)


def minutes_of(spans: list[Interval]) -> set[int]:
    """By brute force: every minute that lies in one of them."""
    return {number for number in range(41) for start, end in spans if start <= minute(number) < end}


@given(SPANS, SPANS)
def test_intervals_agree_with_counting_minutes(left: list[Interval], right: list[Interval]) -> None:
    assert minutes_of(merged(left)) == minutes_of(left)
    assert minutes_of(common(left, right)) == minutes_of(left) & minutes_of(right)
    assert minutes_of(without(left, right)) == minutes_of(left) - minutes_of(right)
    assert length(left) == dt.timedelta(minutes=len(minutes_of(left)))
    assert all(earlier[1] < later[0] for earlier, later in zip(merged(left), merged(left)[1:], strict=False))


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("JLY-0001_CX0012_20260930083000_0003.mp4", ("JLY-0001", "CX0012", dt.datetime(2026, 9, 30, 8, 30), 3, False)),
        ("JLY-0001_CX0012_20260930083000_0003_IMP.mp4", ("JLY-0001", "CX0012", dt.datetime(2026, 9, 30, 8, 30), 3, True)),
        ("JLY-0001_20260930083000_0003.dav", ("JLY-0001", "", dt.datetime(2026, 9, 30, 8, 30), 3, False)),
        ("JLY-0001_20260930_083000.mov", ("JLY-0001", "", dt.datetime(2026, 9, 30, 8, 30), None, False)),
    ],
)
def test_name_profiles_read_what_docks_write(name: str, claim: tuple[object, ...]) -> None:
    read = rules.read_name(PROFILES, name)
    assert read is not None
    assert (read.device, read.officer, read.started_at, read.sequence, read.is_important) == claim


@pytest.mark.parametrize("name", ["IMG_0001.mp4", "JLY-0001_CX0012_20261330083000_0003.mp4", "假名.mp4", ""])
def test_a_name_that_fits_no_profile_claims_nothing(name: str) -> None:
    assert rules.read_name(PROFILES, name) is None


def test_content_decides_what_a_file_is() -> None:
    assert rules.medium_of(clip(1)[:512]) == rules.VIDEO
    assert rules.medium_of(clip(1, codec="mpeg4", container="avi")[:512]) == rules.VIDEO
    assert rules.medium_of(sound()[:512]) == rules.AUDIO
    assert rules.medium_of(b"\xff\xd8\xff\xe0") == rules.PHOTO
    for other in (b"", b"MZ" + bytes(600), b"<html>", b"PK\x03\x04" + bytes(600)):
        assert rules.medium_of(other) is None


def test_a_film_cut_anywhere_is_noticed() -> None:
    whole = clip(1)
    assert not rules.is_cut_off(io.BytesIO(whole), len(whole))
    for cut in range(1, len(whole)):
        assert rules.is_cut_off(io.BytesIO(whole[:cut]), cut), cut
    assert not rules.is_cut_off(io.BytesIO(sound()), len(sound()))


def holding(person: int, since: int, until: int | None, number: str = "CX1") -> rules.Holding:
    return rules.Holding(person * 10, person, number, minute(since), None if until is None else minute(until), None)


def test_the_owner_is_who_held_the_device_throughout() -> None:
    span, claim = (minute(10), minute(20)), rules.Claim("J-1")
    assert rules.attribute([holding(1, 0, 30)], span, claim, NOON + dt.timedelta(days=1)).state == rules.ATTRIBUTED
    assert rules.attribute([holding(1, 10, 20)], span, claim, minute(60)).state == rules.ATTRIBUTED
    assert rules.attribute([holding(1, 0, None)], span, claim, minute(60)).state == rules.ATTRIBUTED
    again = rules.attribute([holding(1, 0, 9), holding(2, 9, None)], span, claim, minute(60))
    assert (again.state, again.holding and again.holding.person) == (rules.ATTRIBUTED, 2)


@pytest.mark.parametrize(
    ("holdings", "claim", "state", "reason"),
    [
        ([], rules.Claim("J-1"), rules.UNMATCHED, "没有领用记录"),
        ([], rules.Claim(), rules.UNMATCHED, "不知道是哪台设备"),
        ([holding(1, 0, 9)], rules.Claim("J-1"), rules.UNMATCHED, "没有领用记录"),
        ([holding(1, 0, 15), holding(2, 15, None)], rules.Claim("J-1"), rules.CONFLICT, "换过领用人"),
        ([holding(1, 12, None)], rules.Claim("J-1"), rules.CONFLICT, "超出领用时间"),
        ([holding(1, 0, None)], rules.Claim("J-1", "CX9"), rules.CONFLICT, "文件名所写工号 CX9 不是领用人"),
    ],
)
def test_doubts_wait_for_a_person(holdings: list[rules.Holding], claim: rules.Claim, state: str, reason: str) -> None:
    found = rules.attribute(holdings, (minute(10), minute(20)), claim, minute(60))
    assert (found.state, reason in found.reason) == (state, True)


def test_a_time_in_the_future_or_unknown_is_nobodys() -> None:
    held = [holding(1, 0, None)]
    assert "在将来" in rules.attribute(held, (minute(90), minute(95)), rules.Claim("J-1"), minute(60)).reason
    assert "不知道录制时间" in rules.attribute(held, None, rules.Claim("J-1"), minute(60)).reason


def test_numbers_left_out_of_a_days_sequence_are_named() -> None:
    claims = [rules.Claim("J-1", "", dt.datetime(2026, 9, 30, 8, number), None, number) for number in (3, 4, 7)]
    other_day = rules.Claim("J-1", "", dt.datetime(2026, 9, 29, 8), None, 1)
    assert rules.missing_numbers([*claims, other_day]) == [("J-1", dt.date(2026, 9, 30), 5), ("J-1", dt.date(2026, 9, 30), 6)]


def test_a_recording_is_kept_for_every_reason_at_once() -> None:
    day = dt.date(2026, 9, 30)
    held = rules.why_kept(is_important=True, holds=["案件 12"], deletable_from=dt.date(2026, 10, 1), day=day, is_asked_down=True)
    assert held == ["“案件 12”尚未办结，须保留", "重要资料，长期保存", "降级申请尚未审批", "未到期，2026-10-01 起方可删除"]
    assert rules.why_kept(is_important=False, holds=[], deletable_from=day, day=day) == []


@given(SPANS, SPANS)
def test_gaps_are_the_minutes_on_duty_with_a_camera_and_no_footage(held: list[Interval], filmed: list[Interval]) -> None:
    duty = (minute(5), minute(35))
    bare = minutes_of([duty]) & minutes_of(held) - minutes_of(filmed)
    found = rules.gaps(duty, held, filmed, dt.timedelta(0))
    assert minutes_of([(gap.started_at, gap.ended_at) for gap in found]) == bare
    assert sum(gap.minutes for gap in found) == len(bare)
    wanted = minutes_of([duty]) & minutes_of(held)
    share = rules.share_covered(duty, held, filmed)
    assert (share is None) == (not wanted)
    assert share is None or share == pytest.approx(1 - len(bare) / len(wanted))
    assert all(gap.minutes >= 5 for gap in rules.gaps(duty, held, filmed, dt.timedelta(minutes=5)))
