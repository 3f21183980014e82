from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from chengxin.core import clock
from chengxin.measures import services
from chengxin.measures.models import Measure
from tests.world import SYSTEM, World

TODAY = dt.date(2026, 9, 30)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 12)):
        yield


@pytest.fixture
def proposed(world: World) -> Measure:
    """A criticism that the ladder proposes for a serious fact of 队员, found by 督察."""
    world.finding(grade="serious")
    assert services.propose_measures(SYSTEM) == 1
    return Measure.objects.get()


@pytest.fixture
def decided(world: World, proposed: Measure) -> Measure:
    return services.decide_measure(world.actor("督察乙"), proposed, kind="criticism", reasons="情节较重，经核实。")


def second_leader(world: World) -> Any:
    """Another bureau leader: 人事 with the role of one."""
    from chengxin.people import services as people

    people.grant_role(SYSTEM, world.users["人事"], role="leader", unit=None, starts_on=TODAY)
    return world.actor("人事")
