"""Pure: the packaged first issue, and what its values mean."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from chengxin.rulekit.months import retention
from chengxin.rulekit.workdays import CalendarYear, Counted, WorkCalendar

SEASONS = {"spring_autumn": "春秋装", "summer": "夏装", "winter": "冬装"}
STATED, OPEN = "stated", "open"
DRAFT_LABEL = "征求意见稿"


@dataclass(frozen=True)
class FirstRule:
    """A rule of the packaged first issue."""

    code: str
    clause: str
    title: str
    summary: str
    values: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class FirstClause:
    code: str
    place: str
    title: str
    parent: str | None


@dataclass(frozen=True)
class RuleValues:
    """The values of a rule on a day, with the version they come from; ``simulated`` when only a draft exists."""

    code: str
    clause: str
    version: str
    values: Mapping[str, Any]
    simulated: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class SeasonAnswer:
    """The dress of a day. ``order`` names the order that overrode the calendar, if one did."""

    season: str
    clause: str
    rule_version: str
    order: str | None = None
    simulated: bool = False
    label: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", SEASONS[self.season])


@dataclass(frozen=True)
class ComplaintTerms:
    """The two clocks of clause 3.2 for one first receipt."""

    respond_by: dt.datetime
    feedback: Counted


@cache
def first_rules() -> tuple[FirstRule, ...]:
    return tuple(FirstRule(**entry) for entry in _load("rules.yaml"))


@cache
def packaged(code: str) -> Mapping[str, Mapping[str, Any]]:
    """The packaged values of a rule, with their titles and sources; empty for a rule the package does not know."""
    return next((rule.values for rule in first_rules() if rule.code == code), {})


def completed(code: str, values: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """A version's values; one that was issued before the program knew a value gets the packaged suggestion, 待局确认.

    Without this an installation would break with every new release that asks for one more value.
    """
    newer = {name: {**entry, "state": OPEN} for name, entry in packaged(code).items() if name not in values}
    return {**newer, **values}


@cache
def first_clauses() -> tuple[FirstClause, ...]:
    return tuple(FirstClause(**entry) for entry in _load("clauses.yaml"))


@cache
def first_years() -> tuple[CalendarYear, ...]:
    return tuple(_year(entry) for entry in _load("calendar.yaml"))


def plain_values(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The bare values of a rule, without their sources."""
    return {name: entry["value"] for name, entry in values.items()}


def packaged_values(code: str) -> RuleValues:
    """A rule of the first issue as a draft: what the package says when no bureau has issued anything yet."""
    rule = next(rule for rule in first_rules() if rule.code == code)
    return RuleValues(code, rule.clause, f"{code}@1（{DRAFT_LABEL}）", plain_values(rule.values), simulated=True)


def parse_days(year: int, texts: list[str]) -> frozenset[dt.date]:
    """Days written as "05-01" or "05-01/05-05" (both ends included) of one year. Raises ValueError for anything else."""
    days: set[dt.date] = set()
    for text in texts:
        first, _, last = text.partition("/")
        start = dt.date.fromisoformat(f"{year}-{first}")
        end = dt.date.fromisoformat(f"{year}-{last or first}")
        if end < start:
            raise ValueError(f"{text}：结束早于开始")
        days |= {start + dt.timedelta(days=offset) for offset in range((end - start).days + 1)}
    return frozenset(days)


def season_by_month(day: dt.date, policy: RuleValues) -> SeasonAnswer:
    """The season of a day by its month (2.1.2), before any order."""
    season = next(name for name in SEASONS if day.month in policy[name])
    return SeasonAnswer(season, policy.clause, policy.version, simulated=policy.simulated)


def complaint_terms(received_at: dt.datetime, policy: RuleValues, calendar: WorkCalendar, day: dt.date) -> ComplaintTerms:
    """The clocks of a complaint first received at an aware moment that lies on ``day`` in the bureau's time zone."""
    respond_by = received_at + dt.timedelta(hours=policy["response_hours"])
    return ComplaintTerms(respond_by, calendar.nth_workday_after(day, policy["feedback_workdays"]))


def retention_dates(ended_on: dt.date, ingested_on: dt.date, policy: RuleValues) -> tuple[dt.date, dt.date]:
    """(kept through, deletable from); the bureau's own term never undercuts the plan's floor."""
    return retention(ended_on, ingested_on, max(policy["months"], policy["floor_months"]))


def _load(name: str) -> list[dict[str, Any]]:
    text = files("chengxin.rulebook").joinpath("data", name).read_text(encoding="utf-8")
    loaded: list[dict[str, Any]] = yaml.safe_load(text)
    return loaded


def _year(entry: dict[str, Any]) -> CalendarYear:
    return CalendarYear(
        year=entry["year"],
        version=entry["version"],
        source=entry["source"],
        announced=entry["announced"],
        days_off=parse_days(entry["year"], entry["days_off"]),
        makeup_workdays=parse_days(entry["year"], entry["makeup_workdays"]),
    )


def first_years_as_texts() -> list[dict[str, Any]]:
    """The packaged calendar years as they are stored."""
    return [{name: value for name, value in entry.items() if name != "version"} for entry in _load("calendar.yaml")]


def cut_into_clauses(lines: list[str], clauses: tuple[FirstClause, ...]) -> dict[str, str]:
    """The plan's text cut at its headings, clause code to wording.

    Headings are recognised in the plan's order and by their own words, whatever numbering, bookmarks or spaces stand around them;
    a heading out of order is ordinary text.
    """
    wording: dict[str, list[str]] = {}
    position, current = -1, ""
    for line in lines:
        text = re.sub(r"\[bookmark:[^\]]*\]", "", line).strip()
        heading = _compact(re.sub(r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+[.．、])", "", text))
        match = next((i for i, clause in enumerate(clauses) if i > position and _compact(clause.title) == heading), None)
        if match is not None:
            position, current = match, clauses[match].code
            wording[current] = []
        elif current and text:
            wording[current].append(text)
    return {code: "\n".join(texts) for code, texts in wording.items()}


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text).replace("(", "（").replace(")", "）")
