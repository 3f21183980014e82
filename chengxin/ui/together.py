"""Querysets of many rooms asked in one statement.

A page that gathers something from every room would wait for the database once for each question, and most answers are empty. Here
rooms say their questions first and read the answers afterwards::

    def late(actor: Actor) -> Inquiry[list[Waiting]]:
        found = Thing.objects.filter(...)[:50]
        yield found
        return [Waiting(each.title, ...) for each in found]  # asks nothing any more

``answers`` takes any number of such inquiries, asks what they yield at once, and goes on until all have returned.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, cast

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from psycopg.abc import Loader
from psycopg.adapt import Loader as BaseLoader
from psycopg.pq import Format

from chengxin.ui.belonging import bring_along

T = TypeVar("T")
M = TypeVar("M", bound=Model)
R = TypeVar("R")


@dataclass
class Counted:
    """How many rows a query has; ``n`` is known once it was asked."""

    queryset: QuerySet[Any, Any]
    n: int = 0


@dataclass
class Sifted:
    """Rows of a query of values in whose ``searched`` all the words stand, whatever the case; the first ``most`` by ``order``.

    The query is worked out first, with its own order and limit: only the rows it gives are looked at. Of those that fit no more than
    ``considered`` are put in order, so that a word of half the table costs no more than a rare one.
    """

    queryset: QuerySet[Any, Any]
    words: Sequence[str]
    order: str
    most: int
    considered: int = 2000
    rows: list[dict[str, Any]] = field(default_factory=list)

    def sql(self, text: str) -> str:
        quoted = [connection.ops.quote_name(self.order.removeprefix("-")), "DESC" if self.order.startswith("-") else "ASC"]
        fits = " AND ".join(_composed("strpos(lower(y.searched), lower(%s)) > 0", [word]) for word in self.words)
        some = f"SELECT y.* FROM ({text}) y WHERE {fits} LIMIT {self.considered:d}"
        return f"SELECT z.* FROM ({some}) z ORDER BY z.{' '.join(quoted)} LIMIT {self.most:d}"


Asked: TypeAlias = "QuerySet[Any, Any] | Counted | Sifted"
Inquiry: TypeAlias = "Generator[Asked | Sequence[Asked], None, T]"


class JsonAsText(BaseLoader):
    """jsonb as the text the framework's own field reads."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data)[1:].decode()  # one byte says the version of the format


def answers(inquiries: Iterable[Inquiry[T]]) -> list[T]:
    """What each inquiry returns, in their order; one statement for all first questions, one for all second ones, and so on."""
    running = list(enumerate(inquiries))
    found: dict[int, T] = {}
    while running:
        asked: list[Asked] = []
        going = []
        for number, inquiry in running:
            try:
                question = next(inquiry)
            except StopIteration as end:
                found[number] = end.value
            else:
                asked += [question] if isinstance(question, QuerySet | Counted | Sifted) else question
                going.append((number, inquiry))
        ask(*asked)
        running = going
    return [found[number] for number in sorted(found)]


def just(*questions: Asked) -> Inquiry[Any]:
    """Questions that are asked along with inquiries, and no more."""
    yield questions


def joined(inquiries: Iterable[Inquiry[list[T]]]) -> list[T]:
    """What several inquiries found, one list."""
    return [each for found in answers(inquiries) for each in found]


def ask(*questions: Asked) -> None:
    """Fill querysets and counts with one statement, and one for each step of what belongs to them (``prefetch_related``).

    What was filled already is not asked again.
    """
    parts = [part for each in questions if (part := _part(each)) is not None]
    if not parts:
        return
    rows: list[list[tuple[Any, ...]]] = [[] for _ in parts]
    text = " UNION ALL ".join(part.sql(number) for number, part in enumerate(parts))
    for number, _, row in sorted(_run(text), key=lambda each: each[:2]):
        rows[number].append(row)
    for part, given in zip(parts, rows, strict=True):
        part.fill(given)
    bring_along([part.question for part in parts if isinstance(part.question, QuerySet)], ask)


def asked(queryset: QuerySet[M, R]) -> QuerySet[M, R]:
    """The queryset itself, its rows and what belongs to them at hand."""
    ask(queryset)
    return queryset


def gather(record: Model, *names: str) -> None:
    """Ask for what belongs to a record under several names at once; ``record.name.all()`` then has it at hand."""
    managers = {name: getattr(record, name).all() for name in names}
    ask(*managers.values())
    vars(record).setdefault("_prefetched_objects_cache", {}).update(managers)


@dataclass
class _Part:
    """One question on its way."""

    question: Asked
    compiler: SQLCompiler
    text: str

    def sql(self, number: int) -> str:
        if isinstance(self.question, Counted):
            return f"(SELECT {number}, 0, ROW(COUNT(*)) FROM ({self.text}) x)"
        text = self.question.sql(self.text) if isinstance(self.question, Sifted) else self.text
        return f"(SELECT {number}, row_number() OVER (), ROW(x.*) FROM ({text}) x)"

    def fill(self, rows: list[tuple[Any, ...]]) -> None:
        """The rows go the way of the framework's own: through its converters into whatever the queryset makes of them."""
        if isinstance(self.question, Counted):
            self.question.n = int(rows[0][0])
            return
        asked = self.question.queryset if isinstance(self.question, Sifted) else self.question
        _read(asked, self.compiler, rows)
        if isinstance(self.question, Sifted):
            self.question.rows = list(asked)


def _part(question: Asked) -> _Part | None:
    queryset = question if isinstance(question, QuerySet) else question.queryset
    if not isinstance(question, Counted) and queryset._result_cache is not None:
        return None
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        text, parameters = compiler.as_sql()
    except EmptyResultSet:
        if not isinstance(question, Counted):
            _read(queryset, compiler, [])
        return None
    # values are written into the text: what the framework composes may repeat one in GROUP BY, which the database takes for another
    return _Part(question, compiler, _composed(text, parameters))


def _composed(text: str, parameters: Sequence[Any]) -> str:
    return str(cast(Any, connection.ops).compose_sql(text, parameters))


def _read(queryset: QuerySet[Any, Any], compiler: SQLCompiler, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        queryset._result_cache = []
        return
    compiler.execute_sql = lambda *_, **__: [rows]  # type: ignore[method-assign, assignment]
    cast(Any, queryset)._prefetch_done = True  # what belongs to the rows is brought along for all querysets at once
    query = queryset.query
    query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
    try:
        len(queryset)
    finally:
        del query.get_compiler


def _run(text: str) -> list[tuple[int, int, tuple[Any, ...]]]:
    """Records come typed in the binary format alone, which the framework's cursors do not speak; its log of statements is kept."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    start = time.monotonic()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.adapters.register_loader("jsonb", cast("type[Loader]", JsonAsText))
        cursor.execute(cast(Any, text), binary=True)
        rows = cursor.fetchall()
    if connection.queries_logged:
        connection.queries_log.append({"sql": text, "time": f"{time.monotonic() - start:.3f}"})
    return rows
