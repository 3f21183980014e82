"""What the year's programme is told of rounds (2.4.1, 2.4.2, 2.4.4)."""

from __future__ import annotations

from chengxin.activities.selectors import Witnessed, Witnesses, by_quarter
from chengxin.casereviews import rules
from chengxin.casereviews.models import Round
from chengxin.ui.together import Inquiry


def rounds_of(year: int) -> Inquiry[Witnesses]:
    """The round of each quarter, done once it is final."""
    found = Round.objects.filter(year=year)
    yield found
    return by_quarter((each.quarter, Witnessed(each.title, each.state == rules.FINAL, "casereviews:round", each.pk)) for each in found)
