"""Lists by plain GET parameters: filter, sort, page, export. They work without JavaScript."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, F, Func, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from chengxin.ui.export import WRITERS, Export
from chengxin.ui.repeated import Recipe, Statement, composed

COUNT_LIMIT = 10_000
Lookups = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Column:
    """A column: the key in the row, its heading, and the order_by expression when it can be sorted.

    ``words`` says what an exported cell of a coded value reads like: titles by code, or a function of the value. Without it the choices of
    the filter on the same column or those of the model's field are taken.
    """

    key: str
    title: str
    sort: str = ""
    words: Mapping[Any, Any] | Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Filter:
    """A filter: its GET parameter, label, the lookup it means, and its choices (none: free text).

    Kinds: "choice", "date" (a day), "hidden" (not shown: it only stays in the address, as the tab of a page does).
    """

    name: str
    label: str
    lookup: str
    choices: Sequence[tuple[str, str]] = ()
    kind: str = "choice"


@dataclass
class ListPage:
    """One page of a list. Rows are dictionaries (``values``), so that no model objects are built.

    A long list that many people read comes as a recipe: its statements are composed once.
    """

    request: HttpRequest
    source: QuerySet[Any, Any] | Recipe
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    default_sort: str = "-pk"
    page_size: int = 50
    rows: list[dict[str, Any]] = field(init=False)
    count: int = field(init=False)

    def __post_init__(self) -> None:
        self.sort = self._allowed_sort()
        lookups = tuple(self._lookups().items())
        if isinstance(self.source, Recipe):
            self.count = _counting(self.source, lookups).count()
        else:
            self.count = _counted(_filtered(self.source, lookups)).count()
        self.pages = max(1, -(-min(self.count, COUNT_LIMIT) // self.page_size))
        self.page = min(max(1, self._number("page")), self.pages)
        self.rows = self._rows(lookups, (self.page - 1) * self.page_size)

    def _rows(self, lookups: Lookups, start: int) -> list[dict[str, Any]]:
        if isinstance(self.source, Recipe):
            return _paging(self.source, lookups, self.sort, start, start + self.page_size).as_dictionaries()
        return list(_ordered(_filtered(self.source, lookups), self.sort)[start : start + self.page_size])

    @property
    def query(self) -> QuerySet[Any, Any]:
        """The whole list as the request asks for it."""
        source = self.source.query if isinstance(self.source, Recipe) else self.source
        return _ordered(_filtered(source, tuple(self._lookups().items())), self.sort)

    @property
    def count_label(self) -> str:
        return f"{COUNT_LIMIT}+" if self.count > COUNT_LIMIT else str(self.count)

    def value(self, name: str) -> str:
        # the database knows no NUL; a filter that has one in it means what is left without it
        return self.request.GET.get(name, "").replace("\0", "").strip()

    def address(self, **changes: Any) -> str:
        """This list's address with some parameters changed (None removes one)."""
        kept = {name: value for name, value in self.request.GET.items() if value}
        merged = {**kept, **changes}
        return "?" + urlencode({name: value for name, value in merged.items() if value not in (None, "")})

    def sort_address(self, column: Column) -> str:
        return self.address(sort=f"-{column.sort}" if self.sort == column.sort else column.sort, page=None)

    @property
    def is_filtered(self) -> bool:
        return any(self.value(each.name) for each in self.filters if each.kind != "hidden")

    @property
    def unfiltered_address(self) -> str:
        """This list without its filters, the sort and the page, on the same tab."""
        return "?" + urlencode(
            {each.name: self.value(each.name) for each in self.filters if each.kind == "hidden" and self.value(each.name)}
        )

    def export(self) -> HttpResponse | None:
        """The whole list within the reader's scope as .xlsx or .csv, when ``export`` asks for it.

        How it reaches the reader – at once, or made in the background – and that it is recorded is for the room above to see to.
        """
        kind = self.value("export")
        if kind not in WRITERS:
            return None
        titles = [column.title for column in self.columns]
        deliver: Callable[[HttpRequest, Export], HttpResponse] = import_string(settings.CHENGXIN_LIST_EXPORT)
        return deliver(self.request, Export(kind, titles, self.count, self._cells, self._total))

    def _total(self) -> int:
        return len(self.query) if isinstance(self.query, list) else self.query.order_by().count()

    def _cells(self) -> Iterable[list[Any]]:
        readings = [(column.key, self.reading_of(column)) for column in self.columns]
        return ([read(row.get(key)) for key, read in readings] for row in map(self.told, _one_by_one(self.query)))

    def told(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row of the database as the list shows it, for lists that show more than they ask for."""
        return row

    def reading_of(self, column: Column) -> Callable[[Any], Any]:
        """How a value of the column reads outside the page."""
        words = column.words if column.words is not None else self._titles_of(column.key)
        if callable(words):
            return words
        if not words:
            return _as_it_is
        # the value "" is what an open matter has: its title is in the words where it has one
        return lambda value: words.get(value, words.get(str(value), value))

    def _titles_of(self, key: str) -> Mapping[Any, Any]:
        """Titles by code, from the filter on the column or from the model's field."""
        for each in self.filters:
            if each.lookup == key and each.kind == "choice":
                return dict(each.choices)
        source = self.source.query if isinstance(self.source, Recipe) else self.source
        return field_titles(source, key)

    def _lookups(self) -> dict[str, Any]:
        lookups: dict[str, Any] = {}
        for each in self.filters:
            value = self.value(each.name)
            if value and each.kind == "choice" and value not in {choice for choice, _ in each.choices}:
                continue
            if value and each.kind == "date" and not _is_date(value):
                continue
            if value and each.lookup:
                lookups[each.lookup] = value
        return lookups

    def _allowed_sort(self) -> str:
        wanted = self.request.GET.get("sort", "")
        return wanted if wanted.lstrip("-") in {column.sort for column in self.columns if column.sort} else self.default_sort

    def _number(self, name: str) -> int:
        text = self.value(name)
        return int(text) if text.isdecimal() and len(text) < 9 else 1


def _as_it_is(value: Any) -> Any:
    return value


def _one_by_one(query: Any) -> Iterable[Mapping[str, Any]]:
    """Rows as they come from the database, a long list never in memory as a whole."""
    return query.iterator(chunk_size=2000) if isinstance(query, QuerySet) else query


def field_titles(source: QuerySet[Any, Any], key: str) -> Mapping[Any, Any]:
    """The choices of the model's field behind a key of ``values``; empty where it has none or the key is worked out."""
    annotation = source.query.annotations.get(key)
    if annotation is not None:
        field = getattr(annotation, "target", None)
    else:
        field, model = None, source.model
        for part in key.split("__"):
            try:
                field = model._meta.get_field(part)
            except FieldDoesNotExist:
                return {}
            model = field.related_model or model
    return dict(getattr(field, "flatchoices", None) or ())


def _filtered(source: QuerySet[Any, Any], lookups: Lookups) -> QuerySet[Any, Any]:
    return source.filter(**dict(lookups))


def _ordered(query: QuerySet[Any, Any], sort: str) -> QuerySet[Any, Any]:
    return query.order_by(sort, "-pk" if sort != "-pk" else "pk")


def _counted(query: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Counting stops where nobody reads on: "10000+"."""
    return query.order_by().values("pk")[: COUNT_LIMIT + 1]


@lru_cache(maxsize=256)
def _counting(recipe: Recipe, lookups: Lookups) -> Statement:
    return composed(_counted(_filtered(recipe.query, lookups)))


@lru_cache(maxsize=256)
def _paging(recipe: Recipe, lookups: Lookups, sort: str, start: int, stop: int) -> Statement:
    return composed(_ordered(_filtered(recipe.query, lookups), sort)[start:stop])


def moment_of(name: str) -> Func:
    """A moment as pages show it (2026-09-30 17:05, Asia/Shanghai), written by the database: in long lists that is quicker."""
    return Func(F(name), template="to_char(%(expressions)s AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')", output_field=CharField())


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
