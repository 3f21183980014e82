"""The built-in template, made by code so that no binary lies in the repository; the bureau may take it, change it and give it back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from chengxin.ui import word

VERSION = 1  # counts the look; what a bulletin says comes from its snapshot and never from here
LABEL = f"内置模板第 {VERSION} 版"


@cache
def built_in() -> bytes:
    """The template as .docx, in the form of GB/T 9704."""
    document = word.official_document("{{ 标题 }}", "{{ 机关 }}")
    _head(document)
    _opening(document)
    _figures(document)
    _problems(document)
    _ahead(document)
    _signature(document)
    _annexes(document)
    return word.saved(document)


def _tag(document: Any, text: str) -> None:
    """A control line: it leaves no paragraph behind."""
    word.paragraph(document, f"{{%p {text} %}}", first=0)


def _each(document: Any, name: str, headings: Sequence[str], widths: Sequence[float], *, small: bool = False) -> None:
    """A table with one row for each entry of a list, one column for each of its names."""
    blank = [""] * (len(headings) - 1)
    row = [f"{{{{ 行.{each} }}}}" for each in headings]
    word.table(document, headings, [["{%tr for 行 in " + name + " %}", *blank], row, ["{%tr endfor %}", *blank]], widths, small=small)


def _head(document: Any) -> None:
    word.paragraph(document, "{{ 机关 }}", word.HEAD, align=word.CENTRE, first=0, line=900)
    word.paragraph(document, "", first=0)
    number = word.paragraph(document, "{{ 发文字号 }}", align=word.CENTRE, first=0)
    word.rule_below(number, color="C00000", eighths=12)
    word.paragraph(document, "", first=0)
    word.title(document, "{{ 标题 }}")
    _tag(document, "if 稿样")
    word.paragraph(document, "{{ 稿样 }}", word.LEVELS[2], align=word.CENTRE, first=0)
    _tag(document, "endif")
    word.paragraph(document, "", first=0)
    word.paragraph(document, "{{ 主送 }}", first=0)
    word.paragraph(document, "现将{{ 期间 }}督查情况通报如下，数字截至{{ 冻结时间 }}。")


def _opening(document: Any) -> None:
    word.level(document, "一、上期未销号问题", 1)
    _tag(document, "if 上期未销号")
    _each(
        document,
        "上期未销号",
        ("序号", "编号", "时间", "单位", "责任人", "问题", "期限", "状态"),
        (9, 30, 18, 20, 17, 24, 21, 17),
        small=True,
    )
    _tag(document, "else")
    word.paragraph(document, "以前月份的问题已全部销号。")
    _tag(document, "endif")
    _tag(document, "if 上期复核")
    word.with_next(word.paragraph(document, "上期通报后经申辩复核的事项："))
    _each(document, "上期复核", ("编号", "单位", "问题", "结果"), (34, 34, 64, 24))
    _tag(document, "endif")
    word.level(document, "二、督查检查情况", 1)
    word.paragraph(document, "{{ 检查情况 }}")
    _tag(document, "if 检查方式")
    _each(document, "检查方式", ("类别", "方式", "次数"), (60, 60, 36))
    _tag(document, "endif")
    word.with_next(word.paragraph(document, "在编人员与协管人员受检情况："))
    _each(document, "受检人员", ("类别", "中队人数", "受检人次", "人均受检", "合格率"), (30, 26, 30, 30, 40))
    word.paragraph(document, "{{ 抽查说明 }}")


def _figures(document: Any) -> None:
    word.level(document, "三、总体情况", 1)
    _each(document, "总体指标", ("指标", "本月", "上月", "环比", "上年同月", "同比"), (25, 27, 27, 25, 27, 25), small=True)
    word.paragraph(document, "{{ 比较说明 }}")
    word.level(document, "四、好的做法和表扬", 1)
    _tag(document, "for 行 in 好的做法")
    word.paragraph(document, "{{ 行 }}")
    _tag(document, "endfor")
    _tag(document, "if 表扬")
    _each(document, "表扬", ("对象", "种类", "事由"), (44, 30, 82))
    _tag(document, "else")
    word.paragraph(document, "本月没有表扬事项。")
    _tag(document, "endif")


def _problems(document: Any) -> None:
    word.level(document, "五、存在问题", 1)
    word.paragraph(document, "{{ 问题概况 }}{% if 问题清单 %}清单见附件 1。{% endif %}")
    word.level(document, "六、上月问题整改情况", 1)
    word.paragraph(document, "{{ 上月整改概况 }}")
    _tag(document, "if 上月整改")
    _each(document, "上月整改", ("单位", "问题数", "已销号", "待复核", "逾期", "按期率"), (44, 20, 20, 20, 20, 32))
    _tag(document, "endif")
    word.level(document, "七、群众投诉情况", 1)
    _tag(document, "for 行 in 投诉")
    word.paragraph(document, "{{ 行 }}")
    _tag(document, "endfor")
    word.level(document, "八、处理措施", 1)
    _tag(document, "if 措施")
    _each(document, "措施", ("措施", "件数"), (80, 76))
    _tag(document, "else")
    word.paragraph(document, "本月没有作出处理措施。")
    _tag(document, "endif")
    word.level(document, "九、各中队情况", 1)
    _each(
        document, "中队情况", ("名次", "中队", "受检人次", "合格率", "问题数", "较重", "逾期"), (15, 40, 22, 34, 17, 14, 14)
    )  # fmt: skip
    word.paragraph(document, "{{ 中队说明 }}")
    word.paragraph(document, "{{p 中队图 }}", first=0)


def _ahead(document: Any) -> None:
    word.level(document, "十、突出问题", 1)
    _tag(document, "if 突出问题")
    _each(document, "突出问题", ("序号", "条款", "问题", "件数", "单位数"), (14, 22, 76, 22, 22))
    _tag(document, "else")
    word.paragraph(document, "本月没有多次出现的同类问题。")
    _tag(document, "endif")
    word.level(document, "十一、下一步工作", 1)
    _tag(document, "for 行 in 下一步")
    word.paragraph(document, "{{ 行 }}")
    _tag(document, "endfor")
    _tag(document, "if 任务")
    _each(document, "任务", ("序号", "事项", "单位", "期限"), (14, 82, 36, 24))
    _tag(document, "endif")


def _signature(document: Any) -> None:
    _tag(document, "if 问题清单 or 有受限附件")
    word.with_next(word.paragraph(document, "", first=0))
    word.with_next(
        word.paragraph(document, "附件：{% if 问题清单 %}1. 问题清单{% endif %}{% if 有受限附件 %}　2. 人员名单（限局机关内部）{% endif %}")
    )
    _tag(document, "endif")
    word.with_next(word.paragraph(document, "", first=0))
    word.with_next(word.indent_right(word.paragraph(document, "{{ 机关 }}", first=0), 3.25))
    word.indent_right(word.paragraph(document, "{{ 成文日期 }}", first=0), 4)


def _annexes(document: Any) -> None:
    _tag(document, "if 问题清单")
    word.new_section(document, landscape=True)  # both ends of the pages across lie within the condition
    word.paragraph(document, "附件 1", word.LEVELS[1], first=0)
    word.title(document, "{{ 月份 }}问题清单")
    _each(
        document, "问题清单",
        ("序号", "编号", "时间", "地点", "单位", "责任人", "问题", "条款", "程度", "期限", "状态", "复核人"),
        (9, 30, 28, 21, 20, 17, 27, 12, 10, 21, 14, 16), small=True,
    )  # fmt: skip
    word.paragraph(document, "{{ 版本 }}版；“复核中”为申辩尚未决定的事项，不列姓名。", word.NOTE, first=0, line=340)
    word.new_section(document)
    _tag(document, "endif")
    _tag(document, "if 有受限附件")
    heading = word.paragraph(document, "附件 2（限局机关内部）", word.LEVELS[1], first=0)
    heading.paragraph_format.page_break_before = True
    word.title(document, "人员名单")
    word.level(document, "（一）本月处理措施", 2)
    _tag(document, "if 措施名单")
    _each(
        document, "措施名单", ("序号", "编号", "单位", "对象", "措施", "情形", "条款", "状态"), (10, 30, 24, 20, 22, 22, 13, 15), small=True
    )
    _tag(document, "else")
    word.paragraph(document, "无。")
    _tag(document, "endif")
    word.level(document, "（二）本年多次出现问题的人员", 2)
    _tag(document, "if 多次问题")
    _each(document, "多次问题", ("人员", "单位", "次数"), (50, 66, 40))
    _tag(document, "else")
    word.paragraph(document, "无。")
    _tag(document, "endif")
    _tag(document, "endif")
    word.end_matter(document, [["{{ 机关 }}", "{{ 印发日期 }}"]])
    word.paragraph(document, "发至{{ 版本 }}；核验码 {{ 核验码 }}", word.NOTE, first=0, line=340)
