"""The player: pieces of the original by HTTP range, a watermark over the picture, films made from it beside it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.urls import reverse

from chengxin.core.errors import NotFound
from chengxin.evidence import forms, rules
from chengxin.evidence.models import Derivative, Recording, Viewing
from chengxin.evidence.selectors import releases as questions
from chengxin.evidence.services import derivatives, store, viewing
from chengxin.evidence.services.examination import picture_of
from chengxin.evidence.services.probe import PLAYABLE
from chengxin.evidence.views.pieces import ranged
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

MP4 = "video/mp4"
TYPES = {
    "mp4": MP4, "mov": MP4, "m4v": MP4, "wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
}  # fmt: skip


def media_type_of(recording: Recording) -> str:
    """The type a browser is told; the bytes stay what they are."""
    return TYPES.get(recording.original_name.rpartition(".")[2].lower(), "application/octet-stream")


def is_playable(recording: Recording) -> bool:
    """Whether browsers show it as it is."""
    if recording.medium == rules.VIDEO:
        return media_type_of(recording) == MP4 and (recording.codec in PLAYABLE or recording.examined_at is None)
    return media_type_of(recording) != "application/octet-stream"


@page("evidence.view_own")
def player(request: ActorRequest, key: UUID) -> HttpResponse:
    return _player(request, viewing.viewing_for(request.actor, key))


def _player(request: ActorRequest, look: Viewing, bound: Form | None = None) -> HttpResponse:
    recording = look.recording
    plays, made = is_playable(recording), questions.playable_of(recording)
    clips = questions.clips_of(recording)
    wanted = request.GET.get("clip", "")
    chosen = next((each for each in clips if str(each.pk) == wanted and each.state == Derivative.MADE), None)
    source = chosen or (made if not plays and made and made.state == Derivative.MADE else None)
    context = {
        "viewing": look, "recording": recording, "media": rules.MEDIA, "conversion": None if plays else made, "clips": clips,
        "chosen": chosen, "source": _address(look, source) if source or plays else "",
        "may_clip": recording.medium == rules.VIDEO and request.actor.may("evidence.clip", recording.unit_id),
        "may_convert": not plays and recording.medium == rules.VIDEO and (made is None or made.state == Derivative.FAILED),
        "form": bound or forms.ClipForm(),
        "is_waiting": any(each.state == Derivative.WAITING for each in [*clips, *([made] if made and not plays else [])]),
    }  # fmt: skip
    return render(request, "evidence/viewing.html", context, status=422 if bound is not None else 200)


def _address(look: Viewing, derivative: Derivative | None) -> str:
    if derivative is None:
        return reverse("evidence:content", args=[look.key])
    return reverse("evidence:derivative", args=[look.key, derivative.pk])


@page("evidence.view_own")
def picture(request: ActorRequest, key: UUID) -> HttpResponse:
    """A still picture of the film, within a look."""
    path = picture_of(viewing.viewing_for(request.actor, key).recording)
    if not path.is_file():
        raise NotFound("no_picture", "没有画面。")
    return FileResponse(path.open("rb"), content_type="image/jpeg")  # type: ignore[return-value]


@page("evidence.view_own")
def content(request: ActorRequest, key: UUID) -> HttpResponse:
    """The piece of the original that the player asks for, at most so much at once."""
    recording = viewing.viewing_for(request.actor, key).recording
    try:
        file = store.open_original(recording)
    except FileNotFoundError as error:
        raise NotFound("no_bytes", "原文件不在存放位置，请通知管理员核查。") from error
    return ranged(request, file, recording.size, media_type_of(recording))  # type: ignore[return-value]


@page("evidence.view_own")
def derivative(request: ActorRequest, key: UUID, pk: int) -> HttpResponse:
    """The same of a film made from the original, within a look at it."""
    made = questions.derivative_for(viewing.viewing_for(request.actor, key).recording, pk)
    return ranged(request, store.derived().open(made.sha256), made.size or 0, MP4)  # type: ignore[return-value]


@page("evidence.view_own", methods=("POST",))
def convert(request: ActorRequest, key: UUID) -> HttpResponse:
    """Have the film made playable."""
    derivatives.ask_playable(request.actor, viewing.viewing_for(request.actor, key))
    messages.success(request, "已开始转换，完成后在本页播放；原文件不改动。")
    return see_other(reverse("evidence:viewing", args=[key]))


@page("evidence.clip", methods=("POST",))
def clip(request: ActorRequest, key: UUID) -> HttpResponse:
    """Cut out a stretch one has looked at."""
    look, form = viewing.viewing_for(request.actor, key), forms.ClipForm(request.POST)
    if form.carry_out(lambda given: derivatives.ask_clip(request.actor, look.recording, **given)):
        messages.success(request, "正在制作片段；原文件不改动。")
        return see_other(reverse("evidence:viewing", args=[key]) + "#clips")
    return _player(request, look, form)
