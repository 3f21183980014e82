"""Questions about registered cases, within the reader's scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db import models
from django.db.models import F, Value, When
from django.db.models.functions import Concat

from chengxin.casereviews import rules
from chengxin.casereviews.models import Case
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.people.models import Person, Unit


def cases_visible_to(actor: Actor) -> Any:
    return Case.objects.all().visible_to(actor)


def case_for(actor: Actor, pk: int) -> Case:
    """A registered case within the actor's scope. Raises NotFound otherwise."""
    found: Case | None = cases_visible_to(actor).select_related("unit").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_case", "没有这件案卷，或不在您的范围内。")
    return found


TEXT: models.CharField[str, str] = models.CharField()


def words(name: str, titles: Mapping[Any, str]) -> models.Case:
    """A column's codes as people read them, for lists that are exported as they are shown."""
    return models.Case(*(When(**{name: code}, then=Value(title)) for code, title in titles.items()), default=Value(""), output_field=TEXT)


_PLACE = models.Case(When(framed=None, then=Value("out")), default=Value("in"), output_field=TEXT)
PLACES = (("in", "已列入"), ("out", "未列入"))


def case_rows(actor: Actor) -> Any:
    """The list of cases: who handled each in one cell, and the round it stood in."""
    rows = cases_visible_to(actor).annotate(
        unit_name=F("unit__name"), handled_by=StringAgg("handlers__person__name", "、", order_by="handlers__person__number"),
        place=_PLACE, procedure_title=words("procedure", rules.PROCEDURES),
        round_title=Concat("framed__round__year", Value(" 年"), words("framed__round__quarter", rules.QUARTERS), output_field=TEXT),
    )  # fmt: skip
    return rows.values("pk", "number", "title", "unit_name", "handled_by", "closed_on", "procedure_title", "round_title", "place")


def unit_choices(actor: Actor, capability: str) -> list[tuple[str, str]]:
    """The units the actor may use a capability in."""
    reach = actor.units_for(capability)
    units = Unit.objects.all() if reach is None else Unit.objects.filter(pk__in=reach)
    return [(str(pk), name) for pk, name in units.values_list("pk", "name")]


def facts_of(case: Case) -> dict[str, Any]:
    """What is registered of a case, as its entries keep it and a sheet is compared with."""
    return _facts(case, sorted(each.person.number for each in case.handlers.all()))


def _facts(case: Case, handlers: list[str]) -> dict[str, Any]:
    return {
        "number": case.number, "title": case.title, "unit": case.unit.name, "handlers": handlers, "closed_on": str(case.closed_on),
        "procedure": case.procedure,
    }  # fmt: skip


def registered(numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    """What stands under case numbers, wherever it belongs: a case is registered once in the bureau."""
    found = Case.objects.filter(number__in=numbers).select_related("unit").prefetch_related("handlers__person")
    return {case.number: facts_of(case) for case in found}


def staff_numbers() -> set[str]:
    return set(Person.objects.values_list("number", flat=True))


def read_sheet(actor: Actor, table: Sequence[Sequence[Any]], today: Any) -> tuple[list[rules.CaseRow], list[Any]]:
    """A sheet as cases for this actor: units within reach, staff of the bureau, compared with what stands."""
    numbers = {rules.normal_number(str(cell)) for row in table[1:] for cell in row[:1] if cell} | _numbers_in(table)
    units = [name for _, name in unit_choices(actor, "casereviews.register")]
    return rules.read_cases(table, units, staff_numbers(), today, registered(numbers))


def _numbers_in(table: Sequence[Sequence[Any]]) -> set[str]:
    """The case numbers of a sheet, whichever column they stand in."""
    heading = [str(cell).strip() for cell in table[0]] if table else []
    at = heading.index("案号") if "案号" in heading else None
    return {rules.normal_number(str(row[at])) for row in table[1:] if at is not None and at < len(row)}


def import_effects(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each row of a kept sheet would do: register, or nothing because the same stands already."""
    standing = registered([row["number"] for row in rows])
    return [
        {**row, "effect": "无变化" if row["number"] in standing else "新增", "handled_by": "、".join(row["handlers"]),
         "procedure_title": rules.PROCEDURES[row["procedure"]]}
        for row in rows
    ]  # fmt: skip
