"""Periods of whole days and values that hold for a period. Both ends are inclusive; an open end is None."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Period:
    """Whole days from ``starts_on`` to ``ends_on``, both included; ``ends_on`` None means until further notice."""

    starts_on: dt.date
    ends_on: dt.date | None = None

    def __post_init__(self) -> None:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError(f"a period cannot end ({self.ends_on}) before it starts ({self.starts_on})")

    def __contains__(self, day: dt.date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def overlaps(self, other: Period) -> bool:
        return (other.ends_on is None or self.starts_on <= other.ends_on) and (self.ends_on is None or other.starts_on <= self.ends_on)


class DatedSeries(Generic[T]):
    """Values with the period each holds for. Overlaps are refused: on any day at most one value is in force."""

    def __init__(self, entries: Iterable[tuple[Period, T]] = ()) -> None:
        self._entries = sorted(entries, key=lambda entry: entry[0].starts_on)
        for (earlier, _), (later, _) in zip(self._entries, self._entries[1:], strict=False):
            if earlier.overlaps(later):
                raise ValueError(f"two values would hold on {later.starts_on}")

    def on(self, day: dt.date) -> T | None:
        """The value in force on a day, or None."""
        return next((value for period, value in self._entries if day in period), None)

    def __iter__(self) -> Iterator[tuple[Period, T]]:
        return iter(self._entries)
