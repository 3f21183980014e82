"""Pure: the life of a draft, when it may be closed, signed and published, what a public opinion may need a look for (3.3)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PREPARING, OPEN, CLOSED, SIGNING, PUBLISHED, WITHDRAWN = "preparing", "open", "closed", "signing", "published", "withdrawn"
STATES = {
    PREPARING: "起草中", OPEN: "征求意见", CLOSED: "意见已办结", SIGNING: "会签中", PUBLISHED: "已发布", WITHDRAWN: "已撤回",
}  # fmt: skip
RUNNING = (OPEN, CLOSED, SIGNING)  # one of these at a time for the whole rulebook
EDITABLE = (PREPARING, CLOSED, SIGNING)  # while opinions are collected, everybody reads the same text

BEGIN, CLOSE, SEND, RECALL, PUBLISH, WITHDRAW = "begin", "close", "send", "recall", "publish", "withdraw"
TRANSITIONS: Mapping[tuple[str, str], str] = {
    (PREPARING, BEGIN): OPEN, (OPEN, CLOSE): CLOSED, (CLOSED, SEND): SIGNING, (SIGNING, RECALL): CLOSED, (SIGNING, PUBLISH): PUBLISHED,
    **{(state, WITHDRAW): WITHDRAWN for state in (PREPARING, OPEN, CLOSED, SIGNING)},
}  # fmt: skip
ACTIONS = {BEGIN: "开始征求意见", CLOSE: "办结意见", SEND: "送会签", RECALL: "收回会签", PUBLISH: "发布", WITHDRAW: "撤回"}

INTERNAL, EVERYBODY = "internal", "public"
AUDIENCES = {INTERNAL: "本局人员", EVERYBODY: "本局人员和社会公众"}

ADOPTED, PARTLY, DECLINED = "adopted", "partly", "declined"
OUTCOMES = {ADOPTED: "采纳", PARTLY: "部分采纳", DECLINED: "不采纳"}

WAITING, SHOWN, HELD = "waiting", "shown", "held"
SIGHTS = {WAITING: "待审核", SHOWN: "已公开", HELD: "不予公开"}

NAMED, OPTIONAL = "named", "optional"
MOST_TEXT, LEAST_TEXT = 2000, 5


class NotPossible(ValueError):
    """The state does not admit the step; the message says why."""


def after(state: str, action: str) -> str:
    """The state after a step. Raises NotPossible."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotPossible(f"目前是“{STATES[state]}”，不能{ACTIONS[action]}。请刷新页面核对。") from None


def why_not_dates(starts_on: dt.date, ends_on: dt.date, today: dt.date, least_days: int) -> tuple[str, str]:
    """(field, why) when opinions cannot be collected on these days, both of them included; ("", "") when they can."""
    if starts_on < today:
        return "starts_on", "开始日期不能早于今天。"
    days = (ends_on - starts_on).days + 1
    if days < least_days:
        return (
            "ends_on",
            f"征求意见至少 {least_days} 天，现在是 {max(days, 0)} 天，请把截止日期改到 {starts_on + dt.timedelta(least_days - 1)} 或以后。",
        )
    if days > 365:
        return "ends_on", "征求意见最长一年，请核对截止日期。"
    return "", ""


def takes_opinions(state: str, starts_on: dt.date | None, ends_on: dt.date | None, today: dt.date) -> bool:
    """By the dates that were announced, not by when a job or a person acts; both days are within."""
    return state == OPEN and starts_on is not None and ends_on is not None and starts_on <= today <= ends_on


def why_not_close(today: dt.date, ends_on: dt.date, waiting: int, unanswered: int) -> str:
    """Why opinions cannot be closed yet: the announced term, public ones nobody looked at, any one without an answer."""
    if today <= ends_on:
        return f"征求意见到 {ends_on} 为止，{ends_on + dt.timedelta(days=1)} 起可以办结。"
    if waiting:
        return f"还有 {waiting} 条公众意见没有审核，请先审核。"
    return f"还有 {unanswered} 条意见没有答复，每条都要答复采纳、部分采纳或不采纳并写明理由。" if unanswered else ""


def content_of(title: str, changes: Iterable[Mapping[str, Any]]) -> str:
    """What is signed, as one canonical text: the title and every change with its reason, whatever order they were written in."""
    ordered = sorted(changes, key=lambda each: (each["rule"], each["name"]))
    return json.dumps({"title": title, "changes": ordered, "version": 1}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def why_not_publish(signed: Sequence[bool | None], least: int, signed_sha256: str, sha256: str) -> str:
    """Why a round does not carry a publication: somebody has not signed or disagreed, too few were asked, another text was signed."""
    if sha256 != signed_sha256:
        return "会签之后草案有改动，会签作废，请重新送会签。"
    if len(signed) < least:
        return f"会签至少 {least} 人，本轮只有 {len(signed)} 人，请重新送会签。"
    if any(each is False for each in signed):
        return "有人不同意，请修改草案后重新送会签，或撤回。"
    left = sum(each is None for each in signed)
    return f"还有 {left} 人没有会签。" if left else ""


# --- what a public opinion may need a look for: the program nominates, a person decides ---

HINTS = (
    ("含电话号码", re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)")),
    ("含身份证号", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    ("含网址", re.compile(r"https?://|www\.", re.IGNORECASE)),
    ("含邮箱", re.compile(r"[\w.+-]+@[\w-]+\.\w+")),
    ("含门牌或住址", re.compile(r"\d+\s*(?:号楼|栋|单元|室)")),
)


def hints(text: str, names: Collection[str] = (), earlier: Collection[str] = ()) -> list[str]:
    """Why a person should look closely before a public opinion is shown: numbers, addresses, names of staff, the same text again."""
    found = [title for title, pattern in HINTS if pattern.search(text)]
    if any(len(name) > 1 and name in text for name in names):
        found.append("提到本局人员姓名")
    plain = _plain(text)
    if any(_plain(other) == plain for other in earlier):
        found.append("与另一条内容相同")
    return found


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum()).casefold()


# --- recurring problems become proposals ---


@dataclass(frozen=True)
class Recurring:
    """One catalogue entry in two quarters running: how many, of how many persons and units, and how many the quarter before."""

    clause: str
    entry: str
    title: str
    count: int
    before: int
    persons: int
    units: int

    @property
    def text(self) -> str:
        trend = "上升" if self.count > self.before else "下降" if self.count < self.before else "持平"
        return (
            f"“{self.title}”上季度 {self.count} 件（再前一季度 {self.before} 件，{trend}），涉及 {self.persons} 人、{self.units} 个单位，"
            "连续两个季度反复出现，建议研究是否修订相应规则。"
        )


def nominate(found: Iterable[Recurring], least: int, most: int) -> list[Recurring]:
    """Those that came at least so often in each of both quarters, the most frequent first, no more than so many."""
    recurring = [each for each in found if min(each.count, each.before) >= least]
    return sorted(recurring, key=lambda each: (-each.count, -each.before, each.clause, each.entry))[:most]


def quarter_before(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the last quarter that is over on a day."""
    first = dt.date(day.year, day.month - (day.month - 1) % 3, 1)
    last = first - dt.timedelta(days=1)
    return dt.date(last.year, last.month - 2, 1), last


def quarter_title(day: dt.date) -> str:
    return f"{day.year} 年第{'一二三四'[(day.month - 1) // 3]}季度"
