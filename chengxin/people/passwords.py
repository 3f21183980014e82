"""Signing in with a password of this system."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from chengxin.people import access
from chengxin.people.models import User


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """The library's own way to check a password; a session's user comes with what makes the actor, in one question."""

    def get_user(self, user_id: int) -> User | None:
        return access.signed_in(user_id)
