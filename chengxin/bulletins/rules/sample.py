"""A made-up month that fills every part of a bulletin: templates are tried on it before they are kept, and previewed with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chengxin.bulletins.rules.words import Wording

UNITS = ("示例一中队", "示例二中队", "示例三中队", "示例四中队")


def sample_wording() -> Wording:
    tasks = [{"text": "示例任务：开展标识佩戴专项整改", "unit": UNITS[1], "due_on": "2026-11-20"}]
    return Wording(
        "示例做法：班前点验全覆盖，问题当场整改。", "示例要求：各中队对照清单逐项整改。", tasks, "", dt.date(2026, 11, 5), True, "0" * 16
    )


def sample_snapshot(*, is_empty: bool = False) -> dict[str, Any]:
    """A whole month, or one in which there was nothing."""
    rows = [] if is_empty else [_problem(number) for number in range(1, 13)]
    checked = (0, 0, 0, 0) if is_empty else (40, 40, 32, 8)
    return {
        "format": 1, "month": "2026-10", "label": "2026年10月", "span": "2026年10月1日至10月31日", "bureau": "示例城市管理局",
        "as_of": "2026-11-03T09:00:00+08:00", "as_of_label": "2026年11月3日09时00分", "rules": {}, "minimum": 20,
        "unresolved": rows[:2], "reviews": [] if is_empty else [_review()], "visits": [] if is_empty else _visits(),
        "missed": list(UNITS) if is_empty else [UNITS[3]], "withdrawn": 0 if is_empty else 1,
        "classes": [
            {"class": name, "title": title, "members": 60, "checked": sum(checked) // 2, "flawed": 0 if is_empty else 5}
            for name, title in (("established", "在编"), ("auxiliary", "协管"))
        ],
        "figures": _figures(is_empty), "restated": [], "commendations": [] if is_empty else [_praise()], "problems": rows,
        "rectified": [] if is_empty else [{
            "unit_id": 1, "unit": UNITS[0], "found": 24, "closed": 21, "in_time": 20, "due": 23, "waiting": 2, "overdue": 1,
        }],
        "complaints": _complaints(is_empty), "measures": [] if is_empty else [_measure()],
        "measure_counts": [] if is_empty else [{"kind": "批评教育", "count": 1}],
        "squadrons": [
            {"unit_id": place, "unit": name, "checked": count, "flawed": count // 20, "problems": 3 if count else 0,
             "serious": 1 if count else 0, "overdue": 0}
            for place, (name, count) in enumerate(zip(UNITS, checked, strict=True), start=1)
        ],
        "frequent": [] if is_empty else [{"clause": "2.1.3", "problem": "漏戴标识", "count": 6, "units": 3}],
        "repeated": [] if is_empty else [{"person_id": 1, "person": "示例人员甲", "unit": UNITS[0], "count": 3}],
    }  # fmt: skip


def _problem(number: int) -> dict[str, Any]:
    place = number % 4
    return {
        "finding": number, "number": f"问〔2026〕{number:06d}", "day": f"10月{number}日", "time": f"10月{number}日 09:30",
        "place": "示例路口东侧", "unit_id": place + 1, "unit": UNITS[place], "person_id": None if number == 3 else number,
        "person": "" if number == 3 else "示例人员甲", "post": "" if number == 3 else "在编人员", "problem": "漏戴标识", "clause": "2.1.3",
        "grade": "一般", "is_serious": False, "term": "10月20日前", "state": "复核中" if number == 3 else "已销号", "is_overdue": False,
        "is_closed": number != 3, "rechecker": "示例督察员", "recheck_office": "督察办", "is_masked": number == 3, "is_late": number == 1,
    }  # fmt: skip


def _review() -> dict[str, Any]:
    outcome = {"outcome": "撤销", "is_pending": False}
    return {"finding": 99, "number": "问〔2026〕000099", "unit_id": 2, "unit": UNITS[1], "problem": "插兜", **outcome}


def _visits() -> list[dict[str, Any]]:
    return [{"kind": "日常督查", "mode": "明察", "visits": 9}, {"kind": "日常督查", "mode": "暗访", "visits": 4}]


def _praise() -> dict[str, Any]:
    return {
        "number": "表〔2026〕0003", "unit_id": 3, "unit": UNITS[2], "person_id": 5, "person": "示例人员乙", "kind": "通报表扬",
        "text": "帮助走失老人联系家属",
    }  # fmt: skip


def _measure() -> dict[str, Any]:
    return {
        "number": "措〔2026〕0012", "unit_id": 1, "unit": UNITS[0], "person_id": 1, "person": "示例人员甲", "is_personal": True,
        "post": "在编人员", "kind": "批评教育", "ground": "多次违规", "clause": "3.1", "state": "已决定", "is_masked": False,
    }  # fmt: skip


def _figures(is_empty: bool) -> list[dict[str, Any]]:
    if is_empty:
        return [{"code": "problems", "title": "发现问题（件）", "now": [0, None], "before": [0, None], "year_ago": [0, None]}]
    return [
        {"code": "problems", "title": "发现问题（件）", "now": [12, None], "before": [24, None], "year_ago": [0, None]},
        {"code": "clean", "title": "受检合格率", "now": [115, 120], "before": [100, 110], "year_ago": [3, 4]},
    ]


def _complaints(is_empty: bool) -> dict[str, Any]:
    count = 0 if is_empty else 14
    return {
        "n": count, "closed": count, "reopened": 0, "repeats": 0, "answered": count, "solved": count, "satisfied": count, "least": 10,
        "terms": [{"title": "响应", "in_time": count, "due": count}], "results": [{"title": "已解决", "count": count}],
    }  # fmt: skip
