"""Why a gesture at the counter is refused, each reason with what to do about it (2.2.2).

``refuse_…`` raises for the whole gesture; ``why_…`` gives the code and the reason for one item, or None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotAllowed
from chengxin.duty import selectors as duty
from chengxin.equipment import rules
from chengxin.equipment.models import Custody
from chengxin.equipment.services.gestures import MOST_ITEMS, Asked, Holder
from chengxin.equipment.services.locks import Locked
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

UNKNOWN = ("unknown_item", "没有这件装备，请核对标签；未登记的装备请找财务人事科登记。")


def refuse_loan(lender: int | None, holder: Holder, reason: str, due_at: dt.datetime, now: dt.datetime, policy: Any) -> None:
    if lender is None:
        raise NotAllowed("no_keeper", "临时借用须经装备管理员办理。")
    if lender == holder.pk:
        raise NotAllowed("own_loan", "不能给自己办理借用，请由其他装备管理员或中队长办理。")
    if not reason.strip():
        raise DomainError("no_reason", "请填写借用理由。", field="reason")
    if due_at <= now:
        raise DomainError("due_in_the_past", "应还时间已经过去，请填写将来的时间。", field="due_at")
    if due_at > now + dt.timedelta(days=policy["loan_days"]):
        raise DomainError("too_long", f"临时借用最长 {policy['loan_days']} 天，请改早应还时间。", field="due_at")


def refuse_size(items: Sequence[Asked]) -> None:
    if not items:
        raise DomainError("nothing", "请先扫描装备。", field="items")
    if len(items) > MOST_ITEMS:
        raise DomainError("too_many", f"一次最多 {MOST_ITEMS} 件，请分次办理。", field="items")


def refuse_holder(holder: Holder, roster: duty.Terms, standing: people.Standing) -> None:
    """Raises DomainError for who may take nothing today."""
    if holder.left_on is not None or standing.unit_id is None:
        raise DomainError("left", f"{holder.name} 已离队或没有任职单位，不能领用装备。", field="holder")
    if standing.status == "suspended":
        raise DomainError("suspended", f"{holder.name} 正被停职，不能领用装备。", field="holder")
    if standing.status == "on_leave" or roster.is_on_leave:
        raise DomainError("on_leave", f"{holder.name} 今天请假，不能领用装备。", field="holder")
    if holder.person_class == "other":
        raise DomainError("not_enforcing", f"{holder.name} 不是执法或协管人员，不能领用执勤装备。", field="holder")


def why_unknown(actor: Actor, item: Locked | None) -> tuple[str, str] | None:
    """An item outside the counter's reach is as unknown as one that does not exist, but for the remedy."""
    if item is None:
        return UNKNOWN
    if not (actor.may("equipment.kiosk", item.unit) or actor.may("equipment.keep", item.unit)):
        return "other_unit", "这是其他单位的装备，请送回所属单位的装备室办理。"
    return None


def why_standing(item: Locked | None, action: str) -> tuple[str, str] | None:
    if item is None:
        return UNKNOWN
    try:
        rules.after(item.standing, action)
    except rules.NotPossible as error:
        who = ""
        if item.place == rules.OUT and error.code == "already_out" and item.taken_at is not None:
            who = f"现由{item.holder_name}领用，自 {item.taken_at.astimezone(clock.SHANGHAI):%m-%d %H:%M} 起。"
        return error.code, f"{error}{who}"
    return None


def why_unit(item: Locked | None, above: Sequence[int], action: str) -> tuple[str, str] | None:
    """For duty: equipment of the own unit or of one above it. A loan may cross units, by the item's own keeper."""
    if item is not None and action == rules.ISSUE and item.unit not in above:
        return "other_unit", "这是其他单位的装备，执勤只能领用本单位的；确需使用请办理临时借用。"
    return None


def why_held(item: Locked | None, holds: Mapping[int, str]) -> tuple[str, str] | None:
    return ("held", holds[item.id]) if item is not None and item.id in holds else None


def why_unready(item: Locked | None, asked: Asked, kinds: Mapping[str, Any]) -> tuple[str, str] | None:
    checks = kinds.get(item.kind, {}).get("checks", []) if item is not None else []
    reasons = rules.why_not_ready(checks, asked.readings)
    return ("not_ready", f"领用前检查没有通过：{'；'.join(reasons)}。") if reasons else None


def why_condition(item: Locked | None, asked: Asked) -> tuple[str, str] | None:
    """The short check after duty: what failed it does not come back as good (2.2.4)."""
    if asked.condition not in dict(Custody.CONDITIONS):
        return "bad_condition", "归还状况应为完好、故障或损坏、遗失之一。"
    if asked.condition != Custody.GOOD and not asked.note.strip():
        return "no_note", "请写明故障、损坏或遗失的情况。"
    if asked.condition == Custody.GOOD and item is not None and False in asked.readings.values():
        checks = (
            rules.by_code(rulebook.rule_values("equipment.kinds", clock.today(), simulate=True)["kinds"])
            .get(item.kind, {})
            .get("checks", [])
        )
        failed = rules.failed_after(checks, asked.readings)
        if failed:
            return "check_failed", f"归还检查不合格：{'、'.join(failed)}。请把状况改为“故障或损坏”并写明情况。"
    return None
