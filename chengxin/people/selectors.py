"""Questions about units and persons, each with its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor, Reach
from chengxin.core.errors import DomainError, NotFound
from chengxin.people.access import every_unit, units_below
from chengxin.people.models import (
    ApiToken,
    Assignment,
    Grant,
    Person,
    StatusPeriod,
    Unit,
    UnitKind,
    User,
)
from chengxin.ui.database import Question
from chengxin.ui.repeated import rows_of
from chengxin.ui.search import Group, Hit, grouped, sifted
from chengxin.ui.together import Inquiry

__all__ = ["units_below"]

MOST_SUGGESTED = 1000


def unit_of(person: Person, on: dt.date) -> Unit | None:
    """The unit a person belonged to on a day."""
    found = Assignment.objects.filter(person=person, period__contains=on).select_related("unit").first()
    return found.unit if found else None


def unit_name(pk: int) -> str:
    return Unit.objects.values_list("name", flat=True).get(pk=pk)


def names_by_number(numbers: Collection[str]) -> dict[str, str]:
    """Names of persons by their numbers, for records that know persons by both; shows nobody anything by itself."""
    return dict(Person.objects.filter(number__in=numbers).values_list("number", "name"))


def user_of(person_id: int) -> User | None:
    """The sign-in of a person, if there is one."""
    return User.objects.filter(person_id=person_id).first()


@dataclass(frozen=True)
class Standing:
    """A person on a day as the counter asks: the unit, everything above it, and leave or suspension ("" when in post)."""

    unit_id: int | None
    above: list[int]
    status: str


STANDING = """WITH RECURSIVE place AS (SELECT unit_id FROM people_assignment WHERE person_id = %s AND period @> %s::date),
 above AS (SELECT unit_id AS id FROM place UNION ALL SELECT unit.parent_id FROM people_unit unit JOIN above ON unit.id = above.id
 WHERE unit.parent_id IS NOT NULL)
 SELECT (SELECT unit_id FROM place), (SELECT array_agg(id) FROM above),
 (SELECT status FROM people_statusperiod WHERE person_id = %s AND period @> %s::date)"""


def standing_of(person_id: int, on: dt.date) -> Question[Standing]:
    """Where a person stands on a day."""
    return Question(STANDING, [person_id, on, person_id, on], lambda rows: Standing(rows[0][0], rows[0][1] or [], rows[0][2] or ""))


def office_on(person_id: int, on: dt.date) -> Unit | None:
    """The unit a person belonged to on a day, by the person's id."""
    found = Assignment.objects.filter(person_id=person_id, period__contains=on).select_related("unit").first()
    return found.unit if found else None


def statuses_on(persons: Collection[int], on: dt.date) -> dict[int, str]:
    """Temporary statuses of a day for many persons at once; who is in post is not listed."""
    rows = StatusPeriod.objects.filter(person__in=persons, period__contains=on)
    return dict(rows.values_list("person_id", "status"))


def members_of(unit_ids: Collection[int], on: dt.date) -> QuerySet[Person]:
    """The persons assigned to the units on a day, in the order of their names."""
    return Person.objects.filter(assignments__unit__in=unit_ids, assignments__period__contains=on).annotate(
        unit_id=F("assignments__unit_id"), unit_name=F("assignments__unit__name")
    )


def squadrons() -> QuerySet[Unit]:
    return Unit.objects.filter(kind=UnitKind.SQUADRON)


def unit_choices(actor: Actor) -> list[tuple[str, str]]:
    """The units the actor may read, for a filter."""
    return [(str(pk), name) for pk, name in rows_of(_units_within, actor.units_for("people.read"))]


def _units_within(reach: Reach) -> QuerySet[Unit, Any]:
    units = Unit.objects.all() if reach is None else Unit.objects.filter(pk__in=reach)
    return units.values_list("pk", "name")


def unit_for(actor: Actor, pk: int, capability: str) -> Unit:
    """A unit the actor may use the capability in. Raises NotFound otherwise."""
    reach = actor.units_for(capability)
    found = next((unit for unit in every_unit() if unit.pk == pk), None)
    if found is None or (reach is not None and found.pk not in reach):
        raise NotFound("no_unit", "没有这个单位，或不在您的范围内。")
    return found


def person_for(actor: Actor, pk: int) -> Person:
    """A person within the actor's scope, or the actor's own. Raises NotFound otherwise."""
    found = Person.objects.all().visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_person", "没有这个人员，或不在您的范围内。")
    return found


def leavers(until: dt.date | None = None) -> QuerySet[Person]:
    """Persons who have left by a day (default: today)."""
    return Person.objects.filter(left_on__lte=until or clock.today())


def office_of(person_id: int, on: dt.date) -> str:
    """The name of the unit a person belonged to on a day, empty when none."""
    row = Assignment.objects.filter(person_id=person_id, period__contains=on).values_list("unit__name", flat=True)
    return row.first() or ""


def lock_person(person: Person) -> Person:
    """The person as it is now, held until the transaction ends, so that two people do not decide about it at once."""
    return Person.objects.select_for_update().get(pk=person.pk)


def person_by_text(actor: Actor, text: str) -> Person:
    """Somebody within the actor's scope by what people type: number, name, or pinyin initials, alone or at the front.

    Raises DomainError (field "person") that says whom it could mean.
    """
    typed = text.strip()
    word = typed.split()[0] if typed else ""
    scope = Person.objects.all().visible_to(actor)
    found = list(scope.filter(number__iexact=word)[:1]) or list(scope.filter(Q(name=word) | Q(initials=word.lower()))[:6])
    if not word or not found:
        raise DomainError("no_person", f"没有找到“{typed}”，请填写工号或姓名并从提示中选择。", field="person")
    if len(found) > 1:
        names = "、".join(f"{person.number} {person.name}" for person in found)
        raise DomainError("several", f"“{typed}”可能是：{names}。请填写工号。", field="person")
    return found[0]


@dataclass(frozen=True)
class Named:
    """A person as the counter knows everybody: nothing but what decides whether the person may take something."""

    pk: int
    number: str
    name: str
    person_class: str
    left_on: dt.date | None


def named_by_number(number: str) -> Question[Named | None]:
    """Somebody by the exact number, whatever the scope."""
    statement = "SELECT id, number, name, person_class, left_on FROM people_person WHERE number = %s"
    return Question(statement, [number], lambda rows: Named(*rows[0]) if rows else None)


def person_suggestions(actor: Actor) -> list[str]:
    """Everybody of today within the actor's scope as "number name unit", for the field's own suggestions."""
    rows = Assignment.objects.filter(period__contains=clock.today(), person__in=Person.objects.all().visible_to(actor))
    named = rows.order_by("person__name_key").values_list("person__number", "person__name", "unit__name")[:MOST_SUGGESTED]
    return [f"{number} {name} {unit}" for number, name, unit in named]


def user_for(pk: int) -> User:
    """A sign-in, for who manages them. Raises NotFound."""
    found = User.objects.select_related("person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_user", "没有这个用户。")
    return found


def grant_for(pk: int) -> Grant:
    found = Grant.objects.select_related("user").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_grant", "没有这项授权。")
    return found


def token_for(pk: int) -> ApiToken:
    found = ApiToken.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_token", "没有这个令牌。")
    return found


def import_effects(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each row of a staff list would do: add, change (and what), or nothing."""
    numbers = [row["number"] for row in rows]
    known = {person.number: person for person in Person.objects.filter(number__in=numbers)}
    running = Assignment.objects.filter(person__number__in=numbers, period__endswith=None).select_related("unit")
    places = {each.person_id: each for each in running}
    return [{**row, "effect": _effect(row, known.get(row["number"]), places)} for row in rows]


def _effect(row: Mapping[str, Any], person: Person | None, places: Mapping[int, Assignment]) -> str:
    if person is None:
        return "新增"
    place = places.get(person.pk)
    labels = {"name": "姓名", "sex": "性别", "person_class": "类别"}
    changes = [label for name, label in labels.items() if getattr(person, name) != row[name]]
    changes += ["胸号"] if (person.badge_number or "") != row["badge_number"] else []
    changes += ["单位"] if place is None or place.unit.name != row["unit"] else []
    changes += ["职务"] if place is not None and place.post_title != row["post_title"] else []
    return f"修改{'、'.join(changes)}" if changes else "无变化"


def unit_names() -> list[str]:
    return list(Unit.objects.values_list("name", flat=True))


def all_units() -> list[Unit]:
    """Every unit in tree order, each with its depth."""
    below: dict[int | None, list[Unit]] = {}
    for unit in Unit.objects.all():
        below.setdefault(unit.parent_id, []).append(unit)

    def walk(parent: int | None, depth: int) -> Iterator[Unit]:
        for unit in below.get(parent, []):
            unit.depth = depth  # type: ignore[attr-defined]
            yield unit
            yield from walk(unit.pk, depth + 1)

    return list(walk(None, 0))


def roster(actor: Actor, unit_code: str = "") -> QuerySet[Assignment, Any]:
    """Members of today within the actor's scope, one row each, by number."""
    rows = Assignment.objects.filter(period__contains=clock.today())
    reach = actor.units_for("people.read")
    rows = rows if reach is None else rows.filter(unit__in=reach)
    rows = rows.filter(unit__code=unit_code) if unit_code else rows
    return rows.order_by("person__number").values(
        number=F("person__number"), name=F("person__name"), person_class=F("person__person_class"),
        badge_number=F("person__badge_number"), unit_name=F("unit__name"),
    )  # fmt: skip


# --- search ---

SOUNDS = Func(F("name_key"), Value("[0-9 ]"), Value(""), Value("g"), function="regexp_replace", output_field=TextField())
_GAP = Value(" ")
KNOWN_BY = Concat("name", _GAP, "number", _GAP, "initials", _GAP, SOUNDS, _GAP, "badge_number", output_field=TextField())


def search_persons(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Persons within the reader's scope by name, number, badge number, pinyin or its initials."""
    today = Assignment.objects.filter(person=OuterRef("pk"), period__contains=clock.today())
    rows = yield from sifted(
        Person.objects.all().visible_to(actor), words, document=KNOWN_BY, order="name_key", columns=["number", "name", "left_on"],
        unit_name=Subquery(today.values("unit__name")[:1]), post=Subquery(today.values("post_title")[:1]),
    )  # fmt: skip
    return grouped("人员", rows, _person_hit, reverse("people:persons") if actor.may("people.read") else "")


def _person_hit(row: Mapping[str, Any]) -> Hit:
    place = f"{row['left_on']} 离队" if row["left_on"] else f"{row['unit_name'] or '未任职'} {row['post'] or ''}".strip()
    return Hit(row["name"], reverse("portal:person", args=[row["id"]]), f"{row['number']} · {place}")


def search_units(actor: Actor, words: Sequence[str]) -> Inquiry[Group]:
    """Units the reader reads, by name."""
    if not actor.may("people.read"):
        return Group("单位", [])
    rows = yield from sifted(Unit.objects.all().visible_to(actor), words, document=F("name"), order="sequence", columns=["kind"])
    kinds, address = dict(UnitKind.choices), reverse("people:persons")

    def told(row: dict[str, Any]) -> Hit:
        whole = reverse("portal:unit", args=[row["id"]]) if actor.may("portal.unit", row["id"]) else f"{address}?unit={row['id']}"
        return Hit(row["searched"], whole, str(kinds[row["kind"]]))

    return grouped("单位", rows, told, address)


def units_led(actor: Actor, capability: str) -> list[Unit]:
    """The units a capability reaches, in tree order, each with its depth."""
    return [unit for unit in all_units() if actor.may(capability, unit.pk)]


def members_counted(unit_ids: Collection[int], on: dt.date) -> QuerySet[Assignment, Any]:
    """How many members each unit has on a day, by class: rows of (unit, class, number)."""
    members = Assignment.objects.filter(unit__in=unit_ids, period__contains=on).order_by()
    return members.values_list("unit_id", "person__person_class").annotate(n=Count("pk"))


def away_counted(unit_ids: Collection[int], on: dt.date) -> QuerySet[StatusPeriod, Any]:
    """How many members of the units are suspended or on long leave on a day: rows of (status, number)."""
    away = StatusPeriod.objects.filter(period__contains=on, person__in=members_of(unit_ids, on).values("pk")).order_by()
    return away.values_list("status").annotate(n=Count("pk"))
