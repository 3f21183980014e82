"""Pages of case reviews: seen and hidden, with and without the capability, nothing typed is lost (2.4)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document
from python_calamine import CalamineWorkbook

from chengxin.casereviews import rules, services
from chengxin.casereviews.models import Case, Correction, MarkObjection, Review, Round
from chengxin.casereviews.selectors import rounds
from chengxin.core import clock
from chengxin.people.models import User
from chengxin.rulekit.draws import verify
from tests.casereviews.conftest import AFTER_TERM, VETO, mark_of, name_of, off, seats, submit
from tests.world import World

pytestmark = pytest.mark.usefixtures("may")
Made = Callable[..., Any]


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return str(answer.content.decode())


def book(*rows: list[Any]) -> SimpleUploadedFile:
    content = io.BytesIO()
    made = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = made.add_worksheet()
    for number, row in enumerate([list(rules.COLUMNS), *rows]):
        sheet.write_row(number, 0, row)
    made.close()
    return SimpleUploadedFile("案卷.xlsx", content.getvalue())


GIVEN = {
    "number": "城管罚〔2026〕第001号", "title": "占道经营案", "handlers": "T008、T009", "closed_on": "2026-05-10", "procedure": "ordinary",
}  # fmt: skip
ROW = ["城管罚〔2026〕第101号", "占道经营案", "一中队", "T008、T009", "2026-05-10", "普通程序"]


# --- the register ---


def test_a_case_is_registered_found_exported_and_corrected(world: World) -> None:
    client = world.client("督察")
    given = {**GIVEN, "unit": str(world.units["一中队"].pk)}
    answer = client.post("/casereviews/cases/new/", given)
    made = Case.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/casereviews/cases/{made.pk}/")
    listed = text(client, "/casereviews/cases/?number=001&procedure=ordinary&place=out&sort=number")
    assert "队员、女队员" in listed
    assert "没有案卷" in text(client, "/casereviews/cases/?number=999")
    exported = client.get("/casereviews/cases/?export=xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(exported.content)).get_sheet_by_index(0).to_python()
    assert (rows[1][0], rows[1][5]) == (made.number, "普通程序")
    wrong = client.post(f"/casereviews/cases/{made.pk}/correct/", {**given, "title": "改了的名称", "reason": ""})
    assert wrong.status_code == 422
    assert "改了的名称" in wrong.content.decode()
    right = client.post(f"/casereviews/cases/{made.pk}/correct/", {**given, "title": "改了的名称", "reason": "录入有误"})
    assert right.status_code == 303
    assert "第 1 次更正：案件名称" in text(client, f"/casereviews/cases/{made.pk}/")


def test_a_refused_case_keeps_what_was_typed_and_names_the_field(world: World) -> None:
    client = world.client("大队长")
    given = {**GIVEN, "unit": str(world.units["一中队"].pk), "handlers": "T008、T777"}
    answer = client.post("/casereviews/cases/new/", given)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "没有工号 T777" in shown
    assert "城管罚〔2026〕第001号" in shown
    assert not Case.objects.exists()


def test_a_sheet_is_previewed_confirmed_and_told_cell_by_cell_where_it_is_wrong(world: World) -> None:
    client = world.client("督察")
    bad = client.post("/casereviews/cases/import/", {"file": book(ROW, [*ROW[:2], "三中队", *ROW[3:]])})
    shown = bad.content.decode()
    assert bad.status_code == 422
    assert 'data-title="行">3<' in shown
    assert 'data-title="列">单位<' in shown
    twice = client.post("/casereviews/cases/import/", {"file": book(ROW, ROW)})
    assert "与第 2 行重复" in twice.content.decode()
    good = client.post("/casereviews/cases/import/", {"file": book(ROW)})
    preview = good["Location"]
    assert "新增" in text(client, preview)
    assert not Case.objects.exists()
    assert client.post(preview).status_code == 303
    assert client.post(preview).status_code == 409
    assert Case.objects.get().number == ROW[0]
    again = client.post("/casereviews/cases/import/", {"file": book(ROW)})
    assert "无变化" in text(client, again["Location"])
    assert client.get("/casereviews/cases/import/template/").status_code == 200
    assert client.post("/casereviews/cases/import/", {"file": SimpleUploadedFile("a.xlsx", b"no sheet")}).status_code == 422


def test_a_captain_sees_the_own_unit_s_cases_and_nobody_else_s(world: World, case: Made) -> None:
    own, other = case(), case(unit="二中队", handlers=("外人",))
    client = world.client("队长")
    listed = text(client, "/casereviews/cases/")
    assert own.number in listed
    assert other.number not in listed
    text(client, f"/casereviews/cases/{other.pk}/", 404)
    assert "更正登记" not in text(client, f"/casereviews/cases/{own.pk}/")
    for address in ("/casereviews/cases/new/", "/casereviews/rounds/new/", "/casereviews/cases/import/"):
        text(client, address, 403)
    text(world.client("队员"), "/casereviews/", 403)


# --- the round ---


def test_a_round_is_walked_from_the_frame_to_the_reviewers(world: World, cases: list[Case]) -> None:
    client = world.client("督察")
    assert "还没有评查" in text(client, "/casereviews/")
    preview = text(client, "/casereviews/rounds/new/")
    assert "范围内 5 件，抽取 4 件" in preview
    assert client.post("/casereviews/rounds/new/", {"quarter": "2026-2"}).status_code == 303
    found = Round.objects.get()
    page = f"/casereviews/rounds/{found.pk}/"
    assert client.post(f"{page}assign/", {"text": "六"}).status_code == 409
    assert client.post(f"{page}cast/", {"text": "四 二 六"}).status_code == 303
    assert client.post(f"{page}assign/", {"text": "三"}).status_code == 303
    assert client.post(f"{page}nothing/").status_code == 404
    assert "待交" in text(client, page)
    told = json.loads(client.get(f"{page}draws/cases/").content)
    assert verify(told) == []
    assert client.get(f"{page}draws/reviewers/").status_code == 200
    assert world.client("队长").get(f"{page}draws/reviewers/").status_code == 404
    assert "已抽取" in text(client, "/casereviews/?state=reviewing") or "评查中" in text(client, "/casereviews/?state=reviewing")


def test_the_third_quarter_is_explained_on_the_form(world: World, cases: list[Case]) -> None:
    with clock.frozen(clock.at(AFTER_TERM.replace(month=8), 9)):
        answer = world.client("督察").post("/casereviews/rounds/new/", {"quarter": "2026-3"})
    assert answer.status_code == 422
    assert "不安排案卷评查，因此不缺评查" in answer.content.decode()
    assert not Round.objects.exists()


def test_the_fourth_quarter_can_be_made_up_for_in_january(world: World, cases: list[Case]) -> None:
    with clock.frozen(clock.at(AFTER_TERM.replace(year=2027, month=1), 9)):
        User.objects.update(password_changed_at=clock.now())
        client = world.client("督察")
        assert "2026 年第四季度" in text(client, "/casereviews/rounds/new/")
        assert client.post("/casereviews/rounds/new/", {"quarter": "2026-4"}).status_code == 303
        assert client.post("/casereviews/rounds/new/", {"quarter": "2026-2"}).status_code == 422
    assert (Round.objects.get().year, Round.objects.get().quarter) == (2026, 4)


def test_a_unit_sees_neither_reviewers_nor_scores_before_it_is_told(world: World, reviewing: Made) -> None:
    found = reviewing()
    reviewed = rounds.standing_cases(found).filter(unit__name="一中队").first()
    for review in seats(reviewed):
        submit(world, review, off())
    captain, office = world.client("队长"), world.client("督察乙")
    for address in (f"/casereviews/rounds/{found.pk}/", f"/casereviews/reviewed/{reviewed.pk}/"):
        shown = text(captain, address)
        assert "96.5" not in shown
        assert "照片没有注明拍摄时间" not in shown
        assert all(name not in shown for name in ("督察乙", "大队长", "外队长"))
    assert "96.5" in text(office, f"/casereviews/reviewed/{reviewed.pk}/")
    assert reviewed.case.number not in text(world.client("外队长"), f"/casereviews/rounds/{found.pk}/")
    text(world.client("外队长"), f"/casereviews/reviewed/{reviewed.pk}/", 404)


# --- sheets ---


def fields(**more: str) -> dict[str, str]:
    return {"item_proof": "3.5", "item_proof_reason": "照片没有注明拍摄时间", "item_proof_page": "第 5 页", **more}


def test_a_reviewer_hands_in_a_sheet_and_sees_the_other_s_only_when_both_are_in(world: World, reviewing: Made) -> None:
    found = reviewing()
    reviewed = rounds.standing_cases(found).first()
    one, two = seats(reviewed)
    client, other = world.client(name_of(world, one)), world.client(name_of(world, two))
    assert reviewed.case.number in text(client, "/casereviews/reviews/?place=waiting")
    assert client.post(f"/casereviews/reviews/{one.pk}/", fields()).status_code == 303
    assert "96.5 分" in text(client, f"/casereviews/reviews/{one.pk}/")
    text(other, f"/casereviews/reviews/{one.pk}/", 404)
    for name in ("督察", "督察乙", "局长"):
        shown = text(world.client(name), f"/casereviews/reviewed/{reviewed.pk}/")
        assert "照片没有注明拍摄时间" not in shown
        assert "96.5" not in shown
    assert "照片没有注明拍摄时间" not in text(other, f"/casereviews/reviews/{two.pk}/")
    assert other.post(f"/casereviews/reviews/{two.pk}/", fields(item_proof="3")).status_code == 303
    assert "照片没有注明拍摄时间" in text(world.client("局长"), f"/casereviews/reviewed/{reviewed.pk}/")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"item_proof": "3.3"}, "“证据收集与固定”扣分须大于 0 并以 0.5 分为步长"), ({"item_proof": "3.25"}, "填写以 0.5 为步长的数"),
        ({"item_proof": "15.5"}, "“证据收集与固定”至多扣 15 分"), ({"item_proof_reason": ""}, "“证据收集与固定”扣分须写明理由"),
        ({"item_proof_page": ""}, "扣分须写明卷内页码"), ({"item_proof": ""}, "写了理由或页码但没有扣分"),
        ({"veto_law": "on"}, "否决项“适用法律依据错误”须写明理由"), ({"veto_law_reason": "用错了"}, "没有勾选“适用法律依据错误”"),
    ],
)  # fmt: skip
def test_a_refused_sheet_names_its_item_and_keeps_everything(world: World, reviewing: Made, more: dict[str, str], told: str) -> None:
    one = seats(rounds.standing_cases(reviewing()).first())[0]
    filing = {"item_filing": "0.5", "item_filing_reason": "缺审批时间", "item_filing_page": "第 1 页"}
    answer = world.client(name_of(world, one)).post(f"/casereviews/reviews/{one.pk}/", {**fields(), **filing, **more})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert told in shown
    assert "缺审批时间" in shown
    one.refresh_from_db()
    assert one.submitted_at is None


# --- told, objected to, final ---


def test_an_objection_goes_from_the_captain_to_the_leader(world: World, told: Made) -> None:
    found = told()
    mark = mark_of(found)
    page = f"/casereviews/reviewed/{mark.reviewed_id}/"
    captain, leader = world.client("队长"), world.client("局长")
    assert "提出异议" in text(captain, page)
    assert captain.post(f"/casereviews/marks/{mark.pk}/object/", {"text": ""}).status_code == 422
    assert captain.post(f"/casereviews/marks/{mark.pk}/object/", {"text": "照片背面已注明"}).status_code == 303
    assert captain.post(f"/casereviews/marks/{mark.pk}/nothing/").status_code == 404
    assert world.client("外队长").post(f"/casereviews/marks/{mark.pk}/object/", {"text": "不服"}).status_code == 404
    assert "决定异议" not in text(captain, page)
    wrong = leader.post(f"/casereviews/marks/{mark.pk}/decide/", {"outcome": "reduced", "points": "9", "reasons": "部分有理"})
    assert wrong.status_code == 422
    assert "小于 3.5 分" in wrong.content.decode()
    right = leader.post(f"/casereviews/marks/{mark.pk}/decide/", {"outcome": "reduced", "points": "1.5", "reasons": "部分有理"})
    assert right.status_code == 303
    assert MarkObjection.objects.get().left == 150
    assert "现为 1.5 分" in text(captain, page)


def final(world: World, found: Round) -> Round:
    with clock.frozen(clock.at(AFTER_TERM, 9)):
        return services.finalise_round(world.actor("督察"), found)


def test_a_final_round_has_its_report_its_sheet_and_its_corrections(world: World, told: Made) -> None:
    found = told()
    client, page = world.client("督察"), f"/casereviews/rounds/{found.pk}/"
    assert client.get(f"{page}report/").status_code == 409
    final(world, found)
    mark = mark_of(found)
    assert world.client("局长").post(
        f"/casereviews/marks/{mark.pk}/correct/", {"outcome": "dropped", "reason": "重复扣分"}
    ).status_code == 303  # fmt: skip
    assert Correction.objects.get().number == 1
    assert "第 1 号" in text(client, page)
    report = Document(io.BytesIO(client.get(f"{page}report/").content))
    told_text = "\n".join(each.text for each in report.paragraphs)
    assert "评查 4 件" in told_text
    assert "更正第 1 号" in told_text
    assert all(name not in told_text for name in ("督察乙", "大队长"))
    book_ = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{page}book/").content))
    assert book_.sheet_names == ["案件", "扣分", "单位"]
    assert len(book_.get_sheet_by_name("扣分").to_python()) == 5
    own = CalamineWorkbook.from_filelike(io.BytesIO(world.client("队长").get(f"{page}book/").content))
    assert {row[2] for row in own.get_sheet_by_name("案件").to_python()[1:]} == {"一中队"}


def test_the_comparison_shows_the_bureau_and_the_own_unit(world: World, told: Made) -> None:
    assert "还没有定稿的评查" in text(world.client("督察"), "/casereviews/compare/")
    final(world, told())
    shown = text(world.client("督察"), "/casereviews/compare/")
    assert "二中队" in shown
    assert 'data-chart="chart-items"' in shown
    assert "二中队" not in text(world.client("队长"), "/casereviews/compare/").split("chart-items")[1]
    exported = world.client("督察").get("/casereviews/compare/?export=xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(exported.content)).get_sheet_by_index(0).to_python()
    assert ["全局", "证据收集与固定", "3.5", 4.0] in rows


def test_replacing_a_case_and_a_reviewer_needs_a_reason(world: World, reviewing: Made) -> None:
    found = reviewing()
    client = world.client("督察")
    reviewed = rounds.standing_cases(found).filter(unit__name="一中队").first()
    review = seats(reviewed)[0]
    for address in (f"/casereviews/reviewed/{reviewed.pk}/replace/", f"/casereviews/reviews/{review.pk}/replace/"):
        text(client, address)
        assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(f"/casereviews/reviews/{review.pk}/replace/", {"reason": "长期出差"}).status_code == 303
    assert client.post(f"/casereviews/reviewed/{reviewed.pk}/replace/", {"reason": "案卷在法院"}).status_code == 303
    text(client, f"/casereviews/reviewed/{reviewed.pk}/", 404)
    assert client.post(f"/casereviews/reviewed/{rounds.standing_cases(found).first().pk}/third/").status_code == 409


def test_a_vetoed_case_is_shown_as_failed(world: World, reviewing: Made) -> None:
    found = reviewing()
    for review in Review.objects.filter(reviewed__round=found):
        submit(world, review, vetoes=VETO)
    services.tell_results(world.actor("督察"), found)
    shown = text(world.client("队长"), f"/casereviews/rounds/{found.pk}/")
    assert "不合格" in shown
    assert "违反法定程序" in text(world.client("队长"), f"/casereviews/reviewed/{mark_of(found).reviewed_id}/")


# --- queries ---


def taken(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_more_cases_take_no_more_queries(world: World, case: Made) -> None:
    client = world.client("督察")
    case()
    before = taken(client, "/casereviews/cases/")
    for _ in range(4):
        case()
    assert taken(client, "/casereviews/cases/") == before


def test_a_round_takes_the_same_queries_for_any_number_of_cases(world: World, case: Made, reviewing: Made) -> None:
    for _ in range(10):
        case()
    found = reviewing()
    client = world.client("督察")
    for review in Review.objects.all():
        submit(world, review, off())
    services.tell_results(world.actor("督察"), found)
    assert taken(client, f"/casereviews/rounds/{found.pk}/") <= 22
