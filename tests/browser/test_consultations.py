"""A draft from its opening to the version in force in real Chromium, with an opinion of somebody without an account (3.3)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from playwright.sync_api import Page, expect

from chengxin.consultations import services
from chengxin.consultations.models import Consultation, Opinion, Proposal
from chengxin.core import clock
from chengxin.rulebook import selectors as rulebook
from tests.browser.conftest import Site
from tests.world import World

WORDS = "五个工作日对路段多的中队太紧，请允许申请延期"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def look(site: Site, page: Page, name: str) -> None:
    site.picture(page, f"consultations-{name}")
    assert fits(page), page.url
    assert site.serious_violations(page) == [], page.url


def drafted(world: World) -> Consultation:
    office = world.actor("督察")
    found = services.start_draft(
        office, title="关于整改期限和着装禁止行为的修订", reason="基层反映期限偏长，夏季出现新的问题。", audience="public"
    )
    change = services.change_values
    change(office, found, rule="findings.rectification", values={"workdays": 5}, reason="多数问题五日内可以改好")
    change(office, found, rule="findings.repeat", values={"count": 4}, reason="三次偏严")
    entries = rulebook.rule_values("attire.prohibited", clock.today())["entries"]
    slippers = {"code": "attire.slippers", "title": "穿拖鞋上岗", "sex": "any", "grade": "minor", "group": "着装"}
    change(office, found, rule="attire.prohibited", values={"entries": [*entries[1:], slippers]}, reason="夏季多发")
    return found


def test_from_the_opening_to_the_version_in_force(site: Site, world: World) -> None:
    today = clock.today()
    found = drafted(world)
    desk = site.page("督察", screen="desktop")
    desk.goto(f"/consultations/{found.pk}/")
    look(site, desk, "draft-desktop")
    desk.get_by_role("link", name="修改 多次违规").click()
    desk.get_by_label("多次违规的次数").fill("")
    desk.get_by_role("button", name="保存到草案").click()
    expect(desk.get_by_role("alert").first).to_contain_text("请填写“多次违规的次数")
    look(site, desk, "rule-desktop")
    desk.get_by_label("多次违规的次数").fill("5")
    desk.get_by_role("button", name="保存到草案").click()
    expect(desk.get_by_text("草案已保存。")).to_be_visible()
    desk.get_by_label("开始日期").fill(str(today))
    desk.get_by_label("截止日期").fill(str(today + dt.timedelta(days=9)))
    desk.get_by_role("button", name="开始征求意见").click()
    expect(desk.get_by_text("已开始征求意见。")).to_be_visible()

    phone = site.page(screen="phone")
    phone.goto("/consultations/public/")
    look(site, phone, "public-list-phone")
    phone.get_by_role("link", name="查看并提意见").click()
    expect(phone.get_by_text("－ 删去").first).to_be_visible()
    phone.wait_for_timeout(2500)  # nobody types faster
    phone.get_by_role("button", name="提交意见").click()
    expect(phone.get_by_role("alert")).to_contain_text("请填写“意见和理由”")
    phone.get_by_label("针对的条款").select_option("3.1")
    phone.get_by_label("意见和理由").fill(WORDS)
    look(site, phone, "public-phone")
    phone.get_by_role("button", name="提交意见").dblclick()
    expect(phone.get_by_role("heading", name="已收到您的意见")).to_be_visible()
    code = phone.locator("#code").inner_text()
    look(site, phone, "receipt-phone")
    opinion = Opinion.objects.get()

    desk.goto("/")
    desk.get_by_role("link", name="审核公众意见 1 条").click()
    desk.goto(f"/consultations/{found.pk}/opinions/")
    look(site, desk, "opinions-desktop")
    desk.get_by_role("link", name=WORDS).click()
    desk.get_by_label("公开", exact=True).check()
    desk.get_by_role("button", name="审核", exact=True).click()
    expect(desk.get_by_text("已审核。")).to_be_visible()
    desk.get_by_label("部分采纳").check()
    desk.locator("#answer").get_by_label("理由").fill("保留五个工作日，路段多的中队可以申请延期一次。")
    desk.get_by_role("button", name="答复", exact=True).click()
    expect(desk.get_by_text("已答复。")).to_be_visible()
    look(site, desk, "opinion-desktop")

    phone.goto("/consultations/public/follow/")
    phone.get_by_label("回执码").fill(code.lower())
    phone.get_by_role("button", name="查询").click()
    expect(phone.get_by_text("可以申请延期一次")).to_be_visible()
    look(site, phone, "mine-phone")

    Consultation.objects.filter(pk=found.pk).update(  # the days go by
        starts_on=today - dt.timedelta(days=12), ends_on=today - dt.timedelta(days=1)
    )
    desk.goto(f"/consultations/{found.pk}/")
    desk.get_by_role("button", name="办结意见").click()
    expect(desk.get_by_text("意见已办结，意见和答复已经公布。")).to_be_visible()
    phone.goto(f"/consultations/public/{found.pk}/summary/")
    expect(phone.get_by_text("部分采纳").first).to_be_visible()
    look(site, phone, "summary-phone")
    for name in ("局长（局）", "大队长（大队）"):
        desk.get_by_label(name).check()
    look(site, desk, "send-desktop")
    desk.get_by_role("button", name="送会签").click()
    expect(desk.get_by_text("已送会签")).to_be_visible()

    for name, screen in (("大队长", "phone"), ("局长", "desktop")):
        signer = site.page(name, screen=screen)
        signer.goto("/")
        signer.get_by_role("link", name=f"会签：{found.title}").click()
        signer.get_by_label("同意", exact=True).check()
        look(site, signer, f"sign-{screen}")
        signer.get_by_role("button", name="会签").click()
        expect(signer.get_by_text("已会签。")).to_be_visible()
    leader = signer
    leader.get_by_label("施行日期").fill(str(today + dt.timedelta(days=3)))
    leader.get_by_label("文号").fill("城管〔2026〕12号")
    leader.get_by_role("button", name="发布").click()
    expect(leader.get_by_text("已发布，自施行日起适用。")).to_be_visible()
    look(site, leader, "published-desktop")
    leader.goto("/consultations/compare/")
    expect(leader.get_by_text("穿拖鞋上岗").first).to_be_visible()
    look(site, leader, "compare-desktop")
    leader.goto("/rulebook/clauses/3.1/")
    expect(leader.get_by_text("第 2 版").first).to_be_visible()
    assert rulebook.rule_values("findings.repeat", today + dt.timedelta(days=3))["count"] == 5
    with leader.expect_download() as fetched:
        leader.goto(f"/consultations/{found.pk}/")
        leader.get_by_role("link", name="意见汇总").first.click()
        leader.get_by_role("link", name="下载 Word").click()
    assert fetched.value.suggested_filename.endswith(".docx")
    assert opinion.consultation_id == found.pk


SCREENS: dict[str | None, tuple[str, ...]] = {
    "督察": (
        "/consultations/", "/consultations/new/", "/consultations/{pk}/", "/consultations/{pk}/rules/", "/consultations/proposals/",
        "/consultations/{pk}/rules/attire.prohibited/", "/consultations/{pk}/opinions/", "/consultations/opinions/{opinion}/",
        "/consultations/compare/", "/consultations/{pk}/simulation/", "/consultations/{pk}/simulation/terms/",
    ),
    "队员": ("/consultations/", "/consultations/{pk}/", "/consultations/{pk}/opine/", "/consultations/{pk}/opinions/"),
    None: ("/consultations/public/", "/consultations/public/{pk}/", "/consultations/public/follow/"),
}  # fmt: skip


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("who", SCREENS)
def test_the_screens_of(site: Site, world: World, who: str | None, screen: str) -> None:
    today, found = clock.today(), drafted(world)
    first = dt.date(today.year, today.month - (today.month - 1) % 3, 1)
    for number in range(3):
        with clock.frozen(clock.at(first - dt.timedelta(days=20 + number), 10)):
            world.finding(corrected_on_spot=True)
    found = services.begin_consultation(world.actor("督察"), found, starts_on=today, ends_on=today + dt.timedelta(days=9))
    services.give_opinion(world.actor("协管"), found, clause="3.1", text=WORDS, form_key=uuid.uuid4(), hides_name=True)
    text = f"{WORDS}，联系 13900001111"
    opinion = services.send_opinion(found, clause="2.1.3", text=text, form_key=uuid.uuid4(), who="1").opinion
    Proposal.objects.create(
        key="x", quarter=first, clause="2.1.3", entry="attire.markings_missing", title="漏戴标识", figures={}, nominated_at=clock.now(),
        text="“漏戴标识”上季度 9 件（再前一季度 7 件，上升），涉及 8 人、3 个单位，连续两个季度反复出现，建议研究是否修订相应规则。",
    )  # fmt: skip
    page = site.page(who, screen=screen)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for number, address in enumerate(SCREENS[who]):
        answer = page.goto(address.format(pk=found.pk, opinion=opinion.pk))
        assert answer is not None
        assert answer.status == 200, address
        if address.endswith("simulation/"):
            expect(page.get_by_text("正在试算…")).to_have_count(0)
            expect(page.get_by_text("通报批评").first).to_be_visible()
        look(site, page, f"{who}-{screen}-{number}")
        assert said == [], address
