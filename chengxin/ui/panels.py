"""What a room tells of a person or a unit at a glance; a page puts the panels of several rooms side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """A number with its way to the facts ("" where there is none); ``tone`` as of a badge."""

    label: str
    value: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Line:
    """One fact: what, where it stands, a quiet remark and a badge."""

    text: str
    url: str = ""
    detail: str = ""
    badge: str = ""
    tone: str = "muted"


@dataclass(frozen=True)
class Panel:
    """What one room tells. ``url`` leads to all of it; ``empty`` is said where there is nothing."""

    title: str
    clause: str
    figures: Sequence[Figure] = field(default_factory=list)
    lines: Sequence[Line] = field(default_factory=list)
    url: str = ""
    empty: str = ""
    note: str = ""
