"""How many SQL queries a page takes, however many rows it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import World

MOST = {
    "/": 12,
    "/findings/": 14,
    "/people/": 12,
    "/attire/today/": 22,
    "/attire/roll-calls/": 18,
    "/rulebook/": 10,
    "/rulebook/clauses/2.1.3/": 12,
    "/me/": 18,
}


def taken(world: World, address: str) -> int:
    client = world.client("督察")
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", MOST)
def test_a_page_takes_no_more_queries_than_pinned(world: World, address: str) -> None:
    assert taken(world, address) <= MOST[address]


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("/findings/", lambda world: [world.finding(person="协管") for _ in range(12)]),
        ("/attire/roll-calls/", lambda world: [world.roll_call(session=session) for session in ("day", "evening")]),
    ],
)
def test_more_rows_take_no_more_queries(world: World, address: str, more: Callable[[World], Any]) -> None:
    world.finding()
    before = taken(world, address)
    more(world)
    assert taken(world, address) == before


def test_the_roll_call_sheet_takes_the_same_queries_for_any_number_of_members(world: World) -> None:
    import datetime as dt

    from chengxin.attire.selectors import sheet_for
    from chengxin.core import clock
    from chengxin.people import services as people
    from tests.world import SYSTEM

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            sheet_for(world.actor("队长"), world.units["一中队"], clock.today())
        return len(captured)

    before = count()
    for number in range(9):
        people.add_person(
            SYSTEM, number=f"Z{number}", name=f"新人{number}", sex="male", person_class="auxiliary", unit=world.units["一中队"],
            joined_on=dt.date(2026, 1, 1),
        )  # fmt: skip
    assert count() == before
