"""The report of a round as people get it: the official page, everything said once, nobody's name (2.4)."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from chengxin.casereviews import services
from chengxin.casereviews.models import Round
from chengxin.casereviews.selectors import rounds
from chengxin.casereviews.services import papers
from chengxin.core import clock
from tests.casereviews.conftest import AFTER_TERM, VETO, mark_of, off, seats, submit
from tests.world import World

pytestmark = pytest.mark.usefixtures("may")
Made = Callable[..., Any]


@pytest.fixture
def final(world: World, reviewing: Made) -> Round:
    """A round with a veto, deductions, an objection that was upheld in part, and a correction."""
    found = reviewing()
    for place, reviewed in enumerate(rounds.standing_cases(found)):
        for review in seats(reviewed):
            given = (off(), off("wording", 5 * (1 + review.seat), "有涂改没有校对章", "第 3 页"))
            submit(world, review, *given, vetoes=VETO if place == 3 else None)
    found = services.tell_results(world.actor("督察"), found)
    mark = mark_of(found)
    services.object_to_mark(world.actor("队长"), mark, text="照片背面已注明")
    services.decide_objection(world.actor("局长"), mark, outcome="reduced", points=15, reasons="部分有理")
    with clock.frozen(clock.at(AFTER_TERM, 9)):
        found = services.finalise_round(world.actor("督察"), found)
    other = mark_of(found, "二中队")
    services.correct_mark(world.actor("局长"), other, outcome="reduced", points=20, reason="同一事实重复扣分")
    return found


def test_the_report_has_the_official_page_and_says_everything_once(world: World, final: Round) -> None:
    document = Document(io.BytesIO(papers.report_of(world.actor("局长"), final)))
    page = document.sections[0]
    assert [round(length.mm) for length in (page.page_width, page.top_margin, page.left_margin)] == [210, 37, 28]
    told = [each.text for each in document.paragraphs]
    assert [text for text in told if text[:2] in {"一、", "二、", "三、", "四、", "五、", "六、"}] == [
        "一、评查范围与方法", "二、总体结果", "三、各项扣分", "四、各案结果", "五、异议与更正", "六、整改",
    ]  # fmt: skip
    whole = "\n".join(told)
    for text in (
        "评查 4 件", "不合格 1 件", "提出异议 1 项：维持 0 项，减少扣分 1 项，撤销 0 项", "由3.5 分改为2 分", final.sha256, "问题 9 件",
    ):  # fmt: skip
        assert whole.count(text) == 1, text
    units, items, cases = document.tables
    assert [cell.text for cell in units.rows[0].cells] == ["单位", "件数（n）", "平均分", "优秀", "合格", "不合格"]
    assert [row.cells[0].text for row in units.rows[1:]] == ["全局", "一中队", "二中队"]
    assert len(items.rows) == 13
    assert len(cases.rows) == 5
    everything = whole + "".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert all(name not in everything for name in ("督察乙", "大队长", "外队长", "队员"))


def test_a_captain_s_report_lists_the_own_cases_beside_the_bureau_s_figures(world: World, final: Round) -> None:
    document = Document(io.BytesIO(papers.report_of(world.actor("队长"), final)))
    units, _, cases = document.tables
    assert [row.cells[0].text for row in units.rows[1:]] == ["全局", "一中队"]
    assert {row.cells[1].text for row in cases.rows[1:]} == {"一中队"}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.slow
def test_libreoffice_opens_the_report(world: World, final: Round, tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(papers.report_of(world.actor("局长"), final))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "report.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
