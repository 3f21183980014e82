"""A year of the small town: 2026 with its facts, looked at in January 2027."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from chengxin.appraisal import selectors
from chengxin.appraisal.models import Round
from chengxin.appraisal.selectors import Verdict
from chengxin.appraisal.services import rounds
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.findings import services as findings
from tests.complaints.conftest import everything
from tests.world import World

JUNE = dt.date(2026, 6, 10)
JANUARY = dt.date(2027, 1, 20)


@contextmanager
def on(day: dt.date, hour: int = 10) -> Iterator[None]:
    with clock.frozen(clock.at(day, hour)):
        yield


def found(world: World, person: str = "队员", day: dt.date = JUNE, **more: Any) -> Any:
    """A finding against somebody on a day of the year."""
    with on(day):
        return world.finding(person=person, **more)


def thrice(world: World, person: str = "队员") -> list[Any]:
    return [found(world, person, JUNE + dt.timedelta(days=number)) for number in range(3)]


def take_back(world: World, finding: Any, day: dt.date = dt.date(2026, 7, 1), by: str = "局长") -> None:
    with on(day):
        findings.withdraw_finding(world.actor(by), finding, reason="登记错人")


def verdict(world: World, person: str = "队员", as_of: dt.datetime | None = None) -> Verdict:
    there = selectors.verdict_of(world.persons[person], 2026, as_of or clock.at(JANUARY, 10))
    assert there is not None
    return there


def frozen_round(world: World, by: str = "督察", **more: Any) -> Round:
    """The round of 2026, opened and frozen in January 2027."""
    with on(JANUARY):
        round_ = rounds.open_round(world.actor(by), year=2026)
        rounds.freeze_round(world.actor(by), round_, **more)
        round_.refresh_from_db()
    return round_


Refused = Callable[[type[DomainError], str], AbstractContextManager[Any]]


@pytest.fixture
def refused(db: None) -> Refused:
    """What is done inside is refused with the message, and not a letter of the whole database is another afterwards."""

    @contextmanager
    def refusing(error: type[DomainError], message: str) -> Iterator[Any]:
        before = everything()
        with pytest.raises(error, match=message) as told:
            yield told
        assert everything() == before

    return refusing
