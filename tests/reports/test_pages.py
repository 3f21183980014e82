"""The doors: what each role sees and does not, nothing typed is lost, files are handed out by post and kept."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest

from chengxin.audit.models import Entry
from chengxin.reports.models import CarriedOver, JusticeExport, NextMeasure, YearPackage
from chengxin.reports.services import add_next_measure, freeze_package
from tests.reports.conftest import AUTUMN, NEW_YEAR, begun, carried, finding, frozen, on
from tests.world import CAST, World

SEES = {"局长", "督察", "督察乙", "人事"}
EXPORTS = {"局长", "督察", "督察乙"}


@pytest.mark.parametrize("name", CAST)
def test_who_sees_the_package_and_who_does_not(world: World, name: str) -> None:
    with on():
        begun(world)
        client = world.client(name)
        for address in ("/reports/", "/reports/2026/"):
            assert client.get(address).status_code == (200 if name in SEES else 403)
        assert client.get("/reports/justice/").status_code == (200 if name in EXPORTS else 403)


def test_a_year_is_begun_and_its_page_says_plainly_where_there_are_no_records(world: World) -> None:
    with on(AUTUMN):
        client = world.client("督察")
        assert "还没有年终材料" in client.get("/reports/").content.decode()
        refused = client.post("/reports/", {"year": "2030"})
        assert refused.status_code == 422
        assert 'value="2030"' in refused.content.decode()
        assert client.post("/reports/", {"year": "2026"}).status_code == 303
        page = client.get("/reports/2026/").content.decode()
        assert "本年度系统中尚无记录" in page
        assert "方案不安排" in page  # the third quarter has no case review and is missing none
        assert "2027 年 1 月 1 日起可以定稿" in page
        assert client.get("/reports/2025/").status_code == 404


def test_who_only_reads_gets_no_forms(world: World) -> None:
    finding(world)
    with on():
        begun(world)
        page = world.client("人事").get("/reports/2026/").content.decode()
        assert "转结勾选的事项" not in page
        assert "/reports/2026/freeze/" not in page
        assert "漏戴标识" in page
        for door in ("freeze", "carry", "measures", "issue", "errata"):
            assert world.client("人事").post(f"/reports/2026/{door}/").status_code == 403


def test_a_refused_carrying_over_keeps_what_was_chosen_and_typed(world: World) -> None:
    one = finding(world)
    with on():
        begun(world)
        client = world.client("督察")
        given = {"keys": [f"finding:{one.pk}"], "responsible": "没有这个人", "reason": "年末整改期未满"}
        refused = client.post("/reports/2026/carry/", given)
        page = refused.content.decode()
        assert refused.status_code == 422
        assert f'value="finding:{one.pk}" checked' in page
        assert "年末整改期未满" in page
        assert "没有找到" in page
        assert not CarriedOver.objects.exists()
        assert client.post("/reports/2026/carry/", {**given, "responsible": "队长"}).status_code == 303
        assert "已转结：队长" in client.get("/reports/2026/").content.decode()


def test_a_freeze_with_open_matters_is_refused_on_the_page_and_names_them(world: World) -> None:
    one = finding(world)
    with on():
        package = begun(world)
        client = world.client("督察")
        refused = client.post("/reports/2026/freeze/")
        assert refused.status_code == 422
        assert one.number in refused.content.decode()
        carried(world, package)
        assert client.post("/reports/2026/freeze/").status_code == 303
        page = client.get("/reports/2026/").content.decode()
        assert YearPackage.objects.get().sha256 in page
        assert "增加一条措施" not in page
        assert "/reports/2026/issue/" not in page
        assert world.client("局长").post("/reports/2026/issue/", {"document_number": ""}).status_code == 422
        assert world.client("局长").post("/reports/2026/issue/", {"document_number": "城管〔2027〕3号"}).status_code == 303
        assert client.post("/reports/2026/errata/", {"text": "第一部分有误，应为 3。"}).status_code == 303
        assert "勘误第 1 号" in client.get("/reports/2026/").content.decode()


def test_a_proposed_measure_is_taken_up_edited_and_taken_out(world: World) -> None:
    for name in ("队员", "女队员", "协管"):
        finding(world, person=name)
    with on():
        begun(world)
        client = world.client("督察")
        page = client.get("/reports/2026/?propose=0").content.decode()
        assert "针对“漏戴" in page
        assert page.count("针对“漏戴") == 2  # once as the proposal, once in the form
        given = {"clause": "2.1.3", "entry": "attire.markings_missing", "text": "组织一次标识佩戴补训", "unit": str(world.units["大队"].pk)}
        refused = client.post("/reports/2026/measures/", {**given, "due_on": "2026-12-01"})
        assert refused.status_code == 422
        assert "组织一次标识佩戴补训" in refused.content.decode()
        assert client.post("/reports/2026/measures/", {**given, "due_on": "2027-03-31"}).status_code == 303
        assert "采用并填写" not in client.get("/reports/2026/").content.decode()
        made = NextMeasure.objects.get()
        address = f"/reports/2026/measures/{made.pk}/"
        assert client.post(address, {**given, "text": "", "due_on": "2027-03-31"}).status_code == 422
        assert client.post(address, {**given, "text": "组织两次标识佩戴补训", "due_on": "2027-04-30"}).status_code == 303
        assert client.post(address, {"remove": "yes"}).status_code == 303
        assert not NextMeasure.objects.exists()
        assert client.post(address, {"remove": "yes"}).status_code == 404


def test_the_files_are_handed_out_by_post_and_each_time_kept(world: World) -> None:
    with on():
        add_next_measure(
            world.actor("督察"),
            begun(world),
            text="组织一次专项补训",
            unit=world.units["大队"],
            due_on=dt.date(2027, 3, 31),
            clause="2.1.3",
        )
        freeze_package(world.actor("督察"), YearPackage.objects.get())
        client = world.client("人事")
        for form, part in (("docx", "word/document.xml"), ("xlsx", "xl/workbook.xml")):
            answer = client.post("/reports/2026/file/", {"form": form})
            assert answer.status_code == 200
            assert answer["Cache-Control"] == "no-store"
            assert part in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert client.get("/reports/2026/file/").status_code == 405
        assert client.post("/reports/2026/file/", {"form": "exe"}).status_code == 422
    assert Entry.objects.filter(action="reports.downloaded").count() == 2


def test_a_frozen_page_does_not_follow_later_facts(world: World) -> None:
    with on():
        frozen(world)
    with on(NEW_YEAR + dt.timedelta(days=20)):
        finding(world, AUTUMN)
        page = world.client("局长").get("/reports/2026/").content.decode()
    assert "漏戴标识" not in page


def test_records_are_asked_for_decided_by_another_and_fetched_by_post(world: World) -> None:
    with on(AUTUMN):
        client, other = world.client("督察"), world.client("局长")
        given = {"since": "2026-10-01", "until": "2026-10-13", "recipient": "某某区司法局", "reason": "来函〔2026〕5号"}
        refused = client.post("/reports/justice/", {**given, "until": "2026-09-01"})
        assert refused.status_code == 422
        assert "来函〔2026〕5号" in refused.content.decode()
        assert client.post("/reports/justice/", given).status_code == 303
        export = JusticeExport.objects.get()
        own, others = (each.get(f"/reports/justice/{export.pk}/").content.decode() for each in (client, other))
        assert "另一人审批" in own
        assert f"/reports/justice/{export.pk}/decide/" not in own
        assert f"/reports/justice/{export.pk}/decide/" in others
        assert "审批提供监督记录" in other.get("/").content.decode()
        assert client.post(f"/reports/justice/{export.pk}/decide/", {"granted": "yes"}).status_code == 422  # not the own
        assert client.post(f"/reports/justice/{export.pk}/file/").status_code == 409
        assert other.post(f"/reports/justice/{export.pk}/decide/", {"granted": "yes", "note": ""}).status_code == 303
        answer = client.post(f"/reports/justice/{export.pk}/file/")
        assert answer["Content-Type"] == "application/zip"
        assert client.get(f"/reports/justice/{export.pk}/file/").status_code == 405
        assert "下载记录" in client.get(f"/reports/justice/{export.pk}/").content.decode()
