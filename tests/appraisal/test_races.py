"""Two people at once, on real connections: one frozen year, no seat beyond the quota, no fact entered twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from chengxin.appraisal.models import LedgerEntry, Nomination, Round, Snapshot
from chengxin.appraisal.selectors.verdicts import standings
from chengxin.appraisal.services import ledger, nominations, rounds
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.findings import services as findings
from chengxin.findings.services import life
from tests.appraisal.conftest import JANUARY, found, on
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "全年无投诉，办案质量高"


def kinds(results: list[Any]) -> list[str]:
    return sorted(result.code if isinstance(result, DomainError) else "done" for result in results)


def in_january(call: Any) -> Any:
    """The clock is stopped per thread: each of them stops its own."""

    def run() -> Any:
        with on(JANUARY):
            return call()

    return run


def test_two_freezes_at_once_keep_one_snapshot(transactional_db: None, world: World) -> None:
    found(world)
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
    one, other = world.actor("督察"), world.actor("人事")
    results = at_once(
        in_january(lambda: rounds.freeze_round(one, round_)), in_january(lambda: rounds.freeze_round(other, round_))
    )  # fmt: skip
    assert kinds(results) == ["done", "other_state"]
    assert (Snapshot.objects.count(), Entry.objects.filter(action="appraisal.frozen").count()) == (1, 1)
    round_.refresh_from_db()
    assert (round_.state, Snapshot.objects.get().as_of) == ("frozen", round_.frozen_at)


def test_two_who_open_the_same_year_open_it_once(transactional_db: None, world: World) -> None:
    one, other = world.actor("督察"), world.actor("人事")
    results = at_once(in_january(lambda: rounds.open_round(one, year=2026)), in_january(lambda: rounds.open_round(other, year=2026)))
    assert (kinds(results), Round.objects.count()) == (["done", "open_already"], 1)


def test_more_nominations_at_once_than_seats_fill_the_seats_and_no_more(transactional_db: None, world: World) -> None:
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
        rounds.freeze_round(world.actor("督察"), round_)
    brigade, leader = world.actor("大队长"), world.actor("局长")
    wanted = [(brigade, "队员"), (leader, "女队员"), (brigade, "外人"), (leader, "外队长")]

    def nominating(actor: Any, name: str) -> Any:
        person = world.persons[name]
        return in_january(lambda: nominations.nominate(actor, round_, person=person, reasons=SAID))

    results = at_once(*(nominating(actor, name) for actor, name in wanted))
    assert kinds(results) == ["done", "done", "quota_full", "quota_full"]
    assert sorted(Nomination.objects.values_list("seat", flat=True)) == [1, 2]
    assert Entry.objects.filter(action="appraisal.nominated").count() == 2


def test_the_same_person_nominated_by_two_at_once_takes_one_seat(transactional_db: None, world: World) -> None:
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
        rounds.freeze_round(world.actor("督察"), round_)
    person, brigade, leader = world.persons["外人"], world.actor("大队长"), world.actor("局长")
    results = at_once(
        in_january(lambda: nominations.nominate(brigade, round_, person=person, reasons=SAID)),
        in_january(lambda: nominations.nominate(leader, round_, person=person, reasons=SAID)),
    )
    assert (kinds(results), Nomination.objects.count()) == (["done", "nominated"], 1)


def test_reconciling_four_times_at_once_enters_each_fact_once(
    transactional_db: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(life, "WITNESSES", [])
        three = [found(world, day=dt.date(2026, 6, day)) for day in (1, 2, 3)]
        with on(dt.date(2026, 7, 1)):
            findings.withdraw_finding(world.actor("局长"), three[0], reason="登记错人")
    actor = world.actor("督察")
    results = at_once(*(in_january(lambda: ledger.reconcile_ledger(actor)) for _ in range(4)))
    assert refusals(results) == 0
    assert LedgerEntry.objects.count() == 4
    standing = standings(2026, clock.at(JANUARY))[world.persons["队员"].pk]
    assert (standing.findings, standing.points) == (2, -2)


def test_a_finding_withdrawn_while_the_ledger_is_reconciled_is_reversed_once(transactional_db: None, world: World) -> None:
    finding, actor, leader = found(world), world.actor("督察"), world.actor("局长")

    def withdraw() -> Any:
        return findings.withdraw_finding(leader, finding, reason="登记错人")

    at_once(in_january(withdraw), in_january(lambda: ledger.reconcile_ledger(actor)), in_january(lambda: ledger.reconcile_ledger(actor)))
    assert LedgerEntry.objects.count() == 2
    assert LedgerEntry.objects.get(reverses__isnull=False).source == f"finding:{finding.pk}"
