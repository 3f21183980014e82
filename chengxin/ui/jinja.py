"""The Jinja2 environment of all our pages."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import json_script
from jinja2 import Environment, StrictUndefined

from chengxin.core import clock


def environment(**options: Any) -> Environment:
    """Autoescaping environment with the few functions templates need; unknown names fail loudly."""
    made = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True})
    made.globals |= {"static": static, "url": _url, "today": clock.today, "is_demo": _is_demo, "one_day": dt.timedelta(days=1)}
    made.globals["sign_in_elsewhere"] = _sign_in_elsewhere
    made.filters |= {"day": day, "moment": moment, "json_script": json_script, "bytes": size_of, "duration": duration}
    return made


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args, kwargs=kwargs) if args or kwargs else address_of(name)


@cache
def address_of(name: str) -> str:
    """The address of a name without places; the navigation asks for the same dozens on every page."""
    return reverse(name)


def _is_demo() -> bool:
    return (settings.DATA_DIR / "demo").exists()


def _sign_in_elsewhere() -> list[tuple[str, str]]:
    """Name and address of the single sign-on services that the settings name."""
    apps = getattr(settings, "SOCIALACCOUNT_PROVIDERS", {}).get("openid_connect", {}).get("APPS", [])
    return [(app["name"], reverse("openid_connect_login", args=[app["provider_id"]])) for app in apps]


def day(value: dt.date | None) -> str:
    """2026-09-30 周三"""
    return f"{value:%Y-%m-%d} 周{'一二三四五六日'[value.weekday()]}" if value else "—"


def moment(value: dt.datetime | None) -> str:
    """2026-09-30 17:05, Asia/Shanghai"""
    return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if value else "—"


def size_of(count: int) -> str:
    """Bytes as people read them: 900 字节, 12.5 MB."""
    if count < 1000:
        return f"{count} 字节"
    power = min(3, (len(str(count)) - 1) // 3)
    return f"{count / 1000**power:.1f} {('', 'KB', 'MB', 'GB')[power]}"


def duration(milliseconds: int) -> str:
    """1:02:03, minutes and seconds alone below an hour."""
    hours, rest = divmod(milliseconds // 1000, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
