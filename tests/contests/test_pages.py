"""The pages: who sees which name and which points, what a refusal keeps, and how often the database is asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from chengxin.contests import services
from chengxin.contests.models import Contest, Entry, Judge, Sheet
from chengxin.core import clock
from tests.contests.conftest import TODAY, Stage
from tests.world import World

pytestmark = pytest.mark.django_db
NAMES = ("队员", "女队员", "协管", "外人")


def text_of(world: World, name: str, address: str) -> str:
    answer = world.client(name).get(address)
    assert answer.status_code == 200, (name, address, answer.status_code)
    text: str = answer.content.decode()
    # the masthead names the reader; what follows is the page
    return text.partition('<main id="content"')[2]


def test_a_contest_is_planned_entered_and_judged_through_the_pages(world: World) -> None:
    client = world.client("大队长")
    given = {"key": str(uuid.uuid4()), "kind": "skills", "subject": "person", "title": "季度竞赛", "held_on": str(TODAY), "place": ""}
    wrong = client.post("/contests/new/", {**given, "held_on": "2026-05-01"})
    assert (wrong.status_code, "日期不能早于今天" in wrong.content.decode(), "季度竞赛" in wrong.content.decode()) == (422, True, True)
    assert client.post("/contests/new/", given).status_code == 303
    assert client.post("/contests/new/", given).status_code == 303
    contest = Contest.objects.get()
    address = f"/contests/{contest.pk}/"
    assert "报名" in text_of(world, "队长", address)

    captain, unit = world.client("队长"), str(world.units["一中队"].pk)
    refused = captain.post(f"{address}enter/", {"key": str(uuid.uuid4()), "unit": unit, "persons": "没有这个人"})
    assert (refused.status_code, "没有找到" in refused.content.decode()) == (422, True)
    for number in ("T008", "T010"):
        assert captain.post(f"{address}enter/", {"key": str(uuid.uuid4()), "unit": unit, "persons": number}).status_code == 303
    other = str(world.units["二中队"].pk)
    assert captain.post(f"{address}enter/", {"key": str(uuid.uuid4()), "unit": other, "persons": "T011"}).status_code == 422
    assert [entry.title for entry in Entry.objects.all()] == ["队员", "协管"]

    assert client.post(f"{address}judges/", {"person": str(world.persons["督察"].pk)}).status_code == 303
    assert Judge.objects.get().person.name == "督察"
    page = text_of(world, "大队长", address)
    assert "独立评委 1 名，还差 2 名" in page
    assert world.client("队长").post(f"{address}judges/", {}).status_code == 403


def test_rules_are_set_on_their_page_and_a_refusal_keeps_what_was_typed(planned: Stage) -> None:
    client, address = planned.world.client("大队长"), f"/contests/{planned.contest.pk}/rules/"
    given = {
        "drop": "none", "drop_from": "5", "minimum_judges": "2", "places_shown": "1", "tie_round": "documents", "tie_criterion": "",
        "weight_enforcement": "0", "weight_documents": "77", "weight_mediation": "23",
    }  # fmt: skip
    refused = client.post(address, given)
    page = refused.content.decode()
    assert (refused.status_code, "“现场执法”的权重" in page, 'value="77"' in page) == (422, True, True)
    assert client.post(address, {**given, "weight_enforcement": "50"}).status_code == 303
    assert Contest.objects.get().ruleset.ties == ("documents",)
    assert "文书制作 → 并列" in text_of(planned.world, "队员", f"/contests/{planned.contest.pk}/")
    assert planned.world.client("督察").get(address).status_code == 403


def test_the_steps_lead_through_the_pages_to_a_frozen_result(planned: Stage) -> None:
    address = f"/contests/{planned.contest.pk}/"
    client, leader = planned.world.client("大队长"), planned.world.client("局长")
    assert client.post(f"{address}close/").status_code == 303
    refused = client.post(f"{address}draw/", {"public": ""})
    assert (refused.status_code, "请填写“公开内容”" in refused.content.decode()) == (422, True)
    assert client.post(f"{address}draw/", {"public": "六点"}).status_code == 303
    assert client.post(f"{address}start/").status_code == 303
    assert client.post(f"{address}start/").status_code == 422
    planned.reload()
    planned.score_all(dict.fromkeys(NAMES, 80))
    page = leader.get(address).content.decode()
    digest = page.partition('name="sha256" value="')[2][:64]
    assert client.post(f"{address}confirm/", {"sha256": digest}).status_code == 422
    assert leader.post(f"{address}confirm/", {"sha256": digest}).status_code == 303
    assert digest in leader.get(address).content.decode()
    fixed = {"key": str(uuid.uuid4()), "text": "更正一处", "reason": "复核", "number": "", "place": ""}
    assert leader.post(f"{address}correct/", fixed).status_code == 303
    assert "更正第 1 号" in leader.get(address).content.decode()
    assert client.post(f"{address}nothing/").status_code == 404
    assert client.get(f"{address}close/").status_code == 303


def test_a_judge_sees_start_numbers_and_no_name_and_no_unit_until_it_is_confirmed(running: Stage) -> None:
    base = f"/contests/{running.contest.pk}/"
    for name in ("督察", "队长"):
        for address in (base, f"{base}judging/enforcement/", f"{base}board/", f"{base}board/rows/"):
            page = text_of(running.world, name, address)
            for hidden in (*NAMES, "一中队", "二中队"):
                assert f">{hidden}<" not in page, (name, address, hidden)
                assert f" {hidden}" not in page, (name, address, hidden)
    judging = text_of(running.world, "队长", f"{base}judging/enforcement/")
    assert judging.count("须回避") == 3
    assert f"{running.number('外人')} 号" in judging
    assert running.world.client("督察").get(f"{base}draw-record/").status_code == 404
    assert running.world.client("督察").get(f"{base}entries/{running.entries['队员'].pk}/withdraw/").status_code == 404
    assert "外人" in text_of(running.world, "大队长", base)
    running.score_all(dict.fromkeys(NAMES, 80))
    running.confirm()
    page = text_of(running.world, "督察", base)
    assert ("外人" in page, "各评分项得分率" in page, "80.0%" in page) == (True, True, True)


def test_judging_is_for_the_named_judges(running: Stage) -> None:
    address = f"/contests/{running.contest.pk}/judging/enforcement/"
    assert running.world.client("督察").get(address).status_code == 200
    for name in ("大队长", "局长", "队员"):
        assert running.world.client(name).get(address).status_code == 403, name
    assert running.world.client("督察").get(address.replace("enforcement", "dancing")).status_code == 404


def typed(running: Stage, code: str, share: int = 80) -> dict[str, str]:
    return {f"points-{name}": str(value / 100) for name, value in running.full(code, share).items()}


def test_a_sheet_works_without_script_and_a_refusal_keeps_what_was_typed(running: Stage) -> None:
    client, number = running.world.client("督察"), running.number("队员")
    address = f"/contests/{running.contest.pk}/judging/documents/{number}/"
    given = {**typed(running, "documents"), "note": "字迹清楚", "client_key": str(uuid.uuid4()), "act": "submit"}
    refused = client.post(address, {**given, "points-documents.law": "31.3"})
    page = refused.content.decode()
    assert refused.status_code == 422
    for said in ("“适用依据准确”不能打 31.3 分：0 至 40 分，每档 0.5 分", 'value="31.3"', "字迹清楚", given["client_key"]):
        assert said in page, said
    lacking = client.post(address, {**given, "points-documents.law": ""})
    assert (lacking.status_code, "“适用依据准确”还没有打分" in lacking.content.decode()) == (422, True)
    assert client.post(address, {**given, "points-documents.law": "", "act": "save"}).status_code == 303
    assert Sheet.objects.get().state == "draft"
    assert client.post(address, given).status_code == 303
    assert client.post(address, given).status_code == 303
    assert client.post(address, {**given, "client_key": str(uuid.uuid4())}).status_code == 409
    assert Sheet.objects.get().state == "submitted"
    back = f"{address}withdraw/"
    assert client.post(back, {"reason": ""}).status_code == 422
    assert client.post(back, {"reason": "看错了"}).status_code == 303
    assert client.get(back).status_code == 404
    assert "撤回过 1 次" in text_of(running.world, "督察", f"/contests/{running.contest.pk}/judging/documents/")


def test_a_script_is_answered_in_json(running: Stage) -> None:
    client, number = running.world.client("督察"), running.number("队员")
    address = f"/contests/{running.contest.pk}/judging/documents/{number}/"
    given = {**typed(running, "documents"), "client_key": str(uuid.uuid4()), "act": "submit"}
    wrong = client.post(address, {**given, "points-documents.law": "x"}, headers={"Accept": "application/json"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_points")
    assert "请填写数字" in wrong.json()["detail"]
    for _ in range(2):
        answer = client.post(address, given, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    other = {**given, "client_key": str(uuid.uuid4())}
    own = running.world.client("队长").post(address, other, headers={"Accept": "application/json"})
    assert (own.status_code, "回避" in own.json()["detail"]) == (403, True)


def test_the_live_board_shows_points_only_when_all_sheets_of_a_round_are_there(running: Stage) -> None:
    address = f"/contests/{running.contest.pk}/board/rows/"
    running.submit("督察", "队员", share=80)
    running.submit("督察乙", "队员", share=80)
    page = running.world.client("队员").get(address).content.decode()
    assert ("已收 2 份" in page, "80.00" in page) == (True, False)
    running.submit("外队长", "队员", share=80)
    page = running.world.client("队员").get(address).content.decode()
    assert ("已收 3 份" in page, "80.00" in page) == (False, True)
    for hidden in (*NAMES, "名次</th>"):
        assert hidden not in page
    running.score_all(dict.fromkeys(NAMES, 80))
    running.confirm()
    assert running.world.client("队员").get(address).status_code == 286


def test_a_board_left_alone_stops_asking(running: Stage, settings: Any) -> None:
    client, address = running.world.client("队员"), f"/contests/{running.contest.pk}/board/rows/"
    now = int(clock.now().timestamp())
    assert client.get(f"{address}?since={now - 60}").status_code == 200
    left = client.get(f"{address}?since={now - settings.CHENGXIN_IDLE_MINUTES * 60 - 1}")
    assert (left.status_code, "已停止自动更新" in left.content.decode()) == (286, True)
    for nonsense in ("x", "-1", "9" * 40):
        assert client.get(f"{address}?since={nonsense}").status_code == 200


def test_after_the_confirmation_only_the_placed_are_shown_and_everybody_the_own(planned: Stage) -> None:
    world = planned.world
    services.set_contest_rules(
        world.actor("大队长"), planned.contest, drop="none", drop_from=5, minimum_judges=3, places_shown=2, ties=[],
        weights={"enforcement": 40, "documents": 30, "mediation": 30},
    )  # fmt: skip
    planned.draw()
    planned.start()
    planned.score_all({"队员": 90, "女队员": 80, "协管": 70, "外人": 60})
    planned.confirm()
    base = f"/contests/{planned.contest.pk}/"

    def shown(name: str, address: str = "board/rows/") -> set[str]:
        answer = world.client(name).get(f"{base}{address}")
        page = answer.content.decode()
        return {each for each in NAMES if f">{each}" in page}

    assert shown("职员") == shown("装备员") == {"队员", "女队员"}
    assert shown("协管") == {"队员", "女队员", "协管"}
    assert shown("外人") == {"队员", "女队员", "外人"}
    assert shown("局长") == shown("督察") == shown("大队长") == set(NAMES)
    assert "第 4 名，60.00 分" in text_of(world, "外人", "/contests/mine/")
    # who answers for a squadron reads its entries, but of the result no more than others
    page = world.client("队长").get(f"{base}board/rows/").content.decode()
    assert ("70.00" in page, "60.00" in page) == (False, False)
    assert "其余 2 名只有本人看到" in page
    sheet = world.client("职员").get(f"{base}export/")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in rows[1:]] == ["队员", "女队员"]
    whole = CalamineWorkbook.from_filelike(io.BytesIO(world.client("局长").get(f"{base}export/").content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in whole[1:]] == [1, 2, 3, 4]
    assert (whole[1][7], whole[1][9]) == (90, planned.contest.result.sha256)


def test_a_correction_is_pointed_at_and_brings_who_is_placed_by_it_onto_the_board(confirmed: Stage) -> None:
    world, base = confirmed.world, f"/contests/{confirmed.contest.pk}/board/rows/"
    assert "外人" not in world.client("职员").get(base).content.decode()
    services.correct_result(
        world.actor("局长"), confirmed.contest, text="一份评分表录反", reason="复核", form_key=uuid.uuid4(),
        number=confirmed.number("外人"), place=3,
    )  # fmt: skip
    page = world.client("职员").get(base).content.decode()
    for said in ("外人", "第 4 名", "见更正第 1 号", "更正为第 3 名", "共 36 份评分表", "同分依次比较：现场执法、释法说理、并列"):
        assert said in page, said
    own = text_of(world, "外人", "/contests/mine/")
    assert ("第 4 名，60.00 分" in own, "更正为第 3 名：一份评分表录反" in own) == (True, True)
    assert "更正" not in text_of(world, "队员", "/contests/mine/")


def test_a_drill_of_teams_is_ranked_with_squadrons(stage: Callable[..., Stage]) -> None:
    made = stage("drill", "team", "队列会操")
    made.enter("队员", "协管", unit="一中队", title="一中队方队")
    made.enter("外人", unit="二中队", title="二中队方队")
    made.appoint("督察", "督察乙", "队长", "外队长")
    made.draw()
    made.start()
    made.score_all({"一中队方队": 90, "二中队方队": 80})
    made.confirm()
    page = text_of(made.world, "职员", f"/contests/{made.contest.pk}/board/")
    for said in ("一中队方队", "二中队方队", "第 1 名", "第 2 名", "90.00"):
        assert said in page


def test_the_files_of_a_result_verify_and_are_for_who_may_read_them(confirmed: Stage) -> None:
    base, world = f"/contests/{confirmed.contest.pk}/", confirmed.world
    text = world.client("局长").get(f"{base}snapshot/").content
    assert hashlib.sha256(text).hexdigest() == confirmed.contest.result.sha256
    assert world.client("队员").get(f"{base}snapshot/").status_code == 403
    assert json.loads(world.client("队员").get(f"{base}draw-record/").content)["seed"]
    paper = text_of(world, "队员", f"{base}paper/")
    assert (confirmed.contest.result.sha256 in paper, "确认人签字" in paper) == (True, True)
    assert world.client("队员").get(f"{base}paper/").status_code == 200


def test_before_the_confirmation_there_is_no_paper_and_no_export(running: Stage) -> None:
    for name in ("局长", "队员"):
        for address in ("paper/", "export/", "snapshot/"):
            assert running.world.client(name).get(f"/contests/{running.contest.pk}/{address}").status_code == 404


def test_withdrawal_release_and_cancelling_ask_for_a_reason(running: Stage) -> None:
    base, client = f"/contests/{running.contest.pk}/", running.world.client("大队长")
    for address in (f"entries/{running.entries['协管'].pk}/withdraw/", f"judges/{running.judges['督察'].pk}/release/"):
        assert client.get(f"{base}{address}").status_code == 200
        assert client.post(f"{base}{address}", {"reason": ""}).status_code == 422
        assert client.post(f"{base}{address}", {"reason": "有理由"}).status_code == 303
    assert client.post(f"{base}cancel/", {"reason": ""}).status_code == 422
    assert client.post(f"{base}cancel/", {"reason": "暴雨"}).status_code == 303
    page = text_of(running.world, "队员", base)
    assert ("已取消" in page, "暴雨" in page) == (True, True)
    assert client.get(f"{base}judges/987654/release/").status_code == 404


def test_moving_asks_for_a_reason_keeps_what_was_typed_and_is_told_to_everybody(planned: Stage) -> None:
    base, client, later = f"/contests/{planned.contest.pk}/", planned.world.client("大队长"), str(TODAY + dt.timedelta(days=9))
    asked = client.post(f"{base}move/", {"held_on": later, "place": "体育场", "reason": ""})
    assert (asked.status_code, 'value="体育场"' in asked.content.decode()) == (422, True)
    assert client.post(f"{base}move/", {"held_on": later, "place": "体育场", "reason": "场地维修"}).status_code == 303
    page = text_of(planned.world, "队员", base)
    assert ("场地维修" in page, "体育场" in page, "调整时间地点" in page) == (True, True, False)
    assert "调整时间地点" not in text_of(planned.world, "督察", base)  # a judge


def test_who_organises_nothing_sees_neither_judges_nor_names(planned: Stage) -> None:
    page = text_of(planned.world, "职员", f"/contests/{planned.contest.pk}/")
    assert "<h2>评委</h2>" not in page
    assert "女队员" not in page
    assert "女队员" in text_of(planned.world, "女队员", f"/contests/{planned.contest.pk}/")
    assert "外人" not in text_of(planned.world, "女队员", f"/contests/{planned.contest.pk}/")
    assert planned.world.client("系统员").get("/contests/").status_code == 403
    assert planned.world.client().get("/contests/").status_code == 302


def test_the_list_filters_and_exports(planned: Stage) -> None:
    client = planned.world.client("队员")
    assert "季度执法技能竞赛" in client.get("/contests/?kind=skills").content.decode()
    assert "还没有竞赛" in client.get("/contests/?kind=drill").content.decode()
    assert "季度执法技能竞赛" in client.get("/contests/?export=csv").content.decode("utf-8-sig")


@pytest.mark.parametrize(("name", "address"), [("局长", ""), ("督察", "judging/enforcement/"), ("队员", "board/")])
def test_more_entries_take_no_more_queries(stage: Callable[..., Stage], name: str, address: str) -> None:
    def taken(names: dict[str, str]) -> int:
        made = stage(title=f"竞赛{len(names)}")
        for person, unit in names.items():
            made.enter(person, unit=unit)
        made.appoint("督察", "督察乙", "队长", "外队长")
        made.draw()
        made.start()
        client = made.world.client(name)
        client.get(f"/contests/{made.contest.pk}/{address}")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/contests/{made.contest.pk}/{address}").status_code == 200
        return len(asked)

    few = {"队员": "一中队", "外人": "二中队"}
    assert taken(few) == taken({**few, "女队员": "一中队", "协管": "一中队", "装备员": "一中队"})
