"""Pure: the ladder from facts to proposed measures, the life of a measure, who may decide (2.1.5, 2.2.5, 3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CRITICISM, NOTICE, TALK, INELIGIBLE, ACCOUNTABILITY = "criticism", "notice", "talk", "ineligible", "accountability"
KINDS = {CRITICISM: "批评教育", NOTICE: "通报批评", TALK: "约谈", INELIGIBLE: "取消评优资格", ACCOUNTABILITY: "追责"}
# from the lightest to the gravest: of several grounds of one fact the gravest measure is proposed, the others are named beside it
GRAVITY = (CRITICISM, NOTICE, TALK, INELIGIBLE, ACCOUNTABILITY)
GRAVE = frozenset({NOTICE, TALK, INELIGIBLE, ACCOUNTABILITY})  # decided by bureau leaders alone

REPEATED, REFUSED, INTEGRITY, COMPLAINT = "repeated", "refused", "integrity", "complaint"
SERIOUS, DAMAGE, LACKING = "serious", "damage", "lacking"
GROUNDS = {
    REPEATED: "多次违规", REFUSED: "拒不整改", INTEGRITY: "违反廉政纪律", COMPLAINT: "有效投诉",
    SERIOUS: "情节严重", DAMAGE: "装备损坏或数据丢失", LACKING: "工作落实不力",
}  # fmt: skip
CLAUSE_OF_GROUND = {REPEATED: "3.1", REFUSED: "3.1", INTEGRITY: "3.1", COMPLAINT: "3.2", LACKING: "3.1", DAMAGE: "2.2.5"}
WITHOUT_FINDING = frozenset({INTEGRITY, LACKING})

PROPOSED, DECIDED, DISMISSED, REVERSED = "proposed", "decided", "dismissed", "reversed"
STATES = {PROPOSED: "待决定", DECIDED: "已决定", DISMISSED: "不予采取", REVERSED: "已撤销"}
ACTIVE = frozenset({PROPOSED, DECIDED})
DECIDE, DISMISS, REVERSE = "decide", "dismiss", "reverse"
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (PROPOSED, DECIDE): DECIDED, (PROPOSED, DISMISS): DISMISSED, (DECIDED, REVERSE): REVERSED,
}  # fmt: skip

GIVEN, REVOKED, DECLINED = "given", "revoked", "declined"
COMMENDATION_STATES = {PROPOSED: "待决定", GIVEN: "已表扬", DECLINED: "未采纳", REVOKED: "已撤销"}
COMMENDATION_KINDS = {"notice": "通报表扬", "public": "群众感谢", "duty": "重大任务表现", "contest": "竞赛成绩", "other": "其他"}


class NotPossible(ValueError):
    """The state does not admit the action; the message says why."""


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotPossible(f"这项措施目前是“{STATES[state]}”，不能再办理这一步，请刷新后核对。") from None


@dataclass(frozen=True)
class Fact:
    """A counting finding as the ladder looks at it. ``overdue_days`` counts days beyond its term while it stands open."""

    finding: int
    number: str
    kind: str
    clause: str
    entry: str
    grade: str
    seen_on: dt.date
    text: str
    overdue_days: int = 0
    returned: int = 0


@dataclass(frozen=True)
class Aggravation:
    """A named part of a measure: a further ground of its fact, and the numbers of the findings that ground rests on."""

    ground: str
    text: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A measure the ladder proposes for one fact, with every further ground of it by name.

    ``repeat_count`` is how many counting facts of the year, this one included, 多次违规 needs; ``version`` names
    the rules in force on the day of the fact.
    """

    finding: int
    kind: str
    ground: str
    clause: str
    text: str
    all_grounds: tuple[Aggravation, ...]
    repeat_count: int
    version: str = ""

    @property
    def grounds(self) -> frozenset[str]:
        return frozenset(each.ground for each in self.all_grounds)

    @property
    def aggravations(self) -> tuple[Aggravation, ...]:
        """The grounds beside the primary one. 多次违规 is named even as the primary one: it rests on the earlier facts."""
        return tuple(each for each in self.all_grounds if each.ground != self.ground or each.ground == REPEATED)


PolicyAt = Callable[[dt.date], Mapping[str, Any] | None]


def ladder(facts: Iterable[Fact], policy_at: PolicyAt) -> list[Suggestion]:
    """What the ladder proposes for one person's counting findings of one calendar year, in the order they were seen.

    A fact carries at most one measure: of its grounds the one with the gravest measure is primary, the rest aggravates. Each fact is
    judged by the rules of its own day (none in force: nothing is proposed). The result depends on the set of facts alone, so a
    reversed finding takes away just what it had brought.
    """
    ordered = sorted(facts, key=lambda fact: (fact.seen_on, fact.finding))
    return [found for place, fact in enumerate(ordered) if (found := _suggested(fact, ordered[:place], policy_at)) is not None]


def _suggested(fact: Fact, earlier: Sequence[Fact], policy_at: PolicyAt) -> Suggestion | None:
    policy = policy_at(fact.seen_on)
    grounds = _grounds(fact, earlier, policy) if policy is not None else {}
    if policy is None or not grounds:
        return None
    listed = policy["listed"].get(handling(fact.clause))
    kinds = {ground: kind for ground in grounds if (kind := within(policy["rungs"][ground], listed))}
    if not kinds:
        return None
    primary = max(kinds, key=lambda ground: (GRAVITY.index(kinds[ground]), -list(GROUNDS).index(ground)))
    clause = CLAUSE_OF_GROUND.get(primary, handling(fact.clause))
    text, version = f"{GROUNDS[primary]}：{fact.text}", policy.get("version", "")
    return Suggestion(fact.finding, kinds[primary], primary, clause, text, tuple(grounds.values()), policy["repeat_count"], version)


def within(kind: str, listed: Collection[str] | None) -> str:
    """The measure itself where its chapter lists it (2.1.5, 2.2.5), else the gravest milder one listed, else none (""). A chapter
    without a list of its own admits every measure.
    """
    if listed is None or kind in listed:
        return kind
    return next((each for each in reversed(GRAVITY[: GRAVITY.index(kind)]) if each in listed), "")


def _grounds(fact: Fact, earlier: Sequence[Fact], policy: Mapping[str, Any]) -> dict[str, Aggravation]:
    """Every ground of a fact: what it reads as, and the earlier findings it rests on."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    if len(earlier) + 1 >= policy["repeat_count"]:
        found[REPEATED] = (f"本年度第 {len(earlier) + 1} 个问题", tuple(each.number for each in earlier))
    if fact.overdue_days > policy["refused_days"]:
        found[REFUSED] = (f"逾期 {fact.overdue_days} 天未整改", ())
    elif fact.returned >= policy["refused_returns"]:
        found[REFUSED] = (f"整改 {fact.returned} 次被退回", ())
    if fact.kind.startswith("complaints."):
        found[COMPLAINT] = ("经核实的有效投诉", ())
    if fact.entry in policy["damage_entries"]:
        found[DAMAGE] = ("造成装备损坏或重要数据丢失", ())
    if fact.grade == "serious":
        found[SERIOUS] = ("情节较重", ())
    return {ground: Aggravation(ground, *rest) for ground, rest in found.items()}


def handling(clause: str) -> str:
    """The handling clause of a chapter: dress by 2.1.5, equipment by 2.2.5, everything else by 3.1."""
    return {"2.1": "2.1.5", "2.2": "2.2.5"}.get(clause[:3], "3.1")


def why_not_decide(
    *, actor: tuple[int | None, int | None, int | None], person_id: int | None, unit_id: int, apart: Collection[tuple[str, int | None]]
) -> str:
    """Why somebody (user, person, unit) must not decide (回避), or "": not about oneself, not of the unit, none of those named."""
    user, person, unit = actor
    if person_id is not None and person == person_id:
        return "事项涉及您本人，须回避。"
    if unit is not None and unit == unit_id:
        return "事项属于您所在的单位，须回避。"
    for title, other in apart:
        if user is not None and other == user:
            return f"您是本事项的{title}，须由他人办理。"
    return ""
