"""Check-out, loan, return, countersignature: what happens and what a refusal leaves untouched."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import rules, selectors
from chengxin.equipment.models import Custody, Fault, Item, Operation
from chengxin.equipment.services import custody, faults, register
from chengxin.equipment.services.gestures import Asked, Outcome
from chengxin.people import services as people
from tests.world import PASSED, World

TODAY = dt.date(2026, 9, 30)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def before_the_day_shift() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 7, 30)):
        yield


def later(hours: float) -> dt.datetime:
    return clock.now() + dt.timedelta(hours=hours)


@contextmanager
def refused(error: type[DomainError], message: str) -> Iterator[None]:
    def stand() -> list[object]:
        tables = (Custody, Item, Fault, Operation)
        return [*(list(model.objects.order_by("pk").values_list()) for model in tables), Entry.objects.count()]

    before = stand()
    with pytest.raises(error, match=message):
        yield
    assert stand() == before


def only(outcomes: list[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def test_an_item_is_taken_for_the_shift_and_due_after_its_end_and_the_grace(world: World) -> None:
    world.shift("队员")
    world.item("R-1")
    assert only(world.check_out("R-1")).done
    held = Custody.objects.get()
    assert (held.holder.name, held.purpose, held.keeper) == ("队员", "duty", world.persons["装备员"])
    assert held.due_at == clock.at(TODAY, 19, 30)
    assert (held.shift, held.readings_out, held.rule_version[:17]) == (held.shift, PASSED, "equipment.custody")
    entry = Entry.objects.get(action="equipment.checked_out")
    assert (entry.person_id, entry.details["items"]) == (world.persons["队员"].pk, ["R-1"])


def test_without_a_shift_nothing_is_issued_for_duty(world: World) -> None:
    world.item("R-1")
    with refused(DomainError, "现在没有勤务，60 分钟内也没有班次开始"):
        world.check_out("R-1")
    world.shift("队员")
    with clock.frozen(clock.at(TODAY, 6, 59)), refused(DomainError, "现在没有勤务"):
        world.check_out("R-1")
    with clock.frozen(clock.at(TODAY, 7, 1)):
        assert only(world.check_out("R-1")).done


def test_one_item_of_many_may_be_refused_and_says_why(world: World) -> None:
    world.shift("队员")
    world.shift("女队员")
    for number in ("R-1", "R-2", "R-3"):
        world.item(number)
    world.item("X-1", unit="二中队")
    faulty = world.item("R-4")
    faults.report_fault(world.actor("装备员"), faulty, description="开不了机")
    world.check_out("R-2", name="女队员")
    outcomes = world.check_out("R-1", "R-2", "R-4", "X-1", "没有")
    assert [(each.number, each.done, each.code) for each in outcomes] == [
        ("R-1", True, ""), ("R-2", False, "already_out"), ("R-4", False, "faulty"), ("X-1", False, "other_unit"),
        ("没有", False, "unknown_item"),
    ]  # fmt: skip
    assert "现由女队员领用，自 09-30 07:30 起" in outcomes[1].message
    assert "女队员" not in outcomes[3].message
    assert Custody.objects.filter(returned_at=None).count() == 2


def test_the_same_item_scanned_twice_is_one_custody(world: World) -> None:
    world.shift("队员")
    world.item("R-1")
    assert [each.done for each in world.check_out("R-1", "R-1")] == [True, True]
    assert Custody.objects.count() == 1


def test_readiness_is_a_gate(world: World) -> None:
    world.shift("队员")
    world.item("J-1", kind="recorder")
    asked = [Asked("J-1", {"charge": 40, "storage": 64, "clock": 90})]
    outcome = only(custody.check_out(world.actor("装备员"), holder=world.persons["队员"], items=asked))
    assert outcome.code == "not_ready"
    assert "电量 40%，低于 80%；时钟误差 90秒，超过 60秒；没有检查功能" in outcome.message
    assert Custody.objects.count() == 0


@pytest.mark.parametrize(("name", "message"), [("外人", "其他单位"), ("职员", "不是执法或协管人员"), ("女队员", "停职"), ("协管", "请假")])
def test_who_may_not_take_anything(world: World, name: str, message: str) -> None:
    world.item("R-1")
    finance, person = world.actor("人事"), world.persons[name]
    for known in ("外人", "女队员", "协管"):
        world.shift(known)
    statuses = {"女队员": "suspended", "协管": "on_leave"}
    if name in statuses:
        people.set_status(finance, person, status=statuses[name], starts_on=TODAY, ends_on=None, approved_by="局长")
    if name == "外人":
        assert only(world.check_out("R-1", name=name)).code == "other_unit"
    else:
        with refused(DomainError, message):
            world.check_out("R-1", name=name)


def test_a_keeper_of_another_squadron_cannot_touch_the_item(world: World) -> None:
    world.shift("队员")
    world.item("R-1")
    outcome = only(world.check_out("R-1", by="外队长"))
    assert (outcome.done, outcome.code) == (False, "other_unit")
    with refused(NotAllowed, "办理领用"):
        world.check_out("R-1", by="队员")


def test_a_hold_of_another_chapter_refuses_the_issue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.shift("队员")
    item = world.item("R-1")
    monkeypatch.setattr(custody, "HOLDS", [lambda items, _: {each.id: "上一班的影像还没有导出。" for each in items if each.id == item.pk}])
    assert only(world.check_out("R-1")).message == "上一班的影像还没有导出。"
    assert Custody.objects.count() == 0


def test_a_return_with_the_keeper_is_countersigned_in_the_same_act(world: World) -> None:
    world.shift("队员")
    item = world.item("R-1")
    world.check_out("R-1")
    with clock.frozen(later(9)):
        outcome = only(world.give_back("R-1"))
        assert (outcome.done, outcome.countersigned) == (True, True)
        assert selectors.holder_at(item, clock.now()) is None
        assert selectors.holder_at(item, later(-1)) == world.persons["队员"]
        with refused_outcome(world, "R-1", "not_out"):
            pass


@contextmanager
def refused_outcome(world: World, number: str, code: str) -> Iterator[None]:
    outcome = only(world.give_back(number))
    assert (outcome.done, outcome.code) == (False, code)
    yield


def test_nobody_countersigns_the_own_return(world: World) -> None:
    world.shift("装备员")
    world.item("R-1")
    world.check_out("R-1", name="装备员", by="队长")
    outcome = only(world.give_back("R-1", by="装备员"))
    assert (outcome.done, outcome.countersigned) == (True, False)
    assert only(world.check_out("R-1", name="装备员", by="队长")).code == "not_countersigned"
    own = only(custody.countersign(world.actor("装备员"), numbers=["R-1"]))
    assert (own.done, own.code) == (False, "own_return")
    assert only(custody.countersign(world.actor("队长"), numbers=["R-1"])).done
    assert only(world.check_out("R-1", name="装备员", by="队长")).done


def test_a_locker_takes_back_without_a_keeper_and_the_return_waits(world: World) -> None:
    world.shift("队员")
    world.item("R-1")
    _, locker = world.device()
    assert only(custody.check_out(locker, holder=world.persons["队员"], items=[Asked("R-1", PASSED)])).done
    outcome = only(custody.give_back(locker, items=[Asked("R-1")]))
    assert (outcome.done, outcome.countersigned) == (True, False)
    assert [each.kind for each in selectors.work_waiting_for(world.actor("装备员"))] == ["equipment.countersign"]
    custody.countersign(world.actor("装备员"), numbers=["R-1"])
    assert selectors.work_waiting_for(world.actor("装备员")) == []


def test_a_damaged_return_takes_the_item_out_of_service_and_asks_for_words(world: World) -> None:
    world.shift("队员")
    item = world.item("R-1")
    world.check_out("R-1")
    bad = Asked("R-1", condition="damaged")
    assert only(custody.give_back(world.actor("装备员"), items=[bad])).code == "no_note"
    bad = Asked("R-1", condition="damaged", note="天线折断")
    assert only(custody.give_back(world.actor("装备员"), items=[bad])).done
    item.refresh_from_db()
    fault = Fault.objects.get()
    assert (item.service, fault.description, fault.custody.holder.name) == ("faulty", "天线折断", "队员")  # type: ignore[union-attr]
    assert only(world.check_out("R-1")).code == "faulty"


def test_there_is_no_hand_over_from_holder_to_holder(world: World) -> None:
    world.shift("队员")
    world.shift("女队员")
    world.item("R-1")
    world.check_out("R-1")
    assert only(world.check_out("R-1", name="女队员")).code == "already_out"
    own = [Asked("R-1")]
    with refused(NotAllowed, "办理领用、归还与借用"):
        custody.give_back(world.actor("队员"), items=own)
    with refused(NotAllowed, "办理领用、归还与借用"):
        custody.lend(world.actor("队员"), holder=world.persons["女队员"], items=own, reason="顺手", due_at=later(2))


def test_a_loan_by_the_keeper_has_a_reason_and_a_due_time(world: World) -> None:
    world.item("C-1", kind="camera")
    keeper, borrower, asked = world.actor("装备员"), world.persons["队员"], [Asked("C-1", PASSED)]

    def lend(**more: object) -> list[Outcome]:
        given = {"holder": borrower, "items": asked, "reason": "案件取证", "due_at": later(24), **more}
        return custody.lend(keeper, **given)  # type: ignore[arg-type]

    with refused(DomainError, "应还时间已经过去"):
        lend(due_at=later(-1))
    with refused(DomainError, "最长 7 天"):
        lend(due_at=later(24 * 7 + 1))
    with refused(DomainError, "借用理由"):
        lend(reason=" ")
    with refused(NotAllowed, "不能给自己办理借用"):
        lend(holder=world.persons["装备员"])
    assert only(lend()).done
    held = Custody.objects.get()
    custody.extend_loan(keeper, held, due_at=later(48), reason="继续取证")
    with refused(DomainError, "应晚于原定"):
        custody.extend_loan(keeper, held, due_at=later(30), reason="早还")
    with clock.frozen(later(49)), refused(DomainError, "已经逾期"):
        custody.extend_loan(keeper, held, due_at=later(30), reason="忘了")


def test_a_loan_may_go_to_another_unit_by_the_items_own_keeper(world: World) -> None:
    world.item("C-1", kind="camera")
    asked = [Asked("C-1", PASSED)]
    given = {"holder": world.persons["外人"], "items": asked, "reason": "联合执法", "due_at": later(5)}
    assert only(custody.lend(world.actor("外队长"), **given)).code == "other_unit"  # type: ignore[arg-type]
    assert only(custody.lend(world.actor("装备员"), **given)).done  # type: ignore[arg-type]


def test_the_same_key_again_gives_the_same_answer_and_another_content_is_refused(world: World) -> None:
    world.shift("队员")
    world.item("R-1")
    world.item("R-2")
    key = uuid.uuid4()
    first = world.check_out("R-1", key=key)
    world.give_back("R-1")
    assert world.check_out("R-1", key=key) == first  # answered, not done: the item is back in the store
    assert Custody.objects.filter(returned_at=None).count() == 0
    with refused(Conflict, "已用于另一内容"):
        world.check_out("R-2", key=key)


def test_a_register_that_is_out_cannot_be_allocated_or_retired(world: World) -> None:
    world.shift("队员")
    item = world.item("R-1")
    world.check_out("R-1")
    with refused(Conflict, "须先归还"):
        register.retire_item(world.actor("人事"), item, reason="旧")
    with refused(Conflict, "须先归还"):
        register.allocate_item(world.actor("人事"), item, unit=world.units["二中队"])
    world.give_back("R-1")
    register.allocate_item(world.actor("人事"), item, unit=world.units["二中队"])
    register.retire_item(world.actor("人事"), item, reason="到期")
    assert only(world.check_out("R-1")).code == "other_unit"
    assert [step.title for step in item.steps.all()] == ["购置登记", "调配", "报废"]


def test_overdue_is_a_fact_of_the_clock_and_reaches_higher_with_time(world: World) -> None:
    world.shift("队员")
    world.item("R-1")
    world.check_out("R-1")

    def waiting(name: str, hours: float) -> list[str]:
        with clock.frozen(clock.at(TODAY, 19, 30) + dt.timedelta(hours=hours)):
            return [each.kind for each in selectors.work_waiting_for(world.actor(name)) if each.kind != "duty.leave"]

    assert waiting("队员", -2) == []
    assert waiting("队员", -0.5) == ["equipment.return"]
    assert (waiting("装备员", 0.5), waiting("队长", 0.5), waiting("大队长", 0.5)) == (["equipment.overdue"], [], [])
    assert (waiting("队长", 2.5), waiting("大队长", 2.5)) == (["equipment.overdue"], [])
    assert waiting("大队长", 24.5) == ["equipment.overdue"]
    assert waiting("外队长", 99) == []


def test_the_closure_rate_counts_what_fell_due_and_shows_no_rate_for_few(world: World) -> None:
    world.shift("队员")
    for number in range(25):
        world.item(f"R-{number}")
    world.check_out(*(f"R-{number}" for number in range(25)))
    world.give_back(*(f"R-{number}" for number in range(20)))
    with clock.frozen(clock.at(TODAY, 20)):
        world.give_back("R-20")
        found = selectors.closure(world.actor("局长"), TODAY, TODAY)
        assert (found.done, found.n, found.label) == (20, 25, "80.0%")
        assert selectors.closure(world.actor("局长"), TODAY - dt.timedelta(days=9), TODAY - dt.timedelta(days=1)).label == "样本不足"
        assert "80.0%" in world.client("局长").get("/").content.decode()
        assert selectors.closure(world.actor("外队长"), TODAY, TODAY).n == 0


# a history: each number takes the item when it is in the store, or returns it, some minutes after the step before
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 300)), max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_holder_at_any_instant_equals_a_replay_of_the_history(world: World, steps: list[tuple[int, int]]) -> None:
    people_ = [world.persons[name] for name in ("队员", "女队员", "协管")]
    item, keeper, now = world.item(), world.actor("队长"), clock.now()
    story: list[tuple[dt.datetime, object]] = []
    for who, minutes in steps:
        now += dt.timedelta(minutes=minutes)
        with clock.frozen(now):
            if story and story[-1][1] is not None:
                custody.give_back(keeper, items=[Asked(item.asset_number)])
                story.append((now, None))
            else:
                asked = [Asked(item.asset_number, PASSED)]
                custody.lend(keeper, holder=people_[who], items=asked, reason="重放", due_at=now + HOUR)
                story.append((now, people_[who]))
    instants = [at + dt.timedelta(seconds=shift) for at, _ in story for shift in (-1, 0, 1)]
    for instant in instants:
        expected = next((holder for at, holder in reversed(story) if at <= instant), None)
        assert selectors.holder_at(item, instant) == expected
    assert Item.objects.get(pk=item.pk).service == rules.READY


def test_what_failed_the_check_after_duty_does_not_come_back_as_good(world: World) -> None:
    world.shift("队员")
    item = world.item("J-1", kind="recorder")
    world.check_out("J-1")
    keeper = world.actor("装备员")
    readings = {"charge": 12, "function": False}
    outcome = only(custody.give_back(keeper, items=[Asked("J-1", readings)]))
    assert (outcome.done, outcome.code) == (False, "check_failed")
    assert outcome.message == "归还检查不合格：功能。请把状况改为“故障或损坏”并写明情况。"
    assert Custody.objects.get().returned_at is None
    assert only(custody.give_back(keeper, items=[Asked("J-1", readings, Custody.DAMAGED, "镜头碎裂")])).done
    held = Custody.objects.get()
    assert (held.readings_out, held.readings_in, held.condition) == (PASSED, readings, Custody.DAMAGED)
    item.refresh_from_db()
    assert item.service == rules.FAULTY


def test_a_low_battery_after_duty_is_kept_and_is_no_fault(world: World) -> None:
    world.shift("队员")
    world.item("J-1", kind="recorder")
    world.check_out("J-1")
    assert only(custody.give_back(world.actor("装备员"), items=[Asked("J-1", {"charge": 3, "function": True})])).done
    assert Custody.objects.get().readings_in == {"charge": 3, "function": True}


def test_a_retired_item_is_refused_at_the_counter_and_says_so(world: World) -> None:
    world.shift("队员")
    register.retire_item(world.actor("人事"), world.item("R-1"), reason="到期")
    outcome = only(world.check_out("R-1"))
    assert (outcome.done, outcome.code) == (False, "retired")
    assert "已报废" in outcome.message
    assert only(world.give_back("R-1")).code == "not_out"
    assert Custody.objects.count() == 0
