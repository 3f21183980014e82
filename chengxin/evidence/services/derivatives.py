"""Films made from originals: one that browsers play, or a clip. Originals are only read (2.2.3)."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import DomainError
from chengxin.evidence import rules
from chengxin.evidence.models import Derivative, Recording, Viewing
from chengxin.evidence.selectors import coverage
from chengxin.evidence.services import store
from chengxin.evidence.services.keeping import lock, step
from chengxin.ui.jinja import duration
from chengxin.ui.queue import enqueue

JOB = "evidence.make_derivatives"
AT_ONCE_S = 240  # how long one run of the job begins new ones
BASE_S, PER_SECOND = 60, 6  # the child's deadline: so much, and so many seconds a second of film


@transaction.atomic
def ask_playable(actor: Actor, viewing: Viewing) -> Derivative:
    """Within a look: have the film made playable. Asking again gives the same one."""
    require(actor, "evidence.view_own")
    recording = lock(viewing.recording)
    if recording.medium != rules.VIDEO:
        raise DomainError("no_film", "只有录像可以转换。")
    return _ask(actor, recording, Derivative.PLAYABLE, "转换格式")


@transaction.atomic
def ask_clip(actor: Actor, recording: Recording, *, start: str, end: str, reason: str) -> Derivative:
    """Have a stretch cut out. ``start`` and ``end`` as minutes and seconds ("1:05") or hours, minutes and seconds of the film.

    Raises DomainError (field "start", "end" or "reason").
    """
    require(actor, "evidence.clip", unit_id=recording.unit_id)
    recording = lock(recording)
    if recording.medium != rules.VIDEO:
        raise DomainError("no_film", "只有录像可以截取片段。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明截取理由。", field="reason")
    most = coverage.keeping_on(clock.today())["clip_minutes"]
    start_ms, end_ms = rules.stretch(start, end, recording.duration_ms, most)
    return _ask(actor, recording, Derivative.CLIP, "截取片段", start_ms=start_ms, end_ms=end_ms, reason=reason.strip())


def _ask(actor: Actor, recording: Recording, kind: str, title: str, **stretch: Any) -> Derivative:
    same = {name: value for name, value in stretch.items() if name != "reason"}
    found = recording.derivatives.standing().filter(kind=kind, **same).first()
    if found is not None:
        return found
    made = Derivative.objects.create(recording=recording, kind=kind, asked_label=actor.label, asked_at=clock.now(), **stretch)
    note = f"{duration(made.start_ms)} 至 {duration(made.end_ms)}：{made.reason}" if made.end_ms else ""
    step(actor, recording, title, note)
    record(actor, "evidence.derived", f"recording:{recording.pk}", unit_id=recording.unit_id, details={"kind": kind, **stretch})
    enqueue(JOB)
    return made


def make_waiting() -> int:
    """Make what waits, the oldest first, for a few minutes; how many were tried."""
    until, done = time.monotonic() + AT_ONCE_S, 0
    while time.monotonic() < until:
        waiting = Derivative.objects.filter(state=Derivative.WAITING).select_related("recording").order_by("pk").first()
        if waiting is None:
            break
        make(waiting)
        done += 1
    return done


def make(derivative: Derivative) -> Derivative:
    """Make one in a child process with a deadline, keep it by its digest. A failure is kept with its cause and can be asked anew."""
    draft = store.incoming() / f"copy-{secrets.token_hex(8)}"
    try:
        with store.at_hand(derivative.recording) as path:
            found = _convert(path, draft, derivative)
        if not found.get("trouble"):
            digests = store.digests_of(draft)
            store.derived().keep([(draft, digests.sha256)])
            derivative.sha256, derivative.size = digests.sha256, digests.size
    except FileNotFoundError:
        found = {"trouble": "原文件不在存放位置"}
    finally:
        draft.unlink(missing_ok=True)
    derivative.trouble = found.get("trouble", "")
    derivative.state = Derivative.FAILED if derivative.trouble else Derivative.MADE
    derivative.made_at = clock.now()
    derivative.save()
    return derivative


def _convert(source: Path, target: Path, derivative: Derivative) -> dict[str, str]:
    command = [sys.executable, "-m", "chengxin.evidence.services.convert", str(source), str(target)]
    seconds = ((derivative.end_ms or derivative.recording.duration_ms or 3_600_000) - derivative.start_ms) / 1000
    try:
        done = subprocess.run(
            [*command, str(derivative.start_ms), str(derivative.end_ms or 0)], capture_output=True, check=False,
            timeout=BASE_S + PER_SECOND * seconds,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"trouble": "时限内没有做完，已中止"}
    if done.returncode != 0:
        return {"trouble": "转换时程序异常退出"}
    found: dict[str, str] = json.loads(done.stdout)
    return found
