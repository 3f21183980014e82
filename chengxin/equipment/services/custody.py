"""Check-out, loan, return, countersignature: one gesture over one or many items (2.2.2).

Every path – page, kiosk, locker, API, kit – comes through here. Item rows are locked in the order of their ids before anything
is read or written, so that gestures over the same items wait for each other and never deadlock; a partial unique index and an
exclusion constraint stand behind that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.duty import selectors as duty
from chengxin.equipment import rules
from chengxin.equipment.models import Custody
from chengxin.equipment.services import faults
from chengxin.equipment.services.locks import Locked, lock_items, locked_items, locking
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.database import ask_together, pipelined, prepared

# Reasons of other chapters why an item may not be issued again (footage not accounted for): item ids -> id to reason.
HOLDS: list[Callable[[Sequence[int]], Mapping[int, str]]] = []
MOST_ITEMS = 200


RULES = ("equipment.custody", "equipment.kinds")
EARLIEST = dt.timedelta(days=1)  # how far ahead the roster is looked at; how early one may come is the rule's


class Holder(Protocol):
    """Whoever stands at the counter: a person's row, or what the counter read of it."""

    @property
    def pk(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def person_class(self) -> str: ...
    @property
    def left_on(self) -> dt.date | None: ...


TAKE = """INSERT INTO equipment_custody (item_id, holder_id, unit_id, purpose, shift_id, reason, taken_at, due_at, readings_out, issued_by,
 issued_label, keeper_id, rule_version, returned_label, condition, return_note)
 SELECT item, %s, unit, %s, %s, %s, %s, %s, readings, %s, %s, %s, %s, '', '', ''
 FROM jsonb_to_recordset(%s::jsonb) AS taken (item bigint, unit bigint, readings jsonb)
 ON CONFLICT DO NOTHING RETURNING id, item_id"""
GIVE_BACK = """UPDATE equipment_custody c SET returned_at = greatest(%s, c.taken_at), returned_label = %s, condition = given.condition,
 return_note = given.note, countersigned_at = CASE WHEN c.holder_id = %s THEN NULL ELSE %s::timestamptz END,
 countersigned_by_id = CASE WHEN c.holder_id = %s THEN NULL ELSE %s::bigint END
 FROM jsonb_to_recordset(%s::jsonb) AS given (id bigint, condition text, note text) WHERE c.id = given.id AND c.returned_at IS NULL
 RETURNING c.id, c.item_id, c.countersigned_at IS NOT NULL"""


KEPT = "SELECT digest, answer FROM equipment_operation WHERE key = %s"
KEEP = """INSERT INTO equipment_operation (key, digest, by_label, at, answer) VALUES (%s, %s, %s, %s, %s::jsonb)
 ON CONFLICT DO NOTHING RETURNING key"""


@dataclass(frozen=True)
class Asked:
    """One item of a gesture: its number, the readings of the short check, and for a return its condition and a note."""

    number: str
    readings: Mapping[str, Any] = field(default_factory=dict)
    condition: str = Custody.GOOD
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one item; ``code`` and ``message`` say why it was refused."""

    number: str
    done: bool
    code: str = ""
    message: str = ""
    custody: int | None = None
    due_at: str = ""
    countersigned: bool = False


def check_out(
    actor: Actor, *, holder: Holder, items: Sequence[Asked], key: UUID | None = None, keeper: Holder | None = None
) -> list[Outcome]:
    """Issue items for the duty the roster plans: the shift that runs or begins within the early minutes; due = its end + grace.

    Each item is issued or refused with its reason. The same ``key`` again gives the same answer; with another content it is
    refused (Conflict). Raises DomainError when the person may not take anything: suspended, on leave, gone, not on duty.
    """

    def act() -> Done:
        now, day = clock.now(), clock.today()
        (policy, kinds), roster, standing, *answers = ask_together(
            rulebook.rules_on(RULES, day), duty.terms_of(holder.pk, now, now + EARLIEST), people.standing_of(holder.pk, day),
            *locking([item.number for item in items]),
        )  # fmt: skip
        due_at = _due_for_duty(holder, now, policy, roster, standing)
        terms = Terms(
            holder, standing, Custody.DUTY, due_at, policy.version, rules.by_code(kinds["kinds"]), shift_id=roster.shift_id, keeper=keeper
        )
        return _issue(actor, terms, items, locked_items(*answers), rules.ISSUE)

    return once(actor, key, ("check_out", holder.pk, keeper and keeper.pk, [_plain(item) for item in items]), act)


def _due_for_duty(holder: Holder, now: dt.datetime, policy: Any, roster: duty.Terms, standing: people.Standing) -> dt.datetime:
    """Until when a person may take something for duty. Raises DomainError with why the person may not."""
    _refuse_holder(holder, roster, standing)
    if roster.starts_at is None or roster.ends_at is None or roster.starts_at > now + dt.timedelta(minutes=policy["early_minutes"]):
        text = f"{holder.name} 现在没有勤务，{policy['early_minutes']} 分钟内也没有班次开始。请先排班，或由装备管理员办理临时借用。"
        raise DomainError("not_on_duty", text, field="holder")
    return roster.ends_at + dt.timedelta(hours=policy["grace_hours"])


@dataclass(frozen=True)
class DutyTerms:
    """What the counter shows before anything is scanned: the shift, the due time, or why the person may take nothing."""

    shift_id: int | None
    due_at: dt.datetime | None
    problem: str = ""


def terms_for_duty(holder: Holder) -> DutyTerms:
    now, day = clock.now(), clock.today()
    (policy, _), roster, standing = ask_together(
        rulebook.rules_on(RULES, day), duty.terms_of(holder.pk, now, now + EARLIEST), people.standing_of(holder.pk, day)
    )
    try:
        return DutyTerms(roster.shift_id, _due_for_duty(holder, now, policy, roster, standing))
    except DomainError as error:
        return DutyTerms(None, None, error.message)


def lend(
    actor: Actor, *, holder: Holder, items: Sequence[Asked], reason: str, due_at: dt.datetime, key: UUID | None = None,
    keeper: Holder | None = None,
) -> list[Outcome]:  # fmt: skip
    """A temporary loan by the keeper, with a reason and a due time within the longest loan. Nobody lends to oneself."""

    def act() -> Done:
        now, day = clock.now(), clock.today()
        (policy, kinds), roster, standing, *answers = ask_together(
            rulebook.rules_on(RULES, day), duty.terms_of(holder.pk, now, now + EARLIEST), people.standing_of(holder.pk, day),
            *locking([item.number for item in items]),
        )  # fmt: skip
        _refuse_loan(keeper.pk if keeper is not None else actor.person_id, holder, reason, due_at, now, policy)
        _refuse_holder(holder, roster, standing)
        given = reason.strip()
        terms = Terms(holder, standing, Custody.LOAN, due_at, policy.version, rules.by_code(kinds["kinds"]), reason=given, keeper=keeper)
        return _issue(actor, terms, items, locked_items(*answers), rules.LEND)

    content = ("lend", holder.pk, keeper and keeper.pk, reason, due_at.isoformat(), [_plain(item) for item in items])
    return once(actor, key, content, act)


def _refuse_loan(lender: int | None, holder: Holder, reason: str, due_at: dt.datetime, now: dt.datetime, policy: Any) -> None:
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


def give_back(actor: Actor, *, items: Sequence[Asked], key: UUID | None = None, keeper: Holder | None = None) -> list[Outcome]:
    """Take items back in the condition they are in. With a keeper present the return is countersigned in the same act, except
    what the keeper held; without one it waits for the countersignature. A fault or loss is reported in the same act (2.2.4).
    """

    def act() -> Done:
        return _take_back(actor, items, keeper)

    return once(actor, key, ("return", keeper and keeper.pk, [_plain(item) for item in items]), act)


@transaction.atomic
def countersign(actor: Actor, *, numbers: Sequence[str]) -> list[Outcome]:
    """The keeper looks at what was returned and takes it into the store; never what the keeper held."""
    require(actor, "equipment.keep")
    if actor.person_id is None:
        raise NotAllowed("no_person", "验收须由具名的装备管理员办理。")
    found, outcomes = lock_items(numbers), []
    for number in numbers:
        item = found.get(number)
        refusal = _refuse_unknown(actor, item) or _refuse_standing(item, rules.COUNTERSIGN)
        if refusal is None and item is not None and item.holder == actor.person_id:
            refusal = ("own_return", "不能验收自己领用的装备，请由其他装备管理员或中队长验收。")
        if refusal is not None or item is None:
            outcomes.append(Outcome(number, False, *(refusal or _UNKNOWN)))
            continue
        Custody.objects.filter(pk=item.custody or 0).update(countersigned_at=clock.now(), countersigned_by_id=actor.person_id)
        outcomes.append(Outcome(number, True, custody=item.custody, countersigned=True))
    done = [outcome.number for outcome in outcomes if outcome.done]
    if done:
        record(actor, "equipment.countersigned", f"items:{len(done)}", unit_id=actor.unit_id, details={"items": done})
    return outcomes


@transaction.atomic
def extend_loan(actor: Actor, custody: Custody, *, due_at: dt.datetime, reason: str) -> Custody:
    """A later due time for an open loan, by the keeper, within the longest loan counted from now. Never for duty."""
    custody = Custody.objects.select_for_update().get(pk=custody.pk)
    require(actor, "equipment.keep", unit_id=custody.unit_id)
    policy = rulebook.rule_values("equipment.custody", clock.today(), simulate=True)
    now = clock.now()
    if custody.purpose != Custody.LOAN or custody.returned_at is not None:
        raise Conflict("no_open_loan", "只有还没归还的临时借用可以延期。")
    if actor.person_id == custody.holder_id:
        raise NotAllowed("own_loan", "不能给自己的借用延期。")
    if now > custody.due_at:
        raise DomainError("overdue", "借用已经逾期，请先归还。", field="due_at")
    if due_at <= custody.due_at or due_at > now + dt.timedelta(days=policy["loan_days"]):
        raise DomainError("bad_due", f"新的应还时间应晚于原定，并在 {policy['loan_days']} 天以内。", field="due_at")
    before, custody.due_at = custody.due_at, due_at
    custody.save(update_fields=["due_at"])
    details = {"before": before.isoformat(), "reason": reason}
    record(actor, "equipment.extended", f"custody:{custody.pk}", unit_id=custody.unit_id, person_id=custody.holder_id, details=details)
    return custody


# --- the gesture and its key ---


def once(actor: Actor, key: UUID | None, content: Any, act: Callable[[], Done]) -> list[Outcome]:
    """Do it in one transaction, and only once for a key.

    Two sendings at the same moment wait for each other's item locks; the later one finds the key taken, undoes itself and
    answers what the first was answered. A key used for something else is refused.
    """
    digest = hashlib.sha256(orjson.dumps([actor.label, content], default=str)).hexdigest()
    if key is None:
        with transaction.atomic():
            outcomes, note = act()
            note()
        return outcomes
    earlier = _answered(key, digest)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            outcomes, note = act()
            answer = orjson.dumps([vars(outcome) for outcome in outcomes]).decode()
            with pipelined():
                note()
                is_first = _keep_answer(actor, key, digest, answer)
            if not is_first:
                raise _Twin
    except _Twin:
        return _answered(key, digest) or []
    return outcomes


def _plain(asked: Asked) -> tuple[Any, ...]:
    return (asked.number, dict(asked.readings), asked.condition, asked.note)


class _Twin(Exception):
    """The same key was committed by a simultaneous sending."""


def _answered(key: UUID, digest: str) -> list[Outcome] | None:
    rows = prepared(KEPT, [key])
    if not rows:
        return None
    if rows[0][0] != digest:
        raise Conflict("key_reused", "这个幂等键已用于另一内容，请换一个新键后重发。", field="key")
    return [Outcome(**outcome) for outcome in orjson.loads(rows[0][1])]


def _keep_answer(actor: Actor, key: UUID, digest: str, answer: str) -> bool:
    return bool(prepared(KEEP, [key, digest, actor.label, clock.now(), answer]))


# --- under the locks ---


Done = tuple[list[Outcome], Callable[[], None]]  # what became of each item, and the entry that keeps the gesture


@dataclass(frozen=True)
class Terms:
    """On what terms items are given out."""

    holder: Holder
    standing: people.Standing
    purpose: str
    due_at: dt.datetime
    rule_version: str
    kinds: Mapping[str, Any]
    shift_id: int | None = None
    reason: str = ""
    keeper: Holder | None = None


_UNKNOWN = ("unknown_item", "没有这件装备，请核对标签；未登记的装备请找财务人事科登记。")


def _require_counter(actor: Actor, unit_id: int | None = None) -> None:
    """A keeper at the desk or a device at the counter."""
    if not actor.may("equipment.kiosk", unit_id):
        require(actor, "equipment.keep", unit_id=unit_id)


def _issue(actor: Actor, terms: Terms, items: Sequence[Asked], found: Mapping[str, Locked], action: str) -> Done:
    _require_counter(actor)
    _refuse_size(items)
    holds = {id_: why for hold in HOLDS for id_, why in hold([item.id for item in found.values()]).items()}
    refused: dict[str, tuple[str, str]] = {}
    taken: list[tuple[Locked, Asked]] = []
    for asked in items:
        item = found.get(asked.number)
        why = (
            _refuse_unknown(actor, item)
            or _refuse_standing(item, action)
            or _refuse_unit(item, terms.standing.above, action)
            or _refuse_held(item, holds)
            or _refuse_unready(item, asked, terms.kinds)
        )
        if why is None and item is not None and all(item.id != other.id for other, _ in taken):
            taken.append((item, asked))
        elif why is not None:
            refused[asked.number] = why
    custodies = _take(actor, terms, taken)
    outcomes = [_issued(asked.number, found, refused, custodies, terms) for asked in items]
    done = [outcome.number for outcome in outcomes if outcome.done]

    def note() -> None:
        if done:
            details = {"items": done, "due_at": terms.due_at.isoformat(), "keeper": terms.keeper.name if terms.keeper else None}
            _record_issue(actor, "equipment.checked_out" if action == rules.ISSUE else "equipment.lent", terms, details)

    return outcomes, note


def _record_issue(actor: Actor, word: str, terms: Terms, details: Mapping[str, Any]) -> None:
    subject, of = f"person:{terms.holder.pk}", {"unit_id": terms.standing.unit_id, "person_id": terms.holder.pk}
    if word == "equipment.lent":
        record(actor, "equipment.lent", subject, **of, details={**details, "reason": terms.reason})
    else:
        record(actor, "equipment.checked_out", subject, **of, details=details)


def _take(actor: Actor, terms: Terms, taken: Sequence[tuple[Locked, Asked]]) -> dict[int, int]:
    """Insert the custodies; item to custody for those that stood."""
    if not taken:
        return {}
    keeper = terms.keeper.pk if terms.keeper else actor.person_id
    taken_items = orjson.dumps([{"item": item.id, "unit": item.unit, "readings": asked.readings} for item, asked in taken]).decode()
    values = [
        terms.holder.pk, terms.purpose, terms.shift_id, terms.reason, clock.now(), terms.due_at, actor.user_id, actor.label, keeper,
        terms.rule_version, taken_items,
    ]  # fmt: skip
    return {item: custody for custody, item in prepared(TAKE, values)}


def _issued(
    number: str, found: Mapping[str, Locked], refused: Mapping[str, tuple[str, str]], custodies: Mapping[int, int], terms: Terms
) -> Outcome:
    if number in refused:
        return Outcome(number, False, *refused[number])
    custody = custodies.get(found[number].id)
    if custody is None:  # the index refused what the lock should have shown: another clock or another program
        return Outcome(number, False, "already_out", "不能领用：装备刚被领出，请刷新后再试。")
    return Outcome(number, True, custody=custody, due_at=terms.due_at.astimezone(clock.SHANGHAI).isoformat())


def _take_back(actor: Actor, items: Sequence[Asked], keeper: Holder | None) -> Done:
    _require_counter(actor)
    _refuse_size(items)
    found = lock_items([item.number for item in items])
    refused: dict[str, tuple[str, str]] = {}
    given: dict[int, tuple[Locked, Asked]] = {}
    for asked in items:
        item = found.get(asked.number)
        why = _refuse_unknown(actor, item) or _refuse_standing(item, rules.RETURN) or _refuse_condition(asked)
        if why is None and item is not None and item.custody is not None:
            given.setdefault(item.custody, (item, asked))
        elif why is not None:
            refused[asked.number] = why
    signer = keeper.pk if keeper is not None else actor.person_id
    stood = _give_back(actor, given, signer)
    for custody, (item, asked) in given.items():
        if asked.condition != Custody.GOOD and custody in stood:
            faults.report_at_return(actor, item.id, custody, is_loss=asked.condition == Custody.MISSING, description=asked.note)
    outcomes = [_returned(asked.number, found, refused, stood) for asked in items]
    done = [outcome.number for outcome in outcomes if outcome.done]

    def note() -> None:
        if done:
            details = {"items": done, "keeper": keeper.name if keeper else None}
            unit = next(iter(given.values()))[0].unit
            record(actor, "equipment.returned", f"items:{len(done)}", unit_id=unit, details=details)

    return outcomes, note


def _give_back(actor: Actor, given: Mapping[int, tuple[Locked, Asked]], signer: int | None) -> dict[int, bool]:
    """End the custodies; custody to whether it is countersigned already."""
    if not given:
        return {}
    now = clock.now()
    back = [{"id": custody, "condition": asked.condition, "note": asked.note} for custody, (_, asked) in given.items()]
    values = [now, actor.label, signer, now if signer else None, signer, signer, orjson.dumps(back).decode()]
    return {custody: countersigned for custody, _, countersigned in prepared(GIVE_BACK, values)}


def _returned(number: str, found: Mapping[str, Locked], refused: Mapping[str, tuple[str, str]], stood: Mapping[int, bool]) -> Outcome:
    if number in refused:
        return Outcome(number, False, *refused[number])
    custody = found[number].custody
    return Outcome(number, True, custody=custody, countersigned=stood.get(custody or 0, False))


# --- refusals, each with what to do ---


def _refuse_size(items: Sequence[Asked]) -> None:
    if not items:
        raise DomainError("nothing", "请先扫描装备。", field="items")
    if len(items) > MOST_ITEMS:
        raise DomainError("too_many", f"一次最多 {MOST_ITEMS} 件，请分次办理。", field="items")


def _refuse_holder(holder: Holder, roster: duty.Terms, standing: people.Standing) -> None:
    """Raises DomainError for who may take nothing today."""
    if holder.left_on is not None or standing.unit_id is None:
        raise DomainError("left", f"{holder.name} 已离队或没有任职单位，不能领用装备。", field="holder")
    if standing.status == "suspended":
        raise DomainError("suspended", f"{holder.name} 正被停职，不能领用装备。", field="holder")
    if standing.status == "on_leave" or roster.is_on_leave:
        raise DomainError("on_leave", f"{holder.name} 今天请假，不能领用装备。", field="holder")
    if holder.person_class == "other":
        raise DomainError("not_enforcing", f"{holder.name} 不是执法或协管人员，不能领用执勤装备。", field="holder")


def _refuse_unknown(actor: Actor, item: Locked | None) -> tuple[str, str] | None:
    """An item outside the counter's reach is as unknown as one that does not exist, but for the remedy."""
    if item is None:
        return _UNKNOWN
    if not (actor.may("equipment.kiosk", item.unit) or actor.may("equipment.keep", item.unit)):
        return "other_unit", "这是其他单位的装备，请送回所属单位的装备室办理。"
    return None


def _refuse_standing(item: Locked | None, action: str) -> tuple[str, str] | None:
    if item is None:
        return _UNKNOWN
    try:
        rules.after(item.standing, action)
    except rules.NotPossible as error:
        who = ""
        if item.place == rules.OUT and error.code == "already_out" and item.taken_at is not None:
            who = f"现由{item.holder_name}领用，自 {item.taken_at.astimezone(clock.SHANGHAI):%m-%d %H:%M} 起。"
        return error.code, f"{error}{who}"
    return None


def _refuse_unit(item: Locked | None, above: Sequence[int], action: str) -> tuple[str, str] | None:
    """For duty: equipment of the own unit or of one above it. A loan may cross units, by the item's own keeper."""
    if item is not None and action == rules.ISSUE and item.unit not in above:
        return "other_unit", "这是其他单位的装备，执勤只能领用本单位的；确需使用请办理临时借用。"
    return None


def _refuse_held(item: Locked | None, holds: Mapping[int, str]) -> tuple[str, str] | None:
    return ("held", holds[item.id]) if item is not None and item.id in holds else None


def _refuse_unready(item: Locked | None, asked: Asked, kinds: Mapping[str, Any]) -> tuple[str, str] | None:
    checks = kinds.get(item.kind, {}).get("checks", []) if item is not None else []
    reasons = rules.why_not_ready(checks, asked.readings)
    return ("not_ready", f"领用前检查没有通过：{'；'.join(reasons)}。") if reasons else None


def _refuse_condition(asked: Asked) -> tuple[str, str] | None:
    if asked.condition not in dict(Custody.CONDITIONS):
        return "bad_condition", "归还状况应为完好、故障或损坏、遗失之一。"
    if asked.condition != Custody.GOOD and not asked.note.strip():
        return "no_note", "请写明故障、损坏或遗失的情况。"
    return None
