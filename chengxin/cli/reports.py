"""``chengxin year-end`` and ``chengxin justice-export``: the files of a year, and an approved export for 司法局."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import click

from chengxin.cli.django import with_database

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("year-end")
@click.argument("year", type=int)
@click.option("-o", "--output", "folder", type=FOLDER, required=True, help="写入哪个文件夹")
@click.option("--draft", is_flag=True, help="没有定稿时写出草稿（文件中注明“草稿”）")
def year_end(year: int, folder: Path, draft: bool) -> None:
    """写出一年的年终材料（.docx 和 .xlsx）；定稿以后每次写出的数字都相同。"""
    _print(lambda: write_year_end(year, folder, draft=draft))


def write_year_end(year: int, folder: Path, *, draft: bool) -> dict[str, object]:
    """Both files. Raises Conflict for a package that is not frozen, unless a draft is asked for; NotFound without a package."""
    from chengxin.core.actor import system_actor
    from chengxin.core.errors import Conflict
    from chengxin.reports import selectors, services
    from chengxin.reports.services import files

    package = selectors.package_of(year)
    if package.is_draft and not draft:
        why = selectors.why_not_frozen(package) or "还没有人定稿。"
        raise Conflict("not_frozen", f"{year} 年度年终材料没有定稿：{why}要先看草稿请加 --draft。")
    printed = files.printed(package)
    made = {f"{printed.stem}.docx": files.as_docx(printed), f"{printed.stem}.xlsx": files.as_xlsx(printed)}
    services.record_download(system_actor("命令行"), package, form="docx+xlsx")
    return {"year": year, "state": package.state, "sha256": package.sha256, "files": _written(folder, made)}


@click.command("justice-export")
@click.argument("number", type=int)
@click.option("-o", "--output", "folder", type=FOLDER, required=True, help="写入哪个文件夹")
def justice_export(number: int, folder: Path) -> None:
    """写出已经审批同意的监督记录（编号 司调〔2026〕0003 中的 3）；没有审批的拒绝。"""
    _print(lambda: write_justice_export(number, folder))


def write_justice_export(number: int, folder: Path) -> dict[str, object]:
    """The archive as it was made at the approval. Raises NotFound, Conflict before the approval."""
    from chengxin.core.actor import system_actor
    from chengxin.reports import selectors, services

    export = selectors.export_for(number)
    archive = services.download_export(system_actor("命令行"), export)
    name = f"supervision-records-{export.asked_at.year}-{export.pk:04d}.zip"
    return {"export": export.number, "sha256": archive.sha256, "files": _written(folder, {name: bytes(archive.content)})}


def _print(write: Callable[[], dict[str, object]]) -> None:
    with with_database():
        from django.db import ProgrammingError

        try:
            written = write()
        except ProgrammingError as error:
            raise click.ClickException("数据库还没有准备好，请先运行一次 chengxin serve。") from error
    click.echo(json.dumps(written, ensure_ascii=False))


def _written(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """Each file's digest by its path. Raises UsageError for a folder that cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise click.UsageError(f"不能写入 {folder}：{error.strerror}。") from error
    return {str(folder / name): hashlib.sha256(content).hexdigest() for name, content in files.items()}
