"""Marks, objections, recomputation, figures, weak points, and who sees what (2.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.duty.models import Leave
from chengxin.exams import rules
from chengxin.exams.models import Exam, ItemObjection, ItemVersion, Marking, Paper, Ruling
from chengxin.exams.selectors import results, weak_items, weak_units
from chengxin.exams.selectors import sitting as sitting_facts
from chengxin.exams.services import exams, marking
from tests.exams.conftest import DEVICE, TODAY, answer, at, sit, wrong
from tests.world import World

pytestmark = pytest.mark.django_db


def newest(paper: Paper) -> Marking:
    return paper.markings.order_by("-pk")[0]


def test_marks_are_issued_once_and_the_person_sees_them_after_the_window(world: World, exam: Exam) -> None:
    good, poor = sit(world, exam, "队员", rights=5), sit(world, exam, "协管", rights=1)
    assert marking.mark_exam(world.actor("督察"), exam) == 2
    assert marking.mark_exam(world.actor("督察"), exam) == 0
    assert (newest(good).points, newest(good).full, newest(good).passed) == (Decimal(60), 60, True)
    assert (newest(poor).points, newest(poor).passed) == (Decimal(10), False)
    address = f"/exams/papers/{good.pk}/result/"
    assert "60.0 / 60 分" not in world.client("队员").get(address).content.decode()
    with at(17, 1):
        page = world.client("队员").get(address).content.decode()
        for said in ("60.0 / 60 分", "合格", "的解析", "提出异议"):
            assert said in page, said
        assert world.client("协管").get(address).status_code == 404
        assert world.client("队长").get(address).status_code == 404, "the sheet is its person's"
    assert Entry.objects.filter(action="exams.marked").count() == 1


def test_a_late_job_never_changes_the_verdict(world: World, exam: Exam) -> None:
    paper = sit(world, exam, "队员", rights=4, hands_in=False)
    with at(11, 0):
        answer(world, paper, 5, wrong(paper, 5), 50)
    with at(11, 1), pytest.raises(Conflict):
        answer(world, paper, 1, wrong(paper, 1), 51)
    with at(17, 5):
        before = results.marks_of([paper])[paper.pk]
        assert not Marking.objects.exists()
    with at(3, day=TODAY + dt.timedelta(days=40)):
        assert marking.mark_all() == 1
        assert results.marks_of([paper])[paper.pk] == before
    assert (newest(paper).points, newest(paper).by_label) == (before.points, "系统")
    assert before.points == 50
    paper.refresh_from_db()
    assert paper.handed_in_at is None, "it ended by the clock"


def test_nothing_is_marked_before_an_answer_that_came_in_time_has_settled(world: World, exam: Exam) -> None:
    sit(world, exam, "队员", rights=4, hands_in=False)
    with clock.frozen(clock.at(TODAY, 11) + dt.timedelta(seconds=30)):
        assert marking.mark_exam(world.actor("督察"), exam) == 0
    with at(11, 2):
        assert marking.mark_exam(world.actor("督察"), exam) == 1


def first_version(paper: Paper) -> ItemVersion:
    return ItemVersion.objects.get(pk=paper.drawn[0].version)


def objected(world: World, exam: Exam, rights: int = 0) -> tuple[Paper, ItemObjection]:
    paper = sit(world, exam, "队员", rights=rights)
    with at(18):
        return paper, marking.file_objection(world.actor("队员"), paper, place=1, text="两个选项都对")


def test_an_objection_voids_the_item_and_every_paper_is_recomputed_as_a_new_entry(world: World, exam: Exam) -> None:
    other = sit(world, exam, "协管", rights=5)
    paper, objection = objected(world, exam)
    with at(19):
        done = marking.decide_objection(world.actor("局长"), objection, voided=True, reasons="题干有歧义")
        marking.decide_objection(world.actor("局长"), objection, voided=True, reasons="再按一次")
        assert (done.outcome, done.decided_label) == ("voided", "局长")
        assert list(paper.markings.values_list("points", flat=True)) == [Decimal(0), Decimal(10)]
        assert newest(paper).cause == f"{first_version(paper).label} 作废"
        has_it = first_version(paper).pk in {each.version for each in other.drawn}
        assert other.markings.count() == (2 if has_it else 1)
        assert newest(other).points == 60
        page = world.client("队员").get(f"/exams/papers/{paper.pk}/result/").content.decode()
        for said in ("题目已作废，按满分计", "题干有歧义", "成绩变动"):
            assert said in page, said
        assert marking.restore_item(world.actor("局长"), exam, first_version(paper), reason="经复核题目有效") == 1 + has_it
        assert newest(paper).points == 0
        assert paper.markings.count() == 3
        assert list(Ruling.objects.values_list("is_void", flat=True)) == [True, False]
    with pytest.raises(DatabaseError), transaction.atomic():
        Marking.objects.update(points=60)


def test_who_is_involved_does_not_decide_and_a_refusal_leaves_nothing(world: World, exam: Exam) -> None:
    paper, objection = objected(world, exam)
    with at(19):
        with pytest.raises(NotAllowed, match="编写或审核"):
            marking.decide_objection(world.actor("督察"), objection, voided=True, reasons="审核人")
        with pytest.raises(NotAllowed):
            marking.decide_objection(world.actor("大队长"), objection, voided=True, reasons="无权")
        with pytest.raises(DomainError, match="理由"):
            marking.decide_objection(world.actor("局长"), objection, voided=True, reasons=" ")
        with pytest.raises(NotAllowed):
            marking.void_item(world.actor("队长"), exam, first_version(paper), reason="无权")
        objection.refresh_from_db()
        assert (objection.outcome, Ruling.objects.count(), Marking.objects.count()) == ("", 0, 0)
        marking.decide_objection(world.actor("督察乙"), objection, voided=False, reasons="题目有效")
        with pytest.raises(Conflict, match="已经有了决定"):
            marking.decide_objection(world.actor("局长"), objection, voided=True, reasons="改主意")
    assert not Entry.objects.filter(action="exams.item_voided").exists()


def test_an_objection_comes_after_the_end_within_the_days_of_the_rule_and_once(world: World, exam: Exam) -> None:
    paper = sit(world, exam, "队员", rights=0)
    with pytest.raises(Conflict, match="全部结束后"):
        marking.file_objection(world.actor("队员"), paper, place=1, text="现在")
    with at(18):
        with pytest.raises(NotAllowed):
            marking.file_objection(world.actor("协管"), paper, place=1, text="别人的")
        with pytest.raises(DomainError, match="哪里不对"):
            marking.file_objection(world.actor("队员"), paper, place=1, text=" ")
        one = marking.file_objection(world.actor("队员"), paper, place=1, text="有误")
        assert marking.file_objection(world.actor("队员"), paper, place=1, text="有误").pk == one.pk
        with pytest.raises(Conflict, match="已经提出"):
            marking.file_objection(world.actor("队员"), paper, place=1, text="又有误")
    with at(23, 59, TODAY + dt.timedelta(days=5)):
        marking.file_objection(world.actor("队员"), paper, place=2, text="最后一天")
    with at(0, 1, TODAY + dt.timedelta(days=6)), pytest.raises(Conflict):
        marking.file_objection(world.actor("队员"), paper, place=3, text="晚了")
    with pytest.raises(Conflict, match="全部结束"):
        marking.void_item(world.actor("局长"), exam, first_version(paper), reason="还没结束")


def test_rates_stand_by_unit_and_class_with_n_and_persons_by_name_only(world: World, exam: Exam) -> None:
    sit(world, exam, "队员", rights=5)
    sit(world, exam, "协管", rights=0)
    marking.mark_exam(world.actor("督察"), exam)
    rows = [(each.unit, each.person_class, each.due, each.sat, each.passed) for each in results.rates_of(world.actor("局长"), exam)]
    assert rows == [("一中队", "established", 4, 1, 1), ("一中队", "auxiliary", 1, 1, 0), ("一中队", "", 5, 2, 1)]
    page = world.client("队长").get(f"/exams/plans/{exam.pk}/persons/?sort=-points").content.decode()
    assert "sort=points" not in page
    assert "合格" in page
    assert "未答题" in page
    table = world.client("局长").get(f"/exams/plans/{exam.pk}/persons/?export=csv&verdict=合格").content.decode()
    assert "队员" in table
    assert "协管" in table.split("\n")[0] or "T010" not in table
    with at(18):
        assert "缺考" in world.client("队长").get(f"/exams/plans/{exam.pk}/persons/").content.decode()
    assert results.rates_of(world.actor("外队长"), exam) == []


def test_who_is_on_leave_all_the_while_is_not_due_and_not_absent(world: World, exam: Exam) -> None:
    for name, days in (("女队员", 3), ("协管", 0)):  # leave that ends before the last day of the exam excuses nobody
        since = TODAY - dt.timedelta(days=1)
        until = max(TODAY, clock.local_day(exam.ends_at)) + dt.timedelta(days=days) if days else TODAY
        Leave.objects.create(
            person=world.persons[name], period=DateRange(since, until), granted=True, asked_by=world.users[name].pk,
            asked_at=clock.now(), decided_at=clock.now(), decided_by=world.users["队长"].pk, decided_by_label="队长",
        )  # fmt: skip
    with at(18, day=clock.local_day(exam.ends_at)):
        found = {each.person_class: (each.due, each.excused) for each in results.rates_of(world.actor("局长"), exam)}
        assert found == {"established": (3, 1), "auxiliary": (1, 0), "": (4, 1)}
        page = world.client("队长").get(f"/exams/plans/{exam.pk}/persons/?export=csv").content.decode()
        standing = {name: line for line in page.splitlines() for name in ("女队员", "协管", "装备员") if name in line.split(",")}
        assert "请假" in standing["女队员"]
        assert "缺考" in standing["协管"]
        assert "缺考" in standing["装备员"]
        assert [each.step for each in sitting_facts.standings_of(world.actor("女队员"))] == ["excused"]
        assert [each.step for each in sitting_facts.standings_of(world.actor("协管"))] == ["missed"]


def test_figures_and_weak_points_come_with_their_n(world: World, exam: Exam) -> None:
    for name, rights in (("队员", 5), ("协管", 3), ("女队员", 0)):
        sit(world, exam, name, rights=rights)
    assert weak_items(TODAY, TODAY) == [], "nothing before the end"
    with at(18):
        found = weak_items(TODAY, TODAY)
        assert found[0].clause in {"2.2.2", "2.2.3"}
        assert all(0 <= each.rate < 0.6 for each in found)
        assert {each.clause: each.n for each in found} == {"2.2.2": 3, "2.2.3": 3}
        assert weak_items(TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=9)) == []
        by_unit = {each.clause: each for each in weak_units(TODAY, TODAY)}
        assert {clause: (each.count, each.n) for clause, each in by_unit.items()} == {"2.1.3": (1, 3), "2.2.2": (2, 3), "2.2.3": (2, 3)}
        assert by_unit["2.1.3"].persons == (world.persons["女队员"].pk,)
        reports = results.item_reports(exam, 2)
        assert sum(each.figures.n for each in reports) == 15
        page = world.client("局长").get(f"/exams/plans/{exam.pk}/items/").content.decode()
        assert "n=" in page
        assert "区分度" in page
        marking.void_item(world.actor("局长"), exam, ItemVersion.objects.get(pk=reports[-1].version.pk), reason="有误")
        after = {each.clause: each.n for each in weak_items(TODAY, TODAY)}
        assert sum(after.values()) < 6
    assert isinstance(found[0], rules.WeakPoint)


def test_pages_object_decide_void_and_keep_what_was_typed(world: World, exam: Exam) -> None:
    paper = sit(world, exam, "队员", rights=0)
    with at(18):
        client, leader = world.client("队员"), world.client("局长")
        address = f"/exams/papers/{paper.pk}/object/1/"
        assert client.post(address, {"text": ""}).status_code == 422
        assert client.post(address, {"text": "选项有误"}).status_code == 303
        assert client.get(f"/exams/papers/{paper.pk}/object/99/").status_code == 404
        assert "决定题目异议 1 件" in leader.get("/").content.decode()
        page = leader.get("/exams/objections/").content.decode()
        assert "选项有误" in page
        assert "队员：" not in page
        number = ItemObjection.objects.get().pk
        assert leader.post(f"/exams/objections/{number}/", {"voided": "yes", "reasons": ""}).status_code == 422
        assert world.client("督察").post(f"/exams/objections/{number}/", {"voided": "yes", "reasons": "x"}).status_code == 422
        assert leader.post(f"/exams/objections/{number}/", {"voided": "yes", "reasons": "确有歧义"}).status_code == 303
        rule = f"/exams/plans/{exam.pk}/items/{paper.drawn[0].version}/"
        assert leader.post(rule + "restore/", {"reason": "再核实有效"}).status_code == 303
        assert leader.post(rule + "fly/", {"reason": "x"}).status_code == 404
        assert "再核实有效" in leader.get(f"/exams/plans/{exam.pk}/items/").content.decode()
        assert client.get("/exams/objections/").status_code == 403
    assert DEVICE not in page


def test_an_item_of_an_exam_that_still_runs_is_not_explained_by_an_earlier_one(
    world: World, exam: Exam, planned: Callable[..., Exam]
) -> None:
    paper = sit(world, exam, "队员", rights=0)
    longer = exams.publish_exam(world.actor("督察"), planned(title="同一题库的另一场", closes_at=clock.at(TODAY, 20)))
    with at(18):
        page = world.client("队员").get(f"/exams/papers/{paper.pk}/result/").content.decode()
        assert "有 5 道题正在另一场考试中使用" in page
        assert "的解析" not in page
        assert world.client("队员").get(f"/exams/papers/{paper.pk}/object/1/").status_code == 404
        page = world.client("局长").get(f"/exams/plans/{exam.pk}/items/").content.decode()
        assert first_version(paper).stem not in page
        assert "道题正用于还没有结束的考试" in page
        assert "没有答卷" not in page
    with at(20, 1):
        assert "的解析" in world.client("队员").get(f"/exams/papers/{paper.pk}/result/").content.decode()
    assert longer.state == "published"
