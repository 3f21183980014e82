"""``chengxin serve`` owns the database, the web workers and the job worker; nothing is left behind when it ends."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import ExitStack

import click

from chengxin.cli.django import with_database
from chengxin.cli.setup import prepare
from chengxin.cli.waiting import WaitingPage
from chengxin.core.postgres import revive
from chengxin.core.processes import ChildDied, Program, run_until_stopped


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址")
@click.option("--port", default=8000, show_default=True, envvar="PORT", type=click.IntRange(1, 65535), help="端口")
@click.option("--demo", is_flag=True, help="数据为空时建立演示局")
def serve(host: str, port: int, demo: bool) -> None:
    """启动数据库、网站和后台任务；按 Ctrl-C 停止。"""
    _refuse_a_taken_port(host, port)
    waiting = WaitingPage(host, port)
    with ExitStack() as stack:
        with waiting:
            stack.enter_context(with_database())
            prepare(demo=demo, tell=waiting.tell)
        from django.db import connections

        connections.close_all()
        try:
            run_until_stopped(_programs(host, port), each_second=Housekeeping(host, port))
        except ChildDied as error:
            raise click.ClickException(str(error)) from error


@click.command()
def worker() -> None:
    """只运行后台任务（可在多台机器上运行）。"""
    with with_database():
        from django.core.management import call_command

        call_command("procrastinate", "worker")


class Housekeeping:
    """Each second: say once that the site answers, and start the database again should somebody have killed it."""

    def __init__(self, host: str, port: int) -> None:
        self.address = ("127.0.0.1" if host == "0.0.0.0" else host, port)
        self.announced = False

    def __call__(self) -> None:
        from django.conf import settings

        if not self.announced and self._answers():
            self.announced = True
            click.echo(f"城心已启动：http://{self.address[0]}:{self.address[1]}/")
        if revive(settings.DATABASE_TARGET):
            click.echo("数据库意外停止，已重新启动。", err=True)

    def _answers(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=1).close()
        except OSError:
            return False
        return True


def web_program(host: str, port: int) -> list[str]:
    """The command of the web workers. Two threads of each are for people at any time: uploads may hold the other two."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--log-level", "warning", "--respawn-failed-workers",
        "config.wsgi:application",
    ]  # fmt: skip


def _programs(host: str, port: int) -> list[Program]:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return [
        Program("网站进程", web_program(host, port), environment),
        Program("后台任务进程", [sys.executable, "-m", "chengxin", "worker"], environment),
    ]


def _refuse_a_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "已被占用" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
            raise click.UsageError(f"{host} 的端口 {port} {reason}，请用 --port 换一个端口。") from error
