"""Activities: arranged within one's units, moved, cancelled, the roster of everyone due, materials."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chengxin.activities import selectors, services
from chengxin.activities.models import Activity, Programme, RosterLine
from chengxin.activities.selectors import sessions as facts
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.duty import selectors as duty_facts
from chengxin.duty import services as duty
from chengxin.people import services as people
from tests.activities.conftest import TODAY, close
from tests.world import SYSTEM, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("october")]


def roster(activity: Activity) -> dict[str, tuple[str, str]]:
    return {line.person.name: (line.presence, line.reason) for line in activity.lines.select_related("person")}


def test_everyone_of_the_units_is_due_established_and_auxiliaries_alike(world: World, held: Activity) -> None:
    assert roster(held) == dict.fromkeys(("队长", "装备员", "队员", "女队员", "协管"), ("due", ""))
    assert (held.state, held.opened_label) == ("held", "队长")
    assert Entry.objects.get(action="activities.opened").details == {"due": 5}


def test_the_same_form_twice_is_one_activity(world: World, activity: Callable[..., Activity]) -> None:
    key = uuid.uuid4()
    assert activity(form_key=key).pk == activity(form_key=key).pk
    assert (Activity.objects.count(), Entry.objects.filter(action="activities.planned").count()) == (1, 1)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"parts": []}, "parts"),
        ({"title": " "}, "title"),
        ({"place": ""}, "place"),
        ({"units": []}, "units"),
        ({"ends_at": clock.at(TODAY, 9)}, "ends_at"),
        ({"ends_at": clock.at(TODAY + dt.timedelta(days=2), 9)}, "ends_at"),
        ({"starts_at": clock.at(dt.date(2027, 1, 4), 9), "ends_at": clock.at(dt.date(2027, 1, 4), 10)}, "starts_at"),
    ],
)
def test_a_plan_that_says_too_little_names_the_field_and_leaves_nothing(
    world: World, activity: Callable[..., Activity], more: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        activity(**more)
    assert (refused.value.field, Activity.objects.count(), Entry.objects.filter(action="activities.planned").count()) == (field, 0, 0)


def test_a_captain_arranges_for_the_own_squadron_only(world: World, activity: Callable[..., Activity]) -> None:
    with pytest.raises(NotAllowed, match="超出了您可以安排的范围"):
        activity(units=[world.units["一中队"], world.units["二中队"]])
    with pytest.raises(NotAllowed):
        activity(unit="二中队")
    with pytest.raises(NotAllowed):
        activity(by="队员")
    assert Activity.objects.count() == 0
    made = activity(by="督察", unit="局")
    names = set(roster(services.open_activity(world.actor("督察"), made)))
    assert {"队员", "外人", "协管", "大队长"} <= names
    assert "职员" not in names
    assert facts.around(made).scopes == ["局"]


def test_the_roster_follows_the_assignments_of_the_day_and_known_leave(world: World, activity: Callable[..., Activity]) -> None:
    made = activity(starts_at=clock.at(TODAY + dt.timedelta(days=2), 9), ends_at=clock.at(TODAY + dt.timedelta(days=2), 11))
    with pytest.raises(DomainError, match="到当天才能开始点名"):
        services.open_activity(world.actor("队长"), made)
    day = TODAY + dt.timedelta(days=2)
    people.assign_person(SYSTEM, world.persons["外人"], unit=world.units["一中队"], starts_on=day)
    leave = duty.request_leave(world.actor("队员"), starts_on=day, until=day)
    duty.decide_leave(world.actor("队长"), leave, granted=True)
    assert duty_facts.is_on_leave(world.persons["队员"].pk, day)
    away = {"status": "on_leave", "starts_on": day, "ends_on": day + dt.timedelta(days=30), "approved_by": "局长"}
    people.set_status(SYSTEM, world.persons["女队员"], **away)  # type: ignore[arg-type]
    with clock.frozen(clock.at(day, 9)):
        made = services.open_activity(world.actor("队长"), made)
        assert services.open_activity(world.actor("大队长"), made).pk == made.pk
    assert roster(made) == {
        "队长": ("due", ""), "装备员": ("due", ""), "协管": ("due", ""), "外人": ("due", ""),
        "队员": ("absent", "leave"), "女队员": ("absent", "away"),
    }  # fmt: skip
    assert facts.count_of_activity(made).due == 4


def test_an_activity_moves_before_its_roll_and_is_cancelled_with_a_reason(world: World, activity: Callable[..., Activity]) -> None:
    made, actor = activity(), world.actor("队长")
    starts = clock.at(TODAY, 14)
    moved = services.move_activity(actor, made, place="训练场", starts_at=starts, ends_at=starts + dt.timedelta(hours=1), reason="会议冲突")
    assert (moved.place, moved.moves) == ("训练场", 1)
    with pytest.raises(DomainError) as refused:
        services.cancel_activity(actor, made, reason=" ")
    assert refused.value.field == "reason"
    cancelled = services.cancel_activity(actor, made, reason="暴雨")
    assert (cancelled.state, cancelled.cancel_reason) == ("cancelled", "暴雨")
    with pytest.raises(Conflict):
        services.cancel_activity(actor, made, reason="再取消")
    with pytest.raises(Conflict):
        services.open_activity(actor, made)
    with pytest.raises(Conflict):
        services.move_activity(actor, made, place="x", starts_at=starts, ends_at=starts + dt.timedelta(hours=1), reason="x")
    assert RosterLine.objects.count() == 0


def test_who_was_absent_is_due_by_name_in_the_make_up(world: World, held: Activity) -> None:
    close(world, held, "协管", "队员", reason="none")
    actor, day = world.actor("队长"), TODAY + dt.timedelta(days=3)
    given: dict[str, Any] = {
        "place": "会议室", "starts_at": clock.at(day, 9), "ends_at": clock.at(day, 10), "leader": world.persons["队长"],
    }  # fmt: skip
    key = uuid.uuid4()
    made = services.plan_make_up(actor, held, form_key=key, **given)
    assert services.plan_make_up(actor, held, form_key=key, **given).pk == made.pk
    assert sorted(made.invitations.values_list("person__name", flat=True)) == ["协管", "队员"]
    assert (made.make_up_of_id, list(made.parts.all())) == (held.pk, list(held.parts.all()))
    with pytest.raises(Conflict, match="没有需要补训的人员"):
        services.plan_make_up(actor, held, form_key=uuid.uuid4(), **given)
    services.cancel_activity(actor, made, reason="另行安排")
    assert held.lines.filter(is_made_up=True).count() == 0
    again = services.plan_make_up(actor, held, form_key=uuid.uuid4(), **given)
    with clock.frozen(clock.at(day, 9)):
        assert set(roster(services.open_activity(actor, again))) == {"协管", "队员"}


def test_photos_and_materials_belong_to_the_activity(world: World, held: Activity) -> None:
    actor = world.actor("队长")
    photo = world.photo(actor)
    services.keep_files(actor, held, files=[photo])
    assert [each.pk for each in facts.around(held).files] == [photo]
    with pytest.raises(DomainError) as refused:
        services.keep_files(actor, held, files=[])
    assert refused.value.field == "photos"
    with pytest.raises(NotAllowed):
        services.keep_files(world.actor("队员"), held, files=[photo])


def test_who_has_nothing_to_do_with_an_activity_does_not_find_it(world: World, activity: Callable[..., Activity]) -> None:
    made = activity()
    for name in ("队员", "协管", "大队长", "局长", "督察"):
        assert selectors.activity_for(world.actor(name), made.pk).pk == made.pk
    for name in ("外人", "外队长", "职员"):
        with pytest.raises(NotFound):
            selectors.activity_for(world.actor(name), made.pk)
    named = activity(persons=[world.persons["外人"]], units=[])
    assert selectors.activity_for(world.actor("外人"), named.pk).pk == named.pk
    with pytest.raises(NotFound):
        selectors.activity_for(world.actor("职员"), named.pk)


@pytest.fixture(autouse=True)
def _with_programme(programme: Programme) -> None:
    """Every activity belongs to the year's programme."""
