"""A month's bulletin as the facts are now: what a freeze keeps, and what a draft shows. A fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengxin.bulletins import rules
from chengxin.bulletins.models import Bulletin, Snapshot
from chengxin.bulletins.rules.figures import TOO_FEW
from chengxin.bulletins.rules.words import figure_of
from chengxin.bulletins.selectors import counts, problems
from chengxin.complaints.selectors import figures as complaints
from chengxin.core import clock
from chengxin.rulebook import selectors as rulebook
from chengxin.supervision import selectors as supervision

FORMAT = 1
RULES = ("bulletins.content", "goals.indicators", "findings.rectification", "findings.repeat", "complaints.clocks", "complaints.intake")


def figures(month: rules.Month, *, simulate: bool = False) -> dict[str, Any]:
    """Everything a bulletin of the month says, from the facts as they are now, in texts and whole numbers only.

    With ``simulate`` a draft rulebook may be used (for looking, never for keeping); otherwise raises DomainError (3.3).
    """
    policy = {code: rulebook.rule_values(code, month.last, simulate=simulate) for code in RULES}
    months = (month, month.before, month.year_ago)
    units, earlier, now = counts.Units.known(), _earlier(month), clock.now()
    covered = [list(supervision.coverage(each.first, each.last)) for each in months]
    services = [complaints.service(None, each.first, each.last) for each in months]
    visits, visited = counts.visits(month)
    listed = problems.problems(month, earlier)
    figured = counts.compared(months, covered, services)
    taken = problems.measures_taken(month)
    wanted = policy["bulletins.content"]
    seen = {units.squadron_of.get(pk) for pk in visited} | {units.squadron_of.get(row.unit.pk) for row in covered[0] if row.checked}
    return {
        "format": FORMAT, "month": month.code, "label": month.label, "span": month.span, "bureau": units.bureau,
        "as_of": now.isoformat(), "as_of_label": f"{now.year}年{now.month}月{now.day}日{now:%H时%M分}",
        "rules": {code: each.version for code, each in policy.items()},
        "minimum": policy["goals.indicators"]["minimum_n"],
        "unresolved": problems.unresolved(month, earlier),
        "reviews": problems.reviews(earlier),
        "visits": visits,
        "missed": [name for pk, name in units.squadrons.items() if pk not in seen],
        "classes": counts.classes(covered[0], month, units),
        "figures": figured,
        "restated": _restated(month, figured, policy["goals.indicators"]["minimum_n"]),
        "withdrawn": counts.withdrawn(month),
        "commendations": problems.commendations(month),
        "problems": listed,
        "rectified": problems.rectified(month, units.names),
        "complaints": counts.complaint_figures(services[0]),
        "measures": taken,
        "measure_counts": _by_kind(taken),
        "squadrons": counts.squadrons(covered[0], listed, units),
        "frequent": problems.frequent(listed, least=wanted["frequent_from"], most=wanted["frequent_most"]),
        "repeated": problems.repeated(month, policy["findings.repeat"]["count"]),
    }  # fmt: skip


def _earlier(month: rules.Month) -> problems.Earlier | None:
    found = Snapshot.objects.filter(bulletin__month=month.before.code).first()
    if found is None:
        return None
    return problems.Earlier(found.as_of, found.content["problems"], found.content["reviews"])


def _by_kind(taken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counted: dict[str, int] = {}
    for row in taken:
        counted[row["kind"]] = counted.get(row["kind"], 0) + 1
    return [{"kind": kind, "count": count} for kind, count in counted.items()]


def _restated(month: rules.Month, figured: list[dict[str, Any]], minimum: int) -> list[dict[str, str]]:
    """Figures of the month before that are by now not what its bulletin printed: both are told."""
    printed = Bulletin.objects.filter(month=month.before.code, state=rules.ISSUED).select_related("snapshot").first()
    if printed is None or printed.snapshot is None:
        return []
    then: Mapping[str, Any] = {row["code"]: row for row in printed.snapshot.content["figures"]}
    rows = []
    for row in figured:
        if row["code"] in then and then[row["code"]]["now"] != row["before"]:
            old, new = figure_of(then[row["code"]]).now.shown(minimum), figure_of(row).before.shown(minimum)
            if not (old.startswith(TOO_FEW) and new.startswith(TOO_FEW)):
                rows.append({"title": row["title"], "printed": old, "now": new})
    return rows
