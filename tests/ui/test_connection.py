"""A kept connection: an idle one is used without a question, a dead one is noticed before a request meets it."""

from __future__ import annotations

import time
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql import base as postgresql

from chengxin.core import clock
from chengxin.people.models import Unit
from chengxin.ui.database import prepared


def _another() -> psycopg.Connection[Any]:
    told = connection.get_connection_params()
    return psycopg.connect(**{key: told[key] for key in ("dbname", "host", "port", "user", "password") if key in told}, autocommit=True)


def _end_by_the_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()[0]
    with _another() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [process])
    deadline = time.monotonic() + 5
    while connection.is_usable() and time.monotonic() < deadline:  # the socket's end arrives a moment after the order
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_is_used_without_asking_and_a_dead_one_is_replaced() -> None:
    connection.ensure_connection()
    asked: list[str] = []

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen), patch.object(postgresql.DatabaseWrapper, "is_usable") as question:
        assert connection.is_usable()
    assert asked == []
    assert not question.called
    _end_by_the_server()
    assert not connection.is_usable()
    connection.close_if_unusable_or_obsolete()  # what Django does as a request begins
    assert Unit.objects.count() == 0
    assert connection.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_word_from_the_server_is_not_taken_for_its_end() -> None:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN anything")
    with _another() as other:
        other.execute("NOTIFY anything")
    time.sleep(0.05)
    assert connection.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN anything")


@pytest.mark.django_db(transaction=True)
def test_a_connection_closed_on_this_side_is_not_usable() -> None:
    connection.ensure_connection()
    connection.connection.close()
    assert not connection.is_usable()
    connection.close()
    assert not connection.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_asks_past_the_orm_first_gets_a_new_connection_too() -> None:
    """A counter's or a dock's request begins with its token, which no model asks for."""
    assert prepared("SELECT 1", []) == [(1,)]
    _end_by_the_server()
    connection.close_if_unusable_or_obsolete()  # what Django does as a request begins
    connection.errors_occurred = False
    assert prepared("SELECT 2", []) == [(2,)]


@pytest.mark.django_db(transaction=True)
def test_what_is_called_prepared_is_prepared_and_what_the_orm_asks_is_not() -> None:
    for number in range(3):
        assert prepared("SELECT %s::bigint + 41", [number]) == [(number + 41,)]
        Unit.objects.count()
    known = [text for (text,) in prepared("SELECT statement FROM pg_prepared_statements", [])]
    assert sum("41" in text for text in known) == 1
    assert not any("people_unit" in text for text in known)


@pytest.mark.django_db
def test_a_moment_read_past_the_orm_is_the_moment_the_orm_reads() -> None:
    given = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [given])
        ((read,),) = cursor.fetchall()
    assert prepared("SELECT %s::timestamptz", [given]) == [(read,)] == [(given,)]
    assert prepared("SELECT %s::timestamptz", [given])[0][0].utcoffset() == read.utcoffset()
