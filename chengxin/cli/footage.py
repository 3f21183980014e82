"""``chengxin footage``: take in, register, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from chengxin.cli.django import with_database


@click.group()
def footage() -> None:
    """执法影像的入库与校验。"""


@footage.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--station", required=True, help="采集站名称；同一站的同一文件只入库一次。")
@click.option("--in-place", is_flag=True, help="文件留在原处，只登记位置与摘要。")
def import_(folder: Path, station: str, in_place: bool) -> None:
    """把采集站文件夹里的影像入库；可以反复执行，已入库的不重复。"""
    with with_database():
        from chengxin.core.actor import system_actor
        from chengxin.evidence.services.folder import import_folder

        with click.progressbar(length=1, label="影像入库", file=sys.stderr, show_pos=True) as bar:

            def progress(done: int, of: int) -> None:
                bar.length = max(of, 1)
                bar.update(done - bar.pos)

            report = import_folder(system_actor(f"采集站导入 {station}"), folder, station=station, in_place=in_place, progress=progress)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    for name in report.half:
        click.echo(f"未传完，下次再取：{name}", err=True)
    for name, why in report.refused:
        click.echo(f"没有入库：{name}：{why}", err=True)
    for device, day, number in report.missing_numbers:
        click.echo(f"序号缺失：{device} {day} 第 {number} 个", err=True)
    if report.refused:
        sys.exit(1)


@footage.command()
def verify() -> None:
    """逐个重读原件和副本，核对摘要；损坏的从完好的一份修复，修不了的退出码 1。"""
    with with_database():
        from chengxin.evidence.services.copies import verify_all

        verdict = verify_all()
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False))
    for each in verdict.damaged:
        click.echo(f"{each['recording']} {each['what']}，{'已修复' if each['repaired'] == '是' else '没有修复'}", err=True)
    if len(verdict.damaged) > verdict.repaired:
        sys.exit(1)
