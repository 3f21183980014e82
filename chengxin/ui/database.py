"""Prepared statements in Django's own connection, for the few gestures that many people make at the same moment.

The rest of the house asks through the ORM, which composes each statement anew and waits for each answer: at the counter that
would take longer than the database itself.
"""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import psycopg
from django.db import connection
from django.db.models import Model, Q
from psycopg.abc import Loader
from psycopg.pq import Format

T = TypeVar("T")
# moments are read by the driver's own code: the framework's reader makes the same ones, in Python
MOMENT = psycopg.adapters.types["timestamptz"].oid
MOMENT_LOADER = cast("type[Loader]", psycopg.adapters.get_loader(MOMENT, Format.TEXT))
# a bench that wants to repeat what was sent puts a list here
trace: list[tuple[str, Sequence[Any]]] | None = None


@dataclass(frozen=True)
class Question(Generic[T]):
    """A statement with its values, and what its rows mean to the room that asks; jsonb comes as text."""

    statement: str
    parameters: Sequence[Any]
    understood: Callable[[list[tuple[Any, ...]]], T]


def ask(question: Question[T]) -> T:
    """The answer to one question."""
    return question.understood(prepared(question.statement, question.parameters))


def ask_together(*questions: Question[Any]) -> list[Any]:
    """The answers to several questions that are sent at once; the database answers them in their order."""
    with pipelined():
        cursors = [_send(question.statement, question.parameters) for question in questions]
    return [question.understood(cursor.fetchall()) for question, cursor in zip(questions, cursors, strict=True)]


def prepared(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement that gives rows, prepared on the server."""
    return _send(statement, parameters).fetchall()


def send(statement: str, parameters: Sequence[Any]) -> None:
    """Run one statement that gives no rows; within ``pipelined`` without waiting for it."""
    _send(statement, parameters)


_remembered: ContextVar[dict[Hashable, Any] | None] = ContextVar("chengxin_remembered", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within it ``once`` asks a question once. A page that only shows holds to it from its door on; a command never does."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def is_remembering() -> bool:
    return _remembered.get() is not None


def once(key: Hashable, question: Callable[[], T]) -> T:
    """The answer to a question, the same for the length of a page; outside of one it is asked each time."""
    known = _remembered.get()
    if known is None:
        return question()
    if key not in known:
        known[key] = question()
    return cast(T, known[key])


def any_of(conditions: Iterable[Q]) -> Q:
    """That one of some conditions holds; nothing does where there are none.

    No further alternative to begin with, not even one that nothing fits (``Q(pk=None)``): with it the database uses no index of the others.
    """
    every = list(conditions)
    return functools.reduce(operator.or_, every) if every else Q(pk__in=[])


@contextmanager
def pipelined() -> Iterator[None]:
    """Within it nobody waits for a statement whose rows nobody reads; the end of it waits for all."""
    _connected()
    with connection.connection.pipeline():
        yield


def commit_with_the_rest() -> None:
    """Send the COMMIT of the transaction that ends next together with what was sent before it, not after waiting for that.

    The last act within the outermost ``transaction.atomic``; what fails before it keeps the server from committing. Within
    another transaction it does nothing: that one decides.
    """
    if connection.in_atomic_block and not connection.savepoint_ids:
        _send("COMMIT", [])


def insert(rows: Sequence[Model], returning: str) -> list[tuple[Any, ...]]:
    """Insert many rows of one model at once, passing over those that a constraint refuses; gives a column of those inserted and
    their keys, in no order.

    The rows travel as one value, which the database takes apart by the table's own types: a statement with a placeholder for each
    field of each row takes longer to write and to read than to carry out.
    """
    if not rows:
        return []
    meta = rows[0]._meta
    columns = [field for field in meta.local_concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in columns)
    table = connection.ops.quote_name(meta.db_table)
    key = connection.ops.quote_name(str(meta.pk.column))
    content = json.dumps([{field.column: getattr(row, field.attname) for field in columns} for row in rows], default=_in_json)
    statement = (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s) "
        f"ON CONFLICT DO NOTHING RETURNING {connection.ops.quote_name(returning)}, {key}"
    )
    return prepared(statement, [content])


def _in_json(value: Any) -> str:
    return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | memoryview) else str(value)


def _connected() -> None:
    """As Django does before its own cursors: a kept connection whose server has gone is replaced, once a request."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()


def _send(statement: str, parameters: Sequence[Any]) -> psycopg.Cursor[Any]:
    if trace is not None:
        trace.append((statement, parameters))
    _connected()
    cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_loader(MOMENT, MOMENT_LOADER)
    cursor.execute(statement, parameters, prepare=True)
    return cursor
