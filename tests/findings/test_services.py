"""Each command works, each refusal leaves nothing behind, a repeat is harmless, the audit is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.findings import selectors, services
from chengxin.findings.models import Finding, FindingSource, Objection, Rectification, Step
from chengxin.people import services as people
from chengxin.rulebook import services as rulebook
from tests.world import SYSTEM, World, build_world

SEPTEMBER_30 = dt.date(2026, 9, 30)


@pytest.fixture(autouse=True)
def the_last_day_before_the_holiday() -> Iterator[None]:
    with clock.frozen(clock.at(SEPTEMBER_30, 10)):
        yield


@contextmanager
def on(day: dt.date, hour: int = 10) -> Iterator[None]:
    with clock.frozen(clock.at(day, hour)):
        yield


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Finding, FindingSource, Step, Rectification, Objection, Entry))


@contextmanager
def refused(error: type[DomainError], message: str) -> Iterator[None]:
    """The block raises and leaves no row, no step, no audit entry."""
    before, states = counts(), list(Finding.objects.order_by("pk").values_list("state", "version"))
    with pytest.raises(error, match=message):
        yield
    assert counts() == before
    assert list(Finding.objects.order_by("pk").values_list("state", "version")) == states


def test_a_finding_says_clause_rule_calendar_and_facts(world: World) -> None:
    finding = world.finding()
    assert (finding.clause, finding.rule_label, finding.calendar_version) == ("2.1.3", "attire.prohibited@1", "2026.1")
    assert finding.text == "漏戴标识"
    assert (finding.state, finding.due_on, finding.object_by) == ("open", dt.date(2026, 10, 15), dt.date(2026, 10, 13))
    assert (finding.unit, finding.person_class) == (world.units["一中队"], "established")
    entry = Entry.objects.get(action="findings.raised")
    assert (entry.subject, entry.actor_label, entry.person_id) == (f"finding:{finding.pk}", "督察", world.persons["队员"].pk)


def test_the_same_fact_from_the_same_source_is_the_same_finding(world: World) -> None:
    first, before = world.finding(source="seen:1"), counts()
    assert world.finding(source="seen:1") == first
    with on(dt.date(2026, 10, 8)):
        assert services.raise_finding(
            world.actor("督察"), kind="attire.dress", seen_at=clock.at(SEPTEMBER_30, 10), source="seen:1", described="日常督查",
            facts={"entry": "attire.markings_missing", "act": "漏戴标识"}, person=world.persons["队员"],
        ) == first  # fmt: skip
    assert counts() == before


def test_a_finding_put_right_on_the_spot_is_born_closed_and_counts(world: World) -> None:
    finding = world.finding(corrected_on_spot=True)
    assert (finding.state, finding.due_on) == ("closed", None)
    assert finding.closed_at is not None
    assert selectors.repeat_count(world.persons["队员"], year=2026) == 1
    assert selectors.repeat_count(world.persons["队员"], year=2025) == 0


def test_the_unit_is_the_one_of_the_day_of_the_fact(world: World) -> None:
    people.assign_person(world.actor("人事"), world.persons["外人"], unit=world.units["一中队"], starts_on=SEPTEMBER_30)
    assert world.finding(person="外人", seen_at=clock.at(dt.date(2026, 9, 29))).unit == world.units["二中队"]
    assert world.finding(person="外人").unit == world.units["一中队"]


def test_a_draft_produces_no_finding(db: None) -> None:
    world = build_world(issued=False)
    with refused(DomainError, "征求意见稿只能模拟"):
        world.finding()


def test_no_rule_applies_to_facts_before_its_date(world: World) -> None:
    with refused(DomainError, "没有任职单位"):
        world.finding(seen_at=clock.at(dt.date(2025, 8, 31)))


def test_what_a_finding_is_judged_by_stays_when_the_rule_changes(world: World) -> None:
    finding = world.finding()
    rulebook.publish_version(
        SYSTEM, "findings.rectification", values={"workdays": 3}, in_force_on=dt.date(2026, 10, 8), document_number="城管〔2026〕2号"
    )
    with on(dt.date(2026, 10, 8)):
        later = world.finding()
    finding.refresh_from_db()
    assert (finding.due_workdays, later.due_workdays) == (7, 3)


@pytest.mark.parametrize(
    ("by", "person", "message"),
    [
        ("队员", "外人", "没有“登记问题”的权限"),
        ("督察", "督察", "不能给自己登记"),
        ("督察", "督察乙", "回避"),
    ],
)
def test_who_may_not_raise_a_finding(world: World, by: str, person: str, message: str) -> None:
    with refused(NotAllowed, message):
        world.finding(by=by, person=person)


def test_a_fact_of_the_future_is_refused(world: World) -> None:
    with refused(DomainError, "不能晚于现在"):
        world.finding(seen_at=clock.now() + dt.timedelta(hours=1))


def test_a_job_or_a_token_makes_no_finding(world: World) -> None:
    with refused(NotAllowed, "具名人员"):
        services.raise_finding(
            SYSTEM, kind="attire.dress", seen_at=clock.now(), facts={"act": "漏戴标识", "entry": "attire.markings_missing"},
            source="job", described="", person=world.persons["队员"],
        )  # fmt: skip


def test_the_whole_way_from_notice_to_look_back(world: World) -> None:
    finding, own, judge = world.finding(), world.actor("队员"), world.actor("督察乙")
    services.acknowledge_finding(own, finding)
    services.submit_rectification(own, finding, text="已补戴", photos=[world.photo(own)])
    services.recheck_finding(judge, finding, passed=False, note="照片看不清")
    finding.refresh_from_db()
    assert (finding.state, finding.due_on) == ("open", dt.date(2026, 10, 15))
    services.submit_rectification(own, finding, text="重新拍照")
    services.recheck_finding(judge, finding, passed=True, note="到位")
    finding.refresh_from_db()
    assert finding.state == "closed"
    services.record_look_back(judge, finding, recurred=True, note="又漏戴")
    finding.refresh_from_db()
    assert (finding.state, finding.closed_at) == ("open", None)
    assert [step.title for step in finding.steps.all()] == [
        "登记问题并告知", "签收告知", "提交整改（第 1 次）", "复核退回", "提交整改（第 2 次）", "复核通过，销号", "回头看：反弹，重新整改",
    ]  # fmt: skip
    assert [stage for stage, _ in selectors.photos_of(finding)] == ["整改"]


def test_a_second_receipt_changes_nothing(world: World) -> None:
    finding, own = world.finding(), world.actor("队员")
    services.acknowledge_finding(own, finding)
    before = counts()
    services.acknowledge_finding(own, finding)
    assert counts() == before


def test_finder_rectifier_and_rechecker_are_three_people(world: World) -> None:
    finding = world.finding(by="督察")
    with refused(NotAllowed, "代表单位整改"):
        services.submit_rectification(world.actor("外人"), finding, text="x")
    services.submit_rectification(world.actor("队长"), finding, text="已整改")
    with refused(NotAllowed, "您是本问题的发现人"):
        services.recheck_finding(world.actor("督察"), finding, passed=True, note="")
    with refused(NotAllowed, "没有“复核整改”的权限"):
        services.recheck_finding(world.actor("队长"), finding, passed=True, note="")
    with refused(DomainError, "退回须写明原因"):
        services.recheck_finding(world.actor("督察乙"), finding, passed=False, note=" ")
    services.recheck_finding(world.actor("督察乙"), finding, passed=True, note="")


def test_the_captain_who_found_it_at_roll_call_neither_rectifies_nor_objects(world: World) -> None:
    finding = world.finding(by="队长", self_check=True)
    with refused(NotAllowed, "发现人不能办理整改"):
        services.submit_rectification(world.actor("队长"), finding, text="x")
    with refused(NotAllowed, "发现人不能"):
        services.file_objection(world.actor("队长"), finding, text="x")
    services.submit_rectification(world.actor("队员"), finding, text="已补戴")


def test_a_page_that_is_out_of_date_is_refused_and_says_what_happened(world: World) -> None:
    finding = world.finding()
    services.acknowledge_finding(world.actor("队员"), finding)
    with refused(Conflict, "队员：签收告知"):
        services.submit_rectification(world.actor("队长"), finding, text="x", seen_version=0)


def test_nothing_can_be_submitted_or_rechecked_twice(world: World) -> None:
    finding = world.finding()
    services.submit_rectification(world.actor("队员"), finding, text="x")
    with refused(Conflict, "只有待整改的问题可以提交整改"):
        services.submit_rectification(world.actor("队员"), finding, text="x")
    services.recheck_finding(world.actor("督察乙"), finding, passed=True, note="")
    with refused(Conflict, "只有待复核的问题可以复核"):
        services.recheck_finding(world.actor("督察乙"), finding, passed=True, note="")


def test_an_extension_is_asked_for_in_time_and_decided_by_another(world: World) -> None:
    finding = world.finding()
    with refused(DomainError, "1 到 7 个工作日"):
        services.request_extension(world.actor("队员"), finding, workdays=8, reason="等换发")
    services.request_extension(world.actor("队员"), finding, workdays=3, reason="等换发")
    with refused(DomainError, "延期"):
        services.request_extension(world.actor("队员"), finding, workdays=3, reason="再来")
    with refused(NotAllowed, "没有"):
        services.decide_extension(world.actor("队长"), finding, granted=True, note="")
    services.decide_extension(world.actor("局长"), finding, granted=True, note="同意")
    finding.refresh_from_db()
    assert finding.due_on == dt.date(2026, 10, 20)
    with refused(Conflict, "没有等待决定"):
        services.decide_extension(world.actor("督察乙"), finding, granted=False, note="")


def test_an_overdue_finding_gets_no_extension_but_may_still_be_submitted(world: World) -> None:
    finding = world.finding()
    with on(dt.date(2026, 10, 16)):
        with refused(DomainError, "2026-10-15 已过"):
            services.request_extension(world.actor("队员"), finding, workdays=3, reason="x")
        assert list(Finding.objects.overdue(clock.today())) == [finding]
        services.submit_rectification(world.actor("队员"), finding, text="补上")


def test_an_objection_on_the_last_day_stands_and_a_day_later_is_too_late(world: World) -> None:
    in_time, late = world.finding(), world.finding()
    with on(dt.date(2026, 10, 13), 23):
        services.file_objection(world.actor("队员"), in_time, text="当时在换装")
    with on(dt.date(2026, 10, 14)), refused(DomainError, "申辩期已过：2026-09-30 告知，2026-10-13 截止"):
        services.file_objection(world.actor("队员"), late, text="当时在换装")


def test_an_objection_is_decided_by_neither_finder_nor_rechecker(world: World) -> None:
    finding = world.finding(by="督察")
    services.submit_rectification(world.actor("队员"), finding, text="x")
    services.recheck_finding(world.actor("督察乙"), finding, passed=True, note="")
    services.file_objection(world.actor("队员"), finding, text="不实")
    for name, why in (("督察", "发现人"), ("督察乙", "复核人")):
        with refused(NotAllowed, why):
            services.decide_objection(world.actor(name), finding, revoked=True, reasons="x")
    services.decide_objection(world.actor("局长"), finding, revoked=True, reasons="经查不实")
    finding.refresh_from_db()
    assert finding.state == "withdrawn"
    assert finding.reversal.objection == finding.objections.get()
    assert selectors.repeat_count(world.persons["队员"], year=2026) == 0


def test_an_upheld_objection_changes_nothing_of_the_finding(world: World) -> None:
    finding = world.finding()
    services.file_objection(world.actor("队员"), finding, text="不实")
    services.decide_objection(world.actor("局长"), finding, revoked=False, reasons="照片清楚")
    finding.refresh_from_db()
    assert (finding.state, finding.due_on) == ("open", dt.date(2026, 10, 15))
    with refused(Conflict, "已经提出过申辩"):
        services.file_objection(world.actor("队员"), finding, text="再来")


def test_a_stranger_cannot_object(world: World) -> None:
    finding = world.finding()
    with refused(NotAllowed, "提出申辩"):
        services.file_objection(world.actor("外人"), finding, text="x")


def test_withdrawing_keeps_the_finding_and_takes_it_out_of_the_count(world: World) -> None:
    finding = world.finding()
    services.withdraw_finding(world.actor("局长"), finding, reason="登记错人")
    assert Finding.objects.get(pk=finding.pk).state == "withdrawn"
    assert selectors.repeat_count(world.persons["队员"], year=2026) == 0
    with refused(Conflict, "不能再撤销"):
        services.withdraw_finding(world.actor("局长"), finding, reason="x")


def test_two_sources_of_one_fact_become_one_finding_with_all_evidence(world: World) -> None:
    judge = world.actor("局长")
    one = world.finding(photos=[world.photo(world.actor("督察"), "red")])
    other = world.finding(by="督察乙", described="群众投诉", photos=[world.photo(world.actor("督察乙"), "green")])
    assert list(selectors.possible_twins(one)) == [other]
    services.merge_findings(judge, other, into=one, reason="同一事实")
    one.refresh_from_db()
    assert [source.described for source in one.sources.order_by("pk")] == ["日常督查", "群众投诉"]
    assert len(selectors.photos_of(one)) == 2
    assert selectors.repeat_count(world.persons["队员"], year=2026) == 1
    with refused(DomainError, "不能并入自身"):
        services.merge_findings(judge, one, into=one, reason="x")
    with refused(Conflict, "已并案"):
        services.merge_findings(judge, one, into=other, reason="x")
    stranger = world.finding(person="协管")
    with refused(DomainError, "同一天、同一责任人"):
        services.merge_findings(judge, one, into=stranger, reason="x")


def test_findings_are_seen_by_the_own_person_and_the_own_units_only(world: World) -> None:
    own, other = world.finding(), world.finding(person="外人")
    assert set(selectors.findings_visible_to(world.actor("队员"))) == {own}
    assert set(selectors.findings_visible_to(world.actor("队长"))) == {own}
    assert set(selectors.findings_visible_to(world.actor("外队长"))) == {other}
    assert set(selectors.findings_visible_to(world.actor("督察"))) == {own, other}
    for nobody in ("系统员", "安全员", "审计员"):
        assert not selectors.findings_visible_to(world.actor(nobody)).filter(pk__in=[own.pk, other.pk]).exists()
    with pytest.raises(NotFound):
        selectors.finding_for(world.actor("外人"), own.pk)


def test_a_suspended_person_reads_and_objects_and_does_nothing_else(world: World) -> None:
    finding = world.finding()
    people.set_status(
        world.actor("人事"), world.persons["队员"], status="suspended", starts_on=SEPTEMBER_30, ends_on=None, approved_by="局长"
    )
    actor = world.actor("队员")
    own = {"portal.home", "portal.read_file", "findings.read_own", "findings.object", "complaints.answer_own", "appraisal.read_own"}
    assert set(actor.reach) <= {*own, "rulebook.read"}
    assert selectors.finding_for(actor, finding.pk) == finding
    services.file_objection(actor, finding, text="不实")


def test_a_holiday_notice_moves_open_terms_with_a_trace_and_leaves_closed_ones(world: World) -> None:
    with on(dt.date(2026, 12, 28)):
        finding = world.finding()
        assert (finding.due_on, finding.due_provisional) == (dt.date(2027, 1, 7), True)
        rulebook.enter_holiday_notice(SYSTEM, year=2027, source="国务院办公厅通知", days_off=["01-01/01-03"], makeup_workdays=["01-09"])
        finding.refresh_from_db()
        assert (finding.due_on, finding.due_provisional, finding.calendar_version) == (dt.date(2027, 1, 7), False, "2026.1+2027.1")
        assert "日历" in finding.steps.last().note
        assert services.recompute_dues(SYSTEM) == 0


def test_what_waits_for_whom(world: World) -> None:
    finding = world.finding()

    def kinds(name: str) -> list[str]:
        return [item.kind for item in selectors.work_waiting_for(world.actor(name))]

    assert kinds("队员") == kinds("队长") == ["findings.rectify"]
    assert kinds("外人") == kinds("外队长") == kinds("督察乙") == []
    services.file_objection(world.actor("队员"), finding, text="不实")
    services.submit_rectification(world.actor("队员"), finding, text="已改")
    assert kinds("队员") == []
    assert kinds("督察") == []  # the finder judges neither
    assert sorted(kinds("督察乙")) == ["findings.objection", "findings.recheck"]
    assert kinds("局长") == ["findings.objection"]


def test_the_offers_of_the_page_agree_with_the_commands(world: World) -> None:
    finding = world.finding()
    services.submit_rectification(world.actor("队员"), finding, text="已改")
    finding.refresh_from_db()
    offers = {offer.name: offer.why_not for offer in selectors.offers(world.actor("督察乙"), finding)}
    assert offers["recheck"] == ""
    assert "发现人" in {offer.name: offer.why_not for offer in selectors.offers(world.actor("督察"), finding)}["recheck"]
    assert "submit" not in offers


def test_it_is_told_since_when_a_finding_counts_no_more_and_what_was_undecided_when(world: World) -> None:
    with clock.frozen(clock.at(dt.date(2026, 6, 10), 10)):
        kept, gone, other = world.finding(), world.finding(), world.finding()
        proposed = services.propose_finding(
            kind="attire.dress", seen_at=clock.now(), facts={"act": "漏戴标识", "entry": "attire.markings_missing"}, source="detector:9",
            described="系统比对", person=world.persons["队员"],
        )  # fmt: skip
        services.file_objection(world.actor("队员"), kept, text="当时正在更换标识")
    with clock.frozen(clock.at(dt.date(2026, 6, 11), 10)):
        services.withdraw_finding(world.actor("局长"), gone, reason="登记错人")
        services.merge_findings(world.actor("局长"), other, into=kept, reason="同一事实")
        assert proposed is not None
        services.dismiss_proposal(world.actor("督察"), proposed, reason="已核实为正常")
    ends = dict(selectors.with_ends(selectors.all_findings()).values_list("pk", "ended_at"))
    assert ends == {kept.pk: None, gone.pk: clock.at(dt.date(2026, 6, 11), 10), other.pk: clock.at(dt.date(2026, 6, 11), 10)}
    assert [each.finding for each in selectors.objections_against([kept.pk, gone.pk])] == [kept]
    june = (dt.date(2026, 6, 10), dt.date(2026, 6, 10))
    open_ = [list(selectors.proposals_open_at(clock.at(dt.date(2026, 6, day), 12), *june)) for day in (9, 10, 11)]
    assert open_ == [[], [proposed], []]
    assert not selectors.proposals_open_at(clock.at(dt.date(2026, 6, 10), 12), dt.date(2026, 6, 11), dt.date(2026, 6, 30))
