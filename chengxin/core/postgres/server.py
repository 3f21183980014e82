"""Start, share and stop the embedded server. Linux only (it reads /proc)."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from chengxin.core.postgres.account import Account, binaries, place_of_data
from chengxin.core.postgres.target import SOCKET_NAME, DatabaseTarget, socket_directory

OLDEST_VERSION = 150000
TELL_EVERY_S = 3.0
STRAY_PATIENCE_S = 5.0
CONFIGURATION = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "pglz",
    "random_page_cost": "1.1",
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "jit": "off",
}


class ServerFailed(RuntimeError):
    """The server did not come up; the message holds the end of its log."""


class EmbeddedServer:
    """A share in the one server of a data directory: started by whoever comes first, stopped after the last."""

    def __init__(self, data: Path) -> None:
        self.account = Account()
        self.named = data
        self.socket_dir = socket_directory(data)
        self.locks = data.parent
        self.log = data.with_name("postgres.log")
        self._share: IO[str] | None = None

    def start(self) -> EmbeddedServer:
        """Take a share; returns once the server answers. Raises ServerFailed with the end of the log."""
        self.locks.mkdir(parents=True, exist_ok=True)
        with self._guard():
            self._share = _open_lock(self.locks / "users.lock")
            fcntl.flock(self._share, fcntl.LOCK_SH)
            self._prepare()
            if self.postmaster() is None:
                self._launch()
            self._ensure_watcher()
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._release()
            raise
        return self

    def revive(self) -> bool:
        """Start the server again if its postmaster is gone although it is in use; whether that was so. For holders of a share."""
        if self.postmaster() is not None:
            return False
        with self._guard():
            if self.postmaster() is None:
                self._launch()
            self._ensure_watcher()
        self._wait_until_it_answers()
        return True

    def close(self) -> None:
        """Give the share back; the last one out stops the server before this returns."""
        self._release()
        self.stop_unless_used()

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def postmaster(self) -> int | None:
        """The pid of the running server: the one in its pid file, if that process really works in the data directory."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")[0])
        except (OSError, ValueError):
            return None
        return pid if _works_in(pid, self.data) else None

    def stop_unless_used(self, *, and_then: Callable[[], None] | None = None) -> bool:
        """Stop the server if nobody holds a share. ``and_then`` runs before anybody else may start it again."""
        with self._guard():
            if self._in_use():
                return False
            if self.postmaster() is not None:
                self._run("pg_ctl", "-D", self.data, "-w", "-t", "600", "-m", "fast", "stop")
            if and_then is not None:
                and_then()
            return True

    @property
    def data(self) -> Path:
        return place_of_data(self.named, self.account)

    @property
    def programs(self) -> Path:
        return binaries(self.account)

    def wait_for_last_user(self) -> None:
        """Return when no process holds a share (the lock is given back at once)."""
        with _open_lock(self.locks / "users.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """One starter or stopper at a time."""
        with _open_lock(self.locks / "guard.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _release(self) -> None:
        if self._share is not None:
            self._share.close()
            self._share = None

    def _in_use(self) -> bool:
        with _open_lock(self.locks / "users.lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _prepare(self) -> None:
        self.account.own(self.data)
        self.account.own(self.socket_dir)
        if (self.data / "PG_VERSION").exists():
            return
        for leftover in self.data.iterdir():  # an initdb that was cut short
            subprocess.run(["rm", "-rf", "--", str(leftover)], check=True)
        made = self._run(
            "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
        )  # fmt: skip
        if made.returncode != 0:
            raise ServerFailed(f"数据库初始化失败：{made.stderr.strip()}")

    def _launch(self) -> None:
        self._end_strays()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (self.socket_dir / name).unlink(missing_ok=True)
        settings = dict(CONFIGURATION)
        if os.environ.get("CHENGXIN_PG_FSYNC") == "off":  # for tests: their data are worth nothing
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket_dir)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("a", encoding="utf-8") as log:
            child = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.account.popen_options(),
            )
        self._wait_for_pid_file(child)

    def _wait_for_pid_file(self, child: subprocess.Popen[bytes]) -> None:
        """Until the server has written its pid file, nobody else could see that it runs."""
        while self.postmaster() is None:
            if child.poll() is not None:
                raise ServerFailed(f"数据库没有启动成功。日志末尾：\n{self._end_of_log()}")
            time.sleep(0.01)

    def _end_strays(self) -> None:
        """Wait for backends that outlive a killed postmaster: they still hold its shared memory."""
        give_up = time.monotonic() + STRAY_PATIENCE_S
        while strays := _processes_in(self.data):
            if time.monotonic() > give_up:
                for pid in strays:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _ensure_watcher(self) -> None:
        with _open_lock(self.locks / "watcher.lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            # the lock travels to the watcher with the inherited descriptor
            subprocess.Popen(
                [sys.executable, "-m", "chengxin.core.postgres.watch", str(self.named), str(file.fileno())],
                cwd="/",
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[file.fileno()],
                start_new_session=True,
            )

    def _wait_until_it_answers(self) -> None:
        started = told = time.monotonic()
        while True:
            try:
                self._connect("postgres").close()
                return
            except psycopg.OperationalError as error:
                reason = str(error).strip().splitlines()[-1]
            if self.postmaster() is None:
                raise ServerFailed(f"数据库启动后退出。日志末尾：\n{self._end_of_log()}")
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                print(f"等待数据库就绪（已 {told - started:.0f} 秒）：{reason}", file=sys.stderr)  # noqa: T201
            time.sleep(0.02)

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.socket_dir), dbname=name, user="postgres", autocommit=True, connect_timeout=10)

    def _end_of_log(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return "（没有日志）"

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / program), *map(str, arguments)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.account.popen_options(),
        )


def _open_lock(path: Path) -> IO[str]:
    return path.open("a+", encoding="ascii")


def _works_in(pid: int, data: Path) -> bool:
    """Whether the process is alive and its working directory is the data directory, as a postmaster's is."""
    try:
        if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z":
            return False
        return os.path.realpath(f"/proc/{pid}/cwd") == os.path.realpath(data)
    except OSError:
        return False


def _processes_in(data: Path) -> list[int]:
    """Server processes that work in the data directory, whoever their parent is."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid in pids if _works_in(pid, data) and "postgres" in _program_of(pid)]


def _program_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def ensure_database(target: DatabaseTarget) -> None:
    """Create the database on the embedded server when it is missing; check an external server's version (15 or newer)."""
    if not target.embedded:
        _check_external(target)
        return
    with psycopg.connect(host=target.host, dbname="postgres", user=target.user, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(427013)")  # two first users at once
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [target.name]).fetchone()
        if not exists:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(target.name)))


def _check_external(target: DatabaseTarget) -> None:
    try:
        connection = psycopg.connect(
            host=target.host,
            port=target.port,
            dbname=target.name,
            user=target.user,
            password=target.password,
            connect_timeout=10,
            **dict(target.options),  # type: ignore[arg-type]
        )
    except psycopg.OperationalError as error:
        raise ServerFailed(f"连接不上 CHENGXIN_DATABASE_URL 所指的数据库：{error}") from error
    with connection:
        if connection.info.server_version < OLDEST_VERSION:
            raise ServerFailed("CHENGXIN_DATABASE_URL 所指的 PostgreSQL 版本过低，需要 15 或更新。")


@contextmanager
def running(target: DatabaseTarget) -> Iterator[DatabaseTarget]:
    """Hold a share in the embedded server (or check the external one) for the length of the block."""
    if target.data is None:
        ensure_database(target)
        yield target
        return
    with EmbeddedServer(target.data):
        ensure_database(target)
        yield target


def revive(target: DatabaseTarget) -> bool:
    """Start the embedded server again after a kill; whether that was needed. An external server is somebody else's."""
    return target.data is not None and EmbeddedServer(target.data).revive()
