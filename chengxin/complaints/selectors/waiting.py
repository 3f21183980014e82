"""What of complaints waits for a person: derived from the facts each time, so a job that was down changes nothing (3.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.urls import reverse

from chengxin.complaints import rules, selectors
from chengxin.complaints.models import Accused, Complaint, Pause, Reveal, Validity
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.waiting import Waiting
from chengxin.rulebook import selectors as rulebook
from chengxin.rulebook.rules import RuleValues
from chengxin.ui.together import Inquiry, joined


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """To assign, to respond, to answer in time; decisions that need a second person; one's own reply."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    others = [_running(actor), _hearings(actor), _pauses(actor), _reveals(actor), _validities(actor)]
    return [_own(actor), *(others if actor.may("complaints.read") else [])]


def _running(actor: Actor) -> Inquiry[list[Waiting]]:
    policy, now = rulebook.rule_values("complaints.clocks", clock.today(), simulate=True), clock.now()
    open_ = selectors.open_ones(actor)
    yield open_
    return [each for row in open_ for each in _of_row(actor, row, policy, now)]


def _of_row(actor: Actor, row: Mapping[str, Any], policy: RuleValues, now: dt.datetime) -> list[Waiting]:
    kind = rules.RESPONSE if row["response_met"] is None else rules.FEEDBACK
    due = row[f"{kind}_due"]
    if due is None:
        return []
    alarms = rules.alarms(
        due.astimezone(clock.SHANGHAI), warn_hours=policy["warn_hours"][kind], escalate_hours=policy["escalate_hours"],
        opens=policy["civil_hours"][0], closes=policy["civil_hours"][1],
    )  # fmt: skip
    escalated = now >= alarms.escalates_at
    what = _what(actor, row, kind, escalated=escalated)
    if not what:
        return []
    number = Complaint(pk=row["pk"]).number
    return [
        Waiting(
            f"{what} {number}", reverse("complaints:detail", args=[row["pk"]]), selectors.CHAPTER, f"complaints.{kind}",
            due_on=clock.local_day(due), detail=_left(due, now, warns=now >= alarms.warns_at),
        )
    ]  # fmt: skip


def _what(actor: Actor, row: Mapping[str, Any], kind: str, *, escalated: bool) -> str:
    """Who has to move it: triage first, then the unit that handles it; past the term, the leaders as well."""
    if row["state"] == rules.RECEIVED and actor.may("complaints.triage"):
        return "分办投诉"
    mine = row["handler_id"] == actor.person_id or (row["handler_id"] is None and row["unit_id"] == actor.unit_id)
    if row["unit_id"] is not None and mine and actor.may("complaints.handle", row["unit_id"]):
        return "响应投诉" if kind == rules.RESPONSE else "反馈投诉结果"
    if escalated and (actor.may("complaints.approve") or (row["unit_id"] == actor.unit_id and actor.may("complaints.handle"))):
        return f"{rules.CLOCKS[kind]}已逾期，督办投诉"
    return ""


def _left(due: dt.datetime, now: dt.datetime, *, warns: bool) -> str:
    hours = (due - now).total_seconds() / 3600
    if hours < 0:
        return f"已逾期 {-hours:.0f} 小时"
    return f"只剩 {hours:.0f} 小时" if warns else f"还有 {hours:.0f} 小时"


def _pauses(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("complaints.approve"):
        return []
    visible = Complaint.objects.all().visible_to(actor)
    pauses = Pause.objects.undecided().filter(complaint__in=visible.open()).exclude(asked_by=actor.user_id or 0)[:50]
    yield pauses
    return [_decision("审批暂停", each.complaint_id, "complaints.pause", f"{each.asked_label}：{each.reason}") for each in pauses]


def _reveals(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("complaints.approve"):
        return []
    visible = Complaint.objects.all().visible_to(actor)
    reveals = Reveal.objects.filter(granted=None, complaint__in=visible).exclude(asked_by=actor.user_id or 0)[:50]
    yield reveals
    return [_decision("是否同意查看投诉人", each.complaint_id, "complaints.reveal", f"{each.asked_label}") for each in reveals]


def _validities(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("complaints.decide"):
        return []
    visible = Complaint.objects.all().visible_to(actor)
    proposed = Validity.objects.filter(decided=None, accused__withdrawn_at=None, complaint__in=visible)
    proposed = proposed.exclude(proposed_by=actor.user_id or 0)[:50]
    yield proposed
    return [_decision("决定是否属实", each.complaint_id, "complaints.validity", each.proposed_label) for each in proposed]


def _hearings(actor: Actor) -> Inquiry[list[Waiting]]:
    """Persons named and not told yet, or heard (or silent beyond the term) and not judged yet, for who handles the complaint."""
    if not actor.may("complaints.handle"):
        return []
    named = Accused.objects.standing().filter(complaint__in=Complaint.objects.all().visible_to(actor)).exclude(
        complaint__state__in=[rules.MERGED, rules.ROUTED]
    ).exclude(validities__in=Validity.objects.exclude(decided=False)).select_related("person", "complaint")  # fmt: skip
    mine = named.filter(Q(complaint__handler_id=actor.person_id) | Q(complaint__handler=None, complaint__unit_id=actor.unit_id or 0))
    heard = Q(replied_at__isnull=False) | Q(object_by__lt=clock.today())
    mine = mine.filter(Q(told_at=None) | heard)[:50]
    yield mine
    return [
        _decision("告知被投诉人" if each.told_at is None else "提出认定意见", each.complaint_id, "complaints.inquiry", each.person.name)
        for each in mine
    ]


def _decision(what: str, pk: int, kind: str, detail: str) -> Waiting:
    return Waiting(f"{what} {Complaint(pk=pk).number}", reverse("complaints:detail", args=[pk]), selectors.CHAPTER, kind, detail=detail)


def _own(actor: Actor) -> Inquiry[list[Waiting]]:
    """A complaint about oneself that one was told of and has not answered."""
    open_ = (
        Accused.objects.standing()
        .filter(person_id=actor.person_id or 0, told_at__isnull=False, replied_at=None, complaint__is_restricted=False)
        .exclude(validities__decided=True)
    )[:20]
    yield open_
    return [
        Waiting("回应对本人的投诉", reverse("complaints:own"), selectors.CHAPTER, "complaints.reply", due_on=each.object_by)
        for each in open_
    ]
