"""Two people at once, on real connections: where something could be doubled or lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from chengxin.attire.models import RollCall, RollCallLine
from chengxin.attire.services import SeenException
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.findings import services as findings
from chengxin.findings.models import Finding, Objection, Rectification, Step
from chengxin.people import services as people
from chengxin.people.models import Grant
from tests.world import SYSTEM, World

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run all calls at the same moment, each on its own connection; what each returned or the refusal it got."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return call()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def refusals(results: list[Any]) -> int:
    return sum(isinstance(result, DomainError) for result in results)


def test_two_rechecks_of_one_rectification_have_one_winner(transactional_db: None, world: World) -> None:
    finding = world.finding()
    findings.submit_rectification(world.actor("队员"), finding, text="已改")
    one, two = world.actor("督察乙"), world.actor("大队长")
    results = at_once(
        lambda: findings.recheck_finding(one, finding, passed=True, note=""),
        lambda: findings.recheck_finding(two, finding, passed=False, note="不清楚"),
    )
    assert refusals(results) == 1
    assert Rectification.objects.exclude(outcome="").count() == 1
    assert Step.objects.filter(title__startswith="复核").count() == 1


def test_the_same_finding_raised_at_once_is_one_finding(transactional_db: None, world: World) -> None:
    results = at_once(*(lambda: world.finding(source="seen:1") for _ in range(4)))
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == Finding.objects.count() == 1
    assert Step.objects.count() == 1


def test_a_phone_that_sends_its_roll_call_four_times_at_once_has_one(transactional_db: None, world: World) -> None:
    key, person = uuid.uuid4(), world.persons["队员"].pk
    exceptions = [SeenException(person, ("attire.markings_missing",), True)]
    results = at_once(*(lambda: world.roll_call(client_key=key, exceptions=exceptions) for _ in range(4)))
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == RollCall.objects.count() == Finding.objects.count() == 1
    assert RollCallLine.objects.count() == 4


def test_two_captains_calling_the_same_roll_have_one_winner(transactional_db: None, world: World) -> None:
    results = at_once(lambda: world.roll_call(by="队长"), lambda: world.roll_call(by="大队长"))
    assert (refusals(results), RollCall.objects.count()) == (1, 1)


def test_an_objection_and_a_withdrawal_at_once_end_in_one_state(transactional_db: None, world: World) -> None:
    finding = world.finding()
    own, leader = world.actor("队员"), world.actor("局长")
    at_once(
        lambda: findings.file_objection(own, finding, text="不实"),
        lambda: findings.withdraw_finding(leader, finding, reason="登记错人"),
    )
    finding.refresh_from_db()
    assert finding.state == "withdrawn"
    assert Objection.objects.count() in {0, 1}
    assert finding.steps.filter(title="撤销问题").count() == 1


def test_two_merges_in_opposite_directions_never_deadlock_and_one_wins(transactional_db: None, world: World) -> None:
    leader, one, other = world.actor("局长"), world.finding(), world.finding(by="督察乙")
    results = at_once(
        lambda: findings.merge_findings(leader, one, into=other, reason="同一事实"),
        lambda: findings.merge_findings(leader, other, into=one, reason="同一事实"),
    )
    assert refusals(results) == 1
    assert Finding.objects.filter(state="merged").count() == 1


def test_two_security_administrators_cannot_together_break_the_separation(transactional_db: None, world: World) -> None:
    user, day = world.users["系统员"], clock.today()
    results = at_once(
        lambda: people.grant_role(SYSTEM, user, role="secadmin", unit=None, starts_on=day),
        lambda: people.grant_role(SYSTEM, user, role="leader", unit=None, starts_on=day),
    )
    assert refusals(results) == 2
    assert Grant.objects.filter(user=user).count() == 1
