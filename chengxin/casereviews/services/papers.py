"""The report of a final round: a Word file in the form of official documents, and a sheet. Nobody's name stands in either."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from chengxin.casereviews import rules
from chengxin.casereviews.models import Correction, Mark, Reviewed, Round
from chengxin.casereviews.selectors import results, rounds
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict
from chengxin.people import selectors as people
from chengxin.ui import word
from chengxin.ui.export import safe_cell

Rows = list[tuple[Reviewed, results.Result]]


def _rows(actor: Actor, found: Round) -> tuple[Rows, Any]:
    """The results within the reader's scope, as they stand. Raises Conflict before 定稿."""
    require(actor, "casereviews.see")
    if found.state != rules.FINAL:
        raise Conflict("not_final", "本轮还没有定稿，定稿后才有评查报告。")
    reach = actor.units_for("casereviews.see")
    return [(reviewed, result) for reviewed, result in results.results_in(found) if result is not None], reach


def _bureau() -> str:
    return next((unit.name for unit in people.all_units() if unit.parent_id is None), "")


def _within(rows: Rows, reach: Any) -> Rows:
    return [(reviewed, result) for reviewed, result in rows if reach is None or reviewed.unit_id in reach]


def report_of(actor: Actor, found: Round) -> bytes:
    """The round's report as .docx: how it was drawn, results by unit with n, item by item, case by case, objections, what is to rectify."""
    rows, reach = _rows(actor, found)
    sheet, shown = rounds.sheet_of(found), _within(rows, reach)
    lines = results.by_unit(rows, reach)
    document = word.official_document(f"{found.title}报告", _bureau())
    word.title(document, f"{found.title}报告")
    word.paragraph(document, "", first=0)
    word.level(document, "一、评查范围与方法", 1)
    for text in _method(found, sheet):
        word.paragraph(document, text)
    word.level(document, "二、总体结果", 1)
    whole = lines[0].figures
    word.paragraph(document, f"评查 {whole.n} 件，平均 {whole.mean_text} 分；" + _grades(whole) + "。")
    heading = ("单位", "件数（n）", "平均分", *rules.GRADES.values())
    word.table(document, heading, [_unit_row(line) for line in lines], (50, 22, 24, 20, 20, 20))
    word.level(document, "三、各项扣分", 1)
    word.with_next(word.paragraph(document, f"各项每件平均扣分（n={whole.n}），单位为分。"))
    word.table(document, ("项目", "上限", "平均扣分", "扣分件数"), _item_rows(rows, sheet), (78, 24, 30, 24))
    word.level(document, "四、各案结果", 1)
    word.table(document, ("案号", "单位", "得分", "等次", "扣分项"), [_case_row(*row) for row in shown], (46, 28, 18, 18, 46))
    word.level(document, "五、异议与更正", 1)
    for text in _afterwards(found, shown):
        word.paragraph(document, text)
    word.level(document, "六、整改", 1)
    word.paragraph(document, _rectified(shown))
    word.paragraph(document, f"定稿内容摘要（SHA-256）：{found.sha256}。")
    word.with_next(word.indent_right(word.paragraph(document, _bureau(), first=0), 4))
    assert found.final_at is not None, "a final round has its time"
    day = clock.local_day(found.final_at)
    word.indent_right(word.paragraph(document, f"{day.year}年{day.month}月{day.day}日", first=0), 4)
    return word.saved(document)


def _method(found: Round, sheet: rules.Sheet) -> list[str]:
    since = f"{found.since} 之后" if found.since else "系统登记以来"
    quota = "、".join(f"{unit} {n} 件" for unit, n in sorted(found.draw.quotas.items()))
    return [
        f"范围为{since}至 {found.until} 结案、此前没有列入评查的普通程序案件，共 {len(found.draw.frame)} 件；按单位分层随机抽取：{quota}。"
        f"范围摘要 {found.draw.frame_sha256[:16]}，种子 {found.draw.seed[:16]}，任何人都可以重算。",
        "每件由两名非本单位、非承办的评查人员各自评分；"
        f"相差超过 {rules.points_text(10 * sheet.third_above)} 分或否决项不同的，由第三人评查，取最接近的两份的平均分；"
        "否决项以多数为准，成立即为不合格。",
        f"满分 {rules.points_text(10 * sheet.total)} 分，{rules.points_text(10 * sheet.excellent)} 分以上为优秀，"
        f"{rules.points_text(10 * sheet.passing)} 分以上为合格。评查表版本 {sheet.version}。",
    ]


def _grades(figures: rules.Figures) -> str:
    return "，".join(f"{rules.GRADES[grade]} {count} 件" for grade, count in figures.grades.items())


def _unit_row(line: results.UnitFigures) -> list[str]:
    return [line.unit, str(line.figures.n), line.figures.mean_text, *(str(count) for count in line.figures.grades.values())]


def _item_rows(rows: Rows, sheet: rules.Sheet) -> list[list[str]]:
    n = len(rows)
    found = []
    for item in sheet.items:
        taken = [result.items[item.code] for _, result in rows if item.code in result.items]
        mean = rules.mean_of(sum(taken), n)
        found.append([item.title, rules.points_text(10 * item.cap), "—" if mean is None else rules.points_text(mean), str(len(taken))])
    return found


def _case_row(reviewed: Reviewed, result: results.Result) -> list[str]:
    standing = [mark for mark in reviewed.marks.all() if results.left_of(mark)]
    told = "；".join(f"{mark.title} {_left(mark)}" for mark in standing)
    return [reviewed.case.number, reviewed.unit.name, result.score_text, result.grade_title, told or "无扣分"]


def _left(mark: Mark) -> str:
    return results.points_of(mark, results.left_of(mark))


def _afterwards(found: Round, shown: Rows) -> list[str]:
    objections = [each for reviewed, _ in shown for mark in reviewed.marks.all() if (each := results.objection_of(mark)) is not None]
    decided = "，".join(f"{title} {sum(each.outcome == code for each in objections)} 项" for code, title in rules.OUTCOMES.items())
    told = f"异议期至 {found.object_by}，被评查单位提出异议 {len(objections)} 项" + (f"：{decided}。" if objections else "。")
    ids = {reviewed.pk for reviewed, _ in shown}
    corrections = Correction.objects.filter(round=found, mark__reviewed__in=ids).select_related("mark__reviewed__case")
    return [told, *(_correction(each) for each in corrections)]


def _correction(each: Correction) -> str:
    before, left = results.points_of(each.mark, each.before), results.points_of(each.mark, each.left)
    return f"更正第 {each.number} 号：{each.mark.reviewed.case.number} {each.mark.title}由{before}改为{left}。理由：{each.reason}"


def _rectified(shown: Rows) -> str:
    findings = [mark.finding for reviewed, _ in shown for mark in reviewed.marks.all() if mark.finding is not None]
    dues = [finding.due_on for finding in findings if finding.due_on]
    term = f"，最迟于 {max(dues)} 前整改" if dues else ""
    return f"成立的扣分登记为问题 {len(findings)} 件{term}，由有关单位整改并由他人复核。"


def book_of(actor: Actor, found: Round) -> bytes:
    """The round as .xlsx: the cases, every mark, the units."""
    rows, reach = _rows(actor, found)
    shown, buffer = _within(rows, reach), io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    cases = [
        [reviewed.case.number, reviewed.case.title, reviewed.unit.name, result.score / 100, result.grade_title]
        for reviewed, result in shown
    ]  # fmt: skip
    _page(book, "案件", ("案号", "案件名称", "单位", "得分", "等次"), cases)
    marks = [_mark_row(reviewed, mark) for reviewed, _ in shown for mark in reviewed.marks.all()]
    _page(book, "扣分", ("案号", "单位", "种类", "项目", "告知时", "现为", "理由与页码", "异议", "问题"), marks)
    units = [_unit_row(line) for line in results.by_unit(rows, reach)]
    _page(book, "单位", ("单位", "件数（n）", "平均分", *rules.GRADES.values()), units)
    book.close()
    return buffer.getvalue()


def _mark_row(reviewed: Reviewed, mark: Mark) -> list[Any]:
    objection = results.objection_of(mark)
    told = "；".join(f"{reason}（{page}）" if page else reason for reason, page in mark.reasons)
    return [
        reviewed.case.number, reviewed.unit.name, mark.get_kind_display(), mark.title, results.points_of(mark, mark.points), _left(mark),
        told, objection.get_outcome_display() if objection is not None else "", mark.finding.number if mark.finding is not None else "",
    ]  # fmt: skip


def _page(book: Any, name: str, heading: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    page.write_row(0, 0, heading, book.add_format({"bold": True, "bg_color": "#E6EFF0"}))
    page.set_column(0, len(heading) - 1, 16)
    for number, row in enumerate(rows, start=1):
        page.write_row(number, 0, [safe_cell(value) for value in row])
