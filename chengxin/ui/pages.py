"""Rendering a page within the shell."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render as django_render
from django.utils.module_loading import import_string

from chengxin.core.actor import ANONYMOUS, Actor
from chengxin.core.registry import MenuItem, menu
from chengxin.ui.jinja import address_of

SECTIONS = (
    "工作台",
    "二（一）着装",
    "二（二）装备",
    "二（三）文明执法",
    "二（四）主题活动",
    "三（一）督查考核",
    "三（二）示范与投诉",
    "三（三）制度",
    "系统",
)


def render(request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """Our Jinja2 template within the shell."""
    return django_render(request, template, dict(context or {}), status=status, using="jinja2")


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page of the shell needs: the actor, the navigation, the messages (a context processor)."""
    actor: Actor = getattr(request, "actor", None) or import_string(settings.CHENGXIN_ACTOR)(request)
    return {
        "actor": actor,
        "nav": navigation(actor),
        "messages": get_messages(request),
        "csrf_token_value": get_token(request),
        "here": current_entry(actor, request.path),
    }


def see_other(url: str) -> HttpResponse:
    """The answer to a successful post: look there (303), so that reloading does not post again."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def navigation(actor: Actor) -> list[tuple[str, list[MenuItem]]]:
    """The entries the actor may see, grouped by the plan's sections in the plan's order; the public's are for who has no account."""
    if actor is ANONYMOUS:
        entries = [item for item in menu if item.capability == "public"]
    else:
        entries = [item for item in menu if item.capability == "signed_in" or actor.may(item.capability)]
    entries.sort(key=lambda item: (SECTIONS.index(item.section), item.order, item.code))
    return [(section, list(items)) for section, items in groupby(entries, key=lambda item: item.section)]


def current_entry(actor: Actor, path: str) -> str:
    """The code of the navigation entry a page belongs to: the one with the longest address the path begins with."""
    entries = [(address_of(item.url), item.code) for _, items in navigation(actor) for item in items]
    fitting = [(len(address), code) for address, code in entries if path == address or (address != "/" and path.startswith(address))]
    return max(fitting, default=(0, ""))[1]
