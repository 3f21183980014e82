"""Problems that come again quarter after quarter, counted from the findings that count (3.3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count

from chengxin.consultations import rules, selectors
from chengxin.findings import selectors as findings
from chengxin.findings.kinds import finding_kinds
from chengxin.rulebook import selectors as rulebook


def recurring(day: dt.date) -> list[rules.Recurring]:
    """What the program would nominate on a day: entries at least so often in each of the last two quarters that are over."""
    first, last = rules.quarter_before(day)
    earlier = rules.quarter_before(first)
    now, before = _counted(first, last), _counted(*earlier)
    titles = {code: entry["title"] for code, entry in rulebook.catalogue(day, simulate=True).items()}
    policy = selectors.policy_on(day)
    found = [
        rules.Recurring(
            clause, entry, _title(titles, row), row["n"], before.get((clause, entry), {"n": 0})["n"], row["persons"], row["units"]
        )
        for (clause, entry), row in now.items()
    ]  # fmt: skip
    return rules.nominate(found, policy["proposal_least"], policy["proposal_most"])


def _counted(first: dt.date, last: dt.date) -> dict[tuple[str, str], dict[str, Any]]:
    rows = findings.counting_findings().filter(seen_on__range=(first, last)).order_by().values("clause", "entry", "kind")
    counted = rows.annotate(n=Count("pk"), persons=Count("person", distinct=True), units=Count("unit", distinct=True))
    return {(row["clause"], row["entry"] or row["kind"]): row for row in counted}


def _title(titles: dict[str, str], row: dict[str, Any]) -> str:
    return titles.get(row["entry"]) or (finding_kinds[row["kind"]].title if row["kind"] in finding_kinds else row["kind"])
