"""The dress chapter from roll-call to personal file, in real Chromium, on the phone and at the desk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from chengxin.attire.models import RollCall
from chengxin.findings import selectors
from chengxin.findings.models import Finding
from tests.browser.conftest import Site
from tests.world import PASSWORD, upload


def mark(page: Page, name: str, entry: str) -> Locator:
    """Open a member on the roll-call sheet and choose what was seen."""
    row = page.locator("[data-member]", has=page.locator(".name", has_text=re.compile(f"^{name}$")))
    row.locator("summary").click()
    row.locator("[data-entry]").first.select_option(label=entry)
    return row


def saved(folder: Path) -> Path:
    path = folder / "整改.jpg"
    path.write_bytes(upload(size=(320, 240), color="seagreen").read())
    return path


def test_from_the_roll_call_to_the_personal_file(site: Site, tmp_path: Path) -> None:
    captain = site.page("队长", screen="phone")
    captain.goto("/attire/roll-call/")  # on a day off the home page does not ask for it
    mark(captain, "队员", "漏戴标识").get_by_label("已当场整改").uncheck()
    expect(captain.locator("[data-summary]")).to_have_text("1 人有问题，0 人未到")
    site.picture(captain, "roll-call-phone")
    captain.get_by_role("button", name="提交点验").click()
    expect(captain.get_by_role("heading", name="一中队 早班点验")).to_be_visible()
    site.picture(captain, "roll-call-result-phone")
    finding = Finding.objects.get()

    officer = site.page("队员", screen="phone")
    officer.goto("/")
    officer.get_by_role("link", name=re.compile("整改：漏戴标识")).click()
    officer.get_by_label("整改情况").fill("已补戴胸徽和胸号")
    officer.locator("#submit input[type=file]").set_input_files(saved(tmp_path))
    officer.get_by_role("button", name="提交整改").click()
    expect(officer.get_by_text("已提交，等待复核。")).to_be_visible()
    site.picture(officer, "finding-phone")

    supervisor = site.page("督察", screen="desktop")
    supervisor.goto("/")
    supervisor.get_by_role("link", name=re.compile("复核整改：漏戴标识")).click()
    supervisor.get_by_label("通过，销号").check()
    supervisor.get_by_label("复核意见").fill("照片清楚")
    site.picture(supervisor, "recheck-desktop")
    supervisor.get_by_role("button", name="复核整改").click()
    expect(supervisor.get_by_text("复核已记录。")).to_be_visible()
    finding.refresh_from_db()
    assert finding.state == "closed"

    officer.goto("/me/")
    expect(officer.get_by_role("link", name="漏戴标识")).to_be_visible()
    expect(officer.get_by_text("已销号")).to_be_visible()
    site.picture(officer, "own-file-phone")


def test_an_objection_from_the_phone_is_decided_at_the_desk(site: Site) -> None:
    finding = site.world.finding()
    officer = site.page("队员", screen="phone")
    officer.goto(f"/findings/{finding.pk}/")
    officer.locator("#object summary").click()
    officer.get_by_label("申辩理由").fill("当时正在换装")
    officer.get_by_role("button", name="提出申辩").click()
    expect(officer.get_by_text("由发现人以外的人决定")).to_be_visible()

    leader = site.page("局长", screen="desktop")
    leader.goto("/")
    leader.get_by_role("link", name=re.compile("决定申辩")).click()
    leader.get_by_role("button", name="决定申辩").click()
    expect(leader.get_by_text("请填写“理由”。")).to_be_visible()
    leader.get_by_label("申辩成立，撤销问题").check()
    leader.locator("#decide_objection textarea").fill("经核实，当时确在换装")
    leader.get_by_role("button", name="决定申辩").click()
    expect(leader.get_by_text("申辩决定已记录。")).to_be_visible()
    site.picture(leader, "objection-desktop")
    assert selectors.repeat_count(site.world.persons["队员"], year=finding.seen_on.year) == 0


def test_a_roll_call_survives_a_lost_network_and_a_closed_tab_and_is_sent_once(site: Site) -> None:
    page = site.page("队长", screen="phone")
    context = page.context
    unit = site.world.units["一中队"].pk
    page.goto(f"/attire/roll-call/{unit}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # from now on the worker keeps the sheet
    mark(page, "协管", "挽袖")
    page.wait_for_timeout(300)

    context.set_offline(True)
    page.close()
    page = context.new_page()
    page.goto(f"/attire/roll-call/{unit}/")
    expect(page.locator("[data-summary]")).to_have_text("1 人有问题，0 人未到")
    page.get_by_role("button", name="提交点验").click()
    expect(page.get_by_text("没有网络：点验已保存在本机，恢复后自动送达。")).to_be_visible()
    site.picture(page, "roll-call-offline-phone")
    page.close()
    assert RollCall.objects.count() == 0

    # the tab was closed on an unsent roll-call; the home page sends it when the network is back
    context.set_offline(False)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("一中队点验已送达。")).to_be_visible()
    assert RollCall.objects.count() == Finding.objects.count() == 1
    page.goto(f"/attire/roll-call/{unit}/")
    expect(page.get_by_text("已由队长于")).to_be_visible()
    page.wait_for_timeout(500)
    assert RollCall.objects.count() == 1


def test_an_answer_that_was_lost_on_the_way_doubles_nothing(site: Site) -> None:
    page = site.page("队长", screen="phone")
    unit = site.world.units["一中队"].pk
    page.goto(f"/attire/roll-call/{unit}/")
    mark(page, "协管", "挽袖")
    lost = []

    def swallow(route: object) -> None:
        """The server gets the request; the phone never hears the answer."""
        if route.request.method == "POST" and not lost:  # type: ignore[attr-defined]
            lost.append(route.fetch().status)  # type: ignore[attr-defined]
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.context.route("**/attire/roll-call/*/", swallow)
    page.get_by_role("button", name="提交点验").click()
    expect(page.get_by_text("没有网络：点验已保存在本机")).to_be_visible()
    assert (lost, RollCall.objects.count()) == ([200], 1)
    page.get_by_role("button", name="等待网络，点此重试").click()
    expect(page.get_by_role("heading", name="一中队 早班点验")).to_be_visible()
    assert RollCall.objects.count() == Finding.objects.count() == 1


def test_signing_in_with_a_password_and_afterwards_with_a_passkey(site: Site) -> None:
    page = site.page(screen="phone")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    host = site.base_url.replace("127.0.0.1", "localhost")
    page.goto(f"{host}/me/")
    page.get_by_label("用户名").fill("u08")
    page.get_by_label("口令").fill("Wrong-Pass-1")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("用户名或口令不正确")).to_be_visible()
    site.picture(page, "login-phone")
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的档案 · 队员")).to_be_visible()

    page.goto(f"{host}/account/2fa/webauthn/add/")
    page.get_by_label("口令").fill(PASSWORD)  # a new key is a weighty thing: the library asks again who it is
    page.get_by_role("button", name="确定").click()
    page.locator("#id_name").fill("我的手机")
    if page.locator("#id_passwordless").count():
        page.locator("#id_passwordless").check()
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_text("恢复码").first).to_be_visible()
    page.goto(f"{host}/account/2fa/")
    site.picture(page, "second-factor-phone")

    page.get_by_role("button", name="退出").click()
    page.goto(f"{host}/account/login/")
    page.get_by_role("button", name="使用通行密钥登录").click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_the_keyboard_reaches_everything_on_a_finding(site: Site, screen: str) -> None:
    finding = site.world.finding()
    page = site.page("队员", screen=screen)
    page.goto(f"/findings/{finding.pk}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + ':' + (document.activeElement.textContent || '').trim().slice(0, 12)"))
    for wanted in ("BUTTON:提交整改", "A:打印告知", "SUMMARY:提出申辩"):
        assert wanted in reached, (wanted, reached)
