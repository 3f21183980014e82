"""通报模板: the built-in one to take away, the bureau's own to bring, and a look at what comes of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.bulletins import forms, rules, selectors
from chengxin.bulletins.services import templates as commands
from chengxin.bulletins.services.built_in import LABEL, built_in
from chengxin.bulletins.views.desk import word_response
from chengxin.core import clock
from chengxin.files.answers import file_response
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.pages import render, see_other


@page("bulletins.templates", methods=("GET", "HEAD", "POST"))
def templates(request: ActorRequest) -> HttpResponse:
    form = forms.TemplateForm(request.POST or None, request.FILES or None, initial={"in_force_from": clock.today()})
    command = lambda given: commands.upload_template(  # noqa: E731  (one line of it would not fit)
        request.actor, given["file"], name=given["name"], in_force_from=given["in_force_from"]
    )
    if form.carry_out(command):
        messages.success(request, "模板已检查并保存。")
        return see_other(reverse("bulletins:templates"))
    used = selectors.template_on(clock.today())
    context = {
        "form": form, "templates": selectors.templates(), "used": used, "label": LABEL, "names": commands.known_names(),
        "audiences": rules.AUDIENCES,
    }  # fmt: skip
    return render(request, "bulletins/templates.html", context, status=422 if form.errors else 200)


@page("bulletins.templates")
def built_in_file(request: ActorRequest) -> HttpResponse:
    """The built-in template itself, or with ``?preview`` filled in."""
    audience = request.GET.get("preview", "")
    if audience in rules.AUDIENCES:
        return word_response(commands.preview(built_in(), audience), f"{LABEL}预览.docx")
    return word_response(built_in(), f"{LABEL}.docx")


@page("bulletins.templates")
def file(request: ActorRequest, pk: int) -> HttpResponse:
    return file_response(request, selectors.file_of_template(selectors.template_for(pk)))


@page("bulletins.templates")
def preview(request: ActorRequest, pk: int) -> HttpResponse:
    template, audience = selectors.template_for(pk), request.GET.get("audience", rules.INTERNAL)
    audience = audience if audience in rules.AUDIENCES else rules.INTERNAL
    return word_response(commands.preview(commands.bytes_of(template), audience), f"{template.name}预览.docx")


@page("bulletins.templates", methods=("POST",))
def withdraw(request: ActorRequest, pk: int) -> HttpResponse:
    commands.withdraw_template(request.actor, selectors.template_for(pk))
    messages.success(request, "已停用。")
    return see_other(reverse("bulletins:templates"))
