"""The package of a year: begun, completed, frozen whole, issued, corrected by errata – and every refusal leaves nothing."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.db import DatabaseError, connection, transaction

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings import services as findings
from chengxin.reports import selectors
from chengxin.reports.models import CarriedOver, Erratum, NextMeasure, YearPackage
from chengxin.reports.services import (
    add_erratum,
    add_next_measure,
    carry_over,
    change_next_measure,
    files,
    freeze_package,
    issue_package,
    remove_next_measure,
)
from tests.reports.conftest import AUTUMN, NEW_YEAR, begun, carried, finding, frozen, on, open_keys
from tests.world import World


def entries(action: str) -> int:
    return Entry.objects.filter(action=action).count()


def test_beginning_again_gives_the_package_there_is(world: World) -> None:
    with on(AUTUMN):
        assert begun(world) == begun(world, by="督察乙")
    assert entries("reports.prepared") == 1


@pytest.mark.parametrize("year", [2019, 2027])
def test_a_year_to_come_or_of_long_ago_is_refused_by_field(world: World, year: int) -> None:
    with on(AUTUMN), pytest.raises(DomainError) as refused:
        begun(world, year)
    assert refused.value.field == "year"
    assert not YearPackage.objects.exists()


def test_only_who_prepares_begins_and_only_leaders_issue(world: World) -> None:
    with on():
        for name in ("局长", "人事", "队长", "队员", "系统员"):
            with pytest.raises(NotAllowed):
                begun(world, by=name)
        package = frozen(world)
        with pytest.raises(NotAllowed):
            issue_package(world.actor("督察"), package, document_number="城管〔2027〕3号")


def test_a_year_that_is_not_over_cannot_be_frozen(world: World) -> None:
    with on(dt.date(2026, 12, 31), 23):
        package = begun(world)
        with pytest.raises(Conflict, match="还没有结束"):
            freeze_package(world.actor("督察"), package)
    package.refresh_from_db()
    assert package.is_draft
    assert entries("reports.frozen") == 0


def test_an_open_matter_stops_the_freeze_until_it_is_carried_over_by_a_named_person(world: World) -> None:
    open_one = finding(world)
    with on():
        package = begun(world)
        with pytest.raises(Conflict, match="1 件未了事项") as refused:
            freeze_package(world.actor("督察"), package)
        assert open_one.number in refused.value.message
        carried(world, package)
        done = freeze_package(world.actor("督察"), package)
    kept = CarriedOver.objects.get()
    assert (kept.key, kept.responsible, kept.confirmed_label) == (f"finding:{open_one.pk}", world.persons["队长"], "督察")
    section = next(each for each in done.content["sections"] if each["code"] == "next_year")
    table = next(each for each in section["tables"] if each["title"] == "转结的未了事项")
    assert table["rows"][0][1:4] == ["队长", "年末整改期未满", "督察"]


def test_a_matter_that_came_after_the_carrying_over_stops_the_freeze_again(world: World) -> None:
    finding(world)
    with on():
        package = begun(world)
        carried(world, package)
        finding(world, AUTUMN + dt.timedelta(days=1), person="协管")
        with pytest.raises(Conflict, match="1 件未了事项"):
            freeze_package(world.actor("督察"), package)


def test_what_was_settled_meanwhile_cannot_be_carried_over(world: World) -> None:
    one = finding(world)
    with on():
        package = begun(world)
        findings.withdraw_finding(world.actor("局长"), one, reason="认定有误")
        with pytest.raises(Conflict):
            carry_over(world.actor("督察"), package, keys=[f"finding:{one.pk}"], responsible=world.persons["队长"], reason="x")
        assert open_keys(package) == []
        assert not freeze_package(world.actor("督察"), package).is_draft
    assert not CarriedOver.objects.exists()


def test_carrying_over_needs_matters_a_reason_and_somebody_who_is_still_there(world: World) -> None:
    one = finding(world)
    with on():
        package, actor = begun(world), world.actor("督察")
        key = f"finding:{one.pk}"
        gone = world.persons["外人"]
        gone.left_on = NEW_YEAR
        for given, field in (
            ({"keys": [], "reason": "x", "responsible": world.persons["队长"]}, "keys"),
            ({"keys": [key], "reason": "  ", "responsible": world.persons["队长"]}, "reason"),
            ({"keys": [key], "reason": "x", "responsible": gone}, "responsible"),
        ):
            with pytest.raises(DomainError) as refused:
                carry_over(actor, package, **given)  # type: ignore[arg-type]
            assert refused.value.field == field
    assert not CarriedOver.objects.exists()
    assert entries("reports.carried_over") == 0


def test_a_frozen_package_says_the_same_for_ever(world: World) -> None:
    one = finding(world)
    with on():
        package = frozen(world)
        before, sheet = files.as_docx(files.printed(package)), files.as_xlsx(files.printed(package))
        assert hashlib.sha256(package.snapshot.encode()).hexdigest() == package.sha256
    with on(NEW_YEAR + dt.timedelta(days=40)):
        findings.withdraw_finding(world.actor("局长"), one, reason="认定有误")
        finding(world, AUTUMN, person="协管")
        package = YearPackage.objects.get()
        again = files.printed(package)
        assert selectors.content_of(package) == package.content
        assert (len(files.as_docx(again)), len(files.as_xlsx(again))) == (len(before), len(sheet))
        assert files.as_docx(again) == before


def test_the_database_itself_refuses_to_change_what_was_frozen(world: World) -> None:
    with on():
        package = frozen(world)
        add_erratum(world.actor("督察"), package, text="第三部分检查次数应为 12。")
    for statement in (
        "UPDATE reports_yearpackage SET snapshot = '{}'", "UPDATE reports_yearpackage SET as_of = now()",
        "UPDATE reports_yearpackage SET state = 'draft', snapshot = '', as_of = NULL", "DELETE FROM reports_yearpackage",
        "UPDATE reports_erratum SET text = 'x'", "DELETE FROM reports_erratum",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_nothing_is_edited_after_the_freeze(world: World) -> None:
    with on():
        package, actor = frozen(world), world.actor("督察")
        for refused in (
            lambda: freeze_package(actor, package),
            lambda: add_next_measure(actor, package, text="开展补训", unit=world.units["大队"], due_on=dt.date(2027, 3, 1), clause="2.1.3"),
            lambda: carry_over(actor, package, keys=["finding:1"], responsible=world.persons["队长"], reason="x"),
        ):
            with pytest.raises(Conflict, match="登记勘误"):
                refused()
    assert not NextMeasure.objects.exists()


def test_issued_once_and_then_corrected_by_numbered_errata_alone(world: World) -> None:
    with on():
        package = begun(world)
        with pytest.raises(Conflict, match="先定稿"):
            issue_package(world.actor("局长"), package, document_number="城管〔2027〕3号")
        with pytest.raises(Conflict, match="草稿"):
            add_erratum(world.actor("督察"), package, text="x")
        package = freeze_package(world.actor("督察"), package)
        with pytest.raises(DomainError) as refused:
            issue_package(world.actor("局长"), package, document_number="  ")
        assert refused.value.field == "document_number"
        issued = issue_package(world.actor("局长"), package, document_number="城管〔2027〕3号")
        with pytest.raises(Conflict, match="已经印发"):
            issue_package(world.actor("局长"), package, document_number="城管〔2027〕4号")
        first = add_erratum(world.actor("督察"), issued, text="第二部分第三季度主题有误。")
        second = add_erratum(world.actor("督察乙"), issued, text="同上，另一处。")
    assert (first.number, second.number) == (1, 2)
    assert [entries(f"reports.{word}") for word in ("frozen", "issued", "erratum_added")] == [1, 1, 2]
    assert [text for _, text, _ in files.printed(YearPackage.objects.get()).errata] == ["第二部分第三季度主题有误。", "同上，另一处。"]
    assert Erratum.objects.count() == 2


def test_a_measure_of_next_year_is_written_changed_and_taken_out_by_people(world: World) -> None:
    with on():
        package, actor = begun(world), world.actor("督察")
        made = add_next_measure(
            actor, package, text="组织一次专项补训", unit=world.units["大队"], due_on=dt.date(2027, 3, 31), clause="2.1.3"
        )
        change_next_measure(actor, made, text="组织两次专项补训", unit=world.units["一中队"], due_on=dt.date(2027, 6, 30), clause="2.1.3")
        made.refresh_from_db()
        assert (made.text, made.unit) == ("组织两次专项补训", world.units["一中队"])
        remove_next_measure(actor, made)
        assert not NextMeasure.objects.exists()
    assert [entries(f"reports.measure_{word}") for word in ("added", "changed", "removed")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "训"}, "text"), ({"text": "训" * 301}, "text"), ({"due_on": dt.date(2026, 12, 31)}, "due_on"),
        ({"due_on": dt.date(2028, 1, 1)}, "due_on"), ({"clause": "9.9"}, "clause"),
    ],
)  # fmt: skip
def test_a_measure_that_says_nothing_or_no_day_of_next_year_is_refused_by_field(world: World, given: dict[str, object], field: str) -> None:
    right = {"text": "组织一次专项补训", "due_on": dt.date(2027, 3, 31), "clause": "2.1.3", "unit": world.units["大队"]}
    with on():
        package = begun(world)
        with pytest.raises(DomainError) as refused:
            add_next_measure(world.actor("督察"), package, **{**right, **given})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert not NextMeasure.objects.exists()
    assert entries("reports.measure_added") == 0


def test_the_work_of_the_new_year_waits_for_who_prepares_and_then_for_who_issues(world: World) -> None:
    def waiting(name: str) -> list[str]:
        return [item.title for item in selectors.work_waiting_for(world.actor(name))]

    with on(AUTUMN):
        assert waiting("督察") == []  # of a year long over, of which nobody began a package, nobody is asked in autumn
    with on():
        assert waiting("督察") == ["编制 2026 年度年终材料"]
        assert waiting("局长") == []
        package = begun(world)
        assert waiting("督察") == ["2026 年度年终材料定稿"]
        package = freeze_package(world.actor("督察"), package)
        assert (waiting("督察"), waiting("局长")) == ([], ["印发 2026 年度年终材料"])
        assert selectors.work_waiting_for(world.actor("局长"))[0].due_on == dt.date(2027, 1, 31)
        issue_package(world.actor("局长"), package, document_number="城管〔2027〕3号")
        assert waiting("局长") == []
    assert clock.now() is not None
