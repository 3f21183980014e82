"""What comes out of the printer: the page's own words on A4, tables as tables, and who printed it; no menu, no buttons, no forms."""

from __future__ import annotations

import pypdfium2
from playwright.sync_api import Page

from chengxin.core import clock
from tests.browser.conftest import Site

A4_PT = (595, 842)


def printed(page: Page, address: str) -> tuple[str, pypdfium2.PdfDocument]:
    page.goto(address)
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    return "\n".join(sheet.get_textpage().get_text_bounded() for sheet in document), document


def test_a_notice_is_one_clean_sheet_with_a_place_to_sign(site: Site) -> None:
    finding = site.world.finding()
    page = site.page("队员", screen="phone")
    text, document = printed(page, f"/findings/{finding.pk}/notice/")
    assert len(document) == 1
    assert [round(side) for side in document[0].get_size()] == list(A4_PT)
    for wanted in ("责令整改告知", finding.number, "漏戴标识", "签收：", f"队员于 {clock.today()}"):
        assert wanted in text, wanted
    for unwanted in ("主导航", "工作台", "退出", "返回", "菜单"):
        assert unwanted not in text, unwanted


def test_a_list_is_printed_as_a_table_also_from_a_phone(site: Site) -> None:
    numbers = [site.world.finding(person=name).number for name in ("队员", "协管", "女队员")]
    page = site.page("督察", screen="phone")
    text, _ = printed(page, "/findings/")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.list-table tbody tr')).display") == "table-row"
    assert page.evaluate("getComputedStyle(document.querySelector('.list-table thead')).display") == "table-header-group"
    assert all(number in text.replace("\r\n", "") for number in numbers)
    assert "导出" not in text
    assert "筛选" not in text
    assert "1 / 1" in text


def test_a_persons_file_is_printed_with_everything_it_says(site: Site) -> None:
    site.world.finding()
    page = site.page("队员", screen="desktop")
    text, _ = printed(page, "/me/")
    for wanted in ("我的档案 · 队员", "漏戴标识", "问题与申辩", "基本情况", "任职"):
        assert wanted in text, wanted
    assert "全部功能" not in text
