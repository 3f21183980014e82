"""A page of 50 findings with filters out of 200,000, against pgbench running the same SQL."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import town
from bench.measure import Result, interleaved, pgbench, rate, result

ADDRESS = "/findings/?state=open&clause=2.1.3&sort=-seen_on"
SECONDS = 3


def run() -> Iterator[Result]:
    """The whole answer of the site (session, permission, queries, page) as one client asks for it."""
    client = Client(headers={"host": "localhost"})
    client.force_login(town.build())
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.content.count(b'data-title="') >= 50 * 8, "fifty full rows are what is measured"
    # the text Django shows has its parameters filled in; pgbench plans it once and runs it prepared
    script = ";\n".join(query["sql"].replace("\n", " ") for query in captured.captured_queries if query["sql"].startswith("SELECT")) + ";\n"
    pages, limit = interleaved(5, lambda: rate(lambda: client.get(ADDRESS), SECONDS), lambda: pgbench(script, SECONDS))
    yield result("lists", pages, "pages/s", limit, "≥ 0.24")
