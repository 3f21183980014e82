"""Two at once, on real connections: one programme, one activity, one roll, one presence, one decision (2.4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from chengxin.activities import services
from chengxin.activities.models import Activity, LineEntry, Part, Programme, RosterLine, Talk, WeakPoint
from chengxin.audit.models import Entry
from chengxin.core import clock
from tests.activities.conftest import close, ticket
from tests.activities.test_more import talk, three_findings
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_programme_asked_for_four_times_at_once_is_one(transactional_db: None, world: World) -> None:
    one, other, year = world.actor("督察"), world.actor("督察乙"), clock.today().year
    calls = [lambda actor=actor: services.create_programme(actor, year=year) for actor in (one, other, one, other)]
    results = at_once(*calls)
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == Programme.objects.count() == 1
    assert (Part.objects.count(), Entry.objects.filter(action="activities.programme_created").count()) == (19, 1)


def test_the_same_form_four_times_at_once_is_one_activity(
    transactional_db: None, world: World, programme: Programme, activity: Callable[..., Activity]
) -> None:
    key = uuid.uuid4()
    results = at_once(*(lambda: activity(form_key=key) for _ in range(4)))
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == Activity.objects.count() == 1


def test_two_leaders_open_one_roster_and_one_of_two_sheets_stands(
    transactional_db: None, world: World, activity: Callable[..., Activity]
) -> None:
    services.create_programme(world.actor("督察"), year=clock.today().year)
    made, captain, brigade = activity(), world.actor("队长"), world.actor("大队长")
    results = at_once(lambda: services.open_activity(captain, made), lambda: services.open_activity(brigade, made))
    assert (refusals(results), RosterLine.objects.count()) == (0, 5)
    key = uuid.uuid4()
    results = at_once(
        lambda: close(world, made, "队员", key=key),
        lambda: close(world, made, "队员", key=key),
        lambda: close(world, made, "协管", by="大队长"),
    )
    assert refusals(results) in {1, 2}
    assert RosterLine.objects.filter(presence="absent").count() == 1
    assert LineEntry.objects.count() == 5


def test_a_phone_that_confirms_four_times_while_the_roll_closes_is_present_once(
    transactional_db: None, world: World, activity: Callable[..., Activity]
) -> None:
    services.create_programme(world.actor("督察"), year=clock.today().year)
    made = services.open_activity(world.actor("队长"), activity())
    mine, officer = ticket(world, "队员", made), world.actor("队员")
    at_once(*(lambda: services.check_in(officer, made.pk, ticket=mine) for _ in range(4)), lambda: close(world, made))
    line = RosterLine.objects.get(person=world.persons["队员"])
    assert (line.presence, line.entries.count()) == ("present", 1)


def test_two_decisions_on_a_weak_point_and_two_corrections_of_a_talk_have_one_winner(transactional_db: None, world: World) -> None:
    point = three_findings(world)
    one, other = world.actor("督察"), world.actor("大队长")
    results = at_once(
        lambda: services.decide_weak_point(one, point, accepted=True, reason="补训"),
        lambda: services.decide_weak_point(other, point, accepted=False, reason="不必"),
    )
    assert (refusals(results), WeakPoint.objects.get().state in {"accepted", "dismissed"}) == (1, True)
    first = talk(world, held_on=clock.today())
    results = at_once(*(lambda: talk(world, held_on=clock.today(), corrects=first) for _ in range(2)))
    assert (refusals(results), Talk.objects.count()) == (1, 2)
