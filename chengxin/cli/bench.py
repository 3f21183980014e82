"""``chengxin bench``: measure speed as a ratio to a physical limit, on data of its own."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
BENCHES = (
    "lists",
    "audit",
    "custody",
    "upload",
    "coverage",
    "complaints",
    "draws",
    "verdicts",
    "bulletin",
    "scan",
    "exam",
    "export",
    "search",
    "dashboard",
)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(BENCHES))
@click.option("--json", "as_json", is_flag=True, help="每项一行 JSON")
def bench(names: tuple[str, ...], as_json: bool) -> None:
    """测速：与同一次运行中测得的物理极限之比（默认全部）。"""
    if not (ROOT / "bench").is_dir():
        raise click.UsageError("测速程序只随源代码提供，请在源代码目录中运行。")
    os.environ.pop("CHENGXIN_DATABASE_URL", None)
    os.environ["CHENGXIN_DATA"] = str(ROOT / "var" / "bench-data")
    sys.path.insert(0, str(ROOT))
    from chengxin.cli.django import with_database

    with with_database():
        from chengxin.cli.migrating import migrate

        migrate()
        for name in names or BENCHES:
            for found in importlib.import_module(f"bench.{name}").run():
                click.echo(found.as_json() if as_json else f"{found.name}: {found.value} {found.unit}，比值 {found.ratio}（{found.goal}）")
