"""Headers of every answer, and the end of a session nobody uses."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

POLICY = "; ".join((
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "style-src 'self'",
    "script-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
))  # fmt: skip
# the API's own documentation page styles itself inline
RELAXED = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class SecurityHeaders:
    """A content security policy without inline scripts or styles, and the usual companions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        relaxed = request.path == "/api/v1/docs"
        response.headers.setdefault("Content-Security-Policy", RELAXED if relaxed else POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        return response


class IdleLogout:
    """Sign out a user who did nothing for CHENGXIN_IDLE_MINUTES; the next page asks for the password again."""

    KEY = "last_seen"
    PRECISION_S = 60  # the session is written at most once a minute

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(self.KEY, now)
            if now - seen > settings.CHENGXIN_IDLE_MINUTES * 60:
                logout(request)
            elif now - seen >= self.PRECISION_S or self.KEY not in request.session:
                request.session[self.KEY] = now
        return self.get_response(request)
