"""A password of this system older than CHENGXIN_PASSWORD_DAYS has to be changed before anything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from chengxin.core import clock

OPEN_PATHS = ("/account/", "/static/")


class PasswordAge:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(OPEN_PATHS) and request.user.is_authenticated and self._is_old(request):
            messages.warning(request, f"口令已超过 {settings.CHENGXIN_PASSWORD_DAYS} 天，请先修改口令。")
            return redirect(reverse("account_change_password"))
        return self.get_response(request)

    @staticmethod
    def _is_old(request: HttpRequest) -> bool:
        if _signed_in_elsewhere(request):
            return False
        changed = getattr(request.user, "password_changed_at", None)
        return changed is None or clock.now() - changed > dt.timedelta(days=settings.CHENGXIN_PASSWORD_DAYS)


def _signed_in_elsewhere(request: HttpRequest) -> bool:
    """Whether the city vouched for this session: its password is not ours to age."""
    if request.session.get(BACKEND_SESSION_KEY) == "chengxin.people.directory.DirectoryBackend":
        return True
    records = get_authentication_records(request)
    return bool(records and records[0].get("method") == "socialaccount")
