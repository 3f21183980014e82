"""Where a request comes from."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The caller's address; behind reverse proxies of ours (CHENGXIN_PROXIES of them) the one that the outermost of them saw.

    What the caller itself wrote into the header stands further left and is never believed.
    """
    hops = settings.CHENGXIN_PROXIES
    if hops:
        told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if len(told) >= hops:
            return str(told[-hops])
    return str(request.META.get("REMOTE_ADDR", ""))
