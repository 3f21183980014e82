"""Querysets asked in one statement give what they give one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import Count, F, Q
from django.test.utils import CaptureQueriesContext

from chengxin.findings.models import Finding, Step
from chengxin.people.models import Assignment, Grant, Person, Unit
from chengxin.rulebook.models import RuleVersion
from chengxin.ui.together import Counted, Inquiry, answers, ask
from tests.world import World

PREFETCH: Any = models.Prefetch
QUESTIONS = (
    lambda: Person.objects.order_by("-number")[:5],
    lambda: Assignment.objects.select_related("unit", "person").filter(period__contains=dt.date(2026, 1, 1)).order_by("pk"),
    lambda: Finding.objects.select_related("person", "unit__parent", "finder").order_by("-pk"),
    lambda: RuleVersion.objects.select_related("rule").order_by("pk")[:20],
    lambda: Unit.objects.annotate(members=Count("assignments", filter=Q(assignments__is_leader=True))).order_by("pk"),
    lambda: Unit.objects.values("name", above=F("parent__name")).order_by("pk"),
    lambda: Unit.objects.values_list("name", flat=True).order_by("-pk"),
    lambda: Grant.objects.filter(role="50% \\ ' \"").order_by("pk"),
    lambda: Unit.objects.filter(pk__in=[]),
    lambda: Person.objects.none(),
)


def test_what_is_asked_together_is_what_each_gives_alone(world: World) -> None:
    world.finding()
    together, alone = [each() for each in QUESTIONS], [each() for each in QUESTIONS]
    with CaptureQueriesContext(connection) as captured:
        ask(*together)
        rows = [list(each) for each in together]
        titles = [(each.person.name, each.unit.parent.name, each.facts["act"]) for each in together[2]]
    assert len(captured) == 1
    assert titles == [("队员", "大队", "漏戴标识")]
    for found, expected in zip(rows, alone, strict=True):
        assert [_without_related(each) for each in found] == [_without_related(each) for each in expected]


def _without_related(each: Any) -> Any:
    return {key: value for key, value in each.__dict__.items() if key != "_state"} if hasattr(each, "_state") else each


def test_counts_come_with_the_rest(world: World) -> None:
    members, none = Counted(Person.objects.filter(person_class="auxiliary")), Counted(Person.objects.none())
    units = Unit.objects.filter(kind="squadron")
    with CaptureQueriesContext(connection) as captured:
        ask(members, none, units)
    assert len(captured) == 1
    assert (members.n, none.n, len(units)) == (1, 0, 2)


def test_what_was_answered_is_not_asked_again(world: World) -> None:
    units = Unit.objects.all()
    ask(units)
    with CaptureQueriesContext(connection) as captured:
        ask(units)
    assert not captured.captured_queries


def test_inquiries_go_on_until_all_have_returned(world: World) -> None:
    def quiet() -> Inquiry[str]:
        return "nothing to ask"
        yield

    def once() -> Inquiry[str]:
        found = Unit.objects.filter(code="first")
        yield found
        return found[0].name

    def twice() -> Inquiry[str]:
        found, count = Unit.objects.filter(code="second"), Counted(Person.objects.all())
        yield found, count
        above = Unit.objects.filter(pk=found[0].parent_id)
        yield above
        return f"{above[0].name} {count.n}"

    with CaptureQueriesContext(connection) as captured:
        assert answers([quiet(), twice(), once()]) == ["nothing to ask", "大队 16", "一中队"]
    assert len(captured) == 2


MEMBERS: Any = Assignment.objects.select_related("person").prefetch_related("person__user").order_by("-pk")
BELONGING = (
    (
        lambda: Person.objects.prefetch_related("assignments__unit", "status_periods", "user__grants").order_by("pk"),
        ("assignments", "status_periods"),
    ),
    (
        lambda: Unit.objects.prefetch_related(PREFETCH("assignments", MEMBERS, "members"), "children").order_by("pk"),
        ("members", "children"),
    ),
    (lambda: Unit.objects.prefetch_related("children", PREFETCH("assignments", MEMBERS)).order_by("pk"), ("children", "assignments")),
    (
        lambda: Finding.objects.prefetch_related("person__assignments__unit", PREFETCH("steps", Step.objects.order_by("-pk"))),
        ("person", "steps"),
    ),
    (
        lambda: Assignment.objects.select_related("person").prefetch_related("person__assignments", "unit").order_by("pk"),
        ("person", "unit"),
    ),
    (
        lambda: Unit.objects.prefetch_related(PREFETCH("assignments", Assignment.objects.order_by("pk")[:1], "first")).order_by("pk"),
        ("first",),
    ),
    (lambda: Unit.objects.prefetch_related("parent", "parent__assignments", "parent__parent").order_by("pk"), ("parent",)),
)


@pytest.mark.parametrize(("question", "names"), BELONGING)
def test_what_belongs_to_rows_is_what_the_framework_brings(world: World, question: Callable[[], Any], names: tuple[str, ...]) -> None:
    world.finding()
    together, alone = question(), list(question())
    ask(together)
    with CaptureQueriesContext(connection) as captured:
        assert [_belongings(each, names) for each in together] == [_belongings(each, names) for each in alone]
        [[getattr(each, name) for name in names] for each in together]
    assert not captured.captured_queries
    assert any(belongs for each in alone for belongs in _belongings(each, names))


def _belongings(record: Any, names: tuple[str, ...]) -> list[Any]:
    found = [getattr(record, name) for name in names]
    return [list(each.all()) if hasattr(each, "all") else each for each in found]


def test_what_belongs_to_rows_takes_one_statement_a_step(world: World) -> None:
    world.finding()
    people = Person.objects.prefetch_related("assignments__unit__parent", "status_periods")
    findings = Finding.objects.prefetch_related("steps", "rectifications", "person__assignments")
    with CaptureQueriesContext(connection) as captured:
        ask(people, findings, Unit.objects.all())
        above = {each.unit.parent.name for person in people for each in person.assignments.all() if each.unit.parent}
        refers_back = all(each.person is person for person in people for each in person.assignments.all())
    assert len(captured) == 4
    assert ("大队" in above, refers_back) == (True, True)
    (finding,) = findings
    assert finding.person is not None
    assert [each.finding_id for each in finding.steps.all()] == [finding.pk] * finding.steps.count()
    assert list(finding.person.assignments.all()) == list(Assignment.objects.filter(person=finding.person))
