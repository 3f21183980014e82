"""Activities: the list, arranging one, its page and its steps, its materials."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.models import Activity
from chengxin.activities.selectors import programme as programme_facts
from chengxin.activities.selectors import sessions as asked
from chengxin.activities.selectors.policies import attendance_policy_at
from chengxin.activities.selectors.weak_points import weak_point_for
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.files.answers import file_response
from chengxin.files.forms import collect_photos
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage, moment_of

if TYPE_CHECKING:
    from chengxin.files.models import StoredFile

TONES = {rules.PLANNED: "info", rules.HELD: "warn", rules.CLOSED: "ok", rules.CANCELLED: "muted"}
PRESENCE_TONES = {rules.DUE: "muted", rules.PRESENT: "ok", rules.ABSENT: "bad"}


@page("activities.see")
def activities(request: ActorRequest) -> HttpResponse:
    """Activities within the reader's scope."""
    actor = request.actor
    query: Any = asked.activities_visible_to(actor)
    query = query.annotate(unit_name=F("unit__name"), leader_name=F("leader__name"), starts=moment_of("starts_at"))
    listing = ListPage(
        request,
        query.values("pk", "year", "title", "starts", "place", "unit_name", "leader_name", "state"),
        (
            Column("pk", "编号", "pk"), Column("title", "名称", "title"), Column("starts", "开始", "starts_at"), Column("place", "地点"),
            Column("unit_name", "组织单位"), Column("leader_name", "负责人"), Column("state", "状态", "state"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.STATES.items())),
            Filter("unit", "组织单位", "unit_id", asked.unit_choices(actor, "activities.see")),
            Filter("year", "年度", "year", [(str(each), str(each)) for each in programme_facts.years()]),
            Filter("title", "名称", "title__icontains", kind="text"),
            Filter("from", "从", "starts_at__date__gte", kind="date"),
            Filter("until", "到", "starts_at__date__lte", kind="date"),
        ),
        default_sort="-starts_at",
    )  # fmt: skip
    context = {"listing": listing, "states": rules.STATES, "tones": TONES, "may_plan": actor.may("activities.plan")}
    return listing.export() or render(request, "activities/list.html", context)


@page("activities.plan", methods=("GET", "HEAD", "POST"))
def plan(request: ActorRequest) -> HttpResponse:
    """安排活动."""
    actor = request.actor
    today = clock.today()
    year = today.year
    parts = [*programme_facts.part_choices(year), *([] if today.month < 12 else programme_facts.part_choices(year + 1))]
    form = forms.PlanForm(
        request.POST or None, parts=parts, units=asked.unit_choices(actor, "activities.plan"), initial=_initial(request)
    )  # fmt: skip
    made: list[Activity] = []
    if form.carry_out(lambda given: made.append(_plan(actor, given))):
        messages.success(request, f"已安排 {made[0].number}。")
        return see_other(reverse("activities:activity", args=[made[0].pk]))
    context = {"form": form, "suggestions": people.person_suggestions(actor), "has_parts": bool(parts), "year": year}
    return render(request, "activities/plan.html", context, status=422 if form.errors else 200)


def _initial(request: ActorRequest) -> dict[str, Any]:
    """What the address already says: the part, or the weak point with whom it concerns."""
    actor = request.actor
    me = next((each for each in people.person_suggestions(actor) if f" {actor.label} " in each), "") if actor.person_id else ""
    initial: dict[str, Any] = {"unit": actor.unit_id, "leader": me}
    text = request.GET.get("part", "")
    if text.isdecimal() and len(text) < 10:
        part = programme_facts.part_for(actor, int(text))
        initial |= {"parts": [text], "title": part.title}
    text = request.GET.get("weak_point", "")
    if text.isdecimal() and len(text) < 10:
        point = weak_point_for(actor, int(text))
        remedial = [part for part in programme_facts.parts_of(clock.today().year) if part.code == "q2.remedial"]
        initial |= {
            "weak_point": point.pk, "title": f"专项补训：{point.title}"[:80], "unit": point.unit_id,
            "parts": [str(part.pk) for part in remedial], "persons": "、".join(point.persons.values_list("number", flat=True)),
        }  # fmt: skip
    return initial


def _plan(actor: Actor, given: dict[str, Any]) -> Activity:
    parts = [programme_facts.part_for(actor, int(pk)) for pk in given["parts"]]
    names = [name for name in re.split(r"[\s、，,；;]+", given["persons"]) if name]
    return services.plan_activity(
        actor, form_key=given["key"], parts=parts, title=given["title"], place=given["place"], starts_at=given["starts_at"],
        ends_at=given["ends_at"], unit=people.unit_for(actor, int(given["unit"]), "activities.plan"),
        units=[people.unit_for(actor, int(pk), "activities.plan") for pk in given["units"]],
        persons=[person_named(actor, name, "persons") for name in names], leader=person_named(actor, given["leader"], "leader"),
        weak_point=weak_point_for(actor, given["weak_point"]) if given["weak_point"] else None,
    )  # fmt: skip


def person_named(actor: Actor, text: str, field: str) -> Any:
    """A person by what was typed; a refusal lands on the field it was typed into."""
    try:
        return people.person_by_text(actor, text)
    except DomainError as error:
        raise DomainError(error.code, error.message, field=field) from error


@dataclass(frozen=True)
class StepDoor:
    """A step's form, how its command is called with what was filled in, and what is said when it is done."""

    form: type[Form]
    call: Callable[[Actor, Activity, dict[str, Any]], Any]
    done: str


STEPS = {
    "open": StepDoor(forms.OpenForm, lambda a, x, _: services.open_activity(a, x), "已开始点名，应到名单已生成。"),
    "move": StepDoor(forms.MoveForm, lambda a, x, g: services.move_activity(a, x, **g), "已调整，订阅的日历会自动更新。"),
    "cancel": StepDoor(forms.ReasonForm, lambda a, x, g: services.cancel_activity(a, x, **g), "已取消，原因对参加人员可见。"),
    "make-up": StepDoor(
        forms.MakeUpForm,
        lambda a, x, g: services.plan_make_up(
            a,
            x,
            form_key=g["key"],
            place=g["place"],
            starts_at=g["starts_at"],
            ends_at=g["ends_at"],
            leader=person_named(a, g["leader"], "leader"),
        ),
        "已安排补训，缺席人员均在名单中。",
    ),
    "files": StepDoor(forms.FilesForm, lambda a, x, g: services.keep_files(a, x, files=g["files"]), "已收存。"),
}


@page("activities.see")
def activity(request: ActorRequest, pk: int) -> HttpResponse:
    """One activity: what, when, who is due, who came."""
    return _activity(request, asked.activity_for(request.actor, pk))


@page("activities.see", methods=("GET", "HEAD", "POST"))
def step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    """Take one step; a refusal shows the activity as it is now, with the filled form."""
    actor = request.actor
    found = asked.activity_for(actor, pk)
    if name not in STEPS:
        raise NotFound("no_step", "没有这个步骤。")
    if request.method != "POST":
        return see_other(reverse("activities:activity", args=[pk]))
    door, kept = STEPS[name], []
    form = door.form(request.POST)

    def call(given: dict[str, Any]) -> None:
        if name == "files":
            kept.extend(collect_photos(actor, request, documents=True))
            given["files"] = [each.pk for each in kept]
        door.call(actor, found, given)

    if form.carry_out(call):
        messages.success(request, door.done)
        return see_other(reverse("activities:activity", args=[pk]))
    return _activity(request, asked.activity_for(actor, pk), filled=(name, form, kept))


def _activity(request: ActorRequest, found: Activity, *, filled: tuple[str, Form, list[Any]] | None = None) -> HttpResponse:
    actor = request.actor
    policy = attendance_policy_at(clock.local_day(found.starts_at))
    lines = asked.lines_visible_to(actor, found).annotate(
        person_name=F("person__name"), number=F("person__number"), unit_name=F("unit__name"), arrived=moment_of("arrived_at")
    )
    listing = ListPage(
        request,
        lines.values(
            "pk", "number", "person_name", "unit_name", "person_class", "presence", "way", "arrived", "reason", "reason_state", "score"
        ),
        (
            Column("number", "工号", "person__number"), Column("person_name", "姓名", "person__name_key"),
            Column("unit_name", "单位", "unit__sequence"),
            Column("person_class", "类别", "person_class"), Column("presence", "到场", "presence"), Column("arrived", "时间", "arrived_at"),
            Column("reason", "缺席事由", "reason", words=lambda code: policy.title_of(code) if code else ""),
            Column("score", "成绩", "score"),
        ),
        (
            Filter("presence", "到场", "presence", tuple(rules.PRESENCES.items())),
            Filter("class", "类别", "person_class", tuple(rules.CLASSES.items())),
            Filter("person", "姓名", "person__name__icontains", kind="text"),
        ),
        default_sort="person__number",
    )  # fmt: skip
    leads = actor.may("activities.roll", found.unit_id)
    (count, by_class), around = asked.counts_of_activity(found), asked.around(found)
    context = {
        "activity": found, "state": rules.STATES[found.state], "tone": TONES[found.state], "count": count,
        "by_class": by_class, "classes": rules.CLASSES, "listing": listing, "presences": rules.PRESENCES,
        "tones": PRESENCE_TONES, "ways": rules.WAYS, "reason_states": rules.REASON_STATES, "policy": policy, "leads": leads,
        "parts": found.parts.all(), "scopes": around.scopes, "invited": around.invited,
        "make_ups": found.make_ups.exclude(state=rules.CANCELLED), "doors": _doors(actor, found, filled),
        "files": _files(found, around.files),
        "sees_roster": leads or actor.may("activities.summary"), "suggestions": people.person_suggestions(actor) if leads else [],
    }  # fmt: skip
    return listing.export() or render(request, "activities/activity.html", context, status=422 if filled else 200)


def _files(found: Activity, kept: list[StoredFile]) -> list[tuple[str, str, bool]]:
    return [(reverse("activities:file", args=[found.pk, each.pk]), each.original_name, each.is_image) for each in kept]


def _doors(actor: Actor, found: Activity, filled: tuple[str, Form, list[Any]] | None) -> list[dict[str, Any]]:
    shown, offered = [], asked.offers_of(actor, found)
    if filled and filled[0] not in {offer.name for offer in offered}:
        offered = [asked.Offer(filled[0], "您填写的内容"), *offered]
    for offer in offered:
        mine = filled is not None and filled[0] == offer.name
        fresh = STEPS[offer.name].form(initial=_step_initial(found, offer.name), auto_id=f"id_{offer.name}_%s")
        form = filled[1] if mine and filled else fresh
        kept = filled[2] if mine and filled else []
        shown.append({"name": offer.name, "title": offer.title, "form": form, "open": mine or offer.is_next, "kept": kept})
    return shown


def _step_initial(found: Activity, name: str) -> dict[str, Any]:
    def local(moment: dt.datetime) -> str:
        return f"{moment.astimezone(clock.SHANGHAI):{forms.MOMENT}}"

    if name == "move":
        return {"place": found.place, "starts_at": local(found.starts_at), "ends_at": local(found.ends_at)}
    if name == "make-up":
        return {"place": found.place, "leader": found.leader.number}
    return {}


@page("activities.see")
def file(request: ActorRequest, pk: int, file: UUID) -> HttpResponse:
    """A photo or material, for who may see the activity."""
    return file_response(request, asked.file_of(asked.activity_for(request.actor, pk), file))
