"""A list whose rows are worked out, not stored: filtered, sorted, paged and exported as any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.ui.tables import COUNT_LIMIT, ListPage


@dataclass
class WorkedOutList(ListPage):
    """One page of rows that rules have made. A filter's lookup is the key of a row; text is looked for within it, a choice among many."""

    given: Sequence[dict[str, Any]] = ()

    def __post_init__(self) -> None:
        self.sort = self._allowed_sort()
        wanted = self._lookups()
        kinds = {each.lookup: each.kind for each in self.filters}
        found = [row for row in self.given if all(_fits(row, key, value, kinds[key]) for key, value in wanted.items())]
        self.found = sorted(found, key=lambda row: row[self.sort.lstrip("-")], reverse=self.sort.startswith("-"))
        self.count = len(self.found)
        self.pages = max(1, -(-min(self.count, COUNT_LIMIT) // self.page_size))
        self.page = min(max(1, self._number("page")), self.pages)
        start = (self.page - 1) * self.page_size
        self.rows = self.found[start : start + self.page_size]

    @property
    def query(self) -> Any:
        """The whole list as the request asks for it."""
        return self.found


def _fits(row: Mapping[str, Any], key: str, value: str, kind: str) -> bool:
    if isinstance(row[key], tuple):
        return value in row[key]
    return value in str(row[key]) if kind == "text" else str(row[key]) == value
