"""The ladder is a function of the set of facts: one fact one measure, nothing depends on the order, a reversal takes only its own."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.measures import rules

POLICY: dict[str, Any] = {
    "rungs": {
        "serious": "criticism", "complaint": "criticism", "damage": "notice", "repeated": "notice", "refused": "notice",
        "integrity": "ineligible", "lacking": "talk",
    },
    "repeat_count": 3, "refused_days": 10, "refused_returns": 2, "damage_entries": ["equipment.careless"],
    "listed": {}, "version": "measures.ladder@1",
}  # fmt: skip


def always(_day: dt.date) -> dict[str, Any]:
    return POLICY


def fact(finding: int = 1, **more: Any) -> rules.Fact:
    given_: dict[str, Any] = {
        "number": f"问〔2026〕{finding:06d}", "kind": "attire.dress", "clause": "2.1.3", "entry": "attire.beard", "grade": "minor",
        "seen_on": dt.date(2026, 3, 2), "text": "蓄胡须",
    }  # fmt: skip
    return rules.Fact(finding, **{**given_, **more})


facts = st.lists(
    st.builds(
        fact,
        finding=st.integers(1, 40),
        grade=st.sampled_from(["minor", "serious"]),
        entry=st.sampled_from(["attire.beard", "equipment.careless"]),
        kind=st.sampled_from(["attire.dress", "complaints.valid"]),
        seen_on=st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
        overdue_days=st.integers(0, 20),
        returned=st.integers(0, 3),
    ),
    unique_by=lambda each: each.finding,
    max_size=9,
)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (fact(), None),
        (fact(grade="serious"), ("criticism", "serious", "2.1.5")),
        (fact(overdue_days=10), None),
        (fact(overdue_days=11), ("notice", "refused", "3.1")),
        (fact(returned=1), None),
        (fact(returned=2), ("notice", "refused", "3.1")),
        (fact(entry="equipment.careless", clause="2.2.4"), ("notice", "damage", "2.2.5")),
        (fact(kind="complaints.valid", clause="3.2"), ("criticism", "complaint", "3.2")),
        (fact(grade="serious", clause="2.3.2"), ("criticism", "serious", "3.1")),
    ],
)
def test_each_ground_and_its_boundary(known: rules.Fact, expected: tuple[str, str, str] | None) -> None:
    found = rules.ladder([known], always)
    assert [(each.kind, each.ground, each.clause) for each in found] == ([expected] if expected else [])


def test_the_third_fact_of_a_year_is_repeated_and_names_the_two_before() -> None:
    three = [fact(7, seen_on=dt.date(2026, 5, 1)), fact(5), fact(9, seen_on=dt.date(2026, 4, 1), grade="serious")]
    found = {each.finding: each for each in rules.ladder(three, always)}
    assert set(found) == {7, 9}
    assert (found[9].ground, found[9].aggravations) == ("serious", ())
    assert (found[7].kind, found[7].ground) == ("notice", "repeated")
    (named,) = found[7].aggravations
    assert named == rules.Aggravation("repeated", "本年度第 3 个问题", ("问〔2026〕000005", "问〔2026〕000009"))


def test_of_several_grounds_the_gravest_measure_counts_and_the_others_are_named() -> None:
    (found,) = rules.ladder([fact(grade="serious", overdue_days=30, entry="equipment.careless")], always)
    assert (found.kind, found.ground) == ("notice", "refused")
    assert [each.text for each in found.aggravations] == ["造成装备损坏或重要数据丢失", "情节较重"]


def test_each_fact_is_judged_by_the_rules_of_its_own_day() -> None:
    def policy_at(day: dt.date) -> dict[str, Any] | None:
        if day < dt.date(2026, 2, 1):
            return None  # there were no rules yet
        return {**POLICY, "repeat_count": 3 if day < dt.date(2026, 7, 1) else 5, "version": f"{day:%m}"}

    days = (dt.date(2026, 1, 5), dt.date(2026, 3, 2), dt.date(2026, 6, 30), dt.date(2026, 7, 1), dt.date(2026, 7, 2))
    found = rules.ladder([fact(place, seen_on=day) for place, day in enumerate(days)], policy_at)
    assert [(each.finding, each.repeat_count, each.version) for each in found] == [(2, 3, "06"), (4, 5, "07")]
    assert rules.ladder([fact(grade="serious", seen_on=days[0])], policy_at) == []


@pytest.mark.parametrize(
    ("listed", "expected"),
    [(None, "notice"), (["criticism", "notice"], "notice"), (["criticism", "ineligible"], "criticism"), (["ineligible"], None), ([], None)],
)
def test_a_measure_that_the_chapter_does_not_list_gives_way_to_the_gravest_milder_one(listed: Any, expected: str | None) -> None:
    policy = {**POLICY, "listed": {} if listed is None else {"2.1.5": listed}}
    found = rules.ladder([fact(overdue_days=30)], lambda _day: policy)
    assert [each.kind for each in found] == ([expected] if expected else [])
    (elsewhere,) = rules.ladder([fact(overdue_days=30, clause="2.3.2")], lambda _day: policy)
    assert elsewhere.kind == "notice"


@given(facts)
def test_every_ground_of_a_fact_is_the_primary_one_or_named_beside_it(known: list[rules.Fact]) -> None:
    for found in rules.ladder(known, always):
        assert {found.ground, *(each.ground for each in found.aggravations)} == found.grounds
        assert rules.GRAVITY.index(found.kind) == max(rules.GRAVITY.index(POLICY["rungs"][ground]) for ground in found.grounds)


@given(facts, st.integers(0, 8))
def test_a_fact_put_back_restores_what_its_reversal_took(known: list[rules.Fact], place: int) -> None:
    if known:
        gone = known[place % len(known)]
        without = [each for each in known if each is not gone]
        assert rules.ladder([*without, gone], always) == rules.ladder(known, always)


@given(facts, st.randoms())
def test_the_order_in_which_facts_come_changes_nothing(known: list[rules.Fact], chance: Any) -> None:
    shuffled = list(known)
    chance.shuffle(shuffled)
    assert rules.ladder(shuffled, always) == rules.ladder(known, always)


@given(facts)
def test_one_fact_carries_one_measure_at_most(known: list[rules.Fact]) -> None:
    found = [each.finding for each in rules.ladder(known, always)]
    assert len(found) == len(set(found))
    assert set(found) <= {each.finding for each in known}


@given(facts, st.integers(0, 8))
def test_taking_a_fact_back_leaves_what_stands_without_it(known: list[rules.Fact], place: int) -> None:
    if not known:
        return
    gone = known[place % len(known)]
    before, after = rules.ladder(known, always), rules.ladder([each for each in known if each is not gone], always)
    earlier = {each.finding for each in known if (each.seen_on, each.finding) < (gone.seen_on, gone.finding)}
    assert gone.finding not in {each.finding for each in after}
    assert [each for each in before if each.finding in earlier] == [each for each in after if each.finding in earlier]
    assert {each.finding for each in after} <= {each.finding for each in before}  # nothing new comes of a reversal


@given(facts)
def test_a_person_and_a_class_are_no_part_of_it(known: list[rules.Fact]) -> None:
    assert not {field.name for field in dataclasses.fields(rules.Fact)} & {"person", "person_class", "name", "unit"}
    assert rules.ladder(known, always) == rules.ladder(list(known), lambda _day: dict(POLICY))


@pytest.mark.parametrize(
    ("actor", "why"),
    [((1, 10, 5), ""), ((2, 20, 5), "本人"), ((1, 10, 9), "单位"), ((3, 11, 5), "发现人"), ((None, None, None), "")],
)
def test_nobody_decides_about_oneself_the_own_unit_or_what_oneself_found(actor: Any, why: str) -> None:
    said = rules.why_not_decide(actor=actor, person_id=20, unit_id=9, apart=[("发现人", 3), ("提出人", None)])
    assert (why in said) if why else (said == "")


def test_only_the_listed_transitions_exist() -> None:
    assert rules.after(rules.PROPOSED, rules.DECIDE) == rules.DECIDED
    for state, action in ((rules.DECIDED, rules.DECIDE), (rules.DISMISSED, rules.DECIDE), (rules.PROPOSED, rules.REVERSE)):
        with pytest.raises(rules.NotPossible, match="目前是"):
            rules.after(state, action)
