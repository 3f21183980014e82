"""The decorator of every view: who may come in, and what a refusal looks like."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.module_loading import import_string

from chengxin.core.actor import ANONYMOUS, Actor
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.core.registry import capabilities
from chengxin.ui.problems import problem, refusal

P = ParamSpec("P")


class ActorRequest(HttpRequest):
    """A request behind ``page``: the actor is known."""

    actor: Actor


class Door(Protocol):
    capability: str

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def page(
    capability: str, *, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[Concatenate[ActorRequest, P], HttpResponse]], Door]:
    """Let in who holds the capability ("public": everybody, "signed_in": every user); the scope is checked further in.

    Puts the actor on the request and answers a DomainError with the page or problem+json of its status.
    """

    def decorate(view: Callable[Concatenate[ActorRequest, P], HttpResponse]) -> Door:
        @functools.wraps(view)
        def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            entering = cast(ActorRequest, request)
            entering.actor = _actor(request)
            if capability != "public" and entering.actor is ANONYMOUS:
                return _ask_to_sign_in(request)
            try:
                if capability not in {"public", "signed_in"} and not entering.actor.may(capability):
                    raise NotAllowed("not_allowed", f"您没有“{capabilities[capability].title}”的权限。")
                return view(entering, *args, **kwargs)
            except DomainError as error:
                return refusal(request, error)

        door.capability = capability  # type: ignore[attr-defined]
        return cast(Door, door)

    return decorate


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = import_string(settings.CHENGXIN_ACTOR)(request)
    return actor


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if "json" in request.headers.get("Accept", ""):
        return problem(401, "signed_out", "登录已失效，请重新登录后再提交；已填写的内容保留在本机。")
    return redirect_to_login(request.get_full_path())
