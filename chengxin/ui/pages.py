"""Rendering a page within the shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render as django_render
from django.utils.module_loading import import_string

from chengxin.core import clock
from chengxin.core.actor import ANONYMOUS, Actor
from chengxin.core.registry import MenuItem, menu
from chengxin.ui.jinja import address_of
from chengxin.ui.together import Counted, ask

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


@dataclass(frozen=True)
class Bell:
    """The bell in the masthead: where it leads and how much is unread, once that was asked."""

    url: str
    unread: Counted

    @property
    def count(self) -> int:
        return self.unread.n


BELLS: list[Callable[[Actor], Bell | None]] = []  # a room above fills it in (apps.py)


def render(request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """Our Jinja2 template within the shell. Querysets that nobody asked yet are asked in one statement with what the shell asks."""
    given = dict(context or {})
    bells = _rung(request)
    ask(*(value for value in given.values() if isinstance(value, QuerySet)), *(bell.unread for bell in bells))
    request.bells = bells  # type: ignore[attr-defined]
    return django_render(request, template, given, status=status, using="jinja2")


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page of the shell needs: the actor, the navigation, the messages (a context processor)."""
    actor = _actor(request)
    nav = navigation(actor)
    bells: list[Bell] | None = getattr(request, "bells", None)
    if bells is None:
        bells = _rung(request)
        ask(*(bell.unread for bell in bells))
    return {
        "actor": actor,
        "nav": nav,
        "bells": bells,
        "messages": get_messages(request),
        "csrf_token_value": get_token(request),
        "here": current_entry(nav, request.path),
        "printed_on": clock.today(),
    }


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = getattr(request, "actor", None) or import_string(settings.CHENGXIN_ACTOR)(request)
    return actor


def _rung(request: HttpRequest) -> list[Bell]:
    return [bell for ring in BELLS if (bell := ring(_actor(request))) is not None]


def see_other(url: str) -> HttpResponse:
    """The answer to a successful post: look there (303), so that reloading does not post again."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def navigation(actor: Actor) -> Sequence[tuple[str, Sequence[MenuItem]]]:
    """The entries the actor may see, grouped by the plan's sections in the plan's order; the public's are for who has no account."""
    return _entries(None if actor is ANONYMOUS else frozenset(each.capability for each in menu if actor.may(each.capability)))


@lru_cache(maxsize=256)
def _entries(held: frozenset[str] | None) -> tuple[tuple[str, tuple[MenuItem, ...]], ...]:
    """Sorted and grouped once for each set of capabilities: there are a few dozen such sets, and every page asks."""
    wanted = {"public"} if held is None else {"signed_in", *held}
    entries = sorted(
        (item for item in menu if item.capability in wanted), key=lambda item: (SECTIONS.index(item.section), item.order, item.code)
    )
    return tuple((section, tuple(items)) for section, items in groupby(entries, key=lambda item: item.section))


def current_entry(nav: Sequence[tuple[str, Sequence[MenuItem]]], path: str) -> str:
    """The code of the navigation entry a page belongs to: the one with the longest address the path begins with."""
    entries = [(address_of(item.url), item.code) for _, items in nav for item in items]
    fitting = [(len(address), code) for address, code in entries if path == address or (address != "/" and path.startswith(address))]
    return max(fitting, default=(0, ""))[1]
