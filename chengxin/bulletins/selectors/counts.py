"""The figures of a month, of the month before and of the same month a year ago, by the same statements (3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q

from chengxin.bulletins import rules
from chengxin.complaints.selectors import figures as complaints
from chengxin.findings import rules as finding_rules
from chengxin.findings import selectors as findings
from chengxin.people.models import Assignment, PersonClass, Unit, UnitKind
from chengxin.supervision import selectors as supervision

Row = dict[str, Any]
CLASSES = (PersonClass.ESTABLISHED, PersonClass.AUXILIARY)


@dataclass(frozen=True)
class Units:
    """The bureau's units: their names, and the squadron each belongs to (a post belongs to its squadron)."""

    bureau: str
    names: dict[int, str]
    squadrons: dict[int, str]
    squadron_of: dict[int, int]

    @classmethod
    def known(cls) -> Units:
        every = list(Unit.objects.all())
        parents, kinds = {each.pk: each.parent_id for each in every}, {each.pk: each.kind for each in every}
        belongs: dict[int, int] = {}
        for each in every:
            at: int | None = each.pk
            while at is not None and kinds[at] != UnitKind.SQUADRON:
                at = parents[at]
            if at is not None:
                belongs[each.pk] = at
        names = {each.pk: each.name for each in every}
        bureau = next((each.name for each in every if each.parent_id is None), "")
        return cls(bureau, names, {pk: names[pk] for pk in names if kinds[pk] == UnitKind.SQUADRON}, belongs)


def titles(model: Any, field: str) -> dict[str, str]:
    """The Chinese titles of a field's choices, whichever room keeps it."""
    return {str(code): str(title) for code, title in model._meta.get_field(field).flatchoices}


def visits(month: rules.Month) -> tuple[list[Row], set[int]]:
    """Inspections by kind and mode, and the units they came to."""
    found = supervision.visits_between(month.first, month.last)
    modes = titles(found.model, "mode")
    kinds = titles(found.model._meta.get_field("plan").related_model, "kind")
    counted = found.order_by("plan__kind", "mode").values("plan__kind", "mode").annotate(visits=Count("pk"))
    rows = [
        {"kind": kinds.get(row["plan__kind"], row["plan__kind"]), "mode": modes.get(row["mode"], row["mode"]), "visits": row["visits"]}
        for row in counted
    ]
    return rows, set(found.order_by().values_list("unit_id", flat=True).distinct())


def classes(covered: Iterable[Any], month: rules.Month, units: Units) -> list[Row]:
    """Persons checked, for established officers and auxiliaries of the squadrons apart: the same rates, shown."""
    members = dict(
        Assignment.objects.filter(period__contains=month.last, unit__in=list(units.squadron_of), person__person_class__in=CLASSES)
        .order_by().values_list("person__person_class").annotate(Count("pk"))
    )  # fmt: skip
    rows = list(covered)
    return [
        {
            "class": str(each), "title": each.label, "members": members.get(each, 0),
            "checked": sum(row.checked for row in rows if row.person_class == each),
            "flawed": sum(row.flawed for row in rows if row.person_class == each),
        }
        for each in CLASSES
    ]  # fmt: skip


def squadrons(covered: Iterable[Any], listed: Iterable[Mapping[str, Any]], units: Units) -> list[Row]:
    """Each squadron's persons checked and problems of the month; in the bureau's order – ranks are made when it is shown."""
    rows = {
        pk: {"unit_id": pk, "unit": name, "checked": 0, "flawed": 0, "problems": 0, "serious": 0, "overdue": 0}
        for pk, name in units.squadrons.items()
    }
    for each in covered:
        if (squadron := units.squadron_of.get(each.unit.pk)) is not None:
            _add(rows[squadron], checked=each.checked, flawed=each.flawed)
    for problem in listed:
        if (squadron := units.squadron_of.get(problem["unit_id"])) is not None and not problem["is_late"]:
            _add(rows[squadron], problems=1, serious=int(problem["is_serious"]), overdue=int(problem["is_overdue"]))
    return list(rows.values())


def _add(row: Row, **amounts: int) -> None:
    for name, amount in amounts.items():
        row[name] += amount


# --- the figures with their comparison ---

TITLES = {
    "problems": "发现问题（件）", "serious": "较重问题（件）", "checked": "检查人次", "clean": "受检合格率", "in_time": "到期整改按期率",
    "complaints": "收到投诉（件）", "response": "投诉 24 小时响应率", "feedback": "投诉 3 个工作日反馈率", "satisfied": "投诉人满意率",
}  # fmt: skip
Counted = dict[str, tuple[int, int | None]]


def compared(months: Sequence[rules.Month], covered: Sequence[Iterable[Any]], services: Sequence[complaints.Service]) -> list[Row]:
    """Every figure for the three months; (part, n) with n empty for plain counts."""
    found = _findings(months)
    each = [{**found[place], **_covered(covered[place]), **_complaints(services[place])} for place in range(len(months))]
    now, before, year_ago = each
    return [
        {"code": code, "title": title, "now": list(now[code]), "before": list(before[code]), "year_ago": list(year_ago[code])}
        for code, title in TITLES.items()
    ]


def _findings(months: Sequence[rules.Month]) -> list[Counted]:
    """Problems by the day they were seen; terms by the day they fell due. One statement for all months."""
    wanted: dict[str, Count] = {}
    in_time = Q(state=finding_rules.CLOSED, closed_at__date__lte=F("due_on"))
    for place, month in enumerate(months):
        seen, due = (Q(**{f"{name}__gte": month.first, f"{name}__lte": month.last}) for name in ("seen_on", "due_on"))
        wanted |= {
            f"problems_{place}": Count("pk", filter=seen), f"serious_{place}": Count("pk", filter=seen & Q(grade="serious")),
            f"due_{place}": Count("pk", filter=due), f"in_time_{place}": Count("pk", filter=due & in_time),
        }  # fmt: skip
    within = Q()
    for month in months:
        within |= Q(seen_on__gte=month.first, seen_on__lte=month.last) | Q(due_on__gte=month.first, due_on__lte=month.last)
    row = findings.counting_findings().filter(within).aggregate(**wanted)
    return [
        {
            "problems": (row[f"problems_{place}"], None), "serious": (row[f"serious_{place}"], None),
            "in_time": (row[f"in_time_{place}"], row[f"due_{place}"]),
        }
        for place in range(len(months))
    ]  # fmt: skip


def withdrawn(month: rules.Month) -> int:
    return findings.all_findings().filter(seen_on__gte=month.first, seen_on__lte=month.last, state=finding_rules.WITHDRAWN).count()


def _covered(covered: Iterable[Any]) -> Counted:
    rows = list(covered)
    checked, flawed = sum(row.checked for row in rows), sum(row.flawed for row in rows)
    return {"checked": (checked, None), "clean": (checked - flawed, checked)}


def _complaints(service: complaints.Service) -> Counted:
    terms = {term.kind: (term.in_time, term.due) for term in service.terms}
    return {"complaints": (service.n, None), **terms, "satisfied": (service.satisfied, service.answered)}


def complaint_figures(service: complaints.Service) -> Row:
    """The month's complaints in whole numbers; nothing here is about one complaint."""
    names = ("n", "closed", "reopened", "repeats", "answered", "solved", "satisfied", "least")
    return {
        **{name: getattr(service, name) for name in names},
        "terms": [{"title": term.title, "in_time": term.in_time, "due": term.due} for term in service.terms],
        "results": [{"title": title, "count": count} for title, count in service.results],
    }
