"""``chengxin indicators``: the daily roll-up of the four indicators against its facts."""

from __future__ import annotations

import itertools
import json
import sys

import click

from chengxin.cli.django import with_database

SHOWN = 100


@click.group()
def indicators() -> None:
    """四项指标日汇总的核对与重算。"""


@indicators.command()
def check() -> None:
    """由全部事实重新计算，与日汇总逐项对照，每处不符一行；有不符的，退出码 1。不改动数据。"""
    with with_database():
        from chengxin.people.models import Unit
        from chengxin.reports.models import DayFigure, DirtyDay
        from chengxin.reports.services.figures import differences

        found = list(itertools.islice(differences(), SHOWN + 1))
        told = {"figures": DayFigure.objects.count(), "dirty_days": DirtyDay.objects.values("code", "day").distinct().count()}
        units = dict(Unit.objects.values_list("pk", "name"))
    for each in found[:SHOWN]:
        kept, facts = ({"good": good, "n": n} for good, n in (each.kept, each.found))
        row = {
            "indicator": each.code,
            "day": str(each.day),
            "unit": units.get(each.unit_id or 0),
            "class": each.person_class,
            "kept": kept,
            "facts": facts,
        }
        click.echo(json.dumps(row, ensure_ascii=False))
    click.echo(json.dumps({**told, "differences": f"{SHOWN}+" if len(found) > SHOWN else len(found)}, ensure_ascii=False))
    if found:
        click.echo("日汇总与事实不符，请运行 chengxin indicators rebuild --all 重算。", err=True)
        sys.exit(1)


@indicators.command()
@click.option("--all", "everything", is_flag=True, help="全部重算（默认只算有变动的日子）")
def rebuild(everything: bool) -> None:
    """重算有变动的日子；后台任务每分钟也会做。"""
    with with_database():
        from chengxin.reports.services.figures import make_all_dirty, rebuild_dirty_days

        if everything:
            make_all_dirty()
        done = rebuild_dirty_days()
    click.echo(json.dumps({"rebuilt": done}, ensure_ascii=False))
