"""Transcripts made on this machine: refused plainly where nothing is installed, heard in a process of its own where it is (2.3.2)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.conduct import services
from chengxin.conduct.models import Transcript, TranscriptWish, WatchMoment
from chengxin.conduct.services import speech, speech_model
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.evidence.models import Review
from tests.conduct.conftest import marks
from tests.evidence.conftest import refusing
from tests.world import World

refused = refusing(TranscriptWish, Transcript, Entry)

STAND_IN = """class Segment:
    def __init__(self, start, end, text):
        self.start, self.end, self.text = start, end, text

class WhisperModel:
    def __init__(self, model, **options):
        assert options["local_files_only"]
    def transcribe(self, path, *, language, vad_filter, hotwords):
        assert open(path, "rb").read(1) and language == "zh" and "您好" in hotwords
        {body}
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """A stand-in for the library and a folder for its model."""

    def install(body: str = 'return iter([Segment(0.0, 0.4, "您好"), Segment(0.4, 0.9, "少废话")]), None') -> None:
        (tmp_path / "library").mkdir(exist_ok=True)
        (tmp_path / "library" / "faster_whisper.py").write_text(STAND_IN.format(body=body), encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path / "library"))
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'library'}:{Path(__file__).resolve().parents[2]}")
        monkeypatch.delitem(sys.modules, "faster_whisper", raising=False)
        settings.SPEECH_MODEL = str(tmp_path)

    return install


def test_where_nothing_is_installed_it_is_said_and_nothing_waits(
    world: World, drawn: list[Review], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "LIBRARY", "no_such_library")
    with refused(DomainError, "没有安装语音转写"):
        services.ask_transcript(world.actor("督察"), drawn[0].recording)
    assert speech.make_waiting() == 0
    client, address = world.client("督察"), f"/conduct/reviews/{drawn[0].pk}/"
    client.post(address, {"do": "look"})
    given = {f"points_{code}": points for code, points in marks().items()}
    answer = client.post(address, {**given, "do": "transcribe"})
    assert (answer.status_code, "没有安装语音转写" in answer.content.decode()) == (422, True)


def test_without_a_model_it_is_said_too(world: World, drawn: list[Review], installed: Any, settings: Any) -> None:
    installed()
    settings.SPEECH_MODEL = ""
    with refused(DomainError, "CHENGXIN_SPEECH_MODEL"):
        services.ask_transcript(world.actor("督察"), drawn[0].recording)


def test_a_recording_is_heard_and_its_moments_nominated(world: World, drawn: list[Review], installed: Any) -> None:
    installed()
    actor, recording = world.actor("督察"), drawn[0].recording
    wish = services.ask_transcript(actor, recording, scene="service")
    assert services.ask_transcript(actor, recording, scene="service") == wish
    assert Entry.objects.filter(action="conduct.transcript_asked").count() == 1
    with refused(NotAllowed, "权限"):
        services.ask_transcript(world.actor("队长"), recording)
    assert speech.make_waiting() == 1
    wish.refresh_from_db()
    assert (wish.state, wish.trouble) == ("made", "")
    made = Transcript.objects.get()
    assert (made.origin, made.imported_by, made.imported_label, made.format) == ("made", None, "本机转写（督察提出）", "json")
    assert WatchMoment.objects.get(kind="prohibited").phrase == "少废话"


@pytest.mark.parametrize(
    ("body", "message"),
    [('raise RuntimeError("no model")', "no model"), ("return iter([]), None", "没有内容"), ("import os; os._exit(3)", "异常退出")],
)
def test_what_goes_wrong_is_told_and_may_be_asked_anew(
    world: World, drawn: list[Review], installed: Any, body: str, message: str
) -> None:  # fmt: skip
    installed(body)
    wish = services.ask_transcript(world.actor("督察"), drawn[0].recording)
    speech.make_waiting()
    wish.refresh_from_db()
    assert (wish.state, message in wish.trouble, Transcript.objects.count()) == ("failed", True, 0)
    assert services.ask_transcript(world.actor("督察"), drawn[0].recording) != wish


def test_a_model_that_comes_in_two_wheels_is_put_together_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    for number, name in enumerate(speech_model.WHEELS, start=1):
        data = tmp_path / name / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("", encoding="ascii")
        (data / f"model.bin.part{number}").write_bytes(bytes([number]) * 3)
    (tmp_path / speech_model.WHEELS[1] / "data" / "config.json").write_text("{}", encoding="ascii")
    settings.SPEECH_MODEL = ""
    assert speech_model.model_folder() is None
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = speech_model.model_folder()
    assert folder is not None
    assert (folder / "model.bin").read_bytes() == b"\1\1\1\2\2\2"
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.bin"]
    written = (folder / "model.bin").stat().st_mtime_ns
    assert speech_model.model_folder() == folder
    assert (folder / "model.bin").stat().st_mtime_ns == written
    assert [each.name for each in folder.parent.iterdir() if "speech-model" in each.name] == ["speech-model"]


def test_a_named_folder_that_is_not_there_is_no_model(tmp_path: Path, settings: Any) -> None:
    settings.SPEECH_MODEL = str(tmp_path / "nowhere")
    assert speech_model.model_folder() is None
