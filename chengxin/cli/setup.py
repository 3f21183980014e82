"""What has to stand before the site is served: tables, rules, static files and, when asked, the demo bureau."""

from __future__ import annotations

import click


def prepare(*, demo: bool) -> None:
    """Bring the installation up to date; harmless to repeat. Needs Django set up and the database running."""
    from chengxin.cli.migrating import migrate
    from chengxin.core.actor import system_actor
    from chengxin.rulebook.services import load_first_issue

    migrate()
    load_first_issue(system_actor("安装"))
    _gather_static_files()
    if demo:
        _build_demo()


def _gather_static_files() -> None:
    from django.conf import settings
    from django.core.management import call_command

    if not settings.WHITENOISE_USE_FINDERS:
        click.echo("整理静态文件……", err=True)
        call_command("collectstatic", verbosity=0, interactive=False)


def _build_demo() -> None:
    from chengxin.demo import build

    build.build_when_empty()
    build.print_accounts()
