"""What a kept recording is like: looked at after it is safe, in a process of its own with a deadline (2.2.3)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from chengxin.core import clock
from chengxin.evidence import rules
from chengxin.evidence.models import Recording, RecordingStep
from chengxin.evidence.selectors import sources
from chengxin.evidence.services import store
from chengxin.evidence.services.ingest import retention

DEADLINE_S = 60
AT_ONCE_S = 240  # how long one run of the job goes on


def picture_of(recording: Recording) -> Path:
    """Where the still picture of a film lies, if there is one."""
    folder: Path = settings.FOOTAGE_DIR / "pictures" / recording.sha256[:2]
    return folder / f"{recording.sha256}.jpg"


def examine_waiting() -> int:
    """Look at recordings nobody has looked at yet, the oldest first, for a few minutes; how many."""
    until, done = time.monotonic() + AT_ONCE_S, 0
    while time.monotonic() < until:
        recording = Recording.objects.all().kept().filter(examined_at=None).order_by("pk").first()
        if recording is None:
            break
        examine(recording)
        done += 1
    return done


def examine(recording: Recording) -> Recording:
    """Keep duration, codec, size of the picture, whether it is cut off, and the SM3 digest. A length that was not known makes
    the end known; whose it is and until when it is kept are then computed anew, unless a person has said whose it is.
    """
    try:
        with store.at_hand(recording) as path, path.open("rb") as file:
            is_cut_off = recording.medium == rules.VIDEO and rules.is_cut_off(file, recording.size)
            sm3 = _sm3(file)
            found = _probe(path, picture_of(recording))
    except FileNotFoundError:
        is_cut_off, sm3, found = False, "", {"trouble": "原文件不在存放位置"}
    return _keep(recording, found, sm3, is_cut_off=is_cut_off)


def _sm3(file: Any) -> str:
    if "sm3" not in hashlib.algorithms_available:
        return ""
    file.seek(0)
    return hashlib.file_digest(file, "sm3").hexdigest()


def _probe(path: Path, picture: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "chengxin.evidence.services.probe", str(path), str(picture)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=DEADLINE_S, check=False)
    except subprocess.TimeoutExpired:
        return {"trouble": f"{DEADLINE_S} 秒内没有读完，已中止"}
    if done.returncode != 0:
        return {"trouble": "读取时程序异常退出"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@transaction.atomic
def _keep(recording: Recording, found: dict[str, Any], sm3: str, *, is_cut_off: bool) -> Recording:
    recording = Recording.objects.select_for_update().get(pk=recording.pk)
    recording.examined_at, recording.sm3, recording.is_cut_off = clock.now(), sm3, is_cut_off
    recording.duration_ms, recording.codec = found.get("duration_ms"), found.get("codec", "")
    recording.width, recording.height, recording.trouble = found.get("width"), found.get("height"), found.get("trouble", "")
    if recording.duration_ms and recording.ended_at == recording.started_at and recording.is_time_known:
        recording.ended_at = recording.started_at + dt.timedelta(milliseconds=recording.duration_ms)
        recording.kept_through, recording.deletable_from, recording.rule_version = retention(recording.ended_at, recording.ingested_at, {})
        if recording.attributed_by is None:
            set_attribution(recording, sources.attribution_of(recording, clock.now()))
    recording.save()
    what = "截断" if is_cut_off else recording.trouble or "完好"
    RecordingStep.objects.create(recording=recording, at=clock.now(), by_label="系统", title="检查内容", note=what)
    return recording


def set_attribution(recording: Recording, found: sources.Found) -> None:
    """Write what the facts say of whose it is; the caller saves."""
    holding = found.attribution.holding
    recording.attribution, recording.attribution_note = found.attribution.state, found.attribution.reason
    recording.device_id, recording.shift_id = found.device_id, found.shift_id
    recording.unit_id = found.unit_id or recording.unit_id
    recording.custody_id, recording.person_id = (holding.custody, holding.person) if holding else (None, None)
