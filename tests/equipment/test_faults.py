"""Faults, losses, repair, acceptance, liability, and what is proposed when something comes back late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.equipment import selectors
from chengxin.equipment.models import Custody, Fault, Item, ItemStep, Liability
from chengxin.equipment.services import custody, faults
from chengxin.equipment.services.gestures import Asked
from chengxin.equipment.services.overdue import propose_overdue
from chengxin.findings.models import Finding, Proposal
from chengxin.findings.services import accept_proposal, dismiss_proposal
from tests.world import World

TODAY = dt.date(2026, 9, 30)


@pytest.fixture(autouse=True)
def before_the_day_shift() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 7, 30)):
        yield


@contextmanager
def refused(error: type[DomainError], message: str) -> Iterator[None]:
    def stand() -> list[object]:
        tables = (Custody, Item, Fault, Liability, ItemStep, Finding, Proposal)
        return [*(list(model.objects.order_by("pk").values_list()) for model in tables), Entry.objects.count()]

    before = stand()
    with pytest.raises(error, match=message):
        yield
    assert stand() == before


@pytest.fixture
def held(world: World) -> Item:
    """A radio in the hands of 队员."""
    world.shift("队员")
    item: Item = world.item("R-1")
    world.check_out("R-1")
    return item


def report(world: World, item: Item, by: str = "队员", **more: object) -> Fault:
    return faults.report_fault(world.actor(by), item, description="没有声音", **more)  # type: ignore[arg-type]


def service(item: Item) -> str:
    return Item.objects.values_list("service", flat=True).get(pk=item.pk)


def test_a_report_takes_the_item_out_of_service_and_tells_keeper_and_captain(world: World, held: Item) -> None:
    report(world, held)
    assert service(held) == "faulty"
    for name in ("装备员", "队长"):
        assert "处理故障：R-1" in [each.title for each in selectors.work_waiting_for(world.actor(name))]
    assert [each.title for each in selectors.work_waiting_for(world.actor("外队长"))] == []
    assert Custody.objects.get().returned_at is None  # it is still in the hands of who reported it
    with refused(Conflict, "已停用"):
        report(world, held)


def test_who_may_report_what(world: World, held: Item) -> None:
    with refused(NotAllowed, "只能报告自己正在使用的"):
        report(world, held, by="女队员")
    with refused(NotAllowed, "只能报告自己正在使用的"):
        report(world, held, by="外队长")
    with refused(DomainError, "写明情况"):
        faults.report_fault(world.actor("队员"), held, description="  ")


def test_from_repair_to_acceptance_each_step_by_its_own_person(world: World, held: Item) -> None:
    fault = report(world, held)
    keeper, captain, finance = world.actor("装备员"), world.actor("队长"), world.actor("人事")
    expected = TODAY + dt.timedelta(days=5)
    with refused(Conflict, "须先归还"):
        faults.send_to_repair(keeper, fault, repairer="演示维修部", expected_on=expected)
    custody.give_back(captain, items=[Asked("R-1")])
    with refused(NotAllowed, "办理维修与验收"):
        faults.send_to_repair(world.actor("队员"), fault, repairer="自己", expected_on=expected)
    faults.send_to_repair(keeper, fault, repairer="演示维修部", expected_on=expected)
    assert service(held) == "in_repair"
    faults.record_outcome(keeper, fault, repaired=True, outcome="更换喇叭", cost=12_000)
    with refused(NotAllowed, "须由另一人验收"):
        faults.accept_repair(keeper, fault, passed=True, note="")
    with refused(DomainError, "写明原因"):
        faults.accept_repair(captain, fault, passed=False, note="")
    faults.accept_repair(captain, fault, passed=False, note="仍有杂音")
    assert (service(held), Fault.objects.get().state) == ("in_repair", "in_repair")
    faults.record_outcome(keeper, fault, repaired=True, outcome="再次更换", cost=12_000)
    faults.accept_repair(finance, fault, passed=True, note="正常")
    assert (service(held), Fault.objects.get().state) == ("ready", "closed")
    titles = [step.title for step in held.steps.all()]
    assert titles == [
        "购置登记", "报告故障，停用", "送修", "维修完成，待验收", "验收没有通过", "维修完成，待验收", "验收通过，恢复使用",
    ]  # fmt: skip


def test_a_lost_item_found_again_stays_out_of_service_until_accepted(world: World, held: Item) -> None:
    fault = report(world, held, is_loss=True)
    assert service(held) == "lost"
    lost = Asked("R-1", condition="lost", note="巡查途中遗失")
    assert custody.give_back(world.actor("队长"), items=[lost])[0].done
    assert Fault.objects.count() == 1
    faults.report_found(world.actor("装备员"), fault, note="群众送还")
    assert service(held) == "faulty"
    faults.record_outcome(world.actor("装备员"), fault, repaired=True, outcome="检查正常", cost=0)
    faults.accept_repair(world.actor("队长"), fault, passed=True, note="")
    assert service(held) == "ready"


def test_liability_is_decided_apart_and_by_nobody_concerned(world: World, held: Item) -> None:
    fault = report(world, held, by="装备员")
    person, brigade = world.persons["队员"], world.actor("大队长")
    with refused(NotAllowed, "认定损坏责任"):
        faults.decide_liability(world.actor("装备员"), fault, outcome="none", reasons="正常")
    with refused(DomainError, "须写明责任人"):
        faults.decide_liability(brigade, fault, outcome="personal", reasons="摔落")
    with refused(NotAllowed, "责任人不能认定责任"):
        faults.decide_liability(brigade, fault, outcome="personal", reasons="摔落", person=world.persons["大队长"])
    made = faults.decide_liability(brigade, fault, outcome="personal", reasons="摔落", person=person)
    assert (made.person, service(held)) == (person, "faulty")
    with refused(Conflict, "责任已经认定"):
        faults.decide_liability(world.actor("局长"), fault, outcome="none", reasons="不同意")


def test_a_late_return_is_proposed_once_and_a_person_decides(world: World, held: Item) -> None:
    due = clock.at(TODAY, 19, 30)
    with clock.frozen(due + dt.timedelta(hours=3)):
        assert propose_overdue() == 0
    with clock.frozen(due + dt.timedelta(hours=4, minutes=1)):
        assert (propose_overdue(), propose_overdue()) == (1, 0)
        proposal = Proposal.objects.get()
        assert (Finding.objects.count(), proposal.person.name, proposal.described) == (0, "队员", "R-1 应于 09-30 19:30 归还")
        assert "认定系统提请 1 件" in world.client("队长").get("/").content.decode()
        assert world.client("外队长").get(f"/findings/proposals/{proposal.pk}/").status_code == 404
        assert world.client("队员").get(f"/findings/proposals/{proposal.pk}/").status_code == 403
        with refused(DomainError, "不予登记的理由"):
            dismiss_proposal(world.actor("督察"), proposal, reason=" ")
        finding = accept_proposal(world.actor("队长"), proposal)
        assert (finding.clause, finding.text, finding.self_check) == ("2.2.2", "执勤结束后未及时归还装备", True)
        with refused(Conflict, "已由队长决定"):
            dismiss_proposal(world.actor("督察"), proposal, reason="重复")


def test_a_job_that_was_down_for_a_week_proposes_the_same(world: World, held: Item) -> None:
    with clock.frozen(clock.at(TODAY, 19, 30) + dt.timedelta(hours=5)):
        world.give_back("R-1")  # late, and nobody looked
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=7), 9)):
        assert propose_overdue() == 1
    proposal = Proposal.objects.get()
    assert proposal.seen_at == clock.at(TODAY, 23, 30)
    client = world.client("督察")
    page = client.post(f"/findings/proposals/{proposal.pk}/", {"made": "no", "reason": ""})
    assert (page.status_code, "不予登记的理由" in page.content.decode()) == (422, True)
    assert client.post(f"/findings/proposals/{proposal.pk}/", {"made": "no", "reason": "设备室锁门"}).status_code == 303
    assert (Proposal.objects.get().state, Finding.objects.count()) == ("dismissed", 0)


def test_a_return_within_the_hours_is_never_proposed(world: World, held: Item) -> None:
    with clock.frozen(clock.at(TODAY, 20)):
        world.give_back("R-1")
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=9), 9)):
        assert propose_overdue() == 0
