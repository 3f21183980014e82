"""Django with a database behind it, for every command that needs one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import click


@contextmanager
def with_database() -> Iterator[None]:
    """Set Django up and hold a share in the embedded server for the length of the block."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django as framework
    from django.conf import settings

    from chengxin.core.postgres import running

    with running(settings.DATABASE_TARGET):
        framework.setup()
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django(arguments: tuple[str, ...]) -> None:
    """Django 自带的管理命令。"""
    with with_database():
        from django.core.management import execute_from_command_line

        from chengxin.cli.migrating import only_what_is_new_is_rendered

        with only_what_is_new_is_rendered() if arguments[:1] == ("migrate",) else nullcontext():
            execute_from_command_line(["chengxin django", *arguments])
