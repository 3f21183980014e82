"""The bureau's own Word template: looked through before it is kept, tried on a made-up month, used from a day on (3.1)."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from docx.opc.exceptions import OpcError
from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError
from lxml import etree

from chengxin.audit.services import record
from chengxin.bulletins import rules, selectors
from chengxin.bulletins.models import Bulletin, Template
from chengxin.bulletins.rules.sample import sample_snapshot, sample_wording
from chengxin.bulletins.services.built_in import built_in
from chengxin.bulletins.services.word import BadTemplate, Columns, Names, fill, names_in
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.files.services import accept_document, claim, read_original

MOST_BYTES, MOST_UNPACKED, MOST_PARTS = 5 * 1024 * 1024, 50 * 1024 * 1024, 400
DOCUMENT_TYPE = b"wordprocessingml.document.main+xml"
# parts that bring something alive or foreign into a document
ALIVE = re.compile(r"(vbaProject|vbaData|activeX|oleObject|embeddings/|attachedToolbars|afchunk|\.bin$)", re.IGNORECASE)
# fields that fetch or start something when the document is opened
FIELDS = re.compile(
    rb"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|MACROBUTTON|IMPORT|DATABASE|RD|AUTOTEXT|HYPERLINK)\b", re.IGNORECASE
)  # fmt: skip
INSTRUCTIONS = re.compile(rb'<w:instrText[^>]*>([^<]*)</w:instrText>|w:instr="([^"]*)"')


def check_template(content: bytes) -> None:
    """Raise DomainError (field "file") for whatever is not a plain Word file that a whole and an empty month fill without an error."""
    try:
        _look_at_package(content)
        for is_empty in (False, True):
            for audience in rules.AUDIENCES:
                preview(content, audience, is_empty=is_empty, known=known_names())
    except BadTemplate as error:
        raise _refused(str(error)) from error
    except UndefinedError as error:
        raise _refused(f"有系统不认识的名称：{_name_in(str(error))}。请对照“可用的名称”改正。") from error
    except TemplateSyntaxError as error:
        raise _refused(f"占位符写得不完整（{error.message}）；请检查是否缺少 }}}}、%}}、endif 或 endfor。") from error
    except TemplateError as error:
        raise _refused(f"占位符不能填写：{error}") from error
    except etree.XMLSyntaxError as error:
        raise _refused("填写后的文件结构不完整：循环或条件的开始和结束要放在同一层（整段用 p、整行用 tr）。") from error
    except (OpcError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise _refused("不是完整的 Word 文件（.docx），请用 Word 重新另存后再上传。") from error


def _refused(text: str) -> DomainError:
    return DomainError("bad_template", f"模板没有采用：{text}", field="file")


def _name_in(text: str) -> str:
    found = re.search(r"'([^']+)' is undefined|no attribute '([^']+)'", text)
    return f"“{found[1] or found[2]}”" if found else text


def _look_at_package(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise BadTemplate(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请删去大图片。")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = package.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise BadTemplate("文件展开后过大，请用 Word 重新另存。")
        for part in parts:
            _look_at_part(part.filename, package.read(part) if part.filename.endswith((".xml", ".rels")) else b"")
        types = package.read("[Content_Types].xml")
    if b"macroEnabled" in types:
        raise BadTemplate("文件含有宏（.docm），请另存为不含宏的 .docx。")
    if DOCUMENT_TYPE not in types:
        raise BadTemplate("只收 Word 文档（.docx），不收 .dotx、.doc 和其他格式。")


def _look_at_part(name: str, content: bytes) -> None:
    if ALIVE.search(name):
        raise BadTemplate(f"文件含有宏、控件或嵌入对象（{name.rpartition('/')[2]}），请删去后另存。")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise BadTemplate("文件含有外部定义（DTD），请用 Word 重新另存。")
    if name.endswith(".rels") and re.search(rb'TargetMode\s*=\s*["\']External', content, re.IGNORECASE):
        raise BadTemplate("文件链接了外部内容（超链接、外部图片或附加模板），请删去链接后另存。")
    for words in INSTRUCTIONS.findall(content):
        if (found := FIELDS.search(b" ".join(words))) is not None:
            raise BadTemplate(f"文件含有会自动取外部内容的域（{found[1].decode()}），请删去。")


def known_names() -> dict[str, Columns]:
    """What a template may use, from the made-up month that fills every part."""
    return names_in(rules.content(sample_snapshot(), sample_wording(), rules.Reader(rules.INTERNAL, None)))


def preview(content: bytes, audience: str, *, is_empty: bool = False, known: Names | None = None) -> bytes:
    """A template filled in with a made-up month."""
    snapshot, wording = sample_snapshot(is_empty=is_empty), rules.Wording() if is_empty else sample_wording()
    told = rules.content(snapshot, wording, rules.Reader(audience, frozenset({1})))
    return fill(content, told, rules.chart(snapshot), known=known)


@transaction.atomic
def upload_template(actor: Actor, uploaded: UploadedFile, *, name: str, in_force_from: dt.date) -> Template:
    """Keep a checked template; bulletins signed from its day on use it, those signed before keep theirs.

    Raises DomainError (field "file") that says what in it has to be changed.
    """
    require(actor, "bulletins.templates")
    if in_force_from < clock.today():
        raise DomainError("past", "启用日期不能早于今天。", field="in_force_from")
    content = uploaded.read()
    check_template(content)
    uploaded.seek(0)
    try:
        stored = accept_document(actor, uploaded)
    except DomainError as error:
        raise DomainError(error.code, error.message, field="file") from error
    made = Template.objects.create(
        name=name, sha256=stored.sha256, in_force_from=in_force_from, uploaded_by=actor.named_user, uploaded_label=actor.label,
        uploaded_at=clock.now(),
    )  # fmt: skip
    claim(actor, [stored.pk], made.owner)
    record(actor, "bulletins.template_uploaded", f"bulletin_template:{made.pk}", details={"sha256": made.sha256, "name": name})
    return made


@transaction.atomic
def withdraw_template(actor: Actor, template: Template) -> Template:
    """Use it no more for bulletins to come; those signed with it keep it."""
    require(actor, "bulletins.templates")
    template = Template.objects.select_for_update().get(pk=template.pk)
    if template.withdrawn_at is not None:
        raise Conflict("withdrawn", "这个模板已经停用。")
    template.withdrawn_at, template.withdrawn_label = clock.now(), actor.label
    template.save(update_fields=["withdrawn_at", "withdrawn_label"])
    record(actor, "bulletins.template_withdrawn", f"bulletin_template:{template.pk}")
    return template


def bytes_of(template: Template | None) -> bytes:
    """A template's file. Raises DomainError when it is not what was uploaded any more."""
    if template is None:
        return built_in()
    stored = selectors.file_of_template(template)
    return read_original(stored)


def word_file(bulletin: Bulletin, reader: rules.Reader) -> bytes:
    """The bulletin as .docx for a reader: from its snapshot, its words and its own template, so the same for ever.

    Before the signature it says 送审稿 and uses the template of today. Raises DomainError while the figures are not frozen.
    """
    told = selectors.content_of(bulletin, reader)
    template = bulletin.template if bulletin.template_label else selectors.template_on(clock.today())
    return fill(bytes_of(template), told, rules.chart(selectors.frozen_figures(bulletin)))


def file_name(bulletin: Bulletin, reader: rules.Reader) -> str:
    kind = {rules.INTERNAL: "局机关", rules.SQUADRONS: "中队", rules.PUBLIC: "公开"}[reader.audience]
    return f"{bulletin.period.label}督查通报（{kind}版）.docx"
