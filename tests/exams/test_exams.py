"""Planning and publishing: the frozen bank, the seed, who is due, the make-up (2.4)."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.exams import rules
from chengxin.exams.models import Exam, ExamItem, ItemVersion, Paper
from chengxin.exams.services import bank, exams
from chengxin.people import services as people
from tests.exams.conftest import DEVICE, LINES, TODAY, at, sit
from tests.world import SYSTEM, World

pytestmark = pytest.mark.django_db


def names(exam: Exam) -> set[str]:
    return set(exam.papers.filter(attempt=1).values_list("person__name", flat=True))


def test_everybody_who_wears_the_uniform_is_due_auxiliaries_included(world: World, exam: Exam) -> None:
    assert names(exam) == {"队长", "装备员", "队员", "女队员", "协管"}
    assert {each.unit_id for each in exam.papers.all()} == {world.units["一中队"].pk}
    assert (exam.pass_percent, exam.full_points, exam.rule_version) == (60, 60, "activities.exams@1")


def test_who_is_due_follows_the_assignment_of_the_opening_day(world: World, planned: Callable[..., Exam]) -> None:
    people.assign_person(SYSTEM, world.persons["协管"], unit=world.units["二中队"], starts_on=TODAY + dt.timedelta(days=1))
    later = planned(opens_at=clock.at(TODAY + dt.timedelta(days=1), 9), closes_at=clock.at(TODAY + dt.timedelta(days=1), 12))
    now = planned()
    assert "协管" in names(exams.publish_exam(world.actor("督察"), now))
    assert "协管" not in names(exams.publish_exam(world.actor("督察"), later))


def test_units_below_are_within_the_scope_and_other_staff_is_not_due(world: World, planned: Callable[..., Exam]) -> None:
    found = names(exams.publish_exam(world.actor("督察"), planned(units=("大队",))))
    assert {"大队长", "队员", "外人", "外队长", "协管"} <= found
    assert not {"职员", "督察", "局长"} & found


def test_every_paper_can_be_drawn_again_from_the_recorded_seed_and_frozen_bank(world: World, exam: Exam) -> None:
    frame = exams.frame_of(exam)
    assert rules.frame_digest(exam.lines, frame) == exam.frame_sha256
    for paper in exam.papers.select_related("person"):
        assert paper.drawn == rules.paper_for(exam.lines, frame, exam.seed, paper.person.number)
    assert len({json.dumps(paper.questions) for paper in exam.papers.all()}) > 1
    with at(18):
        told = json.loads(world.client("督察").get(f"/exams/plans/{exam.pk}/draw/").content)
    stock = [rules.Stock(*row) for row in told["frame"]]
    lines = [rules.Line(*row) for row in told["blueprint"]]
    for number, attempt, questions in told["papers"]:
        assert [
            [each.version, each.points, each.order] for each in rules.paper_for(lines, stock, told["seed"], number, attempt)
        ] == questions


def test_the_seed_is_not_told_before_the_end(world: World, exam: Exam) -> None:
    assert exam.seed not in world.client("督察").get(f"/exams/plans/{exam.pk}/").content.decode()
    assert exam.frame_sha256 in world.client("督察").get(f"/exams/plans/{exam.pk}/").content.decode()
    assert world.client("督察").get(f"/exams/plans/{exam.pk}/draw/").status_code == 409
    with at(17, 1):
        assert exam.seed in world.client("督察").get(f"/exams/plans/{exam.pk}/").content.decode()


def test_publishing_twice_is_once_and_later_changes_of_the_bank_do_not_matter(world: World, exam: Exam) -> None:
    before, again = list(exam.papers.values_list("questions", flat=True)), exams.publish_exam(world.actor("督察乙"), exam)
    assert again.seed == exam.seed
    for each in ItemVersion.objects.in_use():
        bank.retire_item(world.actor("大队长"), each, reason="换新题库")
    assert list(exam.papers.values_list("questions", flat=True)) == before
    assert Entry.objects.filter(action="exams.published").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        ExamItem.objects.filter(exam=exam).delete()


def test_a_bank_too_small_and_nobody_due_refuse_and_leave_nothing(world: World, planned: Callable[..., Exam]) -> None:
    small = planned(blueprint=(rules.Line("2.1", "single", 40, 1),))
    with pytest.raises(Conflict, match="需要 40 题，题库中使用中的只有 4 题"):
        exams.publish_exam(world.actor("督察"), small)
    world.units["空中队"] = people.add_unit(SYSTEM, code="empty", name="空中队", kind="squadron", parent=world.units["大队"])
    with pytest.raises(Conflict, match="没有应考人员"):
        exams.publish_exam(world.actor("督察"), planned(units=("空中队",)))
    assert (Paper.objects.count(), ExamItem.objects.count(), Exam.objects.exclude(seed="").count()) == (0, 0, 0)
    assert not Entry.objects.filter(action="exams.published").exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"), ({"minutes": 0}, "minutes"), ({"minutes": 999}, "minutes"),
        ({"closes_at": clock.at(TODAY, 8)}, "closes_at"),
        ({"opens_at": clock.at(TODAY, 7), "closes_at": clock.at(TODAY, 8)}, "closes_at"), ({"blueprint": ()}, "blueprint"),
        ({"blueprint": (LINES[0], replace(LINES[0], clause="2.1.3"))}, "blueprint"), ({"clause": "9"}, "clause"),
        ({"make_up": (clock.at(TODAY, 16), clock.at(TODAY, 18))}, "make_up_opens_at"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_plan_names_the_field(planned: Callable[..., Exam], more: dict[str, object], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        planned(**more)
    assert refused.value.field == field
    assert Exam.objects.count() == 0


def test_the_same_form_sent_twice_is_one_exam(planned: Callable[..., Exam]) -> None:
    key = uuid.uuid4()
    assert planned(form_key=key).pk == planned(form_key=key).pk
    assert Entry.objects.filter(action="exams.planned").count() == 1


def test_a_brigade_plans_within_its_reach(world: World, planned: Callable[..., Exam]) -> None:
    assert planned(by="大队长").pk
    with pytest.raises(NotAllowed):
        planned(by="大队长", units=("督察办",))
    with pytest.raises(NotAllowed):
        planned(by="队长")
    with pytest.raises(NotAllowed):
        exams.publish_exam(world.actor("队长"), planned())


def test_an_exam_is_cancelled_only_before_anybody_began(world: World, exam: Exam, planned: Callable[..., Exam]) -> None:
    other = exams.cancel_exam(world.actor("督察"), planned(), reason="改期")
    assert (other.state, other.ended_note) == ("cancelled", "改期")
    exams.cancel_exam(world.actor("督察"), other, reason="再按一次")
    sit(world, exam, "队员", rights=3)
    with pytest.raises(Conflict, match="已有人开始"):
        exams.cancel_exam(world.actor("督察"), exam, reason="改期")


def test_somebody_who_came_later_is_added_once(world: World, exam: Exam) -> None:
    made = exams.add_person(world.actor("督察"), exam, world.persons["外人"])
    assert exams.add_person(world.actor("督察"), exam, world.persons["外人"]).pk == made.pk
    assert made.drawn == rules.paper_for(exam.lines, exams.frame_of(exam), exam.seed, world.persons["外人"].number)
    with at(17, 1), pytest.raises(Conflict, match="尚未截止"):
        exams.add_person(world.actor("督察"), exam, world.persons["外队长"])


def test_a_make_up_is_set_before_answers_may_be_seen(world: World, exam: Exam) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    changed = exams.set_make_up(world.actor("督察"), exam, opens_at=clock.at(tomorrow, 9), closes_at=clock.at(tomorrow, 10))
    assert changed.ends_at == clock.at(tomorrow, 10)
    with at(11, day=tomorrow), pytest.raises(Conflict, match="答案已经公布"):
        exams.set_make_up(world.actor("督察"), exam, opens_at=clock.at(tomorrow, 15), closes_at=clock.at(tomorrow, 16))


def test_pages_plan_publish_and_keep_what_was_typed(world: World, stocked: World) -> None:
    client = world.client("督察")
    typed = {
        "key": str(uuid.uuid4()), "title": "季度考试", "clause": "2.4.3", "units": [world.units["一中队"].pk],
        "opens_at": "2026-09-30T09:00",
        "closes_at": "2026-09-30T17:00", "minutes": "45", "clause-0": "2.1", "kind-0": "single", "count-0": "2", "points-0": "x",
    }  # fmt: skip
    answer = client.post("/exams/plans/new/", typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "第 1 行" in text
    assert 'value="季度考试"' in text
    assert 'name="points-0" inputmode="numeric" value="x"' in text
    answer = client.post("/exams/plans/new/", {**typed, "points-0": "5", "make_up_opens_at": "2026-10-01T09:00"})
    assert "要么都填" in answer.content.decode()
    answer = client.post("/exams/plans/new/", {**typed, "points-0": "5"})
    assert answer.status_code == 303
    address = answer["Location"]
    assert "应考 5 人，其中在编 4 人、协管 1 人。" in client.get(address).content.decode()
    assert client.post(address + "steps/publish/").status_code == 303
    assert client.post(address + "steps/make-up/", {"opens_at": "2026-09-30T10:00", "closes_at": "2026-09-30T11:00"}).status_code == 422
    assert client.post(address + "steps/make-up/", {"opens_at": "2026-10-01T10:00", "closes_at": "2026-10-01T11:00"}).status_code == 303
    assert client.post(address + "steps/add-person/", {"person": "无此人"}).status_code == 422
    assert client.post(address + "steps/add-person/", {"person": "外人"}).status_code == 303
    assert client.post(address + "steps/cancel/", {"reason": ""}).status_code == 422
    assert client.post(address + "steps/fly/").status_code == 404
    assert "合格率" in client.get(address).content.decode()


def test_exams_are_seen_by_the_leaders_of_their_units(world: World, exam: Exam) -> None:
    for name, seen in (("局长", True), ("督察", True), ("大队长", True), ("队长", True), ("外队长", False)):
        assert (exam.title in world.client(name).get("/exams/plans/").content.decode()) is seen, name
        assert world.client(name).get(f"/exams/plans/{exam.pk}/").status_code == (200 if seen else 404), name
        assert world.client(name).get(f"/exams/plans/{exam.pk}/persons/").status_code == (200 if seen else 404), name
    for name in ("队员", "协管", "职员"):
        assert world.client(name).get("/exams/plans/").status_code == 403, name
    assert DEVICE not in world.client("督察").get("/exams/plans/?export=csv").content.decode()
