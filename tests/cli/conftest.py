"""The command line as people call it: a process of its own with its own data directory."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHENGXIN", "DJANGO"))}
    return {**kept, "CHENGXIN_DATA": str(data), "CHENGXIN_PG_FSYNC": "off"}


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A data directory with all tables and nothing in them, and no server any more; one for all workers."""
    base = tmp_path_factory.getbasetemp()
    place = (base if worker_id == "master" else base.parent) / "migrated"
    with (place.parent / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            draft = place.with_name("draft")
            command = [sys.executable, "-m", "chengxin", "django", "migrate", "-v", "0"]
            subprocess.run(command, env=environment(draft), check=True, timeout=400)
            until = time.monotonic() + 30
            while list(draft.rglob("postmaster.pid")) and time.monotonic() < until:
                time.sleep(0.1)
            draft.rename(place)
    return place


@contextmanager
def copied(migrated: Path, made: Path) -> Iterator[Path]:
    """A copy of it. For root the database lies elsewhere, where the account it runs as may go."""
    place = migrated / "postgres"
    subprocess.run(["cp", "-a", str(migrated), str(made)], check=True)
    if not place.is_symlink():
        yield made
        return
    elsewhere = place.resolve().with_name(f"{place.resolve().name}-{uuid.uuid4().hex[:8]}")
    subprocess.run(["cp", "-a", str(place.resolve()), str(elsewhere)], check=True)
    (made / "postgres").unlink()
    (made / "postgres").symlink_to(elsewhere)
    yield made
    shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.fixture(scope="session")
def data(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data directory for all commands of this session: setting one up takes seconds."""
    with copied(migrated, tmp_path_factory.mktemp("cli") / "data") as made:
        yield made


@pytest.fixture
def chengxin(data: Path) -> Run:
    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [sys.executable, "-m", "chengxin", *arguments],
            capture_output=True, text=True, check=False, env=environment(data), timeout=180, **options,
        )  # fmt: skip

    return run
