"""Lists by plain GET parameters: filter, sort, page, export. They work without JavaScript."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, F, Func, QuerySet
from django.http import HttpRequest, HttpResponse

from chengxin.ui.export import csv_response, xlsx_response

COUNT_LIMIT = 10_000
EXPORT_LIMIT = 100_000


@dataclass(frozen=True)
class Column:
    """A column: the key in the row, its heading, and the order_by expression when it can be sorted."""

    key: str
    title: str
    sort: str = ""


@dataclass(frozen=True)
class Filter:
    """A filter: its GET parameter, label, the lookup it means, and its choices (none: free text; "date": a day)."""

    name: str
    label: str
    lookup: str
    choices: Sequence[tuple[str, str]] = ()
    kind: str = "choice"


@dataclass
class ListPage:
    """One page of a list. Rows are dictionaries (``values``), so that no model objects are built."""

    request: HttpRequest
    query: QuerySet[Any, Any]
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    default_sort: str = "-pk"
    page_size: int = 50
    rows: list[dict[str, Any]] = field(init=False)
    count: int = field(init=False)

    def __post_init__(self) -> None:
        self.sort = self._allowed_sort()
        self.query = self.query.filter(**self._lookups()).order_by(self.sort, "-pk" if self.sort != "-pk" else "pk")
        # counting stops where nobody reads on: "10000+"
        self.count = self.query.order_by().values("pk")[: COUNT_LIMIT + 1].count()
        self.pages = max(1, -(-min(self.count, COUNT_LIMIT) // self.page_size))
        self.page = min(max(1, self._number("page")), self.pages)
        start = (self.page - 1) * self.page_size
        self.rows = list(self.query[start : start + self.page_size])

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
        return any(self.value(each.name) for each in self.filters)

    def export(self) -> HttpResponse | None:
        """The whole list within the reader's scope as .xlsx or .csv, when ``export`` asks for it."""
        kind = self.value("export")
        if kind not in {"xlsx", "csv"}:
            return None
        make = xlsx_response if kind == "xlsx" else csv_response
        rows = self.query[:EXPORT_LIMIT]
        return make([column.title for column in self.columns], self._cells(rows))

    def _cells(self, rows: Iterable[Mapping[str, Any]]) -> Iterable[list[Any]]:
        return ([row.get(column.key) for column in self.columns] for row in rows)

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


def moment_of(name: str) -> Func:
    """A moment as pages show it (2026-09-30 17:05, Asia/Shanghai), written by the database: in long lists that is quicker."""
    return Func(F(name), template="to_char(%(expressions)s AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')", output_field=CharField())


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
