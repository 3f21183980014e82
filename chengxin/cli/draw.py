"""``chengxin draw verify FILE``: a draw repeated from its file, without the database."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from chengxin.rulekit import draws


@click.group()
def draw() -> None:
    """抽取的复核。"""


@draw.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def verify(file: Path) -> None:
    """由冻结的范围和种子重算一次抽取；对不上的逐条指出，退出码 1。"""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} 不是抽取记录：{error}") from error
    wrong = draws.verify(told) if isinstance(told, dict) else ["文件不是一份抽取记录"]
    drawn = len(told.get("drawn", [])) if isinstance(told, dict) else 0
    click.echo(json.dumps({"verified": not wrong, "wrong": wrong, "drawn": drawn}, ensure_ascii=False))
    if wrong:
        sys.exit(1)
