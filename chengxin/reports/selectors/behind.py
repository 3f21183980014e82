"""The rows behind a figure, one list whatever tables they come from (1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, LPad
from django.urls import reverse

from chengxin.complaints.models import Complaint
from chengxin.core.actor import Actor
from chengxin.core.errors import NotAllowed, NotFound
from chengxin.reports import rules
from chengxin.reports.selectors import facts
from chengxin.reports.selectors.indicators import WHAT

FIELDS = ("source", "ref", "fact_day", "unit_name", "fact_class", "who", "what", "good", "is_shown")
NO_UNIT = "none"
WITHHELD = "回避，不显示"


@dataclass(frozen=True)
class Row:
    """How a fact of a table is told: whose, what, and where it is looked at by who holds a capability for its unit."""

    who: Any
    what: Any
    ref: str
    address: Callable[[int, str], str]
    capability: str


def _numbered(prefix: str, path: str) -> Concat:
    return Concat(Value(prefix), LPad(Cast(path, CharField()), 7, Value("0")))


def _at(name: str) -> Callable[[int, str], str]:
    return lambda ref, what: reverse(name, args=[ref])  # noqa: ARG005  (custodies alone are found by what they are called)


NOBODY = Value("", output_field=CharField())
COMPLAINT = Row(NOBODY, _numbered("诉", "complaint_id"), "complaint_id", _at("complaints:detail"), "complaints.read")
ROWS = {
    "roll_call": Row(
        F("person__name"), Concat(Value("点验人 "), F("roll_call__conductor_label")), "roll_call_id", _at("attire:roll_call_result"),
        "attire.read",
    ),
    "visit": Row(F("person__name"), F("visit__plan__title"), "visit_id", _at("supervision:visit"), "supervision.results"),
    "custody": Row(
        F("holder__name"), F("item__asset_number"), "pk", lambda ref, what: f"{reverse('equipment:custodies')}?number={what}",  # noqa: ARG005
        "equipment.read",
    ),
    "review": Row(
        F("recording__person__name"), _numbered("影", "recording_id"), "recording_id", _at("evidence:recording"), "evidence.read"
    ),
    "answer": COMPLAINT, "response": COMPLAINT, "feedback": COMPLAINT,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Which rows: of an indicator, from one day through another, of a unit ("none": without one), a class, good or not."""

    code: str
    since: dt.date
    until: dt.date
    unit: str = ""
    person_class: str = ""
    good: bool | None = None


def rows_behind(actor: Actor, asked: Asked) -> QuerySet[Any, Any]:
    """The facts counted in a figure, as many as the figure says, of the units the reader's figures are counted over.

    Raises NotFound for what is no indicator, NotAllowed for one whose facts the reader may not read.
    """
    if asked.code not in rules.COUNTED:
        raise NotFound("no_indicator", "没有这项指标。")
    capability = WHAT[asked.code][1]
    if not actor.may(capability):
        raise NotAllowed("not_allowed", f"您不能查看“{rules.COUNTED[asked.code]}”的事实。")
    first, *others = [_rows(source, actor, asked) for source in facts.sources_of(asked.code)]
    return first.union(*others, all=True) if others else first


def _rows(source: facts.Source, actor: Actor, asked: Asked) -> QuerySet[Any, Any]:
    row = ROWS[source.name]
    found = source.facts([(asked.since, asked.until)], actor.units_for(WHAT[source.code][1]))
    if asked.unit:
        unit: dict[str, Any] = {f"{source.unit}_id": None if asked.unit == NO_UNIT else int(asked.unit)}
        found = found.filter(**unit)
    if asked.person_class:
        found = found.filter(**{source.person_class: asked.person_class}) if source.person_class else found.none()
    if asked.good is not None:
        found = found.filter(is_good=asked.good)
    rows: QuerySet[Any, Any] = found.annotate(
        source=Value(source.name), ref=F(row.ref), unit_name=F(f"{source.unit}__name"),
        fact_class=F(source.person_class) if source.person_class else NOBODY, who=row.who, what=row.what, good=F("is_good"),
        is_shown=_is_shown(source, row, actor),
    ).values(*FIELDS)  # fmt: skip
    return rows


def _is_shown(source: facts.Source, row: Row, actor: Actor) -> Any:
    """Whether the reader may know which one it is; counted it is either way. A complaint stays closed to whom it is about."""
    if row is COMPLAINT:
        return Exists(Complaint.objects.all().visible_to(actor).filter(pk=OuterRef("complaint_id")))
    reach = actor.units_for(row.capability)
    if not reach:
        return Value(reach is None)
    return ExpressionWrapper(Q(**{f"{source.unit}_id__in": sorted(reach)}), output_field=BooleanField())


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the list and its export show it, with ``href`` where it can be opened."""
    shown = row["is_shown"]
    return {
        **row, "source_title": TITLES[row["source"]], "class_title": rules.CLASSES.get(row["fact_class"], ""),
        "unit_name": row["unit_name"] or "未定单位", "who": row["who"] if shown else "", "what": row["what"] if shown else WITHHELD,
        "result": "合格" if row["good"] else "不合格",
        "href": ROWS[row["source"]].address(row["ref"], row["what"]) if shown else "",
    }  # fmt: skip


TITLES = {source.name: source.title for source in facts.SOURCES}
