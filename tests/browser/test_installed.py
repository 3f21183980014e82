"""城心 as an app: it can be installed, opens its sheets without network, and keeps nothing private for the next reader."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from chengxin.equipment.models import CountScan
from chengxin.equipment.services import counts
from tests.browser.conftest import Site

KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) kept.push(`${name} ${new URL(request.url).pathname}`);
  }
  return kept;
}"""


def opened_twice(page: Page, address: str) -> None:
    """So that the worker is there the second time and keeps the page."""
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function(f"navigator.serviceWorker.getRegistration('{address}').then((found) => Boolean(found?.active))")
    page.reload()


def test_the_browser_finds_it_installable(site: Site) -> None:
    page = site.page("队长")
    page.goto("/")
    devtools = page.context.new_cdp_session(page)
    told = devtools.send("Page.getAppManifest")
    assert told["errors"] == []
    assert '"name": "城心：城管执法队伍素质提升"' in told["data"]
    reasons = [each["errorId"] for each in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert set(reasons) <= {"in-incognito"}  # each test has a private window of its own
    for size in (192, 512):
        shown = page.evaluate(
            "async (address) => { const p = await createImageBitmap(await (await fetch(address)).blob()); return [p.width, p.height]; }",
            f"/icons/{size}.png",
        )
        assert shown == [size, size]


def test_without_network_the_sheets_open_from_one_page_and_what_is_done_there_arrives(site: Site) -> None:
    world = site.world
    world.item("R-1")
    count = counts.start_count(world.actor("装备员"), world.units["一中队"])
    unit = world.units["一中队"].pk
    page = site.page("队长")
    opened_twice(page, "/")
    opened_twice(page, f"/attire/roll-call/{unit}/")
    opened_twice(page, f"/equipment/counts/{count.pk}/")
    page.goto("/findings/")

    page.context.set_offline(True)
    page.goto("/findings/")
    expect(page.get_by_role("heading", name="现在没有网络")).to_be_visible()
    kept = page.get_by_role("list", name="这台设备上可以打开的表")
    expect(kept.get_by_role("link")).to_have_text([re.compile("清点 一中队|班前点验 一中队")] * 2)
    site.picture(page, "offline-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert site.serious_violations(page) == []
    kept.get_by_role("link", name="班前点验 一中队").click()
    expect(page.get_by_role("button", name="提交点验")).to_be_visible(timeout=20_000)  # its worker is started first
    # a sheet never seen on this device leads to the same page, not to the browser's own
    page.goto("/attire/roll-call/9876/")
    expect(page.get_by_role("heading", name="现在没有网络")).to_be_visible()
    kept.get_by_role("link", name="清点 一中队").click()
    page.get_by_label("扫描标签").fill("R-1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-pending]")).to_have_text("1 条待送达")
    assert CountScan.objects.count() == 0
    page.context.set_offline(False)
    expect(page.locator("[data-pending]")).to_have_text("本机 1 条已全部送达", timeout=15_000)
    assert CountScan.objects.get().code == "R-1"


def test_nothing_private_stays_after_signing_out_or_for_the_next_reader(site: Site) -> None:
    unit = site.world.units["一中队"].pk
    page = site.page("队长")
    opened_twice(page, "/")
    opened_twice(page, f"/attire/roll-call/{unit}/")
    assert f"roll-call-sheets /attire/roll-call/{unit}/" in page.evaluate(KEPT)
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="登录", exact=True).wait_for()
    page.wait_for_function(f"({KEPT})().then((kept) => kept.every((each) => each.startsWith('offline-shell ')))")
    page.context.set_offline(True)
    page.goto(f"/attire/roll-call/{unit}/")
    expect(page.get_by_text("这台设备上没有可以打开的表。")).to_be_visible()
    assert "队员" not in page.content()

    # a session that ended by itself leaves nothing to whoever signs in next
    page.context.set_offline(False)
    page.context.add_cookies([site.session_cookie("队长")])
    opened_twice(page, f"/attire/roll-call/{unit}/")
    page.reload()
    assert f"roll-call-sheets /attire/roll-call/{unit}/" in page.evaluate(KEPT)
    page.context.clear_cookies()
    page.context.add_cookies([site.session_cookie("督察")])
    page.goto("/")
    page.wait_for_function(f"({KEPT})().then((kept) => kept.every((each) => each.startsWith('offline-shell ')))")
