"""The Word file: its form, its words, its chart, and that it stays the same for ever (GB/T 9704)."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm
from lxml import etree
from python_calamine import CalamineWorkbook

from chengxin.bulletins import rules
from chengxin.bulletins.models import Bulletin
from chengxin.bulletins.rules.sample import sample_snapshot, sample_wording
from chengxin.bulletins.services import afterwards
from chengxin.bulletins.services.built_in import built_in
from chengxin.bulletins.services.templates import preview, word_file
from chengxin.bulletins.services.word import fill
from chengxin.findings import services as findings
from tests.bulletins.conftest import frozen, issued, names_of, on
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
INTERNAL = rules.Reader(rules.INTERNAL, None)
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name)


def text_of(content: bytes) -> str:
    """Everything a reader sees, paragraph by paragraph, tables and page ends included; the chart's figures last."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = [name for name in package.namelist() if name.endswith(".xml")]
        shown = [name for kind in ("document", "header", "footer", "charts/") for name in names if name.startswith(f"word/{kind}")]
        roots = [etree.fromstring(package.read(name)) for name in shown]
    return "\n".join("".join(each.itertext()) for root in roots for each in root.iter(qn("w:p"), f"{CHART}v"))


def sample(audience: str = rules.INTERNAL, **more: Any) -> bytes:
    return preview(built_in(), audience, **more)


# --- the form ---


def test_the_page_is_that_of_an_official_document() -> None:
    document = docx.Document(io.BytesIO(sample()))
    upright, across, last = document.sections
    for section in (upright, last):
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        assert [round(side.mm) for side in (section.top_margin, section.left_margin)] == [37, 28]
        assert round((section.page_width - section.left_margin - section.right_margin) / Mm(1)) == 156
        assert round((section.page_height - section.top_margin - section.bottom_margin) / Mm(1)) == 225
    assert across.page_width > across.page_height
    for section in document.sections:
        (grid,) = section._sectPr.findall(qn("w:docGrid"))
        assert dict(grid.attrib) == {qn("w:type"): "lines", qn("w:linePitch"): "579"}
    assert document.settings.odd_and_even_pages_header_footer


def test_fonts_are_named_for_chinese_characters() -> None:
    document = docx.Document(io.BytesIO(sample()))

    def face(text: str) -> tuple[str, float]:
        (run,) = next(each for each in document.paragraphs if each.text == text).runs
        return run._r.rPr.rFonts.get(qn("w:eastAsia")), run.font.size.pt

    assert face("关于2026年10月督查情况的通报") == ("方正小标宋简体", 22)
    assert face("一、上期未销号问题") == ("黑体", 16)
    assert face("（一）本月处理措施") == ("楷体", 16)
    assert face("各中队、机关各科室：") == ("仿宋", 16)
    assert document.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋"
    assert document.styles["Normal"].element.rPr.find(qn("w:lang")).get(qn("w:eastAsia")) == "zh-CN"


def test_page_numbers_stand_outside_and_the_date_four_characters_in() -> None:
    document = docx.Document(io.BytesIO(sample()))
    for section in document.sections:
        for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
            (line,) = footer.paragraphs
            assert line._p.pPr.jc.get(qn("w:val")) == side
            assert line._p.pPr.ind.get(qn(f"w:{side}Chars")) == "100"
            assert re.fullmatch(r"— \d+ —", "".join(each.text for each in line._p.iter(qn("w:t"))))
            assert line._p.find(qn("w:fldSimple")).get(qn("w:instr")) == "PAGE"
            assert {run.font.size.pt for run in line.runs} == {14}
    date = next(each for each in document.paragraphs if each.text == "2026年11月5日")
    assert date._p.pPr.ind.get(qn("w:rightChars")) == "400"
    imprint = next(each for each in document.paragraphs if "印发" in each.text and each.text.startswith("示例城市管理局"))
    assert [border.get(qn("w:sz")) for border in imprint._p.pPr.find(qn("w:pBdr"))] == ["8", "8"]


def test_paragraphs_and_tables_keep_to_the_order_of_the_schema() -> None:
    order = [
        "pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "pBdr", "shd", "tabs", "snapToGrid", "spacing",
        "ind", "jc", "rPr", "sectPr",
    ]  # fmt: skip
    root = etree.fromstring(part(sample(), "word/document.xml"))
    for properties in root.iter(qn("w:pPr")):
        places = [order.index(etree.QName(child).localname) for child in properties]
        assert places == sorted(places)


# --- the words ---


def test_every_part_of_the_bulletin_stands_in_the_file_in_the_order_of_the_plan() -> None:
    text = text_of(sample())
    places = [
        text.index(each)
        for each in (
            "〔2026〕　号", "关于2026年10月督查情况的通报", "一、上期未销号问题", "二、督查检查情况", "双随机抽取", "三、总体情况", "环比",
            "四、好的做法和表扬", "帮助走失老人", "五、存在问题", "六、上月问题整改情况", "七、群众投诉情况", "八、处理措施",
            "九、各中队情况",
            "并列同一名次", "十、突出问题", "十一、下一步工作", "示例任务", "附件：1. 问题清单", "附件 1\n2026年10月问题清单",
            "附件 2（限局机关内部）", "措〔2026〕0012",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert "{{" not in text
    assert "{%" not in text


def test_an_empty_month_has_no_list_and_still_its_page_numbers() -> None:
    content = sample(is_empty=True)
    document = docx.Document(io.BytesIO(content))
    assert "2026年10月未发现问题。" in text_of(content)
    assert "附件 1" not in text_of(content)
    (only,) = document.sections
    assert only.page_width < only.page_height
    assert not only.footer.is_linked_to_previous


def test_each_audience_gets_its_own_names_and_the_public_none() -> None:
    assert "示例人员乙" in text_of(sample())
    squadron = text_of(sample(rules.SQUADRONS))
    assert "示例人员甲" in squadron  # the preview's own squadron
    assert "示例人员乙" not in squadron
    assert "附件 2" not in squadron
    public = text_of(sample(rules.PUBLIC))
    for word in ("示例人员", "示例督察员", "措〔2026〕", "附件 2"):
        assert word not in public


def test_what_people_wrote_is_text_whatever_it_looks_like() -> None:
    nasty = "甲<w:p>&乙\"'{{ 7*7 }}{% if %}\x00\x0b\x1f\u2028丙\ud7ff"
    snapshot = sample_snapshot()
    snapshot["problems"][0] |= {"place": nasty, "problem": "]]><!--"}
    wording = rules.Wording(practice=nasty.replace("\x00", "") + "\n第二段")
    content = fill(built_in(), rules.content(snapshot, wording, INTERNAL), rules.chart(snapshot))
    text = text_of(content)
    assert "甲<w:p>&乙\"'{{ 7*7 }}{% if %}" in text
    assert "]]><!--" in text
    assert "49" not in text.replace("0049", "")
    assert "第二段" in text
    docx.Document(io.BytesIO(content))


# --- the chart ---


def test_the_chart_is_words_own_with_its_workbook() -> None:
    content = sample()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = package.namelist()
        (chart,) = [name for name in names if name.startswith("word/charts/") and name.endswith(".xml")]
        (sheet,) = [name for name in names if name.startswith("word/embeddings/")]
        root = etree.fromstring(package.read(chart))
        links = package.read(f"word/charts/_rels/{chart.rpartition('/')[2]}.rels").decode()
        types = package.read("[Content_Types].xml").decode()
        rows = CalamineWorkbook.from_filelike(io.BytesIO(package.read(sheet))).get_sheet_by_index(0).to_python()
    assert rows[1:] == [["示例三中队", 96.9], ["示例一中队", 95.0], ["示例二中队", 95.0], ["示例四中队（样本不足）", ""]]
    assert sheet.rpartition("/")[2] in links
    assert "drawingml.chart+xml" in types
    assert [each.text for each in root.iter(f"{CHART}v")][-3:] == ["96.9", "95.0", "95.0"]
    assert root.find(f".//{CHART}valAx/{CHART}scaling/{CHART}min").get("val") == "0"
    shown = etree.fromstring(part(content, "word/document.xml")).find(f".//{CHART}chart")
    assert shown is not None


# --- for ever the same ---


def again(bulletin: Bulletin, reader: rules.Reader = INTERNAL) -> str:
    return text_of(word_file(Bulletin.objects.select_related("snapshot", "template").get(pk=bulletin.pk), reader))


def test_an_issued_bulletin_reads_the_same_whatever_happens_later(
    world: World, october: dict[str, Any], checked: Callable[..., None]
) -> None:
    checked("一中队", 30, 3)
    with on(11, 3):
        bulletin = issued(world)
        squadron = rules.Reader(rules.SQUADRONS, frozenset({world.units["一中队"].pk}))
        before = {reader: again(bulletin, reader) for reader in (INTERNAL, squadron, rules.Reader(rules.PUBLIC))}
        digest = bulletin.snapshot.sha256 if bulletin.snapshot else ""
    with on(11, 10):
        findings.decide_objection(world.actor("督察乙"), october["objected"], revoked=True, reasons="确在更换")
        findings.withdraw_finding(world.actor("局长"), october["first"], reason="登记错人")
        checked("一中队", 70, 60)
        world.units["一中队"].name = "改名中队"
        world.units["一中队"].save()
        given = {"item": october["first"].number, "was": "计入", "becomes": "撤销", "reason": "登记错人"}
        afterwards.add_erratum(world.actor("督察"), bulletin, **given, finding_id=october["first"].pk)
        assert {reader: again(bulletin, reader) for reader in before} == before
    bulletin.refresh_from_db()
    assert bulletin.snapshot is not None
    assert rules.digest(bulletin.snapshot.content) == bulletin.snapshot.sha256 == digest
    assert digest[:16] in before[INTERNAL]


def test_what_is_under_objection_is_named_in_no_version(world: World, october: dict[str, Any]) -> None:
    with on(11, 3):
        bulletin = frozen(world)
        first, second = (rules.Reader(rules.SQUADRONS, frozenset({world.units[name].pk})) for name in ("一中队", "二中队"))
        texts = {reader: again(bulletin, reader) for reader in (INTERNAL, first, second, rules.Reader(rules.PUBLIC))}
    assert "复核中" in texts[INTERNAL]
    assert not any("女队员" in text for text in texts.values())
    cells = {reader: set(text.splitlines()) & names_of(world) for reader, text in texts.items()}
    assert list(cells.values()) == [{"队员", "外人"}, {"队员"}, {"外人"}, set()]
    assert "（送审稿）" in texts[INTERNAL]


# --- looked at by another program ---


@pytest.fixture(scope="session")
def office() -> str:
    found = shutil.which("soffice")
    if found is None or shutil.which("pdftoppm") is None:
        pytest.skip("没有找到 LibreOffice（soffice）或 pdftoppm：Word 文件没有转成图片查看，只检查了 XML。")
    return found


def test_another_program_opens_it_and_its_pages_become_pictures(office: str, tmp_path: Path) -> None:
    for name, content in (("internal", sample()), ("public", sample(rules.PUBLIC)), ("empty", sample(is_empty=True))):
        (tmp_path / f"{name}.docx").write_bytes(content)
    home = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [office, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, sorted(tmp_path.glob("*.docx")))]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    pictures = ROOT / "var" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, least in (("internal", 6), ("public", 5), ("empty", 3)):
        target = pictures / f"bulletin-word-{name}"
        for old in pictures.glob(f"bulletin-word-{name}-*.png"):
            old.unlink()
        subprocess.run(["pdftoppm", "-r", "60", "-png", str(tmp_path / f"{name}.pdf"), str(target)], check=True, timeout=120)
        assert len(list(pictures.glob(f"bulletin-word-{name}-*.png"))) >= least


def test_a_line_holds_twenty_eight_characters_and_a_page_twenty_two_lines(office: str, tmp_path: Path) -> None:
    from chengxin.ui import word

    document = word.official_document()
    word.paragraph(document, "城" * (28 * 50), first=0)
    (tmp_path / "lines.docx").write_bytes(word.saved(document))
    home = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [office, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "lines.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    text = subprocess.run(["pdftotext", "-layout", str(tmp_path / "lines.pdf"), "-"], check=True, capture_output=True).stdout.decode()
    first, second, third = [[line for line in each.splitlines() if "城" in line] for each in text.split("\f")[:3]]
    assert {line.count("城") for line in (*first, *second)} == {28}
    assert (len(first), len(second), len(third)) == (22, 22, 6)


def test_the_sample_fills_every_name() -> None:
    told = rules.content(sample_snapshot(), sample_wording(), INTERNAL)
    assert {name for name, value in told.items() if value in ("", [])} == set()
