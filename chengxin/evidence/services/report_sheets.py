"""A custody report for reading: titled tables, the same for Word and PDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chengxin.evidence.services.reports import MISSING, UNREADABLE, Report
from chengxin.ui.jinja import duration

HIDDEN = {"Cc", "Cf", "Cs"}  # controls, marks of direction and the like, halves of characters


@dataclass(frozen=True)
class Sheet:
    """A titled table. Without headings it is a list of facts; ``widths`` are parts of the page's width."""

    title: str
    rows: list[list[str]]
    headings: tuple[str, ...] = ()
    widths: tuple[int, ...] = (22, 78)

    @property
    def lines(self) -> list[list[str]]:
        """Headings, if any, and rows, as readers see them."""
        return [[plain(each) for each in row] for row in (*([self.headings] if self.headings else []), *self.rows)]


def plain(value: Any) -> str:
    """A value as readers see it. Characters that show nothing or turn the line round become □: a name must not look like another."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    text = re.sub(r"\s+", " ", str(value))
    return "".join("□" if unicodedata.category(each) in HIDDEN or each in "\ufffe\uffff" else each for each in text)


def _at(moment: str | None) -> str:
    """A moment of the report without its offset, which is said once for all."""
    return moment[:19].replace("T", " ") if moment else "—"


def _who(person: Mapping[str, str] | None) -> str:
    return f"{person['name']}（{person['number']}）" if person else "—"


def _granted(granted: bool | None) -> str:
    return {None: "待审批", True: "同意", False: "不同意"}[granted]


def sheets_of(content: Mapping[str, Any]) -> list[Sheet]:
    """The whole report but its digests of parts and its signature; a table without rows is left out."""
    made = [
        Sheet("核对", _verification(content)), Sheet("影像", _recording(content)), Sheet("来源与归属", _origin(content)),
        Sheet("录制期间的设备领用", *_custodies(content)), Sheet("留存", _retention(content)), Sheet("保全", *_holds(content)),
        Sheet("降级申请", *_downgrades(content)), Sheet("损坏与修复", *_damages(content)), Sheet("由原件制作", *_clips(content)),
        Sheet("拷出", *_releases(content)), Sheet("到期清单", *_expiry(content)), Sheet("经过", *_steps(content)),
        Sheet("调阅", *_viewings(content)),
    ]  # fmt: skip
    return [each for each in made if each.rows]


def _verification(content: Mapping[str, Any]) -> list[list[str]]:
    found, copy = content["verification"], content["copy"]
    words = {True: "相符", False: "不相符", MISSING: "原件不在", UNREADABLE: "原件未能读完"}
    rows = [["重读原件", _at(found["verified_at"])], ["结果", words[found["matches"]]], ["说明", found["statement"]]]
    if found["sha256"] and found["matches"] is not True:
        rows += [["重读所得 SHA-256", found["sha256"]], ["重读所得字节数", str(found["size"])]]
    if copy:
        rows.append(["副本", f"{copy['state']}；{_at(copy['written_at'])} 写入，{_at(copy['checked_at'])} 最近一次定期重读"])
    return rows


def _recording(content: Mapping[str, Any]) -> list[list[str]]:
    told = content["recording"]
    picture = f"{told['width']}×{told['height']} " if told["width"] else ""
    length = f"{duration(told['duration_ms'])}（{told['duration_ms']} 毫秒）" if told["duration_ms"] is not None else "—"
    state = [*(["截断：文件没有录完或没有传完"] if told["is_cut_off"] else []), *([told["trouble"]] if told["trouble"] else [])]
    seen = [["时长", length], ["画面与编码", f"{picture}{told['codec']}".strip()], ["检查", "；".join(state) or "未见异常"]]
    return [
        ["影像编号", told["number"]], ["类型", told["medium"]], ["原文件名", told["original_name"]], ["字节数", str(told["size"])],
        ["SHA-256", told["sha256"]], ["SM3", told["sm3"]], ["分段", f"每段 {told['part_size']} 字节，共 {len(told['part_sha256'])} 段"],
        *(seen if told["examined_at"] else [["检查", "尚未检查"]]),
    ]  # fmt: skip


def _origin(content: Mapping[str, Any]) -> list[list[str]]:
    source, device, time, whose = (content[name] for name in ("source", "device", "time", "attribution"))
    shift, drift = whose["shift"], time["drift_seconds"]
    item = f"{device['asset_number']} {device['model']}" if device["asset_number"] else "没有对应的登记设备"
    claimed = [device["claimed_device"], device["claimed_officer"], "" if device["sequence"] is None else f"第 {device['sequence']} 个"]
    decided = [["认定人", f"{whose['decided_by']}，{_at(whose['decided_at'])}"]] if whose["decided_by"] else []
    return [
        ["来源", f"{source['door']}，{source['station']}"], ["采集站编号", source["local_id"]],
        *([["所在位置", source["path"]]] if source["path"] else []),
        ["入库", f"{_at(source['ingested_at'])}，{source['ingested_by']}"],
        ["文件所称", "；".join(each for each in claimed if each)], ["设备", item], ["设备序列号", device["serial"]],
        ["录制时间", f"{_at(time['started_at'])} 至 {_at(time['ended_at'])}" if time["is_known"] else "不明"],
        ["设备时钟", f"{'快' if drift > 0 else '慢'} {abs(drift)} 秒，录制时间已更正" if drift else "没有偏差记录"],
        ["使用人", _who(whose["person"])], ["单位", whose["unit"]],
        ["班次", f"{shift['day']} {shift['title']}（{_at(shift['starts_at'])} 至 {_at(shift['ends_at'])}）" if shift else "—"],
        ["归属", f"{whose['state']}：{whose['ground']}"], *decided,
    ]  # fmt: skip


Rows = tuple[list[list[str]], tuple[str, ...], tuple[int, ...]]


def _custodies(content: Mapping[str, Any]) -> Rows:
    rows = [
        [_who(held["holder"]), held["purpose"], f"{_at(held['taken_at'])} {held['issued_by']}",
         f"{_at(held['returned_at'])} {held['returned_by']}" if held["returned_at"] else "未归还", plain(held["is_ground"])]
        for held in content["custodies"]
    ]  # fmt: skip
    return rows, ("领用人", "用途", "领用时间和经办", "归还时间和经办", "归属依据"), (22, 14, 26, 26, 12)


def _retention(content: Mapping[str, Any]) -> list[list[str]]:
    kept, gone = content["retention"], content["deletion"]
    rows = [
        ["类别", kept["category"]], ["常规留存至", kept["kept_through"]], ["可删除起", kept["deletable_from"]],
        ["规则版本", kept["rule_version"]], ["存储锁定至", kept["locked_until"]],
    ]  # fmt: skip
    if gone:
        by = f"{gone['list']}，{gone['reviewed_by']}审查，{gone['approved_by']}批准"
        return [*rows, ["删除", f"{_at(gone['deleted_at'])}，{by}"], ["原件清除", _at(gone["bytes_gone_at"])]]
    return [*rows, ["不得删除的原因", "；".join(kept["kept_because"]) or "无，已到期"]]


def _holds(content: Mapping[str, Any]) -> Rows:
    rows = [
        [each["matter"], each["reason"], f"{_at(each['placed_at'])} {each['placed_by']}",
         f"{_at(each['closed_at'])} {each['closed_by']}：{each['closing_note']}" if each["closed_at"] else "未办结"]
        for each in content["holds"]
    ]  # fmt: skip
    return rows, ("事项", "理由", "保全时间和经办", "办结"), (22, 26, 26, 26)


def _downgrades(content: Mapping[str, Any]) -> Rows:
    rows = [
        [each["reason"], f"{_at(each['asked_at'])} {each['asked_by']}", _granted(each["granted"]),
         f"{_at(each['decided_at'])} {each['decided_by']} {each['note']}" if each["decided_at"] else "—"]
        for each in content["downgrades"]
    ]  # fmt: skip
    return rows, ("理由", "申请时间和申请人", "结果", "审批时间、审批人和意见"), (32, 27, 10, 31)


def _damages(content: Mapping[str, Any]) -> Rows:
    rows = [
        [_at(each["found_at"]), each["where"], each["what"], _at(each["repaired_at"]), each["repaired_from"]]
        for each in content["damages"]
    ]  # fmt: skip
    return rows, ("发现时间", "哪一份", "情况", "修复时间", "修复来源"), (24, 10, 30, 24, 12)


def _clips(content: Mapping[str, Any]) -> Rows:
    rows = [
        [each["number"], f"{each['kind']}，{each['state']}" + (f"，{_at(each['made_at'])}" if each["made_at"] else ""),
         f"{duration(each['start_ms'])} 至 {duration(each['end_ms'])}" if each["end_ms"] else "全长",
         f"{each['asked_by']}，{_at(each['asked_at'])} {each['reason']}", each["sha256"]]
        for each in content["clips"]
    ]  # fmt: skip
    return rows, ("编号", "种类和状态", "起止", "提出人、时间和理由", "SHA-256"), (12, 20, 12, 26, 30)


def _releases(content: Mapping[str, Any]) -> Rows:
    rows = [
        [f"{each['number']} {each['clip'] or '原件'}", f"{each['recipient']}：{each['purpose']} {each['matter']}",
         f"{_at(each['asked_at'])} {each['asked_by']}",
         f"{_granted(each['granted'])}，{_at(each['decided_at'])} {each['decided_by']} {each['note']}" if each["decided_at"] else "待审批",
         "；".join(f"{_at(use['at'])} {use['by']}" for use in each["downloads"])]
        for each in content["releases"]
    ]  # fmt: skip
    return rows, ("编号", "接收人和用途", "申请", "审批", "下载"), (17, 23, 20, 20, 20)


def _expiry(content: Mapping[str, Any]) -> Rows:
    rows = [
        [each["list"], f"{each['reviewed_by']}，{_at(each['reviewed_at'])}",
         f"{each['approved_by']}，{_at(each['approved_at'])}" if each["approved_at"] else "—",
         each["state"], f"{each['outcome']} {each['reason']}"]
        for each in content["expiry"]
    ]  # fmt: skip
    return rows, ("清单", "审查", "批准", "状态", "结果"), (22, 22, 22, 14, 20)


def _steps(content: Mapping[str, Any]) -> Rows:
    rows = [[_at(each["at"]), each["title"], each["by"], each["note"]] for each in content["steps"]]
    return rows, ("时间", "事项", "经办", "说明"), (22, 18, 18, 42)


def _viewings(content: Mapping[str, Any]) -> Rows:
    rows = [[_at(each["at"]), each["by"], each["reason"], each["matter"]] for each in content["viewings"]]
    return rows, ("时间", "调阅人", "理由", "事项编号"), (22, 18, 42, 18)


def heading_of(report: Report) -> list[str]:
    made = report.content["report"]
    return [f"编号：{report.number}", f"{_at(made['made_at'])} 由{plain(made['made_by'])}出具；所有时间为北京时间（UTC+08:00）"]


def how_to_check(report: Report) -> list[str]:
    return [
        f"以同编号的 {report.stem}.json 为准，本文件供阅读。",
        "签名（Ed25519）按该文件中 content 的规范 JSON（键按序、无空格、UTF-8）计算。公钥请向出具单位核实。",
        f"核对：python verify_custody.py {report.stem}.json 影像文件 --key 公钥",
    ]


def is_digest(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{64,128}", text) is not None
