"""What waits for a person: each chapter answers with a list of these, the portal joins them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """One thing only this actor (or the actor's role) can move on.

    ``due_on`` is the last day of the term in Asia/Shanghai, None where there is no term. ``chapter`` is the plan's
    section as in the navigation; ``kind`` groups equal work ("findings.recheck"); ``count`` > 1 stands for a bulk.
    ``key`` names the thing for a gesture that takes several.
    """

    title: str
    url: str
    chapter: str
    kind: str
    due_on: dt.date | None = None
    detail: str = ""
    count: int = 1
    key: str = ""

    def is_overdue(self, on: dt.date) -> bool:
        return self.due_on is not None and self.due_on < on
