"""The ledger as rows: written with the fact, reversed with it, never changed, whole again after a reconciliation; and verdicts from it."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.db import IntegrityError, connection, transaction

from chengxin.appraisal import selectors
from chengxin.appraisal.models import LedgerEntry
from chengxin.appraisal.rules import ledger as rules
from chengxin.appraisal.selectors import verdicts
from chengxin.appraisal.services import ledger
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import NotAllowed
from chengxin.findings import services as findings
from chengxin.people import services as people
from chengxin.people.models import Assignment, Person, StatusPeriod
from tests.appraisal.conftest import JANUARY, JUNE, Refused, found, on, take_back, thrice, verdict
from tests.world import SYSTEM, World

LATER = clock.at(dt.date(2026, 8, 1))


def entries(person: str, world: World) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(person=world.persons[person]))


def stands(world: World, person: str = "队员", as_of: dt.datetime | None = None) -> rules.Standing:
    """What stands by the pure rules, which the database has to agree with."""
    moment = as_of or clock.at(JANUARY, 10)
    by_rules = rules.standing([each.as_rule() for each in entries(person, world)], moment, clock.local_day(moment))
    in_database = verdicts.standings(2026, moment).get(world.persons[person].pk, verdicts.NOBODY)
    assert in_database == by_rules
    return by_rules


# --- written with the fact ---


def test_a_finding_is_entered_in_its_own_transaction_with_everything_it_means(world: World) -> None:
    finding = found(world, grade="serious")
    (entry,) = entries("队员", world)
    assert (entry.source, entry.kind, entry.clause, entry.year, entry.happened_on) == (
        f"finding:{finding.pk}",
        "finding",
        "2.1.3",
        2026,
        JUNE,
    )
    assert (entry.unit, entry.person_class, entry.points, entry.flag) == (world.units["一中队"], "established", -3, "")
    assert (entry.known_at, entry.object_by, entry.rule_version) == (finding.notified_at, finding.object_by, finding.rule_label)
    assert (entry.points_version, entry.reverses) == ("appraisal.points@1", None)
    with transaction.atomic():
        found(world)
        transaction.set_rollback(True)
    assert LedgerEntry.objects.count() == 1


def test_a_finding_against_a_unit_is_in_nobodys_ledger(world: World) -> None:
    with on(JUNE):
        world.finding(person="队员", source="test:unit")
        findings.raise_finding(
            world.actor("督察"), kind="attire.dress", seen_at=clock.now(), facts={"act": "漏戴标识", "entry": "attire.markings_missing"},
            source="test:u", described="督查", person=None, unit=world.units["一中队"],
        )  # fmt: skip
    assert LedgerEntry.objects.count() == 1


def test_the_same_fact_from_the_same_source_is_one_entry(world: World) -> None:
    for _ in range(3):
        found(world, source="seen:1")
    assert LedgerEntry.objects.count() == 1
    assert stands(world).findings == 1


def test_a_reversed_finding_takes_back_exactly_what_it_took(world: World) -> None:
    first, *_ = thrice(world)
    before = stands(world)
    take_back(world, first)
    original, reversal = LedgerEntry.objects.filter(source=f"finding:{first.pk}").order_by("pk")
    assert (reversal.reverses, reversal.points, reversal.clause, reversal.happened_on) == (
        original,
        1,
        original.clause,
        original.happened_on,
    )
    assert reversal.text.startswith("已撤销：")
    after = stands(world)
    assert (after.findings, after.points) == (before.findings - 1, before.points + 1)
    assert (verdict(world).result, verdict(world, as_of=clock.at(dt.date(2026, 6, 30))).result) == ("eligible", "flagged")


def test_an_objection_is_open_until_it_is_decided_and_what_is_decided_counts(world: World) -> None:
    finding = found(world)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), finding, text="当时正在更换标识")
    assert [each.kind for each in stands(world, as_of=clock.at(JUNE, 13)).open] == ["objection"]
    assert verdict(world).result == "pending"
    assert "申辩尚未决定" in verdict(world).reasons[0].text
    with on(JUNE, 15):
        findings.decide_objection(world.actor("督察乙"), finding, revoked=True, reasons="情况属实")
    assert stands(world) == rules.Standing()
    assert verdict(world).result == "eligible"
    assert LedgerEntry.objects.filter(kind="objection").count() == 2
    assert verdict(world, as_of=clock.at(JUNE, 13)).result == "pending"


def test_an_upheld_finding_counts_and_its_window_is_over(world: World) -> None:
    finding = found(world)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), finding, text="当时正在更换标识")
        findings.decide_objection(world.actor("督察乙"), finding, revoked=False, reasons="监控显示未佩戴")
    assert stands(world, as_of=clock.at(JUNE, 13)) == rules.Standing(findings=1, points=-1)


def test_an_objection_ends_with_its_finding_even_if_nobody_decided_it(world: World) -> None:
    finding = found(world)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), finding, text="当时正在更换标识")
    take_back(world, finding)
    assert stands(world) == rules.Standing()


def test_a_merged_finding_counts_no_more_and_the_other_still_does(world: World) -> None:
    one, other = found(world), found(world, by="督察乙")
    with on(JUNE, 15):
        findings.merge_findings(world.actor("局长"), one, into=other, reason="同一事实")
    assert stands(world).findings == 1
    reversal = LedgerEntry.objects.get(reverses__isnull=False)
    assert (reversal.source, reversal.known_at, reversal.text[:4]) == (f"finding:{one.pk}", clock.at(JUNE, 15), "已并案：")


def test_the_objection_window_makes_the_verdict_pending_through_its_last_day(world: World) -> None:
    finding = found(world)
    last = clock.at(finding.object_by, 23, 59)
    assert (verdict(world, as_of=last).result, stands(world, as_of=last).contested) == ("pending", 1)
    assert verdict(world, as_of=last + dt.timedelta(minutes=1)).result == "eligible"


def test_a_valid_complaint_flags_and_praise_does_not_help(world: World) -> None:
    with on(JUNE):
        findings.raise_finding(
            world.actor("督察"), kind="complaints.valid", seen_at=clock.now(), person=world.persons["队员"], source="complaint:1:1",
            facts={"validity": "属实", "act": "呵斥当事人", "entry": "complaints.valid"}, described="有效投诉",
        )  # fmt: skip
    told = verdict(world)
    assert (told.result, told.reasons[0].kind, told.reasons[0].clause) == ("flagged", "complaint", "3.2")


# --- the database keeps it ---


@pytest.mark.parametrize("table", ["appraisal_ledgerentry", "appraisal_snapshot", "appraisal_panelnote", "appraisal_correction"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id + 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_or_delete_what_was_written(world: World, table: str, statement: str) -> None:
    found(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'append_only%%'", [table])
        assert cursor.fetchone() == (2,)
        if table == "appraisal_ledgerentry":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be truncated by anybody
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                cursor.execute(statement.format(table))
    assert LedgerEntry.objects.count() == 1


def test_the_database_takes_a_fact_once_and_its_reversal_once(world: World) -> None:
    take_back(world, found(world))
    original, reversal = LedgerEntry.objects.order_by("pk")
    for again in (original, reversal):
        again.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save(force_insert=True)
    assert LedgerEntry.objects.count() == 2


# --- reconciliation ---


def test_a_ledger_that_missed_facts_is_made_whole_and_says_what_it_would_have_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from chengxin.findings.services import life

    witnesses = list(life.WITNESSES)
    monkeypatch.setattr(life, "WITNESSES", [])
    first, second, third = thrice(world)
    take_back(world, first)
    with on(JUNE, 12):
        findings.file_objection(world.actor("队员"), third, text="当时正在更换标识")
        findings.merge_findings(world.actor("局长"), second, into=found(world, day=JUNE + dt.timedelta(days=1)), reason="同一事实")
    monkeypatch.setattr(life, "WITNESSES", witnesses)
    assert not LedgerEntry.objects.exists()
    with on(JANUARY):
        done = ledger.reconcile_ledger(world.actor("督察"))
        assert (done.entries, done.reversals) == (5, 2)
        again = ledger.reconcile_ledger(world.actor("督察"))
    assert (again.entries, again.reversals, again.facts) == (0, 0, done.facts)
    assert Entry.objects.filter(action="appraisal.reconciled").count() == 1
    assert stands(world, as_of=clock.at(dt.date(2026, 6, 30))).findings == 3  # known when the facts were, whenever it was written
    assert {each.written_at for each in LedgerEntry.objects.all()} == {clock.at(JANUARY, 10)}


def test_what_is_whole_is_left_alone(world: World) -> None:
    take_back(world, thrice(world)[0])
    before = list(LedgerEntry.objects.values())
    done = ledger.reconcile_ledger(SYSTEM)
    assert (done.entries, done.reversals, list(LedgerEntry.objects.values())) == (0, 0, before)
    assert not Entry.objects.filter(action="appraisal.reconciled").exists()


def test_only_who_runs_the_assessment_reconciles(world: World, refused: Refused) -> None:
    with refused(NotAllowed, "组织年度考核"):
        ledger.reconcile_ledger(world.actor("队长"))


# --- verdicts from it ---


def test_everybody_gets_a_verdict_by_unit_and_name_and_nobody_twice(world: World) -> None:
    thrice(world, "协管")
    told = selectors.verdicts_of(2026, clock.at(JANUARY, 10))
    assert len(told) == len({each.person.pk for each in told}) == Person.objects.count()
    results = {each.person.name: each.result for each in told}
    assert (results["协管"], results["队员"], results["职员"]) == ("flagged", "eligible", "not_assessed")
    assert [each.unit.sequence for each in told if each.unit] == sorted(each.unit.sequence for each in told if each.unit)
    assert all(each.reasons for each in told)


def test_the_database_and_the_rules_agree_on_any_ledger(world: World) -> None:
    """Entries at random, written straight into the table, judged both ways at several moments."""
    chance = random.Random(7)
    people_ = [world.persons[name] for name in ("队员", "女队员", "协管", "外人")]
    rows = []
    for number in range(120):
        kind = chance.choice(["finding", "finding", "finding", "measure", "commendation"])
        at = clock.at(dt.date(2026, 1, 1) + dt.timedelta(days=chance.randrange(380)), chance.randrange(24))
        rows.append(
            LedgerEntry(
                person=chance.choice(people_), unit=world.units["一中队"], person_class="established",
                year=chance.choice([2026, 2026, 2026, 2025]),
                happened_on=at.date(), known_at=at, written_at=at, kind=kind, clause="3.1", text=f"第 {number} 件",
                flag=chance.choice({"finding": ["", "", "complaint"], "measure": ["", "refused"]}.get(kind, [""])),
                points=chance.choice([-3, -1, 0]), source=f"{kind}:{number}", rule_version="-",
                object_by=at.date() + dt.timedelta(days=7) if kind != "commendation" else None,
            )
        )  # fmt: skip
    LedgerEntry.objects.bulk_create(rows)
    more = []
    for each in chance.sample([row for row in rows if row.kind == "finding"], 20):
        more.append(copied(each, source=f"objection:{each.pk}", kind="objection", rests_on=each.source, flag="", points=0, object_by=None))
    LedgerEntry.objects.bulk_create(more)
    LedgerEntry.objects.bulk_create(
        copied(each, reverses=each, points=-each.points, known_at=each.known_at + dt.timedelta(days=9)) for each in chance.sample(more, 12)
    )
    for each in chance.sample([row for row in rows if row.source not in {objected.rests_on for objected in more}], 30):
        copied(each, reverses=each, points=-each.points, known_at=each.known_at + dt.timedelta(days=3)).save()
    for day in (dt.date(2026, 3, 1), dt.date(2026, 9, 30), JANUARY):
        as_of = clock.at(day, 12)
        counted = verdicts.standings(2026, as_of)
        for person in people_:
            there = [each.as_rule() for each in LedgerEntry.objects.filter(person=person, year=2026)]
            assert counted.get(person.pk, verdicts.NOBODY) == rules.standing(there, as_of, day)


def copied(entry: LedgerEntry, **change: object) -> LedgerEntry:
    content = {
        field.attname: getattr(entry, field.attname)
        for field in LedgerEntry._meta.concrete_fields
        if field.attname not in ("id", "reverses_id")
    }
    made = LedgerEntry(**content)
    for name, value in change.items():
        setattr(made, name, value)
    return made


def test_newcomers_leavers_and_long_leave_are_told_apart(world: World) -> None:
    for name, joined in (("新人甲", dt.date(2026, 7, 1)), ("新人乙", dt.date(2026, 7, 2)), ("明年来", dt.date(2027, 1, 5))):
        people.add_person(
            SYSTEM, number=f"N{joined:%m%d}", name=name, sex="male", person_class="auxiliary", unit=world.units["一中队"], joined_on=joined
        )
    away = dt.date(2026, 2, 1)
    StatusPeriod.objects.create(
        person=world.persons["女队员"], status="on_leave", period=(away, away + dt.timedelta(days=183)), approved_by="局长"
    )
    with on(dt.date(2026, 11, 1)):
        people.record_departure(world.actor("人事"), world.persons["装备员"], left_on=dt.date(2026, 11, 1))
    told = {each.person.name: each for each in selectors.verdicts_of(2026, clock.at(JANUARY, 10))}
    assert "明年来" not in told
    assert [told[name].result for name in ("新人甲", "新人乙", "女队员", "装备员")] == [
        "eligible",
        "not_assessed",
        "not_assessed",
        "not_assessed",
    ]
    assert told["装备员"].unit == world.units["一中队"]  # the last unit of the year
    assert "已离队" in told["装备员"].reasons[0].text


def test_who_was_transferred_is_judged_with_the_unit_of_the_years_end_and_all_facts(world: World) -> None:
    thrice(world)
    with on(dt.date(2026, 10, 1)):
        people.assign_person(world.actor("人事"), world.persons["队员"], unit=world.units["二中队"], starts_on=dt.date(2026, 10, 1))
    told = verdict(world)
    assert (told.unit, told.result) == (world.units["二中队"], "flagged")
    assert verdict(world, as_of=clock.at(dt.date(2026, 9, 1))).unit == world.units["一中队"]
    assert {each.unit for each in entries("队员", world)} == {world.units["一中队"]}
    assert Assignment.objects.filter(person=world.persons["队员"]).count() == 2


def test_facts_of_another_year_count_for_that_year(world: World) -> None:
    thrice(world)
    there = selectors.verdict_of(world.persons["队员"], 2025, clock.at(JANUARY, 10))
    assert there is not None
    assert there.result == "not_assessed"  # founded in September: everybody is new in that year
    assert there.standing.findings == 0


def test_a_proposal_that_waits_makes_the_verdict_pending_without_saying_what(world: World) -> None:
    with on(JUNE):
        made = findings.propose_finding(
            kind="attire.dress", seen_at=clock.now(), facts={"act": "漏戴标识", "entry": "attire.markings_missing"}, source="detector:1",
            described="系统比对", person=world.persons["队员"],
        )  # fmt: skip
    told = verdict(world)
    assert (told.result, "漏戴" in told.reasons[0].text, told.reasons[0].kind) == ("pending", False, "proposal")
    assert made is not None
    with on(dt.date(2026, 7, 1)):
        findings.dismiss_proposal(world.actor("督察"), made, reason="已核实为正常")
    assert verdict(world).result == "eligible"
    assert verdict(world, as_of=clock.at(dt.date(2026, 6, 20))).result == "pending"
