"""Queries that are composed once: equal ones share a text, others never do, and a change of the rows is always seen."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet

from chengxin.people.models import ApiToken, Unit
from chengxin.ui import repeated
from chengxin.ui.repeated import Recipe, composed, rows_of
from tests.world import World

composings: list[frozenset[int] | None] = []


def units(reach: frozenset[int] | None) -> QuerySet[Unit, Any]:
    composings.append(reach)
    found = Unit.objects.all() if reach is None else Unit.objects.filter(pk__in=reach)
    return found.values_list("name", flat=True)


def test_equal_questions_are_composed_once_and_see_every_change(world: World) -> None:
    composings.clear()
    repeated._composed.cache_clear()
    some = frozenset({world.units["一中队"].pk, world.units["大队"].pk})
    assert {name for (name,) in rows_of(units, some)} == {"一中队", "大队"}
    assert len(rows_of(units, None)) == len(world.units)
    Unit.objects.filter(pk=world.units["大队"].pk).update(name="执法大队")
    assert {name for (name,) in rows_of(units, frozenset(list(some)))} == {"一中队", "执法大队"}
    assert composings == [some, None]


def test_a_question_that_can_have_no_rows_is_not_sent(world: World) -> None:
    assert rows_of(units, frozenset()) == []
    assert composed(units(frozenset())).count() == 0


def test_a_recipe_gives_the_same_query_to_whoever_goes_on_with_it(world: World) -> None:
    assert set(Recipe(units, (None,)).query) == {unit.name for unit in world.units.values()}
    assert composed(units(None)).count() == len(world.units)


def test_a_column_that_would_be_converted_afterwards_is_refused(world: World) -> None:
    with pytest.raises(TypeError, match="as the database does"):
        composed(ApiToken.objects.values("name", "capabilities"))
