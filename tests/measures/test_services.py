"""Measures: proposed by the ladder or by hand, decided apart from finder and unit, objected to, reversed; nothing by itself."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings import services as findings
from chengxin.measures import rules, selectors, services
from chengxin.measures.models import Commendation, Measure, MeasureObjection, MeasureReversal
from tests.measures.conftest import TODAY, second_leader
from tests.world import SYSTEM, World, build_world

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    return list(Entry.objects.filter(action__startswith="measures.").order_by("pk").values_list("action", flat=True))


def kinds(world: World, name: str) -> list[str]:
    return sorted(item.kind for item in selectors.work_waiting_for(world.actor(name)))


def test_the_ladder_proposes_once_and_costs_nobody_anything(world: World, proposed: Measure) -> None:
    assert (proposed.kind, proposed.ground, proposed.clause, proposed.state) == ("criticism", "serious", "2.1.5", "proposed")
    assert (proposed.person, proposed.unit, proposed.year) == (world.persons["队员"], world.units["一中队"], 2026)
    assert proposed.rule_version.startswith("measures.ladder@")
    assert services.propose_measures(SYSTEM) == 0
    assert actions() == ["measures.proposed"]
    assert not selectors.standing_measures(2026).exists()
    with clock.frozen(clock.at(dt.date(2027, 1, 4), 9)):  # the year after looks at its own facts only
        assert services.propose_measures(SYSTEM) == 0


def test_repetition_is_counted_in_the_year_and_names_the_earlier_findings(world: World) -> None:
    numbers = [world.finding(person="协管").number for _ in range(3)]
    assert services.propose_measures(SYSTEM) == 1
    made = Measure.objects.get()
    assert (made.kind, made.ground, made.person_class) == ("notice", "repeated", "auxiliary")
    assert made.aggravations == [{"ground": "repeated", "text": "本年度第 3 个问题", "findings": numbers[:2]}]


def test_refusal_is_proposed_when_the_term_is_long_over_and_not_a_day_before(world: World) -> None:
    finding = world.finding()
    with clock.frozen(clock.at(finding.due_on + dt.timedelta(days=10), 9)):
        assert services.propose_measures(SYSTEM) == 0
    with clock.frozen(clock.at(finding.due_on + dt.timedelta(days=11), 9)):
        assert services.propose_measures(SYSTEM) == 1
    assert Measure.objects.get().ground == "refused"


def test_a_draft_rulebook_proposes_and_decides_nothing(db: None) -> None:
    with clock.frozen(clock.at(TODAY, 12)):
        world = build_world(issued=False)
        assert services.propose_measures(SYSTEM) == 0
        with pytest.raises(DomainError, match="征求意见稿"):
            services.propose_measure(
                world.actor("督察"), kind="talk", ground="lacking", text="督办事项未落实", happened_on=TODAY, unit=world.units["一中队"]
            )
    assert not Measure.objects.exists()


def test_neither_the_finder_nor_the_unit_nor_oneself_decides(world: World, proposed: Measure) -> None:
    for name, why in (("督察", "发现人"), ("队长", "权限"), ("队员", "权限")):
        with pytest.raises(NotAllowed, match=why):
            services.decide_measure(world.actor(name), proposed, kind="criticism", reasons="理由")
    with pytest.raises(NotAllowed, match="权限"):
        services.decide_measure(world.actor("督察乙"), proposed, kind="notice", reasons="理由")  # grave ones are for leaders
    with pytest.raises(DomainError, match="理由"):
        services.decide_measure(world.actor("督察乙"), proposed, kind="criticism", reasons=" ")
    proposed.refresh_from_db()
    assert (proposed.state, actions()) == ("proposed", ["measures.proposed"])


def test_a_decision_has_reasons_a_term_for_objection_and_stands(world: World, decided: Measure) -> None:
    assert (decided.state, decided.decided_label, decided.object_by) == (
        "decided",
        "督察乙",
        dt.date(2026, 10, 13),
    )  # 8, 9, the make-up workday 10, 12, 13
    assert decided.calendar_version
    assert list(selectors.standing_measures(2026)) == [decided]
    assert list(selectors.measures_between(TODAY, TODAY)) == [decided]
    assert not selectors.standing_measures(2026, clock.now() - dt.timedelta(hours=1)).exists()  # as known an hour ago
    with pytest.raises(Conflict, match="已决定"):
        services.decide_measure(world.actor("局长"), decided, kind="criticism", reasons="再次")
    assert actions() == ["measures.proposed", "measures.decided"]


def test_a_leader_may_dismiss_and_the_fact_is_not_proposed_again(world: World, proposed: Measure) -> None:
    services.dismiss_measure(world.actor("局长"), proposed, reasons="首次且已改正")
    assert services.propose_measures(SYSTEM) == 0
    assert Measure.objects.get().state == "dismissed"
    assert not selectors.standing_measures(2026).exists()


def test_a_measure_on_a_reversed_finding_is_refused_and_one_decided_before_falls(world: World, proposed: Measure) -> None:
    finding = world.finding(person="协管", grade="serious")
    services.propose_measures(SYSTEM)
    other = Measure.objects.get(person=world.persons["协管"])
    services.decide_measure(world.actor("督察乙"), other, kind="criticism", reasons="经核实")
    for each in (finding, proposed.finding):
        findings.withdraw_finding(world.actor("局长"), each, reason="事实有误")
    with pytest.raises(Conflict, match="已撤销"):
        services.decide_measure(world.actor("督察乙"), proposed, kind="criticism", reasons="理由")
    assert not selectors.standing_measures(2026).exists()  # what rested on it counts no more, whoever has looked or not
    assert kinds(world, "督察乙") == ["measures.decide", "measures.reverse"]
    with pytest.raises(Conflict, match="不能据此"):
        services.propose_measure(
            world.actor("督察乙"), kind="notice", ground="serious", text="又", happened_on=TODAY,
            finding=type(finding).objects.get(pk=finding.pk),
        )  # fmt: skip
    services.reverse_measure(world.actor("局长"), other, reason="主要事实已撤销")
    assert MeasureReversal.objects.get().measure == other


def test_one_fact_has_one_measure_and_by_hand_a_second_is_refused(world: World, proposed: Measure) -> None:
    with pytest.raises(Conflict, match="一事不再罚"):
        services.propose_measure(
            world.actor("督察乙"), kind="notice", ground="serious", text="同一事实", happened_on=TODAY, finding=proposed.finding
        )
    assert Measure.objects.count() == 1


def test_a_repetition_falls_with_any_of_its_facts_and_the_decider_is_told(world: World) -> None:
    made = [world.finding(person="协管") for _ in range(3)]
    services.propose_measures(SYSTEM)
    measure = services.decide_measure(world.actor("局长"), Measure.objects.get(), kind="notice", reasons="三次漏戴")
    assert (measure.repeat_needed, list(selectors.standing_measures(2026))) == (3, [measure])
    before = clock.now()
    with clock.frozen(before + dt.timedelta(hours=1)):
        findings.withdraw_finding(world.actor("局长"), made[0], reason="认错了人")
        assert not selectors.standing_measures(2026).exists()
        assert not selectors.measures_between(TODAY, TODAY).exists()
        assert list(selectors.standing_measures(2026, before)) == [measure]  # as known an hour ago
        (told,) = [each for each in selectors.work_waiting_for(world.actor("局长")) if each.kind == "measures.reverse"]
        assert "多次违规的次数已不足" in told.title
        services.reverse_measure(world.actor("局长"), measure, reason="次数不足")
        assert services.propose_measures(SYSTEM) == 0
        world.finding(person="协管")  # a third again: the repetition is another fact's now
        assert services.propose_measures(SYSTEM) == 1
    assert MeasureReversal.objects.get().had_fallen


def test_a_proposal_whose_ground_is_gone_can_only_be_dismissed(world: World) -> None:
    made = [world.finding(person="协管") for _ in range(3)]
    services.propose_measures(SYSTEM)
    measure = Measure.objects.get()
    findings.withdraw_finding(world.actor("局长"), made[1], reason="事实有误")
    with pytest.raises(Conflict, match="多次违规”已不成立"):
        services.decide_measure(world.actor("局长"), measure, kind="notice", reasons="理由")
    assert [each.name for each in selectors.offers_of_measure(world.actor("局长"), measure)] == ["dismiss"]
    services.dismiss_measure(world.actor("局长"), measure, reasons="次数不足")


def test_what_remains_of_a_fact_is_proposed_again_when_its_repetition_fell(world: World) -> None:
    first = [world.finding(person="协管") for _ in range(2)]
    world.finding(person="协管", grade="serious")
    services.propose_measures(SYSTEM)
    measure = services.decide_measure(world.actor("局长"), Measure.objects.get(), kind="notice", reasons="第三次且情节较重")
    findings.withdraw_finding(world.actor("局长"), first[0], reason="事实有误")
    services.reverse_measure(world.actor("局长"), measure, reason="次数不足")
    assert services.propose_measures(SYSTEM) == 1
    again = Measure.objects.exclude(pk=measure.pk).get()
    assert (again.finding, again.ground, again.kind, again.repeat_needed) == (measure.finding, "serious", "criticism", 0)


def test_a_proposal_is_brought_up_to_date_until_somebody_decides(world: World, proposed: Measure) -> None:
    late = proposed.finding.due_on + dt.timedelta(days=11)
    with clock.frozen(clock.at(late, 9)):
        assert services.propose_measures(SYSTEM) == 0
        assert services.propose_measures(SYSTEM) == 0
        proposed.refresh_from_db()
        assert (proposed.kind, proposed.ground) == ("notice", "refused")
        assert [each["ground"] for each in proposed.aggravations] == ["serious"]
        assert actions() == ["measures.proposed", "measures.renewed"]


def test_refusing_after_a_measure_is_proposed_in_its_place_and_never_beside_it(world: World, decided: Measure) -> None:
    finding = decided.finding
    with clock.frozen(clock.at(finding.due_on + dt.timedelta(days=11), 9)):
        assert services.propose_measures(SYSTEM) == 1
        assert services.propose_measures(SYSTEM) == 0
        graver = Measure.objects.exclude(pk=decided.pk).get()
        assert (graver.ground, graver.kind, graver.replaces, graver.state) == ("refused", "notice", decided, "proposed")
        assert list(selectors.standing_measures(2026)) == [decided]
        services.decide_measure(world.actor("局长"), graver, kind="notice", reasons="批评后仍不整改")
        assert list(selectors.standing_measures(2026)) == [graver]
        assert MeasureReversal.objects.get().reason == f"由 {graver.number} 替代"
        assert actions()[-3:] == ["measures.proposed", "measures.reversed", "measures.decided"]
        assert services.propose_measures(SYSTEM) == 0


def test_who_puts_it_right_before_the_decision_has_not_refused(world: World, decided: Measure) -> None:
    with clock.frozen(clock.at(decided.finding.due_on + dt.timedelta(days=11), 9)):
        services.propose_measures(SYSTEM)
        graver = Measure.objects.exclude(pk=decided.pk).get()
        findings.submit_rectification(world.actor("队员"), decided.finding, text="已改")
        with pytest.raises(Conflict, match="拒不整改”已不成立"):
            services.decide_measure(world.actor("局长"), graver, kind="notice", reasons="仍不整改")
        services.dismiss_measure(world.actor("局长"), graver, reasons="已提交整改")
    assert list(selectors.standing_measures(2026)) == [decided]


def test_a_measure_under_objection_is_not_replaced(world: World, decided: Measure) -> None:
    services.file_objection(world.actor("队员"), decided, text="不服")
    with clock.frozen(clock.at(decided.finding.due_on + dt.timedelta(days=11), 9)):
        services.propose_measures(SYSTEM)
        graver = Measure.objects.exclude(pk=decided.pk).get()
        with pytest.raises(Conflict, match="申辩复核中"):
            services.decide_measure(world.actor("局长"), graver, kind="notice", reasons="仍不整改")
    graver.refresh_from_db()
    assert (graver.state, list(selectors.standing_measures(2026))) == ("proposed", [decided])


def test_a_refusal_over_the_turn_of_the_year_is_still_proposed(world: World) -> None:
    with clock.frozen(clock.at(dt.date(2026, 12, 30), 9)):
        finding = world.finding()
    with clock.frozen(clock.at(finding.due_on + dt.timedelta(days=11), 9)):
        assert clock.today().year == 2027
        assert services.propose_measures(SYSTEM) == 1
    assert (Measure.objects.get().year, Measure.objects.get().ground) == (2026, "refused")


def test_by_hand_a_repetition_must_be_one_and_further_grounds_become_parts(world: World) -> None:
    finding = world.finding(by="督察乙", grade="serious")
    given: dict[str, Any] = {"kind": "notice", "text": "", "happened_on": TODAY, "finding": finding}
    with pytest.raises(Conflict, match="还不到“多次违规”"):
        services.propose_measure(world.actor("督察"), ground="repeated", **given)
    made = services.propose_measure(world.actor("督察"), ground="refused", **given)
    assert (made.text, made.by_ladder, [each["ground"] for each in made.aggravations]) == (finding.text, False, ["serious"])


def test_one_form_is_one_proposal_and_one_notice_one_measure_a_person(world: World) -> None:
    given: dict[str, Any] = {
        "kind": "ineligible", "ground": "integrity", "text": "收受礼品", "happened_on": TODAY, "person": world.persons["队员"],
        "document_number": "纪〔2026〕1号",
    }  # fmt: skip
    key = uuid.uuid4()
    made = services.propose_measure(world.actor("督察"), form_key=key, **given)
    assert services.propose_measure(world.actor("督察"), form_key=key, **given) == made
    with pytest.raises(Conflict, match="已经有一项措施"):
        services.propose_measure(world.actor("督察乙"), form_key=uuid.uuid4(), **given)
    with pytest.raises(DomainError, match="请填写人员"):
        services.propose_measure(world.actor("督察"), **{**given, "person": None, "unit": world.units["一中队"]})
    assert (Measure.objects.count(), actions()) == (1, ["measures.proposed"])


def test_the_database_itself_keeps_the_duties_apart(world: World, decided: Measure) -> None:
    person = decided.person
    broken: list[dict[str, Any]] = [{"decided_person_id": person.pk}, {"proposed_by": decided.decided_by}, {"finding": None}]
    for values in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            Measure.objects.filter(pk=decided.pk).update(**values)
    services.file_objection(world.actor("队员"), decided, text="不服")
    for who in (decided.decided_by, world.users["队员"].pk):
        with pytest.raises(IntegrityError), transaction.atomic():
            MeasureObjection.objects.update(decided_by=who)


def test_a_job_proposes_and_never_decides(world: World, proposed: Measure) -> None:
    with pytest.raises(NotAllowed, match="具名人员"):
        services.decide_measure(SYSTEM, proposed, kind="criticism", reasons="自动")
    with pytest.raises(NotAllowed):
        services.propose_measures(world.actor("队员"))
    assert actions() == ["measures.proposed"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ground": "integrity", "kind": "ineligible", "text": "收受礼品", "happened_on": TODAY}, "document_number"),
        ({"ground": "serious", "kind": "notice", "text": "没有问题编号", "happened_on": TODAY}, "finding"),
        ({"ground": "integrity", "kind": "ineligible", "text": "x", "happened_on": TODAY + dt.timedelta(days=1)}, "happened_on"),
        ({"ground": "integrity", "kind": "ineligible", "text": " ", "happened_on": TODAY, "document_number": "纪〔2026〕1号"}, "text"),
        ({"ground": "integrity", "kind": "记过", "text": "x", "happened_on": TODAY}, "kind"),
    ],
)
def test_what_is_wrong_with_a_proposal_names_its_field(world: World, given: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        services.propose_measure(world.actor("督察"), person=world.persons["队员"], **given)
    assert refused.value.field == field
    assert not Measure.objects.exists()
    assert actions() == []


def test_a_unit_is_talked_with_and_its_leader_objects(world: World) -> None:
    made = services.propose_measure(
        world.actor("督察"), kind="talk", ground="lacking", text="三次督办未落实", happened_on=TODAY, unit=world.units["一中队"]
    )
    services.decide_measure(world.actor("局长"), made, kind="talk", reasons="落实不力")
    with pytest.raises(NotAllowed):
        services.file_objection(world.actor("外队长"), made, text="不属实")
    services.file_objection(world.actor("队长"), made, text="已按期报送")
    assert kinds(world, "局长") == []  # not who decided
    with pytest.raises(NotAllowed, match="决定人"):
        services.decide_objection(world.actor("局长"), made, revoked=False, reasons="维持")
    other = second_leader(world)
    services.decide_objection(other, made, revoked=True, reasons="材料属实")
    made.refresh_from_db()
    assert (made.state, selectors.standing_measures(2026).exists()) == ("reversed", False)
    assert MeasureReversal.objects.get().objection == MeasureObjection.objects.get()


def test_objection_by_the_person_within_the_term_once(world: World, decided: Measure) -> None:
    for name in ("女队员", "队长", "外人"):
        with pytest.raises(NotAllowed, match="本人"):
            services.file_objection(world.actor(name), decided, text="代为申辩")
    with clock.frozen(clock.at(dt.date(2026, 10, 14), 9)), pytest.raises(DomainError, match="申辩期已过"):
        services.file_objection(world.actor("队员"), decided, text="晚了")
    with clock.frozen(clock.at(dt.date(2026, 10, 13), 23, 59)):
        services.file_objection(world.actor("队员"), decided, text="当时在搬运物品")
        with pytest.raises(Conflict, match="已经提出"):
            services.file_objection(world.actor("队员"), decided, text="再次")
        with pytest.raises(Conflict, match="复核中"):
            services.reverse_measure(world.actor("局长"), decided, reason="先撤")
        services.decide_objection(world.actor("局长"), decided, revoked=False, reasons="录像清楚")
    assert list(selectors.standing_measures(2026)) == [decided]
    assert actions()[-2:] == ["measures.objected", "measures.objection_decided"]


def test_whoever_keeps_a_ledger_is_told_in_the_same_transaction(world: World, proposed: Measure) -> None:
    told: list[tuple[str, str]] = []
    services.WITNESSES.append(lambda _actor, subject, event: told.append((subject.number, event)))
    try:
        services.decide_measure(world.actor("督察乙"), proposed, kind="criticism", reasons="经核实")
        services.file_objection(world.actor("队员"), proposed, text="不服")
        services.decide_objection(world.actor("局长"), proposed, revoked=True, reasons="成立")
    finally:
        services.WITNESSES.pop()
    assert told == [(proposed.number, event) for event in ("decided", "objected", "objection_decided")]


# --- commendations ---


def commend(world: World, by: str = "队长", **more: Any) -> Commendation:
    given: dict[str, Any] = {
        "form_key": uuid.uuid4(), "kind": "public", "text": "救助走失老人，群众送来锦旗", "happened_on": TODAY,
        "person": world.persons["队员"],
    }  # fmt: skip
    return services.propose_commendation(world.actor(by), **{**given, **more})


def test_a_commendation_is_proposed_by_one_and_given_by_another(world: World) -> None:
    key = uuid.uuid4()
    made = commend(world, form_key=key)
    assert commend(world, form_key=key) == made  # a second click
    assert kinds(world, "局长") == ["measures.give"]
    with pytest.raises(NotAllowed):
        services.decide_commendation(world.actor("队长"), made, given=True)
    services.decide_commendation(world.actor("局长"), made, given=True)
    assert [each.number for each in selectors.commendations_between(TODAY, TODAY)] == [f"表〔2026〕{made.pk:04d}"]
    with pytest.raises(Conflict, match="已表扬"):
        services.decide_commendation(world.actor("局长"), made, given=False, note="改主意")
    services.revoke_commendation(world.actor("局长"), made, reason="事迹有误")
    assert not selectors.commendations_between(TODAY, TODAY).exists()
    assert actions() == ["measures.commendation_proposed", "measures.commendation_decided", "measures.commendation_revoked"]


def test_nobody_commends_oneself_the_future_or_gives_what_oneself_proposed(world: World) -> None:
    with pytest.raises(NotAllowed, match="本人"):
        commend(world, person=world.persons["队长"])
    with pytest.raises(DomainError, match="不能晚于今天"):
        commend(world, happened_on=TODAY + dt.timedelta(days=1))
    with pytest.raises(NotAllowed):
        commend(world, by="外队长")  # not the own squadron's
    assert not Commendation.objects.exists()
    own = commend(world, by="局长")
    with pytest.raises(NotAllowed, match="提出人"):
        services.decide_commendation(world.actor("局长"), own, given=True)
    other = second_leader(world)
    with pytest.raises(DomainError, match="理由"):
        services.decide_commendation(other, own, given=False)
    services.decide_commendation(other, own, given=False, note="材料不足")
    assert Commendation.objects.get().state == rules.DECLINED
