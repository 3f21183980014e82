"""The bell, the own notices, settings, robots and the log in real Chromium, at both sizes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chengxin.core import clock
from chengxin.notices import rules, services
from chengxin.notices.models import Attempt, Notice, Preference, Robot, Sending
from tests.browser.conftest import Site
from tests.notices.servers import mail_server
from tests.world import World


def calm(site: Site, page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    assert site.serious_violations(page) == [], page.url


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_a_person_sees_the_bell_reads_and_sets_when_to_be_told(site: Site, world: World, screen: str, settings: Any) -> None:
    world.finding(person="队员")
    Preference.objects.create(user=world.users["队员"], on_days_off=True)
    with clock.frozen(clock.at(clock.today(), 9)):
        services.look_for(world.users["队员"].pk)
    page = site.page("队员", screen=screen)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.goto("/")
    page.get_by_role("link", name="通知，1 条未读").click()
    expect(page.get_by_role("heading", name="每日汇总")).to_be_visible()
    site.picture(page, f"notices-own-{screen}")
    calm(site, page)
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.get_by_role("link", name="通知", exact=True).first).to_be_visible()
    expect(page.get_by_text("未读", exact=True)).to_have_count(0)
    assert Notice.objects.filter(user=world.users["队员"], read_at=None).count() == 0

    with mail_server() as post:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.DEFAULT_FROM_EMAIL = "127.0.0.1", post.port, "chengxin@example.com"
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        page.get_by_role("link", name="提醒设置").click()
        page.get_by_label("到", exact=True).select_option("7")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("先后不颠倒")).to_be_visible()
        expect(page.get_by_label("到", exact=True)).to_have_value("7")
        calm(site, page)
        page.get_by_label("到", exact=True).select_option("20")
        page.get_by_label("每日汇总时间").select_option("10")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("已保存。")).to_be_visible()
        page.get_by_label("邮箱", exact=True).fill("duiyuan@example.com")
        page.get_by_role("button", name="发送验证码").click()
        code = post.text_of(post.letters[0][1])[4:10]
        page.get_by_label("验证码").fill(code)
        site.picture(page, f"notices-code-{screen}")
        calm(site, page)
        page.get_by_role("button", name="核实", exact=True).click()
        expect(page.get_by_text("邮箱已核实")).to_be_visible()
        site.picture(page, f"notices-settings-{screen}")
        calm(site, page)
    assert Preference.objects.get(user=world.users["队员"]).digest_hour == 10
    assert [each for each in told if "422" not in each] == []


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_robots_and_the_log(site: Site, world: World, screen: str, settings: Any) -> None:
    settings.ROBOT_ORIGINS = ["https://qyapi.weixin.qq.com"]
    page = site.page("系统员", screen=screen)
    page.goto("/notices/robots/")
    page.get_by_label("群名称").fill("一中队工作群")
    page.get_by_label("单位").select_option(label="一中队")
    page.get_by_label("Webhook 地址").fill("https://10.0.0.8/cgi-bin/webhook/send?key=a")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_text("不在允许的主机之内")).to_be_visible()
    expect(page.get_by_label("群名称")).to_have_value("一中队工作群")
    calm(site, page)
    page.get_by_label("Webhook 地址").fill("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_text("待批准")).to_be_visible()
    other = site.page("安全员", screen=screen)
    other.goto("/notices/robots/")
    other.get_by_role("button", name="批准 一中队工作群").click()
    expect(other.get_by_text("有效")).to_be_visible()
    calm(site, other)
    now = clock.now()
    sending = Sending.objects.create(
        key="t", channel=rules.WECOM, kind=rules.TEST, robot=Robot.objects.get(), day=now.date(), state=rules.FAILED, made_at=now,
        next_try_at=now,
    )  # fmt: skip
    Attempt.objects.create(sending=sending, number=1, at=now, ended_at=now, outcome=rules.FAILED, error="对方返回 403。")
    page.reload()
    expect(page.get_by_text("对方返回 403。")).to_be_visible()
    site.picture(page, f"notices-robots-{screen}")
    calm(site, page)
    page.goto("/notices/log/")
    expect(page.get_by_text("近 24 小时有 1 次没有送达")).to_be_visible()
    site.picture(page, f"notices-log-{screen}")
    calm(site, page)
