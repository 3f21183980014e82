"""Signing in: the lock after five failures, the password's rules and age, and what the audit keeps of it.

One mechanism counts failures, for known and unknown names alike, in a table that survives restarts and is shared by all workers.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.http import HttpRequest

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.people import rules
from chengxin.people.models import SignInGuard, User

LOCKED = "登录失败次数过多，请 15 分钟后再试，或请安全管理员解除锁定。"
MISMATCH = "用户名或口令不正确。"
SILENT = "本系统没有这个口令，统一目录暂时没有回答，因此无法核对。请稍后再试，或请系统管理员检查统一目录。"


class SignInAdapter(DefaultAccountAdapter):
    """Our account rules for the login pages."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "too_many_login_attempts": LOCKED,
        "directory_silent": SILENT,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  (users are made by 安全管理员)
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002
        if _is_locked(credentials.get("username", "")):
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        # counted when the directory is silent, too: that is no time for guessing the passwords of this system
        note_failure(credentials.get("username", ""), request.META.get("REMOTE_ADDR", ""))
        if getattr(request, "directory_silent", False):
            raise self.validation_error("directory_silent")

    def clean_password(self, password: str, user: Any = None) -> str:
        cleaned: str = super().clean_password(password, user=user)
        return cleaned


def _is_locked(username: str) -> bool:
    return SignInGuard.objects.filter(username=username[:60], locked_until__gt=clock.now()).exists()


@transaction.atomic
def note_failure(username: str, address: str) -> None:
    """Count a failed sign-in; the fifth in a row locks the name for fifteen minutes."""
    username = username[:60]
    guard, _ = SignInGuard.objects.get_or_create(username=username)
    SignInGuard.objects.filter(pk=guard.pk).update(failures=F("failures") + 1)
    guard = SignInGuard.objects.select_for_update().get(pk=guard.pk)
    who = Actor(user_id=None, person_id=None, label=username, address=address)
    record(who, "people.sign_in_failed", f"username:{username}")
    if guard.failures >= rules.FAILURES_BEFORE_LOCK:
        guard.failures, guard.locked_until = 0, clock.now() + dt.timedelta(minutes=rules.LOCK_MINUTES)
        guard.save()
        record(who, "people.locked", f"username:{username}")


@receiver(user_logged_in)
def note_sign_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:  # noqa: ARG001
    with transaction.atomic():
        SignInGuard.objects.filter(username=user.username).update(failures=0, locked_until=None)
        record(_actor(user, request), "people.signed_in", f"user:{user.pk}")


@receiver(user_logged_out)
def note_sign_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:  # noqa: ARG001
    if user is not None:
        with transaction.atomic():
            record(_actor(user, request), "people.signed_out", f"user:{user.pk}")


def _actor(user: User, request: HttpRequest | None) -> Actor:
    address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    return Actor(user_id=user.pk, person_id=user.person_id, label=user.get_full_name(), address=address)


@receiver(password_changed)
def note_password(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:  # noqa: ARG001
    with transaction.atomic():
        record(_actor(user, request), "people.password_changed", f"user:{user.pk}")


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def note_second_factor(sender: Any, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:  # noqa: ARG001
    with transaction.atomic():
        record(_actor(user, request), "people.second_factor_changed", f"user:{user.pk}", details={"kind": authenticator.type})


class CityAdapter(DefaultSocialAccountAdapter):
    """Single sign-on of the city (OIDC by settings): it signs in users that exist here, by user name, and makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if not sociallogin.is_existing:
            known = User.objects.filter(username=sociallogin.user.username, is_active=True).first()
            if known is not None:
                sociallogin.connect(request, known)


class ThreeKinds:
    """Password rule: at least three of lower case, upper case, digits and other characters."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002  (Django's signature)
        if rules.password_kinds(password) < rules.LEAST_KINDS:
            raise ValidationError("口令应包含小写字母、大写字母、数字、符号中的至少三种。", code="too_few_kinds")

    def get_help_text(self) -> str:
        return "至少 8 位，含小写字母、大写字母、数字、符号中的至少三种。"
