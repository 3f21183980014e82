"""The rules of 主题活动: the year's parts, an activity's life, the code at the door; pure, beside their clauses (2.4)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chengxin.core.quarters import quarter_days

QUARTERS = {1: "第一季度（1-3月）", 2: "第二季度（4-6月）", 3: "第三季度（7-9月）", 4: "第四季度（10-12月）", 0: "年底总结"}
YEAR_END = 0
BLOCKS = (1, 2, 3, 4, YEAR_END)
KINDS = {
    "training": "集训", "drill": "队列", "contest": "竞赛", "case_review": "案卷评查", "inspection": "专项督查", "study": "学习教育",
    "talks": "谈心谈话", "risk": "风险排查", "meeting": "会议",
}  # fmt: skip
# parts whose work is kept elsewhere in the house: a named person reports them held
REPORTED = frozenset({"case_review", "inspection", "contest"})
CLASSES = {"established": "在编", "auxiliary": "协管", "other": "其他"}


# --- the year ---


@dataclass(frozen=True)
class PartDue:
    """A part of the year's programme: what, by which clause, and within which days (both included)."""

    code: str
    quarter: int
    title: str
    clause: str
    kind: str
    starts_on: dt.date
    due_on: dt.date


def day_of(year: int, text: str) -> dt.date:
    """A day written as "12-01" of a year."""
    return dt.date.fromisoformat(f"{year}-{text}")


def parts_of_year(year: int, values: Mapping[str, Any]) -> list[PartDue]:
    """The parts of a year in the plan's order (2.4.1–2.4.5). What the rule does not name – a case review in Q3 – is not there."""
    end = (day_of(year, values["year_end"]["starts"]), day_of(year, values["year_end"]["ends"]))
    return [
        PartDue(
            each["code"], each["quarter"], each["title"], each["clause"], each["kind"],
            *(end if each["quarter"] == YEAR_END else quarter_days(year, each["quarter"])),
        )
        for each in values["parts"]
    ]  # fmt: skip


DONE, ARRANGED, OPEN, LATE, AHEAD, BEFORE = "done", "arranged", "open", "late", "ahead", "before"
PART_STATES = {DONE: "已开展", ARRANGED: "已安排", OPEN: "待安排", LATE: "逾期未开展", AHEAD: "未到时间", BEFORE: "施行前"}


def part_state(starts_on: dt.date, due_on: dt.date, *, done: bool, arranged: bool, on: dt.date, in_force_from: dt.date | None) -> str:
    """Where a part stands on a day. What was due before the plan was in force is never late: no rule holds before its date (3.3)."""
    if done:
        return DONE
    if on > due_on:
        return LATE if in_force_from is not None and in_force_from <= due_on else BEFORE
    if arranged:
        return ARRANGED
    return AHEAD if on < starts_on else OPEN


# --- an activity's life ---

PLANNED, HELD, CLOSED, CANCELLED = "planned", "held", "closed", "cancelled"
STATES = {PLANNED: "已安排", HELD: "进行中", CLOSED: "已办结", CANCELLED: "已取消"}
OPENING, CLOSING, CANCELLING = "open", "close", "cancel"
STEPS = {(PLANNED, OPENING): HELD, (HELD, CLOSING): CLOSED, (PLANNED, CANCELLING): CANCELLED, (HELD, CANCELLING): CANCELLED}
WHY_NOT = {
    OPENING: "只有“已安排”的活动可以开始点名。",
    CLOSING: "只有“进行中”的活动可以办结，请先开始点名。",
    CANCELLING: "活动已办结或已取消，不能再取消。",
}


class NotPossible(Exception):
    """The state does not admit the step; the message says what comes first."""


def after(state: str, step: str) -> str:
    """The state after a step. Raises NotPossible."""
    try:
        return STEPS[state, step]
    except KeyError:
        raise NotPossible(f"活动现在是“{STATES[state]}”：{WHY_NOT[step]}") from None


DUE, PRESENT, ABSENT = "due", "present", "absent"
PRESENCES = {DUE: "未点名", PRESENT: "到场", ABSENT: "缺席"}
BY_CODE, BY_ROLL, BY_CORRECTION = "code", "roll", "correction"
WAYS = {BY_CODE: "扫码", BY_ROLL: "点名", BY_CORRECTION: "更正"}
NO_REASON, KNOWN, ASKED, ACCEPTED, REFUSED = "", "known", "asked", "accepted", "refused"
REASON_STATES = {NO_REASON: "未说明", KNOWN: "事先已准假", ASKED: "待认可", ACCEPTED: "已认可", REFUSED: "未认可"}
LEAVE, AWAY = "leave", "away"
KNOWN_REASONS = {LEAVE: "已批准请假", AWAY: "长期休假或停职"}


@dataclass(frozen=True)
class Reason:
    """A reason of absence; ``excused`` says whether the leader may accept it."""

    code: str
    title: str
    excused: bool


@dataclass(frozen=True)
class AttendancePolicy:
    """The rule of a day: who is due, how long the code at the door lives, which reasons there are."""

    version: str
    classes: tuple[str, ...]
    code_seconds: int
    ticket_seconds: int
    reasons: Mapping[str, Reason]

    def title_of(self, code: str) -> str:
        return KNOWN_REASONS.get(code) or (self.reasons[code].title if code in self.reasons else code)


def attendance_policy(version: str, values: Mapping[str, Any]) -> AttendancePolicy:
    reasons = {each["code"]: Reason(each["code"], each["title"], each["excused"]) for each in values["reasons"]}
    return AttendancePolicy(version, tuple(values["classes"]), values["code_seconds"], values["ticket_seconds"], reasons)


@dataclass(frozen=True)
class Count:
    """应到, 实到, 准假, 缺席 of some lines. Who was excused is not due for the rate."""

    lines: int
    present: int
    excused: int

    @property
    def absent(self) -> int:
        return self.lines - self.present - self.excused

    @property
    def due(self) -> int:
        return self.lines - self.excused

    @property
    def label(self) -> str:
        return f"{self.present}/{self.due}"


def count_of(lines: Iterable[tuple[str, str]]) -> Count:
    """What lines of (presence, reason state) come to."""
    found = list(lines)
    present = sum(presence == PRESENT for presence, _ in found)
    excused = sum(presence == ABSENT and state in {KNOWN, ACCEPTED} for presence, state in found)
    return Count(len(found), present, excused)


def why_no_score(score: Decimal) -> str:
    """Why a score cannot be kept, empty when it can: 0 to 100 in half points."""
    if not score.is_finite() or not 0 <= score <= 100:
        return "成绩请填写 0 到 100 之间的分数。"
    return "" if score * 2 == (score * 2).to_integral_value() else "成绩以 0.5 分为一档，请更正。"


# --- the code at the door ---

FRESH, EXPIRED, FORGED = "fresh", "expired", "forged"


def door_code(key: bytes, activity: int, slot: int) -> str:
    """The code of one turn of an activity's door: the turn, and what only the holder of the key can add to it."""
    mac = hmac.new(key, f"door:{activity}:{slot}".encode(), hashlib.sha256).hexdigest()[:24]
    return f"{slot:x}-{mac}"


def slot_at(moment: dt.datetime, seconds: int) -> int:
    """The turn that a moment lies in."""
    return int(moment.timestamp()) // seconds


def judge_code(key: bytes, activity: int, code: str, *, slot: int) -> str:
    """FRESH for the code of this turn or of the one just over, EXPIRED for an older one of ours, FORGED for any other text."""
    text, _, _ = code.partition("-")
    try:
        given = int(text, 16) if len(text) <= 12 else -1
    except ValueError:
        return FORGED
    genuine = given >= 0 and hmac.compare_digest(door_code(key, activity, given).encode(), code.encode())
    if not genuine:
        return FORGED
    return FRESH if slot - 1 <= given <= slot else EXPIRED


# --- weak points (2.4.2) ---

NOMINATED, ACCEPTED_POINT, DISMISSED, MEASURED = "nominated", "accepted", "dismissed", "measured"
POINT_STATES = {NOMINATED: "待决定", ACCEPTED_POINT: "补训中", DISMISSED: "不补训", MEASURED: "已再次测量"}


@dataclass(frozen=True)
class WeakPolicy:
    """How often within how many days makes a weak point; in contests an entry counts that reached less than a share of the points."""

    version: str
    least: int
    days: int
    contest_percent: int
    contest_least: int


@dataclass(frozen=True)
class Measured:
    """How often within some days, among n persons; among none there is nothing to compare."""

    count: int
    n: int

    @property
    def label(self) -> str:
        return f"{self.count} 次 / {self.n} 人" if self.n else "期间没有可比的记录"


# --- talks and risks (2.4.4) ---


@dataclass(frozen=True)
class TalksPolicy:
    """Whom to talk with, within which days of a year, and the themes that are counted."""

    version: str
    classes: tuple[str, ...]
    starts: str
    ends: str
    themes: Mapping[str, str]

    def window(self, year: int) -> tuple[dt.date, dt.date]:
        return day_of(year, self.starts), day_of(year, self.ends)


@dataclass(frozen=True)
class RiskGrade:
    code: str
    title: str
    months: int


@dataclass(frozen=True)
class RiskPolicy:
    """The grades of risks with their review intervals in months."""

    version: str
    grades: Mapping[str, RiskGrade]


@dataclass(frozen=True)
class Coverage:
    """How many of those concerned were reached; the rest is a list of names."""

    n: int
    reached: int

    @property
    def rest(self) -> int:
        return self.n - self.reached

    @property
    def label(self) -> str:
        return f"{self.reached}/{self.n}" if self.n else "—"

    @property
    def is_whole(self) -> bool:
        return self.n > 0 and self.rest == 0


RISK_OPEN, RISK_CONTROLLED, RISK_CLOSED = "open", "controlled", "closed"
RISK_STATES = {RISK_OPEN: "待落实", RISK_CONTROLLED: "已落实防控", RISK_CLOSED: "已消除"}


def missing(wanted: Collection[str], given: Mapping[str, Any]) -> list[str]:
    """The wanted names that were given no text."""
    return [name for name in wanted if not str(given.get(name) or "").strip()]
