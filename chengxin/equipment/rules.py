"""Pure: what may be done with an item in which standing, what a label says, whether an item is ready."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from chengxin.rulekit.sheets import CellError, Check, date, read_sheet, text

# --- service and place: the one transition table (2.2.2, 2.2.4) ---

READY, FAULTY, IN_REPAIR, LOST, RETIRED = "ready", "faulty", "in_repair", "lost", "retired"
SERVICE = {READY: "可用", FAULTY: "故障停用", IN_REPAIR: "维修中", LOST: "遗失", RETIRED: "已报废"}
SERVICE_TONES = {READY: "ok", FAULTY: "bad", IN_REPAIR: "warn", LOST: "bad", RETIRED: "muted"}
STORE, OUT, RETURNED = "store", "out", "returned"
PLACES = {STORE: "在库", OUT: "领用中", RETURNED: "待验收"}

ISSUE, LEND, RETURN, COUNTERSIGN = "issue", "lend", "return", "countersign"
REPORT_FAULT, SEND, ACCEPT, LOSE, FIND, RETIRE, ALLOCATE = "report_fault", "send", "accept", "lose", "find", "retire", "allocate"
ACTIONS = {
    ISSUE: "领用", LEND: "借用", RETURN: "归还", COUNTERSIGN: "验收归还", REPORT_FAULT: "报告故障", SEND: "送修", ACCEPT: "恢复使用",
    LOSE: "登记遗失", FIND: "登记找回", RETIRE: "报废", ALLOCATE: "调配",
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """In what state an item is and where: in the store, with somebody, or returned and not yet countersigned."""

    service: str
    place: str


@dataclass(frozen=True)
class Transition:
    """From which states and places an action leads where; None keeps what was."""

    services: frozenset[str]
    places: frozenset[str]
    service: str | None = None
    place: str | None = None


ANYWHERE = frozenset(PLACES)
IN_USE = frozenset({READY, FAULTY, IN_REPAIR})
TRANSITIONS: Mapping[str, Transition] = {
    ISSUE: Transition(frozenset({READY}), frozenset({STORE}), place=OUT),
    LEND: Transition(frozenset({READY}), frozenset({STORE}), place=OUT),
    RETURN: Transition(frozenset(SERVICE), frozenset({OUT}), place=RETURNED),
    COUNTERSIGN: Transition(frozenset(SERVICE), frozenset({RETURNED}), place=STORE),
    REPORT_FAULT: Transition(frozenset({READY}), ANYWHERE, service=FAULTY),
    SEND: Transition(frozenset({FAULTY}), frozenset({STORE}), service=IN_REPAIR),
    ACCEPT: Transition(frozenset({FAULTY, IN_REPAIR}), frozenset({STORE}), service=READY),
    LOSE: Transition(IN_USE, ANYWHERE, service=LOST),
    FIND: Transition(frozenset({LOST}), ANYWHERE, service=FAULTY),
    RETIRE: Transition(IN_USE | {LOST}, frozenset({STORE}), service=RETIRED),
    ALLOCATE: Transition(IN_USE, frozenset({STORE})),
}


class NotPossible(ValueError):
    """The action does not lead anywhere from where the item stands; the message says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@cache  # asked for every item of every gesture
def after(standing: Standing, action: str) -> Standing:
    """Where an action leads. Raises NotPossible; there is no other way from one standing to the next."""
    transition = TRANSITIONS[action]
    if standing.service not in transition.services:
        raise NotPossible(*_why_not_in_service(standing.service, action))
    if standing.place not in transition.places:
        raise NotPossible(*_why_not_there(standing.place, action))
    return replace(standing, service=transition.service or standing.service, place=transition.place or standing.place)


def _why_not_in_service(service: str, action: str) -> tuple[str, str]:
    remedy = {
        READY: "装备可用，不需要这一步。", FAULTY: "装备有故障，已停用，须维修并验收后才能再用。",
        IN_REPAIR: "装备在维修，验收后才能再用。", LOST: "装备已登记遗失；如已找回，请先登记找回。", RETIRED: "装备已报废，不能再用。",
    }[service]  # fmt: skip
    return service, f"不能{ACTIONS[action]}：{remedy}"


def _why_not_there(place: str, action: str) -> tuple[str, str]:
    remedy = {
        STORE: "装备在库，没有领用记录。", OUT: "装备在领用中，须先归还。", RETURNED: "上一次归还还没有验收，请装备管理员先验收。",
    }[place]  # fmt: skip
    return {STORE: "not_out", OUT: "already_out", RETURNED: "not_countersigned"}[place], f"不能{ACTIONS[action]}：{remedy}"


# --- readiness (2.2.2, 2.2.3) ---


def why_not_ready(checks: Sequence[Mapping[str, Any]], readings: Mapping[str, Any]) -> list[str]:
    """What of the short check is missing or not as the rule wants it; empty when the item is ready.

    A check with ``least`` or ``most`` wants a number (or a plain yes where nobody could read one), any other a yes.
    """
    reasons = []
    for check in checks:
        reading, unit = readings.get(check["code"]), check.get("unit", "")
        if reading is None:
            reasons.append(f"没有检查{check['title']}")
        elif reading is True:
            continue
        elif reading is False or not isinstance(reading, int | float):
            reasons.append(f"{check['title']}不合格")
        elif "least" in check and reading < check["least"]:
            reasons.append(f"{check['title']} {reading}{unit}，低于 {check['least']}{unit}")
        elif "most" in check and abs(reading) > check["most"]:
            reasons.append(f"{check['title']} {reading}{unit}，超过 {check['most']}{unit}")
    return reasons


def asked_after(checks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the short check after duty asks: a charge used up on duty is no fault, a function that is gone is one."""
    return [check for check in checks if "least" not in check and "most" not in check]


def failed_after(checks: Iterable[Mapping[str, Any]], readings: Mapping[str, Any]) -> list[str]:
    """The titles of what failed the short check after duty; a reading nobody took has not failed."""
    return [check["title"] for check in asked_after(checks) if readings.get(check["code"]) is False]


def told(checks: Iterable[Mapping[str, Any]], readings: Mapping[str, Any]) -> str:
    """What a short check found, in words: "电量 95%、功能合格"."""

    def one(check: Mapping[str, Any]) -> str:
        reading = readings[check["code"]]
        if isinstance(reading, bool):
            return f"{check['title']}{'合格' if reading else '不合格'}"
        return f"{check['title']} {reading:g}{check.get('unit', '')}"

    return "、".join(one(check) for check in checks if check["code"] in readings)


def by_code(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Entries of a rule by their code, in the rule's order."""
    return {entry["code"]: dict(entry) for entry in entries}


# --- time ---

DUE, SOON, LATE = "due", "soon", "late"
URGENCY = {DUE: "未到期", SOON: "即将到期", LATE: "逾期"}


def urgency(due_at: dt.datetime, now: dt.datetime, soon_minutes: int) -> str:
    """Due-soon and overdue differ: at the very moment of the term an item is not late yet."""
    if now > due_at:
        return LATE
    return SOON if due_at - now <= dt.timedelta(minutes=soon_minutes) else DUE


def audience(late: dt.timedelta, escalation: Mapping[str, int]) -> set[str]:
    """Whom an overdue item reaches after how long: role to hours of lateness."""
    return {role for role, hours in escalation.items() if late >= dt.timedelta(hours=hours)}


def wears_out_on(purchased_on: dt.date, years: int) -> dt.date:
    """The day the wear-life ends; 29 February becomes the 28th."""
    try:
        return purchased_on.replace(year=purchased_on.year + years)
    except ValueError:
        return purchased_on.replace(year=purchased_on.year + years, day=28)


# --- labels ---

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ITEM, CARD = "E", "B"
NUMBER = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")


def check_character(number: str) -> str:
    """ISO 7064 MOD 37,36 over the letters and digits: any one wrong character and any two swapped neighbours are noticed."""
    product = 36
    for character in number:
        if character in ALPHABET:
            product = (product + ALPHABET.index(character)) % 36 or 36
            product = product * 2 % 37
    return ALPHABET[(37 - product) % 36]


def label_of(number: str, kind: str = ITEM) -> str:
    """What a label's code says: "E:JL-0001:7" for an item, "B:…" for a person's card."""
    return f"{kind}:{number}:{check_character(number)}"


def number_in(scanned: str, kind: str = ITEM) -> str | None:
    """The number a scanned code stands for; None unless it matches exactly, check character included."""
    parts = scanned.strip().split(":")
    if len(parts) != 3 or parts[0] != kind or not NUMBER.fullmatch(parts[1]) or check_character(parts[1]) != parts[2]:
        return None
    return parts[1]


# --- the register's sheet ---

COLUMNS = ("装备编号", "种类", "型号", "序列号", "单位", "购置日期", "单价（元）", "存放位置")


@dataclass(frozen=True)
class ItemRow:
    """One item of a sheet, understood. The price is in fen."""

    row: int
    asset_number: str
    kind: str
    model_name: str
    serial: str
    unit: str
    purchased_on: dt.date
    price: int
    place: str


def price_in_fen(cell: Any) -> int | None:
    """ "1280.50" or 1280.5 as 128050; None for what is no amount."""
    match = re.fullmatch(r"(\d{1,8})(?:\.(\d{1,2}))?", str(cell).strip().replace(",", ""))
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else None


def read_items(
    table: Sequence[Sequence[Any]], kinds: Mapping[str, str], unit_names: Collection[str], today: dt.date
) -> tuple[list[ItemRow], list[CellError]]:
    """A sheet with our heading as items, or everything that is wrong with it. ``kinds`` maps titles to codes."""

    def checks(given: Mapping[str, Any]) -> Iterable[Check]:
        of = {name: text(value) for name, value in given.items()}
        day = date(given["购置日期"])
        return (
            ("装备编号", NUMBER.fullmatch(of["装备编号"]) and 3 <= len(of["装备编号"]) <= 24, "编号用大写字母、数字和短横线，3 到 24 位。"),
            ("种类", of["种类"] in kinds, f"“{of['种类']}”应为{'、'.join(kinds)}之一。"),
            ("型号", 0 < len(of["型号"]) <= 60, "请填写型号（至多 60 字）。"),
            ("序列号", len(of["序列号"]) <= 60, "序列号至多 60 位。"),
            ("单位", of["单位"] in unit_names, f"没有名为“{of['单位']}”的单位，请核对。"),
            ("购置日期", day is not None, f"“{of['购置日期']}”应写成 2026-09-30 这样的日期。"),
            ("购置日期", day is None or day <= today, "购置日期不能晚于今天。"),
            ("单价（元）", price_in_fen(given["单价（元）"]) is not None, f"“{of['单价（元）']}”应为金额，如 1280.50。"),
            ("存放位置", len(of["存放位置"]) <= 60, "存放位置至多 60 字。"),
        )

    def build(row: int, given: Mapping[str, Any]) -> ItemRow:
        of = {name: text(value) for name, value in given.items()}
        day, price = date(given["购置日期"]), price_in_fen(given["单价（元）"])
        assert day is not None, "checked cell by cell before"
        assert price is not None, "checked cell by cell before"
        return ItemRow(row, of["装备编号"], kinds[of["种类"]], of["型号"], of["序列号"], of["单位"], day, price, of["存放位置"])

    unique = {"装备编号": lambda row: row.asset_number, "序列号": lambda row: f"{row.kind} {row.serial}" if row.serial else ""}
    return read_sheet(table, COLUMNS, checks, build, unique=unique, what="装备")


# --- counts (清点) ---

FOUND, MISSING, MISPLACED, UNKNOWN, OUT_BUT_HERE = "found", "missing", "misplaced", "unknown", "out_but_here"
DIFFERENCES = {MISSING: "缺失", MISPLACED: "不属于此处", UNKNOWN: "未登记", OUT_BUT_HERE: "登记领用中却在库"}


@dataclass(frozen=True)
class Tally:
    """How a count stands: codes by what became of them, and which were scanned more than once."""

    found: tuple[str, ...]
    missing: tuple[str, ...]
    misplaced: tuple[str, ...]
    out_but_here: tuple[str, ...]
    unknown: tuple[str, ...]
    twice: tuple[str, ...]

    def differences(self) -> list[tuple[str, str]]:
        kinds = ((MISSING, self.missing), (MISPLACED, self.misplaced), (OUT_BUT_HERE, self.out_but_here), (UNKNOWN, self.unknown))
        return [(kind, code) for kind, codes in kinds for code in codes]


def tally(expected: Collection[str], scanned: Sequence[str], known: Collection[str], out: Collection[str]) -> Tally:
    """What was scanned against what should be here. ``known`` are registered numbers, ``out`` those lent out by the book."""
    seen: dict[str, int] = {}
    for code in scanned:
        seen[code] = seen.get(code, 0) + 1
    strangers = [code for code in seen if code not in expected]
    return Tally(
        found=tuple(sorted(code for code in expected if code in seen)),
        missing=tuple(sorted(code for code in expected if code not in seen)),
        misplaced=tuple(sorted(code for code in strangers if code in known and code not in out)),
        out_but_here=tuple(sorted(code for code in strangers if code in out)),
        unknown=tuple(sorted(code for code in strangers if code not in known)),
        twice=tuple(sorted(code for code, times in seen.items() if times > 1)),
    )


# --- uniform stock ---


@dataclass(frozen=True)
class Entitlement:
    """So many pieces of a style every so many years, for one person, from the day of the last issue."""

    style: str
    title: str
    quantity: int
    years: int


def entitlements(table: Iterable[Mapping[str, Any]], person_class: str, sex: str) -> list[Entitlement]:
    """What the table gives to a class and sex."""
    return [
        Entitlement(row["style"], row["title"], row["quantity"], row["years"])
        for row in table
        if person_class in row["classes"] and row.get("sex", "any") in {"any", sex}
    ]


def open_quantity(entitled: Entitlement, issued: Iterable[tuple[dt.date, int]], day: dt.date) -> int:
    """How many pieces are due on a day: the quantity less what was issued and has not worn out by then."""
    in_wear = sum(quantity for on, quantity in issued if on <= day < wears_out_on(on, entitled.years))
    return max(0, entitled.quantity - in_wear)
