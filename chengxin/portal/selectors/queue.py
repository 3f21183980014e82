"""等我处理 as a page: equal work together, what is late first, filtered by chapter and term."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting

SOON_DAYS = 3
TERMS = (("late", "已逾期"), ("today", "今天到期"), ("soon", f"{SOON_DAYS} 天内到期"), ("none", "没有期限"))
# kind -> capability: work whose every fact stands in its line, so that several may be granted in one gesture
GRANTED_TOGETHER = {"duty.leave": "duty.decide", "duty.swap": "duty.decide"}
NUMBER = re.compile(r"\S?〔\d+〕\d+|诉\d+|\d+ ?年( ?\d+ ?月)?|[\d.-]+")
MOST_NAMES = 3


@dataclass(frozen=True)
class Work:
    """Equal work: one kind, what it is called, its lines with the earliest term first, and how many things they stand for."""

    kind: str
    title: str
    chapter: str
    items: list[Waiting]
    together: bool

    @property
    def count(self) -> int:
        return sum(item.count for item in self.items)

    @property
    def due_on(self) -> dt.date | None:
        return min((item.due_on for item in self.items if item.due_on), default=None)

    def late(self, on: dt.date) -> int:
        return sum(item.count for item in self.items if item.is_overdue(on))


@dataclass(frozen=True)
class Queue:
    """The reader's work as filtered, and how much there is in all."""

    day: dt.date
    works: list[Work]
    chapters: list[tuple[str, int]]
    kinds: list[tuple[str, str]]
    terms: list[tuple[str, str, int]]
    total: int
    shown: int


def queue_of(actor: Actor, waiting: Sequence[Waiting], day: dt.date, *, chapter: str = "", kind: str = "", term: str = "") -> Queue:
    """What waits, grouped; an unknown filter finds nothing, which the page says."""
    fits = _term(term, day)
    kept = [each for each in waiting if fits(each) and chapter in ("", each.chapter) and kind in ("", each.kind)]
    works = grouped(actor, kept)
    chapters = Counter[str]()
    for each in waiting:
        chapters[each.chapter] += each.count
    return Queue(
        day, works, sorted(chapters.items()),
        [(each.kind, each.title) for each in grouped(actor, waiting)],
        [(code, title, _count(waiting, _term(code, day))) for code, title in TERMS],
        _count(waiting), _count(kept),
    )  # fmt: skip


def grouped(actor: Actor, waiting: Sequence[Waiting]) -> list[Work]:
    """By kind; the kind with the earliest term comes first, those without a term last."""
    by_kind: dict[str, list[Waiting]] = {}
    for each in waiting:
        by_kind.setdefault(each.kind, []).append(each)
    works = [
        Work(
            kind,
            title_of(items),
            items[0].chapter,
            sorted(items, key=_first),
            actor.may(GRANTED_TOGETHER.get(kind, "-")) and len(items) > 1,
        )
        for kind, items in by_kind.items()
    ]
    return sorted(works, key=lambda work: (work.due_on or dt.date.max, work.chapter, work.title))


def title_of(items: Sequence[Waiting]) -> str:
    """What equal work is called: what its lines say before the colon and without numbers; 整改：甲 and 整改：乙 are both 整改."""
    if len(items) == 1 and "：" not in items[0].title:
        return items[0].title
    heads = list(dict.fromkeys(" ".join(NUMBER.sub(" ", item.title.partition("：")[0]).split()) for item in items))
    return "、".join(heads[:MOST_NAMES]) + ("等" if len(heads) > MOST_NAMES else "")


def _may_together(actor: Actor, kind: str) -> bool:
    return kind in GRANTED_TOGETHER and actor.may(GRANTED_TOGETHER[kind])


def _first(item: Waiting) -> tuple[dt.date, str]:
    return (item.due_on or dt.date.max, item.title)


def _count(waiting: Sequence[Waiting], fits: Callable[[Waiting], bool] = lambda _: True) -> int:
    return sum(item.count for item in waiting if fits(item))


def _term(code: str, day: dt.date) -> Callable[[Waiting], bool]:
    soon = day + dt.timedelta(days=SOON_DAYS)
    terms: dict[str, Callable[[Waiting], bool]] = {
        "": lambda _: True,
        "late": lambda item: item.is_overdue(day),
        "today": lambda item: item.due_on == day,
        "soon": lambda item: item.due_on is not None and day <= item.due_on <= soon,
        "none": lambda item: item.due_on is None,
    }
    return terms.get(code, lambda _: False)
