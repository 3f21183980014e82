"""The decorator of every view: who may come in, and what a refusal looks like."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Concatenate, ParamSpec, Protocol, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from chengxin.core.actor import ANONYMOUS, Actor
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.core.registry import capabilities
from chengxin.ui.database import remembering
from chengxin.ui.problems import problem, refusal

P = ParamSpec("P")
SHOWING = {"GET", "HEAD"}  # nothing is changed by them


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
                with remembering() if request.method in SHOWING else nullcontext():
                    return view(entering, *args, **kwargs)
            except DomainError as error:
                return refusal(request, error)

        door.capability = capability  # type: ignore[attr-defined]
        return cast(Door, door)

    return decorate


def endpoint(capability: str, *, methods: tuple[str, ...]) -> Callable[[Callable[Concatenate[ActorRequest, P], HttpResponse]], Door]:
    """A door for programs and for scripts of our own pages, outside the API's own router: streams, protocols of others.

    ``Authorization: Bearer`` names a device; without it the session counts, and then a form token is asked for as on any page.
    Refusals are problem+json. OPTIONS asks for nobody: it tells what the protocol can do and no more.
    """

    def decorate(view: Callable[Concatenate[ActorRequest, P], HttpResponse]) -> Door:
        @functools.wraps(view)
        def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            entering = cast(ActorRequest, request)
            try:
                entering.actor = _caller(request) if request.method != "OPTIONS" else ANONYMOUS
                if request.method != "OPTIONS" and not entering.actor.may(capability):
                    raise NotAllowed("not_allowed", f"没有“{capabilities[capability].title}”的权限。")
                return view(entering, *args, **kwargs)
            except SignedOut:
                return problem(401, "signed_out", "令牌无效或登录已失效，请重新登录或更换令牌。")
            except DomainError as error:
                return problem(error.status, error.code, error.message, field=error.field)

        door.capability = capability  # type: ignore[attr-defined]
        return cast(Door, csrf_exempt(door))

    return decorate


class SignedOut(Exception):
    """Nobody is signed in, or the token is none."""


def _caller(request: HttpRequest) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        actor: Actor | None = import_string(settings.CHENGXIN_TOKEN_ACTOR)(token.strip())
        if actor is None:
            raise SignedOut
        return actor
    actor = _actor(request)
    if actor is ANONYMOUS:
        raise SignedOut
    if CsrfCheck(_nothing).process_view(request, _nothing, (), {}) is not None:
        raise NotAllowed("no_form_token", "页面已过期，请刷新后再试。")
    return actor


def _nothing(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


class CsrfCheck(CsrfViewMiddleware):
    """The framework's own check, asked by hand: the answer is a reason or None."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:  # noqa: ARG002
        return HttpResponse(reason, status=403)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = import_string(settings.CHENGXIN_ACTOR)(request)
    return actor


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if "json" in request.headers.get("Accept", ""):
        return problem(401, "signed_out", "登录已失效，请重新登录后再提交；已填写的内容保留在本机。")
    return redirect_to_login(request.get_full_path())
