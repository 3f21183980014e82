"""Pure: what a monthly bulletin is, what may follow what, and how facts become its figures and words (3.1)."""

from chengxin.bulletins.rules.audiences import AUDIENCES, INTERNAL, PUBLIC, SQUADRONS, Reader, for_reader
from chengxin.bulletins.rules.figures import Figure, Part, change, ranked, share
from chengxin.bulletins.rules.life import (
    ACTIONS,
    AFTER,
    DRAFT,
    FREEZE,
    FROZEN,
    ISSUE,
    ISSUED,
    RETURN,
    SIGN,
    SIGNED,
    STATES,
    NotPossible,
    after,
    digest,
    plain_text,
)  # fmt: skip
from chengxin.bulletins.rules.months import Month, read_month
from chengxin.bulletins.rules.words import Chart, Wording, chart, content

__all__ = [
    "ACTIONS", "AFTER", "AUDIENCES", "DRAFT", "FREEZE", "FROZEN", "INTERNAL", "ISSUE", "ISSUED", "PUBLIC", "RETURN", "SIGN",
    "SIGNED", "SQUADRONS", "STATES", "Chart", "Figure", "Month", "NotPossible", "Part", "Reader", "Wording", "after", "change", "chart",
    "content", "digest",
    "for_reader", "plain_text", "ranked", "read_month", "share",
]  # fmt: skip
