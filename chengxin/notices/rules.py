"""What is told to whom and when, and what an answer of a robot's service means. No clock, no database."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from chengxin.core.waiting import Waiting

DIGEST, URGENT, TEST, CODE = "digest", "urgent", "test", "code"
KINDS = {DIGEST: "每日汇总", URGENT: "到期提醒", TEST: "试发", CODE: "邮箱验证码"}
EMAIL, WECOM, DINGTALK = "email", "wecom", "dingtalk"
CHANNELS = {EMAIL: "电子邮件", WECOM: "企业微信群机器人", DINGTALK: "钉钉群机器人"}
ROBOTS = {code: CHANNELS[code] for code in (WECOM, DINGTALK)}

WAITING, SENT, FAILED, DROPPED = "waiting", "sent", "failed", "dropped"
STATES = {WAITING: "待发送", SENT: "已送达", FAILED: "未送达", DROPPED: "不再需要"}
RUNNING, UNKNOWN, RETRY = "running", "unknown", "retry"
OUTCOMES = {RUNNING: "发送中", SENT: "已送达", RETRY: "失败，将重发", FAILED: "失败", DROPPED: "不再需要", UNKNOWN: "中断，不知是否送达"}

# how urgent an item was when it was told; it is told again only when it has become more urgent
NEW, DUE_TODAY, LATE = 0, 1, 2


@dataclass(frozen=True)
class Item:
    """One matter of the work queue as it is told: its key, its chapter, how many stand for it, how urgent it is."""

    key: str
    chapter: str
    count: int
    stage: int
    due_on: dt.date | None


@dataclass(frozen=True)
class Told:
    """What was last said of a matter."""

    stage: int
    count: int
    due_on: dt.date | None


def key_of(waiting: Waiting) -> str:
    """The same for the same matter, whatever its title says; nothing of the title can be read from it."""
    return hashlib.sha256(f"{waiting.kind}\n{waiting.url}".encode()).hexdigest()[:32]


def stage_of(waiting: Waiting, day: dt.date) -> int:
    if waiting.due_on is None or waiting.due_on > day:
        return NEW
    return DUE_TODAY if waiting.due_on == day else LATE


def items_of(queue: Iterable[Waiting], day: dt.date) -> dict[str, Item]:
    """The queue by key. Matters behind one address and kind are one item with their counts added and the earliest term."""
    found: dict[str, Item] = {}
    for each in queue:
        item = Item(key_of(each), each.chapter, each.count, stage_of(each, day), each.due_on)
        before = found.get(item.key)
        if before is not None:
            dues = [due for due in (before.due_on, item.due_on) if due is not None]
            item = Item(
                item.key, item.chapter, before.count + item.count, max(before.stage, item.stage), min(dues) if dues else None
            )  # fmt: skip
        found[item.key] = item
    return found


def worth_telling(item: Item, told: Told | None) -> bool:
    """Whether something is new about a matter: it is unknown, grew, or became due or late within the same term."""
    if told is None or item.count > told.count:
        return True
    return item.stage > (told.stage if item.due_on == told.due_on else NEW)


def bring_down(item: Item, told: Told | None) -> bool:
    """Whether the note of what was told has to follow the queue: fewer than before, or another term."""
    return told is not None and (item.count < told.count or item.due_on != told.due_on)


def summary(items: Iterable[Item], day: dt.date) -> str:
    """Counts per chapter: all that leaves the house. ``items`` as they stand at the moment of sending."""
    counts: dict[str, int] = {}
    late = today = 0
    for item in items:
        counts[item.chapter] = counts.get(item.chapter, 0) + item.count
        late += item.count if item.due_on is not None and item.due_on < day else 0
        today += item.count if item.due_on == day else 0
    terms = [f"逾期 {late} 件"] if late else []
    terms += [f"今天到期 {today} 件"] if today else []
    head = f"共 {sum(counts.values())} 件" + (f"，其中{'、'.join(terms)}" if terms else "")
    return "\n".join([head, *(f"{chapter} {count} 件" for chapter, count in sorted(counts.items()))])


def united(queues: Iterable[Iterable[Waiting]], day: dt.date) -> list[Item]:
    """The matters of several people, each once: what two can move on is one matter, and the larger count holds."""
    matters: dict[tuple[str, str, str], Waiting] = {}
    for queue in queues:
        for each in queue:
            name = (each.kind, each.url, "" if each.count > 1 else each.title)
            if name not in matters or matters[name].count < each.count:
                matters[name] = each
    return [Item(key_of(each), each.chapter, each.count, stage_of(each, day), each.due_on) for each in matters.values()]


@dataclass(frozen=True)
class Day:
    """What decides whether somebody is at work on a day."""

    is_workday: bool
    on_leave: bool
    has_shift: bool
    is_rostered: bool  # some shift stands within a week: then the roster says who works, not the calendar


def at_work(day: Day) -> bool:
    if day.on_leave:
        return False
    return day.has_shift or (day.is_workday and not day.is_rostered)


def is_quiet(hour: int, window: Sequence[int]) -> bool:
    """Whether an hour lies outside the window [from, until)."""
    return not window[0] <= hour < window[1]


def narrowed(civil: Sequence[int], start: int | None, end: int | None) -> tuple[int, int]:
    """A person's own window within the bureau's."""
    return max(civil[0], start if start is not None else civil[0]), min(civil[1], end if end is not None else civil[1])


# --- addresses and answers of robots ---

PATHS = {WECOM: ("/cgi-bin/webhook/send", "key"), DINGTALK: ("/robot/send", "access_token")}


def fault_of_address(kind: str, address: str, allowed: Iterable[str]) -> str:
    """Why an address cannot be a robot's ('' when it can): the origin has to be on the operator's list, the path the service's own."""
    if any(ord(sign) <= 32 or ord(sign) > 126 for sign in address):
        return "地址里有空格或其他不能用的字符，请从群机器人设置里整段复制。"
    try:
        parts = urlsplit(address)
        origin = origin_of(address)
    except ValueError:
        return "这不是一个网址，请从群机器人设置里整段复制。"
    if parts.username or parts.password or origin not in {each.rstrip("/").lower() for each in allowed}:
        return "这个地址不在允许的主机之内。允许的主机由运维人员用 CHENGXIN_ROBOT_HOSTS 设置。"
    path, parameter = PATHS[kind]
    if parts.path != path or parts.fragment or not all(parse_qs(parts.query).get(parameter, [""])):
        return f"{ROBOTS[kind]}的地址应以 {path}?{parameter}= 开头，请核对类型和地址。"
    return ""


def origin_of(address: str) -> str:
    """https://host[:port], lower case. Raises ValueError for what is no address."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port is not None else ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(address)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}".lower()


def signed(address: str, secret: str, moment: dt.datetime) -> str:
    """钉钉 加签: HMAC-SHA256 over the milliseconds and the secret, with the secret as key."""
    stamp = str(int(moment.timestamp() * 1000))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return f"{address}&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"


@dataclass(frozen=True)
class Answer:
    """How a try went: ``again`` whether another try may help."""

    ok: bool
    error: str = ""
    again: bool = False


# what the two services mean by a code, where another try helps or where the cause can be named
TOO_MANY, REMOVED = "超过每分钟 20 条的限制", "地址无效，机器人可能已被移出群"
TEMPORARY = {-1: "服务繁忙", 45009: TOO_MANY, 45033: "并发过多", 130101: TOO_MANY, 410100: TOO_MANY}
LASTING = {
    93000: REMOVED, 300001: REMOVED, 300005: REMOVED, 400101: REMOVED, 400102: "机器人已停用", 400013: "群已解散",
    40058: "消息格式不被接受",
    310000: "安全设置不符：请核对加签密钥、关键词或 IP 白名单",
}  # fmt: skip


def understood(status: int, body: bytes) -> Answer:
    """The answer of a robot's service: 200 alone is not success, the errcode inside has to be 0."""
    if 300 <= status < 400:
        return Answer(ok=False, error=f"对方要求转到别的地址（{status}），按规定不跟随。")
    if status != 200:
        return Answer(ok=False, error=f"对方返回 {status}。", again=status >= 500 or status in {408, 429})
    try:
        told = json.loads(body)
        code = int(told["errcode"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Answer(ok=False, error="对方的回答看不懂（没有 errcode）。", again=True)
    if code == 0:
        return Answer(ok=True)
    known = TEMPORARY.get(code) or LASTING.get(code) or str(told.get("errmsg", ""))[:80].split(",")[0]
    return Answer(ok=False, error=f"对方拒收，errcode {code}：{known}。", again=code in TEMPORARY)


def next_try(tried: int, retry_minutes: Sequence[int]) -> dt.timedelta | None:
    """How long to wait after a number of failed tries; None when it was the last."""
    return dt.timedelta(minutes=retry_minutes[tried - 1]) if tried <= len(retry_minutes) else None


def policy_fault(values: Mapping[str, Any], hour: int) -> str:
    """Why an hour cannot be chosen for the digest ('' when it can)."""
    first, last = values["digest_hours"]
    return "" if first <= hour <= last else f"汇总时间应在 {first} 点到 {last} 点之间。"
