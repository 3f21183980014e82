"""Pure: states and transitions, separated duties, terms, fingerprints (requirements 0, clause 3.1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from chengxin.rulekit.workdays import Counted, WorkCalendar

OPEN, SUBMITTED, CLOSED, WITHDRAWN, MERGED = "open", "submitted", "closed", "withdrawn", "merged"
STATES = {OPEN: "待整改", SUBMITTED: "待复核", CLOSED: "已销号", WITHDRAWN: "已撤销", MERGED: "已并案"}
# states in which a finding counts for its person
COUNTING = frozenset({OPEN, SUBMITTED, CLOSED})

SUBMIT, PASS, RETURN, RECUR, WITHDRAW, MERGE = "submit", "pass", "return", "recur", "withdraw", "merge"
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (OPEN, SUBMIT): SUBMITTED,
    (SUBMITTED, PASS): CLOSED,
    (SUBMITTED, RETURN): OPEN,
    (CLOSED, RECUR): OPEN,
    (OPEN, WITHDRAW): WITHDRAWN,
    (SUBMITTED, WITHDRAW): WITHDRAWN,
    (CLOSED, WITHDRAW): WITHDRAWN,
    (OPEN, MERGE): MERGED,
    (SUBMITTED, MERGE): MERGED,
    (CLOSED, MERGE): MERGED,
}
REFUSALS = {
    SUBMIT: "只有待整改的问题可以提交整改",
    PASS: "只有待复核的问题可以复核",
    RETURN: "只有待复核的问题可以退回",
    RECUR: "只有已销号的问题可以回头看",
    WITHDRAW: "已撤销或已并案的问题不能再撤销",
    MERGE: "已撤销或已并案的问题不能再并案",
}


class NotPossible(ValueError):
    """The state does not admit the action; the message says why."""


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotPossible(f"{REFUSALS[action]}，目前是“{STATES[state]}”。") from None


@dataclass(frozen=True)
class Party:
    """Somebody with a part in a finding: the sign-in, the person, and the unit that person belongs to."""

    user_id: int | None
    person_id: int | None = None
    unit_id: int | None = None

    def is_same(self, other: Party) -> bool:
        by_user = self.user_id is not None and self.user_id == other.user_id
        return by_user or (self.person_id is not None and self.person_id == other.person_id)


def conflict(actor: Party, *, apart_from: Mapping[str, Party], unit_id: int | None, person_id: int | None) -> str | None:
    """Why the actor must not judge this finding (回避), or None: not one of the named parties, not the subject, not of its unit."""
    for title, party in apart_from.items():
        if actor.is_same(party):
            return f"您是本问题的{title}，须由他人办理。"
    if person_id is not None and actor.person_id == person_id:
        return "问题涉及您本人，须回避。"
    if unit_id is not None and actor.unit_id == unit_id:
        return "问题属于您所在的单位，须回避。"
    return None


def due(notified_on: dt.date, workdays: int, calendar: WorkCalendar) -> Counted:
    """The last day of a term that begins the day after the notice."""
    return calendar.nth_workday_after(notified_on, workdays)


def is_overdue(state: str, due_on: dt.date | None, as_of: dt.date) -> bool:
    """Late is a fact of dates, not of jobs: open beyond the last day of the term."""
    return state == OPEN and due_on is not None and as_of > due_on


def fingerprint(kind: str, source: str, person_id: int | None, unit_id: int, facts: Mapping[str, str]) -> str:
    """The same fact from the same source about the same subject is the same finding."""
    text = json.dumps([kind, source, person_id, unit_id, sorted(facts.items())], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def suggested_measures(count: int, threshold: int, grade: str) -> list[str]:
    """What the ladder of 2.1.5 proposes; a named person decides."""
    proposed = ["责令整改"]
    if grade == "serious":
        proposed.append("批评教育")
    if count >= threshold:
        proposed.append("通报批评")
    return proposed
