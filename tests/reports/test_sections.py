"""What the sections say of real facts of the rooms below: counted once, without names where none belong, open matters listed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from typing import Any

from chengxin.activities import services as activities
from chengxin.activities.models import Part
from chengxin.bulletins import rules as bulletin_rules
from chengxin.bulletins.services.drafting import draft_bulletin
from chengxin.core import clock
from chengxin.draws import selectors as draws_facts
from chengxin.findings.models import Finding
from chengxin.measures.models import Measure
from chengxin.measures.services.commendations import decide_commendation, propose_commendation
from chengxin.measures.services.life import decide_measure, propose_measure
from chengxin.reports import rules, selectors
from chengxin.reports.selectors import justice, sections
from chengxin.supervision.models import Answer, Check, Plan, Visit
from tests.reports.conftest import AUTUMN, begun, finding, on, open_keys
from tests.reports.test_exports import drawn, granted, opened
from tests.world import World

NOVEMBER = dt.date(2026, 11, 3)


def section(year: int, code: str) -> dict[str, Any]:
    content = sections.content_of(year, clock.now())
    return next(each for each in content["sections"] if each["code"] == code)


def rows(found: dict[str, Any], title: str) -> list[list[Any]]:
    return next(table["rows"] for table in found["tables"] if table["title"] == title)


def inspected(world: World, one: Finding | None, day: dt.date = AUTUMN, state: str = "closed") -> Visit:
    """A submitted visit of the first squadron: one member flawed, one fine, one not met."""
    user, at = world.users["督察"], clock.at(day, 9)
    plan = Plan.objects.create(
        kind="special", mode="covert", title="国庆专项督查", year=day.year, starts_on=day, ends_on=day, template="all", state=state,
        rule_version="-", planned_by=user.pk, planned_label="督察", planned_at=at,
    )  # fmt: skip
    visit = Visit.objects.create(
        plan=plan, unit=world.units["一中队"], mode="covert", due_on=day, arranged_label="督察", state="submitted", place="南湖路",
        held_on=day, client_key=uuid.uuid4(), submitted_by=user, submitted_label="督察", submitted_at=at,
    )  # fmt: skip
    for name, outcome in (("队员", "flawed"), ("协管", "fine"), ("女队员", "absent")):
        person = world.persons[name]
        check = Check.objects.create(visit=visit, person=person, person_class=person.person_class, outcome=outcome)
        if one is not None and outcome == "flawed":
            Answer.objects.create(of=check, item=one.entry, title="漏戴标识", finding=one)
    return visit


def test_every_section_has_a_clause_of_the_plan_and_says_plainly_when_there_is_nothing(world: World) -> None:
    from chengxin.rulebook import selectors as rulebook

    with on():
        content = sections.content_of(2026, clock.now())
    codes = [each["code"] for each in content["sections"]]
    assert len(codes) == len(set(codes)) == len(sections.SECTIONS)
    assert all(rulebook.clause_exists(each["clause"]) for each in content["sections"])
    assert all(each["paragraphs"] or any(table["rows"] for table in each["tables"]) for each in content["sections"])


def test_the_third_quarter_is_missing_no_case_review(world: World) -> None:
    with on():
        found = rows(section(2026, "activities"), "季度主题活动")
    assert [row[3] for row in found] == ["尚无记录", "尚无记录", "方案不安排", "尚无记录"]
    assert found[2][1] == "守纪律、展风采、树形象"


def test_the_years_programme_stands_part_by_part_with_attendance_talks_and_what_is_owed(world: World) -> None:
    with on(AUTUMN):
        captain = world.actor("队长")
        activities.create_programme(world.actor("督察"), year=2026)
        part = Part.objects.get(code="q4.study")
        now = clock.now()
        planned = activities.plan_activity(
            captain, form_key=uuid.uuid4(), parts=[part], title="廉政专题学习", place="局会议室", starts_at=now,
            ends_at=now + dt.timedelta(hours=2), unit=world.units["一中队"], units=[world.units["一中队"]], leader=world.persons["队长"],
        )  # fmt: skip
        opened_one = activities.open_activity(captain, planned)
        activities.close_activity(captain, opened_one, key=uuid.uuid4(), absent={world.persons["协管"].pk: "none"})
        activities.record_talk(
            captain, form_key=uuid.uuid4(), person=world.persons["队员"], held_on=AUTUMN, themes=["work"], content="想学无人机。"
        )
    with on():
        found = section(2026, "activities")
        assert rows(found, "季度主题活动")[3][2] == "5 项，已开展 1，逾期 4"
        by_part = {row[1]: row[2] for row in rows(found, "活动内容逐项")}
        assert (by_part["廉政专题学习"], by_part["全员谈心谈话"], len(by_part)) == ("已开展", "逾期未开展", 19)
        assert ["一中队", "协管", 1, 0, 0, 1] in rows(found, "活动到场")
        assert ["一中队", "在编", 4, 1, 3] in rows(found, "谈心谈话")
        assert rows(found, "谈话主题") == [["岗位工作", 1]]
        assert "想学无人机" not in str(found)
        keys = [item["key"] for item in found["open_items"]]
        first = world.units["一中队"].pk
        assert {f"talks:2026-{first}", f"lessons:2026-{first}"} <= set(keys)
        assert f"part:{part.pk}" not in keys
        assert len(keys) == len(set(keys))


def test_a_year_without_a_programme_owes_no_activities(world: World) -> None:
    with on():
        found = section(2026, "activities")
    assert found["open_items"] == []
    assert [row[2] for row in rows(found, "季度主题活动")] == ["尚无记录"] * 4


def test_inspections_stand_by_quarter_class_and_mode_and_count_in_the_indicators(world: World) -> None:
    one = finding(world)
    inspected(world, one)
    with on(NOVEMBER):
        found = section(2026, "supervision")
        assert ["第四季度", "一中队", "在编", "暗访", 1, 1, 1] in rows(found, "检查覆盖")
        assert ["第四季度", "一中队", "协管", "暗访", 1, 1, 0] in rows(found, "检查覆盖")
        assert [row[:3] for row in rows(found, "在编与协管检查比例")] == [["在编", 1, 1], ["协管", 1, 0]]
        shown = {each.code: each.total for each in selectors.indicators(world.actor("局长"), *rules.year_days(2026))}
    assert (shown["dress"].good, shown["dress"].n) == (1, 2)
    assert (shown["conduct"].good, shown["conduct"].n) == (2, 2)  # the finding is about dress, not about conduct


def test_a_plan_that_nobody_brought_to_an_end_is_an_open_matter(world: World) -> None:
    visit = inspected(world, None, state="assigned")
    with on():
        assert f"plan:{visit.plan_id}" in open_keys(begun(world))


def test_measures_and_commendations_stand_without_names_and_with_what_they_rest_on(world: World) -> None:
    one = finding(world)
    with on(NOVEMBER):
        propose_measure(
            world.actor("督察"), kind="criticism", ground="serious", text="多次提醒仍漏戴", happened_on=AUTUMN,
            person=world.persons["队员"], finding=one,
        )  # fmt: skip
        assert any(key.startswith("measure:") for key in open_keys(begun(world)))
        made = decide_measure(world.actor("局长"), Measure.objects.get(finding=one), kind="criticism", reasons="经提醒仍未改正")
        commended = propose_commendation(
            world.actor("督察"), form_key=uuid.uuid4(), kind="duty", text="拾金不昧", happened_on=AUTUMN, person=world.persons["协管"]
        )  # fmt: skip
        decide_commendation(world.actor("局长"), commended, given=True)
        found = section(2026, "measures")
        assert rows(found, "分类") == [["批评教育", "情节严重", 1]]
        (row,) = rows(found, "清单")
        assert row[0] == made.number
        assert row[-1] == one.number
        assert "队员" not in row
        assert rows(section(2026, "commendations"), "表扬清单")[0][2:4] == ["协管", "拾金不昧"]
        assert not any(key.startswith("measure:") for key in open_keys(begun(world)))


def test_everybody_has_a_verdict_with_reasons_and_on_paper_those_who_are_not_simply_eligible(world: World) -> None:
    for place in range(3):
        finding(world, AUTUMN + dt.timedelta(days=place))
    with on():
        found = section(2026, "eligibility")
    everybody = rows(found, "全体人员")
    assert len(everybody) == len(world.persons)
    own = next(row for row in rows(found, "不具备资格、待定和不参加评定的人员") if row[1] == "队员")
    assert own[4] != "具备资格"
    assert "3.1" in own[5]
    assert next(table for table in found["tables"] if table["title"] == "全体人员")["is_on_paper"] is False


def test_once_there_are_bulletins_a_month_without_an_issued_one_is_an_open_matter(world: World) -> None:
    with on(NOVEMBER):
        assert section(2026, "bulletins")["paragraphs"] == ["本年度系统中尚无记录。"]
        draft_bulletin(world.actor("督察"), month=bulletin_rules.Month(2026, 10))
        assert rows(section(2026, "bulletins"), "月度通报")[-1] == ["2026年10月", "编制中", ""]
    with on():
        assert {"bulletin:2026-10", "bulletin:2026-11", "bulletin:2026-12"} <= set(open_keys(begun(world)))


def test_weak_items_of_real_findings_leave_out_what_was_reversed(world: World) -> None:
    from chengxin.findings import services as findings

    made = [finding(world, AUTUMN + dt.timedelta(days=place), person=name) for place, name in enumerate(("队员", "队员", "协管", "外人"))]
    with on(NOVEMBER):
        findings.withdraw_finding(world.actor("局长"), made[3], reason="认定有误")
        (row,) = rows(section(2026, "next_year"), "薄弱环节")
    assert row[2:] == [0, 0, 0, 3, 3, "上升", 1]


def test_plans_visits_coverage_and_measures_are_in_the_records_for_the_justice_bureau(world: World) -> None:
    one = finding(world)
    inspected(world, one)
    with on(AUTUMN + dt.timedelta(days=2)):
        proposed = propose_measure(
            world.actor("督察"), kind="criticism", ground="serious", text="漏戴", happened_on=AUTUMN, person=world.persons["队员"],
            finding=one,
        )  # fmt: skip
        decide_measure(world.actor("局长"), proposed, kind="criticism", reasons="经提醒仍未改正")
    with on(NOVEMBER):
        files = opened(granted(world))

    def table(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"))))

    assert table("plans")[0]["名称"] == "国庆专项督查"
    assert (table("visits")[0]["方式"], table("visits")[0]["地点"]) == ("暗访", "南湖路")
    assert [row["检查人次"] for row in table("coverage")] == ["1", "1"]
    assert (table("measures")[0]["对象"], table("measures")[0]["依据的问题"]) == (world.persons["队员"].number, one.number)


def test_draws_of_the_year_stand_with_their_digest(world: World) -> None:
    with on(AUTUMN):
        made = drawn(world, "evidence.review:2026-10", "影0000001", "影0000002")
    with on(NOVEMBER):
        (row,) = rows(section(2026, "supervision"), "随机抽取")
        assert row[1:3] == [2, 1]
        assert row[-1] == made.frame_sha256[:16]
        assert [each.pk for each in draws_facts.draws_between(AUTUMN, AUTUMN)] == [made.pk]
        assert not draws_facts.draws_between(NOVEMBER, NOVEMBER).exists()
        assert justice.draw_files_between(NOVEMBER, NOVEMBER) == []
