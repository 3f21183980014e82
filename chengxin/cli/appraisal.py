"""``chengxin appraisal check``: the ledger against the facts, and frozen years against their digests."""

from __future__ import annotations

import json
import sys

import click

from chengxin.cli.django import with_database


@click.group()
def appraisal() -> None:
    """年度考核台账的核对。"""


@appraisal.command()
def check() -> None:
    """把台账与全部事实对照，缺的补记；再核对各年度定稿的 SHA-256。定稿对不上，退出码 1。"""
    with with_database():
        from chengxin.appraisal.selectors.rounds import damaged_years
        from chengxin.appraisal.services.ledger import reconcile_ledger
        from chengxin.core.actor import system_actor

        done, damaged = reconcile_ledger(system_actor("命令行")), damaged_years()
    told = {"facts": done.facts, "appended": done.entries, "reversed": done.reversals, "damaged_years": damaged}
    click.echo(json.dumps(told, ensure_ascii=False))
    if damaged:
        click.echo(f"{'、'.join(map(str, damaged))} 年度的定稿与其 SHA-256 不符。", err=True)
        sys.exit(1)
