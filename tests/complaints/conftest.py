"""Complaints as they come in, and two ways to look at the whole database: that nothing changed, and that something is nowhere."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chengxin.complaints.models import Accused, Complaint
from chengxin.complaints.services import accused as persons
from chengxin.complaints.services import handling, intake
from chengxin.complaints.services.intake import Receipt, Said
from chengxin.core import clock
from chengxin.core.errors import DomainError
from tests.world import World

WEDNESDAY = dt.date(2026, 3, 11)  # an ordinary week: no holiday, no make-up workday
TEXT = "昨天下午三点左右，南湖路菜场门口的一名城管队员对摆摊的老人大声呵斥，还踢翻了菜筐。"
CONTACT = {"name": "欧阳守拙", "phone": "13955512345"}
ADDRESS = "203.0.113.77"

Send = Callable[..., Receipt]
Case = Callable[..., Complaint]


@contextmanager
def on(day: dt.date = WEDNESDAY, hour: int = 10, minute: int = 5) -> Iterator[None]:
    with clock.frozen(clock.at(day, hour, minute)):
        yield


@contextmanager
def later(**stretch: float) -> Iterator[None]:
    """Some hours or days after the moment that is now."""
    with clock.frozen(clock.now() + dt.timedelta(**stretch)):
        yield


@pytest.fixture
def send(world: World) -> Send:
    """Somebody without an account sends a form."""

    def sending(
        text: str = TEXT, *, form_key: UUID | None = None, who: str = ADDRESS, photos: Sequence[UUID] = (), **said: Any
    ) -> Receipt:  # fmt: skip
        return intake.submit_complaint(Said(text, **said), form_key=form_key or uuid4(), who=who, photos=photos)

    return sending


@pytest.fixture
def case(world: World, send: Send) -> Case:
    """A complaint from the public, given to a unit if one is named; each from another sender."""

    def coming(unit: str = "", handler: str = "", **more: Any) -> Complaint:
        complaint = send(who=f"sender-{next(world.numbers)}", **more).complaint
        return assigned(world, complaint, unit, handler) if unit else complaint

    return coming


def assigned(world: World, complaint: Complaint, unit: str, handler: str = "") -> Complaint:
    person = world.persons[handler] if handler else None
    return handling.assign_complaint(world.actor("督察"), complaint, unit=world.units[unit], handler=person)


def closed(world: World, complaint: Complaint, by: str = "督察", **more: Any) -> Complaint:
    given = {"result": "resolved", "reply": "经核实，已当面道歉并赔偿。", **more}
    return handling.close_complaint(world.actor(by), complaint, **given)


def accuse(
    world: World, complaint: Complaint, person: str = "队员", by: str = "督察", *, told: bool = False, heard: bool = False
) -> Accused:
    """Somebody is named, told in a paraphrase, and has answered, as far as asked for."""
    named = persons.name_accused(world.actor(by), complaint, person=world.persons[person])
    if told or heard:
        named = persons.tell_accused(world.actor(by), named, text="有群众反映您在执法时态度生硬，并损坏物品。")
    if heard:
        named = persons.reply_as_accused(world.actor(person), named, text="当时声音较大，没有踢菜筐。")
    return named


def clock_rows(*complaints: Complaint) -> list[tuple[Any, ...]]:
    """Everything the clocks say, for a look before and after."""
    from chengxin.complaints.models import Clock

    return list(Clock.objects.filter(complaint__in=complaints).order_by("pk").values_list())


def met(complaint: Complaint, round_: int = 0) -> dict[str, dt.datetime | None]:
    return dict(complaint.clocks.filter(round=round_).values_list("kind", "met_at"))


# --- the whole database ---

COUNTERS = {"complaints_throttle"}  # counts what was refused, too: that is its purpose


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
        return sorted(name for (name,) in cursor.fetchall())


def everything() -> dict[str, str]:
    """All rows of each table, each as the text of all its columns (bytes as hexadecimal digits)."""
    wanted = "SELECT %s, coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {} t"
    names = tables()
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(wanted.format(connection.ops.quote_name(name)) for name in names), names)
        return dict(cursor.fetchall())


def disguises(text: str) -> set[str]:
    """A text as it might lie in a column: plain, escaped, as hexadecimal digits, as base64 wherever it begins in it."""
    plain = text.encode()
    shifted = {base64.b64encode(bytes(shift) + plain).decode()[4 if shift else 0 :].rstrip("=")[:-2] for shift in range(3)}
    escaped = json.dumps(text)[1:-1]
    return {text, escaped, escaped.replace("\\", "\\\\"), plain.hex(), text.encode("utf-16-le").hex(), *shifted}


def tables_with(text: str) -> list[str]:
    """The tables in which a text is found, in whatever form."""
    wanted = disguises(text)
    return sorted(table for table, rows in everything().items() if any(each in rows for each in wanted))


@pytest.fixture
def refused(db: None) -> Callable[[type[DomainError], str], AbstractContextManager[pytest.ExceptionInfo[DomainError]]]:
    """What is done inside is refused with the message, and not a letter of the whole database is another afterwards."""

    @contextmanager
    def refusing(error: type[DomainError], message: str) -> Iterator[pytest.ExceptionInfo[DomainError]]:
        before = everything()
        with pytest.raises(error, match=message) as told:
            yield told
        after = everything()
        assert {table for table in after if after[table] != before[table]} <= COUNTERS

    return refusing
