"""The month of a bulletin, command by command: works, refuses and leaves nothing, is told in the audit."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chengxin.audit.models import Entry
from chengxin.bulletins import rules, selectors
from chengxin.bulletins.models import Acknowledgement, Bulletin, Erratum, NoErratum, Snapshot, Task
from chengxin.bulletins.selectors.figures import figures
from chengxin.bulletins.services import afterwards, drafting, issuing
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.findings import services as findings
from tests.bulletins.conftest import NOVEMBER, OCTOBER, SEPTEMBER, begun, figures_of, frozen, issued, on, signed
from tests.complaints.conftest import everything
from tests.world import World, build_world

Checking = Callable[..., None]


@pytest.fixture(autouse=True)
def no_inspections(checked: Checking) -> Checking:
    return checked


def refused(call: Callable[[], Any], *, code: str, kind: type[DomainError] = DomainError) -> DomainError:
    """The refusal of a call that leaves no row, no audit entry and no job behind."""
    before = everything()
    with pytest.raises(kind) as caught, transaction.atomic():
        call()
    assert caught.value.code == code, caught.value.message
    assert everything() == before
    return caught.value


def actions(bulletin: Bulletin) -> list[str]:
    return list(Entry.objects.filter(subject=f"bulletin:{bulletin.pk}").order_by("pk").values_list("action", flat=True))


# --- the way of a month ---


def test_a_month_goes_from_draft_to_issue_through_three_people(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = begun(world)
        drafting.word_bulletin(world.actor("督察"), bulletin, practice="班前点验全覆盖", outlook="逐项整改")
        drafting.plan_task(world.actor("督察"), bulletin, text="专项整改", unit=world.units["一中队"], due_on=dt.date(2026, 11, 20))
        bulletin = drafting.freeze_bulletin(world.actor("督察"), bulletin)
        assert bulletin.snapshot is not None
        bulletin = issuing.sign_bulletin(world.actor("局长"), bulletin, sha256=bulletin.snapshot.sha256)
        bulletin = issuing.issue_bulletin(world.actor("督察乙"), bulletin, public=True)
    assert (bulletin.state, bulletin.audiences) == (rules.ISSUED, ["internal", "squadrons", "public"])
    assert (bulletin.frozen_by, bulletin.signed_label, bulletin.issued_label) == (world.users["督察"].pk, "局长", "督察乙")
    assert bulletin.acknowledge_by == dt.date(2026, 11, 6)
    assert bulletin.document_number == ""  # until the bureau gives one
    assert actions(bulletin) == [
        "bulletins.begun", "bulletins.worded", "bulletins.task_planned", "bulletins.frozen", "bulletins.signed", "bulletins.issued",
    ]  # fmt: skip
    snapshot = Snapshot.objects.get()
    assert snapshot.rule_versions["bulletins.content"] == "bulletins.content@1"
    assert snapshot.sha256 == rules.digest(snapshot.content)


def test_one_bulletin_a_month_and_none_of_a_month_to_come(world: World) -> None:
    with on(11, 3):
        made = begun(world)
        error = refused(lambda: begun(world), code="exists", kind=Conflict)
        assert "每月只有一期" in error.message
        refused(lambda: begun(world, rules.Month(2026, 12)), code="in_the_future")
        refused(lambda: begun(world, SEPTEMBER, by="队长"), code="not_allowed", kind=NotAllowed)
    assert Bulletin.objects.get() == made


def test_a_month_that_is_not_over_cannot_be_frozen_and_can_on_the_next_day(world: World) -> None:
    with on(10, 31, 23):
        bulletin = begun(world)
        error = refused(lambda: drafting.freeze_bulletin(world.actor("督察"), bulletin), code="month_not_over")
        assert "2026-10-31" in error.message
    with on(11, 1, 0):
        assert drafting.freeze_bulletin(world.actor("督察"), bulletin).state == rules.FROZEN


@pytest.mark.django_db
def test_a_draft_rulebook_can_be_looked_at_and_not_frozen(checked: Checking) -> None:
    world = build_world(issued=False)
    with on(11, 3):
        bulletin = begun(world)
        error = refused(lambda: drafting.freeze_bulletin(world.actor("督察"), bulletin), code="draft_rules")
        assert "征求意见稿" in error.message
        assert figures(OCTOBER, simulate=True)["problems"] == []


def test_there_is_a_bulletin_also_when_there_was_nothing(world: World) -> None:
    with on(11, 3):
        content = figures_of(issued(world))
    assert content["problems"] == content["unresolved"] == content["measures"] == []
    assert content["missed"] == ["一中队", "二中队"]


def test_who_froze_does_not_sign_and_nobody_signs_what_was_not_seen(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = frozen(world)
        assert bulletin.snapshot is not None
        seen = bulletin.snapshot.sha256
        refused(lambda: issuing.sign_bulletin(world.actor("督察乙"), bulletin, sha256=seen), code="not_allowed", kind=NotAllowed)
        leader = world.actor("局长")
        refused(lambda: issuing.sign_bulletin(leader, bulletin, sha256="0" * 64), code="changed", kind=Conflict)
        Bulletin.objects.filter(pk=bulletin.pk).update(frozen_by=leader.user_id)
        refused(lambda: issuing.sign_bulletin(leader, bulletin, sha256=seen), code="same_person", kind=NotAllowed)


def test_figures_that_are_sent_back_stay_kept_and_are_frozen_anew_beside_them(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = frozen(world)
        refused(lambda: issuing.return_bulletin(world.actor("督察"), bulletin, reason="x"), code="not_allowed", kind=NotAllowed)
        bulletin = issuing.return_bulletin(world.actor("局长"), bulletin, reason="缺少复核情况")
        assert (bulletin.state, bulletin.snapshot, bulletin.return_reason) == (rules.DRAFT, None, "缺少复核情况")
    with on(11, 4):
        bulletin = drafting.freeze_bulletin(world.actor("督察"), bulletin)
    assert Snapshot.objects.count() == 2
    assert bulletin.snapshot == Snapshot.objects.last()


def test_the_same_month_is_issued_once(world: World) -> None:
    with on(11, 3):
        bulletin = issued(world)
        error = refused(lambda: issuing.issue_bulletin(world.actor("局长"), bulletin), code="not_possible", kind=Conflict)
        assert "同一个月只印发一次" in error.message
        for again in (
            lambda: drafting.freeze_bulletin(world.actor("督察"), bulletin),
            lambda: issuing.return_bulletin(world.actor("局长"), bulletin, reason="x"),
            lambda: drafting.word_bulletin(world.actor("督察"), bulletin, practice="x", outlook=""),
            lambda: begun(world),
        ):
            with pytest.raises(Conflict), transaction.atomic():
                again()


def test_the_month_before_comes_first(world: World) -> None:
    with on(11, 3):
        begun(world, SEPTEMBER)
        october = begun(world)
        refused(lambda: drafting.freeze_bulletin(world.actor("督察"), october), code="earlier_first", kind=Conflict)


def test_a_number_is_given_once_and_only_to_what_is_signed(world: World) -> None:
    with on(11, 3):
        bulletin = frozen(world)
        give = lambda number: issuing.give_number(world.actor("局长"), bulletin, number=number)  # noqa: E731
        refused(lambda: give("城管通〔2026〕12号"), code="not_signed", kind=Conflict)
        assert bulletin.snapshot is not None
        issuing.sign_bulletin(world.actor("局长"), bulletin, sha256=bulletin.snapshot.sha256)
        assert give("城管通〔2026〕12号").document_number == "城管通〔2026〕12号"
        refused(lambda: give("城管通〔2026〕13号"), code="numbered", kind=Conflict)


# --- what the figures say ---


def test_a_bulletin_opens_with_what_is_not_resolved_and_lists_the_month(world: World, october: dict[str, Any], checked: Checking) -> None:
    checked("一中队", 30, 3)
    checked("二中队", 40, 4, person_class="auxiliary")
    checked("二中队", 20, 1, day=SEPTEMBER.first)
    with on(11, 3):
        content = figures_of(frozen(world))
    assert [row["finding"] for row in content["unresolved"]] == [october["left"].pk]
    assert content["unresolved"][0]["state"] == "待整改（逾期）"
    problems = {row["finding"]: row for row in content["problems"]}
    assert set(problems) == {october["first"].pk, october["objected"].pk, october["spot"].pk}
    first = problems[october["first"].pk]
    assert (first["person"], first["place"], first["clause"], first["grade"]) == ("队员", "某某路口", "2.1.3", "一般")
    assert (first["time"], first["term"]) == ("10月12日 10:00", "10月21日前")
    assert problems[october["spot"].pk]["term"] == "当场整改"
    figures = {row["code"]: row for row in content["figures"]}
    assert figures["problems"] | {"title": ""} == {
        "code": "problems", "title": "", "now": [3, None], "before": [2, None], "year_ago": [0, None],
    }  # fmt: skip
    assert (figures["clean"]["now"], figures["clean"]["before"]) == ([63, 70], [19, 20])
    assert [(row["title"], row["checked"], row["flawed"]) for row in content["classes"]] == [("在编", 30, 3), ("协管", 40, 4)]
    assert [(row["unit"], row["checked"], row["problems"]) for row in content["squadrons"]] == [("一中队", 30, 2), ("二中队", 40, 1)]
    assert content["missed"] == []
    assert [(row["unit"], row["found"], row["closed"], row["overdue"]) for row in content["rectified"]] == [
        ("一中队", 1, 1, 0), ("二中队", 1, 0, 1),
    ]  # fmt: skip
    assert content["frequent"] == [{"clause": "2.1.3", "problem": problems[october["first"].pk]["problem"], "count": 3, "units": 2}]


def test_the_rechecker_is_told_with_the_office(world: World, october: dict[str, Any]) -> None:
    with on(10, 14):
        findings.submit_rectification(world.actor("队员"), october["first"], text="已佩戴")
        findings.recheck_finding(world.actor("督察乙"), october["first"], passed=True, note="")
    with on(11, 3):
        row = next(row for row in figures_of(frozen(world))["problems"] if row["finding"] == october["first"].pk)
    assert (row["rechecker"], row["recheck_office"], row["state"], row["is_closed"]) == ("督察乙", "督察办", "已销号", True)


def test_what_is_under_objection_at_the_freeze_is_named_to_nobody(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = frozen(world)
    row = next(row for row in figures_of(bulletin)["problems"] if row["finding"] == october["objected"].pk)
    assert (row["state"], row["person"], row["person_id"], row["is_masked"]) == ("复核中", "", None, True)
    assert "女队员" not in rules.plain_text(figures_of(bulletin))


def test_an_objection_decided_later_comes_in_the_next_bulletin_and_no_number_changes_before(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = issued(world)
        digest = figures_of(bulletin)
    with on(11, 10):
        findings.decide_objection(world.actor("督察乙"), october["objected"], revoked=True, reasons="确在更换")
    assert figures_of(bulletin) == digest
    with on(12, 2):
        content = figures_of(issued(world, NOVEMBER))
    assert [(row["finding"], row["outcome"]) for row in content["reviews"]] == [(october["objected"].pk, "撤销")]
    assert content["restated"] == [{"title": "发现问题（件）", "printed": "3", "now": "2"}]
    with on(1, 5, year=2027):
        assert figures_of(frozen(world, rules.Month(2026, 12)))["reviews"] == []  # told once


def test_an_objection_that_stays_undecided_is_carried_on_until_it_is_decided(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        issued(world)
    with on(12, 2):
        assert [row["outcome"] for row in figures_of(issued(world, NOVEMBER))["reviews"]] == ["仍在复核"]
    with on(12, 8):
        findings.decide_objection(world.actor("督察乙"), october["objected"], revoked=False, reasons="事实清楚")
    with on(1, 5, year=2027):
        assert [row["outcome"] for row in figures_of(issued(world, rules.Month(2026, 12)))["reviews"]] == ["维持"]


def test_an_objection_filed_after_the_issue_comes_in_the_next_bulletin_as_well(world: World) -> None:
    with on(10, 30):
        finding = world.finding(person="队员")
    with on(11, 2):
        issued(world)
    with on(11, 4):
        findings.file_objection(world.actor("队员"), finding, text="不实")
        findings.decide_objection(world.actor("督察乙"), finding, revoked=False, reasons="事实清楚")
    with on(12, 2):
        assert [row["outcome"] for row in figures_of(frozen(world, NOVEMBER))["reviews"]] == ["维持"]


def test_what_is_entered_late_is_listed_in_the_next_bulletin_and_marked(world: World, october: dict[str, Any]) -> None:
    from chengxin.core import clock

    with on(11, 3):
        issued(world)
    with on(11, 9):
        late = world.finding(person="协管", seen_at=clock.at(dt.date(2026, 10, 30), 9))
    with on(12, 2):
        content = figures_of(frozen(world, NOVEMBER))
    assert [(row["finding"], row["is_late"]) for row in content["problems"]] == [(late.pk, True)]
    assert late.pk not in {row["finding"] for row in content["unresolved"]}
    assert {row["code"]: row["now"] for row in content["figures"]}["problems"] == [0, None]


def test_reversed_findings_are_not_listed_and_how_many_is_told(world: World, october: dict[str, Any]) -> None:
    with on(11, 2):
        findings.withdraw_finding(world.actor("局长"), october["first"], reason="登记错人")
    with on(11, 3):
        content = figures_of(frozen(world))
    assert october["first"].pk not in {row["finding"] for row in content["problems"]}
    assert content["withdrawn"] == 1


def test_who_reached_the_count_of_repetition_is_named_in_the_restricted_part_alone(world: World) -> None:
    with on(10, 12):
        for _ in range(3):
            world.finding(person="队员")
        world.finding(person="协管")
    with on(11, 3):
        bulletin = frozen(world)
    assert figures_of(bulletin)["repeated"] == [
        {"person_id": world.persons["队员"].pk, "person": "队员", "unit": "一中队", "count": 3}
    ]  # fmt: skip
    assert selectors.content_of(bulletin, rules.Reader(rules.SQUADRONS, frozenset({world.units["一中队"].pk})))["多次问题"] == []


def test_measures_and_praise_of_the_month_are_told_and_an_objected_measure_names_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chengxin.core import clock
    from chengxin.measures.models import Commendation, Measure, MeasureObjection

    monkeypatch.undo()  # the inspections' own answer, here of a month without visits
    now = clock.at(dt.date(2026, 10, 20), 10)
    given = {
        "kind": "criticism", "ground": "integrity", "clause": "3.1", "unit": world.units["一中队"], "text": "事实", "year": 2026,
        "happened_on": dt.date(2026, 10, 19), "state": "decided", "proposed_at": now, "proposed_label": "督察", "rule_version": "-",
        "decided_at": now, "decided_by": 1, "decided_label": "局长", "person_class": "established",
    }  # fmt: skip
    first, objected = (Measure.objects.create(**given, person=world.persons[name]) for name in ("队员", "女队员"))
    MeasureObjection.objects.create(measure=objected, measure_decider=1, text="不服", filed_by=2, filed_label="女队员", filed_at=now)
    Commendation.objects.create(
        kind="public", person=world.persons["协管"], unit=world.units["一中队"], text="帮助走失老人", happened_on=now.date(), year=2026,
        state="given", form_key=uuid.uuid4(), proposed_at=now, proposed_by=1, proposed_label="队长", given_at=now, given_by=2,
        given_label="局长",
    )  # fmt: skip
    with on(11, 3):
        bulletin = frozen(world)
    content = figures_of(bulletin)
    assert [(row["number"], row["person"], row["state"]) for row in content["measures"]] == [
        (first.number, "队员", "已决定"), (objected.number, "", "复核中"),
    ]  # fmt: skip
    assert content["measure_counts"] == [{"kind": "批评教育", "count": 2}]
    told = selectors.content_of(bulletin, rules.Reader(rules.INTERNAL, None))
    assert told["表扬"] == [{"对象": "一中队协管", "种类": "群众感谢", "事由": "帮助走失老人"}]
    assert told["检查情况"] == "2026年10月没有开展督查检查。"
    outside = selectors.content_of(bulletin, rules.Reader(rules.SQUADRONS, frozenset({world.units["二中队"].pk})))
    assert (outside["表扬"][0]["对象"], outside["措施名单"], outside["措施"]) == ("一中队", [], [{"措施": "批评教育", "件数": "2"}])


def test_a_freeze_takes_the_same_statements_for_any_number_of_findings(world: World) -> None:
    with on(10, 12):
        world.finding(person="队员")

    def taken() -> int:
        with on(11, 3), CaptureQueriesContext(connection) as captured:
            figures(OCTOBER)
        return len(captured)

    taken()
    before = taken()
    with on(10, 13):
        for name in ("队员", "协管", "外人", "女队员") * 6:
            world.finding(person=name)
    assert taken() == before
    assert before <= 60


# --- the database keeps what was frozen and signed ---


def test_nothing_can_be_written_over_a_snapshot_or_a_signed_bulletin(world: World) -> None:
    with on(11, 3):
        bulletin = signed(world)
    for attempt in (
        lambda: Snapshot.objects.update(content={}),
        lambda: Snapshot.objects.all()._raw_delete("default"),
        lambda: Bulletin.objects.update(wording={}),
        lambda: Bulletin.objects.update(state=rules.FROZEN),
        lambda: Bulletin.objects.update(template_label="x"),
        lambda: Bulletin.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match=r"pgtrigger: Cannot|a signed bulletin stays"), transaction.atomic():
            attempt()
    assert Bulletin.objects.get() == bulletin


# --- acknowledged, corrected, done ---


def test_a_captain_acknowledges_for_the_own_squadron_once(world: World) -> None:
    with on(11, 3):
        bulletin = issued(world)
    with on(11, 4):
        made = issuing.acknowledge_bulletin(world.actor("队长"), bulletin, unit=world.units["一中队"])
        before = everything()
        assert issuing.acknowledge_bulletin(world.actor("队长"), bulletin, unit=world.units["一中队"]) == made
        assert everything() == before
        for name, unit in (("队长", "二中队"), ("大队长", "一中队"), ("队员", "一中队"), ("督察", "一中队")):
            refused(
                lambda name=name, unit=unit: issuing.acknowledge_bulletin(world.actor(name), bulletin, unit=world.units[unit]),
                code="not_allowed", kind=NotAllowed,
            )  # fmt: skip
    assert list(Acknowledgement.objects.values_list("unit__name", "by_label")) == [("一中队", "队长")]


def test_what_is_not_out_is_not_acknowledged_or_corrected(world: World) -> None:
    with on(11, 3):
        bulletin = signed(world)
        acknowledge = lambda: issuing.acknowledge_bulletin(world.actor("队长"), bulletin, unit=world.units["一中队"])  # noqa: E731
        refused(acknowledge, code="not_issued", kind=Conflict)
        given = {"item": "检查人次", "was": "30", "becomes": "31", "reason": "漏报"}
        refused(lambda: afterwards.add_erratum(world.actor("督察"), bulletin, **given), code="not_issued", kind=Conflict)


def test_errata_are_numbered_and_the_bulletin_stays(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = issued(world)
        before = figures_of(bulletin)
        given = {"item": "检查人次", "was": "30", "becomes": "31", "reason": "漏报一次检查"}
        assert afterwards.add_erratum(world.actor("督察"), bulletin, **given).number == 1
        assert afterwards.add_erratum(world.actor("督察乙"), bulletin, **given).number == 2
        refused(lambda: afterwards.add_erratum(world.actor("督察"), bulletin, **(given | {"becomes": " 30"})), code="same")
        refused(lambda: afterwards.add_erratum(world.actor("督察"), bulletin, **given, finding_id=987654), code="not_listed")
        refused(lambda: afterwards.add_erratum(world.actor("队长"), bulletin, **given), code="not_allowed", kind=NotAllowed)
    assert figures_of(bulletin) == before
    with pytest.raises(DatabaseError, match="pgtrigger: Cannot"), transaction.atomic():
        Erratum.objects.update(reason="x")


def test_an_item_taken_back_after_the_issue_waits_for_somebody_to_decide(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = issued(world)
        assert selectors.changed_items(bulletin) == []
    with on(11, 10):
        findings.decide_objection(world.actor("督察乙"), october["objected"], revoked=True, reasons="确在更换")
        findings.withdraw_finding(world.actor("局长"), october["first"], reason="登记错人")
        assert [each.finding_id for each in selectors.changed_items(bulletin)] == [october["first"].pk, october["objected"].pk]
        given = {"item": october["first"].number, "was": "计入", "becomes": "撤销", "reason": "登记错人"}
        afterwards.add_erratum(world.actor("督察"), bulletin, **given, finding_id=october["first"].pk)
        leave = lambda: afterwards.leave_as_is(  # noqa: E731
            world.actor("督察"), bulletin, finding_id=october["objected"].pk, reason="原文未列姓名，下期通报"
        )
        leave()
        refused(leave, code="decided", kind=Conflict)
        assert selectors.changed_items(bulletin) == []
    assert NoErratum.objects.get().by_label == "督察"


def test_a_task_is_done_by_its_unit_with_a_word_of_what_was_done(world: World) -> None:
    with on(11, 3):
        bulletin = begun(world)
        plan = lambda **more: drafting.plan_task(  # noqa: E731
            world.actor("督察"), bulletin, **{"text": "专项整改", "unit": world.units["一中队"], "due_on": dt.date(2026, 11, 20), **more}
        )
        task = plan()
        refused(plan, code="twice")
        refused(lambda: plan(text="另一项", due_on=dt.date(2026, 11, 3)), code="past")
        refused(lambda: afterwards.complete_task(world.actor("队长"), task, note="已完成"), code="not_issued", kind=Conflict)
        other = plan(text="不再需要")
        drafting.drop_task(world.actor("督察"), bulletin, task=other)
        refused(lambda: drafting.drop_task(world.actor("督察"), bulletin, task=other), code="gone", kind=Conflict)
        bulletin = drafting.freeze_bulletin(world.actor("督察"), bulletin)
        assert bulletin.snapshot is not None
        bulletin = issuing.sign_bulletin(world.actor("局长"), bulletin, sha256=bulletin.snapshot.sha256)
        refused(lambda: plan(text="晚了"), code="signed", kind=Conflict)
        issuing.issue_bulletin(world.actor("督察乙"), bulletin)
    with on(11, 10):
        refused(lambda: afterwards.complete_task(world.actor("外队长"), task, note="x"), code="not_allowed", kind=NotAllowed)
        refused(lambda: afterwards.complete_task(world.actor("队长"), task, note="  "), code="no_note")
        assert afterwards.complete_task(world.actor("队长"), task, note="已开展").done_label == "队长"
        refused(lambda: afterwards.complete_task(world.actor("队长"), task, note="再次"), code="done", kind=Conflict)
    assert Task.objects.get().done_note == "已开展"


# --- who sees what, and what waits ---


def test_what_is_not_out_is_nothing_to_its_readers(world: World) -> None:
    with on(11, 3):
        bulletin = signed(world)
        for name in ("队长", "大队长", "队员"):
            with pytest.raises(NotFound):
                selectors.bulletin_for(world.actor(name), bulletin.pk)
        issuing.issue_bulletin(world.actor("督察"), bulletin)
        assert selectors.bulletin_for(world.actor("队长"), bulletin.pk) == bulletin
    assert list(selectors.bulletins_of(2026)) == [bulletin]
    assert list(selectors.bulletins_of(2025)) == []


def waiting(world: World, name: str) -> list[str]:
    return [each.title for each in selectors.work_waiting_for(world.actor(name))]


def test_each_step_waits_for_the_one_who_may_take_it(world: World) -> None:
    with on(11, 3):
        assert waiting(world, "督察") == ["编制 2026年10月通报"]
        assert selectors.work_waiting_for(world.actor("督察"))[0].due_on == dt.date(2026, 11, 13)
        bulletin = begun(world)
        drafting.plan_task(world.actor("督察"), bulletin, text="专项整改", unit=world.units["一中队"], due_on=dt.date(2026, 11, 20))
        assert waiting(world, "督察") == ["冻结 2026年10月通报数据"]
        bulletin = drafting.freeze_bulletin(world.actor("督察"), bulletin)
        assert (waiting(world, "督察"), waiting(world, "局长")) == ([], ["签发 2026年10月通报"])
        assert bulletin.snapshot is not None
        bulletin = issuing.sign_bulletin(world.actor("局长"), bulletin, sha256=bulletin.snapshot.sha256)
        assert waiting(world, "督察") == waiting(world, "局长") == ["印发 2026年10月通报"]
        assert waiting(world, "队长") == []
        issuing.issue_bulletin(world.actor("局长"), bulletin)
        assert waiting(world, "局长") == []
        assert waiting(world, "队长") == ["签收 2026年10月通报（一中队）", "通报任务：专项整改（一中队）"]
        assert waiting(world, "外队长") == ["签收 2026年10月通报（二中队）"]
        issuing.acknowledge_bulletin(world.actor("队长"), bulletin, unit=world.units["一中队"])
        afterwards.complete_task(world.actor("队长"), Task.objects.get(), note="已开展")
        assert waiting(world, "队长") == waiting(world, "督察") == waiting(world, "队员") == []
