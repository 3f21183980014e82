"""The rows of a bulletin that tell of single findings, measures and commendations. One statement each, whatever the month's size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q

from chengxin.bulletins import rules
from chengxin.bulletins.rules.audiences import masked
from chengxin.core import clock
from chengxin.findings import rules as finding_rules
from chengxin.findings import selectors as findings
from chengxin.measures import selectors as measures
from chengxin.people.models import Assignment, PersonClass

Row = dict[str, Any]
GRADES = {"minor": "一般", "serious": "较重"}
FIELDS = (
    "pk", "seen_at", "seen_on", "place", "unit_id", "unit__name", "person_id", "person__name", "person_class", "text", "clause", "grade",
    "due_on", "corrected_on_spot", "state", "rechecker", "rechecker_person", "is_objected", "entry",
)  # fmt: skip
IN_ORDER = ("unit__sequence", "unit_id", "seen_at", "pk")


@dataclass(frozen=True)
class Earlier:
    """What an earlier bulletin told: its moment, and the rows that may have to be told of again."""

    as_of: dt.datetime
    problems: list[Row]
    reviews: list[Row]


def problems(month: rules.Month, earlier: Earlier | None) -> list[Row]:
    """Everything found in the month, and what was entered late for months already told of. Objected ones are masked."""
    wanted = Q(seen_on__gte=month.first, seen_on__lte=month.last)
    if earlier is not None:
        wanted |= Q(seen_on__lt=month.first, notified_at__gt=earlier.as_of)
    return _rows(findings.counting_findings().filter(wanted), month)


def unresolved(month: rules.Month, earlier: Earlier | None) -> list[Row]:
    """What was found before the month and is not closed yet: a bulletin opens with it."""
    found = findings.counting_findings().filter(seen_on__lt=month.first).exclude(state=finding_rules.CLOSED)
    if earlier is not None:
        found = found.filter(notified_at__lte=earlier.as_of)
    return _rows(found, month)


def _rows(found: Any, month: rules.Month) -> list[Row]:
    rows = list(findings.with_rechecks(found).order_by(*IN_ORDER).values(*FIELDS))
    offices = _offices({row["rechecker_person"] for row in rows if row["rechecker_person"]})
    today = clock.today()
    return [_problem(row, month, offices, today) for row in rows]


def _offices(persons: Collection[int]) -> dict[int, str]:
    held = Assignment.objects.filter(person__in=persons, period__contains=clock.today())
    return dict(held.values_list("person_id", "unit__name"))


def _problem(row: Mapping[str, Any], month: rules.Month, offices: Mapping[int, str], today: dt.date) -> Row:
    seen = row["seen_at"].astimezone(clock.SHANGHAI)
    overdue = finding_rules.is_overdue(row["state"], row["due_on"], today)
    told = {
        "finding": row["pk"], "number": f"问〔{row['seen_on'].year}〕{row['pk']:06d}", "day": _short(row["seen_on"]),
        "time": f"{_short(row['seen_on'])} {seen:%H:%M}", "place": row["place"], "unit_id": row["unit_id"], "unit": row["unit__name"],
        "person_id": row["person_id"], "person": row["person__name"] or "", "post": _post(row), "problem": row["text"],
        "clause": row["clause"], "grade": GRADES.get(row["grade"], row["grade"]), "is_serious": row["grade"] == "serious",
        "term": _term(row), "state": finding_rules.STATES[row["state"]] + ("（逾期）" if overdue else ""), "is_overdue": overdue,
        "is_closed": row["state"] == finding_rules.CLOSED, "rechecker": row["rechecker"] or "",
        "recheck_office": offices.get(row["rechecker_person"], ""), "is_masked": False, "is_late": row["seen_on"] < month.first,
    }  # fmt: skip
    return masked(told) if row["is_objected"] else told


def _short(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"


def _post(row: Mapping[str, Any]) -> str:
    """What a person is called where the name is not told."""
    if row["person_id"] is None:
        return ""
    return f"{PersonClass(row['person_class']).label}人员" if row["person_class"] else "人员"


def _term(row: Mapping[str, Any]) -> str:
    if row["corrected_on_spot"]:
        return "当场整改"
    return f"{_short(row['due_on'])}前" if row["due_on"] else "—"


def reviews(earlier: Earlier | None) -> list[Row]:
    """What became of items that an earlier bulletin told of and that were, or came, under objection; undecided ones stay in the list
    until they are decided.
    """
    if earlier is None:
        return []
    told = {row["finding"]: row for row in (*earlier.reviews, *earlier.problems)}
    pending = {row["finding"] for row in earlier.reviews if row["is_pending"]}
    pending |= {row["finding"] for row in earlier.problems if row["is_masked"]}
    found = findings.standing_of(list(told))
    rows = []
    for number, row in told.items():
        standing = found[number]
        is_news = number in pending or (standing.decided_at is not None and standing.decided_at > earlier.as_of)
        if is_news or standing.objection == "" or (not standing.counts and number not in _settled(earlier)):
            rows.append(_review(row, standing))
    return sorted(rows, key=lambda row: row["finding"])


def _settled(earlier: Earlier) -> set[int]:
    return {row["finding"] for row in earlier.reviews if not row["is_pending"]}


def _review(row: Mapping[str, Any], standing: findings.Standing) -> Row:
    if standing.objection == "":
        outcome = "仍在复核"
    elif not standing.counts:
        outcome = "撤销" if standing.state == finding_rules.WITHDRAWN else "并案"
    else:
        outcome = "维持"
    kept = {name: row[name] for name in ("finding", "number", "unit_id", "unit", "problem")}
    return {**kept, "outcome": outcome, "is_pending": standing.objection == ""}


def rectified(month: rules.Month, places: Mapping[int, str]) -> list[Row]:
    """What became of the month before: by unit, of everything found then (3.1: closed loop within the term)."""
    before, today = month.before, clock.today()
    found = findings.counting_findings().filter(seen_on__gte=before.first, seen_on__lte=before.last)
    in_time = Q(corrected_on_spot=True) | Q(state=finding_rules.CLOSED, closed_at__date__lte=F("due_on"))
    is_due = Q(corrected_on_spot=True) | Q(state=finding_rules.CLOSED) | Q(due_on__lt=today)
    rows = found.order_by("unit__sequence", "unit_id").values("unit_id").annotate(
        found=Count("pk"), closed=Count("pk", filter=Q(state=finding_rules.CLOSED)), in_time=Count("pk", filter=in_time),
        due=Count("pk", filter=is_due), waiting=Count("pk", filter=Q(state=finding_rules.SUBMITTED)),
        overdue=Count("pk", filter=Q(state=finding_rules.OPEN, due_on__lt=today)),
    )  # fmt: skip
    return [{**row, "unit": places[row["unit_id"]]} for row in rows]


def repeated(month: rules.Month, threshold: int) -> list[Row]:
    """Persons who by the month's end reached the count of 多次违规 within the calendar year, and had a finding in the month.

    What is under objection does not count here: it would name whom the list of problems does not.
    """
    since = dt.date(month.year, 1, 1)
    found = findings.with_rechecks(findings.counting_findings()).filter(
        seen_on__gte=since, seen_on__lte=month.last, is_objected=False, person__isnull=False
    )
    rows = found.order_by().values("person_id", "person__name").annotate(
        count=Count("pk"), lately=Count("pk", filter=Q(seen_on__gte=month.first))
    ).filter(count__gte=threshold, lately__gte=1).order_by("-count", "person_id")  # fmt: skip
    places = dict(Assignment.objects.filter(period__contains=month.last).values_list("person_id", "unit__name"))
    return [
        {"person_id": row["person_id"], "person": row["person__name"], "unit": places.get(row["person_id"], "—"), "count": row["count"]}
        for row in rows
    ]


def frequent(listed: Iterable[Row], *, least: int, most: int) -> list[Row]:
    """The same problem again and again: which clause, how often, in how many units."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in listed:
        groups.setdefault((row["clause"], row["problem"]), []).append(row)
    rows: list[Row] = [
        {"clause": clause, "problem": problem, "count": len(each), "units": len({row["unit_id"] for row in each})}
        for (clause, problem), each in groups.items()
        if len(each) >= least
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["clause"], row["problem"]))[:most]


def commendations(month: rules.Month) -> list[Row]:
    found = measures.commendations_between(month.first, month.last).select_related("person", "unit").order_by("given_at", "pk")
    return [
        {
            "number": each.number, "unit_id": each.unit_id, "unit": each.unit.name if each.unit else "", "person_id": each.person_id,
            "person": each.person.name if each.person else "", "kind": each.get_kind_display(), "text": each.text,
        }
        for each in found
    ]  # fmt: skip


def measures_taken(month: rules.Month) -> list[Row]:
    """Measures decided in the month and standing; one whose objection is undecided names nobody."""
    found = measures.measures_between(month.first, month.last).select_related("person", "unit").prefetch_related("objections")
    rows = []
    for each in found.order_by("unit__sequence", "decided_at", "pk"):
        told = {
            "number": each.number, "unit_id": each.unit_id, "unit": each.unit.name, "person_id": each.person_id,
            "person": each.person.name if each.person else "", "is_personal": each.person_id is not None,
            "post": _post({"person_id": each.person_id, "person_class": each.person_class}), "kind": each.get_kind_display(),
            "ground": each.get_ground_display(), "clause": each.clause, "state": "已决定", "is_masked": False,
        }  # fmt: skip
        rows.append(masked(told) if any(objection.outcome == "" for objection in each.objections.all()) else told)
    return rows
