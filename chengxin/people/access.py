"""Who acts, from a session, a token or a user: the one place where roles become capabilities and reach."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest

from chengxin.core import clock
from chengxin.core.actor import ANONYMOUS, Actor, Reach
from chengxin.core.registry import capabilities
from chengxin.people.catalog import ROLES
from chengxin.people.models import Unit, User
from chengxin.ui.address import address_of
from chengxin.ui.database import once, prepared

# what a suspended person may still do: read the own file, object, and be heard on a complaint
WHILE_SUSPENDED = frozenset({
    "portal.home", "portal.read_file", "findings.read_own", "findings.object", "complaints.answer_own", "rulebook.read",
    "appraisal.read_own",
})  # fmt: skip


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


# the person, the unit and suspension of today, today's grants, the tree of units
STANDING = """person.name, person.person_class, person.left_on,
 (SELECT unit_id FROM people_assignment WHERE person_id = person.id AND period @> given.today),
 EXISTS (SELECT FROM people_statusperiod WHERE person_id = person.id AND status = 'suspended' AND period @> given.today),
 (SELECT json_agg(json_build_array(role, role_kind, unit_id) ORDER BY id)::text FROM people_grant
  WHERE user_id = given.user_id AND period @> given.today),
 (SELECT json_agg(json_build_array(id, parent_id) ORDER BY id)::text FROM people_unit)"""
OF_USER = f"""SELECT {STANDING} FROM (SELECT %s::bigint AS user_id, %s::bigint AS person_id, %s::date AS today) given
 LEFT JOIN people_person person ON person.id = given.person_id"""
COLUMNS = [str(field.column) for field in User._meta.concrete_fields]
# every page asks this, so it is one prepared statement: the user of a session with all that makes the actor
OF_SESSION = f"""SELECT {", ".join(f"account.{column}" for column in COLUMNS)}, {STANDING}
 FROM (SELECT %s::bigint AS user_id, %s::date AS today) given JOIN people_user account ON account.id = given.user_id AND account.is_active
 LEFT JOIN people_person person ON person.id = account.person_id"""


def signed_in(user_id: int) -> User | None:
    """The user a session belongs to; None for one that may not sign in any more. The first ``actor_for`` of it asks nothing."""
    for row in prepared(OF_SESSION, [user_id, clock.today()]):
        user = User.from_db("default", [field.attname for field in User._meta.concrete_fields], row[: len(COLUMNS)])
        user.standing = row[len(COLUMNS) :]
        return user
    return None


def actor_for(user: User, *, address: str = "", channel: str = "web") -> Actor:
    """A user with today's grants, the role implied by the person's class, and the unit of today."""
    standing, user.standing = user.standing, None  # once: who asks again later is told what holds then
    if standing is None:
        (standing,) = prepared(OF_USER, [user.pk, user.person_id, clock.today()])
    name, person_class, left_on, unit_id, suspended, granted, tree = standing
    grants = orjson.loads(granted) if granted else []
    roles = [(role, unit) for role, _, unit in grants]
    if name is not None and left_on is None and not any(kind for _, kind, _ in grants):
        roles += [(role.code, unit_id or 0) for role in ROLES if role.implied_by == person_class]
    return Actor(
        user_id=user.pk, person_id=user.person_id, label=user.username if name is None else name,
        reach=_reach(frozenset(roles), tree or "[]", suspended), roles=frozenset(code for code, _ in roles), unit_id=unit_id,
        channel=channel, address=address,
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


def every_unit() -> QuerySet[Unit]:
    """All units in their order; a page asks for them once, with whatever else it asks."""
    return once("units", Unit.objects.all)


def units_below(unit_id: int) -> frozenset[int]:
    """The unit and everything under it."""
    children: dict[int | None, list[int]] = {}
    for unit in every_unit():
        children.setdefault(unit.parent_id, []).append(unit.pk)
    return _below(unit_id, children)


def _below(unit_id: int, children: Mapping[int | None, list[int]]) -> frozenset[int]:
    found, waiting = {unit_id}, [unit_id]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return frozenset(found)


@lru_cache(maxsize=512)
def _reach(roles: frozenset[tuple[str, int | None]], tree: str, suspended: bool) -> Mapping[str, Reach]:
    """Capability to units; several roles add up, the whole bureau swallows the rest. Who is suspended keeps a few.

    It follows from what is given alone, the tree of units as the database wrote it included: worked out once for each such set.
    """
    children: dict[int | None, list[int]] = {}
    for pk, parent in orjson.loads(tree):
        children.setdefault(parent, []).append(pk)
    reach: dict[str, Reach] = {}
    for code, unit in roles:
        units = None if unit is None else _below(unit, children)
        for capability in capabilities:
            if code in capability.roles and (not suspended or capability.code in WHILE_SUSPENDED):
                before = reach.get(capability.code, frozenset())
                reach[capability.code] = None if units is None or before is None else before | units
    return MappingProxyType(reach)
