"""Two people at once, on real connections: one package, one freeze, one decision, one archive, errata numbered without a gap."""

from __future__ import annotations

import pytest

from chengxin.audit.models import Entry
from chengxin.core.errors import DomainError
from chengxin.reports.models import CarriedOver, Erratum, JusticeArchive, YearPackage
from chengxin.reports.services import (
    add_erratum,
    ask_export,
    carry_over,
    decide_export,
    freeze_package,
    issue_package,
    prepare_package,
)
from tests.reports.conftest import begun, finding, on, open_keys
from tests.reports.test_exports import ASKED, LATER
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def inside(action: object) -> object:
    """The clock of a thread is its own."""

    def run() -> object:
        with on():
            return action()  # type: ignore[operator]

    return run


def codes(results: list[object]) -> list[str]:
    return sorted(each.code if isinstance(each, DomainError) else "done" for each in results)


def test_a_year_begun_by_two_at_once_is_one_package(transactional_db: None, world: World) -> None:
    one, other = world.actor("督察"), world.actor("督察乙")
    results = at_once(*(inside(lambda actor=actor: prepare_package(actor, year=2026)) for actor in (one, other, one, other)))
    assert refusals(results) == 0
    assert YearPackage.objects.count() == Entry.objects.filter(action="reports.prepared").count() == 1


def test_two_freezes_at_once_are_one_freeze_and_two_issues_one_issue(transactional_db: None, world: World) -> None:
    with on():
        package = begun(world)
        one, other, leader = world.actor("督察"), world.actor("督察乙"), world.actor("局长")
    results = at_once(inside(lambda: freeze_package(one, package)), inside(lambda: freeze_package(other, package)))
    assert codes(results) == ["done", "frozen"]
    assert Entry.objects.filter(action="reports.frozen").count() == 1
    results = at_once(*(inside(lambda n=n: issue_package(leader, package, document_number=f"城管〔2027〕{n}号")) for n in (3, 4)))
    assert codes(results) == ["done", "not_frozen"]
    results = at_once(*(inside(lambda n=n: add_erratum(one, package, text=f"第 {n} 处有误")) for n in range(4)))
    assert refusals(results) == 0
    assert sorted(Erratum.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_carrying_over_at_once_with_the_freeze_is_in_it_or_refused(transactional_db: None, world: World) -> None:
    finding(world)
    with on():
        package = begun(world)
        one, other = world.actor("督察"), world.actor("督察乙")
        keys = open_keys(package)
    carry = inside(lambda: carry_over(one, package, keys=keys, responsible=world.persons["队长"], reason="年末未满期"))
    results = at_once(carry, inside(lambda: freeze_package(other, package)), carry)
    package.refresh_from_db()
    assert package.is_draft is (codes(results).count("not_ready") == 1)
    assert CarriedOver.objects.count() == 1
    if not package.is_draft:
        assert "年末未满期" in package.snapshot


def test_two_decisions_at_once_are_one_and_make_one_archive(transactional_db: None, world: World) -> None:
    with on(LATER):
        export = ask_export(world.actor("督察"), **ASKED)
    leader, other = world.actor("局长"), world.actor("督察乙")
    results = at_once(
        inside(lambda: decide_export(leader, export, granted=True)), inside(lambda: decide_export(other, export, granted=True))
    )
    assert codes(results) == ["decided", "done"]
    assert JusticeArchive.objects.count() == 1
