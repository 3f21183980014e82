"""Dated assignments, scoped grants, separated administrators, and what an import refuses."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.files.models import SheetImport
from chengxin.people import rules, selectors, services
from chengxin.people.access import actor_for_token, units_below
from chengxin.people.models import ApiToken, Assignment, Grant, Person
from tests.world import World

TODAY = dt.date(2026, 9, 30)
HEADING = list(rules.COLUMNS)
NEW = ["N001", "新人", "男", "在编", "一中队", "340099", "队员", "2026-09-01"]


@pytest.fixture(autouse=True)
def a_day_in_september() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 8)):
        yield


def test_every_past_day_finds_its_unit(world: World) -> None:
    person = world.persons["外人"]
    services.assign_person(world.actor("人事"), person, unit=world.units["一中队"], starts_on=TODAY)
    found = [selectors.unit_of(person, TODAY - dt.timedelta(days=days)) for days in (0, 1)]
    assert found == [world.units["一中队"], world.units["二中队"]]
    assert selectors.unit_of(person, dt.date(2025, 8, 31)) is None


def test_two_units_on_one_day_are_refused_by_the_database(world: World) -> None:
    running = Assignment.objects.get(person=world.persons["外人"])
    with pytest.raises(IntegrityError, match="one_unit_a_day"), transaction.atomic():
        Assignment.objects.create(person=running.person, unit=world.units["一中队"], period=running.period)


@pytest.mark.parametrize("day", [dt.date(2025, 9, 1), dt.date(2025, 1, 1)])
def test_an_assignment_cannot_begin_before_the_running_one(world: World, day: dt.date) -> None:
    with pytest.raises(DomainError, match="应晚于现任职"):
        services.assign_person(world.actor("人事"), world.persons["外人"], unit=world.units["一中队"], starts_on=day)


def test_a_leaver_cannot_sign_in_or_be_assigned_and_keeps_the_past(world: World) -> None:
    person = world.persons["队员"]
    services.record_departure(world.actor("人事"), person, left_on=TODAY)
    world.users["队员"].refresh_from_db()
    assert not world.users["队员"].is_active
    assert selectors.unit_of(person, TODAY) == world.units["一中队"]
    assert selectors.unit_of(person, TODAY + dt.timedelta(days=1)) is None
    with pytest.raises(DomainError, match="已于 2026-09-30 离队"):
        services.assign_person(world.actor("人事"), person, unit=world.units["二中队"], starts_on=TODAY)


def test_other_staff_get_no_badge(world: World) -> None:
    with pytest.raises(DomainError, match="不佩戴标识"):
        services.add_person(
            world.actor("人事"), number="X1", name="某人", sex="male", person_class="other", unit=world.units["局"],
            joined_on=TODAY, badge_number="1",
        )  # fmt: skip


def test_the_three_administrators_cannot_hold_each_others_rights(world: World) -> None:
    secadmin, day = world.actor("安全员"), TODAY
    for role in ("auditor", "secadmin", "leader", "captain"):
        with pytest.raises(Conflict, match="三员分立"):
            services.grant_role(secadmin, world.users["系统员"], role=role, unit=None, starts_on=day)
    with pytest.raises(NotAllowed, match="不能给自己授权"):
        services.grant_role(secadmin, world.users["安全员"], role="auditor", unit=None, starts_on=day)
    with pytest.raises(NotAllowed, match="管理用户与授权"):
        services.grant_role(world.actor("系统员"), world.users["队员"], role="leader", unit=None, starts_on=day)
    assert Grant.objects.filter(user=world.users["系统员"]).count() == 1


def test_a_grant_reaches_its_unit_and_below_and_ends_today_when_revoked(world: World) -> None:
    brigade, first, second = (world.units[name].pk for name in ("大队", "一中队", "二中队"))
    assert units_below(brigade) == {brigade, first, second}
    captain = world.actor("队长")
    assert captain.may("findings.read", first)
    assert not captain.may("findings.read", second)
    assert world.actor("大队长").may("findings.read", second)
    assert world.actor("局长").units_for("findings.read") is None
    services.revoke_grant(world.actor("安全员"), Grant.objects.get(user=world.users["队长"]))
    assert not world.actor("队长").may("findings.read", first)
    assert world.actor("队长").may("findings.read_own")
    with clock.frozen(clock.at(TODAY - dt.timedelta(days=1))):
        assert world.actor("队长").may("findings.read", first)


def test_administrators_without_business_role_see_no_persons(world: World) -> None:
    for name in ("系统员", "安全员", "审计员"):
        visible = Person.objects.all().visible_to(world.actor(name))
        assert set(visible) == {world.persons[name]}


def test_a_token_reads_only_and_works_only_once_another_administrator_approved_it(world: World) -> None:
    expires = TODAY + dt.timedelta(days=30)
    with pytest.raises(DomainError, match="可授予接口的权限"):
        services.issue_token(world.actor("系统员"), name="x", granted=["findings.raise"], unit=None, expires_on=expires)
    text = services.issue_token(
        world.actor("系统员"), name="大屏", granted=["findings.read"], unit=world.units["一中队"], expires_on=expires
    )
    token = ApiToken.objects.get()
    assert text not in str(vars(token))
    assert actor_for_token(text) is None
    with pytest.raises(NotAllowed):
        services.approve_token(world.actor("系统员"), token)
    services.approve_token(world.actor("安全员"), token)
    actor = actor_for_token(text)
    assert actor is not None
    assert actor.units_for("findings.read") == {world.units["一中队"].pk}
    assert not actor.may("people.read")
    with clock.frozen(clock.at(expires + dt.timedelta(days=1))):
        assert actor_for_token(text) is None
    services.revoke_token(world.actor("系统员"), token)
    assert actor_for_token(text) is None


def sheet(*rows: list[Any], heading: list[str] | None = None) -> SimpleUploadedFile:
    """A staff list as a spreadsheet program writes it."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    page = book.add_worksheet()
    for number, row in enumerate([heading or HEADING, *rows]):
        page.write_row(number, 0, row)
    book.close()
    return SimpleUploadedFile("名册.xlsx", content.getvalue())


def test_a_staff_list_is_previewed_then_applied_and_a_second_time_changes_nothing(world: World) -> None:
    client = world.client("人事")
    moved = ["T011", "外人", "男", "在编", "一中队", "340011", "", "2025-09-01"]
    preview = client.post("/people/import/", {"file": sheet(NEW, moved)}, follow=True)
    page = preview.content.decode()
    assert "新增" in page
    assert "修改单位" in page
    assert not Person.objects.filter(number="N001").exists()
    client.post(preview.redirect_chain[-1][0])
    assert Person.objects.get(number="N001").badge_number == "340099"
    assert selectors.unit_of(world.persons["外人"], TODAY) == world.units["一中队"]
    assert selectors.unit_of(world.persons["外人"], TODAY - dt.timedelta(days=1)) == world.units["二中队"]

    assert client.post(preview.redirect_chain[-1][0]).status_code == 409
    tables = (Person, Assignment, Entry)
    before = [model.objects.count() for model in tables]
    again = client.post("/people/import/", {"file": sheet(NEW, moved)}, follow=True)
    assert "无变化" in again.content.decode()
    client.post(again.redirect_chain[-1][0])
    assert [model.objects.count() for model in tables] == before


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (["", *NEW[1:]], "工号", "请填写工号"),
        ([*NEW[:2], "不详", *NEW[3:]], "性别", "应为男或女"),
        ([*NEW[:3], "临时", *NEW[4:]], "人员类别", "应为在编、协管或其他"),
        ([*NEW[:4], "九中队", *NEW[5:]], "单位", "没有名为“九中队”的单位"),
        ([*NEW[:3], "其他", *NEW[4:]], "胸号", "请清空胸号"),
        ([*NEW[:7], "2026-02-30"], "入职日期", "应写成 2026-09-30"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_written(world: World, row: list[Any], column: str, message: str) -> None:
    before = Person.objects.count()
    other = ["N002", "另一人", "女", "协管", "二中队", "", "", "2026-09-01"]
    answer = world.client("人事").post("/people/import/", {"file": sheet(other, row)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<td data-title="行">3</td><td data-title="列">{column}</td>' in page
    assert message in page
    assert (Person.objects.count(), SheetImport.objects.count()) == (before, 0)


def test_twins_in_a_staff_list_name_both_rows(world: World) -> None:
    page = world.client("人事").post("/people/import/", {"file": sheet(NEW, NEW)}).content.decode()
    assert "“N001”与第 2 行重复" in page
    assert "“340099”与第 2 行重复" in page


def test_a_badge_of_somebody_else_refuses_the_whole_list(world: World) -> None:
    client = world.client("人事")
    twin = [*NEW[:5], world.persons["队员"].badge_number, *NEW[6:]]
    fine = ["N002", "另一人", "女", "协管", "二中队", "", "", "2026-09-01"]
    address = client.post("/people/import/", {"file": sheet(fine, twin)})["Location"]
    before = Person.objects.count()
    answer = client.post(address)
    assert answer.status_code == 409
    assert "第 3 行：胸号" in answer.content.decode()
    assert "整份名册没有导入" in answer.content.decode()
    assert Person.objects.count() == before


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (SimpleUploadedFile("a.xlsx", b"not a sheet at all"), "读不出表格"),
        (SimpleUploadedFile("a.csv", "工号,姓名\n1,甲".encode()), "第一行缺少这些列"),
        (SimpleUploadedFile("a.xlsx", b""), "空文件"),
    ],
)
def test_a_file_that_is_no_staff_list(world: World, file: SimpleUploadedFile, message: str) -> None:
    file.seek(0)
    answer = world.client("人事").post("/people/import/", {"file": file})
    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_a_csv_in_the_older_chinese_encoding_is_read(world: World) -> None:
    text = ",".join(HEADING) + "\n" + ",".join(NEW)
    answer = world.client("人事").post("/people/import/", {"file": SimpleUploadedFile("a.csv", text.encode("gb18030"))}, follow=True)
    assert "新人" in answer.content.decode()


def test_the_template_can_be_filled_in_and_imported(world: World) -> None:
    from python_calamine import CalamineWorkbook

    content = world.client("人事").get("/people/import/template/").content
    heading = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0]
    rows, errors = rules.read_staff_list([heading, NEW], selectors.unit_names())
    assert (len(rows), errors) == (1, [])
