"""What the sections share: who asks, and how figures are told."""

from __future__ import annotations

from chengxin.core.actor import system_actor
from chengxin.reports import rules
from chengxin.reports.rules import QUARTERS, Measured

# the package is the bureau's own: its figures are those of the whole bureau, whoever has it made
WHOLE = system_actor("年终材料")
QUARTER_TITLES = tuple(f"第{'一二三四'[quarter - 1]}季度" for quarter in QUARTERS)
QUARTERS_SHORT = tuple(f"{each}季度" for each in "一二三四")  # for narrow columns
CLASSES = rules.CLASSES


def share(part: int, whole: int, least: int) -> str:
    return Measured(part, whole, least).label


def percent(found: Measured) -> float | None:
    """For charts: percent with one decimal, nothing where there are too few facts."""
    return None if found.rate is None else round(100 * found.rate, 1)
