"""The command line: ``chengxin NAME``. A command's module is imported only when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from chengxin.core.errors import DomainError
from chengxin.core.postgres import ServerFailed, TargetError

COMMANDS = {
    "serve": "chengxin.cli.serve:serve",
    "worker": "chengxin.cli.serve:worker",
    "explain": "chengxin.cli.explain:explain",
    "rulebook": "chengxin.cli.rulebook:rulebook",
    "audit": "chengxin.cli.audit:audit",
    "footage": "chengxin.cli.footage:footage",
    "storage": "chengxin.cli.storage:storage",
    "draw": "chengxin.cli.draw:draw",
    "people": "chengxin.cli.people:people",
    "appraisal": "chengxin.cli.appraisal:appraisal",
    "bulletin": "chengxin.cli.bulletin:bulletin",
    "demo": "chengxin.cli.demo:demo",
    "bench": "chengxin.cli.bench:bench",
    "indicators": "chengxin.cli.indicators:indicators",
    "year-end": "chengxin.cli.reports:year_end",
    "justice-export": "chengxin.cli.reports:justice_export",
    "backup": "chengxin.cli.backup:backup",
    "restore": "chengxin.cli.backup:restore",
    "check": "chengxin.cli.backup:check",
    "export": "chengxin.cli.moving:export",
    "import": "chengxin.cli.moving:import_",
    "django": "chengxin.cli.django:django",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports them one by one; refusals of the domain become exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (the signature is click's)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise click.UsageError(error.message) from error
        except (TargetError, ServerFailed) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=LazyGroup)
def main() -> None:
    """城心：城管执法队伍素质提升系统。"""
