"""Commands on units, persons, users and grants."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.core.registry import capabilities
from chengxin.people import rules
from chengxin.people.catalog import ROLE_BY_CODE
from chengxin.people.models import (
    ApiToken,
    Assignment,
    Grant,
    Person,
    PersonClass,
    SignInGuard,
    Status,
    StatusPeriod,
    Unit,
    User,
)

DAY = dt.timedelta(days=1)


@transaction.atomic
def add_unit(actor: Actor, *, code: str, name: str, kind: str, parent: Unit | None) -> Unit:
    """Add a unit below another; only the bureau itself has none above."""
    require(actor, "people.units")
    with readable(Unit), transaction.atomic():
        unit = Unit.objects.create(code=code, name=name, kind=kind, parent=parent, sequence=Unit.objects.count())
    record(actor, "people.unit_added", f"unit:{unit.pk}", unit_id=unit.pk)
    return unit


@transaction.atomic
def add_person(
    actor: Actor, *, number: str, name: str, sex: str, person_class: str, unit: Unit, joined_on: dt.date,
    badge_number: str = "", post_title: str = "", is_leader: bool = False,
) -> Person:  # fmt: skip
    """Add a person with the assignment that begins the day they join. Raises Conflict for a number or badge in use."""
    require(actor, "people.change", unit_id=unit.pk)
    if Person.objects.filter(number=number).exists():
        raise Conflict("number_taken", f"工号 {number} 已有人使用，请核对。", field="number")
    if badge_number and Person.objects.filter(badge_number=badge_number).exists():
        raise Conflict("badge_taken", f"胸号 {badge_number} 已有人使用，请核对。", field="badge_number")
    if person_class == PersonClass.OTHER and badge_number:
        raise DomainError("no_badge", "其他人员不佩戴标识，请清空胸号（2.1.1）。", field="badge_number")
    person = Person.objects.create(
        number=number, name=name, name_key=rules.name_key(name), initials=rules.initials(name), sex=sex,
        person_class=person_class, badge_number=badge_number or None, joined_on=joined_on,
    )  # fmt: skip
    Assignment.objects.create(
        person=person, unit=unit, period=DateRange(joined_on, None), post_title=post_title, is_leader=is_leader
    )
    record(actor, "people.person_added", f"person:{person.pk}", unit_id=unit.pk, person_id=person.pk)
    return person


@transaction.atomic
def assign_person(
    actor: Actor, person: Person, *, unit: Unit, starts_on: dt.date, post_title: str = "", is_leader: bool = False
) -> Assignment:
    """Move a person to another unit (or post) from a day on; the assignment before ends the day before.

    Raises DomainError when the day lies before the running assignment began or after the person left.
    """
    require(actor, "people.change", unit_id=unit.pk)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.left_on is not None:
        raise DomainError("has_left", f"{person.name} 已于 {person.left_on} 离队，不能再调整任职。", field="person")
    running = Assignment.objects.filter(person=person, period__endswith=None).first()
    if running is not None:
        if starts_on <= running.period.lower:
            raise DomainError("too_early", f"新任职应晚于现任职的开始日 {running.period.lower}。", field="starts_on")
        running.period = DateRange(running.period.lower, starts_on)
        running.save(update_fields=["period"])
    with readable(Assignment), transaction.atomic():
        made = Assignment.objects.create(
            person=person, unit=unit, period=DateRange(starts_on, None), post_title=post_title, is_leader=is_leader
        )
    record(actor, "people.assigned", f"person:{person.pk}", unit_id=unit.pk, person_id=person.pk)
    return made


@transaction.atomic
def record_departure(actor: Actor, person: Person, *, left_on: dt.date) -> None:
    """End a person's service: the assignment ends that day, the sign-in is closed. Uniform is handed back separately (2.1.1)."""
    require(actor, "people.change")
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.left_on is not None:
        raise Conflict("has_left", f"{person.name} 已于 {person.left_on} 离队。", field="left_on")
    running = Assignment.objects.filter(person=person, period__endswith=None).first()
    if left_on < (running.period.lower if running else person.joined_on):
        raise DomainError("too_early", "离队日不能早于现任职开始日，请核对日期。", field="left_on")
    if running is not None:
        running.period = DateRange(running.period.lower, left_on + DAY)
        running.save(update_fields=["period"])
    person.left_on = left_on
    person.save(update_fields=["left_on"])
    User.objects.filter(person=person).update(is_active=False)
    record(actor, "people.departed", f"person:{person.pk}", person_id=person.pk, details={"left_on": str(left_on)})


@transaction.atomic
def set_status(
    actor: Actor, person: Person, *, status: str, starts_on: dt.date, ends_on: dt.date | None, approved_by: str
) -> StatusPeriod:
    """Suspension or long leave for a period, with who approved it and without a reason. Raises Conflict on overlap."""
    require(actor, "people.change")
    if status not in {Status.SUSPENDED, Status.ON_LEAVE}:
        raise DomainError("bad_status", "状态只能是停职或长期休假。", field="status")
    if ends_on is not None and ends_on < starts_on:
        raise DomainError("bad_period", "结束日早于开始日，请更正。", field="ends_on")
    with readable(StatusPeriod), transaction.atomic():
        made = StatusPeriod.objects.create(
            person=person, status=status, period=DateRange(starts_on, ends_on + DAY if ends_on else None), approved_by=approved_by
        )
    record(actor, "people.status_set", f"person:{person.pk}", person_id=person.pk, details={"status": status})
    return made


@transaction.atomic
def create_user(actor: Actor, *, username: str, password: str, person: Person | None) -> User:
    """A sign-in for a person. Raises DomainError for a weak password or a name in use."""
    require(actor, "people.grant")
    if User.objects.filter(username=username).exists():
        raise Conflict("username_taken", f"用户名 {username} 已被使用，请换一个。", field="username")
    try:
        validate_password(password, User(username=username, person=person))
    except ValidationError as error:
        raise DomainError("weak_password", "".join(error.messages), field="password") from error
    user = User.objects.create_user(username, password, person=person)
    record(actor, "people.user_created", f"user:{user.pk}", person_id=person.pk if person else None)
    return user


@transaction.atomic
def grant_role(
    actor: Actor, user: User, *, role: str, unit: Unit | None, starts_on: dt.date, ends_on: dt.date | None = None
) -> Grant:
    """Give a user a role for a period. Nobody grants to themselves; the three administrators stay apart, by constraint."""
    require(actor, "people.grant")
    if actor.user_id == user.pk:
        raise NotAllowed("own_grant", "不能给自己授权，请由另一名安全管理员办理。")
    if role not in ROLE_BY_CODE or ROLE_BY_CODE[role].implied_by:
        raise DomainError("bad_role", "请从列表中选择可授予的角色。", field="role")
    if ends_on is not None and ends_on < starts_on:
        raise DomainError("bad_period", "结束日早于开始日，请更正。", field="ends_on")
    with readable(Grant), transaction.atomic():
        grant = Grant.objects.create(
            user=user, role=role, role_kind=ROLE_BY_CODE[role].kind, unit=unit, granted_by=actor.user_id,
            period=DateRange(starts_on, ends_on + DAY if ends_on else None),
        )  # fmt: skip
    record(actor, "people.granted", f"user:{user.pk}", unit_id=unit.pk if unit else None, details={"role": role})
    return grant


@transaction.atomic
def revoke_grant(actor: Actor, grant: Grant) -> None:
    """End a grant today: it holds no more from now on, and history still shows that it did."""
    require(actor, "people.grant")
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if actor.user_id == grant.user_id:
        raise NotAllowed("own_grant", "不能更改自己的授权，请由另一名安全管理员办理。")
    today = clock.today()
    if grant.period.upper is not None and grant.period.upper <= today:
        raise Conflict("grant_over", "这项授权已经结束。")
    grant.period = DateRange(grant.period.lower, max(today, grant.period.lower), "[)") if grant.period.lower < today else DateRange(empty=True)
    grant.save(update_fields=["period"])
    record(actor, "people.grant_revoked", f"user:{grant.user_id}", details={"role": grant.role})


@transaction.atomic
def unlock_sign_in(actor: Actor, user: User) -> None:
    """Let a locked user try again before the lock runs out."""
    require(actor, "people.grant")
    SignInGuard.objects.filter(username=user.username).update(failures=0, locked_until=None)
    record(actor, "people.unlocked", f"user:{user.pk}")


@transaction.atomic
def issue_token(actor: Actor, *, name: str, granted: list[str], unit: Unit | None, expires_on: dt.date) -> str:
    """A token for a device or integration; the text is returned once and never stored."""
    require(actor, "people.token")
    unknown = [code for code in granted if code not in capabilities]
    if unknown:
        raise DomainError("unknown_capability", f"没有这样的权限：{'、'.join(unknown)}。", field="granted")
    if expires_on <= clock.today():
        raise DomainError("bad_expiry", "有效期应在今天之后。", field="expires_on")
    text = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name, digest=hashlib.sha256(text.encode()).hexdigest(), capabilities=granted, unit=unit,
        issued_by=actor.user_id or 0, issued_at=clock.now(), expires_on=expires_on,
    )  # fmt: skip
    record(actor, "people.token_issued", f"token:{token.pk}", details={"name": name, "capabilities": granted})
    return text
