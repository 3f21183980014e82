"""What the year's programme is told of rounds (2.4.1, 2.4.2, 2.4.4)."""

from __future__ import annotations

from chengxin.activities.selectors import Witnessed
from chengxin.casereviews import rules
from chengxin.casereviews.models import Round


def rounds_of(year: int, quarter: int) -> list[Witnessed]:
    """The round of a quarter, done once it is final."""
    found = Round.objects.filter(year=year, quarter=quarter)
    return [Witnessed(each.title, each.state == rules.FINAL, "casereviews:round", each.pk) for each in found]
