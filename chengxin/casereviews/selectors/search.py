"""Cases by number and title."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F
from django.urls import reverse

from chengxin.casereviews import rules
from chengxin.casereviews.models import CALLED, Case
from chengxin.core.actor import Actor
from chengxin.ui.search import Group, Hit, grouped, sifted
from chengxin.ui.together import Inquiry


def search_cases(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Registered cases of the reader's units."""
    if not actor.may("casereviews.see"):
        return Group("案卷", [])
    rows = yield from sifted(
        Case.objects.all().visible_to(actor), words, document=CALLED, order="-closed_on", columns=["number", "title", "procedure"],
        indexed=True, unit_name=F("unit__name"),
    )  # fmt: skip
    return grouped(
        "案卷", rows,
        lambda row: Hit(
            f"{row['number']} {row['title']}", reverse("casereviews:case", args=[row["id"]]),
            f"{row['unit_name']} · {rules.PROCEDURES[row['procedure']]} · {row['closed_on']} 结案",
        ),
        reverse("casereviews:cases"),
    )  # fmt: skip
