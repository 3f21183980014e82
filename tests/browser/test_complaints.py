"""The whole life of a complaint in real Chromium: on a phone without an account, at the desk, and back on the phone."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from playwright.sync_api import Page, expect

from chengxin.complaints.models import Accused, Answer, Complaint
from chengxin.complaints.services import accused, handling, intake, vault
from chengxin.complaints.services.intake import Said
from chengxin.core import clock
from tests.browser.conftest import Site
from tests.world import World, upload

TEXT = "昨天傍晚在某某路口，执法人员把货摊推倒，说话也很冲"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_whole_life_of_a_complaint(site: Site, world: World) -> None:
    phone = site.page(screen="phone")
    phone.goto("/complaints/")
    assert site.serious_violations(phone) == []
    phone.wait_for_timeout(2500)  # nobody types faster
    phone.get_by_role("button", name="提交投诉").click()
    expect(phone.get_by_role("alert")).to_contain_text("请填写“发生了什么”")
    phone.get_by_label("发生了什么").fill(TEXT)
    phone.get_by_label("地点").fill("某某路口")
    phone.get_by_label("联系电话").fill("00000000001")
    photo = upload()
    phone.locator("#photo_files").set_input_files({"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": photo.read()})
    site.picture(phone, "complaint-form")
    phone.get_by_role("button", name="提交投诉").click()
    expect(phone.get_by_role("heading", name="已收到您的投诉")).to_be_visible()
    code = phone.locator("#code").inner_text()
    site.picture(phone, "complaint-receipt")
    assert site.serious_violations(phone) == []
    assert fits(phone)
    phone.go_back()
    phone.get_by_role("button", name="提交投诉").click()  # the same form once more
    expect(phone.locator("#code")).to_have_text(code)
    complaint = Complaint.objects.get()

    desk = site.page("督察", screen="desktop")
    desk.goto("/")
    desk.get_by_role("link", name=f"分办投诉 {complaint.number}").click()
    desk.get_by_role("heading", name="分办", exact=True).click()
    desk.get_by_label("承办单位").select_option(label="大队")
    desk.get_by_label("类别").select_option("执法态度")
    desk.locator("#assign").get_by_role("button", name="分办").click()
    expect(desk.get_by_text("已分办；时限不变。")).to_be_visible()
    site.picture(desk, "complaint-assigned")
    assert site.serious_violations(desk) == []

    handler = site.page("大队长", screen="phone")
    handler.goto(f"/complaints/{complaint.pk}/")
    handler.get_by_role("heading", name="答复投诉人", exact=True).click()
    handler.locator("#respond").get_by_label("内容").fill("您好，已收到，今天下午联系您核实。")
    handler.locator("#respond").get_by_role("button", name="答复投诉人").click()
    expect(handler.get_by_text("响应：按时")).to_be_visible()
    handler.get_by_role("heading", name="办结并告知结果").click()
    handler.get_by_label("处理结果").select_option("partly")
    handler.get_by_label("告知投诉人").fill("已对当事人员批评教育，货物损失正在协商。")
    handler.locator("#close").get_by_role("button", name="办结并告知结果").click()
    expect(handler.get_by_text("反馈：按时")).to_be_visible()
    site.picture(handler, "complaint-handled")
    assert fits(handler)

    back = site.page(screen="phone")
    back.goto("/complaints/follow/")
    back.get_by_label("回执码").fill("0000-0000-0000-0000-0")
    back.get_by_role("button", name="查询").click()
    expect(back.get_by_role("alert")).to_contain_text("没有找到")
    back.get_by_label("回执码").fill(code.lower())
    back.get_by_role("button", name="查询").click()
    expect(back.get_by_text("您好，已收到，今天下午联系您核实。")).to_be_visible()
    back.locator("#answer").get_by_label("否").first.check()
    back.locator("#answer").get_by_label("是").last.check()
    back.get_by_role("button", name="提交评价").click()
    expect(back.get_by_text("您的评价：未解决，满意。")).to_be_visible()
    back.get_by_text("没有解决，要求重新办理").click()
    back.get_by_label("为什么没有解决").fill("货款还没有赔")
    back.get_by_role("button", name="要求重新办理").click()
    expect(back.get_by_text("已要求重新办理。")).to_be_visible()
    back.get_by_role("heading", name="补充情况").click()
    back.locator("#add").get_by_label("补充情况").fill("摊主有收据")
    back.wait_for_timeout(2500)  # nobody types faster
    back.locator("#add").get_by_role("button", name="补充").dblclick()
    expect(back.get_by_text("已补充。")).to_be_visible()
    assert complaint.messages.filter(text="摊主有收据").count() == 1
    site.picture(back, "complaint-reopened")
    assert site.serious_violations(back) == []
    assert fits(back)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.reopened, Answer.objects.get().solved) == ("handling", 1, False)


@pytest.fixture
def cases(world: World) -> dict[str, int]:
    """Complaints in every state, one with everything that waits."""
    now = clock.now()
    for number in range(14):
        with clock.frozen(now - dt.timedelta(days=number * 5 + 1, hours=number * 3)):
            made = intake.submit_complaint(Said(f"{TEXT}（第 {number} 件）", "某某路口"), form_key=uuid.uuid4(), who=str(number)).complaint
            handling.assign_complaint(world.actor("督察"), made, unit=world.units["大队"], category="占道经营")
        if number % 4:
            with clock.frozen(now - dt.timedelta(days=number * 5, hours=number * 2)):
                handling.respond(world.actor("大队长"), made, text="已收到，正在核实。")
            with clock.frozen(now - dt.timedelta(days=number * 4)):
                handling.close_complaint(world.actor("大队长"), made, result="resolved", reply="已现场整改完毕。")
    contact = {"name": "某先生", "phone": "00000000001"}
    full = intake.submit_complaint(Said(TEXT, "某某路口", clock.today(), contact), form_key=uuid.uuid4(), who="z").complaint
    handling.assign_complaint(world.actor("督察"), full, unit=world.units["大队"], category="执法态度", summary="反映执法语言不当")
    brigade = world.actor("大队长")
    told = accused.tell_accused(brigade, accused.name_accused(brigade, full, person=world.persons["队员"]), text="有人反映当日语言不当")
    accused.reply_as_accused(world.actor("队员"), told, text="当时对方先推搡，我提高了声音")
    accused.propose_validity(brigade, Accused.objects.get(), outcome="partly", reasons="监控显示语言不当")
    vault.ask_reveal(brigade, full, reason="核实经过")
    handling.ask_pause(brigade, full, reason="等待监控调取")
    handling.record_attempt(brigade, full, way="phone", outcome="not_reached", note="无人接听")
    return {"full": full.pk}


SCREENS = {
    "督察": ["/complaints/list/", "/complaints/{full}/", "/complaints/register/", "/complaints/import/", "/complaints/figures/"],
    "大队长": ["/complaints/{full}/", "/complaints/list/"],
    "队员": ["/complaints/own/"],
    None: ["/complaints/", "/complaints/follow/", "/complaints/service/"],
}


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("who", SCREENS)
def test_the_complaint_screens_of(site: Site, cases: dict[str, int], who: str | None, screen: str) -> None:
    page = site.page(who, screen=screen)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for number, address in enumerate(SCREENS[who]):
        answer = page.goto(address.format(**cases))
        assert answer is not None
        assert answer.status == 200, address
        site.picture(page, f"complaints-{who}-{screen}-{number}")
        assert fits(page), f"{address} scrolls sideways"
        assert site.serious_violations(page) == [], address
        assert said == [], address
