"""A month's bulletin in real Chromium: drafted, frozen, signed and issued at the desk, acknowledged on a phone, read by the public."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chengxin.bulletins import rules
from chengxin.bulletins.models import Bulletin
from chengxin.core import clock
from chengxin.findings import services as findings
from chengxin.supervision import selectors as supervision
from tests.browser.conftest import Site
from tests.bulletins.test_word import text_of
from tests.world import World


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> rules.Month:
    """Last month, with a dozen problems, one under objection, and persons checked in both squadrons."""
    found = rules.Month.of(clock.today()).before
    with clock.frozen(clock.at(found.first + dt.timedelta(days=11), 10)):
        for name in ("队员", "协管", "外人") * 4:
            world.finding(person=name, place="某某路口")
        objected = world.finding(person="女队员")
        findings.file_objection(world.actor("女队员"), objected, text="当时在更换标识")

    def coverage(since: dt.date, until: dt.date, *_: Any) -> list[Any]:
        if not since <= found.first <= until:
            return []
        rows = (("一中队", "established", 30, 2), ("一中队", "auxiliary", 30, 1), ("二中队", "established", 25, 3))
        return [supervision.CoverageRow(world.units[unit], kind, "open", 2, checked, flawed) for unit, kind, checked, flawed in rows]

    monkeypatch.setattr(supervision, "coverage", coverage)
    return found


def test_a_month_from_the_draft_to_the_receipt_and_the_public(site: Site, world: World, month: rules.Month) -> None:
    desk = site.page("督察", screen="desktop")
    desk.goto("/")
    desk.get_by_role("link", name=f"编制 {month.label}通报").click()
    desk.get_by_label("月份").fill("上个月")
    desk.get_by_role("button", name="编制").click()
    expect(desk.get_by_text("请写成 2026-10")).to_be_visible()
    desk.get_by_label("月份").fill(month.code)
    desk.get_by_role("button", name="编制").click()
    expect(desk.get_by_text("编制中：下面是此刻的数字")).to_be_visible()
    desk.get_by_role("heading", name="好的做法和下一步").click()
    desk.get_by_label("好的做法").fill("一中队坚持班前点验，问题当场整改。")
    desk.locator("#wording").get_by_role("button", name="好的做法和下一步").click()
    expect(desk.get_by_text("已保存。")).to_be_visible()
    desk.get_by_role("heading", name="列入任务").click()
    desk.get_by_label("事项").fill("开展标识佩戴专项整改")
    desk.get_by_label("责任单位").select_option(label="一中队")
    desk.get_by_label("期限").fill((clock.today() + dt.timedelta(days=20)).isoformat())
    desk.locator("#task").get_by_role("button", name="列入任务").click()
    expect(desk.get_by_text("已列入，印发后由责任单位办理。")).to_be_visible()
    desk.locator("#freeze").get_by_role("button", name="冻结数据").click()
    expect(desk.get_by_text("数据已冻结，等待局领导签发。").first).to_be_visible()
    expect(desk.get_by_role("img", name="各中队受检合格率")).to_be_visible()
    site.picture(desk, "bulletin-frozen")
    assert site.serious_violations(desk) == []
    assert fits(desk)

    leader = site.page("局长", screen="desktop")
    leader.goto("/")
    leader.get_by_role("link", name=f"签发 {month.label}通报").click()
    expect(leader.locator("article").get_by_text("女队员")).to_have_count(0)
    leader.locator("#sign").get_by_role("button", name="签发").click()
    expect(leader.get_by_text("已签发，数字、文字和模板不再改动。")).to_be_visible()
    leader.get_by_label("同时向社会公开").check()
    leader.locator("#issue").get_by_role("button", name="印发").click()
    expect(leader.get_by_text("已印发，各中队可以查看和签收。")).to_be_visible()
    bulletin = Bulletin.objects.get()
    with leader.expect_download() as download:
        leader.get_by_role("link", name="下载 Word").click()
    content = download.value.path().read_bytes()
    assert f"关于{month.label}督查情况的通报" in text_of(content)

    captain = site.page("队长", screen="phone")
    captain.goto("/")
    captain.get_by_role("link", name=f"签收 {month.label}通报").click()
    captain.get_by_role("button", name="签收").click()
    expect(captain.get_by_text("已签收。")).to_be_visible()
    assert captain.locator("td", has_text="外人").count() == 0
    site.picture(captain, "bulletin-captain")
    assert site.serious_violations(captain) == []
    assert fits(captain)
    captain.goto(f"/bulletins/{bulletin.pk}/verify/")
    expect(captain.get_by_text("一致", exact=True)).to_have_count(2)
    site.picture(captain, "bulletin-verify")
    assert site.serious_violations(captain) == []
    assert fits(captain)
    captain.goto("/")
    captain.get_by_role("link", name="通报任务：开展标识佩戴专项整改").click()
    captain.get_by_label("完成情况").fill("已开展，逐人检查。")
    captain.get_by_role("button", name="办结").click()
    expect(captain.get_by_text("已办结。")).to_be_visible()

    desk.goto(f"/bulletins/{bulletin.pk}/")
    desk.get_by_role("heading", name="更正").click()
    for label, text in (("更正事项", "检查人次"), ("原文", "85"), ("更正为", "86"), ("理由", "漏报一次检查")):
        desk.locator("#erratum").get_by_label(label).fill(text)
    desk.locator("#erratum").get_by_role("button", name="更正").click()
    expect(desk.get_by_text("更正 1：检查人次")).to_be_visible()
    site.picture(desk, "bulletin-issued")
    assert site.serious_violations(desk) == []

    public = site.page(screen="phone")
    public.goto("/bulletins/public/")
    public.get_by_role("link", name=bulletin.title).click()
    expect(public.get_by_role("heading", name=f"关于{month.label}督查情况的通报")).to_be_visible()
    assert not any(public.locator("td", has_text=name).count() for name in ("队员", "外人"))
    site.picture(public, "bulletin-public")
    assert site.serious_violations(public) == []
    assert fits(public)


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_the_other_pages_fit_and_have_no_serious_fault(site: Site, world: World, month: rules.Month, screen: str) -> None:
    page = site.page("督察", screen=screen)
    for address, heading in (("/bulletins/", "月度通报"), ("/bulletins/tasks/", "通报任务"), ("/bulletins/templates/", "通报模板")):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert site.serious_violations(page) == []
        assert fits(page)
    site.picture(page, f"bulletin-templates-{screen}")
    page.goto("/bulletins/")
    page.get_by_label("月份").fill(month.code)
    page.get_by_role("button", name="编制").click()
    page.goto(f"{page.url}problems/")
    expect(page.get_by_text("共 13 件")).to_be_visible()
    site.picture(page, f"bulletin-problems-{screen}")
    assert site.serious_violations(page) == []
    assert fits(page)
