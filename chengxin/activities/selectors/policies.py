"""The rules of a day as typed, frozen policies."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from chengxin.activities import rules
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.rulebook.rules import RuleValues


def programme_policy_at(on: dt.date) -> RuleValues:
    """Themes, headings and parts of the year (2.4)."""
    return rulebook.rule_values("activities.programme", on, simulate=True)


def programme_in_force_from(on: dt.date) -> dt.date | None:
    """Since when the plan's programme has been in force without a gap, as of a day; None while there is only a draft."""
    since: dt.date | None = None
    version = rulebook.rule_in_force("activities.programme", on)
    while version is not None:
        since = version.period.lower
        version = rulebook.rule_in_force("activities.programme", since - dt.timedelta(days=1)) if since else None
    return since


def attendance_policy_at(on: dt.date) -> rules.AttendancePolicy:
    """Who is due, the code at the door, reasons of absence (2.4)."""
    found = rulebook.rule_values("activities.attendance", on, simulate=True)
    return rules.attendance_policy(found.version, found.values)


def weak_policy_at(on: dt.date) -> rules.WeakPolicy:
    """What makes a weak point (2.4.2)."""
    found = rulebook.rule_values("activities.weak_points", on, simulate=True)
    return rules.WeakPolicy(
        found.version, found["least"], found["days"], found["contest_percent"], found["contest_least"]
    )  # fmt: skip


def talks_policy_at(on: dt.date) -> rules.TalksPolicy:
    """Whom to talk with, when, about what (2.4.4)."""
    found = rulebook.rule_values("activities.talks", on, simulate=True)
    window = found["window"]
    themes = {each["code"]: each["title"] for each in found["themes"]}
    return rules.TalksPolicy(found.version, tuple(found["classes"]), window["starts"], window["ends"], themes)


def risk_policy_at(on: dt.date) -> rules.RiskPolicy:
    """Grades of risks and how often each is reviewed (2.4.4)."""
    found = rulebook.rule_values("activities.risks", on, simulate=True)
    grades = {each["code"]: rules.RiskGrade(each["code"], each["title"], each["months"]) for each in found["grades"]}
    return rules.RiskPolicy(found.version, grades)
