"""The work queue and the search in real Chromium, at both sizes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from chengxin.core import clock
from chengxin.duty import services as duty
from chengxin.findings.models import Finding
from tests.browser.conftest import SCREENS, Site
from tests.world import World


@pytest.fixture
def calm(site: Site) -> Callable[[Page, str], None]:
    def look(page: Page, name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        assert site.serious_violations(page) == [], page.url
        site.picture(page, f"portal-{name}")

    return look


def a_full_desk(world: World) -> None:
    first = clock.today() + dt.timedelta(days=3)
    for name in ("队员", "协管", "女队员"):
        duty.request_leave(world.actor(name), starts_on=first, until=first + dt.timedelta(days=1))
    for person in ("队员", "协管", "女队员") * 5:
        world.finding(person=person)
    Finding.objects.filter(person=world.persons["协管"]).update(due_on=clock.today() - dt.timedelta(days=2))


@pytest.mark.parametrize("screen", SCREENS)
def test_the_queue_and_home(site: Site, world: World, calm: Callable[[Page, str], None], screen: str) -> None:
    a_full_desk(world)
    page = site.page("队长", screen=screen)
    page.goto("/")
    calm(page, f"home-{screen}")
    page.get_by_role("link", name="按种类和期限查看").click()
    expect(page.get_by_role("heading", name="等我处理", level=1)).to_be_visible()
    calm(page, f"queue-{screen}")
    page.get_by_role("checkbox", name="选择 审批请假：协管").check()
    page.get_by_role("checkbox", name="选择 审批请假：女队员").check()
    page.get_by_role("button", name="同意所选").click()
    expect(page.get_by_text("已同意 2 件")).to_be_visible()
    page.goto("/queue/?term=late")
    expect(page.get_by_text("其余")).to_have_count(0)
    calm(page, f"queue-late-{screen}")


@pytest.mark.parametrize("screen", SCREENS)
def test_the_search(site: Site, world: World, calm: Callable[[Page, str], None], screen: str) -> None:
    finding = world.finding()
    for number in range(10):
        world.item(f"R-{number:04d}")
    page = site.page("督察", screen=screen)
    page.goto("/")
    page.keyboard.press("/")
    box = page.locator("#search-box")
    expect(box).to_be_focused()
    box.fill("漏戴")
    box.press("Enter")
    expect(page.get_by_role("link", name=finding.text)).to_be_visible()
    calm(page, f"search-{screen}")
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name=finding.text)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.base_url}/findings/{finding.pk}/")
    page.goto("/search/?q=R-00")
    expect(page.get_by_text("还有更多")).to_be_visible()
    calm(page, f"search-more-{screen}")
    page.goto("/search/?q=张")
    expect(page.get_by_role("alert")).to_contain_text("只有一个字")
    expect(page.get_by_role("searchbox", name="查找内容")).to_have_value("张")
    calm(page, f"search-short-{screen}")


def test_the_search_works_without_javascript(site: Site, world: World) -> None:
    finding = world.finding()
    context = site.browser.new_context(base_url=site.base_url, java_script_enabled=False)
    site.contexts.append(context)
    context.add_cookies([site.session_cookie("督察")])
    page = context.new_page()
    page.goto("/")
    page.locator("#search-box").fill("漏戴")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("link", name=finding.text)).to_be_visible()
