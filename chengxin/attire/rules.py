"""Pure: who has to wear what, what an exemption changes, which order holds, how a rate is shown (2.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MUST_WEAR, EXEMPT, SUSPENDED, ON_LEAVE, NOT_ENTITLED, LEFT = "must_wear", "exempt", "suspended", "on_leave", "not_entitled", "left"
CHECKED, ABSENT = "checked", "absent"

SEX_LABELS = {"male": "男性", "female": "女性"}
# entries about the uniform on the body; giving it away or disposing of it is judged whether or not one has to wear it
WEARING_GROUPS = frozenset({"着装", "标识", "仪容", "举止"})


@dataclass(frozen=True)
class Expectation:
    """What a day asks of a person: one of the words above, and until when an exemption runs."""

    word: str
    until: dt.date | None = None

    @property
    def label(self) -> str:
        if self.word == EXEMPT:
            return f"豁免至 {self.until}"
        return {
            MUST_WEAR: "应着装",
            SUSPENDED: "停职，不得着装",
            ON_LEAVE: "休假",
            NOT_ENTITLED: "不着装人员",
            LEFT: "已离队",
        }[self.word]


def expectation(person_class: str, status: str, exempt_until: dt.date | None, wearing_classes: Collection[str]) -> Expectation:
    """What the day asks for (2.1.1, 2.1.4). ``status`` is the person's status that day."""
    if status == "left":
        return Expectation(LEFT)
    if person_class not in wearing_classes:
        return Expectation(NOT_ENTITLED)
    if status == "suspended":
        return Expectation(SUSPENDED)
    if exempt_until is not None:
        return Expectation(EXEMPT, exempt_until)
    return Expectation(ON_LEAVE if status == "on_leave" else MUST_WEAR)


def why_nothing_to_find(entry: Mapping[str, Any], expected: Expectation, sex: str) -> str:
    """Why this entry cannot be held against this person on the day; empty when it can."""
    if entry["sex"] != "any" and entry["sex"] != sex:
        return f"“{entry['title']}”只适用于{SEX_LABELS[entry['sex']]}，请另选条目。"
    code = entry["code"]
    if code == "attire.unentitled_wear":
        return "" if expected.word in {NOT_ENTITLED, LEFT} else "该人员当日可以着装，不属于本条（2.1.1）。"
    if code == "attire.worn_while_suspended":
        return "" if expected.word == SUSPENDED else "该人员当日没有被停职，不属于本条（2.1.4）。"
    if entry["group"] not in WEARING_GROUPS or expected.word == MUST_WEAR:
        return ""
    return {
        EXEMPT: f"该人员着装豁免至 {expected.until}，豁免期内不着装是正确的，不能登记（2.1.4）。",
        SUSPENDED: "该人员当日停职，不应着装；如仍着制服，请选“被停职审查期间着制服”（2.1.4）。",
        ON_LEAVE: "该人员当日休假，不在着装要求之内（2.1.1）。",
        NOT_ENTITLED: "其他人员不着装，本条不适用；如穿着带标识的制服，请选“非着装人员穿着带标识的制式服装”（2.1.1）。",
        LEFT: "该人员当日已离队，本条不适用。",
    }[expected.word]


def is_seen_at_roll_call(entry: Mapping[str, Any]) -> bool:
    """Whether an entry belongs on the roll-call sheet: dress as one stands there, not where one has been in it."""
    return entry["group"] in WEARING_GROUPS or entry["code"] in {"attire.unentitled_wear", "attire.worn_while_suspended"}


@dataclass(frozen=True)
class Order:
    """A dated order of the whole bureau (2.1.2); ``withdrawn_on`` is the first day it no longer holds."""

    number: int
    season: str
    starts_on: dt.date
    ends_on: dt.date
    document_number: str
    withdrawn_on: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        return self.starts_on <= day <= self.ends_on and (self.withdrawn_on is None or day < self.withdrawn_on)


def order_on(day: dt.date, orders: Iterable[Order]) -> Order | None:
    """The newest order that holds on the day."""
    return max((order for order in orders if order.holds_on(day)), key=lambda order: order.number, default=None)


@dataclass(frozen=True)
class Rate:
    """A share with its n; below the minimum it is not a number."""

    good: int
    n: int
    minimum: int

    @property
    def percent(self) -> float | None:
        return None if self.n < self.minimum or not self.n else round(100 * self.good / self.n, 1)

    @property
    def label(self) -> str:
        return f"样本不足（n={self.n}）" if self.percent is None else f"{self.percent}%"
