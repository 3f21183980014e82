"""Commands: load the first issue, import the plan's wording, issue, publish, confirm, enter a holiday notice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError
from chengxin.rulebook import rules
from chengxin.rulebook.models import CalendarVersion, Clause, ClauseVersion, Rule, RuleVersion, State

# how the chapters above recount their open terms when a year's calendar changes: in the same transaction, with a trace each
RECOUNTS: list[Callable[[Actor], int]] = []
# what a chapter above asks of a rule's values before they are published, by the rule's code: DomainError for what it cannot work with
PROOFS: dict[str, Callable[[Mapping[str, Any]], None]] = {}
# why rules must not be published just now, as a room above knows it (a draft is open for opinions): asked after the rules are locked
PUBLISH_GUARDS: list[Callable[[], str]] = []


@transaction.atomic
def load_first_issue(actor: Actor) -> int:
    """Load the packaged clauses, rules (as drafts) and calendar years that are not there yet; how many rules were new."""
    require(actor, "rulebook.publish")
    for sequence, clause in enumerate(rules.first_clauses()):
        Clause.objects.get_or_create(
            code=clause.code,
            defaults={"place": clause.place, "title": clause.title, "parent_id": clause.parent, "sequence": sequence},
        )
    new = sum(_load_rule(first) for first in rules.first_rules())
    for year in rules.first_years_as_texts():
        if not CalendarVersion.objects.filter(year=year["year"]).exists():
            CalendarVersion.objects.create(**year, number=int(year["announced"]), entered_at=clock.now())
    if new:
        record(actor, "rulebook.loaded", "rulebook:first", details={"rules": new})
    return new


def _load_rule(first: rules.FirstRule) -> bool:
    rule, made = Rule.objects.get_or_create(
        code=first.code, defaults={"clause_id": first.clause, "title": first.title, "summary": first.summary}
    )
    if made:
        RuleVersion.objects.create(rule=rule, number=1, values=dict(first.values))
    return made


@transaction.atomic
def issue_rulebook(actor: Actor, *, issued_on: dt.date, document_number: str) -> int:
    """Put every first version in force from the day of issue ("自印发之日起施行", 3.3); how many.

    Raises Conflict when the rulebook is issued already.
    """
    require(actor, "rulebook.publish")
    lock_rules()
    _ask_guards()
    drafts = list(RuleVersion.objects.select_for_update().filter(number=1, state=State.DRAFT))
    if not drafts:
        raise Conflict("issued_already", "制度已经印发，之后的调整请逐条发布新版本。")
    for version in drafts:
        version.state, version.period, version.document_number = State.ISSUED, DateRange(issued_on, None), document_number
        version.save()
    record(actor, "rulebook.issued", "rulebook:all", details={"on": str(issued_on), "document": document_number})
    return len(drafts)


@transaction.atomic
def publish_version(actor: Actor, rule_code: str, *, values: Mapping[str, Any], in_force_on: dt.date, document_number: str) -> RuleVersion:
    """A new version of a rule from a day on; the version before ends the day before.

    ``values`` gives new plain values by name; what is changed has the document as its source and needs no confirmation any more.
    No rule reaches back: the day must not lie in the past. Raises DomainError, Conflict while a draft is open (3.3).
    """
    require(actor, "rulebook.publish")
    rule = Rule.objects.select_for_update().get(code=rule_code)
    _ask_guards()
    running = RuleVersion.objects.filter(rule=rule, state=State.ISSUED, period__endswith=None).first()
    if running is None:
        raise DomainError("not_issued", "制度尚未印发，请先印发首版。")
    if in_force_on < clock.today() or in_force_on <= running.period.lower:
        raise DomainError("reaches_back", "施行日不能早于今天，也不能早于现行版本的施行日：规则不溯及既往。", field="in_force_on")
    if not values:
        raise DomainError("no_change", "没有改动任何数值，不需要发布新版本。")
    unknown = set(values) - set(running.entries)
    if unknown:
        raise DomainError("unknown_value", f"规则没有这些数值：{'、'.join(sorted(unknown))}。")
    decided = {"source": document_number, "confirmed_by": actor.label, "confirmed_on": str(clock.today())}
    merged = {
        name: {**entry, "value": values[name], **decided} if name in values and values[name] != entry["value"] else dict(entry)
        for name, entry in running.entries.items()
    }
    prove(rule_code, {name: entry["value"] for name, entry in merged.items()})
    running.period = DateRange(running.period.lower, in_force_on)
    running.save(update_fields=["period"])
    number = RuleVersion.objects.filter(rule=rule).count() + 1
    with readable(RuleVersion), transaction.atomic():
        made = RuleVersion.objects.create(
            rule=rule, number=number, state=State.ISSUED, period=DateRange(in_force_on, None), values=merged,
            document_number=document_number,
        )  # fmt: skip
    record(actor, "rulebook.published", f"rule:{rule.code}", details={"version": number, "on": str(in_force_on)})
    return made


def prove(rule_code: str, values: Mapping[str, Any]) -> None:
    """Let the chapter that works by a rule look at its values. Raises DomainError with what is wrong and how to put it right."""
    if rule_code in PROOFS:
        PROOFS[rule_code](values)


@transaction.atomic
def amend_clause(actor: Actor, code: str, *, wording: str, in_force_on: dt.date, document_number: str) -> ClauseVersion:
    """Word a clause anew from a day on. The plan's text and every earlier wording stay.

    Raises DomainError, and Conflict while a draft is open (3.3).
    """
    require(actor, "rulebook.publish")
    clause = Clause.objects.select_for_update().get(pk=code)
    _ask_guards()
    last = clause.amendments.order_by("-number").first()
    if in_force_on < clock.today() or (last is not None and in_force_on <= last.in_force_on):
        raise DomainError("reaches_back", "施行日不能早于今天，也不能早于现行条文的施行日：规则不溯及既往。", field="in_force_on")
    if not wording.strip() or wording == (last.wording if last else clause.wording):
        raise DomainError("no_change", "条文没有改动。")
    with readable(ClauseVersion), transaction.atomic():
        made = ClauseVersion.objects.create(
            clause=clause, number=(last.number if last else 0) + 1, wording=wording, in_force_on=in_force_on,
            document_number=document_number,
        )  # fmt: skip
    record(actor, "rulebook.amended", f"clause:{code}", details={"version": made.number, "on": str(in_force_on)})
    return made


def lock_rules() -> None:
    """Hold every rule and clause until the transaction ends: nobody publishes, and nobody opens a draft, at the same time.

    In one order, so that two who ask wait for each other and no more.
    """
    list(Rule.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    list(Clause.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def _ask_guards() -> None:
    why = next((text for ask in PUBLISH_GUARDS if (text := ask())), "")
    if why:
        raise Conflict("draft_open", why)


@transaction.atomic
def confirm_value(actor: Actor, version: RuleVersion, name: str) -> None:
    """A named person confirms a value the plan does not state. Raises Conflict when it needs no confirmation any more."""
    require(actor, "rulebook.publish")
    version = RuleVersion.objects.select_for_update().get(pk=version.pk)
    entry = version.values.get(name)
    if entry is None or entry["state"] != "open" or entry.get("confirmed_by"):
        raise Conflict("nothing_to_confirm", "这个数值已经确认，或不需要确认。")
    version.values[name] = {**entry, "confirmed_by": actor.label, "confirmed_on": str(clock.today())}
    version.save(update_fields=["values"])
    record(actor, "rulebook.value_confirmed", f"rule:{version.rule.code}", details={"value": name})


@transaction.atomic
def enter_holiday_notice(actor: Actor, *, year: int, source: str, days_off: list[str], makeup_workdays: list[str]) -> CalendarVersion:
    """A year's official notice as a new calendar version; open terms are recounted. Days are "05-01" or "05-01/05-05".

    Raises DomainError (naming the field) for days that do not exist or are both off and made up.
    """
    require(actor, "rulebook.calendar")
    off = _days(year, days_off, "days_off", "放假日")
    makeup = _days(year, makeup_workdays, "makeup_workdays", "调休上班日")
    if off & makeup:
        clash = "、".join(str(day) for day in sorted(off & makeup))
        raise DomainError("both", f"{clash} 同时填为放假和上班，请核对通知。", field="makeup_workdays")
    if not off:
        raise DomainError("no_days", "请填写放假日。", field="days_off")
    made = CalendarVersion.objects.create(
        year=year, number=CalendarVersion.objects.filter(year=year, announced=True).count() + 1, announced=True,
        source=source, days_off=days_off, makeup_workdays=makeup_workdays, entered_at=clock.now(),
    )  # fmt: skip
    moved = sum(recount(actor) for recount in RECOUNTS)
    record(actor, "rulebook.calendar_entered", f"calendar:{year}", details={"version": made.label, "source": source, "moved": moved})
    return made


def _days(year: int, texts: list[str], field: str, label: str) -> frozenset[dt.date]:
    try:
        return rules.parse_days(year, texts)
    except ValueError as error:
        raise DomainError("bad_day", f"{label}应写成 05-01 或 05-01/05-05，且须是存在的日期（{error}）。", field=field) from error


@dataclass(frozen=True)
class Imported:
    """Which clauses the plan's text gave wording to, and which headings were not found."""

    found: list[str]
    missing: list[str]


@transaction.atomic
def import_wording(actor: Actor, lines: list[str]) -> Imported:
    """Keep the plan's own wording beside each clause. Raises DomainError when the text is not this plan."""
    require(actor, "rulebook.import")
    wording = rules.cut_into_clauses(lines, rules.first_clauses())
    if not wording:
        raise DomainError("not_the_plan", "没有认出任何条款标题，请确认文件是专项工作方案的正文。")
    for code, text in wording.items():
        Clause.objects.filter(code=code).update(wording=text)
    missing = [clause.code for clause in rules.first_clauses() if clause.code not in wording]
    record(actor, "rulebook.imported", "rulebook:wording", details={"found": len(wording), "missing": missing})
    return Imported(sorted(wording), missing)
