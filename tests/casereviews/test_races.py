"""Two at once, on real connections: one round, one sheet, one third reviewer, one 定稿, one case (2.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.casereviews import rules, services
from chengxin.casereviews.models import Case, FrameCase, MarkObjection, Review, Round
from chengxin.casereviews.selectors import rounds
from chengxin.core import clock
from chengxin.findings.models import Finding
from tests.casereviews.conftest import AFTER_TERM, TODAY, mark_of, name_of, off, seats
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Made = Callable[..., Any]


def on(day: Any, call: Callable[[], Any]) -> Callable[[], Any]:
    """The call with the clock of its own thread stopped at a day."""

    def run() -> Any:
        with clock.frozen(clock.at(day, 10)):
            return call()

    return run


def test_the_same_case_registered_four_times_at_once_is_one(transactional_db: None, world: World, may: None, case: Made) -> None:
    results = at_once(*(on(TODAY, lambda: case("城管罚〔2026〕第001号")) for _ in range(4)))
    assert Case.objects.count() == 1
    assert refusals(results) <= 3
    assert Entry.objects.filter(action="casereviews.registered").count() == 1


def test_two_freezes_two_draws_and_two_assignments_at_once_are_one(
    transactional_db: None, world: World, may: None, cases: list[Case]
) -> None:
    one, other = world.actor("督察"), world.actor("督察乙")
    results = at_once(*(on(TODAY, lambda who=who: services.freeze_round(who, year=2026, quarter=2)) for who in (one, other)))  # type: ignore[misc]
    assert (refusals(results), Round.objects.count(), FrameCase.objects.count()) == (1, 1, 5)
    found = Round.objects.get()
    for step in (services.cast_round, services.assign_reviewers):
        results = at_once(*(on(TODAY, lambda who=who, step=step: step(who, found, public="六")) for who in (one, other)))  # type: ignore[misc]
        assert refusals(results) == 1, step.__name__
    assert (found.reviewed.count(), Review.objects.count()) == (4, 8)


def test_two_reviewers_handing_in_at_once_come_to_one_result_and_one_third(
    transactional_db: None, world: World, may: None, reviewing: Made
) -> None:
    found = reviewing()
    for reviewed in rounds.standing_cases(found)[:3]:
        one, two = seats(reviewed)
        first, second = world.actor(name_of(world, one)), world.actor(name_of(world, two))
        results = at_once(
            on(TODAY, lambda: services.submit_review(first, one)),  # noqa: B023
            on(TODAY, lambda: services.submit_review(second, two, deductions=(off(points=100),))),  # noqa: B023
        )
        assert refusals(results) == 0
        assert [each.seat for each in seats(reviewed)] == [1, 2, 3]


def test_a_sheet_handed_in_four_times_at_once_is_one(transactional_db: None, world: World, may: None, reviewing: Made) -> None:
    one = seats(rounds.standing_cases(reviewing()).first())[0]
    actor = world.actor(name_of(world, one))
    same = at_once(*(on(TODAY, lambda: services.submit_review(actor, one, deductions=(off(),))) for _ in range(4)))
    assert refusals(same) == 0
    assert Entry.objects.filter(action="casereviews.submitted").count() == 1


def test_two_different_sheets_of_one_seat_at_once_have_one_winner(transactional_db: None, world: World, may: None, reviewing: Made) -> None:
    one = seats(rounds.standing_cases(reviewing()).first())[0]
    actor = world.actor(name_of(world, one))
    results = at_once(
        *(on(TODAY, lambda points=points: services.submit_review(actor, one, deductions=(off(points=points),))) for points in (5, 10))  # type: ignore[misc]
    )
    assert refusals(results) == 1
    assert Entry.objects.filter(action="casereviews.submitted").count() == 1


def test_two_endings_at_once_are_one_and_its_findings_are_not_doubled(transactional_db: None, world: World, may: None, told: Made) -> None:
    found = told()
    mark, captain = mark_of(found), world.actor("队长")
    results = at_once(*(on(TODAY, lambda: services.object_to_mark(captain, mark, text="不服")) for _ in range(2)))
    assert (refusals(results), MarkObjection.objects.count()) == (0, 1)
    leader, other = world.actor("局长"), world.actor("局长")
    decided = at_once(
        on(TODAY, lambda: services.decide_objection(leader, mark, outcome="kept", reasons="理由不成立")),
        on(TODAY, lambda: services.decide_objection(other, mark, outcome="dropped", reasons="有理")),
    )
    assert refusals(decided) == 1
    one, two = world.actor("督察"), world.actor("督察乙")
    ended = at_once(*(on(AFTER_TERM, lambda who=who: services.finalise_round(who, found)) for who in (one, two)))  # type: ignore[misc]
    assert refusals(ended) == 1
    found.refresh_from_db()
    assert found.state == rules.FINAL
    standing = 4 - MarkObjection.objects.filter(outcome="dropped").count()
    assert Finding.objects.filter(kind="casereviews.deduction").count() == standing
