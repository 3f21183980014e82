"""Doors of a sitting. Everything works as plain forms; with script each answer is saved by a small post of its own."""

from __future__ import annotations

import re
from math import ceil
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import Conflict, DomainError
from chengxin.exams import forms, rules
from chengxin.exams.models import Paper
from chengxin.exams.selectors import sitting as questions
from chengxin.exams.services import sitting as commands
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other

COOKIE = "exam_device"  # names the browser, not the person
COOKIE_S = 400 * 24 * 3600
STEPS = {
    "start": ("可以开始", "ok"), "continue": ("答题中", "warn"), "wait": ("等待开考", "info"), "done": ("已交卷", "muted"),
    "result": ("已结束", "muted"), "excused": ("请假", "muted"), "missed": ("缺考", "bad"),
}  # fmt: skip
BROWSERS = (("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


@page("exams.sit")
def mine(request: ActorRequest) -> HttpResponse:
    """我的考试: what is open, what comes, what was."""
    return render(request, "exams/mine.html", {"standings": questions.standings_of(request.actor), "steps": STEPS})


def _device(request: ActorRequest) -> str:
    told = request.COOKIES.get(COOKIE, "")
    return told if re.fullmatch(r"[0-9a-f-]{36}", told) else ""


def _device_label(request: ActorRequest) -> str:
    agent = request.headers.get("User-Agent", "")
    browser = next((title for word, title in BROWSERS if word in agent), "浏览器")
    return f"{'手机' if 'Mobi' in agent else '电脑'} {browser}"


def _with_device(request: ActorRequest, response: HttpResponse, device: str) -> HttpResponse:
    response.set_cookie(COOKIE, device, max_age=COOKIE_S, path="/exams/", httponly=True, samesite="Lax", secure=request.is_secure())
    return response


@page("exams.sit", methods=("GET", "HEAD", "POST"))
def sit(request: ActorRequest, pk: int) -> HttpResponse:
    """What awaits; a post begins, or goes on."""
    standing = questions.standing_for(request.actor, pk)
    problem, status = "", 200
    if request.method == "POST":
        device = _device(request) or str(uuid4())
        try:
            paper = commands.start_sitting(request.actor, standing.exam, device=device, device_label=_device_label(request))
            return _with_device(request, see_other(reverse("exams:sheet", args=[paper.pk])), device)
        except Conflict as error:
            if error.code == "other_device":
                return see_other(reverse("exams:sheet", args=[questions.standing_for(request.actor, pk).paper.pk]))
            problem, status = error.message, error.status
            standing = questions.standing_for(request.actor, pk)
    elif standing.step in {"continue", "done", "result"}:
        name = "exams:sheet" if standing.step == "continue" else "exams:result"
        return see_other(reverse(name, args=[standing.paper.pk]))
    context = {"standing": standing, "exam": standing.exam, "problem": problem, "steps": STEPS, "now": clock.now()}
    return render(request, "exams/start.html", context, status=status)


@page("exams.sit", methods=("GET", "HEAD", "POST"))
def sheet(request: ActorRequest, pk: int) -> HttpResponse:
    """The sheet; a plain post saves it whole and hands it in when asked to."""
    paper = questions.own_paper_for(request.actor, pk)
    if paper.started_at is None:
        return see_other(reverse("exams:sit", args=[paper.exam_id]))
    if request.method == "POST":
        return _posted(request, paper)
    return _sheet(request, paper)


def _posted(request: ActorRequest, paper: Paper) -> HttpResponse:
    act, device = request.POST.get("act", "save"), _device(request)
    try:
        if "whole" in request.POST:
            commands.save_sheet(request.actor, paper, forms.responses_in(request.POST, paper.size), device=device)
        if act == "save":
            messages.success(request, "答案已保存。")
            return see_other(reverse("exams:sheet", args=[paper.pk]))
        missing = [each.place for each in questions.sheet_of(paper) if not each.response]
        if missing and act != "hand_in_anyway":
            return _sheet(request, paper, missing=missing, status=422)
        commands.hand_in(request.actor, paper, device=device)
    except Conflict as error:
        if error.code in {"handed_in", "too_late"}:
            messages.warning(request, error.message)
            return see_other(reverse("exams:result", args=[paper.pk]))
        return _sheet(request, questions.own_paper_for(request.actor, paper.pk), status=error.status)
    messages.success(request, "已交卷。")
    return see_other(reverse("exams:result", args=[paper.pk]))


def _sheet(request: ActorRequest, paper: Paper, *, missing: list[int] | None = None, status: int = 200) -> HttpResponse:
    now = clock.now()
    if not paper.is_running(now) or paper.deadline_at is None:
        return see_other(reverse("exams:result", args=[paper.pk]))
    if paper.device != _device(request):
        return render(request, "exams/other_device.html", {"paper": paper, "exam": paper.exam}, status=status)
    context = {
        "paper": paper, "exam": paper.exam, "asked": questions.sheet_of(paper), "kinds": rules.KINDS, "missing": missing or [],
        "next": questions.next_sequence(paper), "left": ceil((paper.deadline_at - now).total_seconds()),
    }  # fmt: skip
    response = render(request, "exams/sheet.html", context, status=status)
    response["Cache-Control"] = "no-store"  # an old copy would show old answers
    return response


@page("exams.sit", methods=("POST",))
def save(request: ActorRequest, pk: int) -> HttpResponse:
    """One answer under its running number. What may be said no to is said in JSON."""
    place, sequence = (_number(request.POST.get(name, "")) for name in ("place", "sequence"))
    kept = commands.save_answer(
        request.actor, pk, place=place, sequence=sequence, response=request.POST.get("response", "").replace("\0", ""),
        device=_device(request),
    )  # fmt: skip
    return JsonResponse({"sequence": kept.sequence, "left": ceil(kept.left)})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 11 else 0


@page("exams.sit")
def clock_of(request: ActorRequest, pk: int) -> HttpResponse:
    """How much time is left, and whether this is still the device."""
    paper, now = questions.own_paper_for(request.actor, pk), clock.now()
    if paper.device != _device(request):
        raise Conflict("other_device", commands.OTHER_DEVICE)
    if not paper.is_running(now) or paper.deadline_at is None:
        raise Conflict("handed_in" if paper.handed_in_at else "too_late", commands.HANDED_IN if paper.handed_in_at else commands.TOO_LATE)
    return JsonResponse({"left": ceil((paper.deadline_at - now).total_seconds())})


@page("exams.sit", methods=("POST",))
def take_over(request: ActorRequest, pk: int) -> HttpResponse:
    """Go on here; the former device is told."""
    paper, device = questions.own_paper_for(request.actor, pk), _device(request) or str(uuid4())
    try:
        commands.take_over(request.actor, paper, device=device, device_label=_device_label(request))
    except DomainError as error:
        messages.warning(request, error.message)
        return see_other(reverse("exams:result", args=[pk]))
    messages.success(request, "已换到这台设备，原设备停止作答；已送达的答案都在。")
    return _with_device(request, see_other(reverse("exams:sheet", args=[pk])), device)
