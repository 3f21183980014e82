"""Pages of conduct: what is seen and what is hidden, and the ways through them (2.3)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengxin.conduct import services
from chengxin.conduct.models import Coaching, Nomination, Remark, Sheet, SignOff, Transcript, WatchMoment
from chengxin.core import clock
from chengxin.evidence.models import Review
from chengxin.findings.models import Finding
from tests.conduct.conftest import TODAY, Later, marks, reviewed, srt, uploaded
from tests.world import World

VERSION = "conduct.phrases@1"
PAGES = {
    "/conduct/cards/": {"局长", "督察", "大队长", "队长", "队员", "协管", "装备员", "职员"},
    "/conduct/cards/patrol/": {"局长", "督察", "大队长", "队长", "队员", "协管", "装备员", "职员"},
    "/conduct/mine/": {"局长", "督察", "大队长", "队长", "队员", "协管", "装备员", "职员"},
    "/conduct/sign-offs/": {"局长", "督察", "大队长", "队长"},
    "/conduct/reviews/": {"督察", "大队长"},
    "/conduct/moments/": {"督察", "大队长"},
    "/conduct/transcripts/new/": {"督察", "大队长"},
    "/conduct/coachings/": {"局长", "督察", "大队长", "队长"},
    "/conduct/coachings/new/": {"大队长", "队长"},
    "/conduct/rates/": {"局长", "督察", "大队长", "队长"},
}


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def sheet(**more: object) -> dict[str, object]:
    return {f"points_{code}": points for code, points in marks().items()} | more


def test_who_may_open_which_page(world: World) -> None:
    everybody = {"局长", "督察", "大队长", "队长", "队员", "协管", "装备员", "职员", "审计员"}
    for name in everybody:
        client = world.client(name)
        for address, names in PAGES.items():
            assert client.get(address).status_code == (200 if name in names else 403), (name, address)


def test_the_cards_show_the_plans_words_and_take_a_signature(world: World) -> None:
    client = world.client("协管")
    page = text(client, "/conduct/cards/")
    assert "您好，我们是城管执法人员，请您配合工作；您的行为违反相关管理规定，请及时整改，感谢您的理解与支持。" in page
    assert "您好，请出示相关证件配合检查；您的违规行为我们将依法依规处理，如有异议可通过正规渠道申诉。" in page
    assert "请问您有什么需要帮助？您反映的问题我们会尽快核查反馈，感谢您的监督与建议。" in page
    assert "下一张：现场执法" in text(client, "/conduct/cards/patrol/")
    assert "去签名" in text(client, "/conduct/cards/service/")
    assert client.get("/conduct/cards/elsewhere/").status_code == 404
    assert client.post("/conduct/cards/", {"version": "old"}).status_code == 422
    for _ in range(2):
        assert client.post("/conduct/cards/", {"version": VERSION}).status_code == 303
    assert SignOff.objects.count() == 1
    assert "已签名" in text(client, "/conduct/cards/")
    assert "签名确认" not in text(world.client("职员"), "/conduct/cards/")


def test_the_own_page_shows_the_points_and_not_the_reviewer(world: World, drawn: list[Review]) -> None:
    reviewed(world, drawn[0], marks=marks(calm=12), notes={"calm": "语速偏快"}, entry="conduct.hands")
    services.record_coaching(world.actor("队长"), Finding.objects.get(), held_on=TODAY, practised="站姿练习")
    page = text(world.client("队员"), "/conduct/mine/")
    assert "语速偏快" in page
    assert "站姿练习" in page
    assert "督察" not in page
    assert "您的影像还没有被抽中" in text(world.client("协管"), "/conduct/mine/")


def test_a_captain_sees_who_has_not_signed_of_the_own_squadron(world: World) -> None:
    services.sign_off(world.actor("队员"), version=VERSION)
    client = world.client("队长")
    page = text(client, "/conduct/sign-offs/?state=False")
    assert "协管" in page
    assert "外人" not in page
    assert "T008" not in page  # 队员 has signed
    assert client.get("/conduct/sign-offs/?export=csv").content.decode("utf-8-sig").count("\n") >= 5


def test_a_review_goes_from_the_look_to_the_final_sheet(world: World, drawn: list[Review]) -> None:
    client, address = world.client("督察"), f"/conduct/reviews/{drawn[0].pk}/"
    page = text(client, address)
    assert "先观看影像" in page
    assert "提交评查表" not in page
    assert client.post(address, {"do": "look"}).status_code == 303
    page = text(client, address)
    assert f"/evidence/viewings/{drawn[0].recording.viewings.get().key}/content/" in page
    assert "提交评查表" in page

    answer = client.post(address, sheet(do="remark", at="0:00", remark="主动问候", comment="语气平和"))
    assert answer.status_code == 303
    page = text(client, address)
    assert "主动问候" in page
    assert "语气平和" in page  # the draft kept what was typed
    assert client.post(address, sheet(do="nominate", at="0:00", remark="右手插兜", entry="conduct.hands")).status_code == 303
    finding = Finding.objects.get()
    assert finding.number in text(client, address)
    answer = client.post(address, sheet(do="finish", points_calm="99"))
    assert answer.status_code == 422
    assert "请填 0 到 20 的整数" in answer.content.decode()
    answer = client.post(address, sheet(do="finish", points_calm="", comment="保留这句"))
    assert answer.status_code == 422
    assert "还没有评分" in answer.content.decode()
    assert "保留这句" in answer.content.decode()
    assert client.post(address, sheet(do="finish", points_calm="12", note_calm="语速偏快")).status_code == 303
    page = text(client, address)
    assert ">92<" in page
    assert "更正一项" in page
    made = Sheet.objects.get()
    assert client.post(f"/conduct/sheets/{made.pk}/correct/", {"code": "calm", "points": "99", "reason": "x"}).status_code == 422
    assert client.post(f"/conduct/sheets/{made.pk}/correct/", {"code": "calm", "points": "10", "reason": "核对"}).status_code == 303
    assert ">90<" in text(client, address)
    assert (Remark.objects.count(), Nomination.objects.count()) == (1, 1)


def test_wrong_times_and_places_are_named_beside_the_field(world: World, drawn: list[Review]) -> None:
    client, address = world.client("督察"), f"/conduct/reviews/{drawn[0].pk}/"
    client.post(address, {"do": "look"})
    for given, message in (
        ({"do": "remark", "at": "一分钟", "remark": "x"}, "时间请写成"),
        ({"do": "remark", "at": "9:00", "remark": "x"}, "没有 9:00 这个时刻"),
        ({"do": "remark", "at": "0:00"}, "看到或听到什么"), ({"do": "nominate", "at": "0:00"}, "从禁止言行目录中选择"),
    ):  # fmt: skip
        answer = client.post(address, sheet(**given))
        assert (answer.status_code, message in answer.content.decode()) == (422, True), message
    assert Finding.objects.count() == 0


def test_the_own_unit_is_neither_listed_nor_played(world: World, drawn: list[Review]) -> None:
    assert drawn[0].recording.number in text(world.client("督察"), "/conduct/reviews/?state=waiting")
    from chengxin.people import services as people
    from tests.world import SYSTEM

    people.grant_role(SYSTEM, world.users["装备员"], role="supervisor", unit=None, starts_on=TODAY)
    client, address = world.client("装备员"), f"/conduct/reviews/{drawn[0].pk}/"
    assert drawn[0].recording.number not in text(client, "/conduct/reviews/")
    page = text(client, address)
    assert "回避" in page
    assert "先观看影像" not in page
    assert client.post(address, {"do": "look"}).status_code == 403
    assert world.client("队长").get(address).status_code == 403
    assert world.client("督察").get("/conduct/reviews/999999/").status_code == 404


def test_the_list_of_reviews_takes_the_same_queries_for_any_number(world: World, drawn: list[Review]) -> None:
    client = world.client("督察")

    def taken() -> int:
        client.get("/conduct/reviews/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/conduct/reviews/").status_code == 200
        return len(captured)

    with_two = taken()
    Review.objects.filter(pk=drawn[1].pk).delete()
    assert taken() == with_two <= 14


def test_a_transcript_is_imported_watched_and_decided(world: World, drawn: list[Review]) -> None:
    client, recording = world.client("督察"), drawn[0].recording
    address = "/conduct/transcripts/new/"
    for given, message in (
        ({"recording": "影9999999", "file": uploaded(srt("您好"))}, "没有这段影像"),
        ({"recording": "abc", "file": uploaded(srt("您好"))}, "编号应形如"),
        ({"recording": recording.number, "file": uploaded("您好")}, "第 1 行应为时间"), ({"recording": recording.number}, "请填写“文字稿”"),
    ):  # fmt: skip
        answer = client.post(address, given)
        assert (answer.status_code, message in answer.content.decode()) == (422, True), message
    answer = client.post(address, {"recording": recording.number, "file": uploaded(srt("少废话", "机密的话")), "scene": ""})
    made, moment = Transcript.objects.get(), WatchMoment.objects.get()
    assert answer.headers["Location"] == f"/conduct/transcripts/{made.pk}/"
    page = text(client, f"/conduct/transcripts/{made.pk}/")
    assert "少废话" in page
    assert "机密的话" not in page  # the words are footage: nobody reads them without a look
    assert "少废话" in text(client, "/conduct/moments/?state=waiting")
    one = f"/conduct/moments/{moment.pk}/"
    answer = client.post(one, {"do": "decide", "verdict": "yes"})
    assert (answer.status_code, "先观看影像的这一刻" in answer.content.decode()) == (422, True)
    assert client.post(one, {"do": "look"}).status_code == 303
    assert "机密的话" in text(client, f"/conduct/transcripts/{made.pk}/")
    assert client.post(one, {"do": "decide", "verdict": "yes", "note": "属实"}).status_code == 303
    assert Finding.objects.count() == 0
    assert client.post(f"{one}nominate/", {"entry": "conduct.rude", "at": "x"}).status_code == 422
    assert client.post(f"{one}nominate/", {"entry": "conduct.rude", "at": "0:00"}).status_code == 303
    assert Finding.objects.get().number in text(client, one)


def test_a_finding_is_coached_and_the_person_drawn_again(world: World, drawn: list[Review], later: Later) -> None:
    reviewed(world, drawn[0], entry="conduct.hands")
    finding, captain = Finding.objects.get(), world.client("队长")
    assert f"?finding={finding.pk}" in text(captain, "/")
    assert finding.number in text(captain, "/conduct/coachings/new/")
    given = {"finding": finding.pk, "held_on": str(TODAY), "practised": ""}
    assert captain.post("/conduct/coachings/new/", given).status_code == 422
    answer = captain.post("/conduct/coachings/new/", {**given, "practised": "站姿练习"})
    coaching = Coaching.objects.get()
    address = f"/conduct/coachings/{coaching.pk}/"
    assert answer.headers["Location"] == address
    assert "站姿练习" in text(captain, address)
    assert world.client("外队长").get(address).status_code == 404
    supervisor = world.client("督察")
    answer = supervisor.post(f"{address}follow-up/", {"public": "三"})
    assert (answer.status_code, "还没有队员可以抽取的影像" in answer.content.decode()) == (422, True)
    later(TODAY + dt.timedelta(days=1), 11)
    with clock.frozen(clock.at(TODAY + dt.timedelta(days=4), 9)):
        supervisor = world.client("督察")
        assert "再抽影像" in text(supervisor, address)
        assert supervisor.post(f"{address}follow-up/", {"public": "三"}).status_code == 303
        page = text(supervisor, address)
        assert "待评查" in page
        assert "辅导后再抽" in text(supervisor, f"/conduct/reviews/{Review.objects.latest('pk').pk}/")


@pytest.mark.parametrize("address", ["/conduct/rates/", "/conduct/rates/?from=2026-09-01&until=2026-09-30", "/conduct/rates/?from=x"])
def test_rates_with_few_recordings_are_no_number(world: World, drawn: list[Review], address: str) -> None:
    assert "这段时间没有评查" in text(world.client("局长"), address)
    reviewed(world, drawn[0])
    page = text(world.client("局长"), address)
    assert "样本不足" in page
    assert "n=1" in page
    assert "100.0%" not in page
