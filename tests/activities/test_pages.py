"""The pages: who sees what, what a refusal keeps, and how many queries a list takes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengxin.activities.models import Activity, CalendarLink, PartReport, Programme, Risk, RosterLine, Talk, WeakPoint
from tests.activities.conftest import TODAY, close, part
from tests.activities.test_more import risk, talk, three_findings
from tests.world import World, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("october")]


def text_of(world: World, name: str, address: str) -> str:
    answer = world.client(name).get(address)
    assert answer.status_code == 200, (name, address, answer.status_code)
    return answer.content.decode()


def test_the_page_of_the_year_shows_quarters_themes_and_states(world: World, programme: Programme) -> None:
    page = text_of(world, "协管", "/activities/")
    for said in (
        "严纪律、转作风、铸铁军",
        "比技能、精业务、优服务",
        "守纪律、展风采、树形象",
        "守廉洁、正风气、促规范",
        "年底总结大会",
        "本季度",
    ):
        assert said in page, said
    assert "按规则建立" not in page
    assert "按规则建立" in text_of(world, "督察", "/activities/years/2026/")
    assert "还没有活动方案" in text_of(world, "队员", "/activities/years/2025/")
    assert world.client("系统员").get("/activities/").status_code == 403


def test_creating_a_year_twice_is_harmless_and_a_bad_year_stays_in_the_form(world: World) -> None:
    client = world.client("督察")
    for _ in range(2):
        answer = client.post("/activities/years/create/", {"year": "2026"})
        assert (answer.status_code, answer["Location"]) == (303, "/activities/years/2026/")
    assert Programme.objects.count() == 1
    refused = client.post("/activities/years/create/", {"year": "2031"})
    assert (refused.status_code, "只能建立 2025 至 2027" in refused.content.decode()) == (422, True)
    assert 'value="2031"' in refused.content.decode()
    assert world.client("队长").post("/activities/years/create/", {"year": "2026"}).status_code == 403


def test_a_part_page_takes_a_report_and_gives_it_back(world: World, programme: Programme) -> None:
    review, client = part("q4.case_review"), world.client("督察")
    address = f"/activities/parts/{review.pk}/"
    assert client.post(address, {"held_on": "2026-10-14", "text": ""}).status_code == 422
    assert client.post(address, {"held_on": "2026-10-14", "text": "第三轮评查"}).status_code == 303
    assert "第三轮评查" in text_of(world, "队员", address)
    assert "<h2>登记开展情况</h2>" not in text_of(world, "队员", address)
    report = PartReport.objects.get()
    assert client.post(f"/activities/reports/{report.pk}/withdraw/", {"reason": "写错"}).status_code == 303
    assert "已撤回" in text_of(world, "队员", address)
    assert world.client("队员").post(address, {"held_on": "2026-10-14", "text": "x"}).status_code in {403, 422}
    assert PartReport.objects.filter(withdrawn_at=None).count() == 0


def planned_form(world: World, **more: Any) -> dict[str, Any]:
    unit = world.units["一中队"].pk
    return {
        "key": uuid.uuid4(), "parts": [part().pk], "title": "廉政专题学习", "place": "局会议室", "starts_at": "2026-10-14T09:00",
        "ends_at": "2026-10-14T11:00", "unit": unit, "units": [unit], "persons": "", "leader": "T006", **more,
    }  # fmt: skip


def test_an_activity_is_arranged_by_form_and_a_refusal_keeps_what_was_typed(world: World, programme: Programme) -> None:
    client = world.client("队长")
    page = client.get(f"/activities/new/?part={part().pk}").content.decode()
    assert "一中队" in page
    assert "二中队" not in page
    refused = client.post("/activities/new/", planned_form(world, persons="查无此人", place="三楼会议室"))
    assert refused.status_code == 422
    body = refused.content.decode()
    assert "没有找到“查无此人”" in body
    assert "三楼会议室" in body
    assert client.post("/activities/new/", planned_form(world, units=[world.units["二中队"].pk])).status_code == 422
    form = planned_form(world)
    for _ in range(2):
        answer = client.post("/activities/new/", form)
        assert answer.status_code == 303
    made = Activity.objects.get()
    assert answer["Location"] == f"/activities/{made.pk}/"
    assert "廉政专题学习" in text_of(world, "协管", "/activities/mine/")
    assert "廉政专题学习" not in text_of(world, "外人", "/activities/list/")
    assert world.client("外人").get(f"/activities/{made.pk}/").status_code == 404
    assert world.client("队员").get("/activities/new/").status_code == 403


def test_the_whole_life_of_an_activity_over_its_pages(world: World, programme: Programme, activity: Callable[..., Activity]) -> None:
    made, leader = activity(), world.client("队长")
    base = f"/activities/{made.pk}/"
    assert leader.post(f"{base}steps/open/").status_code == 303
    door = leader.get(f"{base}door/").content.decode()
    assert "data:image/svg+xml" in door
    address = re.search(r"http://testserver(/activities/check-in/[^<\s]+)", door).group(1)  # type: ignore[union-attr]
    phone = world.client("队员")
    ticket = re.search(r'name="ticket" value="([^"]+)"', phone.get(address).content.decode()).group(1)  # type: ignore[union-attr]
    for _ in range(2):
        assert phone.post(address, {"ticket": ticket}).status_code == 303
    assert world.client("女队员").post(address, {"ticket": ticket}).status_code == 422
    assert world.client("外人").get(address).status_code == 200
    forged = phone.get(f"/activities/check-in/{made.pk}/123-abc/")
    assert (forged.status_code, "重新扫描" in forged.content.decode()) == (422, True)
    assert "已扫码" in leader.get(f"{base}roll/").content.decode()
    sheet = {"key": uuid.uuid4(), "note": "学习条例", f"line-{world.persons['协管'].pk}": "?"}
    refused = leader.post(f"{base}roll/", {**sheet, "key": "x"})
    assert (refused.status_code, refused.content.decode().count("selected")) == (422, 1)
    for _ in range(2):
        assert leader.post(f"{base}roll/", sheet).status_code == 303
    assert leader.get(f"{base}door/").status_code == 409
    assert leader.get(f"{base}roll/").status_code == 303
    page = text_of(world, "队长", base)
    for said in ("应到 5", "实到 4", "缺席 1", "学习条例", "扫码"):
        assert said in page, said
    own = text_of(world, "协管", base)
    assert "以下只显示您本人" in own
    assert "装备员" not in own


def test_an_absence_over_its_pages(world: World, held: Activity) -> None:
    close(world, held, "队员")
    line = RosterLine.objects.get(activity=held, person=world.persons["队员"])
    address = f"/activities/lines/{line.pk}/"
    assert world.client("女队员").get(address).status_code == 404
    assert "说明缺席事由" in text_of(world, "队员", address)
    assert world.client("队员").post(f"{address}reason/", {"reason": ""}).status_code == 422
    assert world.client("队员").post(f"{address}reason/", {"reason": "official"}).status_code == 303
    assert "认可事由" in text_of(world, "队长", address)
    assert world.client("队长").post(f"{address}decide/", {"accepted": "no", "note": ""}).status_code == 422
    assert world.client("队长").post(f"{address}decide/", {"accepted": "yes"}).status_code == 303
    assert world.client("队长").post(f"{address}correct/", {"presence": "present", "note": "照片为证"}).status_code == 303
    assert "更正：缺席→到场" in text_of(world, "队员", address)
    assert world.client("队员").post(f"{address}nothing/").status_code == 404


def test_scores_and_materials_over_their_pages(world: World, held: Activity) -> None:
    close(world, held, "协管")
    leader, officer = world.client("队长"), world.persons["队员"].pk
    address = f"/activities/{held.pk}/scores/"
    refused = leader.post(address, {f"score-{officer}": "一百"})
    assert (refused.status_code, "一百" in refused.content.decode()) == (422, True)
    assert leader.post(address, {f"score-{officer}": "92.5"}).status_code == 303
    assert "92.5" in text_of(world, "队员", "/activities/mine/")
    steps = f"/activities/{held.pk}/steps/"
    assert leader.post(f"{steps}files/").status_code == 422
    assert leader.post(f"{steps}files/", {"photo_files": upload()}).status_code == 303
    shown = re.search(rf'"(/activities/{held.pk}/files/[^"?]+)"', text_of(world, "队员", f"/activities/{held.pk}/"))
    assert shown is not None
    assert world.client("队员").get(shown.group(1)).status_code == 200
    assert world.client("外人").get(shown.group(1)).status_code == 404
    making = {"key": uuid.uuid4(), "place": "会议室", "starts_at": "2026-10-20T09:00", "ends_at": "2026-10-20T10:00", "leader": "T006"}
    assert leader.post(f"{steps}make-up/", {**making, "leader": "查无此人"}).status_code == 422
    assert leader.post(f"{steps}make-up/", making).status_code == 303
    assert "补训活动" in text_of(world, "队员", f"/activities/{held.pk}/")


def test_a_calendar_address_is_shown_once(world: World, programme: Programme) -> None:
    client = world.client("队员")
    page = client.post("/activities/calendar/", {"unit": ""})
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    address = re.search(r"http://testserver(/activities/feed/[^<]+\.ics)", page.content.decode()).group(1)  # type: ignore[union-attr]
    assert world.client().get(address).status_code == 200
    assert address not in text_of(world, "队员", "/activities/mine/")
    assert client.post("/activities/calendar/", {"unit": world.units["二中队"].pk}).status_code == 422
    link = CalendarLink.objects.get()
    assert world.client("女队员").post(f"/activities/calendar/{link.pk}/revoke/").status_code == 404
    assert client.post(f"/activities/calendar/{link.pk}/revoke/").status_code == 303
    assert world.client().get(address).status_code == 404


def test_talks_show_who_and_what_about_and_open_for_the_two_alone(world: World) -> None:
    client = world.client("队长")
    form = {"key": uuid.uuid4(), "person": "T010", "held_on": "2026-10-14", "themes": ["integrity"], "content": "想换班。"}
    refused = client.post("/activities/talks/new/", {**form, "themes": []})
    assert (refused.status_code, "想换班。" in refused.content.decode()) == (422, True)
    for _ in range(2):
        assert client.post("/activities/talks/new/", form).status_code == 303
    made = Talk.objects.get()
    address = f"/activities/talks/{made.pk}/"
    for name in ("督察", "大队长", "协管", "队长"):
        assert "想换班" not in text_of(world, name, address)
    opened = world.client("协管").post(address)
    assert ("想换班。" in opened.content.decode(), opened["Cache-Control"]) == (True, "no-store")
    assert world.client("督察").post(address).status_code == 403
    assert world.client("队员").get(address).status_code == 404
    page = text_of(world, "督察", "/activities/talks/")
    for said in ("廉洁自律 1 次", made.number, "协管"):
        assert said in page, said
    assert world.client("队员").get("/activities/talks/").status_code == 403
    assert client.get(f"{address}correct/").status_code == 200
    assert world.client("大队长").get(f"{address}correct/").status_code == 403
    rest = text_of(world, "队长", "/activities/talks/remainder/")
    assert "女队员" in rest
    assert "外人" not in rest
    assert client.post("/activities/talks/remainder/", {"person": "T009", "reason": ""}).status_code == 422
    assert client.post("/activities/talks/remainder/", {"person": "T009", "reason": "外派"}).status_code == 303
    assert "外派" in text_of(world, "队长", "/activities/talks/remainder/")
    assert client.get("/activities/talks/remainder/?export=csv").status_code == 200
    assert client.get("/activities/talks/?theme=integrity&year=2026").status_code == 200


def test_risks_and_weak_points_over_their_pages(world: World, programme: Programme) -> None:
    client = world.client("队长")
    form = {
        "key": uuid.uuid4(), "unit": world.units["一中队"].pk, "post": "执法岗", "text": "人情执法", "grade": "high", "measure": "双人执法",
        "responsible": "T008",
    }  # fmt: skip
    refused = client.post("/activities/risks/new/", {**form, "responsible": "查无此人"})
    assert (refused.status_code, "人情执法" in refused.content.decode()) == (422, True)
    assert client.post("/activities/risks/new/", form).status_code == 303
    made = Risk.objects.get()
    address = f"/activities/risks/{made.pk}/"
    assert "人情执法" in text_of(world, "队员", "/activities/risks/?due=2027-01-14")
    assert "人情执法" not in text_of(world, "队员", "/activities/risks/?due=2027-01-13")
    assert world.client("外人").get(address).status_code == 404
    review = {"key": uuid.uuid4(), "text": "已培训", "state": "controlled", "grade": "low", "measure": "双人执法"}
    assert world.client("女队员").post(address, review).status_code in {403, 422}
    assert world.client("队员").post(address, {**review, "text": ""}).status_code == 422
    assert world.client("队员").post(address, review).status_code == 303
    assert "已落实防控" in text_of(world, "队长", address)

    three_findings(world)
    point = WeakPoint.objects.get()
    assert "漏戴标识" in text_of(world, "队长", "/activities/weak-points/?state=nominated")
    assert world.client("队员").get("/activities/weak-points/").status_code == 403
    assert world.client("外队长").get(f"/activities/weak-points/{point.pk}/").status_code == 404
    one = f"/activities/weak-points/{point.pk}/"
    assert world.client("督察").post(one, {"accepted": "yes", "reason": ""}).status_code == 422
    assert world.client("督察").post(one, {"accepted": "yes", "reason": "须补训"}).status_code == 303
    assert world.client("督察").post(one, {"measure": "1"}).status_code == 409
    assert world.client("督察").post("/activities/weak-points/nominate/").status_code == 303
    plan = text_of(world, "队长", f"/activities/new/?weak_point={point.pk}")
    assert "T010" in plan
    assert "专项补训：漏戴标识" in plan


def test_the_summary_and_the_home_page(world: World, held: Activity) -> None:
    talk(world)
    risk(world)
    close(world, held, "协管", reason="none")
    page = text_of(world, "局长", "/activities/summary/2026/")
    for said in ("1/19", "办结活动", "廉洁自律 1", "一中队"):
        assert said in page, said
    assert world.client("队员").get("/activities/summary/").status_code == 403
    assert "谈心谈话还有" in text_of(world, "队长", "/")
    assert f"{TODAY}" in page


@pytest.mark.parametrize("address", ["/activities/list/", "/activities/", "/activities/{pk}/", "/activities/talks/", "/activities/risks/"])
def test_more_rows_take_no_more_queries(world: World, held: Activity, activity: Callable[..., Activity], address: str) -> None:
    client, where = world.client("督察"), address.format(pk=held.pk)

    def taken() -> int:
        client.get(where)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(where).status_code == 200
        return len(captured)

    talk(world)
    risk(world)
    activity()
    before = taken()
    for name in ("队员", "女队员"):
        talk(world, name)
        risk(world, text=f"风险 {name}")
        activity(persons=[world.persons["外人"]])
    assert taken() == before
