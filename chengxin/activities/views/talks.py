"""谈心谈话: coverage and remainder, recording one, reading what was said – for the two alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.models import Talk
from chengxin.activities.selectors import sessions as session_facts
from chengxin.activities.selectors import talks as asked
from chengxin.activities.selectors.policies import talks_policy_at
from chengxin.core import clock
from chengxin.core.errors import NotAllowed
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage
from chengxin.ui.together import Inquiry, answers

CLASSES = tuple(rules.CLASSES.items())


@page("activities.summary")
def talks(request: ActorRequest) -> HttpResponse:
    """Coverage per unit and class, themes counted, and the list: date, talker, person, themes."""
    actor = request.actor
    year = _year(request)
    units = asked.summary_units(actor)
    policy = talks_policy_at(clock.today())
    visible = asked.talks_visible_to(actor).standing().filter(year=year)
    query = visible.annotate(person_name=F("person__name"), talker_name=F("talker__name"), unit_name=F("unit__name"))
    listing = ListPage(
        request,
        query.values("pk", "year", "held_on", "talker_name", "person_name", "unit_name", "person_class", "themes"),
        (
            Column("pk", "编号", "pk"), Column("held_on", "日期", "held_on"), Column("talker_name", "谈话人", "talker__name_key"),
            Column("person_name", "谈话对象", "person__name_key"), Column("unit_name", "单位", "unit__sequence"),
            Column("person_class", "类别"), Column("themes", "主题"),
        ),
        (
            Filter("unit", "单位", "unit_id", session_facts.unit_choices(actor, "activities.summary")),
            Filter("class", "类别", "person_class", CLASSES),
            Filter("theme", "主题", "themes__contains", tuple(policy.themes.items())),
            Filter("from", "从", "held_on__gte", kind="date"),
            Filter("until", "到", "held_on__lte", kind="date"),
            Filter("year", "年度", "", kind="hidden"),
        ),
        default_sort="-held_on",
    )  # fmt: skip
    asked_together: list[Inquiry[Any]] = [asked.reached_of(year, units), asked.themes_counted(visible)]
    reached, themes = answers(asked_together)
    context = {
        "listing": listing, "rows": asked.by_unit(reached), "year": year, "window": policy.window(year), "themes": policy.themes,
        "classes": rules.CLASSES,
        "total": asked.covered(reached), "counted": themes, "may_talk": actor.may("activities.talk") and actor.person_id is not None,
    }  # fmt: skip
    return listing.export() or render(request, "activities/talks.html", context)


def _year(request: ActorRequest) -> int:
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 and int(text) >= 2000 else clock.today().year


@page("activities.talk", methods=("GET", "HEAD", "POST"))
def record(request: ActorRequest) -> HttpResponse:
    """登记谈话, by the talker."""
    return _record(request, None)


@page("activities.talk", methods=("GET", "HEAD", "POST"))
def correct(request: ActorRequest, pk: int) -> HttpResponse:
    """A new entry in the place of an own earlier one, which stays to be read."""
    found = asked.talk_for(request.actor, pk)
    if found.talker_id != request.actor.person_id:
        raise NotAllowed("not_own", "只能更正本人登记的谈话。")
    return _record(request, found)


def _record(request: ActorRequest, corrects: Talk | None) -> HttpResponse:
    actor, policy = request.actor, talks_policy_at(clock.today())
    initial: dict[str, Any] = {"person": request.GET.get("person", "")[:80]}
    if corrects is not None:
        initial = {"person": corrects.person.number, "held_on": corrects.held_on, "themes": corrects.themes}
    form = forms.TalkForm(request.POST or None, themes=dict(policy.themes), initial=initial)
    made: list[Talk] = []

    def call(given: dict[str, Any]) -> None:
        made.append(
            services.record_talk(
                actor, form_key=given["key"], person=people.person_by_text(actor, given["person"]), held_on=given["held_on"],
                themes=given["themes"], content=given["content"], corrects=corrects,
            )
        )  # fmt: skip

    if form.carry_out(call):
        messages.success(request, f"已登记 {made[0].number}，内容已封存。")
        return see_other(reverse("activities:talk", args=[made[0].pk]))
    context = {"form": form, "suggestions": people.person_suggestions(actor), "corrects": corrects}
    return render(request, "activities/record_talk.html", context, status=422 if form.errors else 200)


@page("activities.see", methods=("GET", "HEAD", "POST"))
def talk(request: ActorRequest, pk: int) -> HttpResponse:
    """One talk; a post opens what was said for one of the two and is kept as a reading."""
    actor = request.actor
    found = asked.talk_for(actor, pk)
    content = services.read_talk(actor, found) if request.method == "POST" else None
    if content is not None:
        found.refresh_from_db(fields=["readings"])
    is_party = actor.person_id is not None and actor.person_id in {found.talker_id, found.person_id}
    context = {
        "talk": found, "content": content, "is_party": is_party, "themes": talks_policy_at(found.held_on).themes,
        "class": rules.CLASSES[found.person_class], "corrected_by": getattr(found, "corrected_by", None),
        "may_correct": found.talker_id == actor.person_id and actor.may("activities.talk") and not hasattr(found, "corrected_by"),
    }  # fmt: skip
    response = render(request, "activities/talk.html", context)
    if content is not None:
        response["Cache-Control"] = "no-store"
    return response


@page("activities.talk", methods=("GET", "HEAD", "POST"))
def remainder(request: ActorRequest) -> HttpResponse:
    """Who was not talked with yet, by name, with the reason where one was given."""
    actor = request.actor
    year = _year(request)
    reach = actor.units_for("activities.talk")
    query = asked.remaining(asked.frame_of(year), None if reach is None else sorted(reach))
    form = forms.RemainderForm(request.POST or None)
    if form.carry_out(
        lambda given: services.explain_remainder(actor, people.person_by_text(actor, given["person"]), year=year, reason=given["reason"])
    ):
        messages.success(request, "已记录未谈话原因。")
        return see_other(reverse("activities:remainder"))
    listing = ListPage(
        request,
        query.values("pk", "number", "name", "unit_name", "person_class", "why"),
        (
            Column("number", "工号", "number"), Column("name", "姓名", "name_key"), Column("unit_name", "单位", "unit_name"),
            Column("person_class", "类别", "person_class"), Column("why", "未谈话原因"),
        ),
        (
            Filter("unit", "单位", "unit_id", session_facts.unit_choices(actor, "activities.talk")),
            Filter("class", "类别", "person_class", CLASSES),
        ),
        default_sort="number",
    )  # fmt: skip
    context = {
        "listing": listing, "year": year, "classes": rules.CLASSES, "form": form, "suggestions": people.person_suggestions(actor),
        "own": actor.person_id,
    }  # fmt: skip
    return listing.export() or render(request, "activities/remainder.html", context, status=422 if form.errors else 200)
