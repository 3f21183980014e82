"""The leaders' page and the wall screen in real Chromium: charts drawn, figures that lead to their rows, a lost connection said."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from chengxin.attire.services import SeenException
from chengxin.core import clock
from chengxin.people import services as people
from chengxin.people.models import ApiToken
from chengxin.rulebook.models import RuleVersion
from tests.browser.conftest import SCREENS, Site
from tests.world import World

WALL = {"width": 1920, "height": 1080}


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.fixture
def months(world: World) -> World:
    """Enough roll-calls of two squadrons for rates month by month."""
    today = clock.today()
    seen = [SeenException(world.persons["协管"].pk, ("attire.markings_missing",), corrected_on_spot=False)]
    for back in (75, 74, 73, 45, 44, 43, 15, 14, 13, 2):
        with clock.frozen(clock.at(today - dt.timedelta(days=back), 8)):
            world.roll_call(exceptions=seen if back % 5 == 0 else [])
            world.roll_call(by="外队长", unit="二中队")
    # few people live in the small town: five facts are enough here
    for version in RuleVersion.objects.filter(rule__code="goals.indicators"):
        version.values["minimum_n"]["value"] = 5
        RuleVersion.objects.filter(pk=version.pk).update(values=version.values)
    return world


@pytest.mark.parametrize("screen", list(SCREENS))
def test_a_leader_sees_the_year_and_gets_down_to_the_facts(site: Site, months: World, screen: str) -> None:
    page = site.page("局长", screen=screen)
    page.goto("/reports/indicators/")
    expect(page.locator("#dress [data-chart] svg path").first).to_be_attached()
    assert page.evaluate("[...document.querySelectorAll('[data-chart]')].every((each) => each.querySelector('svg path'))")
    site.picture(page, f"dashboard-{screen}")
    assert fits(page)
    assert site.serious_violations(page) == []
    page.get_by_label("一中队 不合格").first.click()
    expect(page.get_by_role("heading", name="着装规范率的事实")).to_be_visible()
    expect(page.locator("td").filter(has_text="协管").first).to_be_visible()
    site.picture(page, f"dashboard-facts-{screen}")
    assert fits(page)
    assert site.serious_violations(page) == []


def test_the_wall_refreshes_itself_and_says_when_the_connection_is_lost(site: Site, months: World) -> None:
    token = people.issue_token(
        months.actor("系统员"), name="大屏", granted=["reports.wall"], unit=None, expires_on=clock.today() + dt.timedelta(days=9)
    )
    people.approve_token(months.actor("安全员"), ApiToken.objects.get())
    page = site.page(screen="desktop")
    page.set_viewport_size(WALL)  # type: ignore[arg-type]
    page.clock.install()
    page.goto("/reports/wall/")
    page.get_by_label("大屏令牌").fill("没有这个令牌".encode().hex())
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("alert")).to_contain_text("令牌无效")
    page.get_by_label("大屏令牌").fill(token)
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("status")).to_contain_text("更新")
    expect(page.locator(".card")).to_have_count(4)
    expect(page.locator(".card svg path").first).to_be_attached()
    site.picture(page, "wall")
    assert fits(page)
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), "nobody scrolls a wall"
    assert site.serious_violations(page) == []
    before = page.locator(".card .value").first.inner_text()

    page.route("**/wall/now/**", lambda route: route.abort())
    page.clock.run_for(31_000)
    expect(page.get_by_role("status")).to_contain_text("连接中断")
    assert page.locator(".card .value").first.inner_text() == before, "what was known stays, and is said to be old"
    page.unroute("**/wall/now/**")
    months.roll_call(session="evening")
    page.clock.run_for(31_000)
    expect(page.get_by_role("status")).to_contain_text("更新")
    expect(page.locator(".card li").first).not_to_contain_text("n=70，")
    page.reload()
    expect(page.locator(".card")).to_have_count(4)


def test_the_wall_shows_for_a_while_to_whoever_is_signed_in_and_fits_a_phone(site: Site, months: World) -> None:
    page = site.page("局长", screen="phone")
    page.goto("/reports/wall/")
    expect(page.locator(".card")).to_have_count(4)
    assert fits(page)
    assert site.serious_violations(page) == []
