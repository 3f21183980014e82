"""Service figures: how many, in time or not, how the hours are distributed, what came back. No persons (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chengxin.complaints import rules
from chengxin.core import clock
from chengxin.core.actor import Reach
from chengxin.rulebook import selectors as rulebook

# the edges of the histograms, in hours; the limit itself is an edge, so that a heap just below it is seen
HOURS = {
    rules.RESPONSE: (1, 2, 4, 8, 12, 16, 20, 22, 23, 24, 26, 30, 48, 72),
    rules.FEEDBACK: (8, 24, 48, 60, 66, 70, 72, 74, 80, 96, 120, 168, 240),
}

CLOCKS = """SELECT clock.kind, clock.started_at, clock.due_at, clock.met_at FROM complaints_clock clock
 JOIN complaints_complaint complaint ON complaint.id = clock.complaint_id
 WHERE clock.round = 0 AND complaint.received_at >= %(since)s AND complaint.received_at < %(until)s
 AND (%(units)s::bigint[] IS NULL OR complaint.unit_id = ANY(%(units)s))"""
# closing and coming back, each complaint once; what was merged is answered with the one it was merged into
CLOSINGS = """SELECT count(*), count(*) FILTER (WHERE first_closed_at IS NOT NULL), count(*) FILTER (WHERE reopened > 0),
 count(*) FILTER (WHERE repeat_of_id IS NOT NULL), count(*) FILTER (WHERE is_anonymous),
 (SELECT count(DISTINCT pause.complaint_id) FROM complaints_pause pause JOIN complaints_complaint paused ON paused.id = pause.complaint_id
  WHERE pause.granted AND paused.received_at >= %(since)s AND paused.received_at < %(until)s
  AND (%(units)s::bigint[] IS NULL OR paused.unit_id = ANY(%(units)s))),
 percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM first_closed_at - received_at) / 3600),
 percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - received_at) / 3600)
 FROM complaints_complaint WHERE state <> 'merged' AND received_at >= %(since)s AND received_at < %(until)s
 AND (%(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s))"""
ANSWERS = """SELECT count(*), count(*) FILTER (WHERE answer.solved), count(*) FILTER (WHERE answer.satisfied),
 count(*) FILTER (WHERE answer.solved AND NOT answer.satisfied), count(*) FILTER (WHERE answer.satisfied AND NOT answer.solved)
 FROM complaints_answer answer JOIN complaints_complaint complaint ON complaint.id = answer.complaint_id
 WHERE complaint.received_at >= %(since)s AND complaint.received_at < %(until)s
 AND (%(units)s::bigint[] IS NULL OR complaint.unit_id = ANY(%(units)s))"""
RESULTS = """SELECT result, count(*) FROM complaints_complaint WHERE state = 'closed'
 AND received_at >= %(since)s AND received_at < %(until)s AND (%(units)s::bigint[] IS NULL OR unit_id = ANY(%(units)s)) GROUP BY result"""


@dataclass(frozen=True)
class Term:
    """How one clock was kept: every complaint that fell due or was met, and the hours it took."""

    kind: str
    title: str
    due: int  # n: met, or past the term
    in_time: int
    running: int
    bars: list[tuple[str, int, bool]]  # hours, how many, whether beyond the limit (24 clock hours; days vary with the calendar)

    @property
    def rate(self) -> float | None:
        return self.in_time / self.due if self.due else None


@dataclass(frozen=True)
class Service:
    """The figures of a stretch of time."""

    since: dt.date
    until: dt.date
    n: int
    closed: int
    reopened: int
    repeats: int
    anonymous: int
    paused: int
    first_close: list[float] | None  # hours: median, 90 %
    last_close: list[float] | None
    terms: list[Term]
    answered: int
    solved: int
    satisfied: int
    solved_not_satisfied: int
    satisfied_not_solved: int
    results: list[tuple[str, int]]
    least: int

    @property
    def is_enough(self) -> bool:
        return self.n >= self.least


def service(units: Reach, since: dt.date, until: dt.date) -> Service:
    """The figures of complaints first received from one day through another, of some units or the whole bureau."""
    given = {"since": clock.at(since), "until": clock.at(until + dt.timedelta(days=1)), "units": None if units is None else sorted(units)}
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS, given)
        clocks = cursor.fetchall()
        cursor.execute(CLOSINGS, given)
        closings: Any = cursor.fetchone()
        cursor.execute(ANSWERS, given)
        answers: Any = cursor.fetchone()
        cursor.execute(RESULTS, given)
        results = dict(cursor.fetchall())
    least = rulebook.rule_values("complaints.intake", clock.today(), simulate=True)["public_from"]
    return Service(
        since=since, until=until, n=closings[0], closed=closings[1], reopened=closings[2], repeats=closings[3], anonymous=closings[4],
        paused=closings[5], first_close=closings[6], last_close=closings[7], terms=[_term(kind, clocks) for kind in rules.CLOCKS],
        answered=answers[0], solved=answers[1], satisfied=answers[2], solved_not_satisfied=answers[3], satisfied_not_solved=answers[4],
        results=[(title, results.get(code, 0)) for code, title in rules.RESULTS.items()], least=least,
    )  # fmt: skip


def _term(kind: str, rows: Sequence[tuple[Any, ...]]) -> Term:
    now, hours, counts = clock.now(), [], dict.fromkeys(rules.VERDICTS, 0)
    for row_kind, started, due, met in rows:
        if row_kind != kind:
            continue
        counts[rules.verdict(due, met, now)] += 1
        if met is not None:
            hours.append((met - started).total_seconds() / 3600)
    due_count = counts[rules.IN_TIME] + counts[rules.LATE] + counts[rules.OVERDUE]
    return Term(kind, rules.CLOCKS[kind], due_count, counts[rules.IN_TIME], counts[rules.RUNNING], _bars(kind, hours))


def _bars(kind: str, hours: Sequence[float]) -> list[tuple[str, int, bool]]:
    edges = HOURS[kind]
    limit = 24 if kind == rules.RESPONSE else 72
    counts = [0] * (len(edges) + 1)
    for each in hours:
        counts[next((place for place, edge in enumerate(edges) if each <= edge), len(edges))] += 1
    labels = [f"≤{edge}" for edge in edges] + [f">{edges[-1]}"]
    beyond = [edge > limit for edge in edges] + [True]
    return list(zip(labels, counts, beyond, strict=True))
