"""Pure: two versions of the rulebook set side by side, rule by rule and value by value (3.3)."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SAME, ADDED, REMOVED, CHANGED = "same", "added", "removed", "changed"
MARKS = {ADDED: "＋ 增加", REMOVED: "－ 删去", SAME: "", CHANGED: "改动"}
# how people read the names within a value
WORDS = {
    "code": "代码", "title": "名称", "text": "内容", "grade": "程度", "group": "分组", "sex": "性别", "points": "分值", "cap": "上限",
    "clause": "条款", "kind": "种类", "quarter": "季度", "round": "环节", "weight": "权重", "max": "满分", "step": "步长",
    "quantity": "件数", "years": "年限", "classes": "人员类别", "sizes": "尺码", "starts": "开始", "ends": "结束",
    "established": "在编", "auxiliary": "协管", "other": "其他", "months": "月数", "entry": "条目", "style": "品种", "low": "低库存",
}  # fmt: skip
# and the plain words that stand for something
MEANINGS = {
    "grade": {"minor": "一般", "serious": "较重"}, "sex": {"any": "不限", "male": "男", "female": "女"},
    "classes": {"established": "在编", "auxiliary": "协管", "other": "其他"},
}  # fmt: skip
FIRST, LAST = ("title", "text"), ("code",)


@dataclass(frozen=True)
class RuleText:
    """A rule as one version of the rulebook has it: value name to (title, plain value)."""

    code: str
    title: str
    clause: str
    version: str
    values: Mapping[str, tuple[str, Any]]


@dataclass(frozen=True)
class Line:
    """One line of a value: in both versions, in the later alone (added) or in the earlier alone (removed)."""

    kind: str
    text: str

    @property
    def mark(self) -> str:
        """The same in words: colour alone is not seen by everybody."""
        return MARKS[self.kind]


@dataclass(frozen=True)
class ValueDiff:
    name: str
    title: str
    kind: str
    lines: tuple[Line, ...]
    reason: str = ""

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        return grouped(self.lines)

    @property
    def mark(self) -> str:
        return MARKS[self.kind]


@dataclass(frozen=True)
class RuleDiff:
    """What differs in one rule; ``before`` and ``after`` name its versions ("" where it is not there)."""

    code: str
    title: str
    clause: str
    kind: str
    before: str
    after: str
    values: tuple[ValueDiff, ...]

    @property
    def mark(self) -> str:
        return MARKS[self.kind]


Book = Mapping[str, RuleText]


def compare(before: Book, after: Book) -> list[RuleDiff]:
    """Every rule that differs, in the order of the later version; rules that fell away come last. Nothing for equal books."""
    found = []
    for code in [*after, *(code for code in before if code not in after)]:
        old, new = before.get(code), after.get(code)
        values = _values(old.values if old else {}, new.values if new else {})
        if values or old is None or new is None:
            some = new or old
            assert some is not None
            kind = ADDED if old is None else REMOVED if new is None else CHANGED
            versions = (old.version if old else "", new.version if new else "")
            found.append(RuleDiff(code, some.title, some.clause, kind, *versions, tuple(values)))
    return found


def _values(old: Mapping[str, tuple[str, Any]], new: Mapping[str, tuple[str, Any]]) -> list[ValueDiff]:
    found = []
    for name in [*new, *(name for name in old if name not in new)]:
        if name not in old:
            found.append(ValueDiff(name, new[name][0], ADDED, lines_between(None, new[name][1])))
        elif name not in new:
            found.append(ValueDiff(name, old[name][0], REMOVED, lines_between(old[name][1], None)))
        elif not is_same(old[name][1], new[name][1]):
            found.append(ValueDiff(name, new[name][0], CHANGED, lines_between(old[name][1], new[name][1])))
    return found


def is_same(one: Any, other: Any) -> bool:
    """Equal as the rulebook means it: True is not 1, and 7 is not "7"."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def lines_between(before: Any, after: Any) -> tuple[Line, ...]:
    """The lines of two values, those in both once. Removed ones stand before what was added in their place."""
    old, new = lines_of(before), lines_of(after)
    if old == new and not is_same(before, after):
        return (*(Line(REMOVED, text) for text in old), *(Line(ADDED, text) for text in new))
    found: list[Line] = []
    for what, start, stop, start_new, stop_new in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found += [Line(SAME, text) for text in old[start:stop]]
        else:
            found += [Line(REMOVED, text) for text in old[start:stop]]
            found += [Line(ADDED, text) for text in new[start_new:stop_new]]
    return tuple(found)


def lines_of(value: Any) -> list[str]:
    """A value as lines people read: an entry a line, a sentence a line; none for what is not there."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [f"{WORDS.get(str(key), key)}：{_words(item, str(key))}" for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [_words(item) for item in value]
    if isinstance(value, str):
        return [part for part in re.split(r"(?<=[。；！？\n])", value) if part] or [""]
    return [_words(value)]


def _words(value: Any, name: str = "") -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        ordered = sorted(value, key=lambda key: (key in LAST, key not in FIRST))  # what people look for first; the rest as it stands
        return "；".join(f"{WORDS.get(str(key), key)}：{_words(value[key], str(key))}" for key in ordered)
    if isinstance(value, list | tuple):
        return "、".join(_words(item, name) for item in value)
    return MEANINGS.get(name, {}).get(str(value), str(value))


def grouped(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Lines in their order, neighbours of one kind together: long stretches that are the same can be folded away."""
    return [(kind, list(group)) for kind, group in itertools.groupby(lines, key=lambda line: line.kind)]


def counted(diffs: Sequence[RuleDiff]) -> dict[str, int]:
    """How many rules and lines differ, by kind: what a screen reader is told first."""
    lines = [line.kind for diff in diffs for value in diff.values for line in value.lines]
    return {"rules": len(diffs), "added": lines.count(ADDED), "removed": lines.count(REMOVED)}
