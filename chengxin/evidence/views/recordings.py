"""Lists of recordings, one recording with what keeps it, and what the reader may do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.evidence import forms, rules, selectors
from chengxin.evidence.models import Derivative, Recording
from chengxin.evidence.selectors import expiry, releases, sources
from chengxin.evidence.services import keeping, viewing
from chengxin.evidence.services import releases as copying
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.jinja import duration
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

COLUMNS = (
    Column("started_at", "录制时间", "started_at"),
    Column("person_name", "使用人", "person__name_key"),
    Column("device_name", "设备", "device_name"),
    Column("unit_name", "单位", "unit__sequence"),
    Column("size", "大小", "size"),
    Column("category", "类别"),
    Column("kept_through", "留存至", "kept_through"),
    Column("state", "状态"),
)


def _listing(request: ActorRequest, query: Any, *, sort: str = "-started_at") -> ListPage:
    rows = query.annotate(person_name=F("person__name"), unit_name=F("unit__name")).values(
        "pk", "started_at", "ended_at", "duration_ms", "is_time_known", "person_name", "device_name", "unit_name", "size", "medium",
        "category", "kept_through", "attribution", "attribution_note", "deleted_at", "is_cut_off", "trouble",
    )  # fmt: skip
    return ListPage(
        request,
        rows,
        COLUMNS,
        (
            Filter("person", "使用人", "person__name__contains", kind="text"),
            Filter("device", "设备", "device_name__icontains", kind="text"),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("category", "类别", "category", list(rules.CATEGORIES.items())),
            Filter("attribution", "归属", "attribution", list(rules.ATTRIBUTION.items())),
            Filter("from", "从", "started_at__date__gte", kind="date"),
            Filter("until", "到", "started_at__date__lte", kind="date"),
        ),
        default_sort=sort,
    )


@page("evidence.read")
def recordings(request: ActorRequest) -> HttpResponse:
    """影像目录 within the reader's scope; what a recording shows is another door."""
    listing = _listing(request, selectors.recordings_visible_to(request.actor))
    return listing.export() or render(request, "evidence/recordings.html", {"listing": listing, "title": "影像目录", **_words()})


@page("evidence.read_own")
def own(request: ActorRequest) -> HttpResponse:
    """我的影像: what the reader's devices recorded."""
    listing = _listing(request, Recording.objects.filter(person_id=request.actor.person_id or 0))
    return listing.export() or render(request, "evidence/recordings.html", {"listing": listing, "title": "我的影像", **_words()})


@page("evidence.attribute")
def unattributed(request: ActorRequest) -> HttpResponse:
    """待归属: footage the custodies do not settle."""
    waiting = sources.unattributed_visible_to(request.actor.units_for("evidence.attribute"))
    listing = _listing(request, waiting)
    return listing.export() or render(request, "evidence/recordings.html", {"listing": listing, "title": "待归属影像", **_words()})


def _words() -> dict[str, Any]:
    return {"media": rules.MEDIA, "categories": rules.CATEGORIES, "attributions": rules.ATTRIBUTION}


@dataclass(frozen=True)
class Step:
    """Something to do with a recording: its form, whether the actor may, and the command."""

    title: str
    capability: str
    form: Callable[[Any, Recording], Form]
    act: Callable[[Actor, Recording, dict[str, Any]], Any]
    done: str
    tone: str = "primary"


def _reasons() -> list[str]:
    return list(rulebook.rule_values("footage.keeping", clock.today(), simulate=True)["reasons"])


def _decide(actor: Actor, recording: Recording, given: dict[str, Any]) -> Any:
    waiting = selectors.downgrade_for(actor, recording)
    return keeping.decide_downgrade(actor, waiting, granted=given["granted"] == "yes", note=given["note"])


def _attribute(actor: Actor, recording: Recording, given: dict[str, Any]) -> Any:
    person = people.person_by_text(actor, given["person"])
    return keeping.attribute_recording(actor, recording, person=person, reason=given["reason"])


def _release_form(data: Any, recording: Recording) -> Form:
    made = [each for each in releases.clips_of(recording) if each.state == Derivative.MADE]
    return forms.ReleaseForm(
        data, clips=[(str(each.pk), f"{each.number} {duration(each.start_ms)}–{duration(each.end_ms or 0)}") for each in made]
    )


def _ask_release(actor: Actor, recording: Recording, given: dict[str, Any]) -> Any:
    chosen = given.pop("clip")
    clip = releases.derivative_for(recording, int(chosen)) if chosen else None
    return copying.ask_release(actor, recording, clip=clip, **given)


STEPS = {
    "attribute": Step("认定归属", "evidence.attribute", lambda data, _: forms.AttributionForm(data), _attribute, "已认定归属。"),
    "mark": Step(
        "标记为重要", "evidence.mark", lambda data, _: forms.MarkForm(data, reasons=_reasons()),
        lambda actor, recording, given: keeping.mark_important(actor, recording, **given), "已标记为重要，长期保存。",
    ),
    "downgrade": Step(
        "申请降级", "evidence.mark", lambda data, _: forms.DowngradeForm(data),
        lambda actor, recording, given: keeping.ask_downgrade(actor, recording, **given), "已提出申请，等待另一人审批。",
    ),
    "decide": Step("审批降级", "evidence.unmark", lambda data, _: forms.DecisionForm(data), _decide, "已审批。"),
    "hold": Step(
        "保全", "evidence.hold", lambda data, _: forms.HoldForm(data),
        lambda actor, recording, given: keeping.place_hold(actor, recording, **given), "已保全，事项办结前不会删除。",
    ),
    "release": Step("申请拷出", "evidence.ask_release", _release_form, _ask_release, "已提出申请，等待另一人审批。"),
}  # fmt: skip


def _offered(actor: Actor, recording: Recording) -> list[str]:
    """What makes sense with a recording as it stands, for who may."""
    downgrade = expiry.open_downgrade(recording)
    sensible = {
        "attribute": recording.attribution != rules.ATTRIBUTED or recording.attributed_by is not None,
        "mark": not recording.is_important,
        "downgrade": recording.is_important and downgrade is None,
        "decide": downgrade is not None and downgrade.asked_by != actor.user_id,
        "hold": True, "release": True,
    }  # fmt: skip
    may = {"mark": None, "downgrade": None}
    return [
        name
        for name, step in STEPS.items()
        if sensible[name] and recording.deleted_at is None and actor.may(step.capability, may.get(name, recording.unit_id))
    ]


@page("evidence.read_own")
def recording(request: ActorRequest, pk: int) -> HttpResponse:
    """One recording: whose, from when, until when it is kept and why, who has looked at it."""
    found = selectors.recording_for(request.actor, pk)
    return _recording(request, found)


def _recording(request: ActorRequest, found: Recording, opened: str = "", bound: Form | None = None) -> HttpResponse:
    doors = [
        {
            "name": name,
            "title": STEPS[name].title,
            "form": bound if name == opened and bound else STEPS[name].form(None, found),
            "open": name == opened,
        }
        for name in _offered(request.actor, found)
    ]
    context = {
        "recording": found, "doors": doors, "steps": selectors.steps_of(found), "viewings": selectors.viewings_of(found),
        "kept_because": expiry.why_kept(found, clock.today()), "holds": expiry.open_holds(found),
        "downgrade": expiry.open_downgrade(found), "may_view": viewing.may_view(request.actor, found) and found.deleted_at is None,
        "viewing_form": bound if opened == "view" and bound else forms.ViewingForm(), "drift_limit": _drift_limit(),
        "suggestions": people.person_suggestions(request.actor) if any(door["name"] == "attribute" for door in doors) else [],
        "clips": releases.clips_of(found), "releases": releases.releases_of(found),
        "may_report": request.actor.may("evidence.report", found.unit_id), **_words(),
    }  # fmt: skip
    return render(request, "evidence/recording.html", context, status=422 if bound is not None else 200)


def _drift_limit() -> int:
    return int(rulebook.rule_values("footage.docks", clock.today(), simulate=True)["drift_seconds"])


@page("evidence.read_own", methods=("POST",))
def act(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Carry out one of the steps; a refusal opens the recording's page at that step with what was typed."""
    found = selectors.recording_for(request.actor, pk)
    step = STEPS.get(name)
    if step is None:
        raise NotFound("no_step", "没有这个操作。")
    form = step.form(request.POST, found)
    if form.carry_out(lambda given: step.act(request.actor, found, given)):
        messages.success(request, step.done)
        return see_other(reverse("evidence:recording", args=[pk]))
    return _recording(request, found, name, form)


@page("evidence.view_own", methods=("POST",))
def view(request: ActorRequest, pk: int) -> HttpResponse:
    """Say why, then look."""
    found = selectors.recording_for(request.actor, pk)
    form = forms.ViewingForm(request.POST)
    opened: list[Any] = []
    if form.carry_out(lambda given: opened.append(viewing.open_viewing(request.actor, found, **given))):
        return see_other(reverse("evidence:viewing", args=[opened[0].key]))
    return _recording(request, found, "view", form)
