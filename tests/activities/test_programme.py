"""The year's programme: made once, standing by what was held (2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from chengxin.activities import selectors, services
from chengxin.activities.jobs import nominate
from chengxin.activities.models import Activity, Part, PartReport, Programme, WeakPoint
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.ui.together import Inquiry
from tests.activities.conftest import TODAY, close, part
from tests.cases import cases
from tests.world import World, build_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("october")]


def test_the_programme_of_2026_is_created_from_the_rulebook_as_the_plan_says(world: World, programme: Programme) -> None:
    overview = selectors.overview_of(2026)
    assert overview is not None
    for block, case in zip(overview.blocks, cases("activities_2026"), strict=True):
        assert (block.quarter, block.heading, block.theme) == (case["quarter"], case["heading"], case["theme"])
        assert [[each.part.title, each.part.kind] for each in block.parts] == case["parts"]
        assert {(each.part.starts_on, each.part.due_on, each.part.clause) for each in block.parts} == {
            (case["starts"], case["ends"], case["clause"])
        }
    assert programme.rule_version == "activities.programme@1"
    entry = Entry.objects.get(action="activities.programme_created")
    assert entry.details == {"year": 2026, "parts": 19}


def test_a_year_has_one_programme_however_often_it_is_asked_for(world: World, programme: Programme) -> None:
    again = services.create_programme(world.actor("督察乙"), year=2026)
    assert (again.pk, Programme.objects.count(), Part.objects.count()) == (programme.pk, 1, 19)
    assert Entry.objects.filter(action="activities.programme_created").count() == 1


def test_only_the_supervision_office_creates_it_and_for_a_near_year(world: World) -> None:
    for name in ("队长", "大队长", "队员", "局长"):
        with pytest.raises(NotAllowed):
            services.create_programme(world.actor(name), year=2026)
    with pytest.raises(DomainError, match="2025 至 2027") as refused:
        services.create_programme(world.actor("督察"), year=2029)
    assert refused.value.field == "year"
    assert (Programme.objects.count(), Entry.objects.filter(action__startswith="activities").count()) == (0, 0)


def test_the_third_quarter_is_never_missing_a_case_review(world: World, programme: Programme) -> None:
    overview = selectors.overview_of(2026, dt.date(2026, 12, 31))
    assert overview is not None
    third = next(block for block in overview.blocks if block.quarter == 3)
    assert [each.part.kind for each in third.parts] == ["drill", "inspection"]
    late = [each.part.code for each in overview.parts if each.state == "late" and each.part.kind == "case_review"]
    assert late == ["q1.case_review", "q2.case_review"]


def test_a_part_is_arranged_with_an_activity_and_done_once_it_is_closed(
    world: World, programme: Programme, activity: Callable[..., Activity]
) -> None:
    def state(code: str) -> str:
        overview = selectors.overview_of(2026)
        assert overview is not None
        return next(each.state for each in overview.parts if each.part.code == code)

    assert (state("q4.study"), state("q3.drill"), state("year_end.meeting")) == ("open", "late", "ahead")
    made = activity(parts=[part(), part("q4.warning")])
    assert (state("q4.study"), state("q4.warning")) == ("arranged", "arranged")
    services.open_activity(world.actor("队长"), made)
    close(world, made)
    assert (state("q4.study"), state("q4.warning")) == ("done", "done")


def test_what_lies_in_another_room_is_reported_by_a_named_person_and_can_be_taken_back(world: World, programme: Programme) -> None:
    actor, review = world.actor("督察"), part("q4.case_review")
    made = services.report_part(actor, review, held_on=TODAY, text="评查第三轮")
    assert services.report_part(actor, review, held_on=TODAY, text="评查第三轮").pk == made.pk
    standing = {each.part.code: each.state for each in selectors.overview_of(2026).parts}  # type: ignore[union-attr]
    assert standing["q4.case_review"] == "done"
    services.withdraw_report(actor, made, reason="轮次写错")
    with pytest.raises(Conflict):
        services.withdraw_report(actor, made, reason="再撤一次")
    standing = {each.part.code: each.state for each in selectors.overview_of(2026).parts}  # type: ignore[union-attr]
    assert (standing["q4.case_review"], PartReport.objects.count()) == ("open", 1)


@pytest.mark.parametrize(
    ("code", "held_on", "text", "field"),
    [
        ("q4.case_review", TODAY, " ", "text"),
        ("q4.case_review", TODAY + dt.timedelta(days=1), "评查", "held_on"),
        ("q4.case_review", dt.date(2026, 9, 30), "评查", "held_on"),
        ("q4.talks", TODAY, "谈过了", "text"),
    ],
)
def test_a_report_that_says_too_little_leaves_nothing(
    world: World, programme: Programme, code: str, held_on: dt.date, text: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        services.report_part(world.actor("督察"), part(code), held_on=held_on, text=text)
    assert (refused.value.field, PartReport.objects.count()) == (field, 0)


def test_a_room_that_knows_of_a_part_bears_witness(world: World, programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    known = selectors.Witnessed("第三轮评查", True, "activities:part", part().pk)

    def told(year: int) -> Inquiry[selectors.Witnesses]:
        yield ()
        return {4: [known]} if year == 2026 else {}

    monkeypatch.setitem(selectors.PART_WITNESSES, "case_review", told)
    standing = {each.part.code: each.state for each in selectors.overview_of(2026).parts}  # type: ignore[union-attr]
    assert (standing["q4.case_review"], standing["q1.case_review"]) == ("done", "late")


def test_the_year_in_numbers(world: World, programme: Programme, activity: Callable[..., Activity]) -> None:
    made = services.open_activity(world.actor("队长"), activity())
    close(world, made, "协管", reason="none")
    summary = selectors.year_summary(2026)
    assert (summary.activities, summary.parts_held, summary.parts_total) == (1, 1, 19)
    rows = {(row.unit, row.person_class): row.count for row in summary.attendance}
    assert (rows["一中队", "established"].label, rows["一中队", "auxiliary"].label) == ("4/4", "0/1")
    assert (summary.to_make_up, summary.talks_covered.reached) == (1, 0)
    assert selectors.year_summary(2026, units=[world.units["二中队"].pk]).attendance == []
    assert selectors.year_summary(2024).parts == []
    assert clock.today() == summary.as_of


def test_while_there_is_only_a_draft_nothing_is_late() -> None:
    world = build_world(issued=False)
    made = services.create_programme(world.actor("督察"), year=2026)
    assert "征求意见稿" in made.rule_version
    states = {each.state for each in selectors.overview_of(2026).parts}  # type: ignore[union-attr]
    assert states == {"before", "open", "ahead"}


def test_the_weekly_job_nominates_and_decides_nothing(world: World) -> None:
    for name in ("队员", "协管", "队员"):
        world.finding(person=name)
    nominate(timestamp=0)
    assert [(each.state, each.decided_by) for each in WeakPoint.objects.all()] == [("nominated", None)]
