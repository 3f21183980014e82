"""What a dock gets for a recording: signed, and only after it may a device be erased (2.2.3)."""

from __future__ import annotations

import json
from typing import Any

from chengxin.audit import signing
from chengxin.core import clock
from chengxin.evidence.models import Recording


def receipt_of(recording: Recording) -> dict[str, Any]:
    """The content of a receipt with its Ed25519 signature over the canonical JSON (sorted keys, no spaces, UTF-8)."""
    content = {
        "recording": recording.number, "station": recording.station, "local_id": recording.local_id, "size": recording.size,
        "sha256": recording.sha256, "part_size": recording.part_size, "part_sha256": recording.parts,
        "ingested_at": recording.ingested_at.astimezone(clock.SHANGHAI).isoformat(),
    }  # fmt: skip
    return {"content": content, "algorithm": "ed25519", "key": signing.public_key(), "signature": signing.sign(canonical(content))}


def canonical(content: Any) -> bytes:
    """The one text of a JSON value that is signed."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
