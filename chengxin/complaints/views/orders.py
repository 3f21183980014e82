"""导入 12345 工单: the platform's sheet with its own column names, kept from one import to the next."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from chengxin.complaints import rules as sheet
from chengxin.complaints.services import orders as commands
from chengxin.files.forms import upload_sheet
from chengxin.ui.doors import ActorRequest, page
from chengxin.ui.export import sheet_template
from chengxin.ui.pages import render, see_other


@page("complaints.import", methods=("GET", "HEAD", "POST"))
def upload(request: ActorRequest) -> HttpResponse:
    """Understood whole or refused cell by cell; who complained is sealed before the preview is kept."""
    columns = commands.columns_given(request.POST) if request.method == "POST" else commands.kept_columns()
    found = upload_sheet(
        request,
        lambda table: sheet.read_orders(table, columns),
        lambda name, content, rows: commands.preview_orders(request.actor, file_name=name, content=content, rows=rows, columns=columns),
    )
    if found.number is not None:
        return see_other(reverse("complaints:import_preview", args=[found.number]))
    context = {"form": found.form, "errors": found.errors, "columns": columns, "meanings": sheet.MEANINGS}
    return render(request, "complaints/import.html", context, status=found.status)


@page("complaints.import", methods=("GET", "HEAD", "POST"))
def preview(request: ActorRequest, pk: int) -> HttpResponse:
    found = commands.sheet_for(request.actor, pk)
    if request.method == "POST":
        done = commands.import_orders(request.actor, pk)
        messages.success(request, f"已导入 {done} 件，其余已经登记过。")
        return see_other(reverse("complaints:list"))
    context = {
        "title": "工单导入", "sheet": found, "columns": commands.SHOWN, "effects": commands.effects(found.rows),
        "again": reverse("complaints:import"),
    }  # fmt: skip
    return render(request, "ui/import_preview.html", context)


@page("complaints.import")
def template(request: ActorRequest) -> HttpResponse:  # noqa: ARG001
    return sheet_template("orders", list(commands.kept_columns().values()), {})
