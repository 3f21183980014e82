"""The roll: who is due, who scanned the code at the door, who was absent and why, and what was put right afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction

from chengxin.activities import rules
from chengxin.activities.models import Activity, LineEntry, RosterLine
from chengxin.activities.selectors.policies import attendance_policy_at
from chengxin.activities.selectors.sessions import everyone_due
from chengxin.activities.services import keys
from chengxin.activities.services.sessions import locked, move_on
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed

SCAN_AGAIN = "请重新扫描负责人屏幕上的二维码。"


def enter(actor: Actor, line: RosterLine, title: str, text: str = "") -> LineEntry:
    """One more thing said about a line."""
    return LineEntry.objects.create(
        line=line, title=title, text=text.strip()[:200], by=actor.user_id, by_label=actor.label, at=clock.now()
    )  # fmt: skip


@transaction.atomic
def open_activity(actor: Actor, activity: Activity) -> Activity:
    """Begin: the roster of everyone due is drawn up from the assignments of today. A second click finds it begun.

    Raises DomainError on another day than the activity's, Conflict when nobody is due or it is over.
    """
    require(actor, "activities.roll", unit_id=activity.unit_id)
    activity = locked(activity)
    if activity.state == rules.HELD:
        return activity
    move_on(activity, rules.OPENING)
    day = clock.local_day(activity.starts_at)
    if day > clock.today():
        raise DomainError("too_early", f"活动安排在 {day}，到当天才能开始点名；提前举行的请先调整时间。")
    policy = attendance_policy_at(day)
    due = everyone_due(activity, day, policy)
    if not due:
        raise Conflict("nobody", f"{day} 没有应到人员，请核对参加单位。")
    lines = RosterLine.objects.bulk_create(
        RosterLine(
            activity=activity, person_id=each.person_id, unit_id=each.unit_id, person_class=each.person_class,
            presence=rules.ABSENT if each.known else rules.DUE, reason=each.known, reason_state=rules.KNOWN if each.known else "",
        )
        for each in due
    )  # fmt: skip
    for line in lines:
        if line.reason:
            enter(actor, line, "事先已准假", rules.KNOWN_REASONS[line.reason])
    activity.opened_at, activity.opened_label, activity.rule_version = clock.now(), actor.label, policy.version
    activity.save()
    record(actor, "activities.opened", f"activity:{activity.pk}", unit_id=activity.unit_id, details={"due": len(lines)})
    return activity


# --- the code at the door ---


def code_now(actor: Actor, activity: Activity) -> tuple[str, int]:
    """The code to show now, and for how many seconds it is shown. Raises Conflict unless the roll has begun."""
    require(actor, "activities.roll", unit_id=activity.unit_id)
    if not Activity.objects.filter(pk=activity.pk, state=rules.HELD).exists():
        raise Conflict("not_held", "活动不在进行中，没有可以扫描的二维码。")
    seconds = attendance_policy_at(clock.today()).code_seconds
    slot = rules.slot_at(clock.now(), seconds)
    return rules.door_code(keys.door_key(), activity.pk, slot), seconds


def ticket_for(actor: Actor, activity_pk: int, code: str) -> str:
    """What a scanned code is good for: a ticket of this person for this activity, for a short time.

    Raises DomainError for a code that is over or not ours.
    """
    require(actor, "activities.see")
    seconds = attendance_policy_at(clock.today()).code_seconds
    verdict = rules.judge_code(keys.door_key(), activity_pk, code, slot=rules.slot_at(clock.now(), seconds))
    if verdict == rules.FORGED:
        raise DomainError("forged", f"这不是本次活动的二维码。{SCAN_AGAIN}")
    if verdict == rules.EXPIRED:
        raise DomainError("expired", f"二维码已更换，这一张已过期。{SCAN_AGAIN}")
    issued = int(clock.now().timestamp())
    return TimestampSigner(salt="activity-door").sign(f"{activity_pk}:{actor.person_id or 0}:{issued}")


@transaction.atomic
def check_in(actor: Actor, activity_pk: int, *, ticket: str) -> RosterLine:
    """Be present by the code at the door. Once present, a second click changes nothing.

    Raises DomainError (ticket of somebody else, too old), NotAllowed (not on the roster), Conflict (not going on).
    """
    require(actor, "activities.see")
    _check_ticket(actor, activity_pk, ticket)
    activity = Activity.objects.select_for_update(of=("self",)).filter(pk=activity_pk).first()
    line = RosterLine.objects.filter(activity_id=activity_pk, person_id=actor.person_id or 0).first()
    if activity is None or line is None:
        raise NotAllowed("not_due", "您不在这次活动的应到名单中，请告诉负责人。")
    if line.presence == rules.PRESENT:
        return line
    if activity.state != rules.HELD:
        raise Conflict("not_held", "活动已经办结或取消，不能再扫码；确实到场的请告诉负责人更正。")
    line.presence, line.way, line.arrived_at = rules.PRESENT, rules.BY_CODE, clock.now()
    line.reason = line.reason_state = ""
    line.save()
    enter(actor, line, "扫码到场")
    record(actor, "activities.checked_in", f"activity:{activity.pk}", unit_id=line.unit_id, person_id=line.person_id)
    return line


def _check_ticket(actor: Actor, activity_pk: int, ticket: str) -> None:
    try:
        pk, person, issued = TimestampSigner(salt="activity-door").unsign(ticket).split(":")
    except (SignatureExpired, BadSignature, ValueError) as error:
        raise DomainError("forged", f"到场凭据无效。{SCAN_AGAIN}") from error
    if (pk, person) != (str(activity_pk), str(actor.person_id or 0)):
        raise DomainError("forged", f"到场凭据不是您本人这次活动的。{SCAN_AGAIN}")
    age = clock.now().timestamp() - int(issued)
    if not -1 <= age <= attendance_policy_at(clock.today()).ticket_seconds:
        raise DomainError("expired", f"扫码后太久没有确认，已失效。{SCAN_AGAIN}")


# --- the roll by the leader ---


@transaction.atomic
def close_activity(
    actor: Actor, activity: Activity, *, key: UUID, absent: Mapping[int, str] | None = None, came: frozenset[int] = frozenset(),
    note: str = "",
) -> Activity:  # fmt: skip
    """Confirm the roll: everybody due is present but for ``absent`` (person to reason code, "" for none given yet), and ``came`` of those
    with known leave. The same sheet again is harmless; another's sheet after it is refused (Conflict).
    """
    require(actor, "activities.roll", unit_id=activity.unit_id)
    activity = locked(activity)
    if activity.close_key == key:
        return activity
    if activity.state == rules.CLOSED:
        raise Conflict("closed", f"{activity.closed_label} 已经办结这次活动；有误的请逐人更正。")
    move_on(activity, rules.CLOSING)
    policy, absent = attendance_policy_at(clock.local_day(activity.starts_at)), dict(absent or {})
    lines = list(activity.lines.select_for_update(of=("self",)).select_related("person").order_by("pk"))
    strangers = (absent.keys() | came) - {line.person_id for line in lines}
    if strangers or any(code and code not in policy.reasons for code in absent.values()):
        raise DomainError("bad_sheet", "点名表中有不在应到名单的人员或未知的缺席事由，请刷新后重试。", field="absent")
    for line in lines:
        _settle(actor, line, absent, came, policy)
    activity.close_key, activity.note = key, note.strip()
    activity.closed_at, activity.closed_label, activity.changed_at = clock.now(), actor.label, clock.now()
    activity.save()
    record(actor, "activities.closed", f"activity:{activity.pk}", unit_id=activity.unit_id, details={"absent": len(absent)})
    return activity


def _settle(actor: Actor, line: RosterLine, absent: Mapping[int, str], came: frozenset[int], policy: rules.AttendancePolicy) -> None:
    """One line of a confirmed sheet: who leads says what was seen; nobody decides about the own absence."""
    if line.person_id in absent:
        code = absent[line.person_id]
        own = line.person_id == actor.person_id
        decided = rules.ASKED if own else rules.ACCEPTED if code and policy.reasons[code].excused else rules.REFUSED
        line.presence, line.way, line.arrived_at = rules.ABSENT, rules.BY_ROLL, None
        line.reason, line.reason_state = code, decided if code else rules.NO_REASON
        line.save()
        enter(actor, line, "缺席", policy.title_of(code) if code else "事由待说明")
    elif line.presence == rules.DUE or line.person_id in came:
        known = line.reason
        line.presence, line.way, line.arrived_at, line.reason, line.reason_state = rules.PRESENT, rules.BY_ROLL, clock.now(), "", ""
        line.save()
        enter(actor, line, "到场", "已准假，仍到场" if known else "点名")


@transaction.atomic
def state_reason(actor: Actor, line: RosterLine, *, reason: str, note: str = "") -> RosterLine:
    """Say why one was absent, after the roll. Raises Conflict when that is known or decided already."""
    require(actor, "activities.see")
    line = _locked_line(line)
    if line.person_id != actor.person_id:
        raise NotAllowed("not_own", "只能说明本人的缺席事由。")
    policy = attendance_policy_at(clock.local_day(line.activity.starts_at))
    if reason not in policy.reasons or not policy.reasons[reason].excused:
        raise DomainError("bad_reason", "“缺席事由”请从列表中选择。", field="reason")
    if line.presence != rules.ABSENT or line.reason_state in {rules.KNOWN, rules.ACCEPTED, rules.REFUSED}:
        raise Conflict("decided", "这次缺席的事由已有结论，如有异议请联系负责人更正。")
    if line.reason_state == rules.ASKED and line.reason == reason:
        return line
    line.reason, line.reason_state = reason, rules.ASKED
    line.save()
    enter(actor, line, "说明事由", "：".join(filter(None, (policy.title_of(reason), note.strip()))))
    record(actor, "activities.reason_stated", f"line:{line.pk}", unit_id=line.unit_id, person_id=line.person_id)
    return line


@transaction.atomic
def decide_reason(actor: Actor, line: RosterLine, *, accepted: bool, note: str = "") -> RosterLine:
    """Accept a stated reason or not; never one's own."""
    require(actor, "activities.roll", unit_id=line.activity.unit_id)
    line = _locked_line(line)
    if line.person_id == actor.person_id:
        raise NotAllowed("own", "不能认可自己的缺席事由，请由上级办理。")
    if line.reason_state != rules.ASKED:
        raise Conflict("decided", "没有等待认可的缺席事由，或已由他人办理。")
    if not accepted and not note.strip():
        raise DomainError("no_note", "不予认可的请写明理由。", field="note")
    line.reason_state = rules.ACCEPTED if accepted else rules.REFUSED
    line.save()
    enter(actor, line, "认可事由" if accepted else "不予认可", note)
    record(
        actor, "activities.reason_decided", f"line:{line.pk}", unit_id=line.unit_id, person_id=line.person_id,
        details={"accepted": accepted},
    )  # fmt: skip
    return line


@transaction.atomic
def correct_line(actor: Actor, line: RosterLine, *, presence: str, reason: str = "", note: str) -> RosterLine:
    """Put a confirmed line right by a new entry; the earlier ones stay. Never one's own line."""
    require(actor, "activities.roll", unit_id=line.activity.unit_id)
    line = _locked_line(line)
    if line.person_id == actor.person_id:
        raise NotAllowed("own", "不能更正自己的到场记录，请由上级办理。")
    if line.activity.state != rules.CLOSED:
        raise Conflict("not_closed", "活动尚未办结，请在点名表中直接标注。")
    policy = attendance_policy_at(clock.local_day(line.activity.starts_at))
    if presence not in {rules.PRESENT, rules.ABSENT} or (presence == rules.ABSENT and reason and reason not in policy.reasons):
        raise DomainError("bad_presence", "“更正为”请从列表中选择。", field="presence")
    if not note.strip():
        raise DomainError("no_note", "请写明更正的依据。", field="note")
    if line.score is not None and presence == rules.ABSENT:
        raise Conflict("scored", "这名人员已有成绩，不能更正为缺席。")
    was = rules.PRESENCES[line.presence]
    line.presence, line.way, line.reason, line.reason_state = presence, rules.BY_CORRECTION, "", ""
    if presence == rules.ABSENT and reason:
        line.reason, line.reason_state = reason, rules.ACCEPTED if policy.reasons[reason].excused else rules.REFUSED
    line.save()
    enter(actor, line, f"更正：{was}→{rules.PRESENCES[presence]}", note)
    record(
        actor, "activities.line_corrected", f"line:{line.pk}", unit_id=line.unit_id, person_id=line.person_id,
        details={"presence": presence},
    )  # fmt: skip
    return line


@transaction.atomic
def score_lines(actor: Actor, activity: Activity, *, scores: Mapping[int, Decimal]) -> int:
    """Scores of those present, person to score; a changed one is a new entry. How many changed."""
    require(actor, "activities.roll", unit_id=activity.unit_id)
    activity = locked(activity)
    if activity.state != rules.CLOSED:
        raise Conflict("not_closed", "活动办结后才能登记成绩。")
    lines = {line.person_id: line for line in activity.lines.select_for_update(of=("self",)).filter(person__in=list(scores))}
    changed = 0
    for person, score in scores.items():
        why = rules.why_no_score(score)
        line = lines.get(person)
        if why or line is None or line.presence != rules.PRESENT:
            raise DomainError("bad_score", why or "只能给到场人员登记成绩，请刷新后重试。", field=f"score-{person}")
        if line.person_id == actor.person_id and line.score != score:
            raise NotAllowed("own", "不能登记自己的成绩，请由他人办理。", field=f"score-{person}")
        if line.score != score:
            before = "" if line.score is None else f"原 {line.score}，"
            line.score = score
            line.save(update_fields=["score"])
            enter(actor, line, "成绩", f"{before}现 {score}")
            changed += 1
    if changed:
        record(actor, "activities.scored", f"activity:{activity.pk}", unit_id=activity.unit_id, details={"lines": changed})
    return changed


def _locked_line(line: RosterLine) -> RosterLine:
    return RosterLine.objects.select_for_update(of=("self",)).select_related("activity").get(pk=line.pk)
