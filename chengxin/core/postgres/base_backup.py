"""A physical copy of the running database, and its unpacking. Transaction numbers stay as they are, which sealing the audit rests on."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from chengxin.core.postgres.account import Account, binaries, settle
from chengxin.core.postgres.target import DatabaseTarget

CHUNK = 1024 * 1024
NEEDED = "需要一个有 REPLICATION 权限、pg_hba.conf 允许复制连接（replication）的用户；或由数据库管理员用 pg_basebackup 做物理备份。"


class BaseBackupFailed(RuntimeError):
    """The database could not be copied; the message names the remedy."""


def copy_database(target: DatabaseTarget, take: Callable[[bytes], object]) -> None:
    """Hand the whole server as one tar, piece by piece, to ``take``: its files and the log that makes them consistent.

    Readers and writers go on meanwhile. Raises BaseBackupFailed.
    """
    account = Account()
    environment = {**os.environ, "PGPASSWORD": target.password}
    with _log_kept(target):
        program = subprocess.Popen(
            [str(binaries(account) / "pg_basebackup"), "-d", _address(target), "-Ft", "-X", "fetch", "-c", "fast", "-D", "-"],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **account.popen_options(),
        )  # fmt: skip
        assert program.stdout is not None
        assert program.stderr is not None
        try:
            while chunk := program.stdout.read(CHUNK):
                take(chunk)
        except BaseException:
            program.kill()
            raise
        finally:
            program.stdout.close()
            told = program.stderr.read().decode(errors="replace").strip()
            program.wait()
    if program.returncode != 0:
        raise BaseBackupFailed(f"数据库备份没有完成：{told}。{'' if target.embedded else NEEDED}")


@contextmanager
def _log_kept(target: DatabaseTarget) -> Iterator[None]:
    """Until the block ends the server throws away no log that the copy will need, however long it takes."""
    try:
        with psycopg.connect(_address(target), dbname=target.name, password=target.password, autocommit=True) as connection:
            name = f"chengxin_{secrets.token_hex(4)}"
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true, true)", [name])
            yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise BaseBackupFailed(f"用户 {target.user} 不能做物理备份：{error.diag.message_primary}。{NEEDED}") from error
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise BaseBackupFailed(f"数据库现在不能做物理备份：{error.diag.message_primary}。") from error


def _address(target: DatabaseTarget) -> str:
    return make_conninfo("", host=target.host, port=target.port, user=target.user, **dict(target.options))


def major_version() -> int:
    """The release of the embedded server's programs: data of another major release cannot be started by them."""
    printed = subprocess.run(
        [str(binaries(Account()) / "postgres"), "--version"], cwd="/", capture_output=True, text=True, check=True
    )  # fmt: skip
    return int(printed.stdout.split()[-1].split(".")[0])


def unpack_database(tar: Path, data: Path, final: Path) -> None:
    """Unpack a copy into ``data``, owned as the embedded server needs it; ``final`` is where ``data`` will lie in the end.

    Raises tarfile.TarError and OSError for a tar that is none.
    """
    account = Account()
    place = settle(data, final, account)
    with tarfile.open(tar, "r|") as reading:
        reading.extractall(place, filter="tar")
    for folder, folders, files in os.walk(place):
        for name in (*folders, *files):
            _own(Path(folder) / name, account)
    _own(place, account)
    place.chmod(0o700)


def prepare_place(data: Path, final: Path) -> None:
    """An empty place for the database that is made at ``data`` and found at ``final`` in the end; nothing that lies there is kept."""
    settle(data, final, Account())


def _own(path: Path, account: Account) -> None:
    if account.is_lent:
        shutil.chown(path, account.uid, account.uid)
