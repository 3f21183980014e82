"""What the audit costs: a gesture's write with its entry and row history against the bare write, and sealing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

from django.db import connection, transaction

from bench import town
from bench.measure import Result, interleaved, rate, result
from chengxin.audit.services import record, seal
from chengxin.findings.models import Finding

SECONDS = 2
ENTRIES = 100_000


def run() -> Iterator[Result]:
    town.build()
    finding = Finding.objects.order_by("pk").first()
    assert finding is not None

    def bare() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            finding.save()

    def audited() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")  # the same statement, the triggers on
            finding.version += 1
            finding.save()
            record(town.SYSTEM, "findings.rechecked", f"finding:{finding.pk}", unit_id=finding.unit_id)

    with_audit, without = interleaved(5, lambda: rate(audited, SECONDS), lambda: rate(bare, SECONDS))
    yield result("audit", 1000 / with_audit, "ms/write", 1000 / without, "≤ 1.4")
    yield _sealing()


def _sealing() -> Result:
    """Microseconds an entry to seal 100,000 of them; the limit is SHA-256 over as many bytes, hashed one by one."""
    seal()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (at, actor_label, channel, address, action, subject, details)"
            " SELECT now(), '测速', 'web', '', 'audit.viewed', 'audit:' || i, jsonb_build_object('n', i) FROM generate_series(1, %s) i",
            [ENTRIES],
        )
    start = time.perf_counter()
    checkpoint = seal()
    taken = (time.perf_counter() - start) * 1e6 / ENTRIES
    assert checkpoint is not None
    assert checkpoint.entries >= ENTRIES
    line = b"x" * 260  # an entry's canonical text
    start = time.perf_counter()
    for _ in range(ENTRIES):
        hashlib.sha256(line).digest()
    limit = (time.perf_counter() - start) * 1e6 / ENTRIES
    return result("seal", taken, "µs/entry", limit, "≤ 5", ratio=taken)
