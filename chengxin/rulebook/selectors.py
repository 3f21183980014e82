"""Which rule holds on a day, and what the calendar says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.db.models import F, Prefetch, TextField, Value
from django.db.models.functions import Concat
from django.urls import reverse

from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.rulebook.models import CalendarVersion, Clause, ClauseVersion, Rule, RuleVersion, State
from chengxin.rulebook.rules import DRAFT_LABEL, RuleValues, completed, parse_days
from chengxin.rulekit.workdays import CalendarYear, WorkCalendar
from chengxin.ui import together
from chengxin.ui.database import Question, ask, is_remembering, once, prepared
from chengxin.ui.search import Group, Hit, grouped, sifted
from chengxin.ui.together import Inquiry, asked

# the rules that hold entries of what can be found
CATALOGUES = (
    *("attire.prohibited", "attire.exemption", "attire.scope"),
    *("equipment.custody", "equipment.use", "equipment.care"),
    "conduct.prohibited",
)


IN_FORCE = """SELECT rule.code, rule.clause_id, version.number, version.values FROM rulebook_ruleversion version
 JOIN rulebook_rule rule ON rule.id = version.rule_id
 WHERE rule.code = ANY(%s) AND version.state = 'issued' AND version.period @> %s::date"""
# every issued version without what it says, and every calendar's number: a page looks up a dozen rules, and asks this once
ISSUED = """SELECT calendars.numbers, rule.code, rule.clause_id, version.id, version.number, version.xmin::text::bigint,
 lower(version.period), upper(version.period)
 FROM (SELECT array_agg(id ORDER BY id) AS numbers FROM rulebook_calendarversion) calendars
 LEFT JOIN (rulebook_ruleversion version JOIN rulebook_rule rule ON rule.id = version.rule_id) ON version.state = 'issued'"""
SAYING = "SELECT id, values FROM rulebook_ruleversion WHERE id = ANY(%s)"


def rule_in_force(code: str, on: dt.date) -> RuleVersion | None:
    """The issued version of a rule on a day; None where only a draft exists or the day lies before the issue."""
    if is_remembering():
        number = next((each.version for each in _of_day(code, on)), None)
        return once(("version", number), lambda: _version(number)) if number is not None else None
    found = RuleVersion.objects.filter(rule__code=code, state=State.ISSUED, period__contains=on)
    return found.select_related("rule__clause").first()


def version_for(code: str, on: dt.date) -> RuleVersion:
    """The version that may carry a consequence. Raises DomainError: a draft can only simulate (3.3)."""
    version = rule_in_force(code, on)
    if version is None:
        raise DomainError("no_rule_in_force", f"{on} 这一天规则“{code}”尚未施行，征求意见稿只能模拟，不能产生问题。")
    return version


def rule_values(code: str, on: dt.date, *, simulate: bool = False) -> RuleValues:
    """The values of a rule on a day; with ``simulate`` those of the draft where nothing is in force."""
    found = _in_force(code, on) if is_remembering() else _asked(code, on)
    if found is not None:
        return found
    if not simulate:
        version_for(code, on)
    return once(("draft", code), lambda: _draft(code))


def _asked(code: str, on: dt.date) -> RuleValues | None:
    rows = prepared(IN_FORCE, [[code], on])
    return _understood(code, rows[0][1], rows[0][2], orjson.loads(rows[0][3])) if rows else None


def _draft(code: str) -> RuleValues:
    draft = RuleVersion.objects.filter(rule__code=code).select_related("rule").order_by("number").first()
    if draft is None:
        raise NotFound("no_rule", f"没有规则“{code}”。")
    return RuleValues(code, draft.rule.clause_id, f"{draft.label}（{DRAFT_LABEL}）", draft.plain, simulated=True)


def _in_force(code: str, on: dt.date) -> RuleValues | None:
    """The same as ``_asked`` while a page remembers."""
    return next((each.values for each in _of_day(code, on)), None)


def _of_day(code: str, on: dt.date) -> Iterator[_Held]:
    for each in once("rules.issued", _issued).versions.get(code, ()):
        if (each.since is None or each.since <= on) and (each.until is None or on < each.until):
            yield each


def _version(number: int) -> RuleVersion:
    return RuleVersion.objects.select_related("rule__clause").get(pk=number)


@dataclass(frozen=True)
class _Held:
    """An issued version: its key, from which day and before which it holds, and what it says."""

    version: int
    since: dt.date | None
    until: dt.date | None
    values: RuleValues


@dataclass(frozen=True)
class _Book:
    """What is issued, as a page holds to it: the versions of every rule, and the calendars' numbers."""

    versions: dict[str, list[_Held]]
    calendars: tuple[int, ...]


def _issued() -> _Book:
    rows = prepared(ISSUED, [])
    book = _Book({}, tuple(rows[0][0] or ()))
    issued = [row[1:] for row in rows if row[1] is not None]
    said = _read(issued)
    for code, _, version, _, written, since, until in issued:
        book.versions.setdefault(code, []).append(_Held(version, since, until, said[version, written]))
    return book


# What the issued versions say, read once by every process: the transaction that wrote a row tells one state of it from another.
_said: dict[tuple[int, int], RuleValues] = {}


def _read(issued: list[tuple[Any, ...]]) -> dict[tuple[int, int], RuleValues]:
    meant = {(version, written): (code, clause, number) for code, clause, version, number, written, *_ in issued}
    known = {key: found for key in meant if (found := _said.get(key)) is not None}
    if len(known) == len(meant):
        return known
    values = dict(prepared(SAYING, [[version for version, written in meant if (version, written) not in known]]))
    known |= {key: _understood(*told, orjson.loads(values[key[0]])) for key, told in meant.items() if key not in known}
    _said.clear()  # what is no longer issued goes; another thread that finds it empty reads again
    _said.update(known)
    return known


def rules_on(codes: Sequence[str], on: dt.date) -> Question[list[RuleValues]]:
    """Several rules of a day, in the order asked for; the draft's values where nothing is in force."""

    def understood(rows: list[tuple[Any, ...]]) -> list[RuleValues]:
        found = {code: (clause, number, orjson.loads(values)) for code, clause, number, values in rows}
        return [_understood(code, *found[code]) if code in found else rule_values(code, on, simulate=True) for code in codes]

    return Question(IN_FORCE, [list(codes), on], understood)


def _understood(code: str, clause: str, number: int, values: dict[str, Any]) -> RuleValues:
    plain = {name: entry["value"] for name, entry in completed(code, values).items()}
    return RuleValues(code, clause, f"{code}@{number}", plain)


def work_calendar() -> WorkCalendar:
    """The newest version of every year."""
    return _calendar(once("rules.issued", _issued).calendars) if is_remembering() else ask(calendar_question())


def calendar_question() -> Question[WorkCalendar]:
    """The same, to be asked together with other questions. Versions are never changed, so a calendar is understood once."""
    return Question("SELECT array_agg(id ORDER BY id) FROM rulebook_calendarversion", [], lambda rows: _calendar(tuple(rows[0][0] or ())))


@lru_cache(maxsize=4)
def _calendar(versions: tuple[int, ...]) -> WorkCalendar:
    newest: dict[int, CalendarVersion] = {}
    for version in CalendarVersion.objects.filter(pk__in=versions).order_by("year", "number"):
        newest[version.year] = version
    return WorkCalendar(_as_year(version) for version in newest.values())


def _as_year(version: CalendarVersion) -> CalendarYear:
    return CalendarYear(
        year=version.year,
        version=version.label,
        source=version.source,
        announced=version.announced,
        days_off=parse_days(version.year, version.days_off),
        makeup_workdays=parse_days(version.year, version.makeup_workdays),
    )


def clauses() -> list[Clause]:
    """All clauses in the plan's order, with their rules."""
    return once("clauses", lambda: list(asked(Clause.objects.prefetch_related("rules"))))


def clause_for(code: str) -> Clause:
    """A clause with its rules and all their versions. Raises NotFound."""
    rules = Rule.objects.prefetch_related(Prefetch("versions", RuleVersion.objects.order_by("-number")))
    amendments = Prefetch("amendments", ClauseVersion.objects.order_by("-number"))
    found = Clause.objects.prefetch_related(Prefetch("rules", rules), amendments).filter(pk=code).first()
    if found is None:
        raise NotFound("no_clause", f"方案中没有条款 {code}。")
    return found


def clause_named(code: str) -> Clause:
    """A clause without its rules: to name and quote it. Raises NotFound."""
    found = once(("clause", code), lambda: Clause.objects.filter(pk=code).first())
    if found is None:
        raise NotFound("no_clause", f"方案中没有条款 {code}。")
    return found


@dataclass(frozen=True)
class Gap:
    """A value the plan does not state and nobody has confirmed yet."""

    version: RuleVersion
    name: str
    title: str
    value: Any
    source: str


def gaps() -> list[Gap]:
    """The policy-gap register: every value 待局确认 in the newest version of each rule."""
    ordered = RuleVersion.objects.select_related("rule__clause").order_by("rule__clause__sequence", "rule__code", "number")
    newest = {version.rule_id: version for version in ordered}
    return [
        Gap(version, name, entry["title"], entry["value"], entry["source"])
        for version in newest.values()
        for name, entry in version.entries.items()
        if entry["state"] == "open" and not entry.get("confirmed_by")
    ]


def version_by_pk(pk: int) -> RuleVersion:
    found = RuleVersion.objects.filter(pk=pk).select_related("rule").first()
    if found is None:
        raise NotFound("no_version", "没有这个规则版本。")
    return found


def catalogue(on: dt.date, *, simulate: bool = False) -> dict[str, dict[str, Any]]:
    """All entries of the prohibited-act catalogues by code, each with its clause and rule."""
    issued = RuleVersion.objects.filter(rule__code__in=CATALOGUES, state=State.ISSUED, period__contains=on).select_related("rule")
    known = {each.rule.code: RuleValues(each.rule.code, each.rule.clause_id, each.label, each.plain) for each in issued}
    entries: dict[str, dict[str, Any]] = {}
    for rule in CATALOGUES:
        policy = known.get(rule) or rule_values(rule, on, simulate=simulate)
        for entry in policy["entries"]:
            entries[entry["code"]] = {**entry, "clause": policy.clause, "rule": rule}
    return entries


def newest_version(code: str) -> RuleVersion:
    """The last version of a rule, in force or not. Raises NotFound."""
    found = RuleVersion.objects.filter(rule__code=code).select_related("rule").order_by("-number").first()
    if found is None:
        raise NotFound("no_rule", f"没有规则“{code}”。")
    return found


def all_versions(code: str) -> list[RuleValues]:
    """Every version of a rule in order; those that are drafts say so and may only simulate (3.3)."""
    found = RuleVersion.objects.filter(rule__code=code).select_related("rule").order_by("number")
    return [
        RuleValues(code, each.rule.clause_id, each.label, each.plain)
        if each.state == State.ISSUED
        else RuleValues(code, each.rule.clause_id, f"{each.label}（{DRAFT_LABEL}）", each.plain, simulated=True)
        for each in found
    ]


CLAUSE_TEXT = "clause:"  # under this name and the clause's code its wording stands in the rulebook of a day


@dataclass(frozen=True)
class Issued:
    """A rule, or a clause's wording, as it is in force on a day, with everything its values say of themselves."""

    code: str
    title: str
    clause: str
    version: str
    entries: dict[str, Any]


def book_on(day: dt.date) -> dict[str, Issued]:
    """Every clause's wording and every rule in force on a day, in the plan's order: the rulebook of that day. Nothing before its issue."""
    found = RuleVersion.objects.filter(state=State.ISSUED, period__contains=day).select_related("rule").order_by("rule__code")
    versions, every = ClauseVersion.objects.filter(in_force_on__lte=day).order_by("number"), Clause.objects.order_by("sequence")
    together.ask(found, versions, every)
    rules_of: dict[str, list[Issued]] = {}
    for each in found:
        issued = Issued(each.rule.code, each.rule.title, each.rule.clause_id, each.label, each.entries)
        rules_of.setdefault(issued.clause, []).append(issued)
    if not rules_of:
        return {}
    amended = {each.clause_id: each for each in versions}
    book: dict[str, Issued] = {}
    for clause in every:
        version = amended.get(clause.pk)
        code, wording = f"{CLAUSE_TEXT}{clause.pk}", version.wording if version else clause.wording
        entry = {"title": "条文", "value": wording, "source": version.document_number if version else clause.place, "state": "stated"}
        label = f"{code}@{version.number if version else 0}"
        for issued in (Issued(code, f"{clause.title}：条文", clause.pk, label, {"wording": entry}), *rules_of.get(clause.pk, ())):
            book[issued.code] = issued
    return book


def issue_days() -> list[tuple[dt.date, str]]:
    """The days from which something new held, the newest first, each with its document."""
    rows = RuleVersion.objects.filter(state=State.ISSUED).values_list("period", "document_number")
    clauses = ClauseVersion.objects.values_list("in_force_on", "document_number")
    together.ask(rows, clauses)
    days = {period.lower: number for period, number in rows if period is not None}
    return sorted({**days, **dict(clauses)}.items(), reverse=True)


def is_issued() -> bool:
    return RuleVersion.objects.filter(state=State.ISSUED).exists()


def clause_exists(code: str) -> bool:
    return any(clause.code == code for clause in clauses())


WORDS_OF_A_CLAUSE = Concat("code", Value(" "), "place", Value(" "), "title", Value(" "), "wording", output_field=TextField())


def search_clauses(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Clauses by number, title or wording."""
    if not actor.may("rulebook.read"):
        return Group("条款", [])
    clauses = Clause.objects.annotate(id=F("code"))
    rows = yield from sifted(clauses, words, document=WORDS_OF_A_CLAUSE, order="sequence", columns=["code", "place", "title"])
    return grouped("条款", rows, _clause_hit, reverse("rulebook:contents"))


def _clause_hit(row: Mapping[str, Any]) -> Hit:
    return Hit(f"{row['code']} {row['title']}", reverse("rulebook:clause", args=[row["code"]]), row["place"])
