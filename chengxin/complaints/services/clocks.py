"""The two clocks: started at first receipt, stopped once, recounted when the calendar changes, never reset (3.2)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from chengxin.audit.services import record
from chengxin.complaints import rules
from chengxin.complaints.models import Breach, Clock, Complaint
from chengxin.core import clock
from chengxin.core.actor import Actor, system_actor
from chengxin.core.capabilities import require
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues, complaint_terms
from chengxin.rulekit.workdays import WorkCalendar

SYSTEM = system_actor("投诉时限")


def policy_on(day: dt.date) -> RuleValues:
    return rulebook.rule_values("complaints.clocks", day, simulate=True)


def clocks_for(complaint: Complaint, started_at: dt.datetime, policy: RuleValues, calendar: WorkCalendar, round_: int = 0) -> list[Clock]:
    """The rows of both clocks, not yet saved. A term in hours ends with its moment, one in days with the end of its last day."""
    terms = complaint_terms(started_at, policy, calendar, clock.local_day(started_at))
    common = {"complaint": complaint, "round": round_, "started_at": started_at, "rule_version": policy.version}
    return [
        Clock(**common, kind=rules.RESPONSE, due_at=terms.respond_by, calendar_version=terms.feedback.calendar_version),
        Clock(
            **common, kind=rules.FEEDBACK, due_at=end_of(terms.feedback.day), is_provisional=terms.feedback.provisional,
            calendar_version=terms.feedback.calendar_version,
        ),
    ]  # fmt: skip


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day (a day ends at 24:00), to the microsecond that the database keeps."""
    return clock.at(day + dt.timedelta(days=1)) - dt.timedelta(microseconds=1)


def meet(complaint: Complaint, *kinds: str) -> None:
    """Stop the running clocks of these kinds; one that is late is a breach from then on. A stopped clock stays as it is."""
    now = clock.now()
    for each in Clock.objects.select_for_update().filter(complaint=complaint, kind__in=kinds, met_at=None):
        each.met_at = now
        each.save(update_fields=["met_at"])
        if rules.verdict(each.due_at, now, now) == rules.LATE:
            _record_breach(each)


def _record_breach(each: Clock) -> bool:
    breach, made = Breach.objects.get_or_create(clock=each, defaults={"due_at": each.due_at, "recorded_at": clock.now()})
    if not made and breach.lifted_at is not None:
        breach.due_at, breach.recorded_at, breach.lifted_at, breach.lifted_by = each.due_at, clock.now(), None, ""
        breach.save()
        made = True
    if made:
        details = {"kind": each.kind, "due": each.due_at.isoformat(), "round": each.round}
        record(SYSTEM, "complaints.breached", f"complaint:{each.complaint_id}", details=details)
    return made


def record_breaches() -> int:
    """Write down every missed term that is not written down yet; how many. When this runs changes nothing but who is told when."""
    now, done = clock.now(), 0
    missed = Q(met_at=None, due_at__lt=now) | Q(met_at__gt=F("due_at"))
    unwritten = Q(breach=None) | Q(breach__lifted_at__isnull=False)  # a lifted one stands again when the new term is missed too
    with transaction.atomic():
        for each in Clock.objects.select_for_update(of=("self",), skip_locked=True).filter(missed, unwritten):
            done += _record_breach(each)
    return done


# after a holiday notice: each day of receipt is counted once, the rows are moved by one statement, with a trace of each; a merged
# complaint's clock runs until the other is closed; a term that stays as it was keeps the version it was counted by
MOVE = """WITH term(day, due, provisional, version) AS (SELECT * FROM unnest(%s::date[], %s::timestamptz[], %s::boolean[], %s::text[])),
 moved AS (
  UPDATE complaints_clock clock SET due_at = term.due, is_provisional = term.provisional, calendar_version = term.version
  FROM term, complaints_clock old JOIN complaints_complaint complaint ON complaint.id = old.complaint_id
  WHERE clock.id = old.id AND clock.kind = 'feedback' AND clock.met_at IS NULL AND complaint.state IN ('received', 'handling', 'merged')
   AND (clock.started_at AT TIME ZONE 'Asia/Shanghai')::date = term.day
   AND (clock.due_at, clock.is_provisional) <> (term.due, term.provisional)
  RETURNING clock.id, clock.complaint_id, old.due_at AS before, old.calendar_version AS version_before,
   clock.due_at AS due, clock.calendar_version AS version),
 told AS (INSERT INTO complaints_complaintstep (complaint_id, at, by_label, title, note, is_outward)
  SELECT complaint_id, %s, %s, '反馈期限按新日历重算', format('原 %%s（日历 %%s），现 %%s（日历 %%s）',
   (before AT TIME ZONE 'Asia/Shanghai')::date, version_before, (due AT TIME ZONE 'Asia/Shanghai')::date, version), false FROM moved),
 lifted AS (UPDATE complaints_breach breach SET lifted_at = %s, lifted_by = '日历 ' || moved.version
  FROM moved WHERE breach.clock_id = moved.id AND breach.lifted_at IS NULL AND moved.due >= %s),
 corrected AS (UPDATE complaints_breach breach SET due_at = moved.due
  FROM moved WHERE breach.clock_id = moved.id AND breach.lifted_at IS NULL AND moved.due < %s)
 SELECT count(*) FROM moved"""


@transaction.atomic
def recount_clocks(actor: Actor) -> int:
    """After a change of the work calendar: new terms for running clocks, each with a trace; closed complaints stay untouched."""
    require(actor, "rulebook.calendar")
    calendar, now = rulebook.work_calendar(), clock.now()
    days = _days_of_receipt()
    policies = {day: policy_on(day) for day in days}
    counted = [calendar.nth_workday_after(day, policies[day]["feedback_workdays"]) for day in days]
    parameters: list[Any] = [
        days, [end_of(each.day) for each in counted], [each.provisional for each in counted], [each.calendar_version for each in counted],
        now, actor.label, now, now, now,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(MOVE, parameters)
        changed = int(cursor.fetchone()[0])
    if changed:
        record(actor, "complaints.recounted", "complaints:open", details={"changed": changed})
    return changed


def _days_of_receipt() -> list[dt.date]:
    """Of the running clocks, which are locked with this: a breach that is just being written is there before the rows are moved."""
    running = Clock.objects.filter(kind=rules.FEEDBACK, met_at=None, complaint__state__in=[*rules.OPEN_STATES, rules.MERGED])
    locked = running.select_for_update(of=("self",)).order_by("pk").only("started_at")
    return sorted({clock.local_day(each.started_at) for each in locked.iterator()})


def verdicts(clocks: Iterable[Clock], as_of: dt.datetime | None = None) -> Counter[str]:
    """How many clocks stand how at a moment (default: now)."""
    now = as_of or clock.now()
    return Counter(rules.verdict(each.due_at, each.met_at, now) for each in clocks)
