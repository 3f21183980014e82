"""Queries of the ORM that are composed once and run prepared from then on.

Composing a long list's query anew takes Python several times as long as the database needs to answer it, and a text the server has
not seen is also planned anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from chengxin.ui.database import prepared


@dataclass(frozen=True)
class Recipe:
    """A query of values that ``build`` composes from ``given`` and from nothing else.

    The text is kept for whoever comes with equal values: all it depends on – units reached, person, day – has to be among them, and
    ``build`` may ask neither the clock nor the request.
    """

    build: Callable[..., QuerySet[Any, Any]]
    given: tuple[Hashable, ...] = ()

    @property
    def query(self) -> QuerySet[Any, Any]:
        return self.build(*self.given)


@dataclass(frozen=True)
class Statement:
    """A composed query: its text and values, and what its columns are called. Without a text it can have no rows."""

    text: str
    parameters: tuple[Any, ...]
    names: tuple[str, ...] = ()

    def rows(self) -> list[tuple[Any, ...]]:
        return prepared(self.text, self.parameters) if self.text else []

    def as_dictionaries(self) -> list[dict[str, Any]]:
        return [dict(zip(self.names, row, strict=True)) for row in self.rows()]

    def count(self) -> int:
        return int(prepared(f"SELECT COUNT(*) FROM ({self.text}) subquery", self.parameters)[0][0]) if self.text else 0


def composed(query: QuerySet[Any, Any]) -> Statement:
    """A query of values as a statement. Raises TypeError for a column that the ORM would convert after reading it."""
    compiler = query.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        text, parameters = compiler.as_sql()
    except EmptyResultSet:
        return Statement("", ())
    if compiler.get_converters([each[0] for each in compiler.select]):
        raise TypeError("a repeated query gives its columns as the database does")
    return Statement(text, tuple(parameters), tuple(query.query.selected or ()))


@lru_cache(maxsize=256)
def _composed(recipe: Recipe) -> Statement:
    return composed(recipe.query)


def rows_of(build: Callable[..., QuerySet[Any, Any]], *given: Hashable) -> list[tuple[Any, ...]]:
    """The rows of a query, composed once for equal ``given``."""
    return _composed(Recipe(build, given)).rows()
