"""A day in the life of six roles in real Chromium: in by the front door, on by what the pages offer, out with something done."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from chengxin.attire.models import RollCall
from chengxin.audit.models import Entry
from chengxin.complaints.models import Complaint
from chengxin.core import clock
from chengxin.duty import services as duty
from chengxin.duty.models import Leave
from chengxin.equipment.models import Custody, Fault
from chengxin.findings.models import Finding
from tests.browser.conftest import Site
from tests.world import PASSWORD, World


@pytest.fixture
def calm(site: Site) -> Callable[[Page, str], None]:
    """The page fits, axe finds nothing serious, and a picture is kept."""

    def look(page: Page, name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        assert site.serious_violations(page) == [], page.url
        site.picture(page, f"day-{name}")

    return look


def sign_in(page: Page, world: World, name: str) -> None:
    """As people do, with name and password; the home page greets with the guide of the own role."""
    page.goto("/")
    page.get_by_label("用户名").fill(world.users[name].username)
    page.get_by_label("口令", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="工作台", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("第一次使用"))).to_be_visible()


def go(page: Page, title: str) -> None:
    """By the navigation, which on a phone is behind its button and has its chapters folded."""
    menu = page.get_by_role("button", name="菜单")
    if menu.is_visible():
        menu.click()
    entry = page.locator("a", has_text=re.compile(rf"^\s*{title}\s*$"))
    link = page.locator("nav").locator(entry).first
    if not link.is_visible():
        page.locator("nav details", has=entry).first.locator("summary").click()
    link.click()


def test_an_officer(site: Site, world: World, calm: Callable[[Page, str], None]) -> None:
    """Dress by the guide, a broken radio reported, a notice acknowledged, the own file read."""
    world.on_duty_now()
    world.item("RADIO-1")
    world.check_out("RADIO-1")
    finding = world.finding()
    page = site.page(screen="phone")
    sign_in(page, world, "队员")
    calm(page, "officer-home")
    page.get_by_role("button", name="看今天穿什么").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("装")
    go(page, "我的装备")
    page.get_by_role("link", name="报告故障或遗失").click()
    page.get_by_label("情况").fill("发射键按下没有反应")
    page.get_by_role("button", name=re.compile("报告")).click()
    expect(page.get_by_text("已报告，装备已停用")).to_be_visible()
    assert Fault.objects.get().item.asset_number == "RADIO-1"
    go(page, "工作台")
    page.get_by_role("link", name=re.compile("漏戴标识")).first.click()
    page.locator("summary", has_text="签收告知").click()
    page.get_by_role("button", name="签收告知").click()
    expect(page.get_by_text("已签收")).to_be_visible()
    finding.refresh_from_db()
    assert finding.acknowledged_at is not None
    calm(page, "officer-finding")
    go(page, "我的档案")
    expect(page.get_by_text(finding.number).first).to_be_visible()
    calm(page, "officer-file")


def test_a_captain(site: Site, world: World, calm: Callable[[Page, str], None]) -> None:
    """Roll-call by the guide with one exception, leave granted in the queue, the unit at a glance."""
    first = clock.today() + dt.timedelta(days=3)
    duty.request_leave(world.actor("队员"), starts_on=first, until=first)
    page = site.page(screen="phone")
    sign_in(page, world, "队长")
    page.get_by_role("button", name="做一次班前点验").click()
    row = page.locator("[data-member]", has=page.locator(".name", has_text=re.compile("^协管$")))
    row.locator("summary").click()
    row.locator("[data-entry]").first.select_option(label="漏戴标识")
    calm(page, "captain-roll-call")
    page.get_by_role("button", name="提交点验").click()
    expect(page.get_by_role("heading", name="一中队 早班点验")).to_be_visible()
    assert RollCall.objects.get().unit.name == "一中队"
    go(page, "等我处理")
    page.get_by_role("link", name=re.compile("审批请假：队员")).click()
    page.get_by_role("button", name="同意").first.click()
    expect(page.get_by_text(re.compile("已(同意|批准|准假)"))).to_be_visible()
    assert Leave.objects.get().granted is True
    go(page, "单位全貌")
    page.locator("main").get_by_role("link", name="一中队").first.click()
    expect(page.get_by_role("heading", name="一中队全貌")).to_be_visible()
    calm(page, "captain-unit")


def test_a_keeper(site: Site, world: World, calm: Callable[[Page, str], None]) -> None:
    """A radio out and back at the desk, its page says who had it."""
    world.on_duty_now()
    world.item("RADIO-1")
    page = site.page(screen="desktop")
    sign_in(page, world, "装备员")
    page.get_by_role("button", name="开登记台").click()
    page.get_by_label("执勤领用").check()
    page.get_by_label("领用人").fill("队员")
    page.get_by_label("装备", exact=True).fill("RADIO-1")
    page.get_by_label(re.compile("已逐件检查")).check()
    page.get_by_role("button", name="办理").click()
    expect(page.get_by_text("已领用 1 件：RADIO-1。")).to_be_visible()
    assert Custody.objects.get().holder == world.persons["队员"]
    calm(page, "keeper-counter")
    page.get_by_label("归还", exact=True).check()
    page.get_by_label("装备", exact=True).fill("RADIO-1")
    page.get_by_role("button", name="办理").click()
    expect(page.get_by_text("已归还 1 件：RADIO-1。")).to_be_visible()
    assert Custody.objects.get().returned_at is not None
    go(page, "领用记录")
    expect(page.get_by_text("RADIO-1").first).to_be_visible()
    calm(page, "keeper-custodies")


def test_a_supervisor(site: Site, world: World, calm: Callable[[Page, str], None]) -> None:
    """A finding entered on the street, the desk looked at, the person's notice printed."""
    page = site.page(screen="phone")
    sign_in(page, world, "督察")
    go(page, "登记问题")
    page.get_by_label("责任人").fill("队员")
    page.get_by_label("条目").select_option(label="漏戴标识")
    page.get_by_label("地点").fill("某某路口")
    calm(page, "supervisor-raise")
    page.get_by_role("button", name="登记并告知").click()
    finding = Finding.objects.get()
    expect(page.get_by_text(f"已登记 {finding.number} 并告知。")).to_be_visible()
    assert (finding.person, finding.place) == (world.persons["队员"], "某某路口")
    go(page, "整改督办")
    expect(page.get_by_role("heading", name="整改督办")).to_be_visible()
    calm(page, "supervisor-desk")


def test_a_leader(site: Site, world: World, calm: Callable[[Page, str], None]) -> None:
    """The indicators down to a fact, a person found by initials, the look kept in the audit."""
    world.roll_call()
    page = site.page(screen="desktop")
    sign_in(page, world, "局长")
    page.get_by_role("button", name="看四项指标").click()
    expect(page.get_by_role("heading", name="四项指标")).to_be_visible()
    calm(page, "leader-indicators")
    page.get_by_role("link", name=re.compile(r"着装规范率 n \d+")).first.click()
    expect(page.get_by_text(re.compile(r"，共 \d+ 条。"))).to_be_visible()
    page.get_by_role("searchbox").first.fill("ndy")
    page.keyboard.press("Enter")
    page.locator("main").get_by_role("link", name=re.compile("女队员")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("女队员")
    assert Entry.objects.filter(action="portal.file_viewed", person_id=world.persons["女队员"].pk).exists()
    calm(page, "leader-person")


def test_one_of_the_public(site: Site, world: World, calm: Callable[[Page, str], None]) -> None:
    """A complaint without name, its code, and what became of it."""
    page = site.page(screen="phone")
    page.goto("/complaints/")
    page.wait_for_timeout(2500)  # nobody types faster
    page.get_by_label("发生了什么").fill("上午十点，执法人员没有说明理由就要求收摊。")
    page.get_by_role("button", name="提交投诉").click()
    expect(page.get_by_role("heading", name="已收到您的投诉")).to_be_visible()
    code = page.locator("#code").inner_text()
    calm(page, "public-receipt")
    page.get_by_role("link", name="查询投诉").first.click()
    page.get_by_label("回执码").fill(code)
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("上午十点，执法人员没有说明理由就要求收摊。")).to_be_visible()
    assert Complaint.objects.get().is_anonymous
    calm(page, "public-follow")
    page.get_by_role("link", name="服务公开").first.click()
    expect(page.get_by_role("heading", name="投诉服务公开")).to_be_visible()
    calm(page, "public-service")
