"""A quarter with everything the inspections need."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.supervision.models import Inspector, Plan, Visit
from chengxin.supervision.services import drawing, plans, visits
from chengxin.supervision.services.visits import Filled, Seen
from tests.world import World

TODAY = dt.date(2026, 10, 14)
QUARTER_END = dt.date(2026, 12, 31)


@pytest.fixture
def october() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 10)):
        yield


@pytest.fixture
def plan(world: World) -> Callable[..., Plan]:
    """A plan as the supervision office makes it; a daily one of both squadrons unless said otherwise."""

    def make(kind: str = "daily", by: str = "督察", **more: Any) -> Plan:
        day = clock.today()
        given: dict[str, Any] = {
            "mode": "open", "template": "all", "starts_on": day, "ends_on": day + dt.timedelta(days=14),
            "units": [world.units["一中队"], world.units["二中队"]], "quarter": (day.month + 2) // 3,
        }  # fmt: skip
        return plans.create_plan(world.actor(by), kind=kind, **{**given, **more})

    return make


@pytest.fixture
def drawn(world: World, plan: Callable[..., Plan]) -> Callable[..., Plan]:
    """A quarterly plan drawn twice."""

    def make(**more: Any) -> Plan:
        actor, made = world.actor("督察"), plan("quarterly", **more)
        made = drawing.cast_objects(actor, drawing.freeze_objects(actor, made), public="四 二 六")
        return drawing.cast_inspectors(actor, drawing.freeze_inspectors(actor, made), public="三 三 一")

    return make


@pytest.fixture
def visit(world: World, plan: Callable[..., Plan]) -> Callable[..., Visit]:
    """A visit of the first squadron by 督察, arranged by hand."""

    def make(*names: str, unit: str = "一中队", **more: Any) -> Visit:
        made = plan(**more)
        going = [world.persons[name] for name in names or ("督察",)]
        return visits.arrange_visit(world.actor("督察"), made, unit=world.units[unit], inspectors=going, due_on=made.starts_on)

    return make


def seen(world: World, name: str | None, *items: str, **more: Any) -> Seen:
    return Seen(world.persons[name].pk if name else None, items, **more)


def filled(*seen: Seen, **more: Any) -> Filled:
    return Filled(**{"held_on": clock.today(), "seen": seen, **more})


def submit(world: World, visit: Visit, *seen: Seen, by: str = "督察", key: uuid.UUID | None = None, **more: Any) -> Visit:
    return visits.submit_visit(world.actor(by), visit, client_key=key or uuid.uuid4(), filled=filled(*seen, **more))


def inspectors(visit: Visit) -> list[str]:
    return [each.person.name for each in Inspector.objects.standing().filter(visit=visit).select_related("person")]
