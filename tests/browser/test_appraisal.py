"""The year's assessment in real Chromium: the own ledger on a phone, the office's table, the panel, publicity and a title."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from chengxin.appraisal.models import ExemplaryTitle, Nomination, Round
from chengxin.core import clock
from chengxin.findings import services as findings
from tests.appraisal.conftest import take_back
from tests.browser.conftest import Site
from tests.world import World, upload


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.fixture
def year(world: World) -> int:
    """The year before this one with some facts in it: the site runs by the real clock, so the past is written with another."""
    last = clock.today().year - 1
    made = []
    for month, person in ((3, "队员"), (5, "队员"), (6, "队员"), (7, "队员"), (4, "协管")):
        with clock.frozen(clock.at(dt.date(last, month, 10), 10)):
            made.append(world.finding(person=person, grade="serious" if month == 5 else "minor"))
    with clock.frozen(clock.at(dt.date(last, 3, 11), 10)):
        findings.file_objection(world.actor("队员"), made[0], text="当时正在更换标识")
    with clock.frozen(clock.at(dt.date(last, 3, 13), 10)):
        findings.decide_objection(world.actor("督察乙"), made[0], revoked=True, reasons="情况属实")
    take_back(world, made[4], day=dt.date(last, 5, 6))
    return last


@pytest.fixture
def founded_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The town stood before last year began, so that nobody in it is a newcomer."""
    import tests.world as town

    monkeypatch.setattr(town, "FOUNDED_ON", dt.date(clock.today().year - 2, 9, 1))


@pytest.mark.usefixtures("founded_early")
class TestTheYear:
    def test_a_person_reads_the_own_ledger_on_the_phone(self, site: Site, year: int) -> None:
        phone = site.page("队员", screen="phone")
        phone.goto(f"/appraisal/own/{year}/")
        expect(phone.locator("#verdict")).to_contain_text("不具备资格")
        expect(phone.locator("#verdict")).to_contain_text("本年计 3 次，达到 3 次")
        expect(phone.get_by_text("申辩已决定（撤销）")).to_be_visible()
        site.picture(phone, "appraisal-own-phone")
        assert site.serious_violations(phone) == []
        assert fits(phone)
        phone.get_by_label("日期").fill(f"{year}-06-30")
        phone.get_by_role("button", name="查看").click()
        expect(phone.locator("#verdict")).to_contain_text(f"截至 {year}-06-30 所知")
        desktop = site.page("队员", screen="desktop")
        desktop.goto(f"/appraisal/own/{year}/")
        site.picture(desktop, "appraisal-own-desktop")
        assert site.serious_violations(desktop) == []

    def test_the_office_judges_freezes_nominates_and_publishes(self, site: Site, year: int) -> None:
        desk = site.page("督察", screen="desktop")
        desk.goto(f"/appraisal/verdicts/{year}/")
        site.picture(desk, "appraisal-verdicts-desktop")
        assert site.serious_violations(desk) == []
        desk.goto(f"/appraisal/simulation/?year={year}&repeat_count=4")
        expect(desk.get_by_role("region", name="会改变的人员")).to_contain_text("队员")
        site.picture(desk, "appraisal-simulation-desktop")
        assert site.serious_violations(desk) == []
        desk.goto("/appraisal/rounds/")
        desk.get_by_label("年度", exact=True).fill(str(year))
        desk.get_by_role("button", name="启动年度考核").click()
        expect(desk.get_by_role("heading", name=f"{year} 年度考核")).to_be_visible()
        desk.get_by_role("heading", name="提出评优意见").click()
        desk.locator("#note").get_by_label("人员").fill("女队员")
        desk.get_by_label("意见与依据").fill("汛期抢险表现突出，建议倾斜")
        desk.locator("#note").get_by_role("button").click()
        desk.get_by_role("heading", name="定稿", exact=True).click()
        desk.locator("#freeze").get_by_role("button", name="定稿").click()
        expect(desk.get_by_text("已定稿，此后只能编号更正。")).to_be_visible()
        assert Round.objects.get().snapshot.sha256 in desk.inner_text("body")

        brigade = site.page("大队长", screen="phone")
        brigade.goto("/appraisal/nominations/")
        brigade.locator("#person").get_by_label("人员").fill("队员")
        brigade.locator("#person").get_by_label("事迹").fill("全年无投诉，办案质量高")
        brigade.get_by_role("button", name="推荐个人").click()
        expect(brigade.get_by_role("alert")).to_contain_text("不能推荐：多次违规")
        site.picture(brigade, "appraisal-nomination-refused-phone")
        assert site.serious_violations(brigade) == []
        brigade.locator("#person").get_by_label("人员").fill("外人")
        brigade.get_by_role("button", name="推荐个人").click()
        expect(brigade.get_by_text("已推荐。")).to_be_visible()
        assert fits(brigade)

        desk.reload()
        desk.get_by_role("heading", name="公示名单").click()
        desk.locator("#publish").get_by_role("button").click()
        expect(desk.get_by_text("已公示。")).to_be_visible()
        site.picture(desk, "appraisal-round-desktop")
        assert site.serious_violations(desk) == []

        officer = site.page("女队员", screen="phone")
        officer.goto("/appraisal/publicity/")
        expect(officer.get_by_text("全年无投诉，办案质量高")).to_be_visible()
        officer.locator("summary", has_text="提出异议").first.click()
        officer.get_by_label("异议的事实").fill("材料中的案件不是其办理")
        officer.get_by_role("button", name="提出异议").click()
        expect(officer.get_by_text("等待决定")).to_be_visible()
        site.picture(officer, "appraisal-publicity-phone")
        assert site.serious_violations(officer) == []
        assert fits(officer)
        leader = site.page("局长", screen="desktop")
        leader.goto("/appraisal/publicity/")
        leader.get_by_label("成立", exact=True).check()
        leader.get_by_label("决定理由").fill("经核实属实")
        site.picture(leader, "appraisal-objection-desktop")
        leader.get_by_role("button", name="决定", exact=True).click()
        expect(leader.get_by_text("已决定。")).to_be_visible()
        assert Nomination.objects.get().state == "struck"
        desk.reload()
        expect(desk.get_by_text("公示异议成立：经核实属实")).to_be_visible()
        phone = site.page("督察", screen="phone")
        for address, name in ((f"/appraisal/rounds/{year}/", "round"), (f"/appraisal/verdicts/{year}/?result=flagged", "verdicts")):
            phone.goto(address)
            site.picture(phone, f"appraisal-{name}-phone")
            assert site.serious_violations(phone) == []
            assert fits(phone)

    def test_a_squadron_is_nominated_with_evidence_and_seen_by_everybody(self, site: Site) -> None:
        phone = site.page("督察", screen="phone")
        phone.goto("/appraisal/titles/nominate/")
        phone.get_by_label("单位").select_option(label="一中队")
        phone.get_by_label("事迹").fill("连续四个季度抽查优秀")
        phone.get_by_role("button", name="申报").click()
        expect(phone.get_by_role("alert")).to_contain_text("请附上佐证材料")
        photo = upload()
        phone.locator("#id_photo_files").set_input_files({"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": photo.read()})
        phone.get_by_role("button", name="申报").click()
        expect(phone.get_by_role("heading", name="申报时的条件核对")).to_be_visible()
        site.picture(phone, "appraisal-title-phone")
        assert site.serious_violations(phone) == []
        assert fits(phone)
        phone.get_by_role("heading", name="公示", exact=True).click()
        phone.locator("#publish").get_by_role("button").click()
        made = ExemplaryTitle.objects.get()
        assert made.state == "publicity"
        ExemplaryTitle.objects.update(publicity_until=clock.today() - dt.timedelta(days=1))
        leader = site.page("局长", screen="desktop")
        leader.goto(f"/appraisal/titles/{made.pk}/")
        leader.get_by_role("heading", name="授予", exact=True).click()
        leader.get_by_label("文号").fill("城管〔2026〕5号")
        leader.locator("#grant").get_by_role("button").click()
        expect(leader.get_by_text("已授予。")).to_be_visible()
        site.picture(leader, "appraisal-title-desktop")
        assert site.serious_violations(leader) == []
        officer = site.page("队员", screen="phone")
        officer.goto("/appraisal/titles/")
        expect(officer.get_by_text("示范中队 一中队")).to_be_visible()
        site.picture(officer, "appraisal-titles-phone")
        assert site.serious_violations(officer) == []
        assert fits(officer)
