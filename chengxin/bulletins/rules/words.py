"""A snapshot in the words people read, the same on the screen and in Word. The names are Chinese: the bureau's templates use them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from chengxin.bulletins.rules.audiences import AUDIENCES, PUBLIC, Reader, for_reader
from chengxin.bulletins.rules.figures import Figure, Part, change, percent, ranked, share

Row = dict[str, str]
NOTHING = "无"


@dataclass(frozen=True)
class Wording:
    """What people add to the figures: good practice, outlook, and the tasks that come of it."""

    practice: str = ""
    outlook: str = ""
    tasks: Sequence[Mapping[str, str]] = field(default_factory=tuple)  # text, unit, due_on
    number: str = ""  # 发文字号, blank until the bureau gives one
    made_on: dt.date | None = None  # 成文日期: the day it was signed
    is_draft: bool = True
    check: str = ""


def content(snapshot: Mapping[str, Any], wording: Wording, reader: Reader) -> dict[str, Any]:
    """Everything a page or a template shows to this reader, under the names a template may use."""
    told, minimum = for_reader(snapshot, reader), snapshot["minimum"]
    return {
        **_head(told, wording, reader),
        "上期未销号": [_unresolved(number, row) for number, row in enumerate(told["unresolved"], start=1)],
        "上期复核": [_review(row) for row in told["reviews"]],
        "检查情况": _inspections(told),
        "检查方式": [{"类别": row["kind"], "方式": row["mode"], "次数": str(row["visits"])} for row in told["visits"]],
        "受检人员": [_class(row, minimum) for row in told["classes"]],
        "抽查说明": _sampling(told),
        "总体指标": [_figure(row, minimum) for row in told["figures"]],
        "比较说明": _comparing(told),
        "好的做法": _lines(wording.practice),
        "表扬": [_praise(row) for row in told["commendations"]],
        "问题概况": _problems_in_short(told),
        "问题清单": [_problem(number, row) for number, row in enumerate(told["problems"], start=1)],
        "上月整改": [_rectified(row, minimum) for row in told["rectified"]],
        "上月整改概况": _rectified_in_short(told),
        "投诉": _complaints(told["complaints"]),
        "措施": [{"措施": row["kind"], "件数": str(row["count"])} for row in told["measure_counts"]],
        "中队情况": _squadrons(told, minimum),
        "中队说明": squadron_note(minimum),
        "突出问题": [{"序号": str(n), **_frequent(row)} for n, row in enumerate(told["frequent"], start=1)],
        "下一步": _lines(wording.outlook),
        "任务": [{"序号": str(n), "事项": row["text"], "单位": row["unit"], "期限": chinese_day(row["due_on"])}
               for n, row in enumerate(wording.tasks, start=1)],
        "有受限附件": reader.sees_restricted,
        "措施名单": [_measure(n, row) for n, row in enumerate(told["measures"], start=1)] if reader.sees_restricted else [],
        "多次问题": [{"人员": row["person"], "单位": row["unit"], "次数": str(row["count"])} for row in told["repeated"]],
    }  # fmt: skip


def _head(told: Mapping[str, Any], wording: Wording, reader: Reader) -> dict[str, Any]:
    made = f"{wording.made_on.year}年{wording.made_on.month}月{wording.made_on.day}日" if wording.made_on else "　　年　月　日"
    return {
        "机关": told["bureau"],
        "标题": f"关于{told['label']}督查情况的通报",
        "月份": told["label"],
        "期间": told["span"],
        "发文字号": wording.number or f"〔{told['month'][:4]}〕　号",
        "主送": "社会公众：" if reader.audience == PUBLIC else "各中队、机关各科室：",
        "版本": AUDIENCES[reader.audience],
        "是否公开版": reader.audience == PUBLIC,
        "稿样": "（送审稿）" if wording.is_draft else "",
        "成文日期": made,
        "印发日期": f"{made}印发" if wording.made_on else "",
        "冻结时间": told["as_of_label"],
        "核验码": wording.check,
    }


def chinese_day(text: str) -> str:
    """2026-10-12 as 10月12日; anything else as it is."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.month}月{day.day}日"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _who(row: Mapping[str, Any]) -> str:
    """The name, else the post; a matter of the whole unit has neither."""
    if row.get("is_masked"):
        return "—"
    return row["person"] or row.get("post") or "—"


def _unresolved(number: int, row: Mapping[str, Any]) -> Row:
    return {
        "序号": str(number), "编号": row["number"], "时间": row["day"], "单位": row["unit"], "责任人": _who(row), "问题": row["problem"],
        "期限": row["term"], "状态": row["state"],
    }  # fmt: skip


def _review(row: Mapping[str, Any]) -> Row:
    return {"编号": row["number"], "单位": row["unit"], "问题": row["problem"], "结果": row["outcome"]}


def _problem(number: int, row: Mapping[str, Any]) -> Row:
    return {
        "序号": str(number), "编号": row["number"], "时间": row["time"] or row["day"], "地点": row["place"] or "—", "单位": row["unit"],
        "责任人": _who(row), "问题": row["problem"] + ("（补登）" if row["is_late"] else ""), "条款": row["clause"], "程度": row["grade"],
        "期限": row["term"], "状态": row["state"], "复核人": row["rechecker"] or "—",
    }  # fmt: skip


def _praise(row: Mapping[str, Any]) -> Row:
    return {"对象": row["unit"] + row["person"], "种类": row["kind"], "事由": row["text"]}


def _measure(number: int, row: Mapping[str, Any]) -> Row:
    return {
        "序号": str(number), "编号": row["number"], "单位": row["unit"], "对象": _who(row) if row["is_personal"] else "单位",
        "措施": row["kind"], "情形": row["ground"], "条款": row["clause"], "状态": row["state"],
    }  # fmt: skip


def _inspections(told: Mapping[str, Any]) -> str:
    visits = sum(row["visits"] for row in told["visits"])
    if not visits:
        return f"{told['label']}没有开展督查检查。"
    modes: dict[str, int] = {}
    for row in told["visits"]:
        modes[row["mode"]] = modes.get(row["mode"], 0) + row["visits"]
    by_mode = "、".join(f"{mode} {count} 次" for mode, count in modes.items())
    checked = sum(row["checked"] for row in told["classes"])
    text = f"{told['label']}共开展督查 {visits} 次（{by_mode}），检查 {checked} 人次。"
    return text + (f"本月未检查到的中队：{'、'.join(told['missed'])}。" if told["missed"] else "各中队均已覆盖。")


def _sampling(told: Mapping[str, Any]) -> str:
    return (
        "检查对象和检查人员由双随机抽取产生，抽取范围先冻结后公布种子，可由任何人复算；在编人员和协管人员按同一比率、同一标准检查。"
        f"人次按已提交的检查统计，同一人多次受检分别计数；合格率样本少于 {told['minimum']} 人次的不显示。"
    )


def _class(row: Mapping[str, Any], minimum: int) -> Row:
    hundredths = int(Fraction(100 * row["checked"], row["members"]) + Fraction(1, 2)) if row["members"] else None
    return {
        "类别": row["title"], "中队人数": str(row["members"]), "受检人次": str(row["checked"]),
        "人均受检": "—" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d} 次",
        "合格率": share(row["checked"] - row["flawed"], row["checked"], minimum),
    }  # fmt: skip


def figure_of(row: Mapping[str, Any]) -> Figure:
    now, before, year_ago = (Part(*row[name]) for name in ("now", "before", "year_ago"))
    return Figure(row["code"], row["title"], now, before, year_ago)


def _figure(row: Mapping[str, Any], minimum: int) -> Row:
    figure = figure_of(row)
    return {
        "指标": figure.title,
        "本月": figure.now.shown(minimum),
        "上月": figure.before.shown(minimum),
        "环比": change(figure.now, figure.before, minimum),
        "上年同月": figure.year_ago.shown(minimum),
        "同比": change(figure.now, figure.year_ago, minimum),
    }


def _comparing(told: Mapping[str, Any]) -> str:
    text = f"各期数字均按 {told['as_of_label']} 已有的事实统计；已撤销、已并案的问题不计"
    text += f"，本月登记后撤销的 {told['withdrawn']} 件。" if told["withdrawn"] else "。"
    for row in told["restated"]:
        text += f"{row['title']}上月印发数为 {row['printed']}，现为 {row['now']}。"
    return text


def _problems_in_short(told: Mapping[str, Any]) -> str:
    problems = told["problems"]
    if not problems:
        return f"{told['label']}未发现问题。"
    late, masks = (sum(bool(row[name]) for row in problems) for name in ("is_late", "is_masked"))
    serious, closed = sum(row["is_serious"] for row in problems), sum(row["is_closed"] for row in problems)
    text = f"{told['label']}通报问题 {len(problems)} 件，其中较重 {serious} 件；截至冻结已销号 {closed} 件。"
    text += f"含以前月份补登 {late} 件。" if late else ""
    return text + (f"另有申辩复核中的 {masks} 件只列事项、不列姓名，结果在下期通报。" if masks else "")


def _rectified(row: Mapping[str, Any], minimum: int) -> Row:
    return {
        "单位": row["unit"], "问题数": str(row["found"]), "已销号": str(row["closed"]), "待复核": str(row["waiting"]),
        "逾期": str(row["overdue"]), "按期率": share(row["in_time"], row["due"], minimum),
    }  # fmt: skip


def _rectified_in_short(told: Mapping[str, Any]) -> str:
    rows = told["rectified"]
    found, closed, overdue = (sum(row[name] for row in rows) for name in ("found", "closed", "overdue"))
    if not found:
        return "上月没有需要整改的问题。"
    return f"上月发现的问题 {found} 件，已销号 {closed} 件，逾期未整改 {overdue} 件。"


def _complaints(told: Mapping[str, Any]) -> list[str]:
    """Numbers only: who complained is in no figure."""
    if not told["n"]:
        return ["本月没有收到投诉。"]
    least = told["least"]
    lines = [f"收到投诉 {told['n']} 件，办结 {told['closed']} 件，要求重新办理 {told['reopened']} 件，重复投诉 {told['repeats']} 件。"]
    lines += [f"{term['title']}按时率 {share(term['in_time'], term['due'], least)}。" for term in told["terms"]]
    solved, satisfied = (share(told[name], told["answered"], least) for name in ("solved", "satisfied"))
    lines.append(f"投诉人评价：认为已解决 {solved}；满意 {satisfied}（分别询问）。")
    results = "，".join(f"{row['title']} {row['count']} 件" for row in told["results"] if row["count"])
    return [*lines, f"处理结果：{results}。"] if results else lines


def squadron_part(row: Mapping[str, Any]) -> Part:
    return Part(row["checked"] - row["flawed"], row["checked"])


def _squadrons(told: Mapping[str, Any], minimum: int) -> list[Row]:
    return [
        {
            "名次": str(rank) if rank else "—", "中队": row["unit"], "受检人次": str(row["checked"]),
            "合格率": squadron_part(row).shown(minimum), "问题数": str(row["problems"]),
            "较重": str(row["serious"]), "逾期": str(row["overdue"]),
        }
        for rank, row in ranked(told["squadrons"], squadron_part, minimum)
    ]  # fmt: skip


def squadron_note(minimum: int) -> str:
    """How the table is ranked; it stands under the table wherever that is shown."""
    return (
        f"按受检人次合格率由高到低排列；比率按分数精确比较，相同的并列同一名次，其后名次顺延（如 1、2、2、4）；受检不足 {minimum} 人次的"
        "标为样本不足，不排名次。问题数含各种来源，不参与排名。中队按单位排名，不排个人。"
    )


def _frequent(row: Mapping[str, Any]) -> Row:
    return {"条款": row["clause"], "问题": row["problem"], "件数": str(row["count"]), "单位数": str(row["units"])}


@dataclass(frozen=True)
class Chart:
    """The squadron table as bars: pass rates in percent, or problems where nobody has enough cases for a rate."""

    title: str
    bars: Sequence[tuple[str, float | None]]  # None: no bar, 样本不足

    @property
    def described(self) -> str:
        """The same for who cannot see it."""
        return f"{self.title}：" + "；".join(f"{name} {'样本不足' if value is None else f'{value:g}'}" for name, value in self.bars)


def chart(snapshot: Mapping[str, Any]) -> Chart | None:
    """None when there is no squadron."""
    minimum, rows = snapshot["minimum"], snapshot["squadrons"]
    if not rows:
        return None
    ordered = [row for _, row in ranked(rows, squadron_part, minimum)]
    rates = [_bar(squadron_part(row), minimum) for row in ordered]
    if all(rate is None for rate in rates):
        return Chart("各中队问题数（件）", [(row["unit"], float(row["problems"])) for row in ordered])
    return Chart("各中队受检合格率（%）", [(row["unit"], rate) for row, rate in zip(ordered, rates, strict=True)])


def _bar(part: Part, minimum: int) -> float | None:
    if part.rate is None or (part.n or 0) < minimum:
        return None
    return float(percent(part.rate).removesuffix("%"))
