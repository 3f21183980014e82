"""Figures: parts of a whole with their n, how they changed, and ranks with ties. Whole numbers only – rates are never stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

T = TypeVar("T")
TOO_FEW = "样本不足"


@dataclass(frozen=True)
class Part:
    """So many of so many: ``n`` is what was looked at, ``part`` those it is about. A plain count has no ``n``."""

    part: int
    n: int | None = None

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.part, self.n) if self.n else None

    def shown(self, minimum: int) -> str:
        """As it is printed: a count as it is; a rate with its n, or 样本不足 below the minimum (requirements 1)."""
        if self.n is None:
            return str(self.part)
        if self.n < max(minimum, 1):
            return f"{TOO_FEW}（n={self.n}）"
        return f"{percent(Fraction(self.part, self.n))}（n={self.n}）"


@dataclass(frozen=True)
class Figure:
    """A figure of this month beside those of the month before and of the same month a year ago."""

    code: str
    title: str
    now: Part
    before: Part
    year_ago: Part


def share(part: int, n: int, minimum: int) -> str:
    return Part(part, n).shown(minimum)


def percent(rate: Fraction) -> str:
    """One decimal, halves away from zero: 95.0 %. Exact, whatever the size."""
    tenths = abs(rate) * 1000
    whole = int(tenths + Fraction(1, 2))
    return f"{'-' if rate < 0 and whole else ''}{whole // 10}.{whole % 10}%"


def change(now: Part, then: Part, minimum: int) -> str:
    """环比 or 同比 in words. Counts: difference and, where there was something, its share; rates: percentage points, where both are
    known from enough cases.
    """
    if now.n is None:
        return _change_of_count(now.part, then.part)
    if then.n is None or min(now.n, then.n) < max(minimum, 1):
        return "样本不足，不比较"
    points = (Fraction(now.part, now.n) - Fraction(then.part, then.n)) * 100
    text = percent(abs(points) / 100).removesuffix("%")
    if text == "0.0":
        return "持平"
    return f"{'上升' if points > 0 else '下降'} {text} 个百分点"


def _change_of_count(now: int, then: int) -> str:
    if now == then:
        return "持平"
    word, difference = ("增加", now - then) if now > then else ("减少", then - now)
    if then == 0:
        return f"{word} {difference}（基数为 0）"
    return f"{word} {difference}（{percent(Fraction(difference, then))}）"


def ranked(rows: Iterable[T], rate: Callable[[T], Part], minimum: int) -> list[tuple[int | None, T]]:
    """The rows from the best rate down. Equal rates share a rank and the next one counts on from there (1, 2, 2, 4); who has fewer
    than the minimum has none and stands below in the given order. Rates are compared as fractions, never as rounded text.
    """
    known: list[tuple[Fraction, T]] = []
    unknown: list[T] = []
    for row in rows:
        part = rate(row)
        if part.rate is None or (part.n or 0) < minimum:
            unknown.append(row)
        else:
            known.append((part.rate, row))
    known.sort(key=lambda pair: -pair[0])  # stable: ties stand in the given order
    return [*((_rank(known, each), row) for each, row in known), *((None, row) for row in unknown)]


def _rank(known: Sequence[tuple[Fraction, object]], rate: Fraction) -> int:
    return 1 + sum(other > rate for other, _ in known)
