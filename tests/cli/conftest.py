"""The command line as people call it: a process of its own with its own data directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHENGXIN", "DJANGO"))}
    return {**kept, "CHENGXIN_DATA": str(data), "CHENGXIN_PG_FSYNC": "off"}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for all commands of this session: setting one up takes seconds."""
    return tmp_path_factory.mktemp("cli") / "data"


@pytest.fixture
def chengxin(data: Path) -> Run:
    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [sys.executable, "-m", "chengxin", *arguments],
            capture_output=True, text=True, check=False, env=environment(data), timeout=180, **options,
        )  # fmt: skip

    return run
