"""The year's package and the indicators in real Chromium: on a phone and at a desk."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from chengxin.core import clock
from chengxin.reports.models import CarriedOver, JusticeExport, NextMeasure, YearPackage
from chengxin.reports.services import ask_export, prepare_package
from tests.browser.conftest import Site
from tests.world import World


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


DRAWN = """() => { const charts = [...document.querySelectorAll('[data-chart]')];
  return charts.length > 0 && charts.every((each) => each.querySelector('svg path')); }"""


def charts_are_drawn(page: Page) -> bool:
    """Whether every chart of the page is drawn, which comes after the page itself."""
    page.wait_for_function(DRAWN)
    return True


@pytest.fixture
def last_year(world: World) -> int:
    """The year before this one: over, with facts in it and one matter still open."""
    year = clock.today().year - 1
    with clock.frozen(clock.at(dt.date(year, 10, 14), 8)):
        world.roll_call()
        for name in ("队员", "女队员", "协管"):
            world.finding(person=name)
    with clock.frozen(clock.at(dt.date(year, 11, 12), 8)):
        world.finding(code="conduct.hands")
    return year


def test_a_years_package_from_the_draft_to_the_files(site: Site, world: World, last_year: int) -> None:
    desk = site.page("督察", screen="desktop")
    desk.goto("/reports/")
    desk.get_by_label("年度", exact=True).fill(str(last_year))
    desk.get_by_role("button", name="编制年终材料").click()
    expect(desk.get_by_role("heading", name=f"{last_year} 年度年终材料")).to_be_visible()
    assert charts_are_drawn(desk)
    site.picture(desk, "year-end-draft-desktop")
    assert site.serious_violations(desk) == []

    desk.get_by_role("button", name="定稿", exact=True).click()
    expect(desk.get_by_role("alert")).to_contain_text("未了事项")
    desk.get_by_role("link", name="采用并填写").first.click()
    expect(desk.get_by_label("措施", exact=True)).to_have_value(
        "针对“漏戴标识”（2.1.3，全年 3 次）下半年上升，列入下一年度第一季度专项督查。"
    )
    desk.get_by_label("责任单位").select_option(label="大队")
    desk.get_by_label("完成期限").fill(f"{last_year + 1}-03-31")
    desk.get_by_role("button", name="加入", exact=True).click()
    expect(desk.get_by_text("已加入下年度措施。")).to_be_visible()
    assert NextMeasure.objects.count() == 1

    for box in desk.locator("input[name=keys]").all():
        box.check()
    desk.get_by_label("责任人").fill("队长")
    desk.get_by_label("理由和下步安排").fill("年末整改期未满，一月底前办结")
    desk.get_by_role("button", name="转结勾选的事项").click()
    expect(desk.get_by_text("已转结：队长").first).to_be_visible()
    assert CarriedOver.objects.count() == 4
    desk.get_by_role("button", name="定稿", exact=True).click()
    expect(desk.get_by_text("已定稿，内容不再变动。")).to_be_visible()
    assert site.serious_violations(desk) == []
    with desk.expect_download() as download:
        desk.get_by_role("button", name="下载 Word").click()
    assert download.value.suggested_filename == f"year-end-{last_year}.docx"

    phone = site.page("局长", screen="phone")
    phone.goto(f"/reports/{last_year}/")
    phone.get_by_label("发文字号").fill("城管〔2027〕3号")
    phone.get_by_role("button", name="印发").click()
    expect(phone.get_by_text("已印发。")).to_be_visible()
    assert YearPackage.objects.get().state == "issued"
    assert charts_are_drawn(phone)
    site.picture(phone, "year-end-issued-phone")
    assert fits(phone)
    assert site.serious_violations(phone) == []


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_the_indicators_of_a_year(site: Site, world: World, last_year: int, screen: str) -> None:
    page = site.page("局长", screen=screen)
    page.goto("/")
    page.get_by_role("link", name="样本不足").first.click()
    expect(page.get_by_role("heading", name="四项指标")).to_be_visible()
    page.goto(f"/reports/indicators/?from={last_year}-01-01&until={last_year}-12-31")
    site.picture(page, f"indicators-{screen}")
    assert fits(page)
    assert site.serious_violations(page) == []
    page.get_by_role("link", name="查看事实", exact=True).first.click()
    expect(page.get_by_role("heading", name="着装规范率的事实")).to_be_visible()


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_records_are_asked_for_and_approved_by_another(site: Site, world: World, last_year: int, screen: str) -> None:
    ask_export(
        world.actor("督察"), since=dt.date(last_year, 1, 1), until=dt.date(last_year, 12, 31), recipient="某某区司法局",
        reason="来函〔2026〕5号",
    )  # fmt: skip
    prepare_package(world.actor("督察"), year=last_year)
    page = site.page("局长", screen=screen)
    page.goto(f"/reports/justice/{JusticeExport.objects.get().pk}/")
    page.get_by_label("同意", exact=True).check()
    page.get_by_role("button", name="决定").click()
    expect(page.get_by_text("已同意")).to_be_visible()
    site.picture(page, f"justice-export-{screen}")
    assert fits(page)
    assert site.serious_violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="下载").click()
    assert download.value.suggested_filename.endswith(".zip")
