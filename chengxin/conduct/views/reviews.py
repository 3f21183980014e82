"""言行评查: the drawn recordings, and the score sheet beside the player (2.3.2)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpResponse
from django.urls import reverse

from chengxin.conduct import forms, rules, selectors, services
from chengxin.conduct.models import Sheet
from chengxin.conduct.selectors import coaching as follow_ups
from chengxin.conduct.selectors import reviews as questions
from chengxin.conduct.selectors import transcripts
from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.evidence.models import Derivative, Review, Viewing
from chengxin.evidence.selectors import releases
from chengxin.evidence.selectors import reviews as drawn
from chengxin.evidence.views.viewing import is_playable
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage, moment_of
from chengxin.ui.together import ask

CLASSES = (("established", "在编"), ("auxiliary", "协管"))
OUTCOME_TONES = {"": "info", Review.FINE: "ok", Review.PROBLEM: "bad", Review.UNUSABLE: "warn"}
MOMENT_TONES = {rules.WAITING: "warn", rules.CONFIRMED: "bad", rules.DISMISSED: "muted"}


@page("conduct.review")
def reviews(request: ActorRequest) -> HttpResponse:
    """Every drawn recording the reader may review, of the monthly draws and after coaching."""
    rows = questions.reviews_visible_to(request.actor).annotate(
        person_name=F("recording__person__name"), person_class=F("recording__person__person_class"),
        unit_name=F("recording__unit__name"), started=moment_of("recording__started_at"), title=F("draw__title"),
        outcome_or_waiting=Coalesce(NullIf("outcome", Value("")), Value("waiting")),
    )  # fmt: skip
    listing = ListPage(
        request,
        rows.values("pk", "number", "title", "person_name", "person_class", "unit_name", "started", "outcome", "reviewed_label"),
        (
            Column("number", "影像", "recording_id"), Column("started", "录制", "recording__started_at"),
            Column("unit_name", "单位", "recording__unit__sequence"), Column("person_name", "使用人", "recording__person__name_key"),
            Column("person_class", "类别"), Column("title", "抽取"), Column("outcome", "结果", "outcome"),
            Column("reviewed_label", "评查人"),
        ),
        (
            Filter("state", "结果", "outcome_or_waiting", (("waiting", "待评查"), *Review.OUTCOMES)),
            Filter("unit", "单位", "recording__unit_id", people.unit_choices(request.actor)),
            Filter("class", "类别", "recording__person__person_class", CLASSES),
            Filter("from", "录制从", "recording__started_at__date__gte", kind="date"),
            Filter("until", "到", "recording__started_at__date__lte", kind="date"),
        ),
    )  # fmt: skip
    context = {"listing": listing, "outcomes": {"": "待评查", **dict(Review.OUTCOMES)}, "tones": OUTCOME_TONES, "classes": dict(CLASSES)}
    return listing.export() or render(request, "conduct/reviews.html", context)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def review(request: ActorRequest, pk: int) -> HttpResponse:
    """One drawn recording: look first, then note, nominate and score beside the player."""
    found = questions.review_for(request.actor, pk)
    if request.method != "POST":
        return _review(request, found, _form(request, found))
    if request.POST.get("do") == "look":
        services.open_recording(request.actor, found)
        return see_other(reverse("conduct:review", args=[pk]))
    form = _form(request, found)
    if form.carry_out(lambda given: _do(request, found, form, given)):
        return see_other(reverse("conduct:review", args=[pk]))
    return _review(request, found, form)


def _form(request: ActorRequest, found: Review) -> forms.SheetForm:
    day = clock.local_day(found.recording.started_at)
    draft = questions.own_sheet(request.actor, found)
    initial: dict[str, Any] = {}
    if draft is not None:
        initial = {f"points_{code}": value for code, value in draft.marks.items()}
        initial |= {f"note_{code}": text for code, text in draft.notes.items()}
        initial |= {"scene": draft.scene, "comment": draft.comment, "is_unusable": draft.is_unusable}
    return forms.SheetForm(
        request.POST or None, criteria=selectors.sheet_policy_at(day).criteria, scenes=selectors.scene_choices(),
        entries=selectors.entries_at(day), initial=initial,
    )  # fmt: skip


def _do(request: ActorRequest, found: Review, form: forms.SheetForm, given: dict[str, Any]) -> None:
    """Every button keeps the sheet as it is filled in; then it does its own."""
    actor, sheet = request.actor, form.sheet(given)
    wanted = request.POST.get("do", "save")
    if wanted == "finish":
        made = services.finish_sheet(actor, found, **sheet)
        messages.success(request, f"已提交评查表：{'不能判断' if made.is_unusable else f'{made.total} 分'}。")
        return
    services.save_sheet(actor, found, **sheet)
    if wanted == "transcribe":
        services.ask_transcript(actor, found.recording, scene=given["scene"])
        messages.success(request, "已排队转写，完成后提示的时刻出现在这里。")
    elif wanted == "remark":
        services.add_remark(actor, found, at_ms=_moment(given["at"]), text=given["remark"])
        messages.success(request, "已记下这一刻；评分草稿已保存。")
    elif wanted == "nominate":
        made_finding = services.nominate_finding(
            actor, found.recording, entry=given["entry"], at_ms=_moment(given["at"]), note=given["remark"], review=found
        )
        messages.success(request, f"{made_finding.finding.number} 已登记；评分草稿已保存。")
    else:
        messages.success(request, "评分草稿已保存，只有您能看到。")


def _moment(text: str) -> int:
    try:
        return rules.moment_ms(text)
    except rules.Misfit as error:
        raise DomainError("bad_time", str(error), field="at") from error


def source_of(look: Viewing | None) -> str:
    """Where the player takes the film from; "" where it has to be converted first, or nobody looks."""
    if look is None:
        return ""
    if is_playable(look.recording):
        return reverse("evidence:content", args=[look.key])
    made = releases.playable_of(look.recording)
    return reverse("evidence:derivative", args=[look.key, made.pk]) if made is not None and made.state == Derivative.MADE else ""


def _review(request: ActorRequest, found: Review, form: forms.SheetForm) -> HttpResponse:
    actor, recording = request.actor, found.recording
    why_not = questions.why_not_review(actor, recording)
    look = questions.current_look(actor, recording) if not why_not else None
    sheet, nominations, remarks = questions.final_sheet(found), questions.nominations_of(recording), questions.remarks_of(found)
    newest, wishes, moments = transcripts.newest(recording), transcripts.wishes(recording)[:1], transcripts.moments_of(recording)
    ask(nominations, remarks, newest, wishes, moments)
    follow_up = follow_ups.follow_up_of(found)
    context = {
        "review": found, "recording": recording, "why_not": why_not, "look": look, "source": source_of(look), "form": form,
        "has_looked": not why_not and drawn.has_looked(actor, found), "may_look": questions.may_look(actor, recording),
        "sheet": sheet, "lines": questions.lines_of(sheet) if sheet else [], "remarks": remarks,
        "nominations": nominations, "seen": questions.findings_seen(actor, nominations), "entries": _entries(found),
        "moments": moments, "transcript": next(iter(newest), None), "wish": next(iter(wishes), None),
        "elements": _elements(found),
        "moment_kinds": rules.MOMENT_KINDS, "moment_states": rules.MOMENT_STATES, "moment_tones": MOMENT_TONES, "time": rules.moment_text,
        "outcomes": dict(Review.OUTCOMES), "tones": OUTCOME_TONES, "coaching": follow_up.coaching if follow_up else None,
        "policy": selectors.sheet_policy_at(clock.local_day(recording.started_at)), "scenes": dict(selectors.scene_choices()),
        "correction": _correction_form(None, sheet) if sheet and not sheet.is_unusable and not why_not else None,
    }  # fmt: skip
    return render(request, "conduct/review.html", context, status=422 if form.errors else 200)


def _entries(found: Review) -> dict[str, dict[str, Any]]:
    return selectors.entries_at(clock.local_day(found.recording.started_at))


def _elements(found: Review) -> dict[str, str]:
    policy = selectors.conduct_policy_at(clock.local_day(found.recording.started_at))
    return {element.code: element.title for scene in policy.scenes for element in scene.elements}


def _correction_form(given: Any, sheet: Sheet) -> forms.CorrectionForm:
    lines = [(each.code, f"{each.title}（现为 {each.now}，满分 {each.points}）") for each in questions.lines_of(sheet)]
    return forms.CorrectionForm(given, lines=lines)


@page("conduct.review", methods=("GET", "HEAD", "POST"))
def correct(request: ActorRequest, pk: int) -> HttpResponse:
    """Correct a line of a final sheet; the sheet stays as it was handed in."""
    sheet = questions.sheet_for(request.actor, pk)
    form: Form = _correction_form(request.POST or None, sheet)
    if form.carry_out(lambda given: services.correct_sheet(request.actor, sheet, **given)):
        messages.success(request, "已更正；原分和理由都保留。")
        return see_other(reverse("conduct:review", args=[sheet.review_id]))
    context = {"sheet": sheet, "form": form, "lines": questions.lines_of(sheet)}
    return render(request, "conduct/correct.html", context, status=422 if form.errors else 200)
