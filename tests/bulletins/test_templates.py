"""The bureau's own template: kept when it is plain, refused with a word when it is more than that."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from chengxin.bulletins import rules, selectors
from chengxin.bulletins.models import Bulletin, Template
from chengxin.bulletins.services import built_in as built
from chengxin.bulletins.services.templates import check_template, upload_template, withdraw_template, word_file
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.ui import word
from tests.bulletins.conftest import OCTOBER, figures_of, frozen, issued, on
from tests.bulletins.test_services import refused
from tests.bulletins.test_word import INTERNAL, text_of
from tests.world import World


@pytest.fixture(autouse=True)
def no_inspections(checked: Callable[..., None]) -> None:
    """Nobody was checked; the template is what is looked at."""


def made(*lines: str, header: str = "", title: str = "") -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    document.core_properties.title = title
    return word.saved(document)


def with_part(content: bytes, name: str, body: bytes, *, replace: tuple[bytes, bytes] | None = None) -> bytes:
    """The file with one more part, or with a text exchanged in an old one."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            kept = old.read(entry)
            if replace is not None and entry == name:
                kept = kept.replace(*replace)
            new.writestr(entry, kept)
        if replace is None:
            new.writestr(name, body)
    return target.getvalue()


def why(content: bytes) -> str:
    with pytest.raises(DomainError) as caught:
        check_template(content)
    assert caught.value.field == "file"
    assert caught.value.message.startswith("模板没有采用：")
    return caught.value.message


def test_the_built_in_template_passes_its_own_check() -> None:
    check_template(built.built_in())


def test_a_plain_template_with_loops_and_conditions_passes() -> None:
    check_template(made(
        "{{ 标题 }}", "{%p for 行 in 问题清单 %}", "{{ loop.index }} {{ 行.单位 }}：{{ 行.问题 }}", "{%p endfor %}",
        "{%p if 稿样 and not 是否公开版 %}", "送审", "{%p else %}", "{{ 版本 }}", "{%p endif %}", "{{p 中队图 }}",
        header="{{ 机关 }}", title="{{ 标题 }}",
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{{ 标题.__class__ }}", "只能写“行.列名”"),
        ("{{ ''.__class__.__mro__ }}", "不能使用"),
        ("{{ 标题.__init__.__globals__ }}", "不能使用"),
        ("{{ self._TemplateReference__context }}", "只能写“行.列名”"),
        ("{{ self }}", "不认识的名称：“self”"),
        ("{{ 标题.upper() }}", "调用"),
        ("{{ 问题清单[0] }}", "下标"),
        ("{{ 标题|attr('format') }}", "不完整|过滤器"),
        ("{{ 7 * 7 }}", "不支持的写法"),
        ("{{ '%s'|format(标题) }}", "不完整|过滤器"),
        ("{{ range(1000000000) }}", "不认识的名称|调用"),
        ("{{ lipsum.__globals__ }}", "不认识的名称|不能使用"),
        ("{% set x = 1 %}", "赋值"),
        ("{% macro f() %}{% endmacro %}", "宏"),
        ("{% import 'os' as os %}", "引用"),
        ("{% include 'x' %}", "引用"),
        ("{% for 行 in 问题清单 %}{% for 二 in 问题清单 %}x{% endfor %}{% endfor %}", "循环里不能再套循环"),
        ("{% for a, b in 问题清单 %}x{% endfor %}", "循环只能写成"),
        ("{% for 行 in 问题清单 recursive %}x{% endfor %}", "循环只能写成"),
        ("{% for 行 in '很长' %}x{% endfor %}", "循环只能写成"),
        ("{{ 责任领导 }}", "不认识的名称：“责任领导”"),
        ("{% if 是否公开版 and 没有的 %}x{% endif %}", "不认识的名称：“没有的”"),
        ("{% for 行 in 问题清单 %}{{ 行.身份证 }}{% endfor %}", "“行.身份证”不存在，这份清单的列有：.*责任人"),
        ("{% for 行 in 问题清单 %}{{ 行.items }}{% endfor %}", "“行.items”不存在"),
        ("{% for 行 in 问题清单 %}{{ loop.cycle }}{% endfor %}", "“loop.cycle”不能使用"),
        ("{% if 稿样 %}", "endif"),
        ("{{ 标题 ", "不完整"),
        ("{% raw %}x", "不完整"),
    ],
)  # fmt: skip
def test_a_template_with_code_in_it_is_refused_with_what_to_change(line: str, message: str) -> None:
    import re

    assert re.search(message, why(made(line))), why(made(line))


def test_code_in_a_header_a_footer_or_the_properties_is_found_as_well() -> None:
    assert "调用" in why(made("x", header="{{ 标题.format(1) }}"))
    assert "不支持的写法" in why(made("x", title="{{ 7 * 7 }}"))


def test_a_name_split_over_several_runs_is_still_looked_at() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for piece in ("{", "{ 标", "题.__cl", "ass__ }", "}"):
        paragraph.add_run(piece).bold = True
    assert "只能写“行.列名”" in why(word.saved(document))


def test_files_with_macros_links_objects_or_definitions_are_refused() -> None:
    plain = made("{{ 标题 }}")
    assert "宏" in why(with_part(plain, "word/vbaProject.bin", b"x"))
    assert "嵌入" in why(with_part(plain, "word/embeddings/oleObject1.bin", b"x"))
    assert "控件" in why(with_part(plain, "word/activeX/activeX1.xml", b"<x/>"))
    macro = (b"wordprocessingml.document.main+xml", b"word.document.macroEnabled.main+xml")
    assert ".docm" in why(with_part(plain, "[Content_Types].xml", b"", replace=macro))
    template = (b"wordprocessingml.document.main+xml", b"wordprocessingml.template.main+xml")
    assert ".dotx" in why(with_part(plain, "[Content_Types].xml", b"", replace=template))
    outside = (
        b"</Relationships>",
        b'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        b'Target="http://203.0.113.9/x.png" TargetMode="External"/></Relationships>',
    )
    assert "链接了外部内容" in why(with_part(plain, "word/_rels/document.xml.rels", b"", replace=outside))
    entity = (b"<w:document ", b'<!DOCTYPE d [<!ENTITY x "y">]><w:document ')
    assert "DTD" in why(with_part(plain, "word/document.xml", b"", replace=entity))


def test_fields_that_fetch_something_are_refused() -> None:
    for text in ("INCLUDEPICTURE http://203.0.113.9/x.png", 'DDEAUTO c:\\\\x "y"', "MACROBUTTON x"):
        document = docx.Document()
        paragraph = document.add_paragraph()
        field = parse_xml(f"<w:r {nsdecls('w')}><w:instrText>{text.replace(chr(34), '&quot;')}</w:instrText></w:r>")
        paragraph._p.append(field)
        assert "域" in why(word.saved(document))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.7", b"{{ x }}"])
def test_what_is_no_word_file_is_told_so(content: bytes) -> None:
    assert "Word 文件" in why(content)


def test_a_broken_xml_file_is_told_so() -> None:
    assert "文件结构不完整" in why(with_part(made("x"), "word/document.xml", b"", replace=(b"<w:body>", b"<w:body><w:p>")))


def test_a_package_that_unpacks_to_too_much_is_refused() -> None:
    target = io.BytesIO(made("x"))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/media/big.bmp", bytes(51 * 1024 * 1024))
    assert "过大" in why(target.getvalue())
    assert "超过 5 MB" in why(bytes(6 * 1024 * 1024))


# --- kept and used ---


def upload(world: World, content: bytes, by: str = "督察", **more: Any) -> Template:
    given = {"name": "局用模板", "in_force_from": dt.date(2026, 11, 3), **more}
    return upload_template(world.actor(by), SimpleUploadedFile("模板.docx", content), **given)


def test_a_template_is_used_from_its_day_and_a_signed_bulletin_keeps_its_own(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        first = upload(world, made("甲版：{{ 标题 }}", "{{ 问题概况 }}", "{{ 发文字号 }}"))
        bulletin = issued(world)
    assert (bulletin.template, bulletin.template_label) == (first, first.label)
    with on(11, 4):
        before = text_of(word_file(bulletin, INTERNAL))
        second = upload(world, made("乙版：{{ 标题 }}"), name="新模板", in_force_from=dt.date(2026, 11, 5))
        assert selectors.template_on(dt.date(2026, 11, 4)) == first
        assert selectors.template_on(dt.date(2026, 11, 5)) == second
        withdraw_template(world.actor("督察"), first)
        refused(lambda: withdraw_template(world.actor("督察"), first), code="withdrawn", kind=Conflict)
        again = Bulletin.objects.select_related("snapshot", "template").get(pk=bulletin.pk)
        assert text_of(word_file(again, INTERNAL)) == before
    assert before.startswith("甲版：关于2026年10月督查情况的通报")
    with on(12, 2):
        later = frozen(world, rules.Month(2026, 11))
        assert text_of(word_file(later, INTERNAL)).startswith("乙版")
    assert figures_of(bulletin)["month"] == OCTOBER.code


def test_a_bad_template_leaves_nothing_and_only_the_office_may_bring_one(world: World) -> None:
    with on(11, 3):
        refused(lambda: upload(world, made("{{ 7 * 7 }}")), code="bad_template")
        refused(lambda: upload(world, made("x"), in_force_from=dt.date(2026, 11, 2)), code="past")
        for name in ("队长", "局长"):
            refused(lambda name=name: upload(world, made("x"), by=name), code="not_allowed", kind=NotAllowed)
    assert Template.objects.count() == 0
