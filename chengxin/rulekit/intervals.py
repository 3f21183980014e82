"""Half-open intervals on one line: what of a span is covered, and what is not. Ends are anything that can be ordered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TypeAlias

Interval: TypeAlias = tuple[dt.datetime, dt.datetime]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same moments as few intervals as possible, in order; empty and backward ones count for nothing."""
    found: list[Interval] = []
    for start, end in sorted(each for each in intervals if each[0] < each[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def common(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """What lies in both."""
    ours, theirs, found = merged(left), merged(right), []
    at = of = 0
    while at < len(ours) and of < len(theirs):
        start, end = max(ours[at][0], theirs[of][0]), min(ours[at][1], theirs[of][1])
        if start < end:
            found.append((start, end))
        if ours[at][1] < theirs[of][1]:
            at += 1
        else:
            of += 1
    return found


def without(whole: Iterable[Interval], covered: Iterable[Interval]) -> list[Interval]:
    """What of the whole is not covered."""
    gaps: list[Interval] = []
    cover = merged(covered)
    for begin, end in merged(whole):
        start = begin
        for held_from, held_until in cover:
            if held_until <= start or held_from >= end:
                continue
            if held_from > start:
                gaps.append((start, held_from))
            start = max(start, held_until)
        if start < end:
            gaps.append((start, end))
    return gaps


def length(intervals: Iterable[Interval]) -> dt.timedelta:
    """How long they last together; what two of them share counts once."""
    return sum((end - start for start, end in merged(intervals)), dt.timedelta())
