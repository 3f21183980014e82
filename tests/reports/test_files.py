"""The files of a package: official form, everything in the sheet, nothing that runs, the same bytes for the same content."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from python_calamine import CalamineWorkbook

from chengxin.reports import kinds
from chengxin.reports.selectors.sections import SECTIONS
from chengxin.reports.services import files
from chengxin.reports.services.files import Printed

FORMULA = '=HYPERLINK("http://example.invalid","点我")'


def content(rows: int = 3) -> dict[str, Any]:
    """A year with something in every section."""
    table = kinds.Table(
        "分单位", ("单位", "问题", "按期率", "说明"),
        [(f"第{place + 1}中队", place + 1, "样本不足", "整改情况较好" if place else FORMULA) for place in range(rows)],
        "按期率＝按期销号÷已销号。", (20, 15, 20, 45),
    )  # fmt: skip
    whole = kinds.Table("全体人员", ("工号", "结论"), [(f"T{place:05d}", "具备资格") for place in range(50)], is_on_paper=False)
    item = kinds.OpenItem("finding:1", "问〔2026〕000001 漏戴标识", "一中队", "2027-01-08")
    built = kinds.Section(tables=[table, whole], paragraphs=["全年情况平稳。\x0b\ud800"], open_items=[item])
    return {
        "version": 1, "year": 2026, "bureau": "某某区城市管理局", "as_of": "2027-01-12T10:00:00+08:00", "versions": ["goals.indicators@1"],
        "sections": [kinds.as_content(kind, built if place != 1 else kinds.Section()) for place, kind in enumerate(SECTIONS)],
    }  # fmt: skip


def printed(**more: Any) -> Printed:
    given: dict[str, Any] = {
        "content": content(), "title": "某某区城市管理局2026年度执法队伍素质提升工作总结材料",
        "status": "已印发，数据截至 2027-01-12 10:00",
        "document_number": "城管〔2027〕3号", "digest": "a" * 64, "signed_on": dt.date(2027, 1, 15),
        "errata": ((1, "第四部分“分单位”第一行应为 2。", "2027-02-01"),),
    }  # fmt: skip
    return Printed(**{**given, **more})


def test_the_same_content_gives_the_same_bytes() -> None:
    assert files.as_docx(printed()) == files.as_docx(printed())
    assert files.as_xlsx(printed()) == files.as_xlsx(printed())


def test_the_word_file_has_the_official_page_and_says_everything_once() -> None:
    document = docx.Document(io.BytesIO(files.as_docx(printed())))
    section = document.sections[0]
    sizes = [round(each.mm) for each in (section.page_width, section.page_height, section.top_margin, section.left_margin) if each]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert sizes == [210, 297, 37, 28]
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[:3] == ["某某区城市管理局2026年度", "执法队伍素质提升工作总结材料", "城管〔2027〕3号"]
    headings = [text for text in texts if "、" in text[:4] and len(text) < 30]
    assert headings[0] == "一、工作目标与实际"
    assert headings[-1] == "十五、勘误"
    assert kinds.NO_RECORDS in texts
    assert any("勘误第 1 号（2027-02-01）" in text for text in texts)
    assert texts[-1] == "2027年1月15日"
    words = "".join(cell.text for table in document.tables[:2] for row in table.rows for cell in row.cells)
    assert "T00001" not in words  # everybody stands in the sheet, not on paper
    assert "处分" not in words


def test_without_a_number_its_place_is_left_blank_for_the_bureau() -> None:
    texts = [each.text for each in docx.Document(io.BytesIO(files.as_docx(printed(document_number="")))).paragraphs]
    assert texts[2] == "〔2027〕　　号"


def test_the_spreadsheet_has_a_sheet_for_every_section_and_holds_no_formula() -> None:
    made = files.as_xlsx(printed())
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    assert len(book.sheet_names) == len(SECTIONS) + 1
    assert book.sheet_names[0] == "封面"
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert FORMULA in cells
    assert 1.0 in cells  # numbers stay numbers
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
    everybody = {row[0] for row in book.get_sheet_by_name("11.评优资格").to_python()}
    assert {"T00000", "T00049"} <= everybody


def test_a_table_of_thousands_of_rows_is_written_in_seconds_of_work() -> None:
    """The processor's time, so that a busy machine is no failure; cell by cell it would be minutes."""
    given = printed(content=content(rows=5000) | {"sections": content(rows=5000)["sections"][:1]})
    began = time.process_time()
    files.as_docx(given)
    assert time.process_time() - began < 10


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it(tmp_path: Path) -> None:
    """As many pages as the text asks for: a broken table would end after the first."""
    (tmp_path / "package.docx").write_bytes(files.as_docx(printed(content=content(rows=30))))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "package.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    made = (tmp_path / "package.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) > 10
