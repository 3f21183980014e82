"""The demo bureau: fictional, complete, the same every time, and never beside real data."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.test import Client

from chengxin.attire.models import RollCall
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.demo import build, cast
from chengxin.equipment.models import Count, Custody, Item
from chengxin.equipment.selectors import stock_table
from chengxin.evidence.models import Gap, Hold, Recording
from chengxin.findings.models import Finding, Proposal
from chengxin.people.models import Person, Unit, User
from tests.world import World

MONDAY = clock.at(dt.date(2026, 11, 23), 10)


@pytest.fixture
def bureau(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six weeks of it: the whole fourteen months are built in the same way."""
    monkeypatch.setattr(build, "HISTORY_DAYS", 42)
    with clock.frozen(MONDAY):
        build.build_when_empty()


def test_it_has_the_size_that_was_asked_for_and_every_account_signs_in(bureau: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert Unit.objects.filter(kind="squadron").count() == 6
    classes = Counter(Person.objects.values_list("person_class", flat=True))
    assert 110 <= classes["established"] <= 130
    assert 85 <= classes["auxiliary"] <= 95
    with clock.frozen(MONDAY):
        build.print_accounts()
    printed = capsys.readouterr().out
    assert build.PASSWORD in printed
    for username in ("leader", "supervisor", "finance", "captain1", "keeper1", "officer1", "auxiliary1", "sysadmin", "secadmin", "auditor"):
        assert username in printed
        assert User.objects.get(username=username).check_password(build.PASSWORD)
        client = Client()
        client.force_login(User.objects.get(username=username))
        with clock.frozen(MONDAY):
            page = client.get("/")
        assert page.status_code == 200
        assert "演示局" in page.content.decode()


def test_it_is_alive_through_the_commands_and_building_again_changes_nothing(bureau: None) -> None:
    every_role_has_something_waiting()
    its_history_came_through_the_commands()
    its_equipment_rooms_are_full_of_life()
    its_footage_is_there_and_some_of_it_is_asked_for()
    before = Person.objects.count(), Entry.objects.count()
    build.build_when_empty()
    assert (Person.objects.count(), Entry.objects.count()) == before


def every_role_has_something_waiting() -> None:
    for username in ("leader", "captain1", "keeper1", "officer1", "supervisor2"):
        client = Client()
        client.force_login(User.objects.get(username=username))
        with clock.frozen(MONDAY):
            assert "现在没有等您处理的事" not in client.get("/").content.decode(), username


def its_history_came_through_the_commands() -> None:
    assert RollCall.objects.count() == Entry.objects.filter(action="attire.roll_called").count() > 100
    assert Finding.objects.count() == Entry.objects.filter(action="findings.raised").count() > 10
    assert not Finding.objects.filter(finder=None).exists()


def its_equipment_rooms_are_full_of_life() -> None:
    assert Item.objects.count() == 900
    assert Custody.objects.count() > 1500
    with clock.frozen(MONDAY):
        open_ = Custody.objects.all().open()
        assert open_.count() > 20
        assert Custody.objects.all().overdue(clock.now()).exists()
    assert {"ready", "lost", "in_repair"} <= set(Item.objects.values_list("service", flat=True))
    assert Count.objects.filter(closed_at=None).count() == 1
    assert Count.objects.exclude(closed_at=None).count() == 1
    assert Proposal.objects.filter(state="waiting").exists()
    assert any(row.low for row in stock_table())


def its_footage_is_there_and_some_of_it_is_asked_for() -> None:
    assert Recording.objects.filter(attribution="attributed").count() > 100
    assert Recording.objects.exclude(attribution="attributed").exists()
    assert {"important", "ordinary"} == set(Recording.objects.values_list("category", flat=True))
    assert Hold.objects.filter(matter__closed_at=None).exists()
    assert Gap.objects.filter(state=Gap.OPEN).exists()
    newest = Recording.objects.exclude(codec="").order_by("-pk")[0]
    assert (newest.codec, newest.is_cut_off) == ("h264", False)


def test_an_installation_with_units_gets_no_demo(world: World, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    build.build_when_empty()
    build.print_accounts()
    assert not (settings.DATA_DIR / "demo").exists()
    assert "没有建立演示局" in capsys.readouterr().out
    assert Person.objects.filter(number__startswith="CX").count() == 0


def test_the_cast_is_plainly_fictional_and_the_same_every_time() -> None:
    day = dt.date(2025, 9, 23)
    assert list(cast.members(day)) == list(cast.members(day))
    for member in cast.members(day):
        assert member.name[1:] in cast.TERMS
