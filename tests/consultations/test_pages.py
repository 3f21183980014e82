"""The doors of drafts: staff's, the signatories', the public's without an account; what each sees and what is hidden."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengxin.consultations import rules, services
from chengxin.consultations.models import Consultation, Opinion, Proposal
from chengxin.consultations.views import opinions as staff_doors
from chengxin.consultations.views import public as public_doors
from chengxin.core import clock
from chengxin.rulebook.models import Clause, RuleVersion
from tests.consultations.conftest import AFTER, ENDS, IN_FORCE, TODAY, Made, digest_of, fresh, on
from tests.world import World


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def old_token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A public form's token as somebody has it who took a minute to type."""
    real = time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real() - 60)
        return public_doors.SENDINGS.token()


def test_a_draft_is_written_opened_and_shown_with_every_change_and_reason(world: World) -> None:
    office = world.client("督察")
    with on():
        made = office.post("/consultations/new/", {"title": "整改期限修订", "reason": "基层反映", "audience": "public"})
        address = made["Location"]
        assert made.status_code == 303
        chosen = text_of(office.get(f"{address}rules/"))
        assert "限期整改" in chosen
        rule = f"{address}rules/findings.rectification/"
        page = text_of(office.get(rule))
        assert "整改期限（工作日）" in page
        given = {"value-workdays": "5", "value-extension_workdays": "7", "value-extensions": "1", "reason": "五日够用"}
        refused = office.post(rule, {**given, "value-workdays": "很快", "reason": "保留的理由"})
        assert (refused.status_code, "请填写整数" in text_of(refused), "保留的理由" in text_of(refused)) == (422, True, True)
        assert office.post(rule, {**given, "value-workdays": "7"}).status_code == 422
        assert office.post(rule, given)["Location"] == f"{address}#changes"
        page = text_of(office.get(address))
        for words in ("五日够用", "＋ 增加", "－ 删去", "只能试算"):
            assert words in page
        assert world.client("队员").get(address).status_code == 404
        late = office.post(f"{address}begin/", {"starts_on": "2026-09-01", "ends_on": "2026-10-09"})
        assert (late.status_code, "开始日期不能早于今天" in text_of(late)) == (422, True)
        assert office.post(f"{address}begin/", {"starts_on": str(TODAY), "ends_on": str(ENDS)}).status_code == 303
        page = text_of(world.client("队员").get(address))
        assert "对本条提意见" in page
        assert "增加改动" not in page
        assert "整改期限修订" in text_of(world.client("队员").get("/consultations/"))
        assert "征〔2026〕" in text_of(world.client("队员").get("/rulebook/clauses/3.1/"))


def test_a_catalogue_is_edited_line_by_line_and_a_slip_names_the_line(world: World, draft: Made) -> None:
    found, office = draft(changes=False), world.client("督察")
    address = f"/consultations/{found.pk}/rules/attire.prohibited/"
    with on():
        page = text_of(office.get(address))
        area = re.search(r'<textarea name="value-entries"[^>]*>\n?(.*?)</textarea>', page, re.S)
        assert area is not None
        lines = area[1].replace("&quot;", '"').strip()
        broken = office.post(address, {"value-entries": lines + "\n- {code: attire.slippers, title: 穿拖鞋}", "reason": "新增"})
        assert broken.status_code == 422
        assert "第 19 项缺少 grade、group、sex" in text_of(broken)
        assert "穿拖鞋" in text_of(broken)
        more = lines + "\n- {code: attire.slippers, title: 穿拖鞋, sex: any, grade: minor, group: 着装}"
        assert office.post(address, {"value-entries": more, "reason": "新增"}).status_code == 303
        page = text_of(office.get(f"/consultations/{found.pk}/"))
        assert "增加 1 行，删去 0 行" in page
        assert re.search(r'class="added"><span class="sign">＋ 增加</span><span class="words">名称：穿拖鞋', page)
        assert office.post(f"/consultations/changes/{found.changes.get().pk}/drop/").status_code == 303
    assert not found.changes.exists()


def test_a_clause_is_worded_anew_in_a_draft_line_by_line(world: World, draft: Made) -> None:
    Clause.objects.filter(pk="2.2.4").update(wording="执勤前后简单检查。\n严禁私自拆卸维修。")
    found, office = draft(changes=False), world.client("督察")
    with on():
        assert "日常管护：条文" in text_of(office.get(f"/consultations/{found.pk}/rules/"))
        address = f"/consultations/{found.pk}/rules/clause:2.2.4/"
        same = office.post(address, {"value-wording": "执勤前后简单检查。\r\n严禁私自拆卸维修。", "reason": "换行不算改动"})
        assert (same.status_code, "没有改动" in text_of(same)) == (422, True)
        assert office.post(address, {"value-wording": "执勤前后逐项检查。\r\n严禁私自拆卸维修。", "reason": "留痕"}).status_code == 303
        page = text_of(office.get(f"/consultations/{found.pk}/"))
        assert '－ 删去</span><span class="words">执勤前后简单检查。' in page
        assert '＋ 增加</span><span class="words">执勤前后逐项检查。' in page
        assert '不变</span><span class="words">严禁私自拆卸维修。' in page


def test_the_public_reads_says_something_and_finds_the_answer_without_an_account(world: World, opened: Made, old_token: str) -> None:
    found, nobody = opened(), Client()
    address = f"/consultations/public/{found.pk}/"
    with on():
        assert found.title in text_of(nobody.get("/consultations/public/"))
        page = text_of(nobody.get(address))
        assert "多数问题五日内可以改好" in page
        assert "督察" not in page.split("<main")[1].split("</main>")[0]
        fast = nobody.post(address, {"form": public_doors.SENDINGS.token(), "clause": "3.1", "text": "期限太短，请再考虑"})
        assert (fast.status_code, "期限太短，请再考虑" in text_of(fast)) == (422, True)
        trapped = nobody.post(address, {"form": old_token, "clause": "3.1", "text": "期限太短，请再考虑", "website": "x"})
        assert trapped.status_code == 422
        assert nobody.post(address, {"form": old_token, "clause": "3.1", "text": "短"}).status_code == 422
        assert nobody.post(address, {"form": "伪造", "clause": "3.1", "text": "期限太短，请再考虑"}).status_code == 422
        assert not Opinion.objects.exists()
        given = {"form": old_token, "clause": "3.1", "text": "<script>alert(1)</script>期限太短"}
        sent, again = nobody.post(address, given), nobody.post(address, given)
        receipt = nobody.get(sent["Location"])
        code = re.search(r'id="code">([^<]+)<', text_of(receipt))
        assert code is not None
        assert text_of(nobody.get(again["Location"])).count(code[1]) == 2
        assert (Opinion.objects.count(), receipt["Cache-Control"]) == (1, "no-store")
        assert "alert(1)" not in text_of(nobody.get(address)), "nobody has looked at it yet"
        assert Client().get("/consultations/public/mine/")["Location"] == "/consultations/public/follow/"
        wrong = nobody.post("/consultations/public/follow/", {"code": "0000-0000-0000-0000-0"})
        assert (wrong.status_code, "没有找到这个回执码" in text_of(wrong)) == (422, True)
        assert nobody.post("/consultations/public/follow/", {"code": code[1].lower()}).status_code == 303
        assert "还没有答复" in text_of(nobody.get("/consultations/public/mine/"))
        opinion = Opinion.objects.get()
        assert world.client("队员").get(f"/consultations/opinions/{opinion.pk}/").status_code == 404
        desk = world.client("督察")
        assert desk.post(f"/consultations/opinions/{opinion.pk}/moderate/", {"is_shown": "no"}).status_code == 422
        assert desk.post(f"/consultations/opinions/{opinion.pk}/moderate/", {"is_shown": "yes"}).status_code == 303
        shown = text_of(nobody.get(address))
        assert "&lt;script&gt;alert(1)&lt;/script&gt;期限太短" in shown
        assert "<script>alert" not in shown
        assert world.client("队员").get(f"/consultations/opinions/{opinion.pk}/").status_code == 200
        answered = desk.post(f"/consultations/opinions/{opinion.pk}/answer/", {"outcome": "partly", "reason": "可以申请延期"})
        assert answered.status_code == 303
        mine = text_of(nobody.get("/consultations/public/mine/"))
        assert "部分采纳" in mine
        assert "可以申请延期" in mine


def test_what_is_not_public_is_not_there_for_the_public(world: World, opened: Made, draft: Made) -> None:
    nobody = Client()
    inside = opened("internal")
    for address in (f"public/{inside.pk}/", f"public/{inside.pk}/summary/", "public/987654/"):
        assert nobody.get(f"/consultations/{address}").status_code == 404
    assert nobody.get(f"/consultations/{inside.pk}/").status_code == 302
    assert inside.title not in text_of(nobody.get("/consultations/public/"))
    assert nobody.get(f"/consultations/public/{draft().pk}/").status_code == 404


def test_a_flood_is_slowed_down_and_what_was_typed_is_kept(world: World, opened: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    address, real, nobody = f"/consultations/public/{opened().pk}/", time.time, Client()

    def send(number: int) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: real() - 60)
            token = public_doors.SENDINGS.token()
        return nobody.post(address, {"form": token, "clause": "3.1", "text": f"第 {number} 条意见内容"})

    with on():
        statuses = [send(number).status_code for number in range(7)]
        assert statuses == [303] * 6 + [429]
        assert "第 8 条意见内容" in text_of(send(8))


def test_staff_give_opinions_and_see_those_of_others_as_their_authors_wish(world: World, opened: Made) -> None:
    found = opened()
    address = f"/consultations/{found.pk}/opine/"
    with on():
        officer = world.client("队员")
        assert 'value="3.1" selected' in text_of(officer.get(f"{address}?clause=3.1"))
        token = staff_doors.SENDINGS.token()
        given = {"form": token, "clause": "3.1", "text": "外勤中队五日偏紧", "hides_name": "on"}
        assert officer.post(address, {**given, "text": "短"}).status_code == 422
        assert officer.post(address, given).status_code == officer.post(address, given).status_code == 303
        assert Opinion.objects.count() == 1
        listed = text_of(world.client("协管").get(f"/consultations/{found.pk}/opinions/"))
        assert "外勤中队五日偏紧" in listed
        assert "本局人员" in listed
        assert "队员" not in listed.split("<main")[1].split("</main>")[0]
        one = text_of(world.client("局长").get(f"/consultations/opinions/{Opinion.objects.get().pk}/"))
        assert "队员" not in one.split("<main")[1].split("</main>")[0]
        assert world.client("系统员").get(address).status_code == 403
        sheet = world.client("督察").get(f"/consultations/{found.pk}/opinions/?export=csv")
        assert "外勤中队五日偏紧" in b"".join(sheet).decode("utf-8-sig")
    with on(AFTER):
        assert "现在不能提出意见" in text_of(officer.get(address))
        late = officer.post(address, {**given, "form": staff_doors.SENDINGS.token()})
        assert (late.status_code, "外勤中队五日偏紧" in text_of(late)) == (422, True)


def test_signing_and_publishing_on_the_pages_and_the_history_afterwards(world: World, closed: Made) -> None:
    found = closed()
    address, office = f"/consultations/{found.pk}/", world.client("督察")
    with on(AFTER):
        assert "大队长（大队）" in text_of(office.get(address))
        few = office.post(f"{address}send/", {"users": [str(world.users["局长"].pk)]})
        assert (few.status_code, "至少 2 人" in text_of(few)) == (422, True)
        users = [str(world.users[name].pk) for name in ("局长", "大队长")]
        assert office.post(f"{address}send/", {"users": users}).status_code == 303
        sha256 = digest_of(found)
        leader = world.client("局长")
        page = text_of(leader.get(address))
        assert sha256 in page
        assert "请您会签" in page
        assert "请您会签" not in text_of(office.get(address))
        stale = leader.post(f"{address}sign/", {"agrees": "yes", "sha256": "0" * 64})
        assert (stale.status_code, "不是当前送签的草案" in text_of(stale)) == (422, True)
        for name in ("局长", "大队长"):
            assert world.client(name).post(f"{address}sign/", {"agrees": "yes", "sha256": sha256}).status_code == 303
        given = {"in_force_on": str(IN_FORCE), "document_number": "城管〔2026〕12号", "sha256": sha256}
        assert office.post(f"{address}publish/", given).status_code == 403
        past = leader.post(f"{address}publish/", {**given, "in_force_on": "2026-01-01"})
        assert (past.status_code, "不溯及既往" in text_of(past), "城管〔2026〕12号" in text_of(past)) == (422, True, True)
        assert leader.post(f"{address}publish/", given).status_code == 303
        page = text_of(world.client("队员").get(address))
        for words in ("已发布", "城管〔2026〕12号", "会签：同意", "办结意见"):
            assert words in page
        assert RuleVersion.objects.filter(number=2).count() == 2
        compared = text_of(world.client("队员").get(f"/consultations/compare/?from=2025-09-01&to={IN_FORCE}"))
        assert "多次违规的次数" in compared
        assert '－ 删去</span><span class="words">3<' in compared
        assert '＋ 增加</span><span class="words">4<' in compared


def test_a_second_draft_and_a_rule_published_past_it_are_refused_in_words(world: World, opened: Made, draft: Made) -> None:
    first, second = opened(), draft(title="另一份")
    with on():
        refused = world.client("督察").post(f"/consultations/{second.pk}/begin/", {"starts_on": str(TODAY), "ends_on": str(ENDS)})
        assert (refused.status_code, f"“{first.title}”" in text_of(refused)) == (422, True)
        beside = world.client("局长").post(
            "/rulebook/rules/findings.objection/publish/",
            {"in_force_on": str(AFTER), "document_number": "城管〔2026〕13号", "value-workdays": "6"},
        )
        assert (beside.status_code, "正在进行，请等它发布或撤回" in text_of(beside)) == (422, True)
    assert fresh(second).state == rules.PREPARING


def test_versions_that_do_not_exist_are_refused_and_equal_ones_say_so(world: World, opened: Made) -> None:
    client = world.client("队员")
    assert client.get("/consultations/compare/?from=2020-01-01&to=draft-99").status_code == 422
    assert "完全相同" in text_of(client.get("/consultations/compare/?from=2025-09-01&to=2025-09-01"))
    found = opened()
    assert "多次违规的次数" in text_of(client.get(f"/consultations/compare/?from=2025-09-01&to=draft-{found.pk}"))


def test_the_summary_is_there_when_all_is_answered_for_staff_whole_for_the_public_its_own(world: World, opened: Made, said: Made) -> None:
    found = opened()
    staff, public = said(found), said(found, None, text="请把期限写得更清楚")
    with on():
        assert world.client("队员").get(f"/consultations/{found.pk}/summary/").status_code == 404
        services.moderate_opinion(world.actor("督察"), public, is_shown=True)
        services.answer_opinion(world.actor("局长"), staff, outcome="partly", reason="可以申请延期")
        services.answer_opinion(world.actor("局长"), public, outcome="adopted", reason="已写明")
    with on(AFTER):
        services.close_consultation(world.actor("督察"), found)
        inside = text_of(world.client("队员").get(f"/consultations/{found.pk}/summary/"))
        outside = text_of(Client().get(f"/consultations/public/{found.pk}/summary/"))
        assert staff.text in inside
        assert public.text in inside
        assert public.text in outside
        assert staff.text not in outside
        assert "队员" not in outside
        for client, address, has_staff in (
            (world.client("队员"), f"/consultations/{found.pk}/summary.docx", True),
            (Client(), f"/consultations/public/{found.pk}/summary.docx", False),
        ):
            file = client.get(address)
            written = docx.Document(io.BytesIO(file.content))
            words = "\n".join([*(p.text for p in written.paragraphs), *(c.text for t in written.tables for r in t.rows for c in r.cells)])
            assert public.text in words
            assert "已写明" in words
            assert (staff.text in words) is has_staff
            assert file.content == client.get(address).content


def test_a_trial_is_counted_part_by_part_and_for_who_may(world: World, draft: Made) -> None:
    found, client = draft(), world.client("督察")
    with on():
        page = text_of(client.get(f"/consultations/{found.pk}/simulation/"))
        assert "2026 年第二季度" in page
        assert "问题整改是否按期" in page
        assert "草案没有涉及：申辩是否在期内" in page
        whole = text_of(client.get(f"/consultations/{found.pk}/simulation/terms/"))
        piece = text_of(client.get(f"/consultations/{found.pk}/simulation/terms/", headers={"HX-Request": "true"}))
        assert "<h1" in whole
        assert "<h1" not in piece
        assert "查看 0 件，结论不同的" in piece
        assert client.get(f"/consultations/{found.pk}/simulation/nothing/").status_code == 404
        assert world.client("大队长").get(f"/consultations/{found.pk}/simulation/").status_code == 403


def test_a_proposal_is_taken_up_or_dismissed_on_its_page(world: World, draft: Made) -> None:
    found, client = draft(), world.client("督察")
    with on():
        assert "没有待决定的提案" in text_of(client.get("/consultations/proposals/"))
        assert client.post("/consultations/proposals/nominate/").status_code == 303
        common = {"quarter": TODAY.replace(day=1), "clause": "2.1.3", "title": "漏戴标识", "text": "反复出现", "figures": {}}
        one, other = (
            Proposal.objects.create(key=key, entry="attire.markings_missing", nominated_at=clock.now(), **common) for key in ("a", "b")
        )
        empty = client.post(f"/consultations/proposals/{one.pk}/dismiss/", {"reason": ""})
        assert (empty.status_code, "请填写“理由”" in text_of(empty)) == (422, True)
        assert client.post(f"/consultations/proposals/{one.pk}/dismiss/", {"reason": "加强培训"}).status_code == 303
        taken = client.post(f"/consultations/proposals/{other.pk}/take/", {"into": str(found.pk)})
        assert taken["Location"] == f"/consultations/{found.pk}/"
        again = client.post(f"/consultations/proposals/{other.pk}/take/", {"into": "new"})
        assert (again.status_code, "已采用" in text_of(again)) == (422, True)
        page = text_of(client.get("/consultations/proposals/"))
        assert "加强培训" in page
        assert found.title in page
    assert Consultation.objects.count() == 1


@pytest.mark.parametrize("who", ["督察", "队员"])
def test_more_opinions_take_no_more_queries(world: World, opened: Made, said: Made, who: str) -> None:
    found, client = opened(), world.client(who)

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [
        f"/consultations/{found.pk}/",
        f"/consultations/{found.pk}/opinions/",
        f"/consultations/public/{found.pk}/",
        "/consultations/",
    ]
    with on():
        said(found)
        before = [queries(address) for address in addresses]
        for number in range(8):
            opinion = said(found, ("协管", "女队员")[number % 2])
            services.answer_opinion(world.actor("局长"), opinion, outcome="adopted", reason="好")
        assert [queries(address) for address in addresses] == before
        assert max(before) <= 45
