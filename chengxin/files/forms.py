"""Files in a form: photos chosen now or accepted with an earlier try of the same form, and sheets to be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from python_calamine import CalamineError, CalamineWorkbook

from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError
from chengxin.files import rules, selectors, services
from chengxin.files.models import StoredFile
from chengxin.rulekit.sheets import CellError
from chengxin.ui.forms import Form

MOST_BYTES = 5 * 1024 * 1024


def collect_photos(
    actor: Actor, request: HttpRequest, *, name: str = "photo_files", kept_name: str = "photos", documents: bool = False,
    is_unnamed: bool = False,
) -> list[StoredFile]:  # fmt: skip
    """Photos of this post: hidden ids kept from an earlier try, then the newly chosen files.

    What was accepted stays accepted when the rest of the form is refused. Raises DomainError for a bad photo.
    """
    earlier = selectors.waiting_files(actor, _ids(request.POST.getlist(kept_name)))
    return [*earlier, *(_accept(actor, file, documents=documents, is_unnamed=is_unnamed) for file in request.FILES.getlist(name))]


def _accept(actor: Actor, file: UploadedFile, *, documents: bool, is_unnamed: bool) -> StoredFile:
    head = file.read(8)
    file.seek(0)
    if documents and rules.looks_like_a_document(head):
        return services.accept_document(actor, file)
    return services.accept_photo(actor, file, is_unnamed=is_unnamed)


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


class SheetForm(Form):
    """A sheet to be understood and previewed; the chapter says what its rows mean."""

    file = forms.FileField(
        label="表格文件",
        help_text="按模板填写的 .xlsx、.xls 或 .csv，至多 5 MB。",
        error_messages={"empty": "“表格文件”是空文件，请重新选择。"},
    )

    def table(self) -> tuple[bytes, list[list[Any]]]:
        """The file's bytes and its first sheet. Raises DomainError (field "file") for what cannot be read."""
        uploaded = self.cleaned_data["file"]
        if uploaded.size > MOST_BYTES:
            raise DomainError("too_large", "文件超过 5 MB，请只保留需要导入的行。", field="file")
        content: bytes = uploaded.read()
        if uploaded.name.lower().endswith(".csv"):
            return content, _csv(content)
        try:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
            return content, sheet.to_python(skip_empty_area=False)
        except (CalamineError, IndexError, ValueError) as error:
            raise DomainError("not_a_sheet", "读不出表格，请用模板（.xlsx）或另存为 .csv 后再上传。", field="file") from error


@dataclass
class Upload:
    """What became of an uploaded sheet: kept under a number, or what has to be put right, cell by cell."""

    form: SheetForm
    errors: list[CellError]
    number: int | None = None

    @property
    def status(self) -> int:
        return 422 if self.form.errors or self.errors else 200


def upload_sheet(
    request: HttpRequest,
    read: Callable[[Sequence[Sequence[Any]]], tuple[list[Any], list[CellError]]],
    keep: Callable[[str, bytes, list[Any]], int],
) -> Upload:
    """Read a posted sheet with the chapter's own understanding of its rows and keep it for the preview; nothing else is written."""
    upload = Upload(SheetForm(request.POST or None, request.FILES or None), [])
    if request.method == "POST" and upload.form.is_valid():
        try:
            content, table = upload.form.table()
            rows, upload.errors = read(table)
            if not upload.errors:
                upload.number = keep(upload.form.cleaned_data["file"].name, content, rows)
        except DomainError as error:
            upload.form.add_domain_error(error)
    return upload


def _csv(content: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return [list(row) for row in csv.reader(io.StringIO(content.decode(encoding)))]
        except (UnicodeDecodeError, csv.Error):
            continue
    raise DomainError("not_text", "文件不是 UTF-8 或 GBK 编码的文本，请另存为 .xlsx 后再上传。", field="file")
