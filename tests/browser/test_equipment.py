"""The kiosk and a count in real Chromium, through a lost network and a lost answer: nothing lost, nothing doubled."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chengxin.core import clock
from chengxin.equipment.models import Count, CountDifference, CountScan, Custody, Item, Operation
from chengxin.equipment.rules import label_of
from chengxin.equipment.services import counter, counts, custody, faults
from chengxin.equipment.services.gestures import Asked
from chengxin.equipment.services.overdue import propose_overdue
from chengxin.equipment.services.stock import move_stock
from chengxin.findings.models import Proposal
from tests.browser.conftest import Site
from tests.world import PASSED, World


@pytest.fixture
def room(world: World) -> dict[str, str]:
    """An equipment room: two officers on duty now, four items, a device's token, everybody's cards."""
    world.on_duty_now("队员")
    world.on_duty_now("协管")
    keeper = world.actor("装备员")
    for number, kind in (("J-1", "recorder"), ("R-1", "radio"), ("R-2", "radio"), ("R-3", "radio")):
        world.item(number, kind=kind)
    token, _ = world.device()
    cards = {name: counter.issue_card(keeper, world.persons[name]) for name in ("装备员", "队员", "协管")}
    return {"token": token, **cards}


def scan(page: Page, code: str) -> None:
    """As a scan gun does it: the characters, then Enter."""
    page.locator("#scan").fill(code)
    page.keyboard.press("Enter")


def opened(site: Site, room: dict[str, str], screen: str = "desktop") -> Page:
    page = site.page(screen=screen)
    page.goto("/equipment/kiosk/")
    page.get_by_label("设备令牌").fill("wrong")
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("alert")).to_contain_text("令牌无效")
    page.get_by_label("设备令牌").fill(room["token"])
    page.get_by_role("button", name="启用").click()
    scan(page, room["装备员"])
    expect(page.get_by_text("装备管理员：装备员")).to_be_visible()
    return page


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_a_duty_at_the_kiosk_from_card_to_bulk_return(site: Site, world: World, room: dict[str, str], screen: str) -> None:
    page = opened(site, room, screen)
    scan(page, room["队员"])
    expect(page.locator("[data-person]")).to_contain_text("队员（一中队）")
    page.get_by_role("button", name="巡查执勤").click()
    expect(page.locator("[data-kit-state]")).to_have_text("还缺：执法记录仪、对讲机")
    scan(page, label_of("J-1"))
    expect(page.locator("[data-basket] li")).to_have_count(1)
    scan(page, label_of("R-1"))
    expect(page.locator("[data-kit-state]")).to_have_text("已配齐")
    scan(page, label_of("R-1"))
    expect(page.locator("[data-said]")).to_have_text("R-1 已在清单中。")
    scan(page, "E:R-2:?")
    expect(page.locator("[data-said]")).to_contain_text("没有这件装备")
    expect(page.locator("[data-basket] li")).to_have_count(2)
    assert page.locator("[data-commit]").is_disabled()  # nobody has checked anything yet
    page.get_by_role("button", name="已逐件检查，全部合格").click()
    site.picture(page, f"kiosk-taking-{screen}")
    assert site.serious_violations(page) == []
    page.locator("[data-commit]").click()
    expect(page.locator("[data-said]")).to_have_text("已领用 2 件。")
    assert Custody.objects.filter(returned_at=None, holder=world.persons["队员"], keeper=world.persons["装备员"]).count() == 2
    scan(page, label_of("R-1"))
    scan(page, label_of("J-1"))
    expect(page.locator("[data-basket] li")).to_have_count(2)
    page.get_by_label("R-1 状况").select_option("damaged")
    page.get_by_label("R-1 情况").fill("天线折断")
    assert page.locator("[data-commit]").is_disabled()  # the recorder has not been looked at yet
    function = page.get_by_role("button", name="功能")
    function.click()
    function.click()
    expect(page.locator("[data-basket]")).to_contain_text("检查不合格：请把状况改为故障或损坏")
    assert page.locator("[data-commit]").is_disabled()
    function.click()
    site.picture(page, f"kiosk-returning-{screen}")
    page.locator("[data-commit]").click()
    expect(page.locator("[data-results]")).to_contain_text("已归还并验收")
    assert Custody.objects.get(item__asset_number="J-1").readings_in == {"function": True}
    assert Custody.objects.filter(countersigned_at=None).count() == 0
    assert {c.item.service for c in Custody.objects.select_related("item")} == {"ready", "faulty"}


def test_a_kiosk_without_network_keeps_its_scans_and_sends_each_gesture_once(site: Site, world: World, room: dict[str, str]) -> None:
    page = opened(site, room)
    page.reload()  # the service worker has the shell now
    page.wait_for_function("navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready")
    scan(page, room["队员"])
    expect(page.locator("[data-person]")).to_contain_text("队员")
    scan(page, label_of("R-1"))
    expect(page.locator("[data-basket] li.wait, [data-basket] li.ok")).to_have_count(1)
    page.context.set_offline(True)
    scan(page, label_of("R-2"))
    expect(page.locator("[data-basket]")).to_contain_text("没有网络，恢复后核对")
    page.get_by_role("button", name="已逐件检查，全部合格").click()
    page.context.set_offline(False)
    expect(page.locator("[data-basket]")).not_to_contain_text("没有网络", timeout=15_000)
    page.get_by_role("button", name="已逐件检查，全部合格").click()
    # the answer of the commit gets lost on the way back: the server has done it, the kiosk does not know
    lost: list[str] = []

    def lose_the_first_answer(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.post_data)
        route.fetch()
        route.abort("connectionreset")

    page.route("**/api/v1/counter/check-out", lose_the_first_answer)
    page.locator("[data-commit]").click()
    expect(page.locator("[data-said]")).to_have_text("已领用 2 件。", timeout=15_000)
    assert len(lost) == 1
    assert (Custody.objects.count(), Operation.objects.count()) == (2, 1)
    page.context.set_offline(True)
    scan(page, label_of("R-1"))
    expect(page.locator("[data-net]")).to_have_text("没有网络，正在重试")
    site.picture(page, "kiosk-offline")
    page.context.set_offline(False)
    expect(page.locator("[data-basket]")).to_contain_text("队员 归还", timeout=15_000)
    page.get_by_role("button", name="已逐件检查，全部合格").click()
    page.locator("[data-commit]").click()
    expect(page.locator("[data-said]")).to_have_text("已归还 1 件。")


def test_refusals_at_the_kiosk_say_why_and_leave_the_sheet(site: Site, world: World, room: dict[str, str]) -> None:
    world.check_out("R-1", name="协管")
    faults.report_fault(world.actor("装备员"), _item("R-3"), description="坏")
    page = opened(site, room)

    def answer_slowly(route: Any) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/api/v1/counter/holder*", answer_slowly)
    scan(page, room["队员"])
    scan(page, label_of("R-1"))  # the gun is faster than the answer: the item still belongs to the card before it
    expect(page.locator("[data-said]")).to_contain_text("协管 领用中")
    scan(page, label_of("R-3"))
    expect(page.locator("[data-said]")).to_contain_text("故障停用")
    assert page.locator("[data-commit]").is_disabled()
    page.get_by_role("button", name="移除 R-1").click()
    page.get_by_role("button", name="移除 R-3").click()
    scan(page, world.persons["女队员"].number)
    expect(page.locator("[data-person]")).to_contain_text("现在没有勤务")
    scan(page, room["装备员"].replace("B:", "B:A"))
    expect(page.locator("[data-said]")).to_contain_text("不认识这张卡")


def test_a_loan_at_the_kiosk_by_the_keeper(site: Site, world: World, room: dict[str, str]) -> None:
    page = opened(site, room)
    scan(page, world.persons["女队员"].number)
    expect(page.locator("[data-person]")).to_contain_text("现在没有勤务")
    scan(page, label_of("R-1"))
    page.get_by_role("button", name="已逐件检查，全部合格").click()
    assert page.locator("[data-commit]").is_disabled()  # no duty: only a loan is possible
    page.get_by_role("button", name="临时借用").click()
    expect(page.locator("[data-person]")).not_to_contain_text("现在没有勤务")
    page.get_by_label("借用理由").fill("培训演示")
    assert page.locator("[data-commit]").is_disabled()  # until when?
    page.get_by_label("应还时间").fill("2020-01-01T08:00")
    page.locator("[data-commit]").click()
    expect(page.locator("[data-said]")).to_contain_text("应还时间已经过去")
    expect(page.get_by_label("借用理由")).to_have_value("培训演示")
    due_at = clock.now().astimezone(clock.SHANGHAI) + dt.timedelta(days=1)
    page.get_by_label("应还时间").fill(f"{due_at:%Y-%m-%dT%H:%M}")
    site.picture(page, "kiosk-lending")
    assert site.serious_violations(page) == []
    page.locator("[data-commit]").click()
    expect(page.locator("[data-said]")).to_have_text("已借出 1 件。")
    held = Custody.objects.get()
    assert (held.purpose, held.reason, held.keeper) == (Custody.LOAN, "培训演示", world.persons["装备员"])
    assert f"{held.due_at.astimezone(clock.SHANGHAI):%Y-%m-%dT%H:%M}" == f"{due_at:%Y-%m-%dT%H:%M}"
    expect(page.locator("[data-loan]")).to_be_hidden()


def _item(number: str) -> Any:
    return Item.objects.get(asset_number=number)


def test_a_count_on_the_phone_through_a_lost_network(site: Site, world: World, room: dict[str, str]) -> None:
    count = counts.start_count(world.actor("装备员"), world.units["一中队"])
    page = site.page("装备员")
    page.goto(f"/equipment/counts/{count.pk}/")
    scan(page, label_of("R-1"))
    expect(page.locator("[data-pending]")).to_have_text("本机 1 条已全部送达")
    page.context.set_offline(True)
    scan(page, label_of("R-2"))
    scan(page, label_of("R-2"))
    expect(page.locator("[data-last]")).to_have_text("R-2 已扫过。")
    expect(page.locator("[data-pending]")).to_have_text("2 条待送达")
    site.picture(page, "count-offline")
    captain = site.page("队长", screen="desktop")
    captain.goto(f"/equipment/counts/{count.pk}/")
    captain.get_by_role("button", name="结束清点").click()
    expect(captain.get_by_text("装备员的设备还没有报告扫描完毕")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("[data-pending]")).to_have_text("本机 3 条已全部送达", timeout=15_000)
    scan(page, "6901234567892")
    page.get_by_role("button", name="扫描完毕").click()
    expect(page.get_by_text("扫描完毕", exact=True).first).to_be_visible()
    expect(page.locator(".tone", has_text="扫描完毕")).to_be_visible()
    page.get_by_role("button", name="结束清点").click()
    expect(page.get_by_role("heading", name="差异")).to_be_visible()
    site.picture(page, "count-closed")
    assert CountScan.objects.count() == 4
    assert set(CountDifference.objects.values_list("kind", "code")) == {
        ("missing", "J-1"), ("missing", "R-3"), ("unknown", "6901234567892"),
    }  # fmt: skip


SCREENS = {
    "队员": ["/equipment/mine/", "/equipment/items/{item}/", "/equipment/sizes/", "/equipment/faults/{fault}/"],
    "装备员": ["/equipment/counter/", "/equipment/items/", "/equipment/items/{store}/", "/equipment/custodies/", "/equipment/countersign/",
              "/equipment/faults/{fault}/", "/equipment/counts/", "/equipment/counts/{count}/", "/equipment/cards/"],
    "人事": ["/equipment/items/new/", "/equipment/import/", "/equipment/renewals/", "/equipment/stock/", "/equipment/uniforms/",
            "/equipment/uniforms/{person}/", "/equipment/items/{store}/"],
    "大队长": ["/equipment/faults/?undecided=yes", "/equipment/faults/{fault}/", "/findings/proposals/", "/findings/proposals/{proposal}/"],
}  # fmt: skip


@pytest.fixture
def places(world: World, room: dict[str, str]) -> dict[str, int]:
    """Something on every equipment screen."""
    keeper, finance = world.actor("装备员"), world.actor("人事")
    world.check_out("J-1", "R-1")
    fault = faults.report_fault(
        world.actor("队员"), _item("R-1"), description="没有声音，天线松动", photos=[world.photo(world.actor("队员"))]
    )
    count = counts.start_count(keeper, world.units["一中队"])
    with clock.frozen(clock.now() - dt.timedelta(days=3)):
        custody.lend(
            world.actor("队长"), holder=world.persons["女队员"], items=[Asked("R-3", PASSED)], reason="培训演示",
            due_at=clock.now() + dt.timedelta(hours=5),
        )  # fmt: skip
    propose_overdue()
    for size in ("56", "57", "58"):
        move_stock(finance, style="hat", size=size, sex="male", person_class="established", kind="received", change=4)
    assert Count.objects.count() == 1
    return {
        "item": _item("J-1").pk, "store": _item("R-2").pk, "fault": fault.pk, "count": count.pk, "person": world.persons["队员"].pk,
        "proposal": Proposal.objects.get().pk,
    }  # fmt: skip


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("who", SCREENS)
def test_the_equipment_screens_of(site: Site, places: dict[str, int], who: str, screen: str) -> None:
    page = site.page(who, screen=screen)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for number, address in enumerate(SCREENS[who]):
        answer = page.goto(address.format(**places))
        assert answer is not None
        assert answer.status == 200, address
        site.picture(page, f"equipment-{who}-{screen}-{number}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} scrolls sideways"
        assert site.serious_violations(page) == [], address
        assert said == [], address
