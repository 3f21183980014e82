"""``chengxin backup``, ``chengxin restore`` and ``chengxin check``."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chengxin.cli.django import with_database

if TYPE_CHECKING:
    from chengxin.transfer.restoring import Target

PASSPHRASE = "CHENGXIN_BACKUP_PASSPHRASE"
EXISTING = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--keys", type=click.Choice(["encrypted", "apart", "clear"]), default="encrypted", show_default=True,
    help="密钥：加密放入；另行保管，不放入；明文放入（谁拿到备份谁就能读投诉人身份）",
)  # fmt: skip
@click.option("--footage", type=click.Choice(["copy", "apart"]), default="copy", show_default=True, help="影像原件：一并复制；另行备份")
@click.option("--previous", type=EXISTING, help="上一次的备份：没有变化的原件用硬链接，不再占空间")
def backup(folder: Path, keys: str, footage: str, previous: Path | None) -> None:
    """备份到一个新文件夹：数据库、文件、影像和密钥，不需要停机。

    密钥口令取自环境变量 CHENGXIN_BACKUP_PASSPHRASE，没有设时询问。
    """
    passphrase = passphrase_for_sealing() if keys == "encrypted" else ""
    with with_database(), full_disk_told():
        from chengxin.core.actor import system_actor
        from chengxin.transfer.backup import Wishes, back_up

        wishes = Wishes(keys, passphrase, footage == "copy", previous)
        made = back_up(system_actor("命令行"), folder, wishes, tell)
    if keys == "apart":
        click.echo(f"备份不含密钥，请另行保管：{'、'.join(made.facts['keys']['names'])}（数据目录的 keys/）。", err=True)
    if keys == "clear":
        click.echo("备份含明文密钥：拿到它的人能读出投诉人身份，请按密钥的级别保管。", err=True)
    damaged = made.facts["damaged"]
    say({"backup": str(made.folder), "files": len(made.parts), "digest": made.digest, "damaged": damaged})
    sys.exit(1 if damaged else 0)


@click.command()
@click.argument("folder", type=EXISTING)
@click.option("--check", "only_check", is_flag=True, help="只核对备份，不恢复")
@click.option("--digest", default="", help="备份时打印的总摘要，须与之相同")
@click.option("--keys-from", type=EXISTING, help="另行保管的密钥文件夹")
@click.option("--database-apart", is_flag=True, help="数据库由数据库管理员在外部服务器上恢复，这里只恢复文件、影像和密钥")
def restore(folder: Path, only_check: bool, digest: str, keys_from: Path | None, database_apart: bool) -> None:
    """把备份恢复到空的数据目录（CHENGXIN_DATA）；先逐个核对，全部相符才动手。"""
    from chengxin.transfer import restoring  # no Django: settings would already write into the data directory

    found = restoring.examine_backup(folder, digest=digest, tell=tell)
    if only_check:
        say({"backup": str(found.folder), "files": len(found.parts), "digest": found.digest, "ok": True})
        return
    sealed = found.facts["keys"]["how"] == "encrypted" and keys_from is None
    keys = restoring.KeySource(passphrase_for_opening() if sealed else "", keys_from)
    with full_disk_told():
        told = restoring.restore(found, target(), keys, tell, with_database=not database_apart)
    say({"restored": str(target().data), "digest": found.digest, **told})
    if told.get("damaged_files"):
        click.echo("备份之前就已缺失或损坏的原件见 damaged_files。", err=True)


@click.command()
@click.option("--upgrade", is_flag=True, help="先把数据库结构升级到本程序的版本")
def check(upgrade: bool) -> None:
    """核对本系统：审计逐条重算，存放的原件逐个重读；有不符的，退出码 1。"""
    with with_database():
        from chengxin.cli.migrating import migrate
        from chengxin.transfer.state import examination

        if upgrade:
            migrate()
        found = examination()
    say(found)
    sys.exit(0 if found["ok"] else 1)


def target() -> Target:
    """The data directory and the footage's as the settings would read them, without reading the settings."""
    from chengxin.transfer.restoring import Target as Place

    root = Path(__file__).resolve().parents[2]
    data = Path(os.environ.get("CHENGXIN_DATA", "").strip() or root / "var" / "data").resolve()
    footage = os.environ.get("CHENGXIN_FOOTAGE", "").strip()
    return Place(data, Path(footage).resolve() if footage else None)


def tell(line: str) -> None:
    click.echo(line, err=True)


def say(found: Mapping[str, Any]) -> None:
    """The outcome as one line of JSON."""
    click.echo(json.dumps(found, ensure_ascii=False))


def passphrase_for_sealing() -> str:
    """Asked before anything begins: nobody wants to be asked after an hour of copying."""
    from chengxin.transfer.lockbox import LEAST

    passphrase = _passphrase(confirm=True)
    if len(passphrase) < LEAST:
        raise click.UsageError(f"密钥口令至少 {LEAST} 个字符；或用 --keys apart 不放入密钥。")
    return passphrase


def passphrase_for_opening() -> str:
    """From the environment, else asked; nothing when there is nobody to ask."""
    return _passphrase(confirm=False)


def _passphrase(*, confirm: bool) -> str:
    given = os.environ.get(PASSPHRASE, "")
    if given or not sys.stdin.isatty():
        return given
    asked: str = click.prompt("密钥口令", hide_input=True, confirmation_prompt=confirm)
    return asked


@contextmanager
def full_disk_told() -> Iterator[None]:
    """A full or closed disk is told by its place, not by a trace."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}:
            raise
        raise click.ClickException(f"写不下去：{error.strerror}（{error.filename or ''}）。请腾出空间或换一个位置，再重新执行。") from error
