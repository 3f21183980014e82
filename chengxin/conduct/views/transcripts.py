"""文字稿: import, the moments a scan nominates, and what a person says after watching (2.3.2)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.conduct import forms, rules, selectors, services
from chengxin.conduct.models import Transcript, WatchMoment
from chengxin.conduct.selectors import reviews as looks
from chengxin.conduct.selectors import transcripts as questions
from chengxin.conduct.views.reviews import CLASSES, MOMENT_TONES, source_of
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.evidence.services.viewing import open_viewing
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage


@page("conduct.review")
def moments(request: ActorRequest) -> HttpResponse:
    """What scans nominated: to be watched, or watched."""
    rows = questions.moments_visible_to(request.actor).annotate(
        person_name=F("recording__person__name"), unit_name=F("recording__unit__name")
    )
    listing = ListPage(
        request,
        rows.values(
            "pk", "recording_id", "kind", "phrase", "is_exact", "at_ms", "state", "person_name", "unit_name", "decided_label"
        ),
        (
            Column("phrase", "提示", "phrase"), Column("kind", "种类", "kind"), Column("recording_id", "影像", "recording_id"),
            Column("at_ms", "时刻", "at_ms"), Column("person_name", "使用人", "recording__person__name_key"),
            Column("unit_name", "单位", "recording__unit__sequence"), Column("state", "状态", "state"), Column("decided_label", "观看人"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.MOMENT_STATES.items())),
            Filter("kind", "种类", "kind", tuple(rules.MOMENT_KINDS.items())),
            Filter("unit", "单位", "recording__unit_id", people.unit_choices(request.actor)),
            Filter("class", "类别", "recording__person__person_class", CLASSES),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "kinds": rules.MOMENT_KINDS, "states": rules.MOMENT_STATES, "tones": MOMENT_TONES, "time": rules.moment_text,
    }  # fmt: skip
    return listing.export() or render(request, "conduct/moments.html", context)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def moment(request: ActorRequest, pk: int) -> HttpResponse:
    """One nominated moment: watch it, then say whether it is so."""
    found = questions.moment_for(request.actor, pk)
    form: Form = forms.MomentForm(request.POST if request.POST.get("do") == "decide" else None)
    if request.method == "POST" and request.POST.get("do") == "look":
        reason = f"核对文字稿提示：{found.phrase}"
        open_viewing(request.actor, found.recording, reason=reason[:200], matter=f"conduct.moment:{found.pk}")
        return see_other(reverse("conduct:moment", args=[pk]))
    if form.carry_out(lambda given: services.decide_moment(request.actor, found, is_true=given["verdict"] == "yes", note=given["note"])):
        messages.success(request, "已记录观看后的认定。")
        return see_other(reverse("conduct:moment", args=[pk]))
    return _moment(request, found, form=form)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def nominate(request: ActorRequest, pk: int) -> HttpResponse:
    """Raise a finding from a confirmed moment; the reviewer names the entry."""
    found = questions.moment_for(request.actor, pk)
    form = _nominate_form(request.POST or None, found)

    def carry_out(given: dict[str, Any]) -> None:
        made = services.nominate_finding(
            request.actor, found.recording, entry=given["entry"], at_ms=_at(given["at"]), note=given["note"], moment=found
        )
        messages.success(request, f"已登记 {made.finding.number}。")

    if form.carry_out(carry_out) or request.method != "POST":
        return see_other(reverse("conduct:moment", args=[pk]))
    return _moment(request, found, nominating=form)


def _at(text: str) -> int:
    try:
        return rules.moment_ms(text)
    except rules.Misfit as error:
        raise DomainError("bad_time", str(error), field="at") from error


def _nominate_form(given: Any, found: WatchMoment) -> forms.NominateForm:
    entries = selectors.entries_at(clock.local_day(found.recording.started_at))
    initial = {"entry": found.code, "at": rules.moment_text(found.at_ms)}
    return forms.NominateForm(given, entries=entries, initial=initial, auto_id="id_nominate_%s")


def _moment(request: ActorRequest, found: WatchMoment, *, form: Form | None = None, nominating: Form | None = None) -> HttpResponse:
    actor, recording = request.actor, found.recording
    why_not = looks.why_not_review(actor, recording)
    look = looks.current_look(actor, recording) if not why_not else None
    nominations = looks.nominations_of(recording)
    failed = bool((form and form.errors) or (nominating and nominating.errors))
    context = {
        "moment": found, "recording": recording, "why_not": why_not, "look": look, "source": source_of(look),
        "may_look": looks.may_look(actor, recording), "form": form or forms.MomentForm(),
        "nominating": nominating or _nominate_form(None, found), "nominations": nominations,
        "seen": looks.findings_seen(actor, nominations), "entries": selectors.entries_at(clock.local_day(recording.started_at)),
        "kinds": rules.MOMENT_KINDS, "states": rules.MOMENT_STATES, "tones": MOMENT_TONES, "time": rules.moment_text,
    }  # fmt: skip
    return render(request, "conduct/moment.html", context, status=422 if failed else 200)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def new(request: ActorRequest) -> HttpResponse:
    """Import a transcript."""
    form = forms.TranscriptForm(
        request.POST or None, request.FILES or None, scenes=selectors.scene_choices(),
        initial={"recording": request.GET.get("recording", "")[:20]},
    )  # fmt: skip
    made: list[Transcript] = []

    def carry_out(given: dict[str, Any]) -> None:
        try:
            recording = questions.recording_by_number(request.actor, given["recording"])
        except DomainError as error:
            raise DomainError(error.code, error.message, field="recording") from error
        made.append(services.import_transcript(request.actor, recording, given["file"], scene=given["scene"]))

    if form.carry_out(carry_out):
        count = made[0].moments.count()
        messages.success(
            request, f"已导入 {made[0].cues} 段，提示 {count} 处待人观看。" if count else f"已导入 {made[0].cues} 段，没有提示。"
        )
        return see_other(reverse("conduct:transcript", args=[made[0].pk]))
    return render(request, "conduct/new_transcript.html", {"form": form}, status=422 if form.errors else 200)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def transcript(request: ActorRequest, pk: int) -> HttpResponse:
    """A transcript: its moments; its words only within a look at the recording, which says why."""
    found = questions.transcript_for(request.actor, pk)
    recording = found.recording
    if request.method == "POST":
        open_viewing(request.actor, recording, reason="核对影像文字稿", matter=f"conduct.transcript:{found.pk}")
        return see_other(reverse("conduct:transcript", args=[pk]))
    why_not = looks.why_not_review(request.actor, recording)
    look = looks.current_look(request.actor, recording) if not why_not else None
    policy = selectors.conduct_policy_at(clock.local_day(recording.started_at))
    titles = {element.code: element.title for scene in policy.scenes for element in scene.elements}
    context = {
        "transcript": found, "recording": recording, "why_not": why_not, "look": look, "cues": questions.cues_of(found) if look else [],
        "moments": list(found.moments.all()), "titles": titles, "may_look": looks.may_look(request.actor, recording),
        "kinds": rules.MOMENT_KINDS, "states": rules.MOMENT_STATES, "tones": MOMENT_TONES, "time": rules.moment_text,
        "scenes": dict(selectors.scene_choices()), "source": source_of(look),
    }  # fmt: skip
    return render(request, "conduct/transcript.html", context)
