"""Two people at once, on real connections: one measure for a fact, one decision, one end."""

from __future__ import annotations

import uuid

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.findings import services as findings
from chengxin.measures import services
from chengxin.measures.models import Commendation, Measure, MeasureObjection, MeasureReversal
from tests.measures.conftest import TODAY, second_leader
from tests.test_races import at_once, refusals
from tests.world import SYSTEM, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_ladder_run_four_times_at_once_proposes_once(transactional_db: None, world: World) -> None:
    world.finding(grade="serious")
    results = at_once(*[lambda: services.propose_measures(SYSTEM)] * 4)
    assert (sum(results), Measure.objects.count()) == (1, 1)
    assert Entry.objects.filter(action="measures.proposed").count() == 1


def test_two_deciders_at_once_make_one_decision(transactional_db: None, world: World) -> None:
    world.finding(grade="serious")
    services.propose_measures(SYSTEM)
    measure, office, leader = Measure.objects.get(), world.actor("督察乙"), world.actor("局长")
    results = at_once(
        lambda: services.decide_measure(office, measure, kind="criticism", reasons="经核实"),
        lambda: services.dismiss_measure(leader, measure, reasons="首次"),
    )
    assert refusals(results) == 1
    assert Entry.objects.filter(action__in=["measures.decided", "measures.dismissed"]).count() == 1


def test_an_objection_and_a_reversal_at_once_leave_one_end(transactional_db: None, world: World) -> None:
    world.finding(grade="serious")
    services.propose_measures(SYSTEM)
    measure = services.decide_measure(world.actor("督察乙"), Measure.objects.get(), kind="criticism", reasons="经核实")
    person, leader, other = world.actor("队员"), world.actor("局长"), second_leader(world)
    results = at_once(
        lambda: services.file_objection(person, measure, text="不服"),
        lambda: services.reverse_measure(leader, measure, reason="有误"),
        lambda: services.reverse_measure(other, measure, reason="有误"),
    )
    assert refusals(results) == 2
    assert MeasureReversal.objects.count() + MeasureObjection.objects.count() == 1


def test_an_objection_and_the_measure_that_replaces_at_once_have_one_winner(transactional_db: None, world: World) -> None:
    finding = world.finding(grade="serious")
    services.propose_measures(SYSTEM)
    first = services.decide_measure(world.actor("督察乙"), Measure.objects.get(), kind="criticism", reasons="经核实")
    for _ in range(2):
        findings.submit_rectification(world.actor("队员"), finding, text="已改")
        findings.recheck_finding(world.actor("大队长"), finding, passed=False, note="没有改")
    assert services.propose_measures(SYSTEM) == 1
    graver, person, leader = Measure.objects.exclude(pk=first.pk).get(), world.actor("队员"), world.actor("局长")
    results = at_once(
        lambda: services.file_objection(person, first, text="不服"),
        lambda: services.decide_measure(leader, graver, kind="notice", reasons="仍不整改"),
    )
    assert refusals(results) == 1
    assert MeasureReversal.objects.count() + MeasureObjection.objects.count() == 1
    assert Measure.objects.filter(finding=finding, state="decided").count() == 1


def test_one_form_sent_twice_at_once_is_one_commendation(transactional_db: None, world: World) -> None:
    key, actor, person = uuid.uuid4(), world.actor("队长"), world.persons["队员"]

    def send() -> Commendation:
        return services.propose_commendation(actor, form_key=key, kind="public", text="群众送来锦旗", happened_on=TODAY, person=person)

    made = at_once(send, send)
    assert (refusals(made), made[0].pk == made[1].pk, Commendation.objects.count()) == (0, True, 1)
    assert Entry.objects.filter(action="measures.commendation_proposed").count() == 1
    assert clock.today() == TODAY
