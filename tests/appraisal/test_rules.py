"""The verdict as pure rules: cases on both sides of each boundary, and what must hold whatever the facts are."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.appraisal.rules import ledger, rounds, titles, verdicts
from chengxin.appraisal.rules.ledger import COMMENDATION, FINDING, MEASURE, OBJECTION, Entry, Matter, Standing
from chengxin.appraisal.rules.verdicts import ELIGIBLE, FLAGGED, Policy, Service
from chengxin.core.clock import SHANGHAI
from tests.cases import cases

YEAR, DAY = 2026, dt.date(2026, 12, 31)
AS_OF = dt.datetime(2027, 1, 20, 12, tzinfo=SHANGHAI)
POLICY = Policy(repeat_count=3, newcomer_months=6, leave_months=6, assesses_others=False)
VETERAN = Service(dt.date(2020, 1, 1), None, "established", has_unit=True)


def judged(standing: Standing, service: Service = VETERAN, policy: Policy = POLICY, **more: Any) -> verdicts.Outcome:
    return verdicts.verdict(standing, service, policy, year=YEAR, day=DAY, **more)


@pytest.mark.parametrize("case", cases("appraisal"), ids=lambda case: case["case"])
def test_a_case_of_the_bureau_comes_out_as_told(case: dict[str, Any]) -> None:
    service = replace(
        VETERAN, joined_on=case.get("joined_on", VETERAN.joined_on), left_on=case.get("left_on"),
        person_class=case.get("person_class", "established"), leave_days=case.get("leave_days", 0),
        is_suspended=case.get("suspended", False),
    )  # fmt: skip
    flags: tuple[Matter, ...] = ()
    if "flag" in case:
        flags = (Matter(case["flag"], "3.1", "某事", "measure:1", "measure:1", case.get("contested_flag", False)),)
    standing = Standing(case.get("findings", 0), case.get("contested", 0), case.get("commendations", 0), 0, flags)
    if "object_by" in case:
        entry = Entry("finding:1", FINDING, AS_OF, object_by=case["object_by"], clause="2.1.3", text="某问题")
        standing = ledger.standing([entry], AS_OF, AS_OF.date())
    waiting = tuple(Matter("proposal", "3.1", "有一项系统提请待认定", f"proposal:{n}", "") for n in range(case.get("proposals", 0)))
    outcome = judged(standing, service, proposals=waiting)
    assert outcome.result == case["result"]
    assert case.get("reason", "") in "；".join(reason.text for reason in outcome.reasons)
    assert outcome.reasons, "every verdict says why"
    assert all(reason.clause for reason in outcome.reasons)


def test_a_leap_year_has_a_day_of_leave_more() -> None:
    assert not verdicts.is_long_leave(183, 2028, 6)
    assert verdicts.is_long_leave(184, 2028, 6)


def test_a_rule_without_a_flag_does_not_take_eligibility_by_it() -> None:
    standing = Standing(findings=9, flags=(Matter("complaint", "3.2", "某事", "finding:1", "finding:1"),))
    assert judged(standing, policy=replace(POLICY, flags=frozenset({"integrity"}))).result == ELIGIBLE
    assert judged(standing, policy=replace(POLICY, flags=frozenset({"complaint"}))).result == FLAGGED


def test_a_fact_with_a_measure_on_it_gives_one_reason() -> None:
    flags = (
        Matter("complaint", "3.2", "问〔2026〕000001", "finding:1", "finding:1"),
        Matter("ineligible", "3.1", "措〔2026〕0001", "measure:1", "finding:1"),
    )
    reasons = judged(Standing(findings=1, flags=flags)).reasons
    assert [reason.text for reason in reasons] == ["有效投诉：问〔2026〕000001；取消评优资格：措〔2026〕0001"]


# --- whatever the facts are ---

MOMENTS = st.integers(0, 395 * 1440).map(lambda minutes: dt.datetime(2026, 1, 1, tzinfo=SHANGHAI) + dt.timedelta(minutes=minutes))
WINDOWS = st.dates(DAY, AS_OF.date() + dt.timedelta(9))


@st.composite
def facts(draw: st.DrawFn) -> list[Entry]:
    """A year of entries: findings, measures resting on some of them, commendations, objections, and reversals of any of these."""
    entries: list[Entry] = []
    for number in range(draw(st.integers(0, 7))):
        flag = draw(st.sampled_from(["", "", "", "complaint"]))
        entries.append(
            Entry(f"finding:{number}", FINDING, draw(MOMENTS), flag, -draw(st.integers(0, 3)), object_by=draw(WINDOWS))
        )  # fmt: skip
    roots = [each.source for each in entries]
    for number in range(draw(st.integers(0, 3))):
        entries.append(
            Entry(f"measure:{number}", MEASURE, draw(MOMENTS), draw(st.sampled_from(["", "refused", "integrity", "ineligible"])))
        )
    for number, root in enumerate(draw(st.lists(st.sampled_from(roots), unique=True)) if roots else []):
        entries.append(Entry(f"objection:{number}", OBJECTION, draw(MOMENTS), rests_on=root))
    entries += [Entry(f"commendation:{number}", COMMENDATION, draw(MOMENTS), points=2) for number in range(draw(st.integers(0, 4)))]
    taken_back = draw(st.lists(st.sampled_from(entries), unique=True)) if entries else []
    return entries + [reversal(each, draw(MOMENTS)) for each in taken_back]


def reversal(entry: Entry, at: dt.datetime) -> Entry:
    return replace(entry, known_at=max(at, entry.known_at), points=-entry.points, is_reversal=True)


def judge(entries: list[Entry], as_of: dt.datetime = AS_OF) -> verdicts.Outcome:
    return judged(ledger.standing(entries, as_of, as_of.date()))


@given(facts(), st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(entries: list[Entry], chance: random.Random) -> None:
    mixed = chance.sample(entries, len(entries))
    assert ledger.standing(mixed, AS_OF, AS_OF.date()) == ledger.standing(entries, AS_OF, AS_OF.date())
    assert judge(mixed) == judge(entries)


@given(facts(), st.integers(0, 20))
def test_reversing_a_fact_restores_exactly_what_it_took(entries: list[Entry], place: int) -> None:
    """With the fact and its reversal everything is as if it had never been: count, points, flags, verdict and reasons."""
    added = Entry("finding:99", FINDING, AS_OF, ["", "complaint"][place % 2], -3, object_by=AS_OF.date())
    there = [*entries[:place], added, reversal(added, AS_OF), *entries[place:]]
    assert ledger.standing(there, AS_OF, AS_OF.date()) == ledger.standing(entries, AS_OF, AS_OF.date())
    assert judge(there) == judge(entries)


@given(facts(), st.data())
def test_no_fact_counts_twice(entries: list[Entry], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(entries))) if entries else []
    assert ledger.standing([*entries, *again], AS_OF, AS_OF.date()) == ledger.standing(entries, AS_OF, AS_OF.date())


@given(facts(), st.integers(1, 50))
def test_commendations_never_lift_a_flag(entries: list[Entry], count: int) -> None:
    praised = [*entries, *(Entry(f"commendation:9{n}", COMMENDATION, AS_OF, points=100) for n in range(count))]
    assert judge(praised).result == judge(entries).result
    assert judge(praised).reasons == judge(entries).reasons


@given(facts(), MOMENTS)
def test_what_came_to_be_known_later_does_not_matter_to_an_earlier_moment(entries: list[Entry], moment: dt.datetime) -> None:
    earlier = [each for each in entries if each.known_at <= moment]
    assert judge(entries, moment) == judge(earlier, moment)


@given(facts(), st.integers(0, 400), st.booleans())
def test_both_classes_are_judged_alike(entries: list[Entry], leave: int, suspended: bool) -> None:
    standing = ledger.standing(entries, AS_OF, AS_OF.date())
    services = [replace(VETERAN, person_class=each, leave_days=leave, is_suspended=suspended) for each in ("established", "auxiliary")]
    assert judged(standing, services[0]) == judged(standing, services[1])


@given(facts())
def test_another_finding_never_makes_anybody_eligible(entries: list[Entry]) -> None:
    more = [*entries, Entry("finding:99", FINDING, AS_OF, object_by=DAY)]
    if judge(more).result == ELIGIBLE:
        assert judge(entries).result == ELIGIBLE
    if judge(entries).result == FLAGGED:
        assert judge(more).result == FLAGGED


# --- what an entry means ---


@pytest.mark.parametrize(
    ("kind", "ground", "flag"),
    [
        ("criticism", "repeated", ""), ("criticism", "refused", "refused"), ("notice", "integrity", "integrity"), ("talk", "lacking", ""),
        ("ineligible", "repeated", "ineligible"), ("ineligible", "complaint", "ineligible"), ("notice", "complaint", ""),
        ("accountability", "damage", ""), ("ineligible", "integrity", "integrity"),
    ],
)  # fmt: skip
def test_a_measure_flags_by_its_ground_or_because_it_says_so(kind: str, ground: str, flag: str) -> None:
    assert ledger.flag_of_measure(kind, ground) == flag


def test_only_a_valid_complaint_flags_as_a_finding() -> None:
    assert [ledger.flag_of_finding(kind) for kind in ("complaints.valid", "attire.dress", "findings.conduct")] == ["complaint", "", ""]


def test_points_are_taken_by_grade() -> None:
    policy = {"minor": 1, "serious": 3}
    assert [ledger.points_of_finding(grade, policy) for grade in ("minor", "serious", "unknown")] == [-1, -3, 0]


# --- the round ---


@pytest.mark.parametrize(
    ("count", "percent", "quota"), [(100, 20, 20), (99, 20, 19), (4, 20, 0), (5, 20, 1), (9, 20, 1), (10, 20, 2), (0, 20, 0), (7, 25, 1)]
)
def test_a_quota_is_rounded_down(count: int, percent: int, quota: int) -> None:
    assert rounds.quotas({"established": count}, {"established": percent}, 0) == {"established": quota}


def test_a_class_that_the_rule_does_not_list_gets_the_general_share() -> None:
    assert rounds.quotas({"established": 10, "other": 10}, {"established": 20}, 10) == {"established": 2, "other": 1}


def test_the_same_content_has_the_same_digest_whatever_its_order() -> None:
    one, other = rounds.canonical({"甲": 1, "乙": [1, 2]}), rounds.canonical({"乙": [1, 2], "甲": 1})
    assert one == other == '{"乙":[1,2],"甲":1}'
    assert len(rounds.digest(one)) == 64


def test_seats_are_taken_from_the_lowest_free_one() -> None:
    assert [rounds.free_seat(taken, 3) for taken in ([], [1], [1, 3], [1, 2, 3])] == [1, 2, 2, None]
    assert rounds.free_seat([], 0) is None


@pytest.mark.parametrize("state", rounds.STATES)
@pytest.mark.parametrize("action", rounds.ACTIONS)
def test_a_round_goes_forward_only(state: str, action: str) -> None:
    order = list(rounds.STATES)
    if (state, action) in rounds.AFTER:
        assert order.index(rounds.after(state, action)) == order.index(state) + 1
    else:
        with pytest.raises(rounds.NotPossible, match=rounds.STATES[state]):
            rounds.after(state, action)


# --- titles ---

CRITERIA = {
    "most_findings_per_person": 0.5, "least_fine_percent": 95, "least_checked": 20, "most_complaints": 0, "most_overdue": 0,
    "most_measures": 0,
}  # fmt: skip
GOOD = titles.UnitFacts(members=10, findings=5, complaints=0, overdue=0, measures=0, checked=100, flawed=5)


@pytest.mark.parametrize(
    ("change", "place", "holds"),
    [
        ({}, 0, True), ({"findings": 6}, 0, False), ({"members": 0}, 0, None), ({"flawed": 5}, 1, True), ({"flawed": 6}, 1, False),
        ({"checked": 19, "flawed": 0}, 1, None), ({"checked": 20, "flawed": 1}, 1, True), ({"complaints": 1}, 2, False),
        ({"overdue": 1}, 3, False), ({"measures": 1}, 4, False),
    ],
)  # fmt: skip
def test_a_criterion_says_its_facts_and_its_n(change: dict[str, int], place: int, holds: bool | None) -> None:
    found = titles.criteria(replace(GOOD, **change), CRITERIA)[place]
    assert found.holds is holds
    assert found.verdict == {True: "符合", False: "不符合", None: "样本不足"}[holds]
    assert (found.n, bool(found.value)) == (found.n, True)


@pytest.mark.parametrize(
    ("day", "revoked_on", "holds"),
    [
        (dt.date(2026, 3, 31), None, False), (dt.date(2026, 4, 1), None, True), (dt.date(2027, 3, 31), None, True),
        (dt.date(2027, 4, 1), None, False), (dt.date(2026, 9, 30), dt.date(2026, 10, 1), True),
        (dt.date(2026, 10, 1), dt.date(2026, 10, 1), False),
    ],
)  # fmt: skip
def test_a_title_holds_from_its_first_through_its_last_day(day: dt.date, revoked_on: dt.date | None, holds: bool) -> None:
    starts_on = dt.date(2026, 4, 1)
    state = titles.REVOKED if revoked_on else titles.GRANTED
    assert titles.last_day(starts_on, 12) == dt.date(2027, 3, 31)
    assert titles.is_in_force(state, starts_on, titles.last_day(starts_on, 12), revoked_on, day) is holds
    assert not titles.is_in_force(titles.PUBLICITY, starts_on, dt.date(2027, 3, 31), None, starts_on)
