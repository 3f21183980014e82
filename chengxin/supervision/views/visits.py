"""Doors of the visits: the list, the sheet on the phone, its photos one by one, and what was seen."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid5

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.files.answers import file_response
from chengxin.people import selectors as people
from chengxin.supervision import forms, rules
from chengxin.supervision.models import Visit
from chengxin.supervision.selectors import plans as plan_questions
from chengxin.supervision.selectors import visits as questions
from chengxin.supervision.services import visits as commands
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.offline import sheet_worker
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {rules.WAITING: "warn", rules.SUBMITTED: "ok", rules.CALLED_OFF: "muted"}


@page("supervision.results")
def visits(request: ActorRequest) -> HttpResponse:
    """检查: within the reader's scope; who is inspected reads of a visit once it is over."""
    listing = ListPage(
        request,
        questions.visit_rows(request.actor),
        (
            Column("pk", "编号", "pk"), Column("kind", "种类"), Column("mode", "方式", "mode"),
            Column("unit_name", "单位", "unit__sequence"),
            Column("held_on", "检查日期", "held_on"), Column("due_on", "应于", "due_on"), Column("persons", "检查人数", "persons"),
            Column("problems", "问题", "problems"), Column("state", "状态", "state"),
        ),
        (
            Filter("kind", "种类", "plan__kind", tuple(rules.KINDS.items())), Filter("mode", "方式", "mode", tuple(rules.MODES.items())),
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)),
            Filter("state", "状态", "state", tuple(rules.VISIT_STATES.items())), Filter("from", "从", "held_on__gte", kind="date"),
            Filter("until", "到", "held_on__lte", kind="date"),
        ),
    )  # fmt: skip
    context = {"listing": listing, "kinds": rules.KINDS, "modes": rules.MODES, "states": rules.VISIT_STATES, "tones": TONES}
    return listing.export() or render(request, "supervision/visits.html", context)


@page("supervision.results")
def visit(request: ActorRequest, pk: int) -> HttpResponse:
    """What was seen, by whom, when; each photo with when it was taken and when it arrived."""
    found = questions.visit_for(request.actor, pk)
    context = {
        "visit": found, "checks": questions.checks_of(found), "photos": list(found.photos.select_related("person")),
        "inspectors": list(found.inspectors.select_related("person")), "kinds": rules.KINDS, "modes": rules.MODES,
        "states": rules.VISIT_STATES, "tones": TONES, "classes": {**rules.CLASSES, "other": "其他", "": "单位"},
        "is_mine": found.state == rules.WAITING and questions.is_inspector(request.actor, found),
        # who is inspected learns the office, as with a finding; who plans reads the names
        "shows_names": request.actor.may("supervision.plans") or questions.is_inspector(request.actor, found),
    }  # fmt: skip
    return render(request, "supervision/visit.html", context)


@page("supervision.results")
def photo(request: ActorRequest, pk: int, file: UUID) -> HttpResponse:
    return file_response(request, questions.photo_of(questions.visit_for(request.actor, pk), file))


@page("supervision.inspect")
def worker(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker that opens a sheet again when the network is gone; its scope is the visits alone."""
    return sheet_worker("inspection-sheets", r"^/supervision/visits/\d+/sheet/$")


@page("supervision.inspect", methods=("POST",))
def send_photo(request: ActorRequest, pk: int) -> HttpResponse:
    """One photo of the phone: answers with the digest of what was kept, which the phone compares before it lets go of its own."""
    found = questions.own_visit_for(request.actor, pk)
    file, key = request.FILES.get("file"), _uuid(request.POST.get("client_key", ""))
    if file is None or key is None:
        raise DomainError("no_file", "没有收到照片，请重新选择。", field="photos")
    made = commands.keep_photo(
        request.actor, found, file, client_key=key, captured_at=_moment(request.POST.get("captured_at", "")),
        person_id=_number(request.POST.get("person", "")), sha256=request.POST.get("sha256", "")[:64],
    )  # fmt: skip
    return JsonResponse({"client_key": str(made.client_key), "sha256": made.sha256, "uploaded_at": made.uploaded_at.isoformat()})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(text: str) -> dt.datetime | None:
    """What a phone says of its clock; nothing where that is no moment of a zone or lies ahead."""
    try:
        found = parse_datetime(text[:40])
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None and found <= clock.now() + dt.timedelta(minutes=5) else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < len(text) < 15 and text != "0" else None


@page("supervision.inspect", methods=("GET", "HEAD", "POST"))
def sheet(request: ActorRequest, pk: int) -> HttpResponse:
    """The checklist of a visit: everybody passes, tap what does not, photos as they are taken, send once."""
    found = questions.own_visit_for(request.actor, pk)
    day, wants_json = clock.today(), "json" in request.headers.get("Accept", "")
    form = forms.SheetForm(request.POST or None, initial={"held_on": day, "mode": found.mode})
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _sent(request, _submit(request, found, form))
        except DomainError as refused:
            error = refused
    if wants_json and request.method == "POST":
        raise error or DomainError("bad_form", str(next(iter(form.errors.values()))[0]))
    if error is not None:
        form.add_domain_error(error)
    if found.state != rules.WAITING and error is None:
        return see_other(reverse("supervision:visit", args=[pk]))
    context = {
        "visit": found, "form": form, "day": day, "typed": request.POST, "sheet": questions.sheet_of(found, day), "kinds": rules.KINDS,
        "template": dict(plan_questions.template_choices(day))[found.plan.template], "classes": rules.CLASSES,
        "arrived": list(found.photos.select_related("person")), "size": plan_questions.policy_on(day)["persons_per_visit"],
    }  # fmt: skip
    return render(request, "supervision/sheet.html", context, status=error.status if error else 422 if form.errors else 200)


def _submit(request: ActorRequest, visit: Visit, form: forms.SheetForm) -> Visit:
    """What was ticked and chosen; a sheet that arrived before is answered without reading it again."""
    given: dict[str, Any] = form.cleaned_data
    arrived = questions.visit_by_key(request.actor, given["client_key"])
    if arrived is not None and arrived.pk == visit.pk:
        return arrived
    _keep_plain_photos(request, visit, given["client_key"])
    marked = [int(name.split("-")[1]) for name in request.POST if name.startswith("entry-") and any(request.POST.getlist(name))]
    ticked = [int(text) for text in request.POST.getlist("seen") if text.isdecimal()]
    absent = [int(text) for text in request.POST.getlist("absent") if text.isdecimal()]
    persons = dict.fromkeys([*ticked, *marked])
    filled = commands.Filled(
        held_on=given["held_on"], mode=given["mode"], place=given["place"], note=given["note"], observed_at=given["observed_at"],
        seen=tuple(_seen(request, pk) for pk in persons if pk not in absent or pk in marked), absent=tuple(absent),
        photos=_told(request),
    )  # fmt: skip
    return commands.submit_visit(request.actor, visit, client_key=given["client_key"], filled=filled)


def _seen(request: ActorRequest, person: int) -> commands.Seen:
    return commands.Seen(
        person_id=person or None, items=tuple(code for code in request.POST.getlist(f"entry-{person}") if code),
        corrected_on_spot=f"spot-{person}" in request.POST, note=request.POST.get(f"note-{person}", "").replace("\0", "")[:500],
    )  # fmt: skip


def _told(request: ActorRequest) -> dict[UUID, str]:
    """The photos the phone knows to have arrived, each with the digest it was told ("key sha256")."""
    pairs = (text.partition(" ") for text in request.POST.getlist("photo"))
    return {key: sha256 for text, _, sha256 in pairs if (key := _uuid(text)) is not None}


def _keep_plain_photos(request: ActorRequest, visit: Visit, sheet_key: UUID) -> None:
    """Photos of a form sent without script; a second sending of the same form finds them kept."""
    for name in request.FILES:
        person = name.removeprefix("photo-")
        if not person.isdecimal():
            continue
        for place, file in enumerate(request.FILES.getlist(name)):
            key = uuid5(sheet_key, f"{person}:{place}:{file.name}:{file.size}")
            commands.keep_photo(request.actor, visit, file, client_key=key, captured_at=None, person_id=_number(person))


def _sent(request: ActorRequest, made: Visit) -> HttpResponse:
    address = reverse("supervision:visit", args=[made.pk])
    if "json" in request.headers.get("Accept", ""):
        return JsonResponse({"url": address})
    messages.success(request, "检查结果已送达。")
    return see_other(address)
