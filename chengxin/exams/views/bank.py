"""Doors of the item bank."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models.functions import Substr
from django.http import HttpResponse
from django.urls import reverse

from chengxin.core.errors import DomainError, NotFound
from chengxin.exams import forms, rules
from chengxin.exams.models import ItemVersion
from chengxin.exams.selectors import bank as questions
from chengxin.exams.services import bank as commands
from chengxin.files import selectors as files
from chengxin.files.forms import upload_sheet
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import sheet_template
from chengxin.ui.pages import render, see_other
from chengxin.ui.tables import Column, Filter, ListPage

TONES = {rules.DRAFT: "info", rules.REVIEWED: "warn", rules.IN_USE: "ok", rules.RETIRED: "muted"}


@page("exams.review")
def items(request: ActorRequest) -> HttpResponse:
    """题库: the newest version of every item. Neither list nor export holds an answer."""
    query = questions.versions_visible_to(request.actor).annotate(text=Substr("stem", 1, 120))
    listing = ListPage(
        request,
        query.values("pk", "item_id", "number", "kind", "text", "clause", "difficulty", "state", "written_label", "written_at"),
        (
            Column("item_id", "编号", "item_id"), Column("text", "题干"), Column("kind", "题型", "kind"),
            Column("clause", "条款", "clause"),
            Column("difficulty", "难度", "difficulty"), Column("number", "版本", "number"), Column("state", "状态", "state"),
            Column("written_label", "编写人"), Column("written_at", "编写时间", "written_at"),
        ),
        (
            Filter("state", "状态", "state", tuple(rules.STATES.items())),
            Filter("kind", "题型", "kind", tuple(rules.KINDS.items())),
            Filter("clause", "条款", "clause__startswith", questions.clause_choices()),
            Filter("difficulty", "难度", "difficulty", tuple(rules.DIFFICULTIES.items())),
            Filter("text", "题干含", "stem__icontains", kind="text"),
        ),
    )  # fmt: skip
    context = {
        "listing": listing, "states": rules.STATES, "kinds": rules.KINDS, "difficulties": rules.DIFFICULTIES, "tones": TONES,
        "may_write": request.actor.may("exams.bank"),
    }  # fmt: skip
    return listing.export() or render(request, "exams/items.html", context)


@page("exams.review")
def item(request: ActorRequest, pk: int) -> HttpResponse:
    return _item(request, questions.item_for(request.actor, pk))


def _item(request: ActorRequest, versions: list[ItemVersion], *, problem: str = "", typed: str = "", status: int = 200) -> HttpResponse:
    """An item with its versions; while an exam runs with it nobody is shown the answer."""
    actor, newest = request.actor, versions[0]
    running = questions.running_exam_with([each.pk for each in versions])
    own = rules.why_not_review(actor=actor.user_id, writer=newest.written_by)
    context = {
        "versions": versions, "newest": newest, "running": running, "kinds": rules.KINDS, "states": rules.STATES, "tones": TONES,
        "letters": rules.LETTERS, "problem": problem, "typed": typed, "own": own if newest.state == rules.DRAFT else None,
        "may_review": newest.state == rules.DRAFT and not own, "may_write": actor.may("exams.bank"),
        "clauses": questions.clause_titles(),
    }  # fmt: skip
    return render(request, "exams/item.html", context, status=status)


@page("exams.bank", methods=("GET", "HEAD", "POST"))
def new(request: ActorRequest) -> HttpResponse:
    form = forms.ItemForm(request.POST or None, clauses=questions.clause_choices())
    made: list[ItemVersion] = []
    if form.carry_out(lambda given: made.append(commands.write_item(request.actor, _content(given)))):
        messages.success(request, f"{made[0].label}已录入，等待他人审核。")
        return see_other(reverse("exams:item", args=[made[0].item_id]))
    return render(request, "exams/item_form.html", {"form": form, "title": "编写题目"}, status=422 if form.errors else 200)


def _content(given: dict[str, Any]) -> rules.Content:
    return commands.understood(**{**given, "options": given["options"].splitlines()})


@page("exams.bank", methods=("GET", "HEAD", "POST"))
def revise(request: ActorRequest, pk: int) -> HttpResponse:
    """A new version, beginning with what the newest says."""
    newest = questions.item_for(request.actor, pk)[0]
    running = questions.running_exam_with([newest.pk])
    if running is not None:
        raise DomainError("exam_running", f"“{running.title}”正在使用这道题，全部结束后才能修订。")
    form = forms.ItemForm(request.POST or None, clauses=questions.clause_choices(), initial=_as_typed(newest))
    made: list[ItemVersion] = []
    if form.carry_out(lambda given: made.append(commands.revise_item(request.actor, newest, _content(given)))):
        messages.success(request, f"{made[0].label}已录入，等待他人审核。")
        return see_other(reverse("exams:item", args=[pk]))
    return render(request, "exams/item_form.html", {"form": form, "title": f"修订{newest.label}"}, status=422 if form.errors else 200)


def _as_typed(version: ItemVersion) -> dict[str, str]:
    answer = "".join(version.answer)
    if version.kind == rules.FILL_IN:
        answer = " | ".join(version.answer)
    elif version.kind == rules.TRUE_FALSE:
        answer = rules.TRUTH[rules.LETTERS.index(answer)]
    options = "\n".join(version.options) if version.kind in {rules.SINGLE, rules.MULTIPLE} else ""
    names = ("kind", "clause", "difficulty", "stem", "explanation")
    return {**{name: getattr(version, name) for name in names}, "options": options, "answer": answer}


@page("exams.review", methods=("POST",))
def review(request: ActorRequest, pk: int) -> HttpResponse:
    """Pass it, or send it back with the reason."""
    newest, reason = questions.item_for(request.actor, pk)[0], _reason(request)
    try:
        if request.POST.get("outcome") == "returned":
            commands.return_item(request.actor, newest, reason=reason)
            messages.success(request, "已退回，编写人修订后重新提交。")
        else:
            commands.review_item(request.actor, newest)
            messages.success(request, "已审核通过。")
    except DomainError as error:
        return _item(request, questions.item_for(request.actor, pk), problem=error.message, typed=reason, status=error.status)
    return see_other(reverse("exams:item", args=[pk]))


def _reason(request: ActorRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "")[:200]


@page("exams.bank", methods=("POST",))
def step(request: ActorRequest, pk: int, step: str) -> HttpResponse:
    """Put in use or retire; ``version`` names which one is meant."""
    versions, reason = questions.item_for(request.actor, pk), _reason(request)
    meant = next((each for each in versions if str(each.pk) == request.POST.get("version")), versions[0])
    try:
        if step == "use":
            commands.put_in_use(request.actor, meant)
            messages.success(request, f"{meant.label}已启用。")
        elif step == "retire":
            commands.retire_item(request.actor, meant, reason=reason)
            messages.success(request, f"{meant.label}已停用。")
        else:
            raise NotFound("no_step", "没有这个步骤。")
    except DomainError as error:
        if error.status == 404:
            raise
        return _item(request, questions.item_for(request.actor, pk), problem=error.message, typed=reason, status=error.status)
    return see_other(reverse("exams:item", args=[pk]))


# --- import ---

PREVIEW = {"kind": "题型", "clause": "条款", "difficulty": "难度", "stem": "题干", "options": "选项", "answer": "答案"}


@page("exams.bank", methods=("GET", "HEAD", "POST"))
def import_items(request: ActorRequest) -> HttpResponse:
    """题目导入: understood whole or refused cell by cell."""
    clauses = questions.clause_titles()
    upload = upload_sheet(
        request,
        lambda table: rules.read_items(table, clauses),
        lambda name, content, rows: commands.preview_items(request.actor, file_name=name, content=content, rows=rows),
    )
    if upload.number is not None:
        return see_other(reverse("exams:import_preview", args=[upload.number]))
    context = {"title": "题目导入", "template": reverse("exams:import_template"), "form": upload.form, "errors": upload.errors}
    return render(request, "ui/import.html", context, status=upload.status)


@page("exams.bank", methods=("GET", "HEAD", "POST"))
def import_preview(request: ActorRequest, pk: int) -> HttpResponse:
    sheet = files.sheet_for(request.actor, commands.SHEET, pk)
    if request.method == "POST":
        messages.success(request, f"已导入 {commands.apply_items(request.actor, pk)} 道题目，等待他人审核。")
        return see_other(reverse("exams:items") + "?state=draft")
    known = questions.standing_digests()
    effects = [_effect(commands.content_in(row), known) for row in sheet.rows]
    context = {"title": "题目导入", "sheet": sheet, "effects": effects, "columns": PREVIEW, "again": reverse("exams:import")}
    return render(request, "ui/import_preview.html", context)


def _effect(content: rules.Content, known: set[str]) -> dict[str, str]:
    options = "；".join(f"{letter} {text}" for letter, text in zip(rules.LETTERS, content.options, strict=False))
    parted = " | " if content.kind == rules.FILL_IN else ""
    return {
        "kind": rules.KINDS[content.kind], "clause": content.clause, "difficulty": rules.DIFFICULTIES[content.difficulty],
        "stem": content.stem, "options": options, "answer": parted.join(content.answer),
        "effect": "无变化" if content.digest in known else "新增",
    }  # fmt: skip


@page("exams.bank")
def import_template(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    kinds, levels = list(rules.KINDS.values()), list(rules.DIFFICULTIES.values())
    choices = {"题型": kinds, "难度": levels, "条款": [code for code, _ in questions.clause_choices()]}
    return sheet_template("items", rules.COLUMNS, choices)
