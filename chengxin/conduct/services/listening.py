"""Hears a recording in a process of its own: ``python listening.py FILE MODEL WORDS``.

Prints {"segments": [{"start", "end", "text"}, …]} or {"trouble": …}. It imports nothing of the site, and asks no network for a model.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

MEMORY = 6 * 1024**3  # bytes of address space: the model and its work


def hear(path: str, model: str, words: str) -> list[dict[str, Any]]:
    """What is said, in segments. ``words`` are told to the model as a list: a sentence would be heard where nobody said it."""
    from faster_whisper import WhisperModel  # an optional part of the installation

    ready = WhisperModel(model, device="cpu", compute_type="int8", local_files_only=True)
    segments, _ = ready.transcribe(path, language="zh", vad_filter=True, hotwords=words or None)
    return [{"start": float(each.start), "end": float(each.end), "text": str(each.text)} for each in segments]


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found: dict[str, Any] = {"segments": hear(*sys.argv[1:4])}
    except Exception as error:  # whatever the model's library raises is told to who asked
        found = {"trouble": f"{type(error).__name__}：{error}"[:150]}
    sys.stdout.write(json.dumps(found, ensure_ascii=True))


if __name__ == "__main__":
    main()
