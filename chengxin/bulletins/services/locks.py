"""The bulletin as it is now, held until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection, transaction

from chengxin.bulletins import rules
from chengxin.bulletins.models import Bulletin
from chengxin.core.errors import Conflict


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction that sees the whole database as it was at one moment, so that a list and its count agree whatever is written
    meanwhile. Within a transaction that runs already it is that one's. Raises Conflict when somebody else changed the bulletin.
    """
    if connection.in_atomic_block:
        yield
        return
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.SerializationFailure):
            raise Conflict("not_possible", "通报刚刚由他人办理，请刷新后核对。") from error
        raise


def locked(bulletin: Bulletin) -> Bulletin:
    return Bulletin.objects.select_for_update().get(pk=bulletin.pk)


def move(bulletin: Bulletin, action: str) -> None:
    """Put it into the state an action leads to. Raises Conflict."""
    try:
        bulletin.state = rules.after(bulletin.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def require_unsigned(bulletin: Bulletin) -> None:
    if bulletin.state not in {rules.DRAFT, rules.FROZEN}:
        raise Conflict("signed", f"通报{rules.STATES[bulletin.state]}，文字和任务不能再改；有误请用更正。")


def require_issued(bulletin: Bulletin, what: str) -> None:
    if bulletin.state != rules.ISSUED:
        raise Conflict("not_issued", f"通报尚未印发，不能{what}。")
