"""The daily roll-up: never stale, whoever changes a fact and whenever it is computed."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection, connections, transaction

from chengxin.attire.services import SeenException
from chengxin.cli.indicators import indicators as command
from chengxin.complaints.models import Complaint
from chengxin.core import clock
from chengxin.findings import services as findings
from chengxin.findings.models import Finding
from chengxin.people.models import Person
from chengxin.reports import rules, selectors
from chengxin.reports.models import DayFigure, DirtyDay
from chengxin.reports.selectors import facts
from chengxin.reports.services.figures import differences, make_all_dirty, rebuild_dirty_days
from tests.complaints.conftest import Case, case, closed, send  # noqa: F401  (fixtures of the neighbours)
from tests.reports.conftest import AUTUMN, on
from tests.world import World

SINCE, UNTIL = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
LATER = AUTUMN + dt.timedelta(days=30)
real = pytest.mark.django_db(transaction=True)  # a day is computed once everybody's transaction has ended


def told(world: World, code: str, name: str = "局长") -> tuple[int, int]:
    found = selectors.measured([code], world.actor(name), SINCE, UNTIL)[code]
    return found.good, found.n


def kept(code: str) -> dict[dt.date, tuple[int, int]]:
    days: dict[dt.date, tuple[int, int]] = {}
    for day, good, n in DayFigure.objects.filter(code=code).values_list("day", "good", "n"):
        before = days.get(day, (0, 0))
        days[day] = before[0] + good, before[1] + n
    return days


def flawed_roll_call(world: World, person: str = "队员") -> Finding:
    seen = SeenException(world.persons[person].pk, ("attire.markings_missing",), corrected_on_spot=False)
    world.roll_call(exceptions=[seen])
    return Finding.objects.latest("pk")


def lend(world: World, number: str = "RADIO-1") -> None:
    """Taken at nine and brought back at four of the same day."""
    with on(AUTUMN, 7):
        world.shift()
        world.item(number)
    with on(AUTUMN, 9):
        world.check_out(number)
    with on(AUTUMN, 16):
        world.give_back(number)


@real
def test_a_day_is_computed_once_and_told_as_its_facts_are(world: World) -> None:
    with on(AUTUMN):
        flawed_roll_call(world)
        before = told(world, rules.DRESS)
        assert rebuild_dirty_days() == 0, "today is counted live and never kept"
    with on(LATER):
        assert rebuild_dirty_days() == 1
        assert kept(rules.DRESS) == {AUTUMN: before}
        assert told(world, rules.DRESS) == before
        assert DirtyDay.objects.count() == 0
        rows = list(DayFigure.objects.order_by("pk").values_list("unit_id", "person_class", "good", "n"))
        assert rebuild_dirty_days() == 0
        make_all_dirty()
        rebuild_dirty_days()
        assert list(DayFigure.objects.order_by("pk").values_list("unit_id", "person_class", "good", "n")) == rows
        assert list(differences()) == []


@real
def test_figures_come_from_the_roll_up_and_not_from_the_facts_once_a_day_is_clean(world: World) -> None:
    with on(AUTUMN):
        world.roll_call()
    with on(LATER):
        rebuild_dirty_days()
        DayFigure.objects.filter(person_class="established").update(n=1000, good=999)
        assert told(world, rules.DRESS)[1] > 1000
        assert {(each.code, each.day, each.kept) for each in differences()} == {(rules.DRESS, AUTUMN, (999, 1000))}


@real
def test_a_reversed_finding_changes_the_figure_again_before_and_after_the_day_is_recomputed(world: World) -> None:
    with on(AUTUMN):
        finding = flawed_roll_call(world)
    with on(LATER):
        rebuild_dirty_days()
        good, n = told(world, rules.DRESS)
        findings.withdraw_finding(world.actor("局长"), finding, reason="认定有误")
        assert told(world, rules.DRESS) == (good + 1, n)
        assert kept(rules.DRESS) == {AUTUMN: (good, n)}
        assert rebuild_dirty_days() >= 1
        assert kept(rules.DRESS) == {AUTUMN: (good + 1, n)}
        assert told(world, rules.DRESS) == (good + 1, n)


@real
def test_a_refused_change_leaves_no_dirty_day(world: World) -> None:
    with on(AUTUMN):
        finding = flawed_roll_call(world)
    with on(LATER):
        rebuild_dirty_days()
        with transaction.atomic():
            Finding.objects.filter(pk=finding.pk).update(state="withdrawn")
            assert DirtyDay.objects.exists()
            transaction.set_rollback(True)
        assert not DirtyDay.objects.exists()
        Finding.objects.filter(pk=finding.pk).update(note="别的一栏")
        assert not DirtyDay.objects.exists(), "what no figure rests on makes nothing dirty"


@real
def test_plain_sql_that_moves_a_fact_to_another_day_unit_or_class_cannot_pass_unseen(world: World) -> None:
    lend(world)
    with on(LATER):
        rebuild_dirty_days()
        assert kept(rules.CLOSURE) == {AUTUMN: (1, 1)}
        other = AUTUMN + dt.timedelta(days=1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE equipment_custody SET due_at = due_at + interval '1 day', unit_id = %s", [world.units["二中队"].pk])
        assert set(DirtyDay.objects.values_list("code", "day")) == {(rules.CLOSURE, AUTUMN), (rules.CLOSURE, other)}
        assert [name for name, _ in selectors.indicators(world.actor("局长"), SINCE, UNTIL)[1].units] == ["二中队"]
        rebuild_dirty_days()
        assert kept(rules.CLOSURE) == {other: (1, 1)}
        assert told(world, rules.CLOSURE, "队长") == (0, 0)
        Person.objects.filter(pk=world.persons["队员"].pk).update(person_class="auxiliary")
        assert [name for name, _ in selectors.indicators(world.actor("局长"), SINCE, UNTIL)[1].classes] == ["协管"]
        rebuild_dirty_days()
        assert list(DayFigure.objects.filter(code=rules.CLOSURE).values_list("person_class", flat=True)) == ["auxiliary"]


@real
def test_a_complaint_that_is_handed_to_another_unit_takes_its_figures_along(world: World, case: Case) -> None:  # noqa: F811
    with on(AUTUMN):
        complaint = closed(world, case("大队"))
        complaint.answers.create(round=0, at=clock.now(), solved=True, satisfied=True)
    with on(LATER):
        rebuild_dirty_days()
        assert kept(rules.SATISFACTION) == kept(rules.RESPONSE) == kept(rules.FEEDBACK) == {AUTUMN: (1, 1)}
        Complaint.objects.filter(pk=complaint.pk).update(unit=world.units["一中队"])
        rebuild_dirty_days()
        assert set(DayFigure.objects.exclude(code="dress").values_list("unit_id", flat=True)) == {world.units["一中队"].pk}


@real
def test_a_day_with_a_term_that_still_runs_is_counted_live_until_the_term_is_over(world: World, case: Case) -> None:  # noqa: F811
    with on(AUTUMN):
        case("大队")
    tomorrow = AUTUMN + dt.timedelta(days=1)
    with on(tomorrow, 8):
        rebuild_dirty_days()
        assert kept(rules.FEEDBACK) == {}
        assert told(world, rules.FEEDBACK) == (0, 0)
    with on(LATER):
        assert told(world, rules.FEEDBACK) == (0, 1), "nothing was written and no job ran: it ran out all the same"
        rebuild_dirty_days()
        assert kept(rules.FEEDBACK) == {AUTUMN: (0, 1)}


@real
def test_a_day_is_not_computed_while_somebody_is_still_at_work_who_may_not_have_seen_the_change(world: World) -> None:
    with on(AUTUMN):
        finding = flawed_roll_call(world)
    begun, may_end = threading.Event(), threading.Event()

    def somebody() -> None:
        with transaction.atomic():
            Finding.objects.filter(pk=finding.pk).update(note="正在办理")
            begun.set()
            may_end.wait(10)
        connections.close_all()

    thread = threading.Thread(target=somebody)
    thread.start()
    begun.wait(10)
    with on(LATER):
        assert rebuild_dirty_days() == 0
        assert told(world, rules.DRESS)[1] > 0, "meanwhile readers count the day themselves"
        may_end.set()
        thread.join()
        assert rebuild_dirty_days() == 1


@real
def test_two_rebuilds_at_once_compute_each_day_once(world: World) -> None:
    for number in range(3):
        with on(AUTUMN + dt.timedelta(days=number)):
            world.roll_call()
    done: list[int] = []

    def rebuild() -> None:
        with on(LATER):
            done.append(rebuild_dirty_days())
        connections.close_all()

    threads = [threading.Thread(target=rebuild) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done)[0] + sorted(done)[1] == 3
    with on(LATER):
        assert list(differences()) == []
        assert not DirtyDay.objects.exists()


@real
def test_the_command_line_names_what_differs_and_rebuilds_it(world: World) -> None:
    with on(AUTUMN):
        world.roll_call()
    with on(LATER):
        run = CliRunner().invoke
        assert '"rebuilt": 1' in run(command, ["rebuild"]).output
        assert run(command, ["check"]).exit_code == 0
        DayFigure.objects.filter(person_class="auxiliary").delete()
        answer = run(command, ["check"])
        assert answer.exit_code == 1
        assert '"day": "2026-10-14", "unit": "一中队", "class": "auxiliary"' in answer.output
        run(command, ["rebuild", "--all"])
        assert run(command, ["check"]).exit_code == 0


@pytest.mark.django_db
def test_every_table_a_fact_is_read_from_is_watched_or_never_changes_a_figure() -> None:
    """Whoever lets a figure rest on another table has to say how its changes make days dirty."""
    harmless = {
        "people_unit",  # its name is read when a page is shown
        "draws_draw",  # the key of a draw is its identity
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'reports_dirty_%%'")
        watched = {name for (name,) in cursor.fetchall()}
    assert len(watched) > 15
    for source in facts.SOURCES:
        read = set(tables_of(source.grouped([(SINCE, UNTIL)], frozenset({1}))))
        assert read, source.name
        assert read <= watched | harmless, source.name


def tables_of(query: Any) -> list[str]:
    text, parameters = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", parameters)
        return relations(cursor.fetchone()[0])


def relations(plan: Any) -> list[str]:
    """Every table the plan reads."""
    if isinstance(plan, dict):
        own = [plan["Relation Name"]] if "Relation Name" in plan else []
        return own + [name for each in plan.values() for name in relations(each)]
    return [name for each in plan for name in relations(each)] if isinstance(plan, list) else []
