"""The roster: planning, leave, swaps; what happens and what a refusal leaves untouched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.duty import selectors, services
from chengxin.duty.models import Leave, Shift, Swap
from tests.world import World

TODAY = dt.date(2026, 9, 30)
TOMORROW = TODAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def a_morning_in_september() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 7)):
        yield


@contextmanager
def refused(error: type[DomainError], message: str) -> Iterator[None]:
    def stand() -> list[object]:
        return [
            list(Shift.objects.values_list()),
            list(Leave.objects.values_list()),
            list(Swap.objects.values_list()),
            Entry.objects.count(),
        ]

    before = stand()
    with pytest.raises(error, match=message):
        yield
    assert stand() == before


def plan(world: World, name: str = "队员", day: dt.date = TOMORROW, pattern: str = "day", by: str = "队长") -> int:
    return services.plan_shifts(world.actor(by), world.units["一中队"], wanted={(world.persons[name].pk, day): pattern})


def test_a_plan_stands_and_planning_it_again_changes_nothing(world: World) -> None:
    assert (plan(world), plan(world)) == (1, 0)
    shift = Shift.objects.get()
    assert (shift.title, shift.unit, shift.period.upper) == ("白班", world.units["一中队"], clock.at(TOMORROW, 17, 30))
    assert shift.rule_version.startswith("duty.shifts@")
    assert Entry.objects.filter(action="duty.planned").count() == 1


def test_another_plan_cancels_and_never_overwrites(world: World) -> None:
    plan(world)
    assert plan(world, pattern="night") == 1
    old, new = Shift.objects.order_by("pk")
    assert (old.cancel_reason, new.replaces_id, new.pattern) == ("调整排班", old.pk, "night")
    plan(world, pattern="")
    assert selectors.shifts_from(world.persons["队员"].pk, TODAY, 9) == []
    assert Shift.objects.count() == 2


def test_plans_that_are_refused(world: World) -> None:
    with refused(NotAllowed, "排班"):
        plan(world, by="队员")
    with refused(NotAllowed, "排班"):
        plan(world, by="外队长")
    with refused(DomainError, "已经过去"):
        plan(world, day=TODAY - dt.timedelta(days=1))
    with refused(DomainError, "不在一中队"):
        plan(world, name="外人")
    with refused(DomainError, "从班次中选择"):
        plan(world, pattern="afternoon")


def test_shifts_of_one_person_never_overlap(world: World) -> None:
    plan(world, pattern="night")  # ends at 06:00 the day after
    plan(world, day=TOMORROW + dt.timedelta(days=1), pattern="day")
    assert Shift.objects.all().standing().count() == 2
    long_day = DateTimeTZRange(clock.at(TOMORROW, 12), clock.at(TOMORROW, 23))
    standing = Shift.objects.get(pattern="night")
    with refused(Conflict, "班次不能重叠"), readable(Shift), transaction.atomic():
        Shift.objects.create(
            person=standing.person, unit=standing.unit, day=TOMORROW, pattern="long", title="长班", period=long_day, planned_at=clock.now()
        )


def test_granted_leave_takes_the_shift_away_and_keeps_no_reason(world: World) -> None:
    plan(world)
    made = services.request_leave(world.actor("队员"), starts_on=TOMORROW, until=TOMORROW)
    assert [field.name for field in Leave._meta.get_fields() if "reason" in field.name] == []
    services.decide_leave(world.actor("队长"), made, granted=True)
    assert selectors.shifts_from(world.persons["队员"].pk, TODAY, 9) == []
    assert Shift.objects.get().cancel_reason == "批准请假"
    with refused(DomainError, "已批准请假"):
        plan(world)
    with refused(Conflict, "已由队长审批"):
        services.decide_leave(world.actor("大队长"), made, granted=False)


def test_leave_that_is_refused(world: World) -> None:
    own = world.actor("队员")
    with refused(DomainError, "不能早于今天"):
        services.request_leave(own, starts_on=TODAY - dt.timedelta(days=1), until=TODAY)
    with refused(DomainError, "截止日早于起始日"):
        services.request_leave(own, starts_on=TOMORROW, until=TODAY)
    made = services.request_leave(own, starts_on=TOMORROW, until=TOMORROW)
    with refused(Conflict, "不能重叠"):
        services.request_leave(own, starts_on=TODAY, until=TOMORROW)
    captains = services.request_leave(world.actor("队长"), starts_on=TOMORROW, until=TOMORROW)
    with refused(NotAllowed, "不能审批自己的请假"):
        services.decide_leave(world.actor("队长"), captains, granted=True)
    with refused(NotAllowed, "审批请假"):
        services.decide_leave(world.actor("外队长"), made, granted=True)
    services.decide_leave(world.actor("队长"), made, granted=False, note="人手不足")
    services.request_leave(own, starts_on=TOMORROW, until=TOMORROW)  # a refused request is no obstacle


def test_an_agreed_and_granted_swap_exchanges_the_persons(world: World) -> None:
    given, taken = world.shift("队员", TOMORROW), world.shift("协管", TOMORROW, "night")
    swap = services.request_swap(world.actor("队员"), given, other=world.persons["协管"], against=taken)
    with refused(Conflict, "接班人没有同意"):
        services.decide_swap(world.actor("队长"), swap, granted=True)
    services.answer_swap(world.actor("协管"), swap, agreed=True)
    services.decide_swap(world.actor("队长"), swap, granted=True)
    standing = {(shift.person.name, shift.pattern) for shift in Shift.objects.all().standing()}
    assert standing == {("协管", "day"), ("队员", "night")}
    assert set(Shift.objects.exclude(cancelled_at=None).values_list("cancel_reason", flat=True)) == {"批准换班"}


def test_swaps_that_are_refused(world: World) -> None:
    given = world.shift("队员", TOMORROW)
    with refused(NotAllowed, "只能换出本人"):
        services.request_swap(world.actor("协管"), given, other=world.persons["女队员"])
    with refused(DomainError, "同一单位"):
        services.request_swap(world.actor("队员"), given, other=world.persons["外人"])
    swap = services.request_swap(world.actor("队员"), given, other=world.persons["协管"])
    with refused(Conflict, "已有等待办理"):
        services.request_swap(world.actor("队员"), given, other=world.persons["女队员"])
    with refused(NotAllowed, "只有被邀请"):
        services.answer_swap(world.actor("女队员"), swap, agreed=True)
    services.answer_swap(world.actor("协管"), swap, agreed=True)
    with refused(Conflict, "已经答复"):
        services.answer_swap(world.actor("协管"), swap, agreed=False)
    with clock.frozen(clock.at(TOMORROW, 9)), refused(Conflict, "已经开始"):
        services.decide_swap(world.actor("队长"), swap, granted=True)


def test_who_is_on_duty_at_a_moment(world: World) -> None:
    world.shift("队员", TODAY)
    world.shift("协管", TODAY, "night")
    units = [world.units["一中队"].pk]
    at = [[shift.person.name for shift in selectors.on_duty_at(clock.at(TODAY, hour), units)] for hour in (7, 8, 17, 18, 23)]
    assert at == [[], ["队员"], ["队员"], [], ["协管"]]
    assert [s.person.name for s in selectors.on_duty_at(clock.at(TOMORROW, 5), units)] == ["协管"]
