"""Pure: what a name sorts by, what makes a password acceptable, how a staff list reads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.rulekit import pinyin
from chengxin.rulekit.sheets import CellError, Check, date, read_sheet, text

KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
LEAST_KINDS = 3
FAILURES_BEFORE_LOCK = 5
LOCK_MINUTES = 15


def name_key(name: str) -> str:
    """The pinyin of a name with tones, by which lists are ordered ("zhang1 san1")."""
    return " ".join(pinyin.toned(name))


def initials(name: str) -> str:
    """First letters of the pinyin, for search ("zs")."""
    return "".join(part[:1] for part in pinyin.syllables(name)).lower()


def password_kinds(password: str) -> int:
    """How many of the four kinds of characters a password has (lower, upper, digit, other)."""
    return sum(bool(re.search(kind, password)) for kind in KINDS)


# --- the staff list ---

COLUMNS = ("工号", "姓名", "性别", "人员类别", "单位", "胸号", "职务", "入职日期")
SEXES = {"男": "male", "女": "female"}
CLASSES = {"在编": "established", "协管": "auxiliary", "其他": "other"}


@dataclass(frozen=True)
class StaffRow:
    """One person of a staff list, understood."""

    row: int
    number: str
    name: str
    sex: str
    person_class: str
    unit: str
    badge_number: str
    post_title: str
    joined_on: dt.date


def read_staff_list(table: Sequence[Sequence[Any]], unit_names: Collection[str]) -> tuple[list[StaffRow], list[CellError]]:
    """A sheet with our heading as persons, or everything that is wrong with it, cell by cell."""
    return read_sheet(
        table, COLUMNS, lambda given: _checks(given, unit_names), _staff_row,
        unique={"工号": lambda row: row.number, "胸号": lambda row: row.badge_number}, what="人员",
    )  # fmt: skip


def _checks(given: Mapping[str, Any], unit_names: Collection[str]) -> Iterable[Check]:
    of = {name: text(value) for name, value in given.items()}
    return (
        ("工号", re.fullmatch(r"[A-Za-z0-9-]{1,20}", of["工号"]), "请填写工号（字母、数字，至多 20 位）。"),
        ("姓名", 0 < len(of["姓名"]) <= 40, "请填写姓名（至多 40 字）。"),
        ("性别", of["性别"] in SEXES, f"“{of['性别']}”应为男或女。"),
        ("人员类别", of["人员类别"] in CLASSES, f"“{of['人员类别']}”应为在编、协管或其他。"),
        ("单位", of["单位"] in unit_names, f"没有名为“{of['单位']}”的单位，请核对或先由系统管理员新增。"),
        ("胸号", len(of["胸号"]) <= 20, "胸号至多 20 位。"),
        ("胸号", not (of["人员类别"] == "其他" and of["胸号"]), "其他人员不佩戴标识，请清空胸号（2.1.1）。"),
        ("职务", len(of["职务"]) <= 40, "职务至多 40 字。"),
        ("入职日期", date(given["入职日期"]) is not None, f"“{of['入职日期']}”应写成 2026-09-30 这样的日期。"),
    )


def _staff_row(row: int, given: Mapping[str, Any]) -> StaffRow:
    of = {name: text(value) for name, value in given.items()}
    joined_on = date(given["入职日期"])
    assert joined_on is not None, "checked cell by cell before"
    return StaffRow(row, of["工号"], of["姓名"], SEXES[of["性别"]], CLASSES[of["人员类别"]], of["单位"], of["胸号"], of["职务"], joined_on)
