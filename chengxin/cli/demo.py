"""``chengxin demo``: build the fictional bureau into an empty installation, print its accounts."""

from __future__ import annotations

import click

from chengxin.cli.django import with_database


@click.command()
def demo() -> None:
    """数据为空时建立演示局，并打印演示账号。"""
    with with_database():
        from chengxin.cli.setup import prepare

        prepare(demo=True)
