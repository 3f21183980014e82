"""What a draft says: its changes as one text, as a rulebook to set beside another, as values to try (3.3)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

from chengxin.consultations import rules
from chengxin.consultations.models import Change, Consultation
from chengxin.consultations.rules import comparing
from chengxin.consultations.rules.comparing import Book, RuleDiff, RuleText
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import DRAFT_LABEL, RuleValues

ValuesOn = Callable[[str, dt.date], RuleValues]


def content_of(consultation: Consultation) -> str:
    """The draft as one canonical text: what is put to opinions and what is signed."""
    return rules.content_of(consultation.title, map(_told, consultation.changes.all()))


def _told(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule, "rule_title": change.rule_title, "clause": change.clause, "name": change.name, "title": change.title,
        "before": change.before, "after": change.after, "base": change.base, "reason": change.reason,
    }  # fmt: skip


def changes_in(content: str) -> list[dict[str, Any]]:
    """The changes of a kept text; none for a text that was never kept."""
    found: list[dict[str, Any]] = json.loads(content)["changes"] if content else []
    return found


def changes_of(consultation: Consultation) -> list[dict[str, Any]]:
    return changes_in(content_of(consultation))


def diffs_of(changes: list[dict[str, Any]]) -> list[RuleDiff]:
    """A draft against what it was written against, rule by rule, in the plan's order, each value with its reason."""
    sequence = {clause.code: place for place, clause in enumerate(rulebook.clauses())}
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(changes, key=lambda each: (sequence.get(each["clause"], 0), each["rule"], each["name"])):
        by_rule.setdefault(each["rule"], []).append(each)
    return [
        RuleDiff(
            code, of_rule[0]["rule_title"], of_rule[0]["clause"], comparing.CHANGED, of_rule[0]["base"], f"{code}（{DRAFT_LABEL}）",
            tuple(
                comparing.ValueDiff(
                    each["name"], each["title"], comparing.CHANGED, comparing.lines_between(each["before"], each["after"]), each["reason"]
                )
                for each in of_rule
            ),
        )
        for code, of_rule in by_rule.items()
    ]  # fmt: skip


def book_on(day: dt.date) -> Book:
    """The rulebook in force on a day, to be compared."""
    return {
        code: RuleText(code, each.title, each.clause, each.version, {n: (e["title"], e["value"]) for n, e in each.entries.items()})
        for code, each in rulebook.book_on(day).items()
    }


def book_with(book: Book, changes: list[dict[str, Any]]) -> Book:
    """The same rulebook as a draft would have it."""
    made = dict(book)
    for each in changes:
        old = made.get(each["rule"]) or RuleText(each["rule"], each["rule_title"], each["clause"], "", {})
        values = {**old.values, each["name"]: (each["title"], each["after"])}
        made[each["rule"]] = RuleText(old.code, old.title, old.clause, f"{old.code}（{DRAFT_LABEL}）", values)
    return made


def in_force(code: str, day: dt.date) -> RuleValues:
    return rulebook.rule_values(code, day, simulate=True)


def tried(changes: list[dict[str, Any]]) -> ValuesOn:
    """The values of a day as they would be under the draft: only its own values differ. What comes of them may decide nothing."""
    of_rule: dict[str, dict[str, Any]] = {}
    for each in changes:
        of_rule.setdefault(each["rule"], {})[each["name"]] = each["after"]

    def values_on(code: str, day: dt.date) -> RuleValues:
        base = in_force(code, day)
        if code not in of_rule:
            return base
        values: Mapping[str, Any] = {**base.values, **of_rule[code]}
        return RuleValues(code, base.clause, f"{code}（{DRAFT_LABEL}）", values, simulated=True)

    return values_on
