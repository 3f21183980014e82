"""``chengxin rulebook``: import the plan's wording, issue the rules, show where they stand."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click

from chengxin.cli.django import with_database


@click.group()
def rulebook() -> None:
    """制度的导入与印发。"""


@rulebook.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """导入方案原文（.txt 或 .docx），按条款并列显示在规则旁。"""
    lines = _lines(file)
    with with_database():
        from chengxin.core.actor import system_actor
        from chengxin.rulebook.services import import_wording, load_first_issue

        load_first_issue(system_actor("命令行"))
        imported = import_wording(system_actor("命令行"), lines)
    click.echo(json.dumps({"found": imported.found, "missing": imported.missing}, ensure_ascii=False))


@rulebook.command()
@click.option("--on", "issued_on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="印发日期")
@click.option("--document", required=True, help="文号")
def issue(issued_on: dt.datetime, document: str) -> None:
    """印发：规则自该日起施行，此前只能模拟。"""
    with with_database():
        from chengxin.core.actor import system_actor
        from chengxin.rulebook.services import issue_rulebook

        count = issue_rulebook(system_actor("命令行"), issued_on=issued_on.date(), document_number=document)
    click.echo(json.dumps({"issued": count, "on": issued_on.date().isoformat()}))


@rulebook.command()
def status() -> None:
    """各条款的原文、规则与待确认数值。"""
    with with_database():
        from chengxin.rulebook import selectors

        clauses, gaps = selectors.clauses(), selectors.gaps()
        found = {
            "clauses": len(clauses),
            "with_wording": sum(bool(clause.wording) for clause in clauses),
            "rules": sum(len(clause.rules.all()) for clause in clauses),
            "to_be_confirmed": len(gaps),
        }
    click.echo(json.dumps(found))


def _lines(file: Path) -> list[str]:
    if file.suffix.lower() == ".docx":
        return _docx_lines(file)
    content = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).splitlines()
        except UnicodeDecodeError:
            continue
    raise click.UsageError(f"{file.name} 不是文本文件，请提供 .txt（UTF-8 或 GBK）或 .docx。")


def _docx_lines(file: Path) -> list[str]:
    import zipfile

    import docx
    from docx.opc.exceptions import OpcError

    try:
        return [paragraph.text for paragraph in docx.Document(str(file)).paragraphs]
    except (OpcError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise click.UsageError(f"{file.name} 不是可读的 .docx 文件，请用 Word 重新另存。") from error
