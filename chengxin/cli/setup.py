"""What has to stand before the site is served: tables, rules, static files and, when asked, the demo bureau."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

Tell = Callable[..., None]  # what is being done, and where it is known how much of it is done


def prepare(*, demo: bool, tell: Tell = lambda *_: None) -> None:
    """Bring the installation up to date; harmless to repeat. Needs Django set up and the database running."""
    from chengxin.cli.migrating import migrate
    from chengxin.core.actor import system_actor
    from chengxin.rulebook.services import load_first_issue

    tell("正在建立或更新数据表。")
    migrate()
    load_first_issue(system_actor("安装"))
    _gather_static_files()
    if demo:
        _build_demo(tell)


def _gather_static_files() -> None:
    from django.conf import settings
    from django.core.management import call_command

    if not settings.WHITENOISE_USE_FINDERS:
        click.echo("整理静态文件……", err=True)
        call_command("collectstatic", verbosity=0, interactive=False)


def _build_demo(tell: Tell) -> None:
    from chengxin.demo import build

    build.build_when_empty(partial(tell, "正在建立演示局：十四个月的数据，逐日产生。"))
    build.print_accounts()
