"""Commands on units, persons, users and grants."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

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
from chengxin.files.services import keep_sheet, take_sheet
from chengxin.people import rules
from chengxin.people.catalog import ROLE_BY_CODE, TOKEN_CAPABILITIES
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
SHEET = "people.staff"


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
    Assignment.objects.create(person=person, unit=unit, period=DateRange(joined_on, None), post_title=post_title, is_leader=is_leader)
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
def set_status(actor: Actor, person: Person, *, status: str, starts_on: dt.date, ends_on: dt.date | None, approved_by: str) -> StatusPeriod:
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
    _check_password(password, User(username=username, person=person))
    user = User.objects.create_user(username, password, person=person)
    record(actor, "people.user_created", f"user:{user.pk}", person_id=person.pk if person else None)
    return user


@transaction.atomic
def grant_role(actor: Actor, user: User, *, role: str, unit: Unit | None, starts_on: dt.date, ends_on: dt.date | None = None) -> Grant:
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
    grant.period = (
        DateRange(grant.period.lower, max(today, grant.period.lower), "[)") if grant.period.lower < today else DateRange(empty=True)
    )
    grant.save(update_fields=["period"])
    record(actor, "people.grant_revoked", f"user:{grant.user_id}", details={"role": grant.role})


@transaction.atomic
def unlock_sign_in(actor: Actor, user: User) -> None:
    """Let a locked user try again before the lock runs out."""
    require(actor, "people.grant")
    SignInGuard.objects.filter(username=user.username).update(failures=0, locked_until=None)
    record(actor, "people.unlocked", f"user:{user.pk}")


@transaction.atomic
def reset_password(actor: Actor, user: User, *, password: str) -> None:
    """Give a user a new password; it is old from the start, so that the user has to choose an own one at the next sign-in."""
    require(actor, "people.grant")
    if actor.user_id == user.pk:
        raise NotAllowed("own_password", "请在“口令”页修改自己的口令。")
    _check_password(password, user)
    user.set_password(password)
    user.password_changed_at = None
    user.save(update_fields=["password", "password_changed_at"])
    record(actor, "people.password_reset", f"user:{user.pk}")


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError("weak_password", "".join(error.messages), field="password") from error


@transaction.atomic
def issue_token(actor: Actor, *, name: str, granted: list[str], unit: Unit | None, expires_on: dt.date) -> str:
    """A token for a device or integration; the text is returned once and never stored. It works once 安全管理员 approved it."""
    require(actor, "people.token")
    unknown = [code for code in granted if code not in TOKEN_CAPABILITIES]
    if unknown or not granted:
        raise DomainError("unknown_capability", "请至少选择一项可授予接口的权限。", field="granted")
    if expires_on <= clock.today():
        raise DomainError("bad_expiry", "有效期应在今天之后。", field="expires_on")
    text = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name, digest=hashlib.sha256(text.encode()).hexdigest(), capabilities=granted, unit=unit,
        issued_by=actor.user_id or 0, issued_at=clock.now(), expires_on=expires_on,
    )  # fmt: skip
    record(actor, "people.token_issued", f"token:{token.pk}", details={"name": name, "capabilities": granted})
    return text


@transaction.atomic
def approve_token(actor: Actor, token: ApiToken) -> None:
    """Let a token work: by 安全管理员, who never saw its text. Raises Conflict when that happened already."""
    require(actor, "people.grant")
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.issued_by == actor.user_id:
        raise NotAllowed("own_token", "签发人不能批准自己签发的令牌。")
    if token.approved_at is not None or token.revoked_at is not None:
        raise Conflict("token_settled", "这个令牌已经批准或吊销。")
    token.approved_by, token.approved_at = actor.user_id, clock.now()
    token.save(update_fields=["approved_by", "approved_at"])
    record(actor, "people.token_approved", f"token:{token.pk}")


@transaction.atomic
def revoke_token(actor: Actor, token: ApiToken) -> None:
    """Stop a token at once, by either administrator. A second click changes nothing."""
    require(actor, "people.tokens")
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        record(actor, "people.token_revoked", f"token:{token.pk}")


@transaction.atomic
def preview_import(actor: Actor, *, file_name: str, content: bytes, rows: Sequence[rules.StaffRow]) -> int:
    """Keep an understood staff list until it is applied: exactly what is previewed is what is applied. Its number."""
    require(actor, "people.import")
    return keep_sheet(actor, SHEET, file_name=file_name, content=content, rows=[vars(row) for row in rows])


@transaction.atomic
def apply_import(actor: Actor, number: int) -> dict[str, int]:
    """Apply a previewed list, all of it or nothing; what stands already stays untouched.

    Raises Conflict when it was applied before, DomainError when a unit or badge changed since the preview.
    """
    require(actor, "people.import")
    sheet = take_sheet(actor, SHEET, number)
    units = {unit.name: unit for unit in Unit.objects.all()}
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for row in sheet.rows:
        if row["unit"] not in units:
            raise DomainError("unit_gone", f"第 {row['row']} 行：单位“{row['unit']}”已不存在，请重新上传。")
        try:
            counts[_apply_row(actor, row, units[row["unit"]])] += 1
        except DomainError as error:
            raise type(error)(error.code, f"第 {row['row']} 行：{error.message}整份名册没有导入。") from error
    if counts["added"] or counts["changed"]:
        record(actor, "people.imported", f"sheet:{number}", details={**counts, "file": sheet.file_name})
    return counts


def _apply_row(actor: Actor, row: Mapping[str, Any], unit: Unit) -> str:
    person = Person.objects.select_for_update().filter(number=row["number"]).first()
    joined_on = dt.date.fromisoformat(row["joined_on"])
    if person is None:
        add_person(
            actor, number=row["number"], name=row["name"], sex=row["sex"], person_class=row["person_class"], unit=unit,
            joined_on=joined_on, badge_number=row["badge_number"], post_title=row["post_title"],
        )  # fmt: skip
        return "added"
    changed = _change_facts(actor, person, row)
    running = Assignment.objects.filter(person=person, period__endswith=None).first()
    if running is None or running.unit_id != unit.pk or running.post_title != row["post_title"]:
        _move_today(actor, person, unit, row["post_title"], running)
        changed = True
    return "changed" if changed else "unchanged"


def _change_facts(actor: Actor, person: Person, row: Mapping[str, Any]) -> bool:
    if person.left_on is not None:
        raise Conflict("has_left", f"{person.name} 已于 {person.left_on} 离队，不能由名册恢复。")
    wanted = {
        "name": row["name"], "name_key": rules.name_key(row["name"]), "initials": rules.initials(row["name"]), "sex": row["sex"],
        "person_class": row["person_class"], "badge_number": row["badge_number"] or None,
    }  # fmt: skip
    different = [name for name, value in wanted.items() if getattr(person, name) != value]
    if not different:
        return False
    badge = wanted["badge_number"]
    if badge and Person.objects.filter(badge_number=badge).exclude(pk=person.pk).exists():
        raise Conflict("badge_taken", f"胸号 {badge} 已有人使用，请核对。")
    for name in different:
        setattr(person, name, wanted[name])
    person.save(update_fields=different)
    record(actor, "people.person_changed", f"person:{person.pk}", person_id=person.pk, details={"fields": different})
    return True


def _move_today(actor: Actor, person: Person, unit: Unit, post_title: str, running: Assignment | None) -> None:
    """A list says how things stand today, so a difference holds from today on."""
    today = clock.today()
    if running is not None and running.period.lower == today:
        running.unit, running.post_title = unit, post_title
        running.save(update_fields=["unit", "post_title"])
        record(actor, "people.assigned", f"person:{person.pk}", unit_id=unit.pk, person_id=person.pk)
    else:
        assign_person(actor, person, unit=unit, starts_on=today, post_title=post_title)
