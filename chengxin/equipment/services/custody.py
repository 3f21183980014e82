"""Check-out, loan, return, countersignature: one gesture over one or many items (2.2.2).

Every path – page, kiosk, locker, API, kit – comes through here. Item rows are locked in the order of their ids before anything
is read or written, so that gestures over the same items wait for each other and never deadlock; a partial unique index and an
exclusion constraint stand behind that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
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
from chengxin.equipment.services import faults, refusals
from chengxin.equipment.services.gestures import Asked, Done, Holder, Key, Outcome, once
from chengxin.equipment.services.locks import Locked, lock_items, locked_items, locking
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.database import ask_together, prepared

# Reasons of other chapters why an item may not be issued again (footage not accounted for): items and the kinds of the day -> id to
# reason. Asked under the items' locks.
HOLDS: list[Callable[[Sequence[Locked], Mapping[str, Any]], Mapping[int, str]]] = []
RULES = ("equipment.custody", "equipment.kinds")
EARLIEST = dt.timedelta(days=1)  # how far ahead the roster is looked at; how early one may come is the rule's
TAKE = """INSERT INTO equipment_custody (item_id, holder_id, unit_id, purpose, shift_id, reason, taken_at, due_at, readings_out,
 readings_in, issued_by, issued_label, keeper_id, rule_version, returned_label, condition, return_note)
 SELECT item, %s, unit, %s, %s, %s, %s, %s, readings, '{}', %s, %s, %s, %s, '', '', ''
 FROM jsonb_to_recordset(%s::jsonb) AS taken (item bigint, unit bigint, readings jsonb)
 ON CONFLICT DO NOTHING RETURNING id, item_id"""
GIVE_BACK = """UPDATE equipment_custody c SET returned_at = greatest(%s, c.taken_at), returned_label = %s, condition = given.condition,
 return_note = given.note, readings_in = given.readings,
 countersigned_at = CASE WHEN c.holder_id = %s THEN NULL ELSE %s::timestamptz END,
 countersigned_by_id = CASE WHEN c.holder_id = %s THEN NULL ELSE %s::bigint END
 FROM jsonb_to_recordset(%s::jsonb) AS given (id bigint, condition text, note text, readings jsonb)
 WHERE c.id = given.id AND c.returned_at IS NULL
 RETURNING c.id, c.item_id, c.countersigned_at IS NOT NULL"""


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

    content = ("check_out", holder.pk, keeper and keeper.pk, [item.content for item in items])
    return once(Key(actor, key, content), act)


def _due_for_duty(holder: Holder, now: dt.datetime, policy: Any, roster: duty.Terms, standing: people.Standing) -> dt.datetime:
    """Until when a person may take something for duty. Raises DomainError with why the person may not."""
    refusals.refuse_holder(holder, roster, standing)
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
        refusals.refuse_loan(keeper.pk if keeper is not None else actor.person_id, holder, reason, due_at, now, policy)
        refusals.refuse_holder(holder, roster, standing)
        given = reason.strip()
        terms = Terms(holder, standing, Custody.LOAN, due_at, policy.version, rules.by_code(kinds["kinds"]), reason=given, keeper=keeper)
        return _issue(actor, terms, items, locked_items(*answers), rules.LEND)

    content = ("lend", holder.pk, keeper and keeper.pk, reason, due_at.isoformat(), [item.content for item in items])
    return once(Key(actor, key, content), act)


def give_back(actor: Actor, *, items: Sequence[Asked], key: UUID | None = None, keeper: Holder | None = None) -> list[Outcome]:
    """Take items back in the condition they are in. With a keeper present the return is countersigned in the same act, except
    what the keeper held; without one it waits for the countersignature. A fault or loss is reported in the same act (2.2.4).
    """
    content = ("return", keeper and keeper.pk, [item.content for item in items])
    return once(Key(actor, key, content), lambda: _take_back(actor, items, keeper))


@transaction.atomic
def countersign(actor: Actor, *, numbers: Sequence[str]) -> list[Outcome]:
    """The keeper looks at what was returned and takes it into the store; never what the keeper held."""
    require(actor, "equipment.keep")
    if actor.person_id is None:
        raise NotAllowed("no_person", "验收须由具名的装备管理员办理。")
    found, outcomes = lock_items(numbers), []
    for number in numbers:
        item = found.get(number)
        refusal = refusals.why_unknown(actor, item) or refusals.why_standing(item, rules.COUNTERSIGN)
        if refusal is None and item is not None and item.holder == actor.person_id:
            refusal = ("own_return", "不能验收自己领用的装备，请由其他装备管理员或中队长验收。")
        if refusal is not None or item is None:
            outcomes.append(Outcome(number, False, *(refusal or refusals.UNKNOWN)))
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


# --- under the locks ---


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


def _require_counter(actor: Actor, unit_id: int | None = None) -> None:
    """A keeper at the desk or a device at the counter."""
    if not actor.may("equipment.kiosk", unit_id):
        require(actor, "equipment.keep", unit_id=unit_id)


def _issue(actor: Actor, terms: Terms, items: Sequence[Asked], found: Mapping[str, Locked], action: str) -> Done:
    _require_counter(actor)
    refusals.refuse_size(items)
    holds = {id_: why for hold in HOLDS for id_, why in hold(list(found.values()), terms.kinds).items()}
    refused: dict[str, tuple[str, str]] = {}
    taken: list[tuple[Locked, Asked]] = []
    for asked in items:
        item = found.get(asked.number)
        why = (
            refusals.why_unknown(actor, item)
            or refusals.why_standing(item, action)
            or refusals.why_unit(item, terms.standing.above, action)
            or refusals.why_held(item, holds)
            or refusals.why_unready(item, asked, terms.kinds)
        )
        if why is None and item is not None and all(item.id != other.id for other, _ in taken):
            taken.append((item, asked))
        elif why is not None:
            refused[asked.number] = why
    custodies = _take(actor, terms, taken)
    due_at = terms.due_at.astimezone(clock.SHANGHAI).isoformat()
    outcomes = [_issued(asked.number, found, refused, custodies, due_at) for asked in items]
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
    number: str, found: Mapping[str, Locked], refused: Mapping[str, tuple[str, str]], custodies: Mapping[int, int], due_at: str
) -> Outcome:
    if number in refused:
        return Outcome(number, False, *refused[number])
    custody = custodies.get(found[number].id)
    if custody is None:  # the index refused what the lock should have shown: another clock or another program
        return Outcome(number, False, "already_out", "不能领用：装备刚被领出，请刷新后再试。")
    return Outcome(number, True, custody=custody, due_at=due_at)


def _take_back(actor: Actor, items: Sequence[Asked], keeper: Holder | None) -> Done:
    _require_counter(actor)
    refusals.refuse_size(items)
    found = lock_items([item.number for item in items])
    refused: dict[str, tuple[str, str]] = {}
    given: dict[int, tuple[Locked, Asked]] = {}
    for asked in items:
        item = found.get(asked.number)
        why = refusals.why_unknown(actor, item) or refusals.why_standing(item, rules.RETURN) or refusals.why_condition(item, asked)
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
    back = [
        {"id": custody, "condition": asked.condition, "note": asked.note, "readings": asked.readings}
        for custody, (_, asked) in given.items()
    ]
    values = [now, actor.label, signer, now if signer else None, signer, signer, orjson.dumps(back).decode()]
    return {custody: countersigned for custody, _, countersigned in prepared(GIVE_BACK, values)}


def _returned(number: str, found: Mapping[str, Locked], refused: Mapping[str, tuple[str, str]], stood: Mapping[int, bool]) -> Outcome:
    if number in refused:
        return Outcome(number, False, *refused[number])
    custody = found[number].custody
    return Outcome(number, True, custody=custody, countersigned=stood.get(custody or 0, False))
