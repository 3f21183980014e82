"""Two people at one bulletin, on real connections: one winner, and nobody meets an error of the database."""

from __future__ import annotations

from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.bulletins import rules
from chengxin.bulletins.models import Acknowledgement, Bulletin, Erratum, Snapshot
from chengxin.bulletins.services import afterwards, drafting, issuing
from chengxin.core import clock
from chengxin.core.errors import DomainError
from tests.bulletins.conftest import OCTOBER, begun, frozen, issued, on, signed
from tests.test_races import at_once
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(results: list[Any]) -> list[str]:
    return sorted(result.code if isinstance(result, DomainError) else "done" for result in results)


def at(call: Any) -> Any:
    """The same moment in a thread of its own: the stopped clock is the thread's."""

    def run() -> Any:
        with on(11, 3):
            return call()

    return run


def test_one_month_begun_by_four_at_once_is_one_bulletin(transactional_db: None, world: World) -> None:
    results = at_once(*(at(lambda name=name: begun(world, by=name)) for name in ("督察", "督察乙") * 2))
    assert kinds(results) == ["done", "exists", "exists", "exists"]
    assert Bulletin.objects.count() == 1


def test_two_freezes_at_once_keep_one_snapshot(transactional_db: None, world: World) -> None:
    with on(11, 3):
        bulletin = begun(world)
    one, other = world.actor("督察"), world.actor("督察乙")
    results = at_once(*(at(lambda actor=actor: drafting.freeze_bulletin(actor, bulletin)) for actor in (one, other)))
    assert kinds(results) == ["done", "not_possible"]
    assert Snapshot.objects.count() == Entry.objects.filter(action="bulletins.frozen").count() == 1


def test_a_signature_and_a_return_at_once_have_one_winner(transactional_db: None, world: World) -> None:
    with on(11, 3):
        bulletin = frozen(world)
    assert bulletin.snapshot is not None
    leader, seen = world.actor("局长"), bulletin.snapshot.sha256
    results = at_once(
        at(lambda: issuing.sign_bulletin(leader, bulletin, sha256=seen)),
        at(lambda: issuing.return_bulletin(leader, bulletin, reason="核对")),
    )
    assert kinds(results) == ["done", "not_possible"]
    bulletin.refresh_from_db()
    assert bulletin.state in {rules.SIGNED, rules.DRAFT}


def test_the_same_month_issued_by_four_at_once_is_issued_once(transactional_db: None, world: World) -> None:
    with on(11, 3):
        bulletin = signed(world)
    actors = [world.actor(name) for name in ("督察", "督察乙", "局长", "督察")]
    results = at_once(*(at(lambda actor=actor: issuing.issue_bulletin(actor, bulletin)) for actor in actors))
    assert kinds(results) == ["done", "not_possible", "not_possible", "not_possible"]
    assert Entry.objects.filter(action="bulletins.issued").count() == 1


def test_errata_at_once_get_numbers_of_their_own_and_one_receipt_is_one(transactional_db: None, world: World) -> None:
    with on(11, 3):
        bulletin = issued(world)
    office, captain, unit = world.actor("督察"), world.actor("队长"), world.units["一中队"]
    given = {"item": "检查人次", "was": "30", "becomes": "31", "reason": "漏报"}
    results = at_once(
        *(at(lambda: afterwards.add_erratum(office, bulletin, **given)) for _ in range(3)),
        *(at(lambda: issuing.acknowledge_bulletin(captain, bulletin, unit=unit)) for _ in range(3)),
    )
    assert kinds(results) == ["done"] * 6
    assert sorted(Erratum.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert Acknowledgement.objects.count() == 1


def test_a_freeze_sees_one_moment_while_findings_come_in(transactional_db: None, world: World) -> None:
    with on(10, 12):
        for _ in range(5):
            world.finding(person="队员")
    with on(11, 3):
        bulletin = begun(world)
    office = world.actor("督察")

    def raising() -> None:
        for _ in range(5):
            with on(11, 3):
                world.finding(person="协管", by="督察乙", seen_at=clock.at(OCTOBER.last, 9))

    results = at_once(at(lambda: drafting.freeze_bulletin(office, bulletin)), raising)
    assert not any(isinstance(result, DomainError) for result in results)
    content = Snapshot.objects.get().content
    counted = next(row["now"][0] for row in content["figures"] if row["code"] == "problems")
    assert counted == len(content["problems"]) == sum(row["problems"] for row in content["squadrons"])
