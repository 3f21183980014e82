"""向司法局提供监督记录: asked, decided by another, fetched (3.1)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.reports import forms, selectors, services
from chengxin.reports.models import JusticeExport
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.forms import Form
from chengxin.ui.pages import render, see_other


@page("reports.export", methods=("GET", "HEAD", "POST"))
def exports(request: ActorRequest) -> HttpResponse:
    """All requests, and the form to ask."""
    form, made = forms.ExportForm(request.POST or None), list[JusticeExport]()
    if request.method == "POST" and form.carry_out(lambda given: made.append(services.ask_export(request.actor, **given))):
        messages.success(request, "已提出申请，等待另一人审批。")
        return see_other(reverse("reports:export", args=[made[0].pk]))
    context = {"exports": selectors.exports(), "form": form}
    return render(request, "reports/exports.html", context, status=422 if form.errors else 200)


@page("reports.export")
def export(request: ActorRequest, pk: int) -> HttpResponse:
    return _export(request, selectors.export_for(pk), forms.DecisionForm())


def _export(request: ActorRequest, found: JusticeExport, form: Form) -> HttpResponse:
    actor = request.actor
    may_decide = actor.may("reports.approve_export") and found.granted is None and found.asked_by != actor.user_id
    context = {
        "export": found, "archive": getattr(found, "archive", None), "form": form, "may_decide": may_decide,
        "downloads": list(found.downloads.all()),
    }  # fmt: skip
    return render(request, "reports/export.html", context, status=422 if form.errors else 200)


@page("reports.approve_export", methods=("POST",))
def decide(request: ActorRequest, pk: int) -> HttpResponse:
    found, form = selectors.export_for(pk), forms.DecisionForm(request.POST)
    if form.carry_out(
        lambda given: services.decide_export(request.actor, found, granted=given["granted"] == "yes", note=given["note"])
    ):  # fmt: skip
        messages.success(request, "已审批。")
        return see_other(reverse("reports:export", args=[pk]))
    return _export(request, found, form)


@page("reports.export", methods=("POST",))
def download(request: ActorRequest, pk: int) -> HttpResponse:
    """The archive as it was made; by post, each handing out kept, never cached."""
    found = selectors.export_for(pk)
    archive = services.download_export(request.actor, found)
    name = f"supervision-records-{found.asked_at.year}-{found.pk:04d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(bytes(archive.content), content_type="application/zip", headers=headers)
