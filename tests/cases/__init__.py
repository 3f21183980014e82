"""Cases in Chinese as the bureau would tell them; ``cases("due")`` reads tests/cases/due.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded
