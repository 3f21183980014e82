"""Whose, how important, what keeps it, how it goes: what happens, what a refusal leaves untouched."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.evidence import rules, selectors
from chengxin.evidence.models import Downgrade, ExpiryLine, ExpiryList, Hold, Matter, Recording, RecordingStep, Viewing
from chengxin.evidence.selectors import expiry as questions
from chengxin.evidence.services import examination, expiry, keeping, store, viewing
from tests.evidence.clips import clip, sound
from tests.evidence.conftest import Film, refusing
from tests.world import World

TODAY = dt.date(2026, 9, 30)
LATER = dt.date(2027, 1, 4)
refused = refusing(Recording, RecordingStep, Downgrade, ExpiryLine, ExpiryList, Hold, Matter, Viewing, Entry)


@pytest.fixture(autouse=True)
def an_evening() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 20)):
        yield


def titles(recording: Recording) -> list[str]:
    return [step.title for step in recording.steps.all()]


# --- what a recording is like ---


def test_the_content_is_looked_at_and_makes_the_end_known(world: World, film: Film) -> None:
    recording = film(content=clip(5, seconds=3))
    assert recording.ended_at == recording.started_at
    assert examination.examine_waiting() == 1
    recording.refresh_from_db()
    assert (recording.codec, recording.width, recording.height, recording.is_cut_off) == ("h264", 160, 120, False)
    assert recording.duration_ms == 3000
    assert recording.ended_at == recording.started_at + dt.timedelta(seconds=3)
    assert len(recording.sm3) == 64
    assert examination.picture_of(recording).read_bytes()[:2] == b"\xff\xd8"
    assert examination.examine_waiting() == 0


def test_a_cut_off_film_and_a_missing_file_are_told_and_nothing_else_changes(world: World, film: Film) -> None:
    cut = film(1, content=clip(1, seconds=3)[:-200])
    gone = film(2)
    store.originals().remove(gone.sha256)
    examination.examine_waiting()
    cut.refresh_from_db()
    gone.refresh_from_db()
    assert (cut.is_cut_off, gone.trouble) == (True, "原文件不在存放位置")
    assert gone.examined_at is not None


def test_a_reader_that_hangs_is_ended_by_its_deadline(world: World, film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: Any, **more: Any) -> Any:
        raise subprocess.TimeoutExpired(command, more["timeout"])

    recording = film()
    monkeypatch.setattr(subprocess, "run", hang)
    assert "没有读完" in examination.examine(recording).trouble


def test_a_length_that_outlasts_the_custody_makes_the_attribution_doubtful(world: World, film: Film) -> None:
    with clock.frozen(clock.at(TODAY, 7, 30)):
        world.shift("队员")
        world.item("J-1", kind="recorder")
        world.check_out("J-1")
    with clock.frozen(clock.at(TODAY, 8, 30) + dt.timedelta(seconds=1)):
        world.give_back("J-1")
    recording = film(content=clip(6, seconds=3))
    assert recording.attribution == rules.ATTRIBUTED
    examination.examine(recording)
    recording.refresh_from_db()
    assert (recording.attribution, recording.attribution_note) == (rules.CONFLICT, "录制时间超出领用时间")


# --- whose it is ---


def test_a_captain_says_whose_it_is_and_never_that_it_is_the_own(world: World, film: Film) -> None:
    recording = film(name="X-9_20260930083000_0001.mp4")
    captain = world.actor("队长")
    assert recording in list(selectors.sources.unattributed_visible_to(captain.units_for("evidence.attribute")))
    with refused(NotAllowed, "不能把影像认定给自己"):
        keeping.attribute_recording(captain, recording, person=world.persons["队长"], reason="是我的")
    with refused(DomainError, "请写明认定依据"):
        keeping.attribute_recording(captain, recording, person=world.persons["队员"], reason=" ")
    with refused(NotAllowed, "认定影像归属"):
        keeping.attribute_recording(world.actor("队员"), recording, person=world.persons["队员"], reason="画面")
    kept = keeping.attribute_recording(captain, recording, person=world.persons["队员"], reason="画面中是本人")
    assert (kept.person, kept.unit, kept.attribution_note) == (world.persons["队员"], world.units["一中队"], "人工认定：画面中是本人")
    assert kept.shift is not None
    settled = film(2)
    with refused(Conflict, "按领用记录已有归属"):
        keeping.attribute_recording(captain, settled, person=world.persons["女队员"], reason="换人")


def test_who_sees_a_recording(world: World, film: Film) -> None:
    recording = film()
    for name in ("队员", "队长", "装备员", "督察", "局长"):
        assert selectors.recording_for(world.actor(name), recording.pk) == recording
    for name in ("女队员", "外人", "外队长", "系统员"):
        with pytest.raises(NotFound):
            selectors.recording_for(world.actor(name), recording.pk)


# --- important, ordinary, held ---


def test_anybody_marks_up_and_only_another_marks_down(world: World, film: Film) -> None:
    recording = film()
    officer, leader = world.actor("队员"), world.actor("局长")
    with refused(DomainError, "理由应为"):
        keeping.mark_important(officer, recording, reason="好看")
    assert keeping.mark_important(officer, recording, reason="阻碍执法", note="被推搡").is_important
    with refused(DomainError, "请写明降级理由"):
        keeping.ask_downgrade(officer, recording, reason="")
    asked = keeping.ask_downgrade(leader, recording, reason="案件已结")
    with refused(Conflict, "已有一份降级申请"):
        keeping.ask_downgrade(officer, recording, reason="再申请")
    with refused(NotAllowed, "不能审批自己"):
        keeping.decide_downgrade(leader, asked, granted=True)
    with refused(NotAllowed, "审批重要影像降级"):
        keeping.decide_downgrade(world.actor("队长"), asked, granted=True)
    with refused(DomainError, "不同意的请写明理由"):
        keeping.decide_downgrade(world.actor("督察"), asked, granted=False)
    keeping.decide_downgrade(world.actor("督察"), asked, granted=True)
    recording.refresh_from_db()
    assert (recording.category, titles(recording)[-3:]) == (rules.ORDINARY, ["标记为重要", "申请降级", "同意降级"])
    with refused(Conflict, "已经审批"):
        keeping.decide_downgrade(world.actor("督察乙"), asked, granted=False, note="晚了")


def test_a_hold_ends_only_with_its_matter(world: World, film: Film) -> None:
    recording, captain = film(), world.actor("队长")
    hold = keeping.place_hold(captain, recording, kind="complaint", number="投12", reason="投诉涉及")
    assert keeping.place_hold(captain, recording, kind="complaint", number="投12", reason="再来") == hold
    keeping.place_hold(world.actor("督察"), recording, kind="case", number="城罚3", reason="案件证据")
    with clock.frozen(clock.at(LATER, 9)):
        assert questions.why_kept(recording, LATER) == ["“投诉 投12”尚未办结，须保留", "“案件 城罚3”尚未办结，须保留"]
        with refused(DomainError, "请写明办结情况"):
            keeping.close_matter(captain, hold.matter, note="")
        keeping.close_matter(captain, hold.matter, note="不属实")
        assert questions.why_kept(recording, LATER) == ["“案件 城罚3”尚未办结，须保留"]
        with refused(Conflict, "已经办结"):
            keeping.close_matter(captain, hold.matter, note="再次")
    with refused(NotAllowed, "保全"):
        keeping.place_hold(world.actor("外队长"), recording, kind="case", number="1", reason="想看")


# --- expiry ---


def test_two_persons_and_days_of_grace_before_anything_is_deleted(
    world: World, film: Film, django_capture_on_commit_callbacks: Any
) -> None:
    plain, spared, important, held = film(1), film(2), film(3), film(4)
    keeping.mark_important(world.actor("队员"), important, reason="案件证据")
    keeping.place_hold(world.actor("队长"), held, kind="case", number="城罚3", reason="证据")
    brigade, leader = world.actor("大队长"), world.actor("局长")
    with clock.frozen(clock.at(dt.date(2026, 12, 30), 9)):
        assert list(questions.candidates(brigade)) == []  # the last day it must be kept
    with clock.frozen(clock.at(LATER, 9)):
        brigade, leader = world.actor("大队长"), world.actor("局长")
        assert list(questions.candidates(brigade)) == [plain, spared]
        shown = [plain.pk, spared.pk]
        with refused(DomainError, "请写明理由"):
            expiry.review_expired(brigade, spared={spared.pk: ""}, shown=shown)
        with refused(Conflict, "已有变化"):
            expiry.review_expired(brigade, spared={}, shown=[*shown, held.pk])
        with refused(NotAllowed, "审查到期影像"):
            expiry.review_expired(world.actor("队长"), spared={}, shown=shown)
        made = expiry.review_expired(brigade, spared={spared.pk: "待核实"}, shown=shown)
        assert list(questions.candidates(brigade)) == [spared]
        with refused(NotAllowed, "批准到期影像"):
            expiry.approve_expiry(brigade, made)
        expiry.approve_expiry(leader, made)
        assert expiry.delete_approved() == 0
        assert store.originals().size(plain.sha256) is not None
    with clock.frozen(clock.at(LATER + dt.timedelta(days=7), 9)), django_capture_on_commit_callbacks(execute=True):
        assert expiry.delete_approved() == 1
        assert expiry.delete_approved() == 0
    plain.refresh_from_db()
    made.refresh_from_db()
    assert (plain.deleted_at is not None, made.state, titles(plain)[-1]) == (True, ExpiryList.DONE, "到期删除")
    assert store.originals().size(plain.sha256) is None
    assert [store.originals().size(each.sha256) is not None for each in (spared, important, held)] == [True] * 3
    assert Entry.objects.get(action="evidence.deleted").details["sha256"] == plain.sha256
    with refused(Conflict, "只留记录"):
        viewing.open_viewing(world.actor("队长"), plain, reason="复查情况")


def test_what_is_marked_or_held_during_the_days_of_grace_is_spared(world: World, film: Film) -> None:
    marked, held = film(1), film(2)
    with clock.frozen(clock.at(LATER, 9)):
        made = expiry.review_expired(world.actor("大队长"), spared={}, shown=[marked.pk, held.pk])
        expiry.approve_expiry(world.actor("局长"), made)
        keeping.mark_important(world.actor("队员"), marked, reason="投诉举报")
        keeping.place_hold(world.actor("队长"), held, kind="complaint", number="投1", reason="刚收到投诉")
    with clock.frozen(clock.at(LATER + dt.timedelta(days=8), 9)):
        assert expiry.delete_approved() == 0
    lines = {line.recording_id: line for line in ExpiryLine.objects.all()}
    assert (lines[marked.pk].reason, lines[held.pk].reason) == ("重要资料，长期保存", "“投诉 投1”尚未办结，须保留")
    assert ExpiryList.objects.get().state == ExpiryList.DONE
    assert all(store.originals().size(each.sha256) for each in (marked, held))


def test_a_list_can_be_withdrawn_until_it_is_carried_out(world: World, film: Film) -> None:
    recording = film()
    with clock.frozen(clock.at(LATER, 9)):
        made = expiry.review_expired(world.actor("大队长"), spared={}, shown=[recording.pk])
        expiry.approve_expiry(world.actor("局长"), made)
        with refused(DomainError, "请写明撤回理由"):
            expiry.withdraw_expiry(world.actor("局长"), made, note="")
        expiry.withdraw_expiry(world.actor("局长"), made, note="有疑问")
    with clock.frozen(clock.at(LATER + dt.timedelta(days=30), 9)):
        assert expiry.delete_approved() == 0
        assert list(questions.candidates(world.actor("大队长"))) == [recording]


# --- looking ---


def test_a_look_needs_a_reason_and_stays_in_the_story(world: World, film: Film) -> None:
    recording = film()
    captain = world.actor("队长")
    with refused(DomainError, "请写明观看理由"):
        viewing.open_viewing(captain, recording, reason="看")
    with refused(NotAllowed, "观看本单位影像"):
        viewing.open_viewing(world.actor("装备员"), recording, reason="想看一看")
    look = viewing.open_viewing(captain, recording, reason="投诉核查", matter="投12")
    assert viewing.viewing_for(captain, look.key) == look
    with pytest.raises(NotFound):
        viewing.viewing_for(world.actor("队员"), look.key)
    with clock.frozen(clock.now() + dt.timedelta(hours=5)), pytest.raises(NotAllowed, match="时间已过"):
        viewing.viewing_for(captain, look.key)
    assert titles(recording)[-1] == "观看"
    assert Entry.objects.get(action="evidence.viewed").details == {"reason": "投诉核查", "matter": "投12"}


def test_a_player_gets_its_pieces_and_one_look_is_one_entry(world: World, film: Film) -> None:
    recording = film()
    content = clip(1)
    client = world.client("队长")
    assert client.post(f"/evidence/recordings/{recording.pk}/view/", {"reason": "x"}).status_code == 422
    opened = client.post(f"/evidence/recordings/{recording.pk}/view/", {"reason": "投诉核查", "matter": "投12"})
    page = client.get(opened.headers["Location"]).content.decode()
    assert 'data-watermark="队长"' in page
    source = f"{opened.headers['Location']}content/"

    def piece(asked: str) -> tuple[int, str, bytes]:
        answer = client.get(source, headers={"range": asked} if asked else {})
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        return answer.status_code, answer.headers.get("Content-Range", ""), body

    size = len(content)
    assert piece("") == (200, "", content)
    assert piece("bytes=0-") == (206, f"bytes 0-{size - 1}/{size}", content)
    assert piece("bytes=10-19") == (206, f"bytes 10-19/{size}", content[10:20])
    assert piece("bytes=-5") == (206, f"bytes {size - 5}-{size - 1}/{size}", content[-5:])
    assert piece(f"bytes={size}-") == (416, f"bytes */{size}", b"")
    assert Viewing.objects.count() == 1
    assert Entry.objects.filter(action="evidence.viewed").count() == 1
    assert world.client("队员").get(source).status_code == 404


def test_sound_is_kept_like_film(world: World, film: Film) -> None:
    recording = film(1, name="J-1_20260930083000_0001.wav", content=sound())
    examination.examine(recording)
    recording.refresh_from_db()
    assert (recording.medium, recording.is_cut_off, recording.codec) == (rules.AUDIO, False, "pcm_s16le")
