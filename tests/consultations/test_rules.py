"""Pure rules of 3.3: terms, comparison, values as people type them, hints, nomination."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.consultations import rules
from chengxin.consultations.rules import comparing, values
from chengxin.consultations.rules.comparing import ADDED, REMOVED, SAME, RuleText
from chengxin.rulebook.rules import first_rules

DAY = dt.date(2026, 9, 28)
WORDS = st.text("整改期限工作日程度abc。；1", max_size=12)
PLAIN = st.one_of(st.booleans(), st.integers(-5, 200), WORDS)
VALUES = st.one_of(
    PLAIN,
    st.lists(PLAIN, max_size=5),
    st.dictionaries(WORDS, PLAIN, max_size=4),
    st.lists(st.dictionaries(WORDS, PLAIN, max_size=3), max_size=4),
)
BOOKS = st.dictionaries(st.sampled_from("abcd"), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3), max_size=4).map(
    lambda given: {
        code: RuleText(code, f"规则{code}", "3.1", f"{code}@1", {n: (f"数值{n}", v) for n, v in each.items()})
        for code, each in given.items()
    }
)


@given(BOOKS)
def test_a_rulebook_does_not_differ_from_itself(book: Any) -> None:
    assert comparing.compare(book, book) == []


@given(BOOKS, BOOKS)
def test_what_is_added_one_way_is_removed_the_other(one: Any, other: Any) -> None:
    def told(diffs: Any, added: str, removed: str) -> set[Any]:
        swap = {ADDED: added, REMOVED: removed}
        return {(d.code, swap.get(d.kind, d.kind), v.name, swap.get(v.kind, v.kind)) for d in diffs for v in d.values}

    assert told(comparing.compare(one, other), ADDED, REMOVED) == told(comparing.compare(other, one), REMOVED, ADDED)


@given(BOOKS, BOOKS)
def test_every_value_that_differs_is_told_and_no_other(one: Any, other: Any) -> None:
    told = {(diff.code, value.name) for diff in comparing.compare(one, other) for value in diff.values}
    names = {(code, name) for book in (one, other) for code, rule in book.items() for name in rule.values}

    def value(book: Any, code: str, name: str) -> Any:
        return book[code].values[name][1] if code in book and name in book[code].values else ...

    assert told == {pair for pair in names if not comparing.is_same(value(one, *pair), value(other, *pair))}


@given(VALUES, VALUES)
def test_the_lines_of_a_difference_are_those_of_both_values_in_order(before: Any, after: Any) -> None:
    lines = comparing.lines_between(before, after)
    assert [line.text for line in lines if line.kind in (SAME, REMOVED)] == comparing.lines_of(before)
    assert [line.text for line in lines if line.kind in (SAME, ADDED)] == comparing.lines_of(after)
    if not comparing.is_same(before, after):
        assert any(line.kind != SAME for line in lines) or not lines


def test_a_difference_is_told_in_words_and_not_by_colour_alone() -> None:
    lines = comparing.lines_between(
        [{"title": "漏戴标识", "grade": "minor"}, {"title": "错戴标识", "grade": "minor"}], [{"title": "漏戴标识", "grade": "minor"}]
    )
    assert [(line.kind, line.mark) for line in lines] == [(SAME, ""), (REMOVED, "－ 删去")]
    assert lines[1].text == "名称：错戴标识；程度：一般"


@pytest.mark.parametrize(("before", "after"), [(True, 1), (0, False), (7, "7"), ([1], [True])])
def test_another_kind_of_value_is_another_value(before: Any, after: Any) -> None:
    assert not comparing.is_same(before, after)
    assert [line.kind for line in comparing.lines_between(before, after)] == [REMOVED, ADDED]


@pytest.mark.parametrize(
    ("rule", "name", "value"), [(rule.code, name, entry["value"]) for rule in first_rules() for name, entry in rule.values.items()]
)
def test_every_value_of_the_rulebook_can_be_edited_and_comes_back_as_it_was(rule: str, name: str, value: Any) -> None:
    if values.is_plain(value):
        assert values.why_not(value, value) == ""
    else:
        assert values.read(values.as_text(value), value) == value


SESSIONS = {"day": "早班", "evening": "晚班"}
ENTRIES = [{"code": "a.one", "title": "甲", "points": 5}, {"code": "a.two", "title": "乙", "points": 10, "note": "备注"}]


@pytest.mark.parametrize(
    ("text", "like", "told"),
    [
        ("day: 早班", SESSIONS, "缺少 evening"),
        ("day: 早班\nevening: 晚班\nnight: 夜班", SESSIONS, "多出 night"),
        ("day: 8\nevening: 晚班", SESSIONS, "应是文字"),
        ("- {code: a.one, title: 甲}", ENTRIES, "第 1 项缺少 points"),
        ("- {code: a.one, title: 甲, points: 5, colour: 红}", ENTRIES, "多出 colour"),
        ("- {code: a.one, title: 甲, points: 五}", ENTRIES, "第 1 项的“points”应是整数"),
        ("- {code: a.one, title: 甲, points: 5}\n- {code: a.one, title: 乙, points: 5}", ENTRIES, "“a.one”出现了两次"),
        ("- {code: a.one, title: 甲, points: -5}", ENTRIES, "应在 0 到"),
        ("[]", ENTRIES, "至少要有一项"),
        ("甲", ENTRIES, "应逐行列出"),
        ("- {code: a.one, title: 甲", ENTRIES, "看不懂"),
        ("- &a {code: a.one, title: 甲, points: 5}\n- *a", ENTRIES, "不能使用引用"),
        ("- !!python/object:os.system {}", ENTRIES, "不能使用引用和标签"),
        ("- 1\n- true", [1, 2], "第 2 项应填写 true 或 false"),
        ("x" * 60_001, [1], "最多 60000 字"),
        ("[" * 5000, [1], "看不懂"),
    ],
)
def test_what_the_program_could_not_work_with_is_refused_in_words(text: str, like: Any, told: str) -> None:
    with pytest.raises(values.BadValue, match=told.replace("[", r"\[")):
        values.read(text, like)


def test_times_and_days_without_quotes_stay_words() -> None:
    like = [{"code": "day", "starts": "08:00", "ends": "17:30"}]
    assert values.read("- {code: day, starts: 08:30, ends: 17:30}", like) == [{"code": "day", "starts": "08:30", "ends": "17:30"}]
    assert values.read("starts: 12-01\nends: 2026-12-31", {"starts": "a", "ends": "b"}) == {"starts": "12-01", "ends": "2026-12-31"}
    assert values.read("a: yes\nb: no", {"a": "x", "b": "y"}) == {"a": "yes", "b": "no"}


@pytest.mark.parametrize(
    ("starts", "ends", "field"), [(-1, 9, "starts_on"), (0, 5, "ends_on"), (0, -3, "ends_on"), (0, 400, "ends_on"), (0, 6, ""), (3, 9, "")]
)
def test_opinions_are_collected_for_the_least_days_and_not_backwards(starts: int, ends: int, field: str) -> None:
    days = dt.timedelta(days=starts), dt.timedelta(days=ends)
    assert rules.why_not_dates(DAY + days[0], DAY + days[1], DAY, 7)[0] == field


@pytest.mark.parametrize(("days", "takes"), [(-1, False), (0, True), (9, True), (10, False)])
def test_opinions_are_taken_on_the_announced_days_both_included(days: int, takes: bool) -> None:
    assert rules.takes_opinions(rules.OPEN, DAY, DAY + dt.timedelta(days=9), DAY + dt.timedelta(days=days)) is takes
    assert not rules.takes_opinions(rules.CLOSED, DAY, DAY + dt.timedelta(days=9), DAY)


def test_opinions_close_after_the_term_when_all_were_looked_at_and_answered() -> None:
    after = DAY + dt.timedelta(days=1)
    assert "起可以办结" in rules.why_not_close(DAY, DAY, 0, 0)
    assert "没有审核" in rules.why_not_close(after, DAY, 1, 2)
    assert "没有答复" in rules.why_not_close(after, DAY, 0, 2)
    assert rules.why_not_close(after, DAY, 0, 0) == ""


def test_a_round_carries_a_publication_only_when_all_of_enough_agreed_to_this_text() -> None:
    assert "作废" in rules.why_not_publish([True, True], 2, "a", "b")
    assert "至少 2 人" in rules.why_not_publish([True], 2, "a", "a")
    assert "不同意" in rules.why_not_publish([True, False], 2, "a", "a")
    assert "还有 1 人" in rules.why_not_publish([True, None], 2, "a", "a")
    assert rules.why_not_publish([True, True], 2, "a", "a") == ""


def test_the_signed_text_does_not_depend_on_the_order_of_changes_and_depends_on_everything_else() -> None:
    one = {"rule": "a", "name": "x", "after": 1, "reason": "甲"}
    other = {"rule": "b", "name": "y", "after": 2, "reason": "乙"}
    text = rules.content_of("标题", [one, other])
    assert text == rules.content_of("标题", [other, one])
    for changed in ([one], [{**one, "after": 2}, other], [{**one, "reason": "丙"}, other]):
        assert rules.digest(rules.content_of("标题", changed)) != rules.digest(text)
    assert rules.content_of("另一标题", [one, other]) != text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("请打 13900001111 联系我", ["含电话号码"]),
        ("我的号码 340600199001011234", ["含身份证号"]),
        ("见 https://example.com", ["含网址"]),
        ("张三在执法时态度不好", ["提到本局人员姓名"]),
        ("五日 太短。", ["与另一条内容相同"]),
        ("第 3 条第 2 款写得不清楚", []),
    ],
)
def test_a_public_opinion_that_needs_a_closer_look_is_pointed_out(text: str, told: list[str]) -> None:
    assert rules.hints(text, ["张三"], ["五日太短"]) == told


def recurring(entry: str, count: int, before: int) -> rules.Recurring:
    return rules.Recurring("2.1.3", entry, entry, count, before, 3, 2)


def test_what_came_often_enough_in_both_quarters_is_nominated_the_most_frequent_first() -> None:
    found = [recurring("a", 9, 4), recurring("b", 5, 5), recurring("c", 12, 7), recurring("d", 4, 9), recurring("e", 8, 8)]
    assert [each.entry for each in rules.nominate(found, 5, 10)] == ["c", "e", "b"]
    assert [each.entry for each in rules.nominate(found, 5, 2)] == ["c", "e"]
    assert "上升" in recurring("c", 12, 7).text


@pytest.mark.parametrize(
    ("day", "first", "last", "title"),
    [
        ("2026-01-01", "2025-10-01", "2025-12-31", "2025 年第四季度"),
        ("2026-03-31", "2025-10-01", "2025-12-31", "2025 年第四季度"),
        ("2026-04-01", "2026-01-01", "2026-03-31", "2026 年第一季度"),
        ("2026-12-31", "2026-07-01", "2026-09-30", "2026 年第三季度"),
    ],
)
def test_the_last_quarter_that_is_over(day: str, first: str, last: str, title: str) -> None:
    found = rules.quarter_before(dt.date.fromisoformat(day))
    assert found == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert rules.quarter_title(found[0]) == title


@pytest.mark.parametrize("state", rules.STATES)
@pytest.mark.parametrize("action", rules.ACTIONS)
def test_only_the_steps_of_a_drafts_life_are_possible(state: str, action: str) -> None:
    if (state, action) in rules.TRANSITIONS:
        assert rules.after(state, action) in rules.STATES
    else:
        with pytest.raises(rules.NotPossible, match=rules.STATES[state]):
            rules.after(state, action)
