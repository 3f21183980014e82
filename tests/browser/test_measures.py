"""A measure from the ladder to the objection, and a commendation, in real Chromium."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from chengxin.measures import services
from chengxin.measures.models import Commendation, Measure
from tests.browser.conftest import Site
from tests.world import SYSTEM, World


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_measure_is_decided_objected_to_and_taken_back(site: Site, world: World) -> None:
    world.finding(grade="serious")
    services.propose_measures(SYSTEM)
    measure = Measure.objects.get()
    desk = site.page("督察乙", screen="desktop")
    desk.goto("/")
    desk.get_by_role("link", name="决定措施 1 项").click()
    site.picture(desk, "measures-list")
    assert site.serious_violations(desk) == []
    desk.get_by_role("link", name=measure.number).click()
    desk.get_by_role("button", name="决定措施").click()
    expect(desk.get_by_role("alert")).to_contain_text("理由")
    desk.get_by_label("理由", exact=True).fill("情节较重，经核实录像。")
    desk.get_by_role("button", name="决定措施").click()
    expect(desk.get_by_text("已决定并告知当事人。")).to_be_visible()
    site.picture(desk, "measures-decided")
    assert site.serious_violations(desk) == []

    phone = site.page("队员", screen="phone")
    phone.goto(f"/measures/{measure.pk}/")
    expect(phone.get_by_text("情节较重，经核实录像。")).to_be_visible()
    phone.get_by_role("heading", name="提出申辩").click()
    phone.get_by_label("申辩理由").fill("当时正在搬运暂扣物品。")
    phone.get_by_role("button", name="提出申辩").click()
    expect(phone.get_by_text("复核中", exact=True)).to_be_visible()
    site.picture(phone, "measures-own")
    assert site.serious_violations(phone) == []
    assert fits(phone)

    leader = site.page("局长", screen="desktop")
    leader.goto(f"/measures/{measure.pk}/")
    leader.get_by_label("申辩成立，撤销措施").check()
    leader.get_by_label("理由", exact=True).fill("录像证实。")
    leader.get_by_role("button", name="决定申辩").click()
    expect(leader.get_by_text("申辩决定已记录。")).to_be_visible()
    site.picture(leader, "measures-reversed")
    measure.refresh_from_db()
    assert measure.state == "reversed"


def test_a_commendation_is_proposed_on_a_phone_and_given_at_a_desk(site: Site, world: World) -> None:
    phone = site.page("队长", screen="phone")
    phone.goto("/measures/commendations/new/")
    site.picture(phone, "commendation-form")
    assert site.serious_violations(phone) == []
    phone.get_by_label("人员").fill("T008")
    phone.get_by_label("种类").select_option("public")
    phone.get_by_label("事迹").fill("救助走失老人，群众送来锦旗")
    phone.get_by_role("button", name="提出表扬").click()
    expect(phone.get_by_text("由局领导决定。").first).to_be_visible()
    assert fits(phone)
    leader = site.page("局长", screen="desktop")
    leader.goto(f"/measures/commendations/{Commendation.objects.get().pk}/")
    leader.get_by_label("予以表扬").check()
    leader.get_by_role("button", name="决定表扬").click()
    expect(leader.get_by_text("已表扬")).to_be_visible()
    leader.goto("/measures/commendations/")
    site.picture(leader, "commendations")
    assert site.serious_violations(leader) == []


def test_the_own_page_and_the_proposal_form_fit_a_phone(site: Site, world: World) -> None:
    world.finding(grade="serious")
    services.propose_measures(SYSTEM)
    services.decide_measure(world.actor("督察乙"), Measure.objects.get(), kind="criticism", reasons="经核实")
    for name, address, picture in (
        ("队员", "/measures/mine/", "measures-mine"),
        ("队员", "/me/", "measures-file"),
        ("督察", "/measures/new/", "measures-new"),
    ):
        for screen in ("phone", "desktop"):
            page = site.page(name, screen=screen)
            page.goto(address)
            site.picture(page, f"{picture}-{screen}")
            assert site.serious_violations(page) == []
            assert fits(page), (address, screen)
