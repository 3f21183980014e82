"""Pure: kinds of entries, what each means for eligibility, and what stands of a set of entries (3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FINDING, MEASURE, COMMENDATION, OBJECTION = "finding", "measure", "commendation", "objection"
KINDS = {FINDING: "问题", MEASURE: "措施", COMMENDATION: "表扬", OBJECTION: "申辩"}

COMPLAINT, REFUSED, INTEGRITY, INELIGIBLE = "complaint", "refused", "integrity", "ineligible"
FLAGS = {COMPLAINT: "有效投诉", REFUSED: "拒不整改", INTEGRITY: "违反廉政纪律", INELIGIBLE: "取消评优资格"}
# the grounds of measures that by themselves take eligibility away; 多次违规 is counted, 有效投诉 is the finding's own
FLAGGING_GROUNDS = {"refused": REFUSED, "integrity": INTEGRITY}


def flag_of_finding(kind: str) -> str:
    """A finding flags its person only when it is a complaint found valid; any other one counts towards 多次违规."""
    return COMPLAINT if kind.startswith("complaints.") else ""


def flag_of_measure(kind: str, ground: str) -> str:
    """A decided measure flags by its ground, or because it says so itself; nothing else about it does."""
    return FLAGGING_GROUNDS.get(ground) or (INELIGIBLE if kind == INELIGIBLE else "")


def points_of_finding(grade: str, policy: Mapping[str, Any]) -> int:
    """Points of 日常绩效 that a finding takes (negative). They are for performance alone and never meet a flag."""
    return -int(policy.get(grade, 0))


@dataclass(frozen=True)
class Entry:
    """One line of a ledger as the rules see it. A reversal has the content of what it reverses."""

    source: str
    kind: str
    known_at: dt.datetime
    flag: str = ""
    points: int = 0
    rests_on: str = ""
    object_by: dt.date | None = None
    clause: str = ""
    text: str = ""
    is_reversal: bool = False

    @property
    def root(self) -> str:
        """The fact at the bottom of it: a measure rests on its finding, a finding on itself."""
        return self.rests_on or self.source


@dataclass(frozen=True)
class Matter:
    """Something that bears on a verdict: a flag that stands, or what is still open."""

    kind: str
    clause: str
    text: str
    source: str
    root: str
    is_contested: bool = False


@dataclass(frozen=True)
class Standing:
    """What stands of a person's year at a moment."""

    findings: int = 0
    contested: int = 0  # of the findings: an objection is undecided or may still be made
    commendations: int = 0
    points: int = 0
    flags: tuple[Matter, ...] = ()
    open: tuple[Matter, ...] = ()


WINDOW = "window"


def known(entries: Iterable[Entry], as_of: dt.datetime) -> list[Entry]:
    """The entries as known at a moment, each fact once, in no order that matters."""
    return list({(each.source, each.kind, each.is_reversal): each for each in entries if each.known_at <= as_of}.values())


def standing(entries: Iterable[Entry], as_of: dt.datetime, day: dt.date) -> Standing:
    """What stands as known at a moment. Whatever the order of the entries, each fact counts once; a reversal takes back exactly that.

    ``day`` is the day of that moment: the objection window is open through ``object_by``.
    """
    there = known(entries, as_of)
    reversed_ = {(each.source, each.kind) for each in there if each.is_reversal}
    lasting = [each for each in there if not each.is_reversal and (each.source, each.kind) not in reversed_]
    contests = contested_by(there, lasting, day)
    findings = [each for each in lasting if each.kind == FINDING]
    return Standing(
        findings=len(findings), contested=sum(each.source in contests for each in findings),
        commendations=sum(each.kind == COMMENDATION for each in lasting), points=sum(each.points for each in lasting),
        flags=in_order(flag_matter(each, is_contested=bool({each.source, each.root} & contests.keys())) for each in lasting if each.flag),
        open=in_order(contests.values()),
    )  # fmt: skip


def contested_by(there: Iterable[Entry], lasting: Iterable[Entry], day: dt.date) -> dict[str, Matter]:
    """Which sources are still contested and by what: an undecided objection, or a window that nobody has used yet."""
    lasting = list(lasting)
    objected = {each.rests_on for each in there if each.kind == OBJECTION}
    found = {each.rests_on: open_matter(OBJECTION, each, each.rests_on) for each in lasting if each.kind == OBJECTION}
    for each in lasting:
        if each.kind in (FINDING, MEASURE) and each.object_by is not None and day <= each.object_by and each.source not in objected:
            found[each.source] = open_matter(WINDOW, each, each.source)
    return found


def open_matter(kind: str, entry: Entry, source: str) -> Matter:
    text = f"申辩尚未决定：{entry.text}" if kind == OBJECTION else f"申辩期至 {entry.object_by}：{entry.text}"
    return Matter(kind, entry.clause, text, source, source)


def flag_matter(entry: Entry, *, is_contested: bool) -> Matter:
    return Matter(entry.flag, entry.clause, entry.text, entry.source, entry.root, is_contested)


def in_order(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    """One order whatever order the entries came in."""
    return tuple(sorted(matters, key=lambda each: (each.clause, each.kind, each.source)))
