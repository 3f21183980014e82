"""Pure: states and steps of a complaint, its two clocks, receipt codes, what may be typed (3.2)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.rulekit.sheets import CellError, Check, read_sheet
from chengxin.rulekit.sheets import text as sheet_text

# --- states and steps ---

RECEIVED, HANDLING, CLOSED, MERGED, ROUTED = "received", "handling", "closed", "merged", "routed"
STATES = {RECEIVED: "待分办", HANDLING: "办理中", CLOSED: "已办结", MERGED: "已并入", ROUTED: "已移送"}
OPEN_STATES = (RECEIVED, HANDLING)

ASSIGN, CLOSE, MERGE, ROUTE, REOPEN = "assign", "close", "merge", "route", "reopen"
ACTIONS = {ASSIGN: "分办", CLOSE: "办结", MERGE: "并入", ROUTE: "移送", REOPEN: "重新办理"}
AFTER: Mapping[tuple[str, str], str] = {
    (RECEIVED, ASSIGN): HANDLING, (HANDLING, ASSIGN): HANDLING, (RECEIVED, CLOSE): CLOSED, (HANDLING, CLOSE): CLOSED,
    (RECEIVED, MERGE): MERGED, (HANDLING, MERGE): MERGED, (RECEIVED, ROUTE): ROUTED, (HANDLING, ROUTE): ROUTED,
    (CLOSED, REOPEN): HANDLING,
}  # fmt: skip


class NotPossible(Exception):
    """The state does not admit the step; the text is for people."""


def after(state: str, action: str) -> str:
    """The state after a step. Raises NotPossible."""
    try:
        return AFTER[state, action]
    except KeyError:
        raise NotPossible(f"这件投诉目前是“{STATES[state]}”，不能{ACTIONS[action]}。请刷新页面核对。") from None


CHANNELS = {"web": "网上", "hotline": "热线", "letter": "来信", "visit": "来访", "12345": "12345", "api": "接口"}
STAFF_CHANNELS = ("hotline", "letter", "visit")
RESULTS = {"resolved": "已解决", "partly": "部分解决", "unfounded": "不属实", "unable": "无法解决", "elsewhere": "不属本局职责"}
VALIDITIES = {"true": "属实", "partly": "部分属实", "untrue": "不属实"}
VALID = ("true", "partly")

# --- clocks ---

RESPONSE, FEEDBACK = "response", "feedback"
CLOCKS = {RESPONSE: "响应", FEEDBACK: "反馈"}
RUNNING, IN_TIME, LATE, OVERDUE = "running", "in_time", "late", "overdue"
VERDICTS = {RUNNING: "进行中", IN_TIME: "按时", LATE: "超时", OVERDUE: "已逾期"}


def verdict(due_at: dt.datetime, met_at: dt.datetime | None, as_of: dt.datetime) -> str:
    """What a clock says at a moment. Nothing but its own facts counts: no job has to have run, no pause excuses."""
    if met_at is not None and met_at <= as_of:
        return IN_TIME if met_at <= due_at else LATE
    return RUNNING if as_of <= due_at else OVERDUE


Span = tuple[dt.datetime, dt.datetime | None]


def pauses_of(log: Iterable[tuple[dt.datetime, str]], cap: dt.timedelta) -> list[Span]:
    """Pauses as the log of "pause" and "resume" tells them, in order of time, each at most as long as the cap.

    A second "pause" within one changes nothing; one without end is open until its cap.
    """
    found: list[Span] = []
    begun: dt.datetime | None = None
    for at, what in sorted(log):
        if begun is not None and at >= begun + cap:
            found.append((begun, begun + cap))
            begun = None
        if what == "pause" and begun is None:
            begun = at
        elif what == "resume" and begun is not None:
            found.append((begun, at))
            begun = None
    if begun is not None:
        found.append((begun, None))
    return found


def paused_hours(spans: Sequence[Span], as_of: dt.datetime, cap: dt.timedelta) -> float:
    """Hours of pause up to a moment; told beside the verdict, never taken off it."""
    total = sum(((min(end or as_of, as_of, start + cap) - start) for start, end in spans if start < as_of), dt.timedelta())
    return total.total_seconds() / 3600


def civil(moment: dt.datetime, opens: int, closes: int) -> dt.datetime:
    """The moment itself within civil hours, else the next opening: nobody is called at night. In the moment's own zone."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    opening, closing = midnight + dt.timedelta(hours=opens), midnight + dt.timedelta(hours=closes)
    if moment < opening:
        return opening
    return moment if moment < closing else opening + dt.timedelta(days=1)


@dataclass(frozen=True)
class Alarms:
    """When a running clock begins to warn its handlers, and when it is brought before the leaders."""

    warns_at: dt.datetime
    escalates_at: dt.datetime


def alarms(due_at: dt.datetime, *, warn_hours: int, escalate_hours: int, opens: int, closes: int) -> Alarms:
    """A warning never comes after the term because of the night: it then comes in the last hour before the night instead."""
    wanted = due_at - dt.timedelta(hours=warn_hours)
    warns_at = civil(wanted, opens, closes)
    if warns_at > wanted and warns_at >= due_at:
        night = dt.timedelta(hours=24 - closes + opens)
        warns_at -= night + dt.timedelta(hours=1)
    return Alarms(warns_at, civil(due_at + dt.timedelta(hours=escalate_hours), opens, closes))


# --- receipt codes ---

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U: read aloud and copied by hand
CODE_LETTERS, GROUP = 16, 4  # 80 bits
LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})


def code_of(secret: bytes) -> str:
    """The receipt code of at least ten secret bytes: XXXX-XXXX-XXXX-XXXX-C. Raises ValueError for fewer."""
    if len(secret) < 10:
        raise ValueError("80 bits are asked for")
    number = int.from_bytes(secret[:10], "big")
    plain = "".join(LETTERS[number >> (5 * place) & 31] for place in reversed(range(CODE_LETTERS)))
    return "-".join([*(plain[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP)), _check(plain)])


def _check(plain: str) -> str:
    """One letter that a wrong letter and two exchanged ones do not survive: a sum over GF(32), each place with another weight."""
    rest = 0
    for letter in plain:
        rest ^= LETTERS.index(letter)
        rest = rest << 1 ^ (0b100101 if rest & 0b10000 else 0)  # times x, modulo x⁵ + x² + 1
    return LETTERS[rest]


def read_code(text: str) -> str | None:
    """A code as it was typed, in its one form; None when letters are missing or wrong, which its check letter tells."""
    typed = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(letter for letter in typed.translate(LOOKALIKES) if letter.isalnum())
    if len(plain) != CODE_LETTERS + 1 or any(letter not in LETTERS for letter in plain) or _check(plain[:-1]) != plain[-1]:
        return None
    return "-".join([*(plain[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP)), plain[-1]])


# --- what may be typed ---

MOST_TEXT = 3000
LEAST_TEXT = 5


# letters and symbols by their tables, blank to the eye: fillers of Hangul, the empty pattern of Braille, a notehead of nothing
BLANKS = dict.fromkeys((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0x1D159), " ")


def clean_text(text: str) -> str:
    """What people see of a text: composed, without control, zero-width and direction characters, blank lines kept to one.

    Nothing is left of one in which there is nothing to see: blanks, or marks without a letter to stand on.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(BLANKS)
    shown = "".join(letter for letter in plain if _is_shown(letter))
    if not any(_stands(letter) for letter in shown):
        return ""
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", shown).split("\n")]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip()


def _is_shown(letter: str) -> bool:
    """What this Python's tables do not know yet may be a new emoji or an ideograph of a name: those planes are kept."""
    category = unicodedata.category(letter)
    if category == "Cn":
        return 0x10000 <= ord(letter) < 0xE0000 and ord(letter) & 0xFFFE != 0xFFFE
    return letter in "\n\t" or category not in {"Cc", "Cf", "Cs", "Co"}


def _stands(letter: str) -> bool:
    """Neither a space nor a mark that is drawn on another letter."""
    category = unicodedata.category(letter)
    return category == "Cn" or category[0] not in "CMZ"


def content_digest(text: str, place: str) -> str:
    """The same words about the same place, whatever the spacing: for noticing repetition, never for refusing."""
    plain = "".join((text + place).split()).casefold()
    return hashlib.sha256(plain.encode()).hexdigest()


# --- orders of a platform ---

MEANINGS = {
    "number": "工单编号", "received": "受理时间", "text": "诉求内容", "place": "事发地址", "name": "来电人", "phone": "联系电话",
}  # fmt: skip
NEEDED = ("number", "received", "text")


@dataclass(frozen=True)
class Order:
    """One row of a platform's sheet; ``received_at`` as the sheet says it, without a zone."""

    row: int
    number: str
    received_at: dt.datetime
    text: str
    place: str
    name: str
    phone: str


def read_orders(table: Sequence[Sequence[Any]], columns: Mapping[str, str]) -> tuple[list[Order], list[CellError]]:
    """The rows of a sheet whose columns are called as ``columns`` says (meaning to heading). A row without receipt time is an error:
    the clocks would have no beginning, and a guess would bend them.
    """
    present = [name for name in (sheet_text(cell) for cell in (table[0] if table else [])) if name]
    used = {meaning: columns[meaning] for meaning in MEANINGS if meaning in NEEDED or columns.get(meaning) in present}

    def checks(given: Mapping[str, Any]) -> Iterable[Check]:
        number, received, text = (used[name] for name in NEEDED)
        words = clean_text(sheet_text(given[text]))
        return (
            (number, bool(sheet_text(given[number])), "请填写工单编号。"),
            (number, len(sheet_text(given[number])) <= 80, "编号过长，请核对是不是这一列。"),
            (
                received,
                sheet_moment(given[received]) is not None,
                f"“{sheet_text(given[received])}”应写成 2026-09-30 17:05 这样的时间；没有收到时间不能起算。",
            ),
            (text, len(words) >= LEAST_TEXT, f"内容至少 {LEAST_TEXT} 个字。"),
            (text, len(words) <= MOST_TEXT, f"内容超过 {MOST_TEXT} 字，请缩短。"),
        )

    def build(row: int, given: Mapping[str, Any]) -> Order:
        cells = {meaning: given.get(heading, "") for meaning, heading in used.items()}
        received = sheet_moment(cells["received"])
        assert received is not None, "checked cell by cell before"
        rest = {name: sheet_text(cells.get(name, "")) for name in ("number", "text", "place", "name", "phone")}
        return Order(row, received_at=received, **rest)

    return read_sheet(table, list(used.values()), checks, build, unique={used["number"]: lambda order: order.number}, what="工单")


def sheet_moment(cell: Any) -> dt.datetime | None:
    """A cell as a moment, however people write it; None when it has no time of day."""
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=None)
    match = MOMENT.fullmatch(sheet_text(cell))
    if match is None:
        return None
    try:
        return dt.datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


MOMENT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?[秒分]?", re.ASCII)
