"""``chengxin export`` and ``chengxin import``: a whole bureau out of one system and into an empty one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from chengxin.cli.backup import EXISTING, PASSPHRASE, full_disk_told, passphrase_for_opening, passphrase_for_sealing, say, target, tell
from chengxin.cli.django import with_database
from chengxin.core.errors import DomainError


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--keys", type=click.Choice(["encrypted", "apart"]), default="encrypted", show_default=True, help="密钥：加密放入；另行保管，不放入"
)
@click.option("--footage", type=click.Choice(["copy", "apart"]), default="copy", show_default=True, help="影像原件：一并复制；另行搬运")
def export(folder: Path, keys: str, footage: str) -> None:
    """整体导出到一个新文件夹：每张数据表一份 JSON 行文件，连同文件、影像和密钥，不需要停机。

    登录口令的散列和第二因子总是加密；口令取自环境变量 CHENGXIN_BACKUP_PASSPHRASE，没有设时询问。格式见 docs/transfer.md。
    """
    passphrase = passphrase_for_sealing()
    with with_database(), full_disk_told():
        from chengxin.core.actor import system_actor
        from chengxin.transfer.backup import Wishes
        from chengxin.transfer.export import export_bureau

        made = export_bureau(system_actor("命令行"), folder, Wishes(keys, passphrase, footage == "copy"), tell)
    damaged = made.facts["damaged"]
    rows = sum(each["rows"] for each in made.facts["tables"].values())
    say({"export": str(made.folder), "files": len(made.parts), "rows": rows, "digest": made.digest, "damaged": damaged})
    sys.exit(1 if damaged else 0)


@click.command("import")
@click.argument("folder", type=EXISTING)
@click.option("--check", "only_check", is_flag=True, help="只核对导出，不导入")
@click.option("--digest", default="", help="导出时打印的总摘要，须与之相同")
@click.option("--keys-from", type=EXISTING, help="另行保管的密钥文件夹")
@click.option("--load", is_flag=True, hidden=True)
def import_(folder: Path, only_check: bool, digest: str, keys_from: Path | None, load: bool) -> None:
    """把整体导出导入空系统（CHENGXIN_DATA 为空目录）；先逐个核对，装入后逐项比对结论，全部相符才换入。"""
    from chengxin.transfer import importing  # no Django: settings would already write into the data directory
    from chengxin.transfer.restoring import KeySource

    if load:
        _load(folder)
        return
    found = importing.examine_export(folder, digest=digest, tell=tell)
    if only_check:
        say({"export": str(found.folder), "files": len(found.parts), "digest": found.digest, "ok": True})
        return
    keys = KeySource(passphrase_for_opening(), keys_from)
    with full_disk_told():
        told = importing.import_bureau(found, target(), keys, tell)
    say({"imported": str(target().data), "digest": found.digest, **told})
    if told.get("damaged_files"):
        click.echo("导出之前就已缺失或损坏的原件见 damaged_files。", err=True)


def _load(folder: Path) -> None:
    """The part of an import that runs in the system being built; what is wrong is told in the answer."""
    from chengxin.transfer import parcel
    from chengxin.transfer.importing import KIND, VERSION

    with with_database():
        from chengxin.cli.migrating import migrate
        from chengxin.core.actor import system_actor
        from chengxin.transfer.loading import load

        migrate()
        try:
            say(load(system_actor("命令行"), parcel.opened(folder, KIND, VERSION), os.environ[PASSPHRASE]))
        except DomainError as error:
            say({"problem": error.message})
