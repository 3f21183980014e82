"""``chengxin explain``: what a rule says about one case, as JSON. ``-`` reads one case a line from standard input.

Answers come from the database's rules in force (else its draft); where no database was ever set up, from the packaged first issue.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from chengxin.core.clock import SHANGHAI
from chengxin.core.postgres import database_target
from chengxin.rulebook import rules
from chengxin.rulekit.workdays import WorkCalendar

EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2200, 12, 31)
BASE = Path(__file__).resolve().parents[2] / "var"


class BadCase(ValueError):
    """A case that cannot be understood; the message names the field and the remedy."""


@dataclass(frozen=True)
class Source:
    """Where the answers come from."""

    values: Callable[[str, dt.date], rules.RuleValues]
    season: Callable[[dt.date], rules.SeasonAnswer]
    calendar: WorkCalendar
    eligibility: Callable[[int, str], dict[str, Any]]


@click.group()
def explain() -> None:
    """说明一条规则对某个具体情形的结论（JSON）。"""


def _command(name: str, fields: tuple[str, ...], text: str) -> Callable[[Callable[..., dict[str, Any]]], click.Command]:
    """A command that answers one case from its arguments, or one a line from standard input."""

    def decorate(answer: Callable[..., dict[str, Any]]) -> click.Command:
        @explain.command(name, help=f"{text} 参数：{' '.join(fields)}；或用 - 从标准输入逐行读取。")
        @click.argument("case", nargs=-1, required=True)
        def command(case: tuple[str, ...]) -> None:
            with _source() as source:
                if case == ("-",):
                    _answer_lines(answer, fields, source)
                else:
                    _print(_answer_one(answer, fields, case, source))

        return command

    return decorate


@_command("season", ("DATE",), "当日着装季节。")
def _season(source: Source, day: str) -> dict[str, Any]:
    answer = source.season(_day(day, "日期"))
    found = {
        "season": answer.season,
        "label": answer.label,
        "clause": answer.clause,
        "rule_version": answer.rule_version,
    }
    if answer.order is not None:
        found["order"] = answer.order
    return _marked(found, answer.simulated)


@_command("due", ("INSTANT",), "投诉首次收到后的响应与反馈期限。")
def _due(source: Source, instant: str) -> dict[str, Any]:
    received = _instant(instant, "收到时间")
    policy = source.values("complaints.clocks", received.date())
    terms = rules.complaint_terms(received, policy, source.calendar, received.date())
    found = {
        "respond_by": terms.respond_by.isoformat(),
        "feedback_on": terms.feedback.day.isoformat(),
        "clause": policy.clause,
        "calendar_version": terms.feedback.calendar_version,
        "provisional": terms.feedback.provisional,
    }
    return _marked(found, policy.simulated)


@_command("workdays", ("DATE", "N"), "某日之后第 N 个工作日。")
def _workdays(source: Source, day: str, count: str) -> dict[str, Any]:
    number = _whole_number(count, "工作日数")
    try:
        counted = source.calendar.nth_workday_after(_day(day, "日期"), number)
    except ValueError as error:
        raise BadCase(str(error)) from error
    return {
        "date": counted.day.isoformat(),
        "provisional": counted.provisional,
        "calendar_version": counted.calendar_version,
    }


@_command("retention", ("ENDED", "INGESTED"), "执法影像留存到哪天、哪天起可删除。")
def _retention(source: Source, ended: str, ingested: str) -> dict[str, Any]:
    ended_on, ingested_on = _day(ended, "录制结束"), _day(ingested, "导入")
    policy = source.values("footage.retention", max(ended_on, ingested_on))
    through, deletable = rules.retention_dates(ended_on, ingested_on, policy)
    found = {
        "retain_through": through.isoformat(),
        "deletable_from": deletable.isoformat(),
        "clause": policy.clause,
        "rule_version": policy.version,
    }
    return _marked(found, policy.simulated)


@_command("eligibility", ("YEAR", "NUMBER"), "某年度某工号人员的评优资格及理由。")
def _eligibility(source: Source, year: str, number: str) -> dict[str, Any]:
    return source.eligibility(_year(year), number)


def _year(text: str) -> int:
    year = _whole_number(text, "年度")
    if not EARLIEST.year <= year <= LATEST.year:
        raise BadCase(f"年度 {year} 超出可计算的范围（{EARLIEST.year} 至 {LATEST.year} 年）。")
    return year


def _marked(found: dict[str, Any], simulated: bool) -> dict[str, Any]:
    return {**found, "simulated": True} if simulated else found


def _answer_one(answer: Callable[..., dict[str, Any]], fields: tuple[str, ...], case: tuple[str, ...], source: Source) -> dict[str, Any]:
    try:
        return _answer(answer, fields, case, source)
    except BadCase as error:
        raise click.UsageError(str(error)) from error


def _answer_lines(answer: Callable[..., dict[str, Any]], fields: tuple[str, ...], source: Source) -> None:
    for line in sys.stdin.buffer:
        try:
            case = tuple(line.decode("utf-8-sig").split())
            _print(_answer(answer, fields, case, source))
        except UnicodeDecodeError:
            _print({"error": "这一行不是 UTF-8 文本。"})
        except BadCase as error:
            _print({"error": str(error)})


def _answer(answer: Callable[..., dict[str, Any]], fields: tuple[str, ...], case: tuple[str, ...], source: Source) -> dict[str, Any]:
    if len(case) != len(fields):
        raise BadCase(f"需要 {len(fields)} 项（{' '.join(fields)}），现有 {len(case)} 项。")
    return answer(source, *case)


def _print(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False))


def _day(text: str, field: str) -> dt.date:
    """A date, or the Shanghai day of a moment (a moment without offset is Shanghai time)."""
    if "T" in text:
        return _instant(text, field).date()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, flags=re.ASCII):
        raise BadCase(f"{field}“{text}”看不懂，请写成 2026-09-30 这样的日期。")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadCase(f"{field}“{text}”不是存在的日期，请核对月份和日子。") from error
    return _within(day, field)


def _instant(text: str, field: str) -> dt.datetime:
    if not re.match(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", text, flags=re.ASCII) or not text.isascii():
        raise BadCase(f"{field}“{text}”看不懂，请写成 2026-09-30T17:00 这样的时间（可带时区，如 +08:00）。")
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadCase(f"{field}“{text}”不是存在的时间，请核对日期和钟点。") from error
    _within(moment.date(), field)
    aware = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)
    _within(aware.date(), field)
    return aware


def _within(day: dt.date, field: str) -> dt.date:
    if not EARLIEST <= day <= LATEST:
        raise BadCase(f"{field} {day} 超出可计算的范围（{EARLIEST.year} 至 {LATEST.year} 年）。")
    return day


def _whole_number(text: str, field: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text, flags=re.ASCII):
        raise BadCase(f"{field}“{text}”应为整数，例如 7。")
    return int(text)


@contextmanager
def _source() -> Iterator[Source]:
    target = database_target(os.environ, BASE)
    if target.data is not None and not (target.data / "PG_VERSION").exists():
        yield _packaged()
        return
    from chengxin.cli.django import with_database

    with with_database():
        yield _stored()


def _packaged() -> Source:
    def season(day: dt.date) -> rules.SeasonAnswer:
        return rules.season_by_month(day, rules.packaged_values("attire.season"))

    def values(code: str, _on: dt.date) -> rules.RuleValues:
        return rules.packaged_values(code)

    def eligibility(_year: int, _number: str) -> dict[str, Any]:
        raise BadCase("评优资格由台账得出，还没有数据库；请先运行一次 chengxin serve。")

    return Source(values, season, WorkCalendar(rules.first_years()), eligibility)


def _stored() -> Source:
    from django.db import ProgrammingError

    from chengxin.attire import selectors as attire
    from chengxin.rulebook import selectors as rulebook

    try:
        return Source(
            lambda code, on: rulebook.rule_values(code, on, simulate=True),
            lambda day: attire.season_on(day, simulate=True),
            rulebook.work_calendar(),
            _stored_eligibility,
        )
    except ProgrammingError as error:
        raise click.ClickException("数据库还没有准备好，请先运行一次 chengxin serve。") from error


def _stored_eligibility(year: int, number: str) -> dict[str, Any]:
    from chengxin.appraisal.selectors import explained
    from chengxin.core.errors import NotFound

    try:
        return explained(year, number)
    except NotFound as error:
        raise BadCase(error.message) from error
