"""``chengxin audit``: seal and verify."""

from __future__ import annotations

import json
import sys

import click

from chengxin.cli.django import with_database


@click.group()
def audit() -> None:
    """审计的封存与校验。"""


@audit.command()
def verify() -> None:
    """逐个检查点重算；有一处对不上就指出来，退出码 1。"""
    with with_database():
        from chengxin.audit.services import verify as verify_entries

        verdict = verify_entries()
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False))
    if verdict.misfit is not None:
        click.echo(verdict.misfit.text, err=True)
        sys.exit(1)


@audit.command()
def seal() -> None:
    """立即封存尚未封存的记录（平时每分钟自动进行）。"""
    with with_database():
        from chengxin.audit.services import seal as seal_entries

        checkpoint = seal_entries()
    click.echo(json.dumps({"checkpoint": checkpoint.number if checkpoint else None, "entries": checkpoint.entries if checkpoint else 0}))


@audit.command("export-key")
def export_key() -> None:
    """打印验证签名用的公钥（Ed25519，十六进制）。"""
    with with_database():
        from chengxin.audit.signing import public_key

        key = public_key()
    click.echo(json.dumps({"algorithm": "ed25519", "public_key": key}))
