"""The register of closed cases: entered once, corrected by new entries, imported whole or not at all (2.4.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.casereviews import rules
from chengxin.casereviews.models import Case, CaseEntry, Handler
from chengxin.casereviews.selectors import register
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.files.services import keep_sheet, take_sheet
from chengxin.people import selectors as people
from chengxin.people.models import Person, Unit

SHEET = "casereviews.cases"


@transaction.atomic
def register_case(
    actor: Actor, *, number: str, title: str, unit: Unit, handlers: Sequence[Person], closed_on: dt.date, procedure: str
) -> Case:  # fmt: skip
    """Enter a closed case. The very same again is the case that stands; raises Conflict for another under its number."""
    require(actor, "casereviews.register", unit_id=unit.pk)
    number = _checked(number, title, handlers, closed_on, procedure)
    facts = _facts(number, title, unit, handlers, closed_on, procedure)
    standing = _standing(number, facts)
    if standing is not None:
        return standing
    try:
        with transaction.atomic():
            case = Case.objects.create(
                number=number, title=title.strip(), unit=unit, closed_on=closed_on, procedure=procedure, registered_at=clock.now(),
                registered_label=actor.label,
            )  # fmt: skip
    except IntegrityError:
        found = _standing(number, facts)  # the other of two simultaneous clicks was first
        if found is None:
            raise
        return found
    Handler.objects.bulk_create(Handler(case=case, person=person) for person in handlers)
    CaseEntry.objects.create(case=case, sequence=1, facts=facts, by_label=actor.label, at=clock.now())
    record(actor, "casereviews.registered", f"case:{case.pk}", unit_id=unit.pk, details={"number": number})
    return case


def _standing(number: str, facts: Mapping[str, Any]) -> Case | None:
    """The case that stands under a number with these facts. Raises Conflict for one with others."""
    standing = register.registered([number]).get(number)
    if standing is None:
        return None
    different = rules.differences(facts, standing)
    if different:
        raise Conflict("number_taken", f"案号 {number} 已登记（{'、'.join(different)}不同），没有重复登记；有误请更正。", field="number")
    return Case.objects.get(number=number)


def _checked(number: str, title: str, handlers: Sequence[Person], closed_on: dt.date, procedure: str) -> str:
    """The number in its one writing. Raises DomainError naming the field."""
    number = rules.normal_number(number)
    people_named = len({person.pk for person in handlers})
    for field, passed, remedy in (
        ("number", 0 < len(number) <= 60, "请填写案号（至多 60 字）。"),
        ("title", 0 < len(title.strip()) <= 120, "请填写案件名称（至多 120 字）。"),
        ("handlers", 0 < people_named <= rules.MOST_HANDLERS, f"请填写承办人，一至 {rules.MOST_HANDLERS} 人。"),
        ("handlers", people_named == len(handlers), "同一承办人只写一次，请更正。"),
        ("closed_on", closed_on <= clock.today(), "结案日期不能晚于今天，请更正。"),
        ("procedure", procedure in rules.PROCEDURES, "请选择普通程序或简易程序。"),
    ):
        if not passed:
            raise DomainError(f"bad_{field}", remedy, field=field)
    return number


def _facts(number: str, title: str, unit: Unit, handlers: Sequence[Person], closed_on: dt.date, procedure: str) -> dict[str, Any]:
    return {
        "number": number, "title": title.strip(), "unit": unit.name, "handlers": sorted(person.number for person in handlers),
        "closed_on": str(closed_on), "procedure": procedure,
    }  # fmt: skip


@transaction.atomic
def correct_case(
    actor: Actor, case: Case, *, title: str, unit: Unit, handlers: Sequence[Person], closed_on: dt.date, procedure: str, reason: str
) -> Case:  # fmt: skip
    """Correct what is registered, as a new entry with the reason; what stood before stays to be read.

    Raises Conflict for unit, handlers, day or procedure of a case that stands in a frame: its round rests on them.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("unit").get(pk=case.pk)
    require(actor, "casereviews.register", unit_id=case.unit_id)
    require(actor, "casereviews.register", unit_id=unit.pk)
    _checked(case.number, title, handlers, closed_on, procedure)
    before, facts = register.facts_of(case), _facts(case.number, title, unit, handlers, closed_on, procedure)
    changed = rules.differences(facts, before)
    if not changed:
        return case
    if not reason.strip():
        raise DomainError("no_reason", "请写明更正理由。", field="reason")
    if changed != [rules.FACTS["title"]] and hasattr(case, "framed"):
        raise Conflict("framed", f"案件已列入{case.framed.round.title}的范围，只能更正案件名称；有误的请在评查中写明理由替换。")
    case.title, case.unit, case.closed_on, case.procedure = title.strip(), unit, closed_on, procedure
    case.save()
    if facts["handlers"] != before["handlers"]:
        case.handlers.all().delete()
        Handler.objects.bulk_create(Handler(case=case, person=person) for person in handlers)
    CaseEntry.objects.create(
        case=case, sequence=case.entries.count() + 1, facts=facts, changes="、".join(changed), reason=reason.strip()[:400],
        by_label=actor.label, at=clock.now(),
    )  # fmt: skip
    record(actor, "casereviews.corrected", f"case:{case.pk}", unit_id=unit.pk, details={"changed": changed, "reason": reason.strip()})
    return case


def preview_cases(actor: Actor, *, file_name: str, content: bytes, rows: Sequence[rules.CaseRow]) -> int:
    """Keep an understood list of cases until it is applied. Its number."""
    require(actor, "casereviews.register")
    return keep_sheet(actor, SHEET, file_name=file_name, content=content, rows=[vars(row) for row in rows])


@transaction.atomic
def apply_cases(actor: Actor, number: int) -> dict[str, int]:
    """Register a previewed list, all of it or nothing; a case that stands as listed is told and not doubled."""
    require(actor, "casereviews.register")
    sheet = take_sheet(actor, SHEET, number)
    units = {unit.name: unit for unit in people.all_units()}
    wanted = {handler for row in sheet.rows for handler in row["handlers"]}
    persons = {person.number: person for person in Person.objects.filter(number__in=wanted)}
    counts = {"added": 0, "unchanged": 0}
    standing = register.registered([row["number"] for row in sheet.rows])
    for row in sheet.rows:
        try:
            _apply(actor, row, units, persons)
        except DomainError as error:
            raise type(error)(error.code, f"第 {row['row']} 行：{error.message}整份表格没有导入。") from error
        counts["unchanged" if row["number"] in standing else "added"] += 1
    record(actor, "casereviews.imported", f"sheet:{number}", details={**counts, "file": sheet.file_name})
    return counts


def _apply(actor: Actor, row: Mapping[str, Any], units: Mapping[str, Unit], persons: Mapping[str, Person]) -> Case:
    if row["unit"] not in units:
        raise DomainError("unit_gone", f"单位“{row['unit']}”已不存在。")
    return register_case(
        actor, number=row["number"], title=row["title"], unit=units[row["unit"]], handlers=[persons[each] for each in row["handlers"]],
        closed_on=dt.date.fromisoformat(row["closed_on"]), procedure=row["procedure"],
    )  # fmt: skip
