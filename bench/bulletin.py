"""A month's bulletin with 2,000 findings: figures against the bare SQL they come from, the .docx against zipping the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bench import town
from bench.measure import Result, interleaved, result
from chengxin.bulletins import rules
from chengxin.bulletins.selectors.figures import figures
from chengxin.bulletins.services.built_in import built_in
from chengxin.bulletins.services.word import fill
from chengxin.people.models import Person, Unit, User
from chengxin.rulebook.models import RuleVersion

MONTH, FINDINGS, ROUNDS = rules.Month(2024, 5), 2_000, 7
READER = rules.Reader(rules.INTERNAL, None)
# beside the town's own findings, which lie within the last year
FINDING = """
INSERT INTO findings_finding (kind, clause, entry, facts, text, note, place, grade, seen_at, seen_on, person_id, person_class, unit_id,
 rule_version_id, rule_label, calendar_version, state, corrected_on_spot, due_from, due_workdays, due_on, due_provisional, closed_at,
 finder_id, finder_person_id, finder_label, finder_office, self_check, notified_at, object_by, fingerprint, version)
SELECT 'attire.dress', CASE i %% 3 WHEN 0 THEN '2.1.3' WHEN 1 THEN '2.3.2' ELSE '2.2.3' END, 'attire.markings_missing', '{}',
 (ARRAY['漏戴标识', '插兜', '摄录未开机', '敞怀'])[1 + i %% 4], '', '示例路口' || i,
 CASE i %% 9 WHEN 0 THEN 'serious' ELSE 'minor' END,
 at, at::date, %(person)s, 'established', (%(units)s::bigint[])[1 + i %% %(count_units)s], %(version)s,
 'attire.prohibited@1', '2024.1',
 CASE WHEN i %% 5 = 0 THEN 'open' ELSE 'closed' END, false, at::date, 7, at::date + 9, false,
 CASE WHEN i %% 5 = 0 THEN NULL ELSE at + interval '5 days' END, %(finder)s, NULL, '督察', '督察办', false, at, at::date + 7,
 md5('b' || i) || md5('c' || i), 1
FROM (SELECT i, %(since)s::timestamptz + i * interval '20 minutes' AS at FROM generate_series(1, %(count)s) i) seen
"""
RECHECK = """
INSERT INTO findings_rectification (finding_id, round, text, by_id, by_label, at, outcome, rechecked_by_id, rechecked_at, recheck_note)
SELECT id, 1, '已整改', %(rectifier)s, '队员', seen_at + interval '3 days', 'passed', %(finder)s, seen_at + interval '5 days', ''
FROM findings_finding WHERE seen_on >= %(first)s AND seen_on <= %(last)s AND state = 'closed'
"""


def run() -> Iterator[Result]:
    _prepare()
    told = figures(MONTH, simulate=True)
    assert len(told["problems"]) == FINDINGS, len(told["problems"])
    with CaptureQueriesContext(connection) as captured:
        figures(MONTH, simulate=True)
    statements = [each["sql"] for each in captured.captured_queries]
    taken, bare = interleaved(ROUNDS, lambda: _seconds(lambda: figures(MONTH, simulate=True)), lambda: _seconds(lambda: _bare(statements)))
    yield result("bulletin_figures_seconds", taken, "秒", bare, "≤ 3", ratio=taken)
    yield result("bulletin_figures", taken, "秒", bare, "≤ 4")
    content, chart = rules.content(told, rules.Wording(), READER), rules.chart(told)
    template = built_in()
    written = fill(template, content, chart)
    parts = _parts(written)

    def write() -> bytes:
        return fill(template, rules.content(told, rules.Wording(), READER), chart)

    made, zipped = interleaved(ROUNDS, lambda: _seconds(write), lambda: _seconds(lambda: _zip(parts)))
    yield result("bulletin_docx_seconds", made, "秒", zipped, "≤ 1", ratio=made)
    yield result("bulletin_docx", made, "秒", zipped, "≤ 25")


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bare(statements: list[str]) -> None:
    """The very same statements, their rows fetched and thrown away."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            if cursor.description is not None:
                cursor.fetchall()


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return [(name, package.read(name)) for name in package.namelist()]


def _zip(parts: list[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in parts:
            package.writestr(name, body)


@transaction.atomic
def _prepare() -> None:
    finder, subject = town.build(), Person.objects.get(number="B2")
    rectifier, _ = User.objects.get_or_create(
        username="bench-rectifier",
        defaults={"person": subject, "password": make_password(None), "password_changed_at": finder.password_changed_at},
    )
    units = list(Unit.objects.filter(kind="squadron").values_list("pk", flat=True))
    given = {
        "person": subject.pk, "rectifier": rectifier.pk, "units": units, "count_units": len(units), "finder": finder.pk, "count": FINDINGS,
        "version": RuleVersion.objects.filter(rule__code="attire.prohibited").order_by("number").first().pk,  # type: ignore[union-attr]
        "since": dt.datetime(2024, 5, 1, 1, tzinfo=dt.UTC), "first": MONTH.first, "last": MONTH.last,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM findings_finding WHERE seen_on >= %(first)s AND seen_on <= %(last)s", given)
        if cursor.fetchone()[0]:
            return
        cursor.execute("SET session_replication_role = replica")  # the history of rows nobody wrote would only take time
        cursor.execute(FINDING, given)
        cursor.execute(RECHECK, given)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE findings_finding, findings_rectification")
