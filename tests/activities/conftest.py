"""A year's programme, an activity of both squadrons, and its roll."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chengxin.activities import services
from chengxin.activities.models import Activity, Part, Programme
from chengxin.core import clock
from tests.world import World

TODAY = dt.date(2026, 10, 14)
MORNING = clock.at(TODAY, 9)


@pytest.fixture
def october() -> Iterator[None]:
    with clock.frozen(MORNING):
        yield


@pytest.fixture
def programme(world: World) -> Programme:
    return services.create_programme(world.actor("督察"), year=clock.today().year)


def part(code: str = "q4.study") -> Part:
    return Part.objects.select_related("programme").get(code=code)


@pytest.fixture
def activity(world: World, programme: Programme) -> Callable[..., Activity]:
    """An activity of the first squadron on this day, arranged by its captain unless said otherwise."""

    def make(by: str = "队长", unit: str = "一中队", **more: Any) -> Activity:
        now = clock.now()
        given: dict[str, Any] = {
            "form_key": uuid.uuid4(), "parts": [part()], "title": "廉政专题学习", "place": "局会议室", "starts_at": now,
            "ends_at": now + dt.timedelta(hours=2), "unit": world.units[unit], "units": [world.units[unit]],
            "leader": world.persons[by],
        }  # fmt: skip
        return services.plan_activity(world.actor(by), **{**given, **more})

    return make


@pytest.fixture
def held(world: World, activity: Callable[..., Activity]) -> Activity:
    return services.open_activity(world.actor("队长"), activity())


def close(world: World, activity: Activity, *absent: str, by: str = "队长", reason: str = "", **more: Any) -> Activity:
    sheet = {world.persons[name].pk: reason for name in absent}
    return services.close_activity(world.actor(by), activity, **{"key": uuid.uuid4(), "absent": sheet, **more})


def ticket(world: World, name: str, activity: Activity, by: str = "队长") -> str:
    code, _ = services.code_now(world.actor(by), activity)
    return services.ticket_for(world.actor(name), activity.pk, code)
