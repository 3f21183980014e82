"""What a user decides about the own notices: when, whether by mail, to which address, and what is read."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import uuid

from django.db import transaction
from django.db.models import F, QuerySet

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError
from chengxin.notices import rules, selectors
from chengxin.notices.models import AddressCode, Attempt, Notice, Preference, Sending
from chengxin.notices.services import keys, transport
from chengxin.notices.services.making import enter


def _locked(actor: Actor) -> Preference:
    Preference.objects.bulk_create([Preference(user_id=actor.named_user)], ignore_conflicts=True)
    return Preference.objects.select_for_update().get(user_id=actor.named_user)


@transaction.atomic
def change_settings(
    actor: Actor, *, digest_hour: int, quiet_from: int, quiet_until: int, urgent: bool, on_days_off: bool, by_email: bool
) -> None:
    """How the actor wants to be told, within the bureau's hours. The same again leaves no trace."""
    preference, values = _locked(actor), selectors.policy()
    fault = rules.policy_fault(values, digest_hour)
    if fault:
        raise DomainError("bad_hour", fault, field="digest_hour")
    first, last = values["civil_hours"]
    if not first <= quiet_from < quiet_until <= last:
        raise DomainError("bad_window", f"提醒时段应在 {first} 点到 {last} 点之间，并且先后不颠倒。", field="quiet_until")
    if not quiet_from <= digest_hour < quiet_until:
        raise DomainError("quiet_digest", "汇总时间在您的提醒时段之外，请改其中一个。", field="digest_hour")
    if by_email and not preference.email:
        raise DomainError("no_address", "还没有核实过的邮箱，请先在下面核实邮箱。", field="by_email")
    wanted = {
        "digest_hour": digest_hour, "quiet_from": quiet_from, "quiet_until": quiet_until, "urgent": urgent,
        "on_days_off": on_days_off, "by_email": by_email,
    }  # fmt: skip
    changed = {name: value for name, value in wanted.items() if getattr(preference, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(preference, name, value)
        preference.save(update_fields=list(changed))
        record(actor, "notices.settings_changed", f"user:{actor.named_user}", details=changed)


def ask_code(actor: Actor, *, address: str) -> None:
    """Send a code to an address. Raises DomainError where it could not be sent, or was asked for too often.

    The code is kept before it is sent, and sent outside the transaction: a slow mail server holds no lock.
    """
    if not selectors.email_is_offered():
        raise DomainError("no_mail", "本局没有设置邮件服务器，请联系系统管理员。", field="address")
    code = f"{secrets.randbelow(1_000_000):06d}"
    made, attempt = _keep_code(actor, address, code)
    text = f"验证码 {code}，{selectors.policy()['code_minutes']} 分钟内有效。请在城心的“提醒设置”里填写；不是您本人操作的，请不要理会。"
    answer = transport.send_mail(address, "城心：核实邮箱", text, "")
    outcome = rules.SENT if answer.ok else rules.FAILED
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, ended_at=clock.now(), error=answer.error[:200])
    Sending.objects.filter(pk=attempt.sending_id).update(state=outcome)
    if not answer.ok:
        AddressCode.objects.filter(pk=made.pk).update(expires_at=clock.now())
        raise DomainError("not_sent", f"验证码没有发出：{answer.error}", field="address")


@transaction.atomic
def _keep_code(actor: Actor, address: str, code: str) -> tuple[AddressCode, Attempt]:
    _locked(actor)  # two clicks at once are counted one after the other
    values, now, user_id = selectors.policy(), clock.now(), actor.named_user
    lately = AddressCode.objects.filter(user_id=user_id, made_at__gt=now - dt.timedelta(hours=1)).count()
    if lately >= values["codes_per_hour"]:
        raise DomainError("too_many", "一小时内要的验证码太多了，请过一会儿再试。", field="address")
    AddressCode.objects.filter(user_id=user_id, used_at=None, expires_at__gt=now).update(expires_at=now)  # the newest code alone counts
    made = AddressCode.objects.create(
        user_id=user_id, address=address, digest=keys.digest_of_code(user_id, address, code), made_at=now,
        expires_at=now + dt.timedelta(minutes=values["code_minutes"]),
    )  # fmt: skip
    sending = Sending.objects.create(
        key=f"{rules.EMAIL}:{rules.CODE}:u{user_id}:{made.pk}", channel=rules.EMAIL, kind=rules.CODE, user_id=user_id, day=now.date(),
        state=rules.FAILED, tried=1, made_at=now, next_try_at=now,
    )  # fmt: skip
    return made, Attempt.objects.create(sending=sending, number=1, at=now)


def confirm_code(actor: Actor, *, code: str) -> None:
    """Take the address whose code was typed. A wrong try counts even though it is refused."""
    if not _take_code(actor, code):
        raise DomainError("wrong_code", "验证码不对或已过期，请核对；试错几次后须重新发送验证码。", field="code")


@transaction.atomic
def _take_code(actor: Actor, code: str) -> bool:
    preference, values = _locked(actor), selectors.policy()
    waiting = AddressCode.objects.filter(user_id=actor.named_user, used_at=None, expires_at__gt=clock.now(), tries__lt=values["code_tries"])
    found = waiting.order_by("-pk").first()
    if found is None:
        return False
    AddressCode.objects.filter(pk=found.pk).update(tries=F("tries") + 1)
    if not hmac.compare_digest(found.digest, keys.digest_of_code(actor.named_user, found.address, code.strip())):
        return False
    AddressCode.objects.filter(pk=found.pk).update(used_at=clock.now())
    preference.email, preference.by_email = found.address, True
    preference.save(update_fields=["email", "by_email"])
    record(actor, "notices.address_confirmed", f"user:{actor.named_user}")
    return True


@transaction.atomic
def remove_address(actor: Actor) -> None:
    """Forget the address; mails that wait are not sent any more. A second click changes nothing."""
    preference = _locked(actor)
    AddressCode.objects.filter(user_id=actor.named_user, used_at=None).delete()
    if preference.email:
        preference.email, preference.by_email = "", False
        preference.save(update_fields=["email", "by_email"])
        record(actor, "notices.address_removed", f"user:{actor.named_user}")


@transaction.atomic
def test_email(actor: Actor) -> None:
    """Send a test to the own address, by the way every mail goes."""
    preference = _locked(actor)
    if not preference.email or not selectors.email_is_offered():
        raise Conflict("no_address", "还没有核实过的邮箱，或本局没有设置邮件服务器。")
    refuse_flood(Sending.objects.filter(user_id=actor.named_user, kind=rules.TEST))
    enter(channel=rules.EMAIL, kind=rules.TEST, user=preference.user, once=uuid.uuid4().hex)


def refuse_flood(tests: QuerySet[Sending]) -> None:
    """A test a minute is enough. Raises Conflict."""
    if tests.filter(made_at__gt=clock.now() - dt.timedelta(minutes=1)).exists():
        raise Conflict("just_tested", "一分钟内已经试发过，请先看发送结果。")


@transaction.atomic
def mark_read(actor: Actor, notice: Notice | None = None) -> None:
    """Mark one of the own notices as read, or all of them. What is read stays read."""
    unread = Notice.objects.filter(user_id=actor.named_user, read_at=None)
    (unread.filter(pk=notice.pk) if notice else unread).update(read_at=clock.now())
