"""Records for 司法局: asked by one, approved by another, made once; no complainant, no name where the setting says number."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from chengxin.audit.models import Entry
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.draws import selectors as draws_facts
from chengxin.draws import services as draws
from chengxin.findings import services as findings
from chengxin.reports.models import JusticeArchive, JusticeDownload, JusticeExport
from chengxin.reports.selectors import justice
from chengxin.reports.services import ask_export, decide_export, download_export
from chengxin.rulebook.models import RuleVersion
from chengxin.rulekit import draws as recompute
from chengxin.rulekit.draws import Entry as Frame
from tests.complaints.conftest import CONTACT, TEXT, Case, accuse, case, send  # noqa: F401  (fixtures of the neighbours)
from tests.reports.conftest import AUTUMN, finding, on
from tests.world import World

ASKED = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 10, 31), "recipient": "某某区司法局", "reason": "来函〔2026〕5号，执法监督"}
LATER = dt.date(2026, 11, 3)


def asked(world: World, by: str = "督察", **more: Any) -> JusticeExport:
    return ask_export(world.actor(by), **{**ASKED, **more})


def granted(world: World) -> JusticeExport:
    return decide_export(world.actor("局长"), asked(world), granted=True)


def opened(export: JusticeExport) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bytes(JusticeArchive.objects.get(export=export).content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def drawn(world: World, key: str, *names: str) -> Any:
    actor = world.actor("督察")
    entries = [Frame(name, "一中队") for name in names]
    made = draws.freeze_draw(actor, key=key, title="季度抽查对象", entries=entries, quotas={"一中队": 1}, rule_version="-")
    return draws.cast_draw(actor, made, public="当众掷出 4")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"until": dt.date(2026, 9, 30)}, "until"), ({"until": dt.date(2026, 11, 4)}, "until"), ({"since": dt.date(2023, 1, 1)}, "since"),
        ({"recipient": " "}, "recipient"), ({"reason": "急"}, "reason"),
    ],
)  # fmt: skip
def test_a_request_without_days_recipient_or_reason_is_refused_by_field(world: World, given: dict[str, Any], field: str) -> None:
    with on(LATER), pytest.raises(DomainError) as refused:
        asked(world, **given)
    assert refused.value.field == field
    assert not JusticeExport.objects.exists()
    assert not Entry.objects.filter(action="reports.export_asked").exists()


def test_nobody_decides_the_own_request_and_only_some_ask(world: World) -> None:
    with on(LATER):
        for name in ("队长", "大队长", "人事", "审计员", "队员"):
            with pytest.raises(NotAllowed):
                asked(world, by=name)
        export = asked(world)
        with pytest.raises(NotAllowed, match="另一人"):
            decide_export(world.actor("督察"), export, granted=True)
        with pytest.raises(NotAllowed):
            decide_export(world.actor("大队长"), export, granted=True)
        with pytest.raises(DomainError) as refused:
            decide_export(world.actor("局长"), export, granted=False)
        assert refused.value.field == "note"
    assert not JusticeArchive.objects.exists()
    export.refresh_from_db()
    assert export.granted is None


def test_nothing_is_handed_out_before_the_approval_or_after_a_refusal(world: World) -> None:
    with on(LATER):
        export = asked(world)
        with pytest.raises(Conflict, match="还没有审批"):
            download_export(world.actor("督察"), export)
        decide_export(world.actor("督察乙"), export, granted=False, note="来函没有盖章")
        with pytest.raises(Conflict, match="没有同意"):
            download_export(world.actor("督察"), export)
        with pytest.raises(Conflict, match="已经审批"):
            decide_export(world.actor("局长"), export, granted=True)
    assert not JusticeDownload.objects.exists()


def test_every_file_is_listed_with_its_digest_and_the_archive_stays_as_it_was_made(world: World) -> None:
    finding(world)
    with on(LATER):
        export = granted(world)
        files = opened(export)
        listed = json.loads(files["files.json"])["files"]
        assert {each["name"] for each in listed} == files.keys() - {"files.json", "SHA256SUMS"}
        assert all(hashlib.sha256(files[each["name"]]).hexdigest() == each["sha256"] for each in listed)
        assert {
            "findings.csv",
            "rectifications.csv",
            "measures.csv",
            "complaints.csv",
            "cover.docx",
            "cover.html",
            "records.json",
        } <= files.keys()
        first = download_export(world.actor("督察"), export)
    with on(LATER + dt.timedelta(days=30)):
        finding(world, AUTUMN, person="协管")
        again = download_export(world.actor("局长"), export)
    assert bytes(first.content) == bytes(again.content)
    assert hashlib.sha256(bytes(again.content)).hexdigest() == again.sha256
    assert [each.by_label for each in JusticeDownload.objects.all()] == ["督察", "局长"]
    actions = ["reports.export_asked", "reports.export_decided", "reports.export_downloaded"]
    assert [Entry.objects.filter(action=action).count() for action in actions] == [1, 1, 2]
    for statement in ("UPDATE reports_justicearchive SET sha256 = 'x'", "DELETE FROM reports_justicedownload"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_finding_stands_with_its_state_rectification_and_objection_and_the_person_by_number(world: World) -> None:
    one = finding(world, facts={"act": "队员漏戴标识", "entry": "attire.markings_missing"}, note="旁边的商户看见了")
    with on(AUTUMN + dt.timedelta(days=1)):
        findings.submit_rectification(world.actor("队长"), one, text="已配齐")
        findings.file_objection(world.actor("队员"), one, text="标识在送洗")
    with on(LATER):
        files = opened(granted(world))
    (row,) = csv.DictReader(io.StringIO(files["findings.csv"].decode("utf-8-sig")))
    number = world.persons["队员"].number
    assert (row["编号"], row["责任人"], row["事实"], row["状态"]) == (one.number, number, f"{number}漏戴标识", "待复核")
    steps = [each["事项"] for each in csv.DictReader(io.StringIO(files["rectifications.csv"].decode("utf-8-sig")))]
    assert steps == ["整改第 1 次", "申辩"]
    everything = b"".join(content for name, content in files.items() if not name.endswith(".docx")).decode("utf-8", "replace")
    assert "旁边的商户" not in everything
    assert "标识在送洗" not in everything
    assert world.persons["女队员"].name not in everything


def test_of_complaints_there_are_figures_and_nothing_of_who_complained_or_what_was_said(world: World, case: Case) -> None:  # noqa: F811
    with on(AUTUMN):
        accuse(world, case("大队", contact=CONTACT), heard=True)
    with on(LATER):
        files = opened(granted(world))
    everything = b"".join(files.values()).decode("utf-8", "replace")
    assert ["收到", "1", ""] in list(csv.reader(io.StringIO(files["complaints.csv"].decode("utf-8-sig"))))
    for word in (*CONTACT.values(), TEXT[:12], "态度生硬", "没有踢菜筐", "南湖路"):
        assert word not in everything


def test_a_draw_that_names_nobody_can_be_recomputed_from_its_file_alone(world: World) -> None:
    with on(AUTUMN):
        drawn(world, "evidence.review:2026-10", "影0000001", "影0000002", "影0000003")
    ((_, file),) = justice.draw_files_between(ASKED["since"], ASKED["until"])
    assert recompute.verify(file) == []
    assert "督察" not in json.dumps(file, ensure_ascii=False)


def test_a_draw_that_names_persons_is_written_with_numbers_and_tickets_or_whole_as_the_setting_says(world: World) -> None:
    persons = [world.persons[name] for name in ("队员", "女队员", "协管")]
    with on(AUTUMN):
        made = drawn(world, "supervision.objects:1", *(f"{each.number} {each.name}" for each in persons))
    ((_, file),) = justice.draw_files_between(ASKED["since"], ASKED["until"])
    text = json.dumps(file, ensure_ascii=False)
    assert not any(f" {each.name}" in text for each in persons)
    assert sorted(name for name, *_ in file["frame"]) == sorted(each.number for each in persons)
    (first, *_) = sorted(file["tickets"], key=file["tickets"].get)
    assert file["drawn"] == [first]
    version = RuleVersion.objects.get(rule__code="reports.justice_export")
    version.values["persons"]["value"] = "name"
    version.save()
    ((_, whole),) = justice.draw_files_between(ASKED["since"], ASKED["until"])
    assert recompute.verify(whole) == []
    assert whole["drawn"] == draws_facts.file_of(made)["drawn"]
    assert justice.naming(ASKED["until"])(persons[0]) == "队员"


def test_text_that_a_spreadsheet_would_run_is_neutralised(world: World) -> None:
    finding(world, facts={"act": "=1+1", "entry": "attire.markings_missing"})
    with on(LATER):
        files = opened(granted(world))
    (row,) = csv.DictReader(io.StringIO(files["findings.csv"].decode("utf-8-sig")))
    assert row["事实"] == "'=1+1"
    assert b"<script" not in files["cover.html"]
