"""``chengxin bulletin 2026-10 -o FILE.docx``: a month's bulletin as it was frozen, for one audience."""

from __future__ import annotations

from pathlib import Path

import click

from chengxin.bulletins.rules import AUDIENCES, INTERNAL, SQUADRONS, Reader, read_month


@click.command()
@click.argument("month")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False, writable=True), help="写到哪个 .docx 文件")
@click.option("--audience", type=click.Choice(list(AUDIENCES)), default=INTERNAL, show_default=True, help="给谁看的版本")
@click.option("--unit", default="", help="中队版中可列姓名的中队（代码或名称）；不写则都不列")
def bulletin(month: str, output: Path, audience: str, unit: str) -> None:
    """输出一期月度通报（Word）。数据须已冻结。"""
    try:
        wanted = read_month(month)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if unit and audience != SQUADRONS:
        raise click.UsageError("--unit 只用于中队版（--audience squadrons）。")
    from chengxin.cli.django import with_database

    with with_database():
        from chengxin.bulletins import selectors
        from chengxin.bulletins.services.templates import word_file

        found = selectors.bulletin_of(wanted)
        content = word_file(found, Reader(audience, _units(unit) if unit else frozenset()))
    output.write_bytes(content)
    click.echo(f"{output}：{found.title}，{AUDIENCES[audience]}版，核验码 {found.snapshot.sha256 if found.snapshot else ''}")


def _units(text: str) -> frozenset[int]:
    from chengxin.people import selectors as people

    found = next((each for each in people.squadrons() if text in {each.code, each.name}), None)
    if found is None:
        raise click.UsageError(f"没有中队“{text}”。")
    return frozenset(people.units_below(found.pk))
