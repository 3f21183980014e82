"""A month as inspectors leave it, and its bulletin as far as a test needs it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chengxin.bulletins import rules, selectors
from chengxin.bulletins.models import Bulletin
from chengxin.bulletins.services import drafting, issuing
from chengxin.core import clock
from chengxin.supervision import selectors as supervision
from tests.world import World

SEPTEMBER, OCTOBER, NOVEMBER = rules.Month(2026, 9), rules.Month(2026, 10), rules.Month(2026, 11)
MARK = "attire.markings_missing"


@contextmanager
def on(month: int, day: int, hour: int = 10, year: int = 2026) -> Iterator[None]:
    with clock.frozen(clock.at(dt.date(year, month, day), hour)):
        yield


Month = Callable[..., Bulletin]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[..., None]:
    """So many persons of a unit were checked on a day, so many of them with a finding."""
    rows: list[tuple[dt.date, Any]] = []

    def coverage(since: dt.date, until: dt.date) -> list[Any]:
        return [row for day, row in rows if since <= day <= until]

    def checking(unit: str, count: int, flawed: int = 0, *, day: dt.date = OCTOBER.first, person_class: str = "established") -> None:
        world: World = request.getfixturevalue("world")
        rows.append((day, supervision.CoverageRow(world.units[unit], person_class, "open", 1, count, flawed)))

    monkeypatch.setattr(supervision, "coverage", coverage)
    return checking


@pytest.fixture
def october(world: World) -> dict[str, Any]:
    """Two problems of September, one of them put right; three of October, one of them under objection."""
    from chengxin.findings import services as findings

    with on(9, 10):
        settled, left = world.finding(person="协管"), world.finding(person="外人")
        findings.submit_rectification(world.actor("协管"), settled, text="已佩戴")
    with on(9, 11):
        findings.recheck_finding(world.actor("督察乙"), settled, passed=True, note="")
    with on(10, 12):
        first, objected = world.finding(person="队员", place="某某路口"), world.finding(person="女队员")
        spot = world.finding(person="外人", corrected_on_spot=True)
    with on(10, 13):
        findings.file_objection(world.actor("女队员"), objected, text="当时在更换标识")
    return {"settled": settled, "left": left, "first": first, "objected": objected, "spot": spot}


def begun(world: World, month: rules.Month = OCTOBER, by: str = "督察") -> Bulletin:
    return drafting.draft_bulletin(world.actor(by), month=month)


def frozen(world: World, month: rules.Month = OCTOBER, by: str = "督察") -> Bulletin:
    return drafting.freeze_bulletin(world.actor(by), begun(world, month, by))


def signed(world: World, month: rules.Month = OCTOBER) -> Bulletin:
    made = frozen(world, month)
    assert made.snapshot is not None
    return issuing.sign_bulletin(world.actor("局长"), made, sha256=made.snapshot.sha256)


def issued(world: World, month: rules.Month = OCTOBER, **more: Any) -> Bulletin:
    return issuing.issue_bulletin(world.actor("督察乙"), signed(world, month), **more)


def figures_of(bulletin: Bulletin) -> dict[str, Any]:
    return selectors.frozen_figures(Bulletin.objects.select_related("snapshot").get(pk=bulletin.pk))


def names_of(world: World) -> set[str]:
    """The cast whose names would be noticed in a text; "督察" and the like are words of the trade."""
    return {"队员", "女队员", "外人"} & set(world.persons)
