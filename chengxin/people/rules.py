"""Pure: what a name sorts by, and what makes a password acceptable."""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin

KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
LEAST_KINDS = 3
FAILURES_BEFORE_LOCK = 5
LOCK_MINUTES = 15


def name_key(name: str) -> str:
    """The pinyin of a name with tones, by which lists are ordered ("zhang1 san1")."""
    return " ".join(lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True))


def initials(name: str) -> str:
    """First letters of the pinyin, for search ("zs")."""
    return "".join(part[:1] for part in lazy_pinyin(name)).lower()


def password_kinds(password: str) -> int:
    """How many of the four kinds of characters a password has (lower, upper, digit, other)."""
    return sum(bool(re.search(kind, password)) for kind in KINDS)
