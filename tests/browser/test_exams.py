"""An exam in real Chromium: on the phone with a lost line, resumed and handed in, the result seen; a second device; without script."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from chengxin.core import clock
from chengxin.exams.models import Answer, Exam, ItemVersion, Paper
from chengxin.exams.selectors.answers import responses_of
from chengxin.exams.services import exams
from tests.browser.conftest import Site
from tests.exams.conftest import LINES, fill_bank, right
from tests.world import World


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def published(world: World) -> Exam:
    """An exam of the first squadron that is open now."""
    fill_bank(world)
    now = clock.now()
    made = exams.plan_exam(
        world.actor("督察"), title="第三季度应知应会考试", clause="2.4.3", units=[world.units["一中队"]],
        opens_at=now - dt.timedelta(hours=1), closes_at=now + dt.timedelta(hours=2), minutes=60, blueprint=LINES, form_key=uuid.uuid4(),
    )  # fmt: skip
    return exams.publish_exam(world.actor("督察"), made)


def choose(page: Page, paper: Paper, place: int) -> None:
    """Answer a place right, as a person would."""
    box, response = page.locator(f"#q{place}"), right(paper, place)
    if paper.drawn[place - 1].order:
        for letter in response:
            box.locator(f"input[value={letter}]").check()
    else:
        box.locator("input").fill(response)
        box.locator("input").blur()


def kept(paper: Paper) -> dict[int, str]:
    return responses_of([paper.pk]).get(paper.pk, {})


def test_an_exam_on_the_phone_with_a_lost_line(site: Site) -> None:
    exam = published(site.world)
    page = site.page("队员", screen="phone")
    page.goto("/")
    page.get_by_role("link", name=f"参加考试：{exam.title}").click()
    site.picture(page, "exam-start-phone")
    page.get_by_role("button", name="开始").click()
    expect(page.locator("[data-left-shown]")).to_have_text(re.compile(r"剩余 (60:00|59:\d\d)"))
    assert site.serious_violations(page) == []
    assert fits(page)
    paper = Paper.objects.get(person=site.world.persons["队员"], exam=exam)
    choose(page, paper, 1)
    expect(page.locator("#q1 [data-kept]")).to_have_text("已保存")
    expect(page.get_by_role("button", name="保存答案")).to_be_hidden()

    page.context.set_offline(True)
    for place in (2, 3, 4):
        choose(page, paper, place)
    expect(page.get_by_text("没有网络：答案已保存在本机，恢复后自动送达。")).to_be_visible()
    expect(page.locator("#q3 [data-kept]")).to_have_text("已保存在本机，等待送达")
    page.get_by_role("button", name="交卷").click()
    expect(page.get_by_text("还有答案没有送达")).to_be_visible()
    site.picture(page, "exam-offline-phone")
    assert kept(paper) == {1: right(paper, 1)}

    # the tab is closed without network; the answers wait on the phone and go when the sheet is open again
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/exams/papers/{paper.pk}/")
    expect(page.locator("#q4 [data-kept]")).to_have_text("已保存")
    assert kept(paper) == {place: right(paper, place) for place in (1, 2, 3, 4)}
    page.get_by_role("button", name="交卷").click()
    expect(page.get_by_text("还有 1 题没有作答")).to_be_visible()
    choose(page, paper, 5)
    expect(page.locator("#q5 [data-kept]")).to_have_text("已保存")
    site.picture(page, "exam-sheet-phone")
    page.get_by_role("button", name="仍然交卷").click()
    expect(page.get_by_text("已交卷。")).to_be_visible()
    site.picture(page, "exam-handed-in-phone")

    Exam.objects.update(
        opens_at=clock.now() - dt.timedelta(hours=3),
        closes_at=clock.now() - dt.timedelta(minutes=1),
        ends_at=clock.now() - dt.timedelta(minutes=1),
    )
    page.reload()
    expect(page.get_by_text("60.0 / 60 分")).to_be_visible()
    expect(page.get_by_text("解析").first).to_be_visible()
    assert site.serious_violations(page) == []
    assert fits(page)
    site.picture(page, "exam-result-phone")


def test_an_acknowledgement_lost_on_the_way_doubles_nothing(site: Site) -> None:
    exam = published(site.world)
    page = site.page("队员", screen="phone")
    page.goto(f"/exams/{exam.pk}/sit/")
    page.get_by_role("button", name="开始").click()
    paper = Paper.objects.get(person=site.world.persons["队员"], exam=exam)
    swallowed: list[int] = []
    told: list[bool] = []

    def swallow(route: object) -> None:
        """The server gets the answer; the phone never hears that it did, and reaches nobody until its reader was told."""
        if not swallowed:
            swallowed.append(route.fetch().status)  # type: ignore[attr-defined]
        if not told:
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.context.route("**/answers/", swallow)
    choose(page, paper, 1)
    expect(page.get_by_text("没有网络：答案已保存在本机")).to_be_visible()
    told.append(True)
    expect(page.locator("#q1 [data-kept]")).to_have_text("已保存", timeout=15_000)
    assert swallowed == [200]
    assert Answer.objects.filter(paper=paper).count() == 1


def test_a_second_device_takes_over_and_the_first_is_told(site: Site) -> None:
    exam = published(site.world)
    phone, desk = site.page("队员", screen="phone"), site.page("队员", screen="desktop")
    phone.goto(f"/exams/{exam.pk}/sit/")
    phone.get_by_role("button", name="开始").click()
    paper = Paper.objects.get(person=site.world.persons["队员"], exam=exam)
    choose(phone, paper, 1)
    expect(phone.locator("#q1 [data-kept]")).to_have_text("已保存")
    desk.goto(f"/exams/papers/{paper.pk}/")
    expect(desk.get_by_text("正在另一台设备上作答")).to_be_visible()
    site.picture(desk, "exam-other-device-desktop")
    desk.get_by_role("button", name="在这台设备上继续").click()
    expect(desk.get_by_text("已换到这台设备")).to_be_visible()
    expect(desk.locator("#q1 input:checked")).to_have_value(right(paper, 1))
    site.picture(desk, "exam-sheet-desktop")
    choose(phone, paper, 2)
    expect(phone.get_by_role("alert")).to_contain_text("另一台设备")
    expect(phone.locator("#q2 input").first).to_be_disabled()
    site.picture(phone, "exam-taken-over-phone")
    assert kept(paper) == {1: right(paper, 1)}


def test_when_the_time_is_up_the_sheet_ends_by_itself(site: Site) -> None:
    exam = published(site.world)
    page = site.page("队员", screen="phone")
    page.goto(f"/exams/{exam.pk}/sit/")
    page.get_by_role("button", name="开始").click()
    paper = Paper.objects.get(person=site.world.persons["队员"], exam=exam)
    choose(page, paper, 1)
    expect(page.locator("#q1 [data-kept]")).to_have_text("已保存")
    Paper.objects.filter(pk=paper.pk).update(deadline_at=clock.now() + dt.timedelta(seconds=3))
    page.reload()
    expect(page.get_by_text("到时收卷")).to_be_visible()
    assert kept(paper) == {1: right(paper, 1)}


def test_an_exam_without_script(site: Site) -> None:
    exam = published(site.world)
    context = site.browser.new_context(base_url=site.base_url, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    site.contexts.append(context)
    cookie = site.world.client("协管").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site.base_url}])
    page = context.new_page()
    page.goto(f"/exams/{exam.pk}/sit/")
    page.get_by_role("button", name="开始").click()
    paper = Paper.objects.get(person=site.world.persons["协管"], exam=exam)
    for place in (1, 2, 3):
        choose(page, paper, place)
    page.get_by_role("button", name="保存答案").click()
    expect(page.get_by_text("答案已保存。")).to_be_visible()
    for place in (4, 5):
        choose(page, paper, place)
    page.get_by_role("button", name="交卷").click()
    expect(page.get_by_text("已交卷。")).to_be_visible()
    assert kept(paper) == {place: right(paper, place) for place in range(1, 6)}


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_every_screen_fits_and_axe_finds_nothing_serious(site: Site, screen: str) -> None:
    world = site.world
    exam = published(world)
    version = ItemVersion.objects.all()[0]
    page = site.page("督察", screen=screen)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    names = {"": "mine", "items/": "items", f"items/{version.item_id}/": "item", "items/new/": "item-new", "items/import/": "import",
             "plans/": "list", "plans/new/": "new", f"plans/{exam.pk}/": "plan", f"plans/{exam.pk}/persons/": "persons",
             "objections/": "objections"}  # fmt: skip
    for address, name in names.items():
        page.goto(f"/exams/{address}")
        expect(page.locator("h1")).to_be_visible()
        assert fits(page), address
        assert site.serious_violations(page) == [], address
        site.picture(page, f"exams-{name}-{screen}")
    assert told == []
