"""Inspections in real Chromium: the double draw at the desk, the sheet on a phone whose network is cut, the rectification desk."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from chengxin.core import clock
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.supervision.models import Plan, Visit, VisitPhoto
from chengxin.supervision.services import plans, visits
from tests.browser.conftest import Site
from tests.world import World, upload


def arranged(world: World) -> Visit:
    """A visit of today for 督察, assigned by hand."""
    actor, day = world.actor("督察"), clock.today()
    plan = plans.create_plan(
        actor, kind="daily", mode="open", template="all", starts_on=day, ends_on=day, units=[world.units["一中队"]]
    )  # fmt: skip
    return visits.arrange_visit(actor, plan, unit=world.units["一中队"], inspectors=[world.persons["督察"]], due_on=day)


def picture(folder: Path, color: str) -> Path:
    path = folder / f"{color}.jpg"
    path.write_bytes(upload(size=(320, 240), color=color).read())
    return path


def row(page: Page, name: str) -> Locator:
    found = page.locator("[data-member]", has=page.locator(".name", has_text=re.compile(f"^{name}$")))
    if found.locator("details[open]").count() == 0:
        found.locator("summary").click()
    return found


def ready(page: Page, visit: Visit) -> str:
    """The sheet opened twice with network, so that the worker keeps it."""
    address = f"/supervision/visits/{visit.pk}/sheet/"
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    return address


def test_a_visit_without_network_arrives_whole_and_once(site: Site, tmp_path: Path) -> None:
    visit = arranged(site.world)
    page = site.page("督察", screen="phone")
    context, address = page.context, ready(page, visit)
    context.set_offline(True)
    officer = row(page, "队员")
    officer.locator("[data-entry]").first.select_option(label="漏戴标识")
    officer.get_by_label("已当场整改").check()
    officer.locator("input[type=file]").set_input_files([picture(tmp_path, "navy"), picture(tmp_path, "red")])
    expect(officer.get_by_text("已保存在本机，等待送达")).to_have_count(2)
    row(page, "协管").get_by_label("已检查").check()
    page.get_by_label("地点").fill("幸福路口")
    expect(page.locator("[data-summary]")).to_have_text("已检查 2 人，1 个问题")
    page.get_by_role("button", name="提交检查结果").click()
    expect(page.get_by_text("没有网络：检查表和照片已保存在本机，恢复后自动送达。")).to_be_visible()
    site.picture(page, "inspection-offline-phone")
    assert site.serious_violations(page) == []

    # the tab is closed and the sheet opened again, still without network
    page.close()
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text("已保存在本机，等待送达")).to_have_count(2)
    expect(page.locator("[data-summary]")).to_have_text("已检查 2 人，1 个问题")
    assert VisitPhoto.objects.count() == Finding.objects.count() == 0

    context.set_offline(False)
    expect(page.get_by_role("heading", name=re.compile("督〔"))).to_be_visible()
    visit.refresh_from_db()
    assert (visit.state, visit.place, visit.checks.count()) == ("submitted", "幸福路口", 2)
    assert Finding.objects.count() == 1
    kept = list(VisitPhoto.objects.all())
    assert len(kept) == len({photo.sha256 for photo in kept}) == 2
    assert all(photo.acknowledged_at is not None for photo in kept)
    assert all(photo.captured_at is not None and photo.captured_at < photo.uploaded_at for photo in kept)
    expect(page.get_by_text(re.compile("^拍摄 20"))).to_have_count(2)
    expect(page.get_by_text(re.compile("^上传 20"))).to_have_count(2)
    expect(page.get_by_text("手机已确认")).to_have_count(2)
    site.picture(page, "inspection-result-phone")
    page.goto("/supervision/visits/")
    page.wait_for_timeout(500)
    assert (VisitPhoto.objects.count(), Finding.objects.count(), visit.checks.count()) == (2, 1, 2)


@pytest.mark.parametrize("lost", ["photos", "sheet"])
def test_an_answer_lost_on_the_way_and_a_second_click_double_nothing(site: Site, tmp_path: Path, lost: str) -> None:
    visit = arranged(site.world)
    page = site.page("督察", screen="phone")
    address = ready(page, visit)
    swallowed: list[int] = []

    def swallow(route: object) -> None:
        """The server gets the request; the phone never hears the answer."""
        if route.request.method == "POST" and not swallowed:  # type: ignore[attr-defined]
            swallowed.append(route.fetch().status)  # type: ignore[attr-defined]
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.context.route(f"**/supervision/visits/*/{lost}/", swallow)
    officer = row(page, "队员")
    officer.locator("[data-entry]").first.select_option(label="挽袖")
    officer.locator("input[type=file]").set_input_files(picture(tmp_path, "green"))
    if lost == "photos":
        expect(page.get_by_text("没有网络：检查表和照片已保存在本机")).to_be_visible()
    else:
        expect(officer.get_by_text(re.compile("已送达：上传"))).to_be_visible()
        page.get_by_role("button", name="提交检查结果").click()
        expect(page.get_by_role("button", name="等待网络，点此重试")).to_be_visible()
    assert swallowed == [200]
    assert VisitPhoto.objects.count() == 1
    page.goto(address if lost == "photos" else "/supervision/visits/")  # reloaded before it was settled
    if lost == "photos":
        page.get_by_role("button", name="提交检查结果").dblclick()
        expect(page.get_by_role("heading", name=re.compile("督〔"))).to_be_visible()
    else:
        expect(page.get_by_text("检查表已送达。")).to_be_visible()
    visit.refresh_from_db()
    assert (visit.state, VisitPhoto.objects.count(), Finding.objects.count(), visit.checks.count()) == ("submitted", 1, 1, 1)
    assert VisitPhoto.objects.get().acknowledged_at is not None


def test_a_refused_sheet_keeps_everything_on_the_phone(site: Site, tmp_path: Path) -> None:
    visit = arranged(site.world)
    page = site.page("督察", screen="phone")
    address = ready(page, visit)
    officer = row(page, "队员")
    officer.locator("[data-entry]").first.select_option(label="挽袖")
    officer.locator("input[type=file]").set_input_files(picture(tmp_path, "green"))
    expect(officer.get_by_text(re.compile("已送达：上传"))).to_be_visible()
    page.get_by_label("日期").fill(str(clock.today() - dt.timedelta(days=2)))
    page.get_by_role("button", name="提交检查结果").click()
    expect(page.get_by_text("检查日期早于计划开始日")).to_be_visible()
    page.goto(address)
    expect(page.locator("[data-summary]")).to_have_text("已检查 1 人，1 个问题")
    page.get_by_label("日期").fill(str(clock.today()))
    page.get_by_role("button", name="提交检查结果").click()
    expect(page.get_by_role("heading", name=re.compile("督〔"))).to_be_visible()
    assert (VisitPhoto.objects.count(), Finding.objects.count()) == (1, 1)


def test_the_double_draw_step_by_step(site: Site) -> None:
    page = site.page("督察", screen="desktop")
    page.goto("/")
    page.get_by_role("link", name=re.compile("制定第 . 季度抽查计划")).click()
    page.get_by_label("季度抽查").check()
    page.get_by_label("季度", exact=False).last.select_option(index=(clock.today().month + 2) // 3)
    site.picture(page, "plan-new-desktop")
    page.get_by_role("button", name="制定").click()
    expect(page.get_by_text("已制定。")).to_be_visible()
    page.get_by_role("button", name="冻结范围").click()
    page.get_by_label("公开内容").fill("四 二 六")
    page.get_by_role("button", name="抽取对象").click()
    page.get_by_role("button", name="冻结督查人员范围").click()
    page.get_by_label("公开内容").fill("三 三 一")
    page.get_by_role("button", name="抽取督查人员").click()
    expect(page.get_by_text("督查人员已抽取，检查已分派。")).to_be_visible()
    site.picture(page, "plan-desktop")
    plan = Plan.objects.get()
    assert plan.visits.count() == 2
    page.get_by_role("link", name="打印检查对象抽取记录").click()
    expect(page.get_by_role("heading", name="怎样重算")).to_be_visible()
    site.picture(page, "draw-desktop")
    page.emulate_media(media="print")
    site.picture(page, "draw-print")


@pytest.fixture
def busy(site: Site) -> Site:
    """A desk with something under every tab."""
    world = site.world
    early = clock.now() - dt.timedelta(days=40)
    with clock.frozen(early):
        for name in ("队员", "协管", "外人"):
            world.finding(person=name)
        world.finding(code="attire.beard")
        done = world.finding(person="女队员")
        findings.submit_rectification(world.actor("女队员"), done, text="已改")
    world.finding(person="装备员", code="conduct.hands")
    return site


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_the_desk_reminds_in_bulk_at_every_width(busy: Site, screen: str) -> None:
    page = busy.page("督察乙", screen=screen)
    page.goto("/supervision/desk/")
    expect(page.get_by_role("link", name=re.compile("已逾期 4"))).to_be_visible()
    page.get_by_role("button", name="勾选本页全部").click()
    page.locator("[name=finding]").last.uncheck()
    busy.picture(page, f"desk-{screen}")
    assert busy.serious_violations(page) == []
    page.get_by_role("button", name="催办所选").click()
    expect(page.get_by_text("已催办 3 件。")).to_be_visible()
    for tab in ("soon", "recheck", "look_backs", "alerts"):
        page.goto(f"/supervision/desk/?tab={tab}")
        assert busy.serious_violations(page) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), tab
    busy.picture(page, f"desk-alerts-{screen}")


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_every_screen_fits_and_axe_finds_nothing_serious(site: Site, screen: str) -> None:
    world = site.world
    visit = arranged(world)
    told: list[str] = []
    page = site.page("督察", screen=screen)
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    for address in (
        "/supervision/plans/", "/supervision/plans/new/", f"/supervision/plans/{visit.plan_id}/", "/supervision/visits/",
        f"/supervision/visits/{visit.pk}/", f"/supervision/visits/{visit.pk}/sheet/", f"/supervision/visits/{visit.pk}/call-off/",
        "/supervision/desk/", "/supervision/desk/look-backs/", "/supervision/coverage/",
    ):  # fmt: skip
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        wide = "[...document.querySelectorAll('#content *')].filter(e => e.scrollWidth > innerWidth).map(e => e.outerHTML.slice(0, 90))"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (address, page.evaluate(wide))
        assert site.serious_violations(page) == [], address
    site.picture(page, f"coverage-{screen}")
    page.goto(f"/supervision/visits/{visit.pk}/sheet/")
    site.picture(page, f"sheet-{screen}")
    assert told == []
