"""影像拷出: asked, decided, fetched by a link that ends."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import DomainError, NotFound
from chengxin.evidence import forms
from chengxin.evidence.models import Release
from chengxin.evidence.selectors import releases as questions
from chengxin.evidence.services import releases as commands
from chengxin.evidence.services import store, uploads
from chengxin.evidence.views.pieces import ranged, span_of
from chengxin.evidence.views.viewing import MP4, media_type_of
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other


@page("evidence.ask_release")
def releases(request: ActorRequest) -> HttpResponse:
    """One's own requests with their links, and what waits for one's decision."""
    return _releases(request)


def _releases(request: ActorRequest, opened: int = 0, bound: Form | None = None) -> HttpResponse:
    context = {
        "own": questions.own_releases(request.actor), "waiting": questions.to_decide(request.actor), "opened": opened, "bound": bound,
        "form": forms.ReleaseDecisionForm(), "now": clock.now(),
    }  # fmt: skip
    return render(request, "evidence/releases.html", context, status=422 if bound is not None else 200)


@page("evidence.approve_release", methods=("POST",))
def decide(request: ActorRequest, pk: int) -> HttpResponse:
    release, form = questions.release_for(request.actor, pk), forms.ReleaseDecisionForm(request.POST)

    def command(given: dict[str, str]) -> None:
        commands.decide_release(request.actor, release, granted=given["granted"] == "yes", note=given["note"])

    if form.carry_out(command):
        messages.success(request, "已审批。")
        return see_other(reverse("evidence:releases"))
    return _releases(request, pk, form)


@page("evidence.ask_release", methods=("GET",))
def download(request: ActorRequest, key: UUID) -> HttpResponse:
    """The file behind a link, each use counted and kept; the rest of one that was cut off is not counted again."""
    release = commands.release_by_key(request.actor, key)
    if not uploads.AT_ONCE.acquire(blocking=False):
        raise uploads.Busy("busy", "正在传送的文件较多，请稍后再试。")
    try:
        return _send(request, release)
    except BaseException:
        uploads.AT_ONCE.release()
        raise


def _send(request: ActorRequest, release: Release) -> HttpResponse:
    size = (release.clip.size or 0) if release.clip else release.recording.size
    span = span_of(request, size)
    try:
        file = store.derived().open(release.clip.sha256) if release.clip else store.open_original(release.recording)
    except FileNotFoundError as error:
        raise NotFound("no_bytes", "原文件不在存放位置，请通知管理员核查。") from error
    try:
        commands.begin_download(request.actor, release, goes_on=span is not None and span[0] > 0)
    except DomainError:
        file.close()
        raise
    answer = ranged(
        request, file, size, _type(release), disposition=_attachment(release), most=None, then=uploads.AT_ONCE.release
    )  # fmt: skip
    return answer  # type: ignore[return-value]


def _type(release: Release) -> str:
    return MP4 if release.clip else media_type_of(release.recording)


def _attachment(release: Release) -> str:
    ending = "mp4" if release.clip else release.recording.original_name.rpartition(".")[2].lower()
    name = quote(f"{release.number}-{release.recording.number}.{ending}")
    return f"attachment; filename*=UTF-8''{name}"
