"""A draft at every point of its life, in the town of tests/world.py."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chengxin.consultations import services
from chengxin.consultations.models import Consultation, Opinion
from chengxin.core import clock
from tests.world import World

TODAY = dt.date(2026, 9, 28)
ENDS = TODAY + dt.timedelta(days=9)
AFTER = ENDS + dt.timedelta(days=1)
IN_FORCE = AFTER + dt.timedelta(days=10)
Made = Callable[..., Any]


@contextmanager
def on(day: dt.date = TODAY, hour: int = 9) -> Iterator[None]:
    with clock.frozen(clock.at(day, hour)):
        yield


def fresh(found: Consultation) -> Consultation:
    return Consultation.objects.get(pk=found.pk)


@pytest.fixture
def draft(world: World) -> Made:
    """A draft that makes 多次违规 four and rectification five workdays."""

    def make(audience: str = "public", *, changes: bool = True, title: str = "关于整改期限和多次违规的修订") -> Consultation:
        with on():
            made = services.start_draft(world.actor("督察"), title=title, reason="基层反映期限偏长、次数偏严", audience=audience)
            if changes:
                change = services.change_values
                change(world.actor("督察"), made, rule="findings.repeat", values={"count": 4}, reason="三次偏严")
                change(world.actor("督察"), made, rule="findings.rectification", values={"workdays": 5}, reason="多数问题五日内可以改好")
        return made

    return make


@pytest.fixture
def opened(world: World, draft: Made) -> Made:
    def make(audience: str = "public") -> Consultation:
        with on():
            return services.begin_consultation(world.actor("督察"), draft(audience), starts_on=TODAY, ends_on=ENDS)

    return make


@pytest.fixture
def said(world: World) -> Made:
    """An opinion of one of the cast, or of the public."""

    def make(
        found: Consultation, who: str | None = "队员", text: str = "五个工作日对外勤中队偏紧", clause: str = "3.1", **more: Any
    ) -> Opinion:
        with on():
            if who is None:
                key = more.pop("form_key", uuid.uuid4())
                return services.send_opinion(found, clause=clause, text=text, form_key=key, who=more.pop("source", "1.2.3.4")).opinion
            return services.give_opinion(
                world.actor(who), found, clause=clause, text=text, form_key=more.pop("form_key", uuid.uuid4()), **more
            )

    return make


@pytest.fixture
def closed(world: World, opened: Made, said: Made) -> Made:
    """With one opinion, answered, and the days over."""

    def make(audience: str = "public") -> Consultation:
        found = opened(audience)
        opinion = said(found)
        with on():
            services.answer_opinion(world.actor("局长"), opinion, outcome="partly", reason="外勤中队可以申请延期")
        with on(AFTER):
            return services.close_consultation(world.actor("督察"), found)

    return make


@pytest.fixture
def signing(world: World, closed: Made) -> Made:
    def make(*names: str) -> Consultation:
        found = closed()
        with on(AFTER):
            services.send_for_signing(world.actor("督察"), found, users=[world.users[name].pk for name in names or ("大队长", "局长")])
        return fresh(found)

    return make


@pytest.fixture
def signed(world: World, signing: Made) -> Made:
    def make() -> Consultation:
        found = signing()
        for name in ("大队长", "局长"):
            sign(world, found, name)
        return fresh(found)

    return make


def digest_of(found: Consultation) -> str:
    return str(found.rounds.get(ended_at=None).sha256)


def sign(world: World, found: Consultation, name: str, *, agrees: bool = True, reason: str = "") -> Any:
    with on(AFTER):
        return services.sign_draft(world.actor(name), found, agrees=agrees, reason=reason, sha256=digest_of(found))


def publish(world: World, found: Consultation, by: str = "局长", **more: Any) -> Consultation:
    given = {"in_force_on": IN_FORCE, "document_number": "城管〔2026〕12号", "sha256": digest_of(found), **more}
    with on(AFTER):
        return services.publish_draft(world.actor(by), found, **given)
