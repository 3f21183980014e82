"""Pure: the year's round – its states, quotas, and the digest of what was frozen (3.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

OPEN, FROZEN, PUBLICITY, ISSUED = "open", "frozen", "publicity", "issued"
STATES = {OPEN: "评定中", FROZEN: "已定稿", PUBLICITY: "公示中", ISSUED: "已公布"}
FREEZE, PUBLISH, ISSUE = "freeze", "publish", "issue"
ACTIONS = {FREEZE: "定稿", PUBLISH: "公示", ISSUE: "公布结果"}
AFTER: Mapping[tuple[str, str], str] = {(OPEN, FREEZE): FROZEN, (FROZEN, PUBLISH): PUBLICITY, (PUBLICITY, ISSUE): ISSUED}


class NotPossible(Exception):
    """The state does not admit the step; the text is for people."""


def after(state: str, action: str) -> str:
    """The state after a step. Raises NotPossible."""
    try:
        return AFTER[state, action]
    except KeyError:
        raise NotPossible(f"这一年度目前是“{STATES[state]}”，不能{ACTIONS[action]}。请刷新页面核对。") from None


def quotas(assessed: Mapping[str, int], percent: Mapping[str, int], default: int) -> dict[str, int]:
    """How many of each class may be nominated: the share of those assessed, rounded down."""
    return {person_class: count * percent.get(person_class, default) // 100 for person_class, count in sorted(assessed.items())}


def canonical(content: Mapping[str, Any]) -> str:
    """One text for one content: keys in order, no blanks."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def free_seat(taken: Iterable[int], quota: int) -> int | None:
    """The lowest seat that nobody sits on; None when the quota is full. A seat exists once in the database."""
    used = set(taken)
    return next((seat for seat in range(1, quota + 1) if seat not in used), None)
