"""The doors: what each reader sees and does not see, what is refused with everything typed kept."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengxin.appraisal import selectors
from chengxin.appraisal.models import ExemplaryTitle, LedgerEntry, Nomination, PublicObjection, Round
from chengxin.appraisal.selectors.waiting import work_waiting_for
from chengxin.appraisal.services import rounds
from chengxin.core import clock
from chengxin.findings import services as findings
from tests.appraisal.conftest import JANUARY, JUNE, found, frozen_round, on, take_back, thrice
from tests.world import CAST, World, upload


@pytest.fixture(autouse=True)
def in_january() -> Iterator[None]:
    with clock.frozen(clock.at(JANUARY, 10)):
        yield


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def names(text: str) -> set[str]:
    return {name for name in CAST if f">{name}</a>" in text}


# --- the ledger ---


def test_the_own_ledger_shows_fact_objection_decision_and_reversal(world: World) -> None:
    one, two, three = thrice(world)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), one, text="当时正在更换标识")
        findings.decide_objection(world.actor("督察乙"), one, revoked=True, reasons="情况属实")
    text = page(world.client("队员"), "/appraisal/own/2026/")
    assert all(each.number in text for each in (one, two, three))
    assert f'href="/findings/{two.pk}/"' in text
    assert 'href="/rulebook/clauses/2.1.3/"' in text
    assert f"对 {one.number} 提出申辩" in text
    assert "申辩已决定（撤销）" in text
    assert f"已撤销：{one.number}" in text
    assert "具备资格" in text
    assert "appraisal.eligibility@1" in text
    assert "2026.1" in text
    assert "督察乙" not in text  # the ledger names no deciders


def test_a_year_as_it_was_known_on_a_day(world: World) -> None:
    take_back(world, thrice(world)[0])
    client = world.client("队员")
    assert "不具备资格" in page(client, "/appraisal/own/2026/?as_of=2026-06-25")
    assert "不具备资格" not in page(client, "/appraisal/own/2026/")
    assert "截至 2026-06-25 所知" in page(client, "/appraisal/own/2026/?as_of=2026-06-25")
    assert page(client, "/appraisal/own/2026/?as_of=no-day")


def test_a_captain_reads_the_own_squadron_and_nobody_elses(world: World) -> None:
    thrice(world)
    mine, others = world.persons["队员"].pk, world.persons["外人"].pk
    assert "多次违规" in page(world.client("队长"), f"/appraisal/verdicts/2026/{mine}/")
    assert world.client("队长").get(f"/appraisal/verdicts/2026/{others}/").status_code == 404
    assert world.client("外队长").get(f"/appraisal/verdicts/2026/{mine}/").status_code == 404
    assert world.client("女队员").get(f"/appraisal/verdicts/2026/{mine}/").status_code == 404
    assert "多次违规" in page(world.client("队员"), f"/appraisal/verdicts/2026/{mine}/")
    assert world.client("督察").get("/appraisal/verdicts/2026/987654/").status_code == 404
    shown = page(world.client("队长"), "/appraisal/verdicts/2026/")
    assert names(shown) == {"队长", "装备员", "队员", "女队员", "协管"}


def test_a_suspended_person_still_reads_the_own_ledger(world: World) -> None:
    from chengxin.people import services as people
    from tests.world import SYSTEM

    people.set_status(SYSTEM, world.persons["队员"], status="suspended", starts_on=JANUARY, ends_on=None, approved_by="局长")
    assert "我的台账" in page(world.client("队员"), "/appraisal/own/")


def test_who_was_not_there_is_told_so(world: World) -> None:
    assert "没有台账" in page(world.client("队员"), "/appraisal/own/2024/")


# --- the list ---


def test_the_list_is_by_unit_and_name_filters_and_exports_and_ranks_nobody(world: World) -> None:
    thrice(world, "协管")
    client = world.client("督察")
    text = page(client, "/appraisal/verdicts/2026/")
    assert names(text) == set(CAST)
    assert [bool(re.search(f"sort=-?{each}", text)) for each in ("name_key", "place", "result", "points", "findings")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert names(page(client, "/appraisal/verdicts/2026/?result=flagged")) == {"协管"}
    assert names(page(client, "/appraisal/verdicts/2026/?ground=repeated")) == {"协管"}
    assert names(page(client, "/appraisal/verdicts/2026/?class=auxiliary")) == {"协管"}
    assert names(page(client, f"/appraisal/verdicts/2026/?unit={world.units['二中队'].pk}")) == {"外人", "外队长"}
    assert names(page(client, "/appraisal/verdicts/2026/?name=队长")) == {"队长", "外队长", "大队长"}
    assert names(page(client, "/appraisal/verdicts/2026/?as_of=2026-06-10&result=flagged")) == set()
    exported = client.get("/appraisal/verdicts/2026/?result=flagged&export=csv").content.decode("utf-8-sig").splitlines()
    assert exported[0] == "工号,姓名,单位,类别,结论,理由"
    assert exported[1].split(",")[1:5] == ["协管", "一中队", "协管", "不具备资格"]
    assert len(exported) == 2
    assert client.get("/appraisal/verdicts/2026/?export=xlsx").content[:2] == b"PK"
    assert client.get("/appraisal/verdicts/2028/").status_code == 404
    assert page(client, "/appraisal/verdicts/")


def test_more_persons_take_no_more_queries(world: World) -> None:
    from chengxin.people import services as people
    from tests.world import SYSTEM

    client = world.client("督察")
    client.get("/appraisal/verdicts/2026/")

    def taken() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/appraisal/verdicts/2026/").status_code == 200
        return len(captured)

    before = taken()
    for number in range(9):
        people.add_person(
            SYSTEM, number=f"Z{number}", name=f"新人{number}", sex="male", person_class="auxiliary", unit=world.units["一中队"],
            joined_on=dt.date(2026, 1, 1),
        )  # fmt: skip
    thrice(world)
    assert taken() == before <= 20


# --- simulation ---


def test_the_simulation_lists_who_would_change_and_refuses_nonsense(world: World) -> None:
    thrice(world)
    found(world, "协管")
    client, entries = world.client("督察"), LedgerEntry.objects.count()
    assert "规则试算" in page(client, "/appraisal/simulation/")
    text = page(client, "/appraisal/simulation/?year=2026&repeat_count=1")
    assert names(text) == {"协管"}
    assert "3 → 1 次" in text
    assert "没有人会改变" in page(client, "/appraisal/simulation/?year=2026&repeat_count=3")
    wrong = client.get("/appraisal/simulation/?year=2026&repeat_count=0")
    assert (wrong.status_code, "次数至少为 1" in wrong.content.decode()) == (422, True)
    assert client.get("/appraisal/simulation/?year=year").status_code == 422
    assert world.client("队长").get("/appraisal/simulation/").status_code == 403
    assert LedgerEntry.objects.count() == entries


# --- the round ---


def test_a_round_goes_through_its_doors(world: World) -> None:
    office, brigade, leader = world.client("督察"), world.client("大队长"), world.client("局长")
    assert "还没有启动过" in page(office, "/appraisal/rounds/")
    assert office.post("/appraisal/rounds/", {"year": "20x6"}).status_code == 422
    assert office.post("/appraisal/rounds/", {"year": "2026"}).status_code == 303
    refused = office.post("/appraisal/rounds/", {"year": "2026"})
    assert (refused.status_code, "已经启动" in refused.content.decode()) == (422, True)
    assert "没有未决事项" in page(office, "/appraisal/rounds/2026/")
    assert office.post("/appraisal/rounds/2026/note/", {"person": "队员", "text": "抢险中表现突出"}).status_code == 303
    assert "抢险中表现突出" in page(brigade, "/appraisal/rounds/2026/")
    assert brigade.post("/appraisal/rounds/2026/freeze/", {}).status_code == 422  # may sit at the table, may not freeze
    assert office.post("/appraisal/rounds/2026/freeze/", {}).status_code == 303
    text = page(office, "/appraisal/rounds/2026/")
    assert Round.objects.get().snapshot.sha256 in text
    assert "在编人员" in text
    assert office.post("/appraisal/rounds/2026/boil/", {}).status_code == 404
    assert brigade.post("/appraisal/nominations/", {"what": "person", "person": "外人", "reasons": "办案质量高"}).status_code == 303
    assert (
        brigade.post("/appraisal/nominations/", {"what": "collective", "unit": world.units["一中队"].pk, "reasons": "成绩突出"}).status_code
        == 303
    )
    assert office.post("/appraisal/rounds/2026/publish/", {}).status_code == 303
    with clock.frozen(clock.at(dt.date(2027, 2, 26))):
        refused = leader.post("/appraisal/rounds/2026/issue/", {"document_number": " "})
        assert (refused.status_code, "文号" in refused.content.decode()) == (422, True)
        assert leader.post("/appraisal/rounds/2026/issue/", {"document_number": "城管〔2027〕3号"}).status_code == 303
        assert "城管〔2027〕3号" in page(world.client("队员"), "/appraisal/publicity/")


def test_a_freeze_with_open_matters_shows_them_and_keeps_what_was_typed(world: World) -> None:
    finding = found(world)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), finding, text="当时正在更换标识")
    office = world.client("督察")
    rounds.open_round(world.actor("督察"), year=2026)
    text = page(office, "/appraisal/rounds/2026/")
    assert "1 人的结论待定" in text
    assert "申辩尚未决定" in text
    refused = office.post("/appraisal/rounds/2026/freeze/", {"confirmation": "申辩还在复核之中"})
    assert (refused.status_code, "申辩还在复核之中" in refused.content.decode()) == (422, True)
    given = {"with_open_matters": "on", "confirmation": "申辩还在复核之中"}
    assert office.post("/appraisal/rounds/2026/freeze/", given).status_code == 303
    assert "带着未决事项 1 人" in page(office, "/appraisal/rounds/2026/")


def test_the_frozen_list_stays_and_says_what_was_corrected(world: World) -> None:
    first, *_ = thrice(world)
    frozen_round(world)
    take_back(world, first, day=JANUARY)
    office = world.client("督察")
    assert names(page(office, "/appraisal/verdicts/2026/?frozen=1&result=flagged")) == {"队员"}
    assert names(page(office, "/appraisal/verdicts/2026/?result=flagged")) == set()
    refused = office.post("/appraisal/rounds/2026/correct/", {"person": "没有这人", "cause": "问题已经撤销"})
    assert (refused.status_code, "没有找到“没有这人”" in refused.content.decode()) == (422, True)
    assert office.post("/appraisal/rounds/2026/correct/", {"person": "队员", "cause": "问题已经撤销"}).status_code == 303
    assert "第 1 号" in page(office, "/appraisal/rounds/2026/")
    assert names(page(office, "/appraisal/verdicts/2026/?frozen=1&result=flagged")) == set()
    assert "更正第 1 号" in page(world.client("队员"), "/appraisal/own/2026/")


def test_a_refused_nomination_keeps_what_was_typed(world: World) -> None:
    thrice(world)
    captain = world.client("队长")
    assert "目前不能推荐" in page(captain, "/appraisal/nominations/")
    assert captain.post("/appraisal/nominations/", {"what": "person", "person": "队员", "reasons": "办案质量高"}).status_code == 404
    frozen_round(world)
    for person, message in (("队员", "多次违规"), ("队长", "不能推荐本人"), ("外人", "没有找到")):
        refused = captain.post("/appraisal/nominations/", {"what": "person", "person": person, "reasons": "办案质量高"})
        assert (refused.status_code, message in refused.content.decode(), "办案质量高" in refused.content.decode()) == (422, True, True)
    assert not Nomination.objects.exists()
    assert captain.post("/appraisal/nominations/", {"what": "person", "person": "女队员", "reasons": "办案质量高"}).status_code == 303
    made = Nomination.objects.get()
    assert world.client("外队长").post(f"/appraisal/nominations/{made.pk}/withdraw/", {"reason": "另有考虑"}).status_code == 303
    made.refresh_from_db()
    assert made.state == "standing"  # not who nominated, nor who runs the round
    assert captain.post(f"/appraisal/nominations/{made.pk}/withdraw/", {"reason": "另有考虑"}).status_code == 303
    made.refresh_from_db()
    assert made.state == "struck"


def test_everybody_signed_in_reads_the_publicity_and_only_deciders_read_who_objected(world: World) -> None:
    round_ = frozen_round(world)
    world.client("大队长").post("/appraisal/nominations/", {"what": "person", "person": "外人", "reasons": "办案质量高"})
    assert "目前没有公示" in page(world.client("队员"), "/appraisal/publicity/")
    rounds.publish_list(world.actor("督察"), round_)
    for name in CAST:
        assert "办案质量高" in page(world.client(name), "/appraisal/publicity/")
    assert world.client().get("/appraisal/publicity/").status_code == 302
    address = f"/appraisal/publicity/nominations/{Nomination.objects.get().pk}/object/"
    officer = world.client("队员")
    refused = officer.post(address, {"text": "不"})
    assert (refused.status_code, "请写明异议的事实" in refused.content.decode()) == (422, True)
    assert officer.post(address, {"text": "材料中的案件不是其办理"}).status_code == 303
    made = PublicObjection.objects.get()
    assert "等待决定" in page(officer, "/appraisal/publicity/")
    for name in ("外人", "女队员", "大队长", "队长"):
        assert "材料中的案件不是其办理" not in page(world.client(name), "/appraisal/publicity/")
    leader = world.client("局长")
    assert "材料中的案件不是其办理" in page(leader, "/appraisal/publicity/")
    decide = f"/appraisal/publicity/objections/{made.pk}/decide/"
    assert world.client("大队长").post(decide, {"upheld": "yes", "reasons": "情况属实"}).status_code == 403
    refused = leader.post(decide, {"upheld": "", "reasons": "情况属实"})
    assert (refused.status_code, "情况属实" in refused.content.decode()) == (422, True)
    assert leader.post(decide, {"upheld": "yes", "reasons": "情况属实"}).status_code == 303
    assert "办案质量高" not in page(world.client("女队员"), "/appraisal/publicity/")


# --- titles ---


def test_a_title_goes_through_its_doors(world: World) -> None:
    office, leader = world.client("督察"), world.client("局长")
    unit = world.units["一中队"].pk
    assert "申报示范中队" in page(office, "/appraisal/titles/nominate/")
    refused = office.post("/appraisal/titles/nominate/", {"kind": "squadron", "unit": unit, "reasons": "抽查优秀"})
    assert (refused.status_code, "附上佐证材料" in refused.content.decode(), "抽查优秀" in refused.content.decode()) == (422, True, True)
    refused = office.post("/appraisal/titles/nominate/", {"kind": "squadron", "unit": "", "reasons": "抽查优秀", "photo_files": upload()})
    kept = re.findall(r'name="photos" value="([0-9a-f-]+)"', refused.content.decode())
    assert (refused.status_code, len(kept)) == (422, 1)
    given = {"kind": "squadron", "unit": unit, "reasons": "连续四个季度抽查优秀", "photos": kept[0]}
    assert office.post("/appraisal/titles/nominate/", given).status_code == 303
    made = ExemplaryTitle.objects.get()
    address = f"/appraisal/titles/{made.pk}/"
    assert world.client("队员").get(address).status_code == 404  # a nomination is not for everybody yet
    text = page(office, address)
    assert "人均问题数" in text
    assert "样本不足" in text
    (file,) = re.findall(rf"{address}files/[0-9a-f-]+/", text)[:1]
    assert office.get(file).status_code == 200
    assert world.client("队员").get(file).status_code == 403
    assert office.post(f"{address}publish/", {}).status_code == 303
    assert "示范称号公示" in page(world.client("队员"), "/appraisal/publicity/")
    assert world.client("队员").post(f"/appraisal/publicity/titles/{made.pk}/object/", {"text": "有一次抽查不合格"}).status_code == 303
    objection = PublicObjection.objects.get()
    given = {"upheld": "no", "reasons": "已核实，不影响"}
    assert leader.post(f"/appraisal/publicity/objections/{objection.pk}/decide/", given).status_code == 303
    with clock.frozen(clock.at(dt.date(2027, 2, 26))):
        assert office.post(f"{address}grant/", {"document_number": "城管〔2027〕5号"}).status_code == 403
        refused = leader.post(f"{address}grant/", {"document_number": ""})
        assert (refused.status_code, "请填写“文号”" in refused.content.decode()) == (422, True)
        assert leader.post(f"{address}grant/", {"document_number": "城管〔2027〕5号"}).status_code == 303
        assert "有效至 2028-02-25" in page(world.client("队员"), "/appraisal/titles/")
        assert leader.post(f"{address}decline/", {"reason": "不再合适"}).status_code == 422
        assert leader.post(f"{address}revoke/", {"reason": "发生有效投诉"}).status_code == 303
        assert "发生有效投诉" in page(world.client("队员"), address)
        assert "目前没有有效的称号" in page(world.client("队员"), "/appraisal/titles/")
    assert office.get("/appraisal/titles/?export=csv").status_code == 200


# --- what waits, and the command line ---


def test_what_waits_is_for_who_can_move_it(world: World) -> None:
    def kinds(name: str) -> set[str]:
        return {each.title for each in work_waiting_for(world.actor(name))}

    rounds.open_round(world.actor("督察"), year=2026)
    assert kinds("督察") == {"2026 年度考核：定稿"}
    assert kinds("队长") == set()
    rounds.freeze_round(world.actor("督察"), Round.objects.get())
    assert (kinds("督察"), kinds("队长")) == ({"2026 年度考核：公示名单"}, {"2026 年度考核：推荐评优"})
    world.client("大队长").post("/appraisal/nominations/", {"what": "person", "person": "外人", "reasons": "办案质量高"})
    rounds.publish_list(world.actor("督察"), Round.objects.get())
    assert kinds("局长") == set()
    with clock.frozen(clock.at(dt.date(2027, 2, 26))):
        assert kinds("局长") == {"2026 年度考核：公布结果"}
    assert all(each.url for each in work_waiting_for(world.actor("督察")))


def test_a_verdict_explains_itself_on_the_command_line(world: World) -> None:
    thrice(world)
    told = selectors.explained(2026, world.persons["队员"].number)
    assert (told["result"], told["label"], told["findings"], told["repeat_count"]) == ("flagged", "不具备资格", 3, 3)
    assert told["reasons"] == [{"clause": "3.1", "text": "多次违规：本年计 3 次，达到 3 次", "source": ""}]
    assert told["rule_versions"] == ["appraisal.eligibility@1", "findings.repeat@1"]
    assert (told["calendar_version"], told["judged_on"], "simulated" in told) == ("2026.1", "2026-12-31", False)
    assert json.dumps(told, ensure_ascii=False)
    with pytest.raises(Exception, match="没有工号"):
        selectors.explained(2026, "nobody")


def test_no_page_says_the_forbidden_word(world: World) -> None:
    thrice(world)
    frozen_round(world)
    texts: list[Any] = [
        page(world.client("督察"), f"/appraisal/{each}") for each in ("own/2026/", "verdicts/2026/", "rounds/2026/", "titles/")
    ]
    assert not any("处分" in text for text in texts)
