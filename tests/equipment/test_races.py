"""Custody under contention, on real connections: one winner, no deadlock, nothing lost or doubled."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from chengxin.core import clock
from chengxin.core.errors import Conflict
from chengxin.equipment.models import Custody, Operation, StockMovement, UniformIssue, UniformStock
from chengxin.equipment.services import custody, stock
from chengxin.equipment.services.gestures import Asked, Outcome
from tests.test_races import at_once
from tests.world import PASSED, World

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, CLIENTS = 1000, 4


def lender(world: World, name: str) -> Callable[..., list[Outcome]]:
    """Lends to one person, from the captain's desk; loans need no roster."""
    actor, holder = world.actor("队长"), world.persons[name]

    def lend(*numbers: str, key: uuid.UUID | None = None, due: dt.datetime | None = None) -> list[Outcome]:
        asked = [Asked(number, PASSED) for number in numbers]
        return custody.lend(actor, holder=holder, items=asked, reason="演练", due_at=due or clock.now() + dt.timedelta(hours=5), key=key)

    return lend


@pytest.mark.slow
def test_of_simultaneous_check_outs_exactly_one_wins_in_a_thousand_rounds(transactional_db: None, world: World) -> None:
    world.item("R-1")
    names = ("队员", "女队员", "协管", "装备员")
    start, end, captain = Barrier(CLIENTS), Barrier(CLIENTS), world.actor("队长")

    def contend(name: str) -> list[tuple[bool, str]]:
        lend, seen = lender(world, name), []
        try:
            for _ in range(ROUNDS):
                start.wait(60)
                (outcome,) = lend("R-1")
                seen.append((outcome.done, outcome.code))
                end.wait(60)
                if outcome.done:
                    assert custody.give_back(captain, items=[Asked("R-1")])[0].done
        finally:
            connection.close()
        return seen

    with ThreadPoolExecutor(CLIENTS) as pool:
        rounds = list(zip(*pool.map(contend, names), strict=True))
    assert len(rounds) == ROUNDS
    assert [outcomes for outcomes in rounds if sum(done for done, _ in outcomes) != 1] == []
    assert {code for outcomes in rounds for done, code in outcomes if not done} <= {"already_out", "not_countersigned"}
    assert Custody.objects.count() == ROUNDS
    assert Custody.objects.filter(returned_at=None).count() == 0


def test_many_gestures_over_the_same_items_in_any_order_never_deadlock(transactional_db: None, world: World) -> None:
    numbers = [world.item(f"R-{number}").asset_number for number in range(8)]
    captain = world.actor("队长")

    def juggle(name: str) -> int:
        lend, chance, taken = lender(world, name), random.Random(name), 0
        try:
            for _ in range(60):
                mine = [outcome.number for outcome in lend(*chance.sample(numbers, 5)) if outcome.done]
                taken += len(mine)
                chance.shuffle(mine)
                if mine:
                    assert all(outcome.done for outcome in custody.give_back(captain, items=[Asked(n) for n in mine]))
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(CLIENTS) as pool:
        taken = list(pool.map(juggle, ("队员", "女队员", "协管", "装备员")))
    assert Custody.objects.count() == sum(taken)
    assert Custody.objects.filter(returned_at=None).count() == 0


def test_one_key_sent_four_times_at_once_is_done_once_and_answered_four_times(transactional_db: None, world: World) -> None:
    world.item("R-1")
    world.item("R-2")
    lend, key, due = lender(world, "队员"), uuid.uuid4(), clock.now() + dt.timedelta(hours=2)
    answers = at_once(*(lambda: lend("R-1", "R-2", key=key, due=due) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert [outcome.done for outcome in answers[0]] == [True, True]
    assert (Custody.objects.count(), Operation.objects.count()) == (2, 1)


def test_one_key_with_two_bodies_at_once_has_one_winner(transactional_db: None, world: World) -> None:
    world.item("R-1")
    world.item("R-2")
    lend, key = lender(world, "队员"), uuid.uuid4()
    answers: list[Any] = at_once(lambda: lend("R-1", key=key), lambda: lend("R-2", key=key))
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert Custody.objects.count() == 1


def test_two_keepers_countersigning_at_once_countersign_once(transactional_db: None, world: World) -> None:
    world.item("R-1")
    lender(world, "队员")("R-1")
    _, locker = world.device()
    custody.give_back(locker, items=[Asked("R-1")])
    one, other = world.actor("队长"), world.actor("装备员")
    answers = at_once(
        lambda: custody.countersign(one, numbers=["R-1"])[0].done, lambda: custody.countersign(other, numbers=["R-1"])[0].done
    )
    assert sorted(answers) == [False, True]


def test_the_last_piece_goes_to_one_person(transactional_db: None, world: World) -> None:
    finance = world.actor("人事")
    piece = {"style": "hat", "size": "57"}
    stock.move_stock(finance, **piece, sex="male", person_class="established", kind="received", change=1)
    answers = at_once(
        *(lambda name=name: stock.issue_uniform(finance, world.persons[name], **piece, quantity=1) for name in ("队员", "队长"))  # type: ignore[misc]
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert (UniformStock.objects.get().quantity, UniformIssue.objects.count(), StockMovement.objects.count()) == (0, 1, 2)


def test_one_entitlement_is_not_issued_twice_by_two_clerks(transactional_db: None, world: World) -> None:
    finance = world.actor("人事")
    piece = {"style": "hat", "size": "57"}
    stock.move_stock(finance, **piece, sex="male", person_class="established", kind="received", change=5)
    person = world.persons["队员"]
    answers = at_once(*(lambda: stock.issue_uniform(finance, person, **piece, quantity=1) for _ in range(3)))
    assert sum(isinstance(answer, UniformIssue) for answer in answers) == 1
    assert UniformStock.objects.get().quantity == 4
