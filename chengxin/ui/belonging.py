"""What belongs to the rows of querysets (``prefetch_related``), asked for all of them at once: one statement a step, not one a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, ManyToOneRel, Model, OneToOneRel, Prefetch, prefetch_related_objects
from django.db.models.constants import LOOKUP_SEP

Rows: TypeAlias = Any  # a queryset, with what the framework does not promise of it
Lookup: TypeAlias = "str | Prefetch[Any, Any, Any]"


def bring_along(querysets: Sequence[Rows], ask: Callable[..., None]) -> None:
    """Give the rows of answered querysets what their ``prefetch_related`` names, and that what its own names, and so on.

    Relations that are neither a foreign key nor its other end, and limited ones, go the framework's own way, a statement each.
    """
    wishes = [wish for queryset in querysets if queryset._result_cache for wish in _wishes(queryset)]
    steps = [step for wish in wishes if (step := wish.step()) is not None]
    ask(*(step.rows for step in steps))
    for step in steps:
        step.hand_out()
    for wish in wishes:
        if wish.others:
            prefetch_related_objects(wish.records, *wish.others)


@dataclass
class _Wish:
    """What is wanted of some records under one name."""

    records: list[Model]
    name: str
    rows: Rows | None = None  # as the caller composed them
    to_attr: str | None = None
    further: list[Lookup] = field(default_factory=list)
    others: list[Lookup] = field(default_factory=list)  # for the framework

    def add(self, lookup: Lookup) -> None:
        self.others.append(lookup)
        through = lookup if isinstance(lookup, str) else lookup.prefetch_through
        rest = through.partition(LOOKUP_SEP)[2]
        if rest:
            self.further.append(rest if isinstance(lookup, str) else Prefetch(rest, lookup.queryset, lookup.to_attr))
        elif not isinstance(lookup, str):
            self.rows, self.to_attr = lookup.queryset, lookup.to_attr

    def step(self) -> _Up | _Down | None:
        """How it is asked here; None leaves it to the framework."""
        if self.rows is not None and self.rows.query.is_sliced:
            return None
        try:
            relation: Any = self.records[0]._meta.get_field(self.name)
        except FieldDoesNotExist:
            return None
        model: Any = relation.related_model
        if isinstance(relation, ManyToOneRel) and not isinstance(relation, OneToOneRel):
            self.others = []
            return _Down(self, relation, self._composed(model._default_manager))
        if isinstance(relation, ForeignKey) and not any(relation.is_cached(record) for record in self.records):
            self.others = []
            return _Up(self, relation, self._composed(model._base_manager))
        return None

    def _composed(self, manager: Any) -> Rows:
        rows: Rows = manager.all() if self.rows is None else self.rows.all()
        return rows.prefetch_related(*self.further) if self.further else rows


def _wishes(queryset: Rows) -> Iterator[_Wish]:
    found: dict[tuple[str, str | None], _Wish] = {}
    for lookup in queryset._prefetch_related_lookups:
        name, _, rest = (lookup if isinstance(lookup, str) else lookup.prefetch_through).partition(LOOKUP_SEP)
        kept_as = None if rest or isinstance(lookup, str) else lookup.to_attr
        found.setdefault((name, kept_as), _Wish(list(queryset), name)).add(lookup)
    yield from found.values()


class _Down:
    """From records to those that refer to them."""

    def __init__(self, wish: _Wish, relation: Any, rows: Rows) -> None:
        self.wish, self.relation = wish, relation
        self.rows = rows.filter(**{f"{relation.field.name}__in": wish.records})

    def hand_out(self) -> None:
        own: dict[Any, list[Model]] = defaultdict(list)
        records = {self.relation.field.get_foreign_related_value(record): record for record in self.wish.records}
        for row in self.rows:
            key = self.relation.field.get_local_related_value(row)
            own[key].append(row)
            if not self.relation.field.is_cached(row):
                self.relation.field.set_cached_value(row, records[key])
        for record in self.wish.records:
            self._give(record, own[self.relation.field.get_foreign_related_value(record)])

    def _give(self, record: Model, rows: list[Model]) -> None:
        if self.wish.to_attr:
            setattr(record, self.wish.to_attr, rows)
            return
        manager = getattr(record, self.wish.name)
        held = manager.get_queryset() if self.wish.rows is None else manager._apply_rel_filters(self.wish.rows)
        held._result_cache, held._prefetch_done = rows, True
        vars(record).setdefault("_prefetched_objects_cache", {})[self.relation.cache_name] = held


class _Up:
    """From records to what they refer to."""

    def __init__(self, wish: _Wish, relation: Any, rows: Rows) -> None:
        self.wish, self.relation = wish, relation
        keys = {getattr(record, relation.attname) for record in wish.records} - {None}
        self.rows = rows.filter(**{f"{relation.target_field.name}__in": sorted(keys)})

    def hand_out(self) -> None:
        found = {getattr(row, self.relation.target_field.attname): row for row in self.rows}
        for record in self.wish.records:
            self.relation.set_cached_value(record, found.get(getattr(record, self.relation.attname)))
