"""The states of a bulletin, and what makes it checkable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DRAFT, FROZEN, SIGNED, ISSUED = "draft", "frozen", "signed", "issued"
STATES = {DRAFT: "编制中", FROZEN: "数据已冻结", SIGNED: "已签发", ISSUED: "已印发"}
FREEZE, RETURN, SIGN, ISSUE = "freeze", "return", "sign", "issue"
ACTIONS = {FREEZE: "冻结数据", RETURN: "退回", SIGN: "签发", ISSUE: "印发"}
# what is signed is never taken back: after that only a numbered erratum says what was wrong
AFTER: Mapping[tuple[str, str], str] = {
    (DRAFT, FREEZE): FROZEN,
    (FROZEN, RETURN): DRAFT,
    (FROZEN, SIGN): SIGNED,
    (SIGNED, ISSUE): ISSUED,
}
REFUSALS = {
    FREEZE: "数据只冻结一次，签发前可以由签发人退回",
    RETURN: "只有数据已冻结、尚未签发的通报可以退回；签发后只能更正",
    SIGN: "只有数据已冻结的通报可以签发",
    ISSUE: "只有已签发的通报可以印发，同一个月只印发一次",
}


class NotPossible(ValueError):
    """The state does not admit the action; the message says why."""


def after(state: str, action: str) -> str:
    """The state an action leads to. Raises NotPossible."""
    try:
        return AFTER[state, action]
    except KeyError:
        raise NotPossible(f"{REFUSALS[action]}，目前是“{STATES[state]}”。") from None


def plain_text(content: Any) -> str:
    """The one text of a snapshot whose digest is kept: keys in order, no spaces, UTF-8. Whole numbers, texts and yes/no only,
    so that every language writes it alike.
    """
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(content: Any) -> str:
    """SHA-256 of that text, as ``sha256sum`` prints it."""
    return hashlib.sha256(plain_text(content).encode()).hexdigest()
