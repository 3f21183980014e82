"""Sending what was entered: claimed by one worker, looked at once more, tried, written down.

A try is written down before it is made. A worker that dies in between leaves a try without an end; when its lease is over the message
is tried once more. So at worst a message arrives twice (a mail with the same Message-ID), and after a second cut-off try no more are made.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from chengxin.core import clock
from chengxin.notices import rules, selectors
from chengxin.notices.models import Attempt, Preference, Robot, Sending
from chengxin.notices.services import keys, transport

LEASE = dt.timedelta(minutes=3)  # longer than any try may last
MOST_CUT_OFF = 2
TEST_TEXT = "【城心】这是一条试发消息，收到即表示设置正确。"
log = logging.getLogger(__name__)


def send_due() -> int:
    """Try every message whose time has come; how many were tried. What goes wrong with one does not keep the others."""
    now, tried = clock.now(), 0
    due = _free(Q(next_try_at__lte=now), now).order_by("next_try_at", "pk").values_list("pk", flat=True)
    for pk in list(due):
        try:
            tried += send_one(pk)
        except Exception:
            log.exception("sending %s", pk)
    return tried


def _free(condition: Q, now: dt.datetime) -> QuerySet[Sending]:
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return Sending.objects.filter(condition, unclaimed, state=rules.WAITING)


def send_one(pk: int) -> bool:
    """Claim, look once more, try, write down. False when another has it, or there is nothing to send any more."""
    now = clock.now()
    until = now + LEASE
    if not _free(Q(pk=pk, next_try_at__lte=now), now).update(claimed_until=until):
        return False
    sending = Sending.objects.select_related("user__person", "robot__unit").get(pk=pk)
    letter = _letter(sending)
    if isinstance(letter, Later):
        _release(sending, until, next_try_at=letter.until)
        return False
    if isinstance(letter, Needless):
        _drop(sending, until, letter.why)
        return False
    attempt = _begin(sending, until)
    if attempt is None:
        return False
    _settle(sending, attempt, until, _carry(sending, letter))
    return True


@dataclass(frozen=True)
class Letter:
    """What goes out, and to where: a mail address, or a robot's address with its secret."""

    address: str
    secret: str
    subject: str
    text: str


@dataclass(frozen=True)
class Later:
    until: dt.datetime


@dataclass(frozen=True)
class Needless:
    why: str


def _letter(sending: Sending) -> Letter | Later | Needless:
    """The message as things stand now: what was done meanwhile is not told, and nobody is disturbed outside the hours."""
    return _mail(sending) if sending.robot is None else _robot_message(sending, sending.robot)


def _mail(sending: Sending) -> Letter | Later | Needless:
    user = sending.user
    assert user is not None  # the table says so
    preference = Preference.objects.filter(user=user).first() or Preference(user=user)
    if not user.is_active or not preference.email or not (preference.by_email or sending.kind == rules.TEST):
        return Needless("收件人已停用、没有邮箱或不再要邮件。")
    if sending.kind == rules.TEST:
        return Letter(preference.email, "", "城心：试发", TEST_TEXT)
    now = clock.now()
    window = selectors.window_of(preference, selectors.policy())
    if rules.is_quiet(now.hour, window):
        return Later(_next_opening(now, window[0]))
    if not preference.on_days_off and not selectors.is_at_work(user, now.date()):
        return Later(_next_opening(now, window[0], tomorrow=True))
    queue = rules.items_of(selectors.queue_of(user), now.date())
    items = [queue[key] for key in sending.keys if key in queue]
    if not items:
        return Needless("到发送时事项都已办结。")
    told = rules.summary(items, now.date())
    title = "到期提醒" if sending.kind == rules.URGENT else "待办"
    text = f"{told}\n\n{_way()}\n这封邮件由系统发出，可在“通知”页停止。"
    return Letter(preference.email, "", f"城心{title}：{told.splitlines()[0]}", text)


def _robot_message(sending: Sending, robot: Robot) -> Letter | Later | Needless:
    if robot.stopped_at is not None or robot.approved_at is None:
        return Needless("群机器人已停用。")
    text, now = TEST_TEXT, clock.now()
    if sending.kind != rules.TEST:
        civil = selectors.policy()["civil_hours"]
        if rules.is_quiet(now.hour, civil):
            return Later(_next_opening(now, civil[0]))
        items = selectors.queue_of_unit(robot.unit)
        if not items:
            return Needless("到发送时事项都已办结。")
        text = f"【城心】{robot.unit.name}待办\n{rules.summary(items, now.date())}\n{_way()}"
    try:
        address, secret = keys.unseal(bytes(robot.sealed), robot.key_name)
    except InvalidToken:
        return Needless("地址解不开：密钥 robots-1 不是登记时的那一把，请停用后重新登记。")
    return Letter(address, secret, "", text)


def _way() -> str:
    """How to get to the matters themselves, which stay in the house."""
    return f"{settings.SITE_URL}{reverse('notices:own')}" if settings.SITE_URL else "请登录城心查看。"


def _next_opening(now: dt.datetime, hour: int, *, tomorrow: bool = False) -> dt.datetime:
    opening = clock.at(now.date(), hour)
    return opening + dt.timedelta(days=1) if tomorrow or opening <= now else opening


def _carry(sending: Sending, letter: Letter) -> rules.Answer:
    try:
        if sending.robot is None:
            return transport.send_mail(letter.address, letter.subject, letter.text, sending.key)
        return transport.post_to_robot(sending.channel, letter.address, letter.secret, letter.text, clock.now())
    except Exception:  # what nobody thought of is a failed try, not a worker that tries for ever
        log.exception("sending %s", sending.key)
        return rules.Answer(ok=False, error="程序出错，详见服务器日志。", again=True)


@transaction.atomic
def _begin(sending: Sending, until: dt.datetime) -> Attempt | None:
    """Write down that a try begins; None when the claim was lost, the robot has to wait, or two tries were cut off already."""
    now = clock.now()
    if sending.robot_id is not None:  # whoever counts the robot's minute holds its row
        Robot.objects.select_for_update().get(pk=sending.robot_id)
    held = Sending.objects.select_for_update().filter(pk=sending.pk, claimed_until=until, state=rules.WAITING).first()
    if held is None:
        return None
    held.attempts.filter(outcome=rules.RUNNING).update(outcome=rules.UNKNOWN, ended_at=now, error="发送中断，不知是否送达。")
    if held.attempts.filter(outcome=rules.UNKNOWN).count() >= MOST_CUT_OFF:
        Sending.objects.filter(pk=held.pk).update(state=rules.FAILED, claimed_until=None)
        return None
    if sending.robot_id is not None and _sent_lately(sending.robot_id, now) >= selectors.policy()["robot_per_minute"]:
        _release(sending, until, next_try_at=now + dt.timedelta(minutes=1))
        return None
    held.tried += 1
    held.save(update_fields=["tried"])
    sending.tried = held.tried
    return Attempt.objects.create(sending=held, number=held.tried, at=now)


def _sent_lately(robot_id: int, now: dt.datetime) -> int:
    return Attempt.objects.filter(sending__robot=robot_id, at__gt=now - dt.timedelta(minutes=1)).exclude(outcome=rules.DROPPED).count()


def _release(sending: Sending, until: dt.datetime, *, next_try_at: dt.datetime) -> None:
    Sending.objects.filter(pk=sending.pk, claimed_until=until).update(claimed_until=None, next_try_at=next_try_at)


@transaction.atomic
def _drop(sending: Sending, until: dt.datetime, why: str) -> None:
    dropped = Sending.objects.filter(pk=sending.pk, claimed_until=until, state=rules.WAITING)
    if dropped.update(state=rules.DROPPED, claimed_until=None, tried=F("tried") + 1):
        now = clock.now()
        Attempt.objects.create(sending=sending, number=sending.tried + 1, at=now, ended_at=now, outcome=rules.DROPPED, error=why)


@transaction.atomic
def _settle(sending: Sending, attempt: Attempt, until: dt.datetime, answer: rules.Answer) -> None:
    """Write down how a try ended. What was delivered counts as delivered, even when the lease was over meanwhile."""
    now = clock.now()
    pause = rules.next_try(attempt.number, selectors.policy()["retry_minutes"]) if answer.again else None
    outcome = rules.SENT if answer.ok else rules.RETRY if pause is not None else rules.FAILED
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, ended_at=now, error=answer.error[:200])
    waiting = Sending.objects.filter(pk=sending.pk, state=rules.WAITING)
    if answer.ok:
        waiting.update(state=rules.SENT, claimed_until=None)
    elif pause is None:
        waiting.filter(claimed_until=until).update(state=rules.FAILED, claimed_until=None)
    else:
        waiting.filter(claimed_until=until).update(claimed_until=None, next_try_at=now + pause)
