"""The year's round, nominations, publicity, titles: each command works, each refusal leaves nothing, a repeat is harmless."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest

from chengxin.appraisal import selectors
from chengxin.appraisal.models import Correction, ExemplaryTitle, LedgerEntry, Nomination, PanelNote, PublicObjection, Round, Snapshot
from chengxin.appraisal.rules import rounds as rules
from chengxin.appraisal.rules import titles as title_rules
from chengxin.appraisal.selectors import rounds as questions
from chengxin.appraisal.selectors import simulation, units
from chengxin.appraisal.selectors import titles as title_questions
from chengxin.appraisal.services import nominations, rounds, titles
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.findings import services as findings
from chengxin.measures import services as measures
from chengxin.measures.models import Measure
from chengxin.people import services as people
from chengxin.rulebook import services as rulebook
from tests.appraisal.conftest import JANUARY, JUNE, Refused, found, frozen_round, on, take_back, thrice, verdict
from tests.world import SYSTEM, World, build_world

FEBRUARY = dt.date(2027, 2, 26)  # after the publicity period, whatever the notice of 2027 will say
SAID = "全年无投诉，办案质量高"


@pytest.fixture
def crowded(world: World) -> World:
    """Enough members of both classes for two seats each of the established and one of the auxiliaries."""
    with on(dt.date(2025, 9, 1)):
        for number in range(5):
            people.add_person(
                SYSTEM, number=f"C{number}", name=f"协管{number}", sex="male", person_class="auxiliary", unit=world.units["二中队"],
                joined_on=dt.date(2025, 9, 1),
            )  # fmt: skip
    return world


def nominate(world: World, round_: Round, person: str = "外人", by: str = "大队长", **more: Any) -> Nomination:
    with on(JANUARY):
        return nominations.nominate(world.actor(by), round_, person=world.persons[person], reasons=SAID, **more)


def published(world: World) -> Round:
    round_ = frozen_round(world)
    nominate(world, round_)
    with on(JANUARY):
        rounds.publish_list(world.actor("督察"), round_)
    round_.refresh_from_db()
    return round_


# --- measures and commendations in the ledger ---


def measure(world: World, day: dt.date = JUNE, person: str = "队员", kind: str = "notice", ground: str = "refused", **more: Any) -> Measure:
    with on(day, 16):
        finding = more.pop("finding", None) or found(world, person, day)
        made = measures.propose_measure(
            world.actor("督察乙"), kind=kind, ground=ground, text="逾期仍未整改", happened_on=day, finding=finding, **more
        )
        return measures.decide_measure(world.actor("局长"), made, kind=kind, reasons="事实清楚")


def test_a_decided_measure_is_entered_and_flags_by_its_ground(world: World) -> None:
    made = measure(world)
    entry = LedgerEntry.objects.get(kind="measure")
    assert (entry.source, entry.flag, entry.rests_on, entry.person) == (
        f"measure:{made.pk}",
        "refused",
        f"finding:{made.finding_id}",
        made.person,
    )
    told = verdict(world)
    assert (told.result, told.reasons[0].kind, made.number in told.reasons[0].text) == ("flagged", "refused", True)
    assert verdict(world, as_of=clock.at(JUNE, 11)).result == "pending"


def test_a_measure_that_is_only_proposed_costs_nothing_but_leaves_the_verdict_open(world: World) -> None:
    with on(JUNE, 16):
        made = measures.propose_measure(
            world.actor("督察乙"), kind="ineligible", ground="refused", text="逾期仍未整改", happened_on=JUNE, finding=found(world)
        )
    assert (verdict(world).result, verdict(world).reasons[0].kind) == ("pending", "proposal")
    assert not LedgerEntry.objects.filter(kind="measure").exists()
    with on(JUNE, 17):
        measures.dismiss_measure(world.actor("局长"), made, reasons="已经整改")
    assert verdict(world).result == "eligible"


def test_a_reversed_measure_gives_back_exactly_what_it_took(world: World) -> None:
    made = measure(world)
    with on(dt.date(2026, 8, 3)):
        measures.reverse_measure(world.actor("局长"), made, reason="依据不足")
    assert verdict(world).result == "eligible"
    assert verdict(world, as_of=clock.at(dt.date(2026, 8, 1))).result == "flagged"
    assert LedgerEntry.objects.filter(source=f"measure:{made.pk}").count() == 2


def test_a_measure_falls_with_its_fact_even_if_nobody_takes_it_back(world: World) -> None:
    made = measure(world)
    assert made.finding is not None
    take_back(world, made.finding)
    assert verdict(world).result == "eligible"
    assert selectors.verdict_of(world.persons["队员"], 2026, clock.at(JANUARY, 10)).standing.points == 0  # type: ignore[union-attr]
    with on(dt.date(2026, 8, 3)):
        measures.reverse_measure(world.actor("局长"), made, reason="主要事实已撤销")
    assert LedgerEntry.objects.filter(source=f"measure:{made.pk}", reverses__isnull=False).count() == 1


def test_an_objection_to_a_measure_makes_it_open_again(world: World) -> None:
    made = measure(world)
    with on(JUNE, 18):
        measures.file_objection(world.actor("队员"), made, text="已经按期整改")
    assert verdict(world).result == "pending"
    with on(dt.date(2026, 6, 20)):
        measures.decide_objection(
            world.actor("局长") if made.decided_by != world.users["局长"].pk else other_leader(world), made, revoked=False, reasons="维持"
        )
    assert verdict(world).result == "flagged"


def other_leader(world: World) -> Any:
    """A second leader, of another section."""
    people.grant_role(SYSTEM, world.users["人事"], role="leader", unit=None, starts_on=dt.date(2026, 1, 1))
    return world.actor("人事")


def test_praise_is_in_the_same_ledger_and_lifts_no_flag(world: World) -> None:
    thrice(world)
    with on(dt.date(2026, 9, 1)):
        praise = measures.propose_commendation(
            world.actor("督察"), form_key=uuid.uuid4(), kind="notice", text="抢险表现突出", happened_on=dt.date(2026, 8, 30),
            person=world.persons["队员"],
        )  # fmt: skip
        measures.decide_commendation(world.actor("局长"), praise, given=True)
    entry = LedgerEntry.objects.get(kind="commendation")
    assert (entry.points, entry.flag) == (2, "")
    told = verdict(world)
    assert (told.result, told.standing.commendations, told.standing.points) == ("flagged", 1, -1)
    with on(dt.date(2026, 9, 2)):
        measures.revoke_commendation(world.actor("局长"), praise, reason="事迹有误")
    assert (verdict(world).standing.commendations, verdict(world).standing.points) == (0, -3)


# --- the round ---


def test_a_round_is_opened_once_a_year(world: World, refused: Refused) -> None:
    with on(JANUARY):
        made = rounds.open_round(world.actor("督察"), year=2026)
        assert (made.state, made.opened_label) == ("open", "督察")
        with refused(Conflict, "已经启动"):
            rounds.open_round(world.actor("人事"), year=2026)
        with refused(DomainError, "年度应为"):
            rounds.open_round(world.actor("人事"), year=2028)
        with refused(NotAllowed, "组织年度考核"):
            rounds.open_round(world.actor("队长"), year=2025)


def test_a_frozen_round_keeps_everybody_with_digest_and_versions(world: World) -> None:
    thrice(world)
    round_ = frozen_round(world)
    kept = Snapshot.objects.get(round=round_)
    content = json.loads(kept.content)
    assert kept.sha256 == rules.digest(kept.content) == rules.digest(rules.canonical(content))
    assert {row["name"]: row["result"] for row in content["verdicts"]}["队员"] == "flagged"
    assert content["rules"] == kept.rule_versions == [
        "appraisal.eligibility@1", "findings.repeat@1", "appraisal.quota@1", "supervision.rhythm@1",
    ]  # fmt: skip
    assert (content["calendar"], kept.calendar_version, kept.open_matters) == ("2026.1", "2026.1", 0)
    assert kept.quotas == {"auxiliary": 0, "collective": 3, "established": 2}
    entry = Entry.objects.get(action="appraisal.frozen")
    assert (entry.details["sha256"], entry.details["persons"]) == (kept.sha256, len(content["verdicts"]))
    assert questions.is_whole(kept)


def test_a_frozen_round_says_the_same_after_later_corrections(world: World) -> None:
    first, *_ = thrice(world)
    round_ = frozen_round(world)
    before = Snapshot.objects.values().get()
    take_back(world, first, day=JANUARY + dt.timedelta(days=1))
    with on(JANUARY + dt.timedelta(days=2)):
        made = rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["队员"], cause="问题已经撤销")
    assert Snapshot.objects.values().get() == before
    assert (made.number, made.before, made.after) == (1, "flagged", "eligible")
    assert selectors.effective_result(round_, world.persons["队员"].pk) == "eligible"
    assert json.loads(Snapshot.objects.get().content)["verdicts"] != []
    assert next(row for row in questions.frozen_rows(round_) if row["name"] == "队员")["result"] == "flagged"


def test_a_year_that_runs_is_not_frozen(world: World, refused: Refused) -> None:
    with on(dt.date(2026, 12, 31), 23):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
        with refused(DomainError, "尚未结束"):
            rounds.freeze_round(world.actor("督察"), round_)
    with on(dt.date(2027, 1, 1), 0):
        rounds.freeze_round(world.actor("督察"), round_)


def test_open_matters_are_refused_or_confirmed_by_name(world: World, refused: Refused) -> None:
    finding = found(world)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), finding, text="当时正在更换标识")
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
        with refused(DomainError, "还有 1 人的结论待定") as told:
            rounds.freeze_round(world.actor("督察"), round_)
        assert told.value.field == "with_open_matters"
        with refused(DomainError, "为什么带着未决事项") as told:
            rounds.freeze_round(world.actor("督察"), round_, with_open_matters=True, confirmation=" ")
        assert told.value.field == "confirmation"
        with refused(NotAllowed, "具名人员"):
            rounds.freeze_round(SYSTEM, round_, with_open_matters=True, confirmation="申辩正在复核")
        kept = rounds.freeze_round(world.actor("督察"), round_, with_open_matters=True, confirmation="申辩正在复核，不影响名额")
    assert (kept.open_matters, kept.confirmed_label, kept.confirmation) == (1, "督察", "申辩正在复核，不影响名额")
    with on(JANUARY, 11), refused(Conflict, "已定稿"):
        rounds.freeze_round(world.actor("人事"), round_)


def test_a_draft_of_the_rules_freezes_nothing(db: None, refused: Refused) -> None:
    world = build_world(issued=False)
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
        with refused(DomainError, "征求意见稿只能试算"):
            rounds.freeze_round(world.actor("督察"), round_)
        assert selectors.verdicts_of(2026)  # what they would be can be seen


def test_freezing_makes_the_ledger_whole_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from chengxin.findings.services import life

    with monkeypatch.context() as patch:
        patch.setattr(life, "WITNESSES", [])
        thrice(world)
    round_ = frozen_round(world)
    assert selectors.effective_result(round_, world.persons["队员"].pk) == "flagged"


def test_a_correction_needs_a_change_a_cause_and_somebody_else(world: World, refused: Refused) -> None:
    first, *_ = thrice(world)
    round_ = frozen_round(world)
    with on(JANUARY):
        with refused(Conflict, "结论仍是“不具备资格”"):
            rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["队员"], cause="问题已经撤销")
        with refused(DomainError, "更正的原因"):
            rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["队员"], cause="无")
        with refused(DomainError, "须由他人办理"):
            rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["督察"], cause="本人的更正")
    take_back(world, first, day=JANUARY)
    with on(JANUARY, 11):
        rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["队员"], cause="问题已经撤销")
        with refused(Conflict, "结论仍是“具备资格”"):
            rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["队员"], cause="问题已经撤销")
    assert Correction.objects.count() == 1


def test_a_note_for_the_panel_changes_no_verdict(world: World, refused: Refused) -> None:
    thrice(world)
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
        rounds.add_panel_note(world.actor("局长"), round_, person=world.persons["队员"], text="抢险中表现突出，建议倾斜")
        with refused(DomainError, "不能为本人"):
            rounds.add_panel_note(world.actor("局长"), round_, person=world.persons["局长"], text="建议倾斜")
        with refused(DomainError, "意见的依据"):
            rounds.add_panel_note(world.actor("局长"), round_, person=world.persons["队员"], text=" ")
    assert PanelNote.objects.get().unit == world.units["一中队"]
    assert verdict(world).result == "flagged"


# --- nominations ---


def test_an_eligible_person_takes_a_seat_of_the_own_class(world: World) -> None:
    round_ = frozen_round(world)
    made = nominate(world, round_)
    assert (made.seat_class, made.seat, made.unit, made.nominated_label) == ("established", 1, world.units["二中队"], "大队长")
    assert questions.seats_of(round_) == [("在编人员", 1, 2), ("协管人员", 0, 0), ("先进集体", 0, 3)]
    assert Entry.objects.get(action="appraisal.nominated").person_id == world.persons["外人"].pk


def test_the_flagged_oneself_and_who_is_not_in_it_are_refused(world: World, refused: Refused) -> None:
    thrice(world)
    round_ = frozen_round(world)
    with refused(DomainError, "结论是“不具备资格”，不能推荐：多次违规") as told:
        nominate(world, round_, "队员")
    assert told.value.field == "person"
    with refused(NotAllowed, "不能推荐本人"):
        nominate(world, round_, "大队长")
    with refused(NotAllowed, "推荐先进集体和个人"):
        nominate(world, round_, "外人", by="队长")
    with refused(DomainError, "不参加评定"):
        nominate(world, round_, "职员", by="人事")
    nominate(world, round_)
    with refused(Conflict, "已经被推荐"):
        nominate(world, round_)
    assert Nomination.objects.count() == 1


def test_nobody_is_nominated_before_the_freeze_or_after_the_publication(world: World, refused: Refused) -> None:
    with on(JANUARY):
        round_ = rounds.open_round(world.actor("督察"), year=2026)
    with refused(Conflict, "评定中"):
        nominate(world, round_)
    with on(JANUARY):
        rounds.freeze_round(world.actor("督察"), round_)
        with refused(DomainError, "还没有推荐"):
            rounds.publish_list(world.actor("督察"), round_)
    nominate(world, round_)
    with on(JANUARY):
        rounds.publish_list(world.actor("督察"), round_)
    with refused(Conflict, "公示中"):
        nominate(world, round_, "外队长")


def test_a_quota_is_counted_by_class_on_the_frozen_numbers(crowded: World, refused: Refused) -> None:
    round_ = frozen_round(crowded)
    assert selectors.quotas_of(round_) == {"auxiliary": 1, "collective": 3, "established": 2}
    nominate(crowded, round_, "外人")
    nominate(crowded, round_, "外队长")
    with refused(Conflict, "在编人员的名额 2 个已满"):
        nominate(crowded, round_, "女队员")
    nominate(crowded, round_, "协管")
    taken_back = Nomination.objects.get(person=crowded.persons["外人"])
    with on(JANUARY, 11):
        nominations.withdraw_nomination(crowded.actor("大队长"), taken_back, reason="本人要求让出")
        with refused(Conflict, "已经撤下"):
            nominations.withdraw_nomination(crowded.actor("大队长"), taken_back, reason="本人要求让出")
    made = nominate(crowded, round_, "女队员")
    assert made.seat == 1
    assert Entry.objects.filter(action="appraisal.struck").count() == 1


def test_a_correction_that_takes_the_ground_away_strikes_the_nomination(world: World) -> None:
    round_ = frozen_round(world)
    nominate(world, round_)
    with on(JANUARY, 11):
        for number in range(3):
            with on(dt.date(2026, 12, 1 + number)):
                world.finding(person="外人")
        rounds.correct_verdict(world.actor("督察"), round_, person=world.persons["外人"], cause="补录的问题属实")
    struck = Nomination.objects.get()
    assert (struck.state, struck.struck_reason) == ("struck", "更正第 1 号：不具备资格")


def test_a_unit_is_nominated_by_others_and_not_with_a_talk_against_it(world: World, refused: Refused) -> None:
    with on(JUNE):
        made = measures.propose_measure(
            world.actor("督察"), kind="talk", ground="lacking", text="工作落实不力", happened_on=JUNE, unit=world.units["二中队"]
        )
        measures.decide_measure(world.actor("局长"), made, kind="talk", reasons="连续三个月整改逾期")
    assert not LedgerEntry.objects.exists()  # of a unit, so in nobody's ledger
    round_ = frozen_round(world)
    with on(JANUARY):
        with refused(DomainError, "本年有措施：措〔2026〕"):
            nominations.nominate(world.actor("大队长"), round_, unit=world.units["二中队"], reasons=SAID)
        with refused(NotAllowed, "本人所在的单位"):
            nominations.nominate(world.actor("队长"), round_, unit=world.units["一中队"], reasons=SAID)
        made_for = nominations.nominate(world.actor("大队长"), round_, unit=world.units["一中队"], reasons=SAID)
    assert (made_for.seat_class, made_for.person, made_for.title) == ("collective", None, "一中队")


# --- publicity ---


def test_a_list_is_public_for_working_days_and_then_issued(world: World, refused: Refused) -> None:
    round_ = published(world)
    assert (round_.publicity_from, round_.publicity_until, round_.publicity_provisional) == (JANUARY, dt.date(2027, 1, 27), True)
    with on(dt.date(2027, 1, 27), 23), refused(DomainError, "期满后才能公布"):
        rounds.issue_results(world.actor("局长"), round_, document_number="城管〔2027〕3号")
    with on(dt.date(2027, 1, 28)):
        with refused(DomainError, "请填写文号"):
            rounds.issue_results(world.actor("局长"), round_, document_number=" ")
        with refused(NotAllowed, "公布结果"):
            rounds.issue_results(world.actor("人事"), round_, document_number="城管〔2027〕3号")
        done = rounds.issue_results(world.actor("局长"), round_, document_number="城管〔2027〕3号")
        assert (done.state, done.issued_label) == ("issued", "局长")
        with refused(Conflict, "已公布"):
            rounds.issue_results(world.actor("局长"), round_, document_number="城管〔2027〕4号")


def test_an_objection_is_decided_by_another_and_strikes_when_it_is_right(world: World, refused: Refused) -> None:
    round_ = published(world)
    nomination = Nomination.objects.get()
    with on(JANUARY + dt.timedelta(days=1)):
        made = nominations.object_to_nomination(world.actor("督察"), nomination, text="材料中的案件不是其办理")
        with refused(Conflict, "已经提出过异议"):
            nominations.object_to_nomination(world.actor("督察"), nomination, text="材料中的案件不是其办理")
        with refused(NotAllowed, "自己提出的异议"):
            nominations.decide_public_objection(world.actor("督察"), made, upheld=True, reasons="情况属实")
        with refused(NotAllowed, "决定公示异议"):
            nominations.decide_public_objection(world.actor("大队长"), made, upheld=True, reasons="情况属实")
        with refused(DomainError, "决定的理由"):
            nominations.decide_public_objection(world.actor("局长"), made, upheld=True, reasons="")
    with on(FEBRUARY), refused(DomainError, "1 件公示异议没有决定"):
        rounds.issue_results(world.actor("局长"), round_, document_number="城管〔2027〕3号")
    with on(JANUARY + dt.timedelta(days=2)):
        nominations.decide_public_objection(world.actor("局长"), made, upheld=True, reasons="情况属实")
        with refused(Conflict, "已由局长决定"):
            nominations.decide_public_objection(world.actor("督察乙"), made, upheld=False, reasons="情况不实")
    nomination.refresh_from_db()
    assert (nomination.state, nomination.struck_reason) == ("struck", "公示异议成立：情况属实")
    with on(FEBRUARY):
        rounds.issue_results(world.actor("局长"), round_, document_number="城管〔2027〕3号")


def test_an_objection_comes_within_the_period_only(world: World, refused: Refused) -> None:
    published(world)
    nomination = Nomination.objects.get()
    with on(dt.date(2027, 1, 28)), refused(DomainError, "2027-01-27 结束"):
        nominations.object_to_nomination(world.actor("队员"), nomination, text="材料中的案件不是其办理")
    with on(dt.date(2027, 1, 27)):
        with refused(DomainError, "异议的事实"):
            nominations.object_to_nomination(world.actor("队员"), nomination, text="不")
        nominations.object_to_nomination(world.actor("队员"), nomination, text="材料中的案件不是其办理")
    assert PublicObjection.objects.get().filed_label == "队员"
    assert [each.pk for each in questions.open_objections(world.actor("局长"))] == [PublicObjection.objects.get().pk]
    assert questions.open_objections(world.actor("外队长")) == []


# --- simulation ---


def test_another_count_shows_who_would_change_and_writes_nothing(world: World) -> None:
    thrice(world)
    found(world, "协管")
    before = (LedgerEntry.objects.count(), Entry.objects.count())
    with on(JANUARY):
        stricter = simulation.simulate(2026, repeat_count=1)
        milder = simulation.simulate(2026, repeat_count=4)
        same = simulation.simulate(2026)
    assert [(each.before.person.name, each.before.result, each.after.result) for each in stricter.changes] == [
        ("协管", "eligible", "flagged")
    ]
    assert [(each.before.person.name, each.after.result) for each in milder.changes] == [("队员", "eligible")]
    assert (same.changes, same.tried.simulated, stricter.tried.simulated) == ([], False, True)
    assert (LedgerEntry.objects.count(), Entry.objects.count()) == before


def test_another_version_of_a_rule_is_tried_drafts_included(world: World) -> None:
    found(world, "协管")
    with on(dt.date(2026, 7, 1)):
        rulebook.publish_version(
            SYSTEM, "findings.repeat", values={"count": 1}, in_force_on=dt.date(2027, 1, 1), document_number="城管〔2026〕9号"
        )
    with on(JANUARY):
        tried = simulation.simulate(2026, chosen={"findings.repeat": "findings.repeat@2", "appraisal.eligibility": ""})
    assert [each.before.person.name for each in tried.changes] == ["协管"]
    assert tried.in_force.versions == ("appraisal.eligibility@1", "findings.repeat@1")
    assert tried.tried.versions == ("appraisal.eligibility@1", "findings.repeat@2")
    assert verdict(world, "协管").result == "eligible"  # no rule reaches back


def test_a_draft_can_only_be_simulated(db: None) -> None:
    world = build_world(issued=False)
    with on(JANUARY):
        assert list(simulation.versions_of("findings.repeat")) == ["findings.repeat@1（征求意见稿）"]
        tried = simulation.simulate(2026, chosen={"findings.repeat": "findings.repeat@1（征求意见稿）"})
    assert (tried.in_force.simulated, tried.changes) == (True, [])
    assert world.persons


# --- titles ---


def title(world: World, by: str = "督察", unit: str = "一中队", **more: Any) -> ExemplaryTitle:
    with on(JANUARY):
        actor = world.actor(by)
        given: dict[str, Any] = {"kind": "squadron", "reasons": "连续四个季度抽查优秀", "evidence": [world.photo(actor)]}
        return titles.nominate_title(actor, unit=world.units[unit], **{**given, **more})


def test_a_title_goes_from_its_nomination_to_the_end_of_its_term(world: World, refused: Refused) -> None:
    found(world, day=dt.date(2026, 12, 1))
    made = title(world)
    assert (made.number[:7], made.rule_version, made.term_months) == ("示〔2027〕", "appraisal.titles@1", 12)
    assert [(each["title"], each["holds"]) for each in made.criteria] == [
        ("人均问题数", True), ("督查合格率", None), ("有效投诉", True), ("整改逾期", False), ("约谈、通报和追责等措施", True),
    ]  # fmt: skip
    assert made.criteria[0]["n"] == 5
    assert [each.original_name for each in title_questions.evidence_of(made)] == ["照片.jpg"]
    with on(JANUARY):
        with refused(Conflict, "已申报"):
            titles.grant_title(world.actor("局长"), made, document_number="城管〔2027〕5号")
        titles.publish_title(world.actor("人事"), made)
        made.refresh_from_db()
        with refused(DomainError, "期满后才能授予"):
            titles.grant_title(world.actor("局长"), made, document_number="城管〔2027〕5号")
    day = dt.date(2027, 1, 28)
    with on(day):
        with refused(NotAllowed, "授予和撤销"):
            titles.grant_title(world.actor("督察"), made, document_number="城管〔2027〕5号")
        granted = titles.grant_title(world.actor("局长"), made, document_number="城管〔2027〕5号")
    assert (granted.starts_on, granted.ends_on) == (day, dt.date(2028, 1, 27))
    holds = [bool(selectors.titles_on(each)) for each in (day - dt.timedelta(1), day, dt.date(2028, 1, 27), dt.date(2028, 1, 28))]
    assert holds == [False, True, True, False]
    assert title_questions.label_of(granted, dt.date(2028, 1, 28)) == "已到期"  # by its date, no job has to run
    with on(dt.date(2028, 1, 28)), refused(Conflict, "到期"):
        titles.revoke_title(world.actor("局长"), granted, reason="发生有效投诉")


def test_a_title_is_revoked_with_a_reason_from_that_day_on(world: World, refused: Refused) -> None:
    made = title(world)
    with on(JANUARY):
        titles.publish_title(world.actor("督察"), made)
    with on(FEBRUARY):
        titles.grant_title(world.actor("局长"), made, document_number="城管〔2027〕5号")
    with on(dt.date(2027, 5, 6)):
        with refused(DomainError, "撤销的理由"):
            titles.revoke_title(world.actor("局长"), made, reason=" ")
        done = titles.revoke_title(world.actor("局长"), made, reason="发生有效投诉")
        with refused(Conflict, "已撤销"):
            titles.revoke_title(world.actor("局长"), made, reason="发生有效投诉")
    assert (done.state, done.revoked_on) == (title_rules.REVOKED, dt.date(2027, 5, 6))
    assert [bool(selectors.titles_on(dt.date(2027, 5, day))) for day in (5, 6)] == [True, False]


def test_a_nomination_needs_evidence_a_post_its_name_and_runs_once(world: World, refused: Refused) -> None:
    for given, message in (
        ({"evidence": []}, "附上佐证材料"), ({"kind": "post"}, "请填写岗位名称"), ({"post_name": "窗口岗"}, "请填写岗位名称"),
        ({"kind": "other"}, "请选择示范中队"), ({"reasons": "好"}, "请写明事迹"), ({"evidence": [uuid.uuid4()]}, "已失效"),
    ):  # fmt: skip
        with pytest.raises(DomainError, match=message):
            title(world, **given)  # type: ignore[arg-type]
    assert not ExemplaryTitle.objects.exists()
    with pytest.raises(NotAllowed, match="申报示范中队"):
        title(world, by="队长", unit="二中队")
    title(world, kind="post", post_name="窗口岗")
    title(world)
    with pytest.raises(Conflict, match="正在办理"):
        title(world)
    assert [each.name for each in ExemplaryTitle.objects.order_by("pk")] == ["一中队窗口岗", "一中队"]


def test_an_objection_declines_a_title_and_nobody_of_it_decides(world: World, refused: Refused) -> None:
    made = title(world, by="队长")
    with on(JANUARY):
        titles.publish_title(world.actor("督察"), made)
        objected = nominations.object_to_title(world.actor("外人"), made, text="四季度有一次抽查不合格")
    with on(FEBRUARY):
        with refused(DomainError, "还有公示异议"):
            titles.grant_title(world.actor("局长"), made, document_number="城管〔2027〕5号")
        nominations.decide_public_objection(world.actor("督察"), objected, upheld=True, reasons="情况属实")
    made.refresh_from_db()
    assert (made.state, made.ended_reason) == (title_rules.DECLINED, "公示异议成立：情况属实")
    with on(FEBRUARY), pytest.raises(NotFound):
        title_questions.title_for(world.actor("外人"), made.pk)  # what was not granted is not for everybody
    assert title_questions.title_for(world.actor("队长"), made.pk) == made


def test_a_title_is_declined_with_a_reason(world: World) -> None:
    made = title(world)
    with on(JANUARY):
        done = titles.decline_title(world.actor("局长"), made, reason="整改有逾期")
    assert (done.state, done.ended_reason, Entry.objects.filter(action="appraisal.title_declined").count()) == ("declined", "整改有逾期", 1)


def test_the_criteria_count_the_units_own_facts_of_the_months_looked_at(world: World) -> None:
    found(world, day=dt.date(2026, 1, 20))  # a day too early
    found(world, day=dt.date(2026, 1, 21))
    found(world, "外人", day=JUNE)
    facts = units.unit_facts(world.units["一中队"], JANUARY, 12)
    assert (facts.members, facts.findings, facts.complaints, facts.measures) == (5, 1, 0, 0)
