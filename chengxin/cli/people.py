"""``chengxin people``: the bureau itself and the first administrators of a fresh installation."""

from __future__ import annotations

import json

import click

from chengxin.cli.django import with_database

FIRST = {"secadmin": "安全管理员", "sysadmin": "系统管理员", "auditor": "审计管理员"}


@click.group()
def people() -> None:
    """新装系统的第一批账号。"""


@people.command()
@click.option("--bureau", required=True, help="局的名称")
@click.option("--password", prompt="三名管理员的初始口令", hide_input=True, confirmation_prompt=True, help="首次登录后须修改")
def start(bureau: str, password: str) -> None:
    """建立局和三名管理员（secadmin、sysadmin、auditor）；已有用户时拒绝执行。"""
    with with_database():
        from chengxin.cli.setup import prepare

        prepare(demo=False)
        found = _start(bureau, password)
    click.echo(json.dumps(found, ensure_ascii=False))


def _start(bureau: str, password: str) -> dict[str, list[str] | str]:
    from django.db import transaction

    from chengxin.core import clock
    from chengxin.core.actor import system_actor
    from chengxin.core.errors import Conflict
    from chengxin.people import services
    from chengxin.people.models import Unit, User

    actor = system_actor("命令行")
    with transaction.atomic():
        if User.objects.exists():
            raise Conflict("started_already", "已经有用户，请由安全管理员在“用户与授权”中办理。")
        if not Unit.objects.exists():
            services.add_unit(actor, code="bureau", name=bureau, kind="bureau", parent=None)
        for role in FIRST:
            user = services.create_user(actor, username=role, password=password, person=None)
            services.grant_role(actor, user, role=role, unit=None, starts_on=clock.today())
        # the password is known to whoever typed it here: each administrator chooses an own one at the first sign-in
        User.objects.update(password_changed_at=None)
    return {"bureau": bureau, "administrators": list(FIRST)}
