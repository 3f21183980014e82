"""The doors: what each role sees of a bulletin and what stays hidden, refusals that lose nothing, and the command line."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from chengxin.bulletins import rules
from chengxin.bulletins.models import Acknowledgement, Bulletin, Erratum, Task, Template
from chengxin.bulletins.services import drafting, issuing
from chengxin.core import clock
from chengxin.findings import services as findings
from tests.bulletins.conftest import OCTOBER, begun, frozen, issued, on, signed
from tests.bulletins.test_templates import made
from tests.bulletins.test_word import text_of
from tests.world import World


@pytest.fixture(autouse=True)
def a_tuesday_in_november(checked: Callable[..., None]) -> Iterator[None]:
    with clock.frozen(clock.at(dt.date(2026, 11, 3), 9)):
        yield


def read(world: World, name: str | None, address: str) -> str:
    answer = world.client(name).get(address)
    assert answer.status_code == 200, (name, address, answer.status_code)
    return str(answer.content.decode())


def test_a_month_from_the_list_to_the_receipt(world: World, october: dict[str, Any]) -> None:
    desk, leader, captain = world.client("督察"), world.client("局长"), world.client("队长")
    answer = desk.post("/bulletins/", {"month": "2026-10"})
    assert answer.status_code == 303
    address = answer["Location"]
    page = desk.get(address).content.decode()
    assert "编制中：下面是此刻的数字，尚未冻结。" in page
    assert desk.post(f"{address}wording/", {"practice": "班前点验全覆盖", "outlook": "逐项整改"}).status_code == 303
    unit = str(world.units["一中队"].pk)
    assert desk.post(f"{address}task/", {"text": "专项整改", "unit": unit, "due_on": "2026-11-20"}).status_code == 303
    assert desk.post(f"{address}freeze/").status_code == 303
    digest = Bulletin.objects.select_related("snapshot").get().snapshot.sha256  # type: ignore[union-attr]
    assert digest in leader.get(address).content.decode()
    assert 'class="btn btn-primary" type="submit">签发' not in desk.get(address).content.decode()
    assert leader.post(f"{address}sign/", {"sha256": digest}).status_code == 303
    assert captain.get(address).status_code == 404
    assert desk.post(f"{address}issue/", {"public": "on"}).status_code == 303
    page = captain.get(address).content.decode()
    assert "签收只表示已收到" in page
    assert captain.post(f"{address}acknowledge/", {"unit": unit}).status_code == 303
    assert Acknowledgement.objects.get().by_label == "队长"
    assert desk.post(f"{address}number/", {"number": "城管通〔2026〕12号"}).status_code == 303
    assert "城管通〔2026〕12号" in captain.get(address).content.decode()
    given = {"item": "检查人次", "was": "0", "becomes": "3", "reason": "漏报"}
    assert desk.get(f"{address}errata/").status_code == 422
    assert desk.post(f"{address}erratum/", given).status_code == 303
    assert "更正 1：检查人次" in captain.get(address).content.decode()
    sheet = text_of(captain.get(f"{address}errata/").content)
    assert all(told in sheet for told in ("更正说明", "城管通〔2026〕12号", "检查人次", "漏报"))
    task = Task.objects.get()
    assert captain.post(f"/bulletins/tasks/{task.pk}/", {"note": ""}).status_code == 422
    assert captain.post(f"/bulletins/tasks/{task.pk}/", {"note": "已开展"}).status_code == 303
    assert "已开展" in read(world, "督察", "/bulletins/tasks/")
    assert world.client("外队长").get(f"/bulletins/tasks/{task.pk}/").status_code == 404


def test_each_reader_sees_names_of_the_own_squadron_alone(world: World, october: dict[str, Any]) -> None:
    bulletin = issued(world, public=True)
    address = f"/bulletins/{bulletin.pk}/"
    seen = {name: read(world, name, address) for name in ("督察", "局长", "队长", "外队长", "大队长")}

    def cells(page: str) -> set[str]:
        return {name for name in ("队员", "外人", "女队员") if f">{name}</td>" in page}

    assert {name: cells(page) for name, page in seen.items()} == {
        "督察": {"队员", "外人"}, "局长": {"队员", "外人"}, "队长": {"队员"}, "外队长": {"外人"}, "大队长": {"队员", "外人"},
    }  # fmt: skip
    for name, page in seen.items():
        assert "复核中" in page
        assert ("附件（限局机关内部）" in page) is (name in {"督察", "局长"})
    for name in ("装备员", "队员", "协管", "人事", "审计员"):
        assert world.client(name).get(address).status_code == 403
    # no parameter widens what a squadron sees
    assert cells(read(world, "队长", f"{address}?audience=internal")) == {"队员"}
    assert cells(read(world, "督察", f"{address}?audience=public")) == set()


def test_the_public_reads_what_was_made_public_and_no_name(world: World, october: dict[str, Any]) -> None:
    bulletin = issued(world)
    assert "还没有公开的通报" in read(world, None, "/bulletins/public/")
    assert world.client().get("/bulletins/public/2026-10/").status_code == 404
    Bulletin.objects.filter(pk=bulletin.pk).update(audiences=["internal", "squadrons", "public"])
    assert "2026年10月督查通报" in read(world, None, "/bulletins/public/")
    page = read(world, None, "/bulletins/public/2026-10/")
    word = text_of(world.client().get("/bulletins/public/2026-10/word/").content)
    for text in (page, word):
        assert "漏戴标识" in text
        assert not any(name in text for name in ("队员", "女队员", "外人", "某某路口", "督察乙", "限局机关"))
    assert world.client().get(f"/bulletins/{bulletin.pk}/").status_code == 302


def test_the_word_file_is_the_readers_own_version(world: World, october: dict[str, Any]) -> None:
    bulletin = issued(world)
    files = {name: world.client(name).get(f"/bulletins/{bulletin.pk}/word/") for name in ("督察", "队长", "外队长")}
    texts = {name: set(text_of(answer.content).splitlines()) & {"队员", "外人"} for name, answer in files.items()}
    assert texts == {"督察": {"队员", "外人"}, "队长": {"队员"}, "外队长": {"外人"}}
    assert {answer["Cache-Control"] for answer in files.values()} == {"private, no-store"}


def test_the_list_of_problems_is_filtered_paged_and_exported_in_the_readers_version(world: World, october: dict[str, Any]) -> None:
    address = f"/bulletins/{issued(world).pk}/problems/"
    assert "共 3 件" in read(world, "队长", address)
    assert "共 1 件" in read(world, "队长", f"{address}?unit_name=二中队")
    assert "没有问题" in read(world, "队长", f"{address}?unit_name=二中队&state=待整改")
    sheet = world.client("外队长").get(f"{address}?export=xlsx").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    assert {row[rows[0].index("责任人")] for row in rows[1:]} == {"在编人员", "—", "外人"}


def test_a_bulletin_proves_its_digest_and_shows_when_something_was_changed(world: World, october: dict[str, Any]) -> None:
    bulletin = issued(world)
    address = f"/bulletins/{bulletin.pk}/verify/"
    page = read(world, "队长", address)
    assert page.count("一致") == 2
    assert "下载冻结的数据" not in page
    assert world.client("队长").get(f"/bulletins/{bulletin.pk}/figures/").status_code == 403
    content = world.client("督察").get(f"/bulletins/{bulletin.pk}/figures/").content
    import hashlib

    assert hashlib.sha256(content).hexdigest() in page
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE bulletins_snapshot SET content = jsonb_set(content, '{withdrawn}', '9')")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert "不一致" in read(world, "队长", address)


def test_a_refusal_shows_what_to_do_and_keeps_what_was_typed(world: World) -> None:
    desk = world.client("督察")
    for text, message in (("十月", "请写成 2026-10"), ("2026-12", "还没有开始"), ("", "请填写“月份”")):
        answer = desk.post("/bulletins/", {"month": text})
        assert (answer.status_code, message in answer.content.decode()) == (422, True)
    bulletin = begun(world)
    answer = desk.post("/bulletins/", {"month": "2026-10"})
    assert "每月只有一期" in answer.content.decode()
    address = f"/bulletins/{bulletin.pk}/"
    unit = str(world.units["一中队"].pk)
    answer = desk.post(f"{address}task/", {"text": "专项整改", "unit": unit, "due_on": "2026-11-03"})
    page = answer.content.decode()
    assert (answer.status_code, "请填写今天以后的日期" in page, "专项整改" in page) == (422, True, True)
    answer = desk.post(f"{address}wording/", {"practice": "长" * 5000, "outlook": "要求"})
    assert (answer.status_code, "超过 4000 字" in answer.content.decode()) == (422, True)
    with on(10, 20):
        early = drafting.draft_bulletin(world.actor("督察"), month=OCTOBER.before)
        assert early.state == rules.DRAFT
    now = begun(world, rules.Month(2026, 11))
    answer = desk.post(f"/bulletins/{now.pk}/freeze/")
    assert (answer.status_code, "次日起才能冻结" in answer.content.decode()) == (422, True)
    assert world.client("督察").get(f"/bulletins/{now.pk}/word/").status_code == 422


def test_doors_stand_open_only_to_who_may_and_when_it_makes_sense(world: World) -> None:
    bulletin = frozen(world)
    assert bulletin.snapshot is not None
    address = f"/bulletins/{bulletin.pk}/"
    desk, leader = world.client("督察"), world.client("局长")
    assert desk.post(f"{address}sign/", {"sha256": bulletin.snapshot.sha256}).status_code == 422
    assert 'id="sign"' in leader.get(address).content.decode()
    assert 'id="sign"' not in desk.get(address).content.decode()
    assert leader.post(f"{address}return/", {"reason": ""}).status_code == 422
    assert leader.post(f"{address}return/", {"reason": "补充说明"}).status_code == 303
    assert "已退回：补充说明" in desk.get(address).content.decode()
    assert desk.post(f"{address}nothing/").status_code == 404


def test_an_item_taken_back_after_the_issue_is_put_before_the_desk(world: World, october: dict[str, Any]) -> None:
    bulletin = issued(world)
    with on(11, 5):
        findings.withdraw_finding(world.actor("局长"), october["first"], reason="登记错人")
    address = f"/bulletins/{bulletin.pk}/"
    assert "印发后变化的事项" in read(world, "督察", address)
    assert "印发后变化的事项" not in read(world, "队长", address)
    desk = world.client("督察")
    number = october["first"].number
    given = {"item": number, "was": "计入", "becomes": "撤销", "reason": "登记错人", "finding_id": october["first"].pk}
    assert desk.post(f"{address}items/{october['first'].pk}/leave/", {"reason": ""}).status_code == 422
    assert desk.post(f"{address}erratum/", given).status_code == 303
    assert Erratum.objects.get().finding_id == october["first"].pk
    assert "印发后变化的事项" not in read(world, "督察", address)


def test_templates_are_brought_checked_looked_at_and_withdrawn(world: World) -> None:
    desk = world.client("督察")
    page = read(world, "督察", "/bulletins/templates/")
    assert "内置模板第 1 版" in page
    assert "问题清单" in page
    built = desk.get("/bulletins/templates/built-in/")
    assert built.status_code == 200

    def bring(content: bytes, **more: Any) -> Any:
        given = {"name": "局用模板", "in_force_from": "2026-11-03", "file": SimpleUploadedFile("模板.docx", content), **more}
        return desk.post("/bulletins/templates/", given)

    answer = bring(made("{{ 7 * 7 }}"))
    assert (answer.status_code, "模板没有采用" in answer.content.decode(), "局用模板" in answer.content.decode()) == (422, True, True)
    assert bring(b"").status_code == 422
    assert bring(built.content).status_code == 303
    template = Template.objects.get()
    assert desk.get(f"/bulletins/templates/{template.pk}/file/").content == built.content
    text = text_of(desk.get(f"/bulletins/templates/{template.pk}/preview/?audience=public").content)
    assert "示例路口" not in text
    assert "示例城市管理局" in text
    assert desk.post(f"/bulletins/templates/{template.pk}/withdraw/").status_code == 303
    assert "已停用" in read(world, "督察", "/bulletins/templates/")
    assert world.client("局长").get("/bulletins/templates/").status_code == 403


def test_pages_take_the_same_queries_for_any_number_of_problems(world: World, october: dict[str, Any]) -> None:
    bulletin = issued(world)
    client = world.client("队长")

    def taken(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    assert taken(f"/bulletins/{bulletin.pk}/") <= 24
    assert taken("/bulletins/") <= 12


# --- the command line ---


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command in this process, on the tests' database."""
    from contextlib import nullcontext

    from chengxin.cli import main

    monkeypatch.setattr("chengxin.cli.django.with_database", nullcontext)
    return lambda *words: CliRunner().invoke(main, ["bulletin", *map(str, words)])


def test_the_command_line_writes_a_frozen_bulletin_for_an_audience(
    world: World, october: dict[str, Any], cli: Callable[..., Any], tmp_path: Path
) -> None:
    target = tmp_path / "通报.docx"
    found = cli("2026-10", "-o", target)
    assert (found.exit_code, "还没有编制" in found.output, target.exists()) == (2, True, False)
    bulletin = begun(world)
    found = cli("2026-10", "-o", target)
    assert (found.exit_code, "还没有冻结数据" in found.output, target.exists()) == (2, True, False)
    bulletin = drafting.freeze_bulletin(world.actor("督察"), bulletin)
    assert bulletin.snapshot is not None
    issuing.sign_bulletin(world.actor("局长"), bulletin, sha256=bulletin.snapshot.sha256)
    for words, names in (
        ((), {"队员", "外人"}), (("--audience", "squadrons"), set()), (("--audience", "squadrons", "--unit", "一中队"), {"队员"}),
        (("--audience", "squadrons", "--unit", "second"), {"外人"}), (("--audience", "public"), set()),
    ):  # fmt: skip
        found = cli("2026-10", "-o", target, *words)
        assert found.exit_code == 0, found.output
        assert set(text_of(target.read_bytes()).splitlines()) & {"队员", "外人"} == names
    for month, *more in (
        ("2026/10",), ("2026-10", "--audience", "all"), ("2026-10", "--unit", "一中队"),
        ("2026-10", "--audience", "squadrons", "--unit", "没有"),
    ):  # fmt: skip
        assert cli(month, "-o", target, *more).exit_code == 2


def test_what_is_not_out_is_on_the_list_of_who_works_on_it_alone(world: World) -> None:
    address = f'href="/bulletins/{signed(world).pk}/"'
    assert address in read(world, "局长", "/bulletins/")
    assert address not in read(world, "队长", "/bulletins/")
