"""Two at once, on real connections: one draw, one visit, one photo, one reminder (3.1)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.draws.models import Draw
from chengxin.findings.models import Finding
from chengxin.supervision.models import Check, LookBackTask, Plan, Reminder, RepeatAlert, Target, Visit, VisitPhoto
from chengxin.supervision.services import alerts, desk, drawing, visits
from tests.supervision.conftest import filled, seen
from tests.test_races import at_once, refusals
from tests.world import World, upload

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_sheet_sent_four_times_at_once_is_one_visit(transactional_db: None, world: World, visit: Callable[..., Visit]) -> None:
    for _ in range(3):
        made, key, actor, before = visit(), uuid.uuid4(), world.actor("督察"), Finding.objects.count()
        sheet = filled(seen(world, "队员", "attire.beard"), seen(world, "协管"))
        results = at_once(*(lambda: visits.submit_visit(actor, made, client_key=key, filled=sheet) for _ in range(4)))  # noqa: B023
        assert refusals(results) == 0
        assert {result.pk for result in results} == {made.pk}
        assert (Finding.objects.count() - before, made.checks.count()) == (1, 2)
        assert Entry.objects.filter(action="supervision.visit_submitted", subject=f"visit:{made.pk}").count() == 1


def test_two_inspectors_submitting_one_visit_at_once_have_one_winner(
    transactional_db: None, world: World, visit: Callable[..., Visit]
) -> None:
    made, sheet = visit("督察", "督察乙"), filled(seen(world, "队员"))
    one, other = world.actor("督察"), world.actor("督察乙")
    results = at_once(
        lambda: visits.submit_visit(one, made, client_key=uuid.uuid4(), filled=sheet),
        lambda: visits.submit_visit(other, made, client_key=uuid.uuid4(), filled=sheet),
    )
    assert (refusals(results), Check.objects.count()) == (1, 1)


def test_a_photo_sent_four_times_at_once_is_one(transactional_db: None, world: World, visit: Callable[..., Visit]) -> None:
    made, key, actor = visit(), uuid.uuid4(), world.actor("督察")
    results = at_once(*(lambda: visits.keep_photo(actor, made, upload(), client_key=key, captured_at=None) for _ in range(4)))
    assert refusals(results) == 0
    assert len({result.pk for result in results}) == VisitPhoto.objects.count() == 1


def test_two_freezes_and_two_casts_at_once_are_one_draw(transactional_db: None, world: World, plan: Callable[..., Plan]) -> None:
    made, one, other = plan("quarterly"), world.actor("督察"), world.actor("督察乙")
    for step in (drawing.freeze_objects, drawing.cast_objects, drawing.freeze_inspectors, drawing.cast_inspectors):
        more: dict[str, Any] = {"public": "六"} if "cast" in step.__name__ else {}
        results = at_once(lambda: step(one, made, **more), lambda: step(other, made, **more))  # noqa: B023
        assert refusals(results) == 1, step.__name__
        made.refresh_from_db()
    assert (Draw.objects.count(), made.state) == (2, "assigned")
    assert Target.objects.count() == len(made.objects_draw.drawn)  # type: ignore[union-attr]
    assert Visit.objects.count() == 2


def test_two_quarterly_plans_at_once_are_one(transactional_db: None, world: World, plan: Callable[..., Plan]) -> None:
    results = at_once(lambda: plan("quarterly"), lambda: plan("quarterly", by="督察乙"))
    assert (refusals(results), Plan.objects.count()) == (1, 1)


def test_reminders_and_dispositions_at_once_are_not_doubled(transactional_db: None, world: World) -> None:
    rows = [world.finding(), world.finding(code="attire.beard")]
    numbers, one, other = [row.pk for row in rows], world.actor("督察"), world.actor("局长")
    results = at_once(lambda: desk.remind_overdue(one, numbers), lambda: desk.remind_overdue(other, numbers))
    assert (refusals(results), Reminder.objects.count()) == (0, 2)
    alert = RepeatAlert.objects.get()
    decided = at_once(
        lambda: alerts.dispose_alert(one, alert, disposition="talk", reason="谈过了"),
        lambda: alerts.dispose_alert(other, alert, disposition="none", reason="不必"),
    )
    assert refusals(decided) == 1
    assert not LookBackTask.objects.exists()
