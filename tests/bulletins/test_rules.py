"""Figures, ranks, masks and versions, without a database."""

from __future__ import annotations

import copy
import datetime as dt
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.bulletins import rules
from chengxin.bulletins.rules.audiences import NAMING, masked
from chengxin.bulletins.rules.figures import percent
from chengxin.bulletins.rules.sample import sample_snapshot, sample_wording

NAMES = ("示例人员甲", "示例人员乙")
counts = st.integers(0, 400)


# --- months ---


def test_a_month_ends_with_its_last_day_and_is_over_the_day_after() -> None:
    for text, last in (("2026-10", 31), ("2026-02", 28), ("2028-2", 29), ("2026-12", 31)):
        month = rules.read_month(text)
        assert month.last.day == last
        assert not month.is_over(month.last)
        assert month.is_over(month.last + dt.timedelta(days=1))
    assert rules.read_month("2026-01").before == rules.Month(2025, 12)
    assert rules.read_month(" 2026-1 ").code == "2026-01"


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "10-2026", "2026/10", "二〇二六-10", "2026-10-01", "1026-10", "２０２６-10"]
)
def test_what_is_no_month_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="请写成 2026-10"):
        rules.read_month(text)


# --- states ---


def test_a_bulletin_goes_one_way_and_is_only_returned_before_the_signature() -> None:
    assert rules.after(rules.DRAFT, rules.FREEZE) == rules.FROZEN
    assert rules.after(rules.FROZEN, rules.RETURN) == rules.DRAFT
    assert rules.after(rules.FROZEN, rules.SIGN) == rules.SIGNED
    assert rules.after(rules.SIGNED, rules.ISSUE) == rules.ISSUED
    possible = set(rules.AFTER)
    for state in rules.STATES:
        for action in rules.ACTIONS:
            if (state, action) not in possible:
                with pytest.raises(rules.NotPossible, match=rules.STATES[state]):
                    rules.after(state, action)


def test_the_digest_is_that_of_one_text_whatever_the_order_of_keys() -> None:
    assert rules.digest({"b": [1, None], "a": "中"}) == rules.digest({"a": "中", "b": [1, None]})
    assert rules.plain_text({"b": 1, "a": "中"}) == '{"a":"中","b":1}'
    assert rules.digest({"a": 1}) != rules.digest({"a": "1"})
    # coreutils: printf '{"a":"中","b":1}' | sha256sum
    assert rules.digest({"b": 1, "a": "中"}) == "d8158d9a7acf211407d1309876015fc6e69f13b7dd8126a571e429ddce565911"


# --- figures ---


def test_a_rate_below_the_minimum_is_no_number() -> None:
    assert rules.share(19, 20, 20) == "95.0%（n=20）"
    assert rules.share(19, 19, 20) == "样本不足（n=19）"
    assert rules.share(0, 0, 0) == "样本不足（n=0）"
    assert rules.Part(7).shown(20) == "7"


@pytest.mark.parametrize(
    ("now", "then", "text"),
    [
        (12, 24, "减少 12（50.0%）"), (24, 12, "增加 12（100.0%）"), (3, 0, "增加 3（基数为 0）"), (0, 3, "减少 3（100.0%）"),
        (5, 5, "持平"), (0, 0, "持平"),
    ],
)  # fmt: skip
def test_counts_change_by_a_difference_and_its_share(now: int, then: int, text: str) -> None:
    assert rules.change(rules.Part(now), rules.Part(then), 20) == text


def test_rates_change_by_percentage_points_where_both_have_enough_cases() -> None:
    assert rules.change(rules.Part(95, 100), rules.Part(90, 100), 20) == "上升 5.0 个百分点"
    assert rules.change(rules.Part(90, 100), rules.Part(95, 100), 20) == "下降 5.0 个百分点"
    assert rules.change(rules.Part(2, 3), rules.Part(66, 100), 2) == "上升 0.7 个百分点"
    assert rules.change(rules.Part(1, 3), rules.Part(33333, 100000), 2) == "持平"
    assert rules.change(rules.Part(95, 100), rules.Part(9, 10), 20) == "样本不足，不比较"
    assert rules.change(rules.Part(0, 0), rules.Part(0, 0), 0) == "样本不足，不比较"


@given(part=counts, n=st.integers(1, 400))
def test_a_percentage_is_exact_to_its_last_digit(part: int, n: int) -> None:
    shown = Fraction(percent(Fraction(part, n)).removesuffix("%"))
    assert abs(shown - Fraction(part * 100, n)) <= Fraction(1, 20)


# --- ranks ---

Row = tuple[str, int, int]
checks = st.tuples(st.uuids().map(str), st.integers(0, 50), st.integers(0, 50))
rows = st.lists(checks.map(lambda row: (row[0], min(row[1], row[2]), row[2])), max_size=9)


def part_of(row: Row) -> rules.Part:
    return rules.Part(row[1], row[2])


def test_equal_rates_share_a_rank_and_the_next_counts_on() -> None:
    table = [("甲", 19, 20), ("乙", 38, 40), ("丙", 20, 20), ("丁", 9, 10), ("戊", 5, 9)]
    assert [(rank, row[0]) for rank, row in rules.ranked(table, part_of, 10)] == [(1, "丙"), (2, "甲"), (2, "乙"), (4, "丁"), (None, "戊")]


def test_rates_that_look_alike_when_rounded_are_not_a_tie() -> None:
    table = [("甲", 3333, 10000), ("乙", 1, 3)]
    assert [(rank, row[0]) for rank, row in rules.ranked(table, part_of, 1)] == [(1, "乙"), (2, "甲")]


@given(table=rows, minimum=st.integers(0, 30))
def test_everybody_is_listed_once_and_a_rank_says_how_many_are_better(table: list[Row], minimum: int) -> None:
    found = rules.ranked(table, part_of, minimum)
    assert sorted(row for _, row in found) == sorted(table)
    for rank, row in found:
        if rank is None:
            assert row[2] < max(minimum, 1)
        else:
            better = [other for other in table if other[2] >= max(minimum, 1) and other[1] * row[2] > row[1] * other[2]]
            assert rank == 1 + len(better)


@given(table=rows, data=st.data())
def test_ranks_do_not_depend_on_the_order_of_entry(table: list[Row], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(table))
    one, other = ({row: rank for rank, row in rules.ranked(each, part_of, 5)} for each in (table, mixed))
    assert one == other


# --- who reads what ---


def test_what_is_under_objection_keeps_the_matter_and_loses_the_person() -> None:
    who = {"person": "甲", "person_id": 7, "post": "在编人员"}
    row = {**who, "state": "待整改", "problem": "漏戴标识", "unit": "一中队", "is_masked": False}
    told = masked(row)
    assert (told["state"], told["problem"], told["unit"], told["is_masked"]) == ("复核中", "漏戴标识", "一中队", True)
    assert "甲" not in json.dumps(told, ensure_ascii=False)
    assert told["person_id"] is None


def text_of(reader: rules.Reader, snapshot: dict[str, Any] | None = None) -> str:
    return json.dumps(rules.content(snapshot or sample_snapshot(), sample_wording(), reader), ensure_ascii=False)


def test_each_audience_reads_names_of_its_own_alone() -> None:
    internal = rules.content(sample_snapshot(), sample_wording(), rules.Reader(rules.INTERNAL, None))
    assert "示例人员甲" in json.dumps(internal, ensure_ascii=False)
    assert internal["措施名单"]
    own = rules.content(sample_snapshot(), sample_wording(), rules.Reader(rules.SQUADRONS, frozenset({1})))
    named = {row["单位"] for row in own["问题清单"] if row["责任人"] == "示例人员甲"}
    assert named == {"示例一中队"}
    assert (own["措施名单"], own["多次问题"], own["有受限附件"]) == ([], [], False)
    assert {row["复核人"] for row in own["问题清单"]} == {"督察办"}
    for reader in (rules.Reader(rules.SQUADRONS), rules.Reader(rules.PUBLIC, None), rules.Reader(rules.PUBLIC, frozenset({1}))):
        assert not any(name in text_of(reader) for name in NAMES)
    public = rules.content(sample_snapshot(), sample_wording(), rules.Reader(rules.PUBLIC))
    assert {(row["责任人"], row["地点"], row["复核人"]) for row in public["问题清单"]} == {("—", "—", "—")}


@given(own=st.none() | st.frozensets(st.integers(1, 4)), audience=st.sampled_from([rules.SQUADRONS, rules.PUBLIC]))
def test_no_version_but_the_bureaus_holds_a_person_of_another_unit(own: frozenset[int] | None, audience: str) -> None:
    told = rules.for_reader(sample_snapshot(), rules.Reader(audience, own))
    for part in NAMING:
        for row in told[part]:
            if part == "measures" or audience == rules.PUBLIC or (own is not None and row["unit_id"] not in own):
                assert (row["person"], row["person_id"]) == ("", None)
    assert told["repeated"] == []


def test_narrowing_for_one_reader_leaves_the_snapshot_as_it_is() -> None:
    snapshot = sample_snapshot()
    before = copy.deepcopy(snapshot)
    for audience in rules.AUDIENCES:
        rules.content(snapshot, sample_wording(), rules.Reader(audience))
    assert snapshot == before


# --- words ---


def test_a_month_in_which_there_was_nothing_says_so_everywhere() -> None:
    told = rules.content(sample_snapshot(is_empty=True), rules.Wording(), rules.Reader(rules.INTERNAL, None))
    assert told["问题概况"] == "2026年10月未发现问题。"
    assert told["检查情况"] == "2026年10月没有开展督查检查。"
    assert told["投诉"] == ["本月没有收到投诉。"]
    assert told["上月整改概况"] == "上月没有需要整改的问题。"
    assert {row["合格率"] for row in told["中队情况"]} == {"样本不足（n=0）"}


def test_the_squadron_table_shows_n_ties_and_its_method() -> None:
    told = rules.content(sample_snapshot(), sample_wording(), rules.Reader(rules.SQUADRONS))
    assert [(row["名次"], row["合格率"]) for row in told["中队情况"]] == [
        ("1", "96.9%（n=32）"), ("2", "95.0%（n=40）"), ("2", "95.0%（n=40）"), ("—", "样本不足（n=8）"),
    ]  # fmt: skip
    assert "并列同一名次" in told["中队说明"]
    assert "20 人次" in told["中队说明"]


def test_the_chart_has_no_bar_where_there_are_too_few_and_counts_problems_where_nobody_has_enough() -> None:
    chart, empty = rules.chart(sample_snapshot()), rules.chart(sample_snapshot(is_empty=True))
    assert chart is not None
    assert empty is not None
    assert chart.bars == [("示例三中队", 96.9), ("示例一中队", 95.0), ("示例二中队", 95.0), ("示例四中队", None)]
    assert empty.title == "各中队问题数（件）"
    assert rules.chart({**sample_snapshot(), "squadrons": []}) is None


def test_complaints_are_told_in_numbers_and_the_number_of_the_document_stays_blank_until_given() -> None:
    told = rules.content(sample_snapshot(), sample_wording(), rules.Reader(rules.INTERNAL, None))
    assert told["投诉"][0] == "收到投诉 14 件，办结 14 件，要求重新办理 0 件，重复投诉 0 件。"
    assert told["发文字号"] == "〔2026〕　号"
    numbered = rules.Wording(number="城管通〔2026〕12号", made_on=dt.date(2026, 11, 5))
    assert rules.content(sample_snapshot(), numbered, rules.Reader(rules.PUBLIC))["发文字号"] == "城管通〔2026〕12号"
