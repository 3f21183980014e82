"""Films made from originals, copying out, the log of looks: what leaves, who may, what a refusal leaves untouched."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.evidence import rules, selectors
from chengxin.evidence.models import Derivative, Download, ReasonReview, Recording, RecordingStep, Release, Viewing
from chengxin.evidence.selectors import releases as questions
from chengxin.evidence.selectors import reviews as looks
from chengxin.evidence.services import derivatives, examination, releases, reviews, store, viewing
from chengxin.evidence.services.derivatives import ask_clip, ask_playable, make_waiting
from chengxin.evidence.services.releases import ask_release, begin_download, decide_release
from chengxin.evidence.views.pieces import Pieces
from tests.evidence.clips import clip, sound
from tests.evidence.conftest import Film, refusing
from tests.world import World

TODAY = dt.date(2026, 9, 30)
refused = refusing(Derivative, Release, Download, RecordingStep, ReasonReview, Viewing, Entry)
CLIP = {"start": "0:01", "end": "0:03", "reason": "投诉核查"}
OUT = {"recipient": "某某区公安分局", "purpose": "配合调查", "matter": "案 3"}


@pytest.fixture(autouse=True)
def an_evening() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 20)):
        yield


@pytest.fixture
def recording(film: Film) -> Recording:
    return examination.examine(film(content=clip(3, seconds=4)))


def pictures(content: bytes) -> tuple[str, int, float]:
    """Codec, number of pictures and seconds of a film."""
    with av.open(io.BytesIO(content)) as film:
        stream = film.streams.video[0]
        count = sum(1 for _ in film.decode(stream))
        return stream.codec_context.name, count, round(float(film.duration or 0) / av.time_base, 1)


def read(answer: Any) -> bytes:
    """The whole of an answer that streams."""
    assert answer.status_code in {200, 206}
    return b"".join(answer.streaming_content)


def bytes_of(made: Derivative) -> bytes:
    with store.derived().open(made.sha256) as file:
        return file.read()


# --- films made from originals ---


def test_a_clip_is_another_film_and_the_original_stays_what_it_is(world: World, recording: Recording) -> None:
    made = ask_clip(world.actor("队长"), recording, **CLIP)
    assert (made.state, made.start_ms, made.end_ms) == (Derivative.WAITING, 1000, 3000)
    assert ask_clip(world.actor("督察"), recording, **CLIP) == made  # the same stretch is the same clip
    assert (make_waiting(), make_waiting()) == (1, 0)
    made.refresh_from_db()
    assert (made.state, made.trouble) == (Derivative.MADE, "")
    assert pictures(bytes_of(made)) == ("h264", 20, 2.0)
    assert hashlib.sha256(bytes_of(made)).hexdigest() == made.sha256 != recording.sha256
    with store.open_original(recording) as file:
        assert hashlib.sha256(file.read()).hexdigest() == recording.sha256
    assert list(store.incoming().iterdir()) == []
    assert "0:01 至 0:03：投诉核查" in [each.note for each in recording.steps.all()]
    assert Entry.objects.filter(action="evidence.derived").count() == 1


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"start": "一分"}, "start", "分:秒"),
        ({"end": "0:99"}, "end", "分:秒"),
        ({"start": "0:04", "end": "0:05"}, "start", "超出了影像的时长"),
        ({"end": "0:01"}, "end", "晚于开始"),
        ({"start": "0:00", "end": "1:00:01"}, "end", "最长 60 分钟"),
        ({"reason": " "}, "reason", "截取理由"),
    ],
)
def test_a_stretch_that_makes_no_sense_is_refused_at_its_field(
    world: World, recording: Recording, change: dict[str, str], field: str, message: str
) -> None:
    with refused(DomainError, message) as told:
        ask_clip(world.actor("队长"), recording, **{**CLIP, **change})
    assert told.value.field == field


def test_who_cuts_and_what_cannot_be_cut(world: World, recording: Recording, film: Film) -> None:
    for name in ("队员", "外队长", "装备员"):
        with refused(NotAllowed, "截取影像片段"):
            ask_clip(world.actor(name), recording, **CLIP)
    heard = film(7, name="J-1_T008_20260930083500_0007.wav", content=sound(7))
    with refused(DomainError, "只有录像"):
        ask_clip(world.actor("队长"), heard, **CLIP)


def test_what_browsers_do_not_play_is_converted_within_a_look(world: World, film: Film) -> None:
    recording = examination.examine(
        film(content=clip(5, seconds=2, codec="mpeg4", container="avi"), name="J-1_T008_20260930083000_0001.avi")
    )
    client, officer = world.client("队长"), world.actor("队长")
    look = viewing.open_viewing(officer, recording, reason="日常检查")
    page = client.get(f"/evidence/viewings/{look.key}/").content.decode()
    assert "浏览器不能直接播放" in page
    assert "<video" not in page
    assert client.post(f"/evidence/viewings/{look.key}/convert/").status_code == 303
    client.post(f"/evidence/viewings/{look.key}/convert/")  # a second click
    made = Derivative.objects.get()
    assert "正在转换" in client.get(f"/evidence/viewings/{look.key}/").content.decode()
    address = f"/evidence/viewings/{look.key}/derivatives/{made.pk}/"
    assert client.get(address).status_code == 404  # nothing to see yet
    make_waiting()
    made.refresh_from_db()
    page = client.get(f"/evidence/viewings/{look.key}/").content.decode()
    assert f'src="{address}"' in page
    piece = client.get(address, headers={"range": "bytes=4-7"})
    assert (piece.status_code, read(piece)) == (206, b"ftyp")
    assert pictures(bytes_of(made))[:2] == ("h264", 20)
    assert world.client("督察").get(address).status_code == 404  # another's look
    assert Viewing.objects.count() == 1


def test_a_film_that_cannot_be_read_fails_with_its_cause_and_can_be_asked_for_again(world: World, film: Film) -> None:
    recording = film(content=b"RIFF\x00\x10\x00\x00AVI " + bytes(4000), name="J-1_T008_20260930083000_0001.avi")
    look = viewing.open_viewing(world.actor("队长"), recording, reason="日常检查")
    first = ask_playable(world.actor("队长"), look)
    make_waiting()
    first.refresh_from_db()
    assert (first.state, bool(first.trouble)) == (Derivative.FAILED, True)
    assert ask_playable(world.actor("队长"), look) != first
    assert list(store.incoming().iterdir()) == []


def test_a_conversion_that_hangs_is_ended_by_its_deadline(world: World, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: Any, **more: Any) -> Any:
        assert more["timeout"] == derivatives.BASE_S + derivatives.PER_SECOND * 2
        raise subprocess.TimeoutExpired(command, more["timeout"])

    made = ask_clip(world.actor("队长"), recording, **CLIP)
    monkeypatch.setattr(subprocess, "run", hang)
    assert derivatives.make(made).trouble == "时限内没有做完，已中止"


def test_what_was_made_goes_with_its_original(world: World, recording: Recording) -> None:
    from chengxin.evidence.services import expiry

    made = ask_clip(world.actor("队长"), recording, **CLIP)
    make_waiting()
    made.refresh_from_db()
    Recording.objects.filter(pk=recording.pk).update(deleted_at=clock.now())
    assert expiry.remove_remains() == 1
    assert store.derived().size(made.sha256) is None
    assert store.originals().size(recording.sha256) is None


# --- copying out ---


def granted(world: World, recording: Recording, **more: Any) -> Release:
    return decide_release(world.actor("督察"), ask_release(world.actor("队长"), recording, **{**OUT, **more}), granted=True)


def test_nothing_leaves_before_another_grants_it(world: World, recording: Recording) -> None:
    captain, supervisor = world.actor("队长"), world.actor("督察")
    with refused(DomainError, "接收单位"):
        ask_release(captain, recording, **{**OUT, "recipient": " "})
    with refused(DomainError, "用途"):
        ask_release(captain, recording, **{**OUT, "purpose": ""})
    for name in ("队员", "外队长", "装备员"):
        with refused(NotAllowed, "申请拷出"):
            ask_release(world.actor(name), recording, **OUT)
    asked = ask_release(captain, recording, **OUT)
    assert (asked.key, asked.granted) == (None, None)
    assert [each.kind for each in selectors.work_waiting_for(supervisor)].count("evidence.approve_release") == 1
    with refused(NotAllowed, "审批影像拷出"):
        decide_release(world.actor("大队长"), asked, granted=True)
    with refused(DomainError, "不同意的请写明理由"):
        decide_release(supervisor, asked, granted=False)
    own = ask_release(supervisor, recording, **OUT)
    assert own not in questions.to_decide(supervisor)
    with refused(NotAllowed, "自己提出"):
        decide_release(supervisor, own, granted=True)
    release = decide_release(supervisor, asked, granted=True)
    assert release.until == clock.now() + dt.timedelta(hours=72)
    with refused(Conflict, "已经审批"):
        decide_release(world.actor("局长"), release, granted=False, note="晚了")
    turned_down = decide_release(world.actor("局长"), own, granted=False, note="用途不明")
    assert (turned_down.key, turned_down.until) == (None, None)


def test_nobody_grants_the_film_of_oneself(world: World, recording: Recording) -> None:
    Recording.objects.filter(pk=recording.pk).update(person=world.persons["督察"])
    asked = ask_release(world.actor("队长"), recording, **OUT)
    assert questions.to_decide(world.actor("督察")) == []
    with refused(NotAllowed, "自己的影像"):
        decide_release(world.actor("督察"), asked, granted=True)


def test_a_link_is_for_who_asked_for_some_hours_and_some_downloads(world: World, recording: Recording) -> None:
    release, client = granted(world, recording), world.client("队长")
    address = f"/evidence/releases/{release.key}/"
    assert address in client.get("/evidence/releases/").content.decode()
    for name in ("督察", "局长", "队员", "外队长"):
        assert world.client(name).get(address).status_code in {403, 404}, name
    assert world.client().get(address).status_code == 302
    answer = client.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    content = read(answer)
    assert hashlib.sha256(content).hexdigest() == recording.sha256
    rest = client.get(address, headers={"range": f"bytes=100-{recording.size - 1}"})
    assert (rest.status_code, read(rest)) == (206, content[100:])
    assert Download.objects.count() == 1  # the rest of a cut-off one is no other
    for _ in range(2):
        read(client.get(address))
    used_up = client.get(address)
    assert (used_up.status_code, "已经用完" in used_up.content.decode()) == (403, True)
    assert (Download.objects.count(), Entry.objects.filter(action="evidence.downloaded").count()) == (3, 3)
    assert "下载次数已用完" in client.get("/evidence/releases/").content.decode()
    another = granted(world, recording)
    with clock.frozen(clock.at(TODAY, 20) + dt.timedelta(hours=73)), refused(NotAllowed, "已过期"):
        begin_download(world.actor("队长"), another)


def test_the_rest_of_a_download_that_was_never_begun_is_counted(world: World, recording: Recording) -> None:
    release = granted(world, recording)
    begin_download(world.actor("队长"), release, goes_on=True)
    assert release.downloads.count() == 1


def test_more_transfers_than_threads_are_sent_away_and_count_nothing(world: World, recording: Recording) -> None:
    release, client = granted(world, recording), world.client("队长")
    address = f"/evidence/releases/{release.key}/"
    held = [client.get(address), client.get(address)]
    assert client.get(address).status_code == 503
    for answer in held:
        read(answer)
    read(client.get(address))
    assert release.downloads.count() == 3


def test_an_answer_that_is_never_read_lets_go_of_file_and_place(tmp_path: Path) -> None:
    path, ended = tmp_path / "film", []
    path.write_bytes(b"0123456789")
    file = path.open("rb")
    pieces = Pieces(file, 2, 5, lambda: ended.append(True))
    pieces.close()
    pieces.close()
    assert (file.closed, ended) == (True, [True])
    with path.open("rb") as again:
        assert b"".join(Pieces(again, 2, 5)) == b"23456"


def test_a_clip_is_copied_out_and_only_a_made_one(world: World, recording: Recording, film: Film) -> None:
    made = ask_clip(world.actor("队长"), recording, **CLIP)
    with refused(DomainError, "已制作好的片段"):
        ask_release(world.actor("队长"), recording, clip=made, **OUT)
    make_waiting()
    made.refresh_from_db()
    other = film(9)
    with refused(DomainError, "已制作好的片段"):
        ask_release(world.actor("队长"), other, clip=made, **OUT)
    client = world.client("队长")
    page = client.get(f"/evidence/recordings/{recording.pk}/").content.decode()
    assert f"{made.number} 0:01–0:03" in page
    posted = client.post(f"/evidence/recordings/{recording.pk}/release/", {**OUT, "clip": str(made.pk)})
    assert posted.status_code == 303
    release = decide_release(world.actor("局长"), Release.objects.get(), granted=True)
    answer = client.get(f"/evidence/releases/{release.key}/")
    assert read(answer) == bytes_of(made)
    bad = client.post(f"/evidence/recordings/{recording.pk}/release/", {**OUT, "recipient": "", "clip": ""})
    assert (bad.status_code, "请填写“接收单位或人员”" in bad.content.decode(), "配合调查" in bad.content.decode()) == (422, True, True)


def test_the_decision_page_keeps_what_was_typed(world: World, recording: Recording) -> None:
    asked, client = ask_release(world.actor("队长"), recording, **OUT), world.client("督察")
    address = f"/evidence/releases/{asked.pk}/decide/"
    refusal = client.post(address, {"granted": "no", "note": ""})
    assert (refusal.status_code, "不同意的请写明理由" in refusal.content.decode()) == (422, True)
    assert world.client("队长").post(address, {"granted": "yes"}).status_code == 403
    assert client.post(address, {"granted": "yes", "note": ""}).status_code == 303
    assert client.post(address, {"granted": "yes", "note": ""}).status_code == 422  # a second click
    assert Release.objects.get().decided_label == world.actor("督察").label


# --- the log of looks, and its review ---


def test_the_log_of_looks_is_for_those_who_read_it(world: World, recording: Recording) -> None:
    viewing.open_viewing(world.actor("队长"), recording, reason="投诉核查", matter="投 12")
    page = world.client("审计员").get("/evidence/access/").content.decode()
    assert "投诉核查" in page
    assert "/evidence/reasons/" not in page
    assert "/evidence/reasons/" in world.client("督察").get("/evidence/access/").content.decode()
    assert "投诉核查" not in world.client("督察").get("/evidence/access/?who=张三").content.decode()
    exported = world.client("督察").get("/evidence/access/?export=csv").content.decode()
    assert recording.number in exported
    assert world.client("队长").get("/evidence/access/").status_code == 403


def test_reasons_are_drawn_by_unit_and_judged_by_another_unit(world: World, recording: Recording) -> None:
    supervisor, leader, month = world.actor("督察"), world.actor("局长"), TODAY.replace(day=1)
    look = viewing.open_viewing(world.actor("队长"), recording, reason="投诉核查")
    of_the_office = viewing.open_viewing(supervisor, recording, reason="日常督查")
    viewing.open_viewing(world.actor("队员"), recording, reason="看看自己")
    with refused(DomainError, "还没有结束"):
        reviews.freeze_reasons(supervisor, month)
    with clock.frozen(clock.at(dt.date(2026, 10, 9), 9)):
        with refused(NotAllowed, "抽查调阅理由"):
            reviews.freeze_reasons(world.actor("队长"), month)
        draw = reviews.cast_reasons(supervisor, reviews.freeze_reasons(supervisor, month), public="六 三")
        assert [row[:2] for row in draw.frame] == [[f"阅{look.pk:07d}", "一中队"], [f"阅{of_the_office.pk:07d}", "督察办"]]
        first, second = (looks.reason_review_for(leader, each.pk) for each in looks.reason_reviews_of(draw))
        with refused(NotAllowed, "本人或本单位"):
            reviews.record_reason(supervisor, second, outcome="sound")
        with refused(NotAllowed, "本人或本单位"):
            reviews.record_reason(world.actor("督察乙"), second, outcome="sound")
        with refused(DomainError, "为什么理由不成立"):
            reviews.record_reason(supervisor, first, outcome="unsound")
        with refused(DomainError, "请选择结果"):
            reviews.record_reason(supervisor, first, outcome="perhaps")
        client = world.client("督察")
        assert client.get("/evidence/reasons/").status_code == 200
        assert "投诉核查" in client.get("/evidence/reasons/2026/9/").content.decode()
        assert client.get("/evidence/reasons/2026/9/file/").json()["key"] == "evidence.reasons:2026-09"
        answer = client.post(f"/evidence/reasons/one/{first.pk}/", {"outcome": "unsound", "note": "没有对应的投诉"})
        assert answer.status_code == 303
        with refused(Conflict, "已经审查"):
            reviews.record_reason(leader, first, outcome="sound")
        reviews.record_reason(leader, second, outcome="sound")
    story = [each.note for each in recording.steps.filter(title="抽查调阅理由")]
    assert story[0].endswith("理由不成立 没有对应的投诉")
    assert Entry.objects.filter(action="evidence.reason_reviewed").count() == 2


def test_a_link_nobody_asked_for_is_not_found(world: World, recording: Recording) -> None:
    import uuid

    with pytest.raises(NotFound):
        releases.release_by_key(world.actor("队长"), uuid.uuid4())
    assert rules.stretch("1:00:00", "1:05：30", None, 60) == (3_600_000, 3_930_000)
