"""The small town at the turn of a year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chengxin.core import clock
from chengxin.findings.models import Finding
from chengxin.reports.models import YearPackage
from chengxin.reports.selectors import sections
from chengxin.reports.services import carry_over, freeze_package, prepare_package
from tests.world import World

AUTUMN = dt.date(2026, 10, 14)  # a Wednesday
NEW_YEAR = dt.date(2027, 1, 12)  # a Tuesday after the year


@contextmanager
def on(day: dt.date = NEW_YEAR, hour: int = 10) -> Iterator[None]:
    with clock.frozen(clock.at(day, hour)):
        yield


def finding(world: World, day: dt.date = AUTUMN, **more: Any) -> Finding:
    """An open finding of a day of the year."""
    with on(day):
        return world.finding(**more)  # type: ignore[no-any-return]


def begun(world: World, year: int = 2026, by: str = "督察") -> YearPackage:
    return prepare_package(world.actor(by), year=year)


def open_keys(package: YearPackage) -> list[str]:
    return [item.key for item in sections.open_items_of(sections.content_of(package.year, clock.now()))]


def carried(world: World, package: YearPackage, by: str = "督察") -> None:
    """Everything open is carried over by a named person."""
    keys = open_keys(package)
    if keys:
        carry_over(world.actor(by), package, keys=keys, responsible=world.persons["队长"], reason="年末整改期未满")


def frozen(world: World, year: int = 2026) -> YearPackage:
    package = begun(world, year)
    carried(world, package)
    return freeze_package(world.actor("督察"), package)
