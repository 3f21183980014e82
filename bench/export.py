"""A list of 100,000 rows into a .csv file, against Python's csv module writing the same rows that lie in memory already."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Iterator

from django.test import RequestFactory

from bench import town
from bench.measure import Result, interleaved, result
from chengxin.findings import views
from chengxin.ui.export import EXPORT_LIMIT, Export

ADDRESS = "/findings/?export=csv&sort=-seen_on"


def run() -> Iterator[Result]:
    """From the question to the database to the last byte in the file, neutralised, in the words of the page."""
    export = _asked()
    with tempfile.TemporaryFile() as file:
        assert export.write(file) == EXPORT_LIMIT, "a hundred thousand rows are what is measured"
        file.seek(0)
        lines = list(csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline="")))
    ours, limit = interleaved(5, lambda: _seconds(export), lambda: _seconds_of_csv(lines))
    yield result("export", ours, "s", limit, "≤ 10")


def _asked() -> Export:
    """The list as the supervisor's page makes it."""
    found: list[Export] = []
    request = RequestFactory().get(ADDRESS)
    request.user = town.build()
    request.list_sink = found.append  # type: ignore[attr-defined]
    views.findings_list(request)
    return found[0]


def _seconds(export: Export) -> float:
    with tempfile.TemporaryFile() as file:
        start = time.perf_counter()
        export.write(file)
        return time.perf_counter() - start


def _seconds_of_csv(lines: list[list[str]]) -> float:
    with tempfile.TemporaryFile("w", encoding="utf-8-sig", newline="") as file:
        start = time.perf_counter()
        csv.writer(file).writerows(lines)
        return time.perf_counter() - start
