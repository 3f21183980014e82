"""岗位风险: registered with a measure and who answers for it, reviewed by entries (2.4.4)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from chengxin.activities import rules
from chengxin.activities.models import Risk, RiskEntry
from chengxin.activities.selectors.policies import risk_policy_at
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people import selectors as people
from chengxin.rulekit.months import add_months

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


def register_risk(
    actor: Actor, *, form_key: UUID, unit: Unit, post: str, text: str, grade: str, measure: str, responsible: Person
) -> Risk:  # fmt: skip
    """Put a risk of a post into this year's register; its first review follows from the grade. The same form again is the same risk.

    Raises DomainError naming the field, Conflict for a risk the post already has this year.
    """
    require(actor, "activities.risk", unit_id=unit.pk)
    sent = Risk.objects.filter(form_key=form_key).first()
    if sent is not None:
        return sent
    today = clock.today()
    policy = risk_policy_at(today)
    for field, given, name in (("post", post, "岗位"), ("text", text, "风险"), ("measure", measure, "防控措施")):
        if not given.strip():
            raise DomainError(f"no_{field}", f"请填写“{name}”。", field=field)
    if grade not in policy.grades:
        raise DomainError("bad_grade", "“等级”请从列表中选择。", field="grade")
    if people.unit_of(responsible, today) is None:
        raise DomainError("no_unit", f"{responsible} 目前没有任职单位，请另选责任人。", field="responsible")
    with readable(Risk), transaction.atomic():
        made = Risk.objects.create(
            year=today.year, unit=unit, post=post.strip(), text=text.strip(), grade=grade, measure=measure.strip(), responsible=responsible,
            review_due_on=add_months(today, policy.grades[grade].months), rule_version=policy.version, form_key=form_key,
            registered_at=clock.now(), registered_label=actor.label,
        )  # fmt: skip
        _enter(actor, made, "登记", "", form_key, today)
        record(actor, "activities.risk_registered", f"risk:{made.pk}", unit_id=unit.pk, details={"grade": grade})
    return made


@transaction.atomic
def review_risk(
    actor: Actor, risk: Risk, *, form_key: UUID, text: str, state: str, grade: str, measure: str, next_on: dt.date | None = None
) -> Risk:  # fmt: skip
    """Set down how a risk stands today: by the responsible person or for the unit; closing it is the unit's alone.

    Raises DomainError naming the field, Conflict for a closed risk.
    """
    is_unit = actor.may("activities.risk", risk.unit_id)
    if not is_unit and actor.person_id != risk.responsible_id:
        require(actor, "activities.risk", unit_id=risk.unit_id)
    risk = Risk.objects.select_for_update(of=("self",)).get(pk=risk.pk)
    if RiskEntry.objects.filter(form_key=form_key).exists():
        return risk
    if risk.state == rules.RISK_CLOSED:
        raise Conflict("closed", "这项风险已经消除，再次出现请重新登记。")
    today = clock.today()
    policy = risk_policy_at(today)
    if state not in rules.RISK_STATES or grade not in policy.grades:
        raise DomainError("bad_choice", "“状态”和“等级”请从列表中选择。", field="state")
    if not text.strip() or not measure.strip():
        raise DomainError("no_text", "请写明复查情况和防控措施。", field="measure" if text.strip() else "text")
    if state == rules.RISK_CLOSED and not is_unit:
        raise NotAllowed("not_unit", "认定风险已消除由单位负责人办理。", field="state")
    latest = add_months(today, policy.grades[grade].months)
    due = next_on or latest
    if not today < due <= latest:
        raise DomainError("bad_date", f"下次复查应在明天至 {latest} 之间（{policy.grades[grade].title}风险）。", field="next_on")
    risk.state, risk.grade, risk.measure = state, grade, measure.strip()
    risk.review_due_on = None if state == rules.RISK_CLOSED else due
    risk.save()
    _enter(actor, risk, "复查", text, form_key, today)
    record(actor, "activities.risk_reviewed", f"risk:{risk.pk}", unit_id=risk.unit_id, details={"state": state, "grade": grade})
    return risk


def _enter(actor: Actor, risk: Risk, title: str, text: str, key: UUID, day: dt.date) -> None:
    RiskEntry.objects.create(
        risk=risk, title=title, text=text.strip()[:400], grade=risk.grade, state=risk.state, measure=risk.measure,
        review_due_on=risk.review_due_on, on=day, form_key=key, by=actor.named_user, by_label=actor.label, at=clock.now(),
    )  # fmt: skip
