"""Doors of results: the own one, the persons of one's units, the items' figures, objections and rulings."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core import clock
from chengxin.core.errors import Conflict, NotFound
from chengxin.exams import forms, rules
from chengxin.exams.models import ItemObjection, ItemVersion, Paper
from chengxin.exams.selectors import bank, results, sitting
from chengxin.exams.selectors.answers import responses_of
from chengxin.exams.services import marking
from chengxin.exams.services.exams import frame_of
from chengxin.people import selectors as people
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage
from chengxin.ui.together import gather

CLASSES = (("established", "在编"), ("auxiliary", "协管"))


@page("exams.sit")
def own(request: ActorRequest, pk: int) -> HttpResponse:
    """本人成绩: points once the own window has closed, answers and explanations once everything is over."""
    paper, now = sitting.own_paper_for(request.actor, pk), clock.now()
    if paper.started_at is None:
        return see_other(reverse("exams:sit", args=[paper.exam_id]))
    if paper.is_running(now):
        return see_other(reverse("exams:sheet", args=[pk]))
    exam = paper.exam
    closes = exam.closes_at if paper.attempt == 1 else exam.ends_at
    is_over = exam.is_over(now)
    gather(paper, "markings", "objections")
    marks = results.marks_of([paper])[paper.pk] if now > closes or is_over else None
    places = results.explained(paper, marks) if is_over and marks else []
    sealed = bank.sealed_versions() if places else set()
    shown = [each for each in places if each.version.pk not in sealed]
    context = {
        "paper": paper, "exam": exam, "closes": closes, "is_over": is_over, "kinds": rules.KINDS,
        "marks": marks,
        "places": shown, "sealed": len(places) - len(shown), "markings": paper.markings.all() if is_over else [],
        "may_object": is_over and now < marking.object_until(exam), "until": marking.object_until(exam),
        "answered": len([each for each in responses_of([paper.pk]).get(paper.pk, {}).values() if each]),
    }  # fmt: skip
    return render(request, "exams/result.html", context)


@page("exams.sit", methods=("GET", "HEAD", "POST"))
def objection_new(request: ActorRequest, pk: int, place: int) -> HttpResponse:
    paper = sitting.own_paper_for(request.actor, pk)
    if not paper.exam.is_over(clock.now()) or paper.started_at is None:
        raise Conflict("not_now", "异议在考试全部结束后提出。")
    sealed = bank.sealed_versions()
    places = (each for each in results.explained(paper) if each.version.pk not in sealed)
    shown = next((each for each in places if each.place == place), None)
    if shown is None:
        raise NotFound("no_place", "这份试卷没有这道题。")
    form = forms.ObjectForm(request.POST or None)
    if form.carry_out(lambda given: marking.file_objection(request.actor, paper, place=place, **given)):
        messages.success(request, "异议已提出，由与这道题无关的具名人员决定。")
        return see_other(reverse("exams:result", args=[pk]))
    return render(request, "exams/object.html", {"form": form, "paper": paper, "shown": shown}, status=422 if form.errors else 200)


@page("exams.results")
def persons(request: ActorRequest, pk: int) -> HttpResponse:
    """The persons of the reader's units, by name: nobody is ranked."""
    exam = results.exam_for(request.actor, pk)
    listing = ListPage(
        request,
        results.papers_listed(request.actor, exam),
        (
            Column("person_name", "姓名", "person__name_key"), Column("person_number", "工号", "person__number"),
            Column("unit_name", "单位", "unit__sequence"), Column("class_name", "类别"), Column("attempt_name", "场次"),
            Column("standing", "情况"), Column("points", "得分"), Column("full", "满分"), Column("verdict", "结果"),
        ),
        (
            Filter("unit", "单位", "unit_id", people.unit_choices(request.actor)), Filter("class", "类别", "person_class", CLASSES),
            Filter("standing", "情况", "standing", tuple((each, each) for each in results.STANDINGS)),
            Filter("verdict", "结果", "verdict", (("合格", "合格"), ("未合格", "未合格"))),
            Filter("person", "姓名", "person__name", kind="text"),
        ),
        default_sort="person__name_key",
    )  # fmt: skip
    return listing.export() or render(request, "exams/persons.html", {"listing": listing, "exam": exam})


@page("exams.results")
def figures(request: ActorRequest, pk: int) -> HttpResponse:
    """题目分析, once everything is over."""
    exam = results.exam_for(request.actor, pk)
    if not exam.is_over(clock.now()):
        raise Conflict("not_over", "考试全部结束以后才能查看题目分析。")
    sealed = bank.sealed_versions()
    reports = results.item_reports(exam, bank.exam_policy_at(clock.local_day(exam.ends_at)).least_n)
    shown = [each for each in reports if each.version.pk not in sealed]
    context = {
        "exam": exam, "reports": shown, "hidden": len(reports) - len(shown),
        "kinds": rules.KINDS, "may_decide": request.actor.may("exams.decide"), "letters": rules.LETTERS,
        "rulings": list(exam.rulings.select_related("version")),
    }  # fmt: skip
    return render(request, "exams/figures.html", context)


@page("exams.decide", methods=("GET", "HEAD", "POST"))
def rule(request: ActorRequest, pk: int, version: int, ruling: str) -> HttpResponse:
    """Void an item of an exam, or restore it."""
    commands = {"void": (marking.void_item, "作废"), "restore": (marking.restore_item, "恢复")}
    exam = results.exam_for(request.actor, pk)
    found = ItemVersion.objects.filter(pk=version, pk__in=exam.bank.values("version")).first()
    if found is None or ruling not in commands:
        raise NotFound("no_item", "这场考试没有用这道题。")
    command, word = commands[ruling]
    form = forms.ReasonForm(request.POST or None)
    counted: list[int] = []
    if form.carry_out(lambda given: counted.append(command(request.actor, exam, found, **given))):
        messages.success(request, f"已{word}，重算试卷 {counted[0]} 份；原成绩保留可查。")
        return see_other(reverse("exams:figures", args=[pk]))
    context = {"form": form, "exam": exam, "version": found, "title": f"{word}{found.label}"}
    return render(request, "exams/rule.html", context, status=422 if form.errors else 200)


@page("exams.results")
def draw_file(request: ActorRequest, pk: int) -> HttpResponse:
    """Frame, digest, seed and every paper, so that anybody can draw them again; only once everything is over."""
    exam = results.exam_for(request.actor, pk)
    if not exam.is_over(clock.now()):
        raise Conflict("not_over", "种子在考试全部结束以后公布；题库摘要发布时已经公布。")
    papers = Paper.objects.filter(exam=exam).visible_to(request.actor).select_related("person")
    content = {
        "exam": exam.number, "blueprint": exam.blueprint, "frame_sha256": exam.frame_sha256, "seed": exam.seed,
        "frame": [[each.pk, each.clause, each.kind, each.options, each.digest] for each in frame_of(exam)],
        "papers": [[each.person.number, each.attempt, each.questions] for each in papers],
    }  # fmt: skip
    response = HttpResponse(json.dumps(content, ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="exam-{pk}.json"'
    return response


@page("exams.decide")
def objections(request: ActorRequest) -> HttpResponse:
    """题目异议: those to decide first."""
    rows = ItemObjection.objects.select_related("paper__exam", "version").order_by("decided_at", "-pk")[:200]
    return render(request, "exams/objections.html", {"objections": sorted(rows, key=lambda each: (each.outcome != "", -each.pk))})


@page("exams.decide", methods=("GET", "HEAD", "POST"))
def objection(request: ActorRequest, pk: int) -> HttpResponse:
    found = results.objection_for(request.actor, pk)
    form = forms.DecisionForm(request.POST or None)
    if form.carry_out(
        lambda given: marking.decide_objection(request.actor, found, voided=given["voided"] == "yes", reasons=given["reasons"])
    ):
        messages.success(request, "决定已记录。")
        return see_other(reverse("exams:objections"))
    context = {"form": form, "objection": found, "version": found.version, "kinds": rules.KINDS, "letters": rules.LETTERS}
    context["sealed"] = found.version_id in bank.sealed_versions()
    return render(request, "exams/objection.html", context, status=422 if form.errors else 200)
