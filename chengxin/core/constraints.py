"""A broken database constraint as a refusal people can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from chengxin.core.errors import Conflict


@contextmanager
def readable(*models: Any) -> Iterator[None]:
    """Turn a violation of one of the models' named constraints into Conflict with the constraint's own message.

    Wrap it around the transaction or savepoint, never inside one: PostgreSQL has ended that one already.
    """
    try:
        yield
    except Exception as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.errors.IntegrityError):
            raise
        name = cause.diag.constraint_name or ""
        for model in models:
            for constraint in model._meta.constraints:
                if constraint.name == name:
                    raise Conflict(name, str(constraint.violation_error_message)) from error
        raise
