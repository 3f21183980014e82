"""A transcript made on this machine, without any network, where ``chengxin[speech]`` is installed. It only nominates (2.3.2)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.conduct import rules, selectors
from chengxin.conduct.models import Transcript, TranscriptWish
from chengxin.conduct.services.sheets import require_reviewer
from chengxin.conduct.services.speech_model import model_folder
from chengxin.conduct.services.transcripts import keep_transcript
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.core.errors import DomainError
from chengxin.evidence.models import Recording
from chengxin.evidence.services import store
from chengxin.ui.queue import enqueue

JOB = "conduct.make_transcripts"
LIBRARY = "faster_whisper"
AT_ONCE_S = 300
BASE_S, PER_SECOND = 120, 4  # of a child's deadline: to load the model, and for each second of the recording


def why_not_here() -> str:
    """Why this machine makes no transcripts, or ""."""
    if importlib.util.find_spec(LIBRARY) is None:
        return "本机没有安装语音转写（chengxin[speech]），请导入文字稿，或请系统管理员安装。"
    if model_folder() is None:
        return "没有语音模型，或 CHENGXIN_SPEECH_MODEL 所指的目录不存在；请导入文字稿，或请系统管理员安装 chengxin[speech]。"
    return ""


@transaction.atomic
def ask_transcript(actor: Actor, recording: Recording, *, scene: str = "") -> TranscriptWish:
    """Have a transcript made. One that waits already is enough. Raises DomainError where this machine makes none."""
    require_reviewer(actor, recording)
    why_not = why_not_here()
    if why_not:
        raise DomainError("no_speech", why_not)
    if scene and scene not in rules.SCENES:
        raise DomainError("bad_scene", "请从列表中选择场景。", field="scene")
    waiting = TranscriptWish.objects.filter(recording=recording, state=TranscriptWish.WAITING).first()
    if waiting is not None:
        return waiting
    try:
        with transaction.atomic():
            made = TranscriptWish.objects.create(
                recording=recording, scene=scene, asked_by=actor.named_user, asked_label=actor.label, asked_at=clock.now()
            )
    except IntegrityError:
        return TranscriptWish.objects.get(recording=recording, state=TranscriptWish.WAITING)
    record(actor, "conduct.transcript_asked", f"recording:{recording.pk}", unit_id=recording.unit_id, person_id=recording.person_id)
    enqueue(JOB)
    return made


def make_waiting() -> int:
    """Make what waits, the oldest first, for a few minutes; how many were tried."""
    until, done = time.monotonic() + AT_ONCE_S, 0
    while time.monotonic() < until and not why_not_here():
        wish = TranscriptWish.objects.filter(state=TranscriptWish.WAITING).select_related("recording").order_by("pk").first()
        if wish is None:
            break
        make(wish)
        done += 1
    return done


def make(wish: TranscriptWish) -> TranscriptWish:
    """Make one in a child process with a deadline. A failure is kept with its cause and can be asked anew."""
    try:
        with store.at_hand(wish.recording) as path:
            found = _heard(path, wish.recording)
    except FileNotFoundError:
        found = {"trouble": "原文件不在存放位置"}
    with transaction.atomic():
        if not found.get("trouble"):
            found = _keep(wish, found)
        wish.trouble = found.get("trouble", "")[:200]
        wish.state = TranscriptWish.FAILED if wish.trouble else TranscriptWish.MADE
        wish.ended_at = clock.now()
        wish.save()
    return wish


def _keep(wish: TranscriptWish, found: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(found, ensure_ascii=False).encode()
    file = SimpleUploadedFile("本机转写.json", content, content_type="application/json")
    actor = system_actor(f"本机转写（{wish.asked_label}提出）")
    try:
        with transaction.atomic():
            wish.transcript = keep_transcript(actor, wish.recording, file, scene=wish.scene, origin=Transcript.MADE)
    except DomainError as error:
        return {"trouble": error.message}
    return found


def _heard(path: Path, recording: Recording) -> dict[str, Any]:
    policy = selectors.conduct_policy_at(clock.local_day(recording.started_at))
    words = " ".join(sorted({phrase.text for phrase in policy.phrases()}))
    # by its path and not as a module: the package beside it would bring the whole site along
    program = Path(__file__).with_name("listening.py")
    command = [sys.executable, str(program), str(path), str(model_folder()), words]
    seconds = (recording.duration_ms or 3_600_000) / 1000
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=BASE_S + PER_SECOND * seconds)
    except subprocess.TimeoutExpired:
        return {"trouble": "时限内没有做完，已中止"}
    if done.returncode != 0:
        return {"trouble": "转写时程序异常退出"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found
