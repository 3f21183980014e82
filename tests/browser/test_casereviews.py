"""A round of case reviews from its frame to its end in real Chromium, and every screen at both sizes (2.4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from chengxin.casereviews import rules, services
from chengxin.casereviews.models import Mark, Review, Round
from chengxin.core import clock
from chengxin.core.quarters import quarter_of
from chengxin.findings.models import Finding
from tests.browser.conftest import Site
from tests.world import World

DAY = dt.date(2026, 5, 20)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def registered(world: World, n: int = 2) -> None:
    """Cases of the first squadron."""
    for number in range(n):
        services.register_case(
            world.actor("督察"), number=f"城管罚〔2026〕第{number + 1:03d}号", title="占用城市道路堆放物料案", unit=world.units["一中队"],
            handlers=[world.persons["队员"], world.persons["女队员"]], closed_on=clock.today() - dt.timedelta(days=9),
            procedure=rules.ORDINARY,
        )  # fmt: skip


def planned_quarter(today: dt.date) -> int | None:
    quarter = quarter_of(today)
    return quarter if quarter != 3 else None


def reviewer_name(world: World, review: Review) -> str:
    return next(name for name, person in world.persons.items() if person.pk == review.person_id)


def fill(page: Page, points: str) -> None:
    page.get_by_label("证据收集与固定：扣分").fill(points)
    page.get_by_label("证据收集与固定：页码").fill("第 5 页")
    page.get_by_label("证据收集与固定：理由").fill("现场照片没有注明拍摄时间")


@pytest.fixture
def calm(site: Site) -> Callable[[Page], None]:
    def look(page: Page) -> None:
        assert fits(page), page.url
        assert site.serious_violations(page) == [], page.url

    return look


def test_a_round_from_the_frame_to_the_end(site: Site, world: World, calm: Callable[[Page], None]) -> None:
    quarter = planned_quarter(clock.today())
    if quarter is None:
        pytest.skip("第三季度没有案卷评查")
    registered(world)
    desk = site.page("督察", screen="desktop")
    desk.goto("/")
    desk.get_by_role("link", name=re.compile("冻结第.季度案卷评查的范围")).click()
    site.picture(desk, "casereviews-new-desktop")
    calm(desk)
    desk.get_by_label(rules.QUARTERS[quarter]).check()
    desk.get_by_role("button", name="冻结范围").click()
    desk.get_by_label("公开内容").fill("四 二 六")
    desk.get_by_role("button", name="抽取案卷").click()
    desk.get_by_label("公开内容").fill("三 三 一")
    desk.get_by_role("button", name="抽取并指派评查人员").click()
    expect(desk.get_by_text("评查人员已抽取并指派，每件两人。")).to_be_visible()
    site.picture(desk, "casereviews-round-desktop")
    calm(desk)

    for review in Review.objects.select_related("reviewed__case").order_by("reviewed", "seat"):
        screen = "phone" if review.seat == 1 else "desktop"
        page = site.page(reviewer_name(world, review), screen=screen)
        page.goto(f"/casereviews/reviews/{review.pk}/")
        fill(page, "3.3" if review.seat == 1 else "3.5")
        if review.seat == 1:
            expect(page.locator("[data-sum]")).to_have_text("扣 3.3 分，得 96.7 分")
            page.get_by_role("button", name="提交评查表").click()
            expect(page.get_by_text("“证据收集与固定”扣分须大于 0 并以 0.5 分为步长。")).to_be_visible()
            expect(page.get_by_label("证据收集与固定：理由")).to_have_value("现场照片没有注明拍摄时间")
            fill(page, "3")
            assert_kept(site, page)
        site.picture(page, f"casereviews-sheet-{screen}")
        calm(page)
        page.get_by_role("button", name="提交评查表").click()
        expect(page.get_by_text("评查表已提交。")).to_be_visible()
        assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft:'))") == []

    desk.reload()
    desk.get_by_role("button", name="告知结果").click()
    expect(desk.get_by_text("结果已告知被评查单位")).to_be_visible()
    mark = Mark.objects.order_by("pk").first()
    assert mark is not None
    assert mark.points == 325

    captain = site.page("队长", screen="phone")
    captain.goto("/")
    captain.get_by_role("link", name=re.compile("查看评查结果，可以提出异议")).click()
    captain.get_by_role("link", name=mark.reviewed.case.number).click()
    captain.get_by_role("heading", name="提出异议").click()
    captain.get_by_label("异议理由").fill("照片背面已注明时间。")
    captain.get_by_role("button", name="提出异议").click()
    expect(captain.get_by_text("待决定")).to_be_visible()
    site.picture(captain, "casereviews-objection-phone")
    calm(captain)

    leader = site.page("局长", screen="desktop")
    leader.goto(f"/casereviews/reviewed/{mark.reviewed_id}/")
    leader.get_by_role("heading", name="决定异议").click()
    leader.get_by_label("减少扣分").check()
    leader.get_by_label("减少后的扣分").fill("1.5")
    leader.get_by_label("决定理由").fill("背面注明了时间，没有注明拍摄人。")
    leader.get_by_role("button", name="决定异议").click()
    expect(leader.get_by_text("现为 1.5 分")).to_be_visible()
    site.picture(leader, "casereviews-reviewed-desktop")
    calm(leader)

    Round.objects.update(object_by=clock.today() - dt.timedelta(days=1))  # the term goes by
    desk.reload()
    desk.get_by_role("button", name="定稿").click()
    expect(desk.get_by_text("已定稿，成立的扣分已登记为问题")).to_be_visible()
    site.picture(desk, "casereviews-final-desktop")
    calm(desk)
    assert Finding.objects.filter(kind="casereviews.deduction").count() == 2
    with desk.expect_download() as fetched:
        desk.get_by_role("link", name="评查报告（Word）").click()
    assert fetched.value.suggested_filename.endswith(".docx")
    desk.goto("/casereviews/compare/")
    expect(desk.locator("[data-chart] svg")).to_be_visible()
    site.picture(desk, "casereviews-compare-desktop")
    calm(desk)


def assert_kept(site: Site, page: Page) -> None:
    """What was filled in is there again after the page was left, can be thrown away, and is kept anew."""
    address = page.url
    page.goto("/")
    page.goto(address)
    expect(page.get_by_text("还没有提交的内容")).to_be_visible()
    expect(page.get_by_label("证据收集与固定：理由")).to_have_value("现场照片没有注明拍摄时间")
    expect(page.locator("[data-sum]")).to_have_text("扣 3 分，得 97 分")
    site.picture(page, "casereviews-draft-phone")
    page.get_by_role("button", name="清空重填").click()
    expect(page.get_by_label("证据收集与固定：理由")).to_have_value("")
    page.reload()
    expect(page.get_by_text("还没有提交的内容")).to_have_count(0)
    fill(page, "3")
    page.reload()
    expect(page.get_by_label("证据收集与固定：理由")).to_have_value("现场照片没有注明拍摄时间")


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_every_screen_fits_and_axe_finds_nothing_serious(site: Site, world: World, calm: Callable[[Page], None], screen: str) -> None:
    with clock.frozen(clock.at(DAY, 9)):
        registered(world, 3)
        actor = world.actor("督察")
        found = services.freeze_round(actor, year=2026, quarter=2)
        found = services.assign_reviewers(actor, services.cast_round(actor, found, public="六"), public="三")
        own = Review.objects.filter(person=world.persons["督察"]).first() or Review.objects.first()
        assert own is not None
        for review in Review.objects.exclude(pk=own.pk):
            given = [rules.Deduction("proof", 35, "照片没有注明拍摄时间", "第 5 页")]
            services.submit_review(world.actor(reviewer_name(world, review)), review, deductions=given)
    page = site.page(reviewer_name(world, own), screen=screen)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    case = own.reviewed.case
    for name, address in (
        ("cases", "/casereviews/cases/"), ("rounds", "/casereviews/"), ("round", f"/casereviews/rounds/{found.pk}/"),
        ("reviews", "/casereviews/reviews/"), ("sheet", f"/casereviews/reviews/{own.pk}/"), ("case", f"/casereviews/cases/{case.pk}/"),
        ("compare-empty", "/casereviews/compare/"), ("reviewed", f"/casereviews/reviewed/{own.reviewed_id}/"),
    ):  # fmt: skip
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        site.picture(page, f"casereviews-{name}-{screen}")
        calm(page)
    office = site.page("督察", screen=screen)
    for name, address in (
        ("new-case", "/casereviews/cases/new/"),
        ("import", "/casereviews/cases/import/"),
        ("new", "/casereviews/rounds/new/"),
    ):
        office.goto(address)
        site.picture(office, f"casereviews-{name}-{screen}")
        calm(office)
    assert told == []
