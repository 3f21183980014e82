"""The code at the door, the phone that scans it, the roll sheet, scores, and one line with everything said about it."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.activities import forms, rules, services
from chengxin.activities.models import Activity, RosterLine
from chengxin.activities.selectors import sessions as asked
from chengxin.activities.selectors.policies import attendance_policy_at
from chengxin.core import clock
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other

ABSENT_UNSAID = "?"


@page("activities.roll")
def door(request: ActorRequest, pk: int) -> HttpResponse:
    """The leader's screen at the door: a code that changes, and how many have come."""
    found = asked.activity_for(request.actor, pk)
    code, seconds = services.code_now(request.actor, found)
    address = request.build_absolute_uri(reverse("activities:check_in", args=[pk, code]))
    picture = segno.make(address, error="m").svg_data_uri(scale=8, border=2)
    context = {
        "activity": found, "address": address, "picture": picture, "seconds": seconds, "count": asked.count_of_activity(found),
    }  # fmt: skip
    return render(request, "activities/door.html", context)


@page("activities.see", methods=("GET", "HEAD", "POST"))
def check_in(request: ActorRequest, pk: int, code: str) -> HttpResponse:
    """The phone that scanned: one page, one button, present."""
    actor = request.actor
    if request.method != "POST":
        ticket = services.ticket_for(actor, pk, code)
        return render(request, "activities/check_in.html", {"ticket": ticket, "pk": pk, "code": code})
    try:
        line = services.check_in(actor, pk, ticket=request.POST.get("ticket", ""))
    except NotAllowed as error:  # said plainly on the phone: it is no question of permission
        raise DomainError(error.code, error.message) from error
    messages.success(request, f"已到场：{line.activity.title}。")
    return see_other(reverse("activities:own"))


@page("activities.roll", methods=("GET", "HEAD", "POST"))
def sheet(request: ActorRequest, pk: int) -> HttpResponse:
    """点名: everybody present by default, tap the exceptions, confirm once."""
    actor = request.actor
    found = asked.activity_for(actor, pk)
    require(actor, "activities.roll", unit_id=found.unit_id)
    chosen = {line: request.POST.get(f"line-{line}", "") for line in found.lines.values_list("person_id", flat=True)}
    form = forms.RollForm(request.POST if request.method == "POST" else None)

    def call(given: dict[str, Any]) -> None:
        absent, came = _sheet_of(found, chosen)
        services.close_activity(actor, found, key=given["key"], absent=absent, came=came, note=given["note"])

    if form.carry_out(call):
        messages.success(request, "到场已确认，活动已办结。")
        return see_other(reverse("activities:activity", args=[pk]))
    if found.state != rules.HELD and not form.is_bound:
        return see_other(reverse("activities:activity", args=[pk]))
    lines = list(found.lines.select_related("person", "unit"))
    policy = attendance_policy_at(clock.local_day(found.starts_at))
    context = {
        "activity": found, "form": form, "lines": lines, "chosen": chosen, "policy": policy, "classes": rules.CLASSES,
        "scanned": sum(line.way == rules.BY_CODE for line in lines), "is_bound": form.is_bound, "unsaid": ABSENT_UNSAID,
    }  # fmt: skip
    return render(request, "activities/roll.html", context, status=422 if form.errors else 200)


def _sheet_of(found: Activity, chosen: dict[int, str]) -> tuple[dict[int, str], frozenset[int]]:
    """What was tapped: absences with their reasons, and who came in spite of known leave."""
    known = set(found.lines.filter(reason_state=rules.KNOWN).values_list("person_id", flat=True))
    absent = {person: "" if text == ABSENT_UNSAID else text for person, text in chosen.items() if text and text != "came"}
    return absent, frozenset(person for person, text in chosen.items() if text == "came" and person in known)


@page("activities.roll", methods=("GET", "HEAD", "POST"))
def scores(request: ActorRequest, pk: int) -> HttpResponse:
    """Scores of everybody present, one page, saved together."""
    actor = request.actor
    found = asked.activity_for(actor, pk)
    require(actor, "activities.roll", unit_id=found.unit_id)
    lines = list(found.lines.filter(presence=rules.PRESENT).select_related("person", "unit"))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            changed = services.score_lines(actor, found, scores=_scores_of(request, lines))
        except Conflict:
            raise
        except DomainError as error:
            errors[error.field or ""] = error.message
        else:
            messages.success(request, f"已登记 {changed} 人的成绩。" if changed else "成绩没有变化。")
            return see_other(reverse("activities:activity", args=[pk]))
    typed = {line.person_id: request.POST.get(f"score-{line.person_id}", "" if line.score is None else str(line.score)) for line in lines}
    context = {"activity": found, "lines": lines, "typed": typed, "errors": errors, "is_closed": found.state == rules.CLOSED}
    return render(request, "activities/scores.html", context, status=422 if errors else 200)


def _scores_of(request: ActorRequest, lines: list[RosterLine]) -> dict[int, Decimal]:
    found = {}
    for line in lines:
        text = request.POST.get(f"score-{line.person_id}", "").strip()
        if not text:
            continue
        try:
            found[line.person_id] = Decimal(text)
        except InvalidOperation as error:
            raise DomainError("bad_score", f"“{text}”不是分数，请填写 0 到 100 的数字。", field=f"score-{line.person_id}") from error
    return found


@page("activities.see")
def line(request: ActorRequest, pk: int) -> HttpResponse:
    """One person in one activity: how it stands, everything said about it, and what the reader may do."""
    return _line(request, asked.line_for(request.actor, pk))


@page("activities.see", methods=("GET", "HEAD", "POST"))
def line_step(request: ActorRequest, pk: int, name: str) -> HttpResponse:
    actor = request.actor
    found = asked.line_for(actor, pk)
    policy = attendance_policy_at(clock.local_day(found.activity.starts_at))
    if request.method != "POST":
        return see_other(reverse("activities:line", args=[pk]))
    form: Form
    if name == "reason":
        form = forms.AbsenceForm(request.POST, policy=policy)
        done = form.carry_out(lambda given: services.state_reason(actor, found, **given))
    elif name == "decide":
        form = forms.DecideReasonForm(request.POST)
        done = form.carry_out(
            lambda given: services.decide_reason(actor, found, accepted=given["accepted"] == "yes", note=given["note"])
        )  # fmt: skip
    elif name == "correct":
        form = forms.CorrectForm(request.POST, policy=policy)
        done = form.carry_out(lambda given: _correct(request, found, given))
    else:
        raise NotFound("no_step", "没有这个步骤。")
    if done:
        messages.success(request, "已记录。")
        return see_other(reverse("activities:line", args=[pk]))
    return _line(request, asked.line_for(actor, pk), filled=(name, form))


def _correct(request: ActorRequest, found: RosterLine, given: dict[str, Any]) -> None:
    presence, _, reason = given["presence"].partition(":")
    services.correct_line(request.actor, found, presence=presence, reason=reason, note=given["note"])


def _line(request: ActorRequest, found: RosterLine, *, filled: tuple[str, Form] | None = None) -> HttpResponse:
    actor, activity = request.actor, found.activity
    policy = attendance_policy_at(clock.local_day(activity.starts_at))
    is_own, leads = found.person_id == actor.person_id, actor.may("activities.roll", activity.unit_id)
    doors: list[tuple[str, str, Form]] = []
    if is_own and found.presence == rules.ABSENT and found.reason_state in {rules.NO_REASON, rules.ASKED}:
        doors.append(("reason", "说明缺席事由", forms.AbsenceForm(policy=policy)))
    if leads and not is_own and found.reason_state == rules.ASKED:
        doors.append(("decide", "认可事由", forms.DecideReasonForm()))
    if leads and not is_own and activity.state == rules.CLOSED:
        doors.append(("correct", "更正到场", forms.CorrectForm(policy=policy, auto_id=f"id_{uuid.uuid4().hex[:6]}_%s")))
    if filled:
        doors = [(filled[0], "您填写的内容", filled[1]), *(each for each in doors if each[0] != filled[0])]
    entries = [
        {"at": each.at, "title": each.title, "by": each.by_label, "text": each.text, "tone": "muted"} for each in found.entries.all()
    ]  # fmt: skip
    context = {
        "line": found, "activity": activity, "entries": entries, "doors": doors, "presence": rules.PRESENCES[found.presence],
        "reason": policy.title_of(found.reason) if found.reason else "", "reason_state": rules.REASON_STATES[found.reason_state],
        "class": rules.CLASSES[found.person_class], "way": rules.WAYS.get(found.way, ""),
    }  # fmt: skip
    return render(request, "activities/line.html", context, status=422 if filled else 200)
