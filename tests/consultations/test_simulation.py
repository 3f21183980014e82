"""What last quarter's verdicts would have been under a draft: by the same pure rules, named by nobody, writing nothing (3.3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import InternalError, connection
from django.db.utils import DatabaseError

from chengxin.audit.models import Entry
from chengxin.complaints.services import handling, intake
from chengxin.complaints.services.intake import Said
from chengxin.consultations import services
from chengxin.consultations.models import Consultation
from chengxin.consultations.selectors import drafts
from chengxin.consultations.selectors import simulation as trials
from chengxin.findings import services as findings
from tests.consultations.conftest import on
from tests.world import World

QUARTER_DAY = dt.date(2026, 8, 3)  # a Monday of the third quarter
LATER = dt.date(2026, 10, 12)
Trial = Callable[..., trials.Found]


@pytest.fixture
def trial(world: World) -> Trial:
    """One part under a draft of some values, on a day of the quarter after."""

    def run(part: str, rule: str, values: dict[str, Any], who: str = "督察") -> trials.Found:
        with on(LATER):
            made = services.start_draft(world.actor("督察"), title="试算用", reason="试算", audience="internal")
            services.change_values(world.actor("督察"), made, rule=rule, values=values, reason="试算")
            return trials.simulate(world.actor(who), trials.PART_BY_CODE[part], drafts.changes_of(made))

    return run


def rectified(world: World, workdays: int, person: str = "队员") -> None:
    """A problem seen on a Monday and put right so many workdays later."""
    with on(QUARTER_DAY, 10):
        finding = world.finding(person=person)
    with on(QUARTER_DAY + dt.timedelta(days=workdays + 2 * (workdays // 5)), 10):
        findings.submit_rectification(world.actor("队长" if person == "协管" else person), finding, text="已改")


def test_problems_that_would_be_late_are_counted_by_unit_and_class(world: World, trial: Trial) -> None:
    rectified(world, 6)
    rectified(world, 6, "协管")
    rectified(world, 2, "女队员")
    found = trial("terms", "findings.rectification", {"workdays": 5})
    assert found.checked == 3
    assert found.kinds == [("按期", "逾期", "整改期限收紧 2 个工作日", 2)]
    assert (found.classes, found.units) == ([("在编", 1), ("协管", 1)], [("一中队", 2)])
    assert "期限改变的问题 3 件" in found.notes[0]
    assert trial("terms", "findings.rectification", {"workdays": 9}).changed == []


def test_the_last_day_of_the_tried_term_is_still_in_time(world: World, trial: Trial) -> None:
    rectified(world, 5)
    assert trial("terms", "findings.rectification", {"workdays": 5}).changed == []
    assert len(trial("terms", "findings.rectification", {"workdays": 4}).changed) == 1


def test_objections_beyond_a_shorter_term_are_counted(world: World, trial: Trial) -> None:
    with on(QUARTER_DAY, 10):
        finding = world.finding()
    with on(QUARTER_DAY + dt.timedelta(days=4), 10):
        findings.file_objection(world.actor("队员"), finding, text="不服")
    assert [each.after for each in trial("objections", "findings.objection", {"workdays": 3}).changed] == ["过期"]
    assert trial("objections", "findings.objection", {"workdays": 4}).changed == []


def test_the_ladder_proposes_less_when_repetition_is_more(world: World, trial: Trial) -> None:
    for number in range(3):
        with on(QUARTER_DAY + dt.timedelta(days=number), 10):
            world.finding(corrected_on_spot=True)
    found = trial("ladder", "findings.repeat", {"count": 4})
    assert (found.checked, [(each.before, each.after, each.why) for each in found.changed]) == (3, [("通报批评", "不提出", "多次违规")])
    lighter = trial("ladder", "measures.ladder", {"rungs": {**rungs(), "repeated": "criticism"}})
    assert [(each.before, each.after) for each in lighter.changed] == [("通报批评", "批评教育")]


def rungs() -> dict[str, str]:
    return {
        "serious": "criticism", "complaint": "criticism", "damage": "notice", "repeated": "notice", "refused": "notice",
        "integrity": "ineligible", "lacking": "talk",
    }  # fmt: skip


def test_a_shorter_term_makes_refusals_of_what_stands_open(world: World, trial: Trial) -> None:
    with on(dt.date(2026, 9, 7), 10):  # the term ends on 16 September, fourteen days before the quarter does
        world.finding()
    found = trial("ladder", "findings.rectification", {"workdays": 12})
    assert [(each.before, each.after, each.why) for each in found.changed] == [("通报批评", "不提出", "拒不整改")]


def test_who_would_be_eligible_is_told_with_the_ground_and_without_a_name(world: World, trial: Trial) -> None:
    for number in range(3):
        with on(QUARTER_DAY + dt.timedelta(days=number), 10):
            world.finding(corrected_on_spot=True)
    found = trial("eligibility", "findings.repeat", {"count": 4})
    assert [(each.before, each.after, each.why, each.unit, each.person_class) for each in found.changed] == [
        ("不具备资格", "具备资格", "不再因多次违规", "一中队", "established")
    ]
    assert found.checked == 16
    assert "队员" not in str(found.kinds)


def test_complaints_that_would_be_in_time_are_counted_by_clock(world: World, trial: Trial) -> None:
    with on(QUARTER_DAY, 9):
        made = intake.submit_complaint(Said("某某路口占道经营很严重"), form_key=uuid.uuid4(), who="1").complaint
        handling.assign_complaint(world.actor("督察"), made, unit=world.units["大队"], category="占道经营")
    with on(QUARTER_DAY + dt.timedelta(days=1), 12):
        handling.respond(world.actor("大队长"), made, text="已收到，正在核实。")
    found = trial("clocks", "complaints.clocks", {"response_hours": 30})
    assert found.checked == 2
    assert [(each.before, each.after, each.why, each.unit) for each in found.changed] == [("超时", "按时", "响应时限改为 30 小时", "大队")]
    assert trial("clocks", "complaints.clocks", {"pause_days": 6}).changed == []


def test_what_came_back_late_is_judged_by_the_other_grace(world: World, trial: Trial) -> None:
    with on(QUARTER_DAY, 7):
        world.item("R-1")
        world.shift("队员", QUARTER_DAY)
    with on(QUARTER_DAY, 8):
        world.check_out("R-1")
    with on(QUARTER_DAY, 20):
        world.give_back("R-1")  # due at 19:30
    found = trial("custodies", "equipment.custody", {"grace_hours": 3})
    assert [(each.before, each.after, each.why) for each in found.changed] == [("逾期", "按时", "归还宽限增加 1 小时")]


def test_a_goal_is_met_or_not_with_the_figures_of_the_quarter(world: World, trial: Trial) -> None:
    with on(QUARTER_DAY, 8):
        world.roll_call()
    found = trial("goals", "goals.indicators", {"minimum_n": 3})
    assert {(each.unit, each.before, each.after) for each in found.changed} == {
        ("全局", "样本不足", "目标数值待局确认"), ("一中队", "样本不足", "目标数值待局确认"),
    }  # fmt: skip


def test_squadrons_that_would_meet_the_criteria_of_a_title(world: World, trial: Trial) -> None:
    with on(QUARTER_DAY, 10):
        for person in ("队员", "女队员", "协管"):
            world.finding(person=person, corrected_on_spot=True)
    found = trial("titles", "appraisal.titles", {"most_findings_per_person": 1.0})
    assert found.checked == 2
    assert all(each.unit in {"一中队", "二中队"} for each in found.changed)


def test_a_trial_writes_nothing_and_the_database_refuses_it_to(world: World, trial: Trial) -> None:
    rectified(world, 6)
    before = Entry.objects.count(), Consultation.objects.count()
    for part in trials.PARTS:
        with on(LATER):
            trials.simulate(world.actor("督察"), part, [])
    assert (Entry.objects.count(), Consultation.objects.count()) == before
    with pytest.raises((InternalError, DatabaseError), match="read-only"), trials.read_only(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM findings_step")
    world.finding()  # and afterwards things are written again


def test_a_draft_that_changes_nothing_judges_nobody_differently(world: World) -> None:
    rectified(world, 9)
    for number in range(3):
        with on(QUARTER_DAY + dt.timedelta(days=number), 10):
            world.finding(person="协管", corrected_on_spot=True)
    with on(LATER):
        assert [trials.simulate(world.actor("督察"), part, []).changed for part in trials.PARTS] == [[]] * len(trials.PARTS)
