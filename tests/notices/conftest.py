"""A Wednesday in May, nine o'clock; a robot's service and a mail server on this machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.notices import rules, services
from chengxin.notices.models import Preference, Robot
from chengxin.notices.services import transport
from tests.notices.servers import MailServer, RobotService, mail_server, robot_service
from tests.world import World

WEDNESDAY = dt.date(2026, 5, 20)
ADDRESS = "duiyuan@example.com"


@pytest.fixture
def morning(world: World) -> Iterator[dt.datetime]:
    with clock.frozen(clock.at(WEDNESDAY, 9)) as moment:
        yield moment


@pytest.fixture
def service(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RobotService]:
    monkeypatch.setattr(transport, "DEADLINE_SECONDS", 1)
    with robot_service() as running:
        settings.ROBOT_ORIGINS = [running.origin]
        yield running


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 1
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "chengxin@example.com"
        settings.SITE_URL = "https://chengxin.example.com"
        yield running


@pytest.fixture
def robot(world: World, service: RobotService) -> Callable[..., Robot]:
    """An approved robot, of the first squadron unless said otherwise."""

    def make(*, unit: str = "一中队", kind: str = rules.WECOM, secret: str = "", approved: bool = True, **more: Any) -> Robot:
        address = service.wecom() if kind == rules.WECOM else service.dingtalk()
        given = {"name": f"{unit}工作群", "kind": kind, "unit": world.units[unit], "address": address, "secret": secret, "hour": 8, **more}
        made = services.add_robot(world.actor("系统员"), **given)
        if approved:
            services.approve_robot(world.actor("安全员"), made)
        return made

    return make


@pytest.fixture
def with_mail(world: World, post: MailServer) -> Callable[[str], None]:
    """Somebody's address, as if confirmed."""

    def confirm(name: str) -> None:
        Preference.objects.update_or_create(user=world.users[name], defaults={"email": ADDRESS, "by_email": True})

    return confirm


def at(day: dt.date, hour: int, minute: int = 0) -> Any:
    return clock.frozen(clock.at(day, hour, minute))


def later(moment: dt.datetime, **more: float) -> Any:
    return clock.frozen(moment + dt.timedelta(**more))
