"""The pages: who sees which measure, what a refusal keeps, and that a decided measure explains itself."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengxin.core import clock
from chengxin.measures import services
from chengxin.measures.models import Commendation, Measure
from tests.measures.conftest import TODAY
from tests.world import SYSTEM, World

pytestmark = pytest.mark.django_db


def text_of(world: World, name: str, address: str) -> str:
    answer = world.client(name).get(address)
    assert answer.status_code == 200, (name, address, answer.status_code)
    return answer.content.decode()


def test_what_is_only_proposed_is_seen_by_who_decides_and_not_by_its_person(world: World, proposed: Measure) -> None:
    address = f"/measures/{proposed.pk}/"
    for name in ("局长", "督察乙", "大队长", "队长"):
        assert proposed.number in text_of(world, name, "/measures/"), name
    for name in ("队员", "女队员", "外人", "外队长", "职员"):
        assert proposed.number not in text_of(world, name, "/measures/"), name
        assert world.client(name).get(address).status_code == 404, name
    assert world.client("系统员").get("/measures/").status_code == 403
    assert world.client().get(address).status_code == 302


def test_a_decided_measure_explains_itself_to_its_person(world: World, decided: Measure) -> None:
    page = text_of(world, "队员", f"/measures/{decided.pk}/")
    for said in (
        "批评教育",
        "2.1.5",
        decided.rule_version,
        decided.calendar_version,
        "督察乙",
        "情节较重，经核实。",
        "2026-10-13",
        "漏戴标识",
        "提出申辩",
    ):
        assert said in page, said
    assert decided.finding.number in page
    assert world.client("外人").get(f"/measures/{decided.pk}/").status_code == 404
    assert "决定措施" not in page


def test_its_person_learns_the_office_and_not_who_found_and_proposed(world: World) -> None:
    finding = world.finding()
    made = services.propose_measure(
        world.actor("督察"), kind="criticism", ground="serious", text="", happened_on=TODAY, finding=finding
    )  # fmt: skip
    services.decide_measure(world.actor("局长"), made, kind="criticism", reasons="屡次提醒")
    own = text_of(world, "队员", f"/measures/{made.pk}/")
    assert ("局督察人员" in own, "局长" in own) == (True, True)
    assert "督察 2026" not in own
    assert "督察 2026" in text_of(world, "人事", f"/measures/{made.pk}/")


def test_the_own_page_and_the_file_hold_measures_and_commendations(world: World, decided: Measure) -> None:
    made = services.propose_commendation(
        world.actor("队长"), form_key=uuid.uuid4(), kind="public", text="救助走失老人", happened_on=TODAY, person=world.persons["队员"]
    )
    services.decide_commendation(world.actor("局长"), made, given=True)
    person = world.persons["队员"].pk
    for name, address in (("队员", "/measures/mine/"), ("队员", "/me/"), ("队长", f"/persons/{person}/")):
        page = text_of(world, name, address)
        for said in (decided.number, "可申辩至 2026-10-13", made.number, "救助走失老人"):
            assert said in page, (name, address, said)
    assert decided.number not in text_of(world, "女队员", "/measures/mine/")
    assert "查看措施决定" in text_of(world, "队员", "/")
    assert world.client("系统员").get("/measures/mine/").status_code == 403


def test_a_refused_decision_keeps_what_was_typed(world: World, proposed: Measure) -> None:
    client, address = world.client("督察乙"), f"/measures/{proposed.pk}/decide/"
    refused = client.post(address, {"kind": "notice", "reasons": "写了很久的理由"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "写了很久的理由" in page
    assert "权限" in page
    assert Measure.objects.get().state == "proposed"
    assert client.post(address, {"kind": "criticism", "reasons": "写了很久的理由"}).status_code == 303
    assert client.post(address, {"kind": "criticism", "reasons": "又点了一次"}).status_code == 422
    assert Measure.objects.get().reasons == "写了很久的理由"
    assert client.get(address).status_code == 303
    assert client.post(f"/measures/{proposed.pk}/nothing/", {}).status_code == 404


def test_a_measure_is_proposed_by_hand_with_its_finding(world: World) -> None:
    finding = world.finding(by="督察乙")
    client = world.client("督察")
    given = {
        "key": str(uuid.uuid4()), "finding": finding.number, "kind": "criticism", "ground": "serious", "text": "当众争吵",
    }  # fmt: skip
    wrong = client.post("/measures/new/", {**given, "finding": "问〔2026〕999999"})
    assert (wrong.status_code, "没有这个问题" in wrong.content.decode(), "当众争吵" in wrong.content.decode()) == (422, True, True)
    assert client.post("/measures/new/", given).status_code == 303
    made = Measure.objects.get()
    assert client.post("/measures/new/", {"key": str(uuid.uuid4()), "kind": "talk", "ground": "lacking", "text": "x"}).status_code == 422
    assert (made.finding_id, made.person, made.proposed_label) == (finding.pk, world.persons["队员"], "督察")
    assert world.client("队长").get("/measures/new/").status_code == 403


def test_a_whole_objection_through_the_pages(world: World, decided: Measure) -> None:
    own, leader = world.client("队员"), world.client("局长")
    assert own.post(f"/measures/{decided.pk}/object/", {"text": "搬运物品时挽袖"}).status_code == 303
    assert "复核中" in text_of(world, "队员", f"/measures/{decided.pk}/")
    assert "决定措施申辩" in text_of(world, "局长", "/")
    assert leader.post(f"/measures/{decided.pk}/decide-objection/", {"revoked": "yes", "reasons": "录像证实"}).status_code == 303
    page = text_of(world, "队员", f"/measures/{decided.pk}/")
    assert ("已撤销" in page, "录像证实" in page) == (True, True)


def test_commendations_are_seen_in_their_unit_and_exported(world: World) -> None:
    client = world.client("队长")
    given = {"key": str(uuid.uuid4()), "person": "T008 队员", "kind": "public", "text": "救助走失老人", "happened_on": "2026-09-30"}
    assert client.post("/measures/commendations/new/", {**given, "text": ""}).status_code == 422
    assert client.post("/measures/commendations/new/", given).status_code == 303
    assert client.post("/measures/commendations/new/", given).status_code == 303
    made = Commendation.objects.get()
    assert "救助走失老人" in text_of(world, "队员", "/measures/commendations/")
    assert "救助走失老人" not in text_of(world, "外队长", "/measures/commendations/")
    assert world.client("外人").get(f"/measures/commendations/{made.pk}/").status_code == 404
    assert world.client("局长").post(f"/measures/commendations/{made.pk}/decide/", {"given": "yes"}).status_code == 303
    sheet = world.client("督察").get("/measures/commendations/?export=csv")
    assert "救助走失老人" in sheet.content.decode("utf-8-sig")
    assert clock.today() == TODAY


def test_the_list_asks_the_database_as_often_whatever_its_length(world: World) -> None:
    client, counts = world.client("局长"), []
    for name in ("队员", "女队员", "协管", "外人"):
        world.finding(person=name, grade="serious")
        assert services.propose_measures(SYSTEM) == 1
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/measures/").status_code == 200
        counts.append(len(asked))
    assert len(set(counts[1:])) == 1
