"""保管报告: everything that is known of one recording, signed, for people and courts outside the house (2.2.3).

The signed JSON is the report; Word and PDF show the same for reading. ``static/evidence/verify_custody.py`` checks it without us.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction

from chengxin.audit import signing
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.evidence.models import PART_BYTES, Recording
from chengxin.evidence.selectors.custody import custody_of
from chengxin.evidence.services import store
from chengxin.evidence.services.keeping import step
from chengxin.evidence.services.receipts import canonical

KIND = "chengxin-custody-report-1"
STEP = "出具保管报告"
MISSING, UNREADABLE = "missing", "unreadable"
VERIFIER = Path(__file__).parents[1] / "static" / "evidence" / "verify_custody.py"


@dataclass(frozen=True)
class Report:
    """One report: what it says, the signed JSON that is kept of it outside, and a name for its files."""

    content: dict[str, Any]
    key: str
    signature: str
    stem: str

    @property
    def number(self) -> str:
        return str(self.content["report"]["number"])

    @cached_property
    def signed(self) -> bytes:
        """The file that was issued, byte for byte: canonical JSON, so that the signed text stands in it literally."""
        names = {"content": self.content, "algorithm": "ed25519", "digest": "sha-256", "key": self.key, "signature": self.signature}
        return canonical(names)


def make_report(actor: Actor, recording: Recording, *, extra: Mapping[str, list[dict[str, Any]]] | None = None) -> Report:
    """Read the original anew and write down what is known of it. What does not match is said, not hidden.

    A named person answers for a report. Reading comes before the transaction: a long film must not keep one open.
    """
    require(actor, "evidence.report", unit_id=recording.unit_id)
    _ = actor.named_user  # refuses jobs and devices
    found = _verified(recording)
    with transaction.atomic():
        return _written(actor, recording, found, extra)


def _written(
    actor: Actor, recording: Recording, found: dict[str, Any], extra: Mapping[str, list[dict[str, Any]]] | None
) -> Report:  # fmt: skip
    together = Recording.objects.select_related("person", "unit", "device", "shift").select_for_update(of=("self",))
    recording = together.get(pk=recording.pk)  # locked: reports of one recording are numbered one after another
    count = recording.steps.filter(title=STEP).count() + 1
    number = f"{recording.number}保{count}号"
    step(actor, recording, STEP, f"{number}：{found['statement']}")
    made = {"number": number, "made_at": _moment(clock.now()), "made_by": actor.label}
    content = {"kind": KIND, "report": made, "verification": found, **custody_of(recording, extra=extra)}
    text = canonical(content)
    record(
        actor, "evidence.reported", f"recording:{recording.pk}", unit_id=recording.unit_id, person_id=recording.person_id,
        details={"number": number, "sha256": sha256(text).hexdigest(), "matches": found["matches"]},
    )  # fmt: skip
    return Report(content, signing.public_key(), signing.sign(text), f"custody-{recording.pk:07d}-{count}")


def _moment(value: dt.datetime) -> str:
    return value.astimezone(clock.SHANGHAI).isoformat()


# --- the original as it lies there now ---


def _verified(recording: Recording) -> dict[str, Any]:
    """Read the original to its end: whether its digest is still the one it came with, and if not, which parts are others."""
    try:
        with store.open_original(recording) as file:
            found = store.read_back(file)
    except FileNotFoundError:
        is_kept = Recording.objects.all().kept().filter(pk=recording.pk).exists()  # as it is now: it may have gone meanwhile
        why = "原件不在存放位置" if is_kept else "原件已按程序到期删除"
        return _verdict(MISSING, f"{why}，无法重读核对")
    except OSError:
        return _verdict(UNREADABLE, "原件未能读完，无法核对")
    if found.sha256 == recording.sha256:
        return _verdict(True, f"已重读原件全部 {found.size} 字节，SHA-256 与入库时一致", found)
    parts = _other_parts(bytes(recording.part_digests), found.parts) if recording.part_size == PART_BYTES else []
    where = f"，第{'、'.join(map(str, parts[:10]))}{'等' if len(parts) > 10 else ''}段不同" if parts else ""
    return _verdict(False, f"已重读原件全部 {found.size} 字节，SHA-256 与入库时不一致{where}", found, parts)


def _verdict(matches: bool | str, statement: str, found: store.Digests | None = None, parts: Sequence[int] = ()) -> dict[str, Any]:
    now = clock.now()
    return {
        "verified_at": _moment(now), "matches": matches, "sha256": found.sha256 if found else None, "size": found.size if found else None,
        "differing_parts": list(parts), "statement": f"{now:%Y-%m-%d %H:%M:%S} {statement}",
    }  # fmt: skip


def _other_parts(kept: bytes, found: bytes) -> list[int]:
    """Which parts, from 1, have another digest."""
    return [at // 32 + 1 for at in range(0, max(len(kept), len(found)), 32) if kept[at : at + 32] != found[at : at + 32]]
