"""What the rules make of a bureau's data, as digests: two systems with the same data and rules tell the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from chengxin.appraisal.selectors.verdicts import Verdict, verdicts_of
from chengxin.bulletins.models import Bulletin
from chengxin.bulletins.selectors import signed_digest
from chengxin.complaints import rules as terms
from chengxin.complaints.models import Clock
from chengxin.core import clock
from chengxin.draws.models import Draw
from chengxin.draws.selectors import standing
from chengxin.rulebook.selectors import issue_days


def outcomes(as_of: dt.datetime) -> dict[str, dict[str, str]]:
    """Digests by chapter as of a moment: verdicts of each year, complaints in time or late by year, signed bulletins, who stands drawn."""
    return {
        "verdicts": {str(year): _digest([_told(each) for each in verdicts_of(year, as_of)]) for year in _years(as_of)},
        "complaints": _complaints(as_of),
        "bulletins": {each.month: signed_digest(each) for each in Bulletin.objects.exclude(signed_at=None).select_related("snapshot")},
        "draws": {each.key: _digest(standing(each)) for each in Draw.objects.exclude(seed="")},
    }


def _years(as_of: dt.datetime) -> range:
    """From the year in which the first rules came into force: nobody is judged by rules that were not there."""
    days = issue_days()
    return range(days[-1][0].year, clock.local_day(as_of).year + 1) if days else range(0)


def _told(found: Verdict) -> list[Any]:
    reasons = [[each.clause, each.text, each.source] for each in found.reasons]
    return [found.person.pk, found.person_class, found.unit.pk if found.unit else None, found.result, reasons]


def _complaints(as_of: dt.datetime) -> dict[str, str]:
    years: dict[str, list[list[Any]]] = {}
    asked = Clock.objects.order_by("complaint", "kind", "round").values_list("complaint", "kind", "round", "started_at", "due_at", "met_at")
    for complaint, kind, number, started, due, met in asked:
        year = str(clock.local_day(started).year)
        years.setdefault(year, []).append([complaint, kind, number, terms.verdict(due, met, as_of)])
    return {year: _digest(found) for year, found in sorted(years.items())}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def first_difference(told: dict[str, dict[str, str]], found: dict[str, dict[str, str]]) -> str:
    """Where two tellings differ first, as "chapter key"; "" when nowhere."""
    for chapter in sorted(told.keys() | found.keys()):
        one, other = told.get(chapter, {}), found.get(chapter, {})
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return f"{chapter} {key}"
    return ""
