"""Who acts, from a session, a token or a user: the one place where roles become capabilities and reach."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import orjson
from django.http import HttpRequest

from chengxin.core import clock
from chengxin.core.actor import ANONYMOUS, Actor, Reach
from chengxin.core.registry import capabilities
from chengxin.people.catalog import ROLES
from chengxin.people.models import Grant, Person, Status, StatusPeriod, Unit, User
from chengxin.ui.address import address_of
from chengxin.ui.database import prepared

# what a suspended person may still do: read the own file and object
WHILE_SUSPENDED = frozenset({"portal.home", "portal.read_file", "findings.read_own", "findings.object", "rulebook.read"})


# every call of a device asks this, so it is one prepared statement: the token, and its unit with everything under it
TOKEN = """WITH RECURSIVE token AS (SELECT name, capabilities, unit_id FROM people_apitoken
 WHERE digest = %s AND revoked_at IS NULL AND approved_at IS NOT NULL AND expires_on >= %s),
 below AS (SELECT unit_id AS id FROM token UNION ALL SELECT unit.id FROM people_unit unit JOIN below ON unit.parent_id = below.id)
 SELECT name, capabilities, unit_id, (SELECT array_agg(id) FROM below) FROM token"""


def actor_for_request(request: HttpRequest) -> Actor:
    """The actor of a signed-in request, built once per request; ANONYMOUS when nobody is signed in."""
    user = getattr(request, "user", None)  # a request refused before the sign-in was read has none
    if user is None or not user.is_authenticated:
        return ANONYMOUS
    return actor_for(user, address=address_of(request))


def actor_for(user: User, *, address: str = "", channel: str = "web") -> Actor:
    """A user with today's grants, the role implied by the person's class, and the unit of today."""
    today = clock.today()
    grants = list(Grant.objects.filter(user=user, period__contains=today))
    person = Person.objects.filter(pk=user.person_id).first() if user.person_id else None
    unit_id = _unit_of(person)
    roles = [(grant.role, grant.unit_id) for grant in grants]
    if person is not None and person.left_on is None and not any(grant.role_kind for grant in grants):
        roles += [(role.code, unit_id or 0) for role in ROLES if role.implied_by == person.person_class]
    reach = _reach(roles)
    if person is not None and _is_suspended(person):
        reach = {code: units for code, units in reach.items() if code in WHILE_SUSPENDED}
    return Actor(
        user_id=user.pk, person_id=user.person_id, label=person.name if person else user.username, reach=reach,
        roles=frozenset(code for code, _ in roles), unit_id=unit_id, channel=channel, address=address,
    )  # fmt: skip


def actor_for_token(text: str) -> Actor | None:
    """The actor of a device or integration token; None for one that is unknown, not approved, expired or revoked."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = prepared(TOKEN, [digest, clock.today()])
    if not rows:
        return None
    name, granted, unit, below = rows[0]
    reach = dict.fromkeys(orjson.loads(granted), None if unit is None else frozenset(below))
    return Actor(user_id=None, person_id=None, label=f"接口 {name}", reach=reach, channel="api")


def units_below(unit_id: int) -> frozenset[int]:
    """The unit and everything under it."""
    return _below(unit_id, _children())


def _children() -> dict[int | None, list[int]]:
    children: dict[int | None, list[int]] = {}
    for pk, parent in Unit.objects.order_by().values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    return children


def _below(unit_id: int, children: dict[int | None, list[int]]) -> frozenset[int]:
    found, waiting = {unit_id}, [unit_id]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return frozenset(found)


def _reach(roles: Iterable[tuple[str, int | None]]) -> dict[str, Reach]:
    """Capability to units; several roles add up, the whole bureau swallows the rest."""
    roles = list(roles)
    children = _children() if any(unit is not None for _, unit in roles) else {}
    reach: dict[str, Reach] = {}
    for code, unit in roles:
        units = None if unit is None else _below(unit, children)
        for capability in capabilities:
            if code in capability.roles:
                before = reach.get(capability.code, frozenset())
                reach[capability.code] = None if units is None or before is None else before | units
    return reach


def _unit_of(person: Person | None) -> int | None:
    if person is None:
        return None
    return person.assignments.filter(period__contains=clock.today()).values_list("unit_id", flat=True).first()


def _is_suspended(person: Person) -> bool:
    return StatusPeriod.objects.filter(person=person, status=Status.SUSPENDED, period__contains=clock.today()).exists()
