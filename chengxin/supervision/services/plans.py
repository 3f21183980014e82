"""Commands on plans: make one, cancel it before there is a seed, close it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.constraints import readable
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.supervision import rules
from chengxin.supervision.models import Plan
from chengxin.supervision.selectors import plans

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


def locked(plan: Plan) -> Plan:
    """The plan as it is now, held until the transaction ends: two people do not take one step at once."""
    return Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)


def move(plan: Plan, action: str) -> None:
    """Let the plan go on. Raises Conflict that says what comes first."""
    try:
        plan.state = rules.after(plan.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def refuse_recused(unit: Unit, persons: Sequence[Person], *, field: str = "inspectors") -> None:
    """Raise NotAllowed when one of the inspectors must not visit the unit today (回避): nobody inspects the own unit."""
    for person in persons:
        why = plans.why_recused(person, unit, clock.today())
        if why:
            raise NotAllowed("recusal", f"{person.name} 不能检查{unit.name}：{why}。请改派其他人员。", field=field)


@transaction.atomic
def create_plan(
    actor: Actor, *, kind: str, mode: str, template: str, starts_on: dt.date, ends_on: dt.date, units: Collection[Unit],
    quarter: int | None = None, reason: str = "", note: str = "",
) -> Plan:  # fmt: skip
    """Plan inspections of squadrons. Raises DomainError naming the field, Conflict for a second quarterly plan of a quarter."""
    require(actor, "supervision.plan")
    policy, quarter = plans.policy_on(clock.today()), quarter if kind == rules.QUARTERLY else None
    _check_choices(kind, mode, template)
    wish = rules.Wish(kind, mode, starts_on, ends_on, quarter, reason, len(units))
    why = rules.why_not_planned(wish, policy.values, clock.today())
    if why is not None:
        raise DomainError("bad_plan", why[1], field=why[0])
    title = f"{starts_on.year} 年第 {quarter} 季度抽查" if quarter else f"{starts_on:%Y-%m-%d} {rules.KINDS[kind]}"
    with readable(Plan), transaction.atomic():
        plan = Plan.objects.create(
            kind=kind, mode=mode, title=f"{title}（{reason}）" if kind == rules.SPECIAL else title, year=starts_on.year, quarter=quarter,
            starts_on=starts_on, ends_on=ends_on, template=template, reason=reason if kind == rules.SPECIAL else "", note=note.strip(),
            rule_version=policy.version, planned_by=actor.named_user, planned_label=actor.label, planned_at=clock.now(),
        )  # fmt: skip
    plan.units.set(units)
    record(
        actor, "supervision.planned", f"plan:{plan.pk}", details={"kind": kind, "mode": mode, "units": sorted(each.pk for each in units)}
    )
    return plan


def _check_choices(kind: str, mode: str, template: str) -> None:
    for field, given, known, title in (
        ("kind", kind, rules.KINDS, "种类"), ("mode", mode, rules.MODES, "方式"), ("template", template, plans.TEMPLATES, "检查表"),
    ):  # fmt: skip
        if given not in known:
            raise DomainError("bad_choice", f"“{title}”请从列表中选择。", field=field)


@transaction.atomic
def cancel_plan(actor: Actor, plan: Plan, *, reason: str) -> Plan:
    """Give a plan up, before anybody was drawn. Raises Conflict after that."""
    require(actor, "supervision.plan")
    plan = locked(plan)
    if not reason.strip():
        raise DomainError("no_reason", "请写明取消的理由。", field="reason")
    move(plan, rules.CANCEL)
    _end(actor, plan, reason)
    record(actor, "supervision.plan_cancelled", f"plan:{plan.pk}", details={"reason": reason.strip()})
    return plan


@transaction.atomic
def close_plan(actor: Actor, plan: Plan, *, note: str = "") -> Plan:
    """End a plan once each of its visits was submitted or called off. Raises Conflict that names what is missing."""
    require(actor, "supervision.plan")
    plan = locked(plan)
    waiting = plan.visits.filter(state=rules.WAITING).select_related("unit")
    if waiting:
        missing = "、".join(f"{visit.number} {visit.unit.name}" for visit in waiting)
        raise Conflict("visits_waiting", f"还有检查没有提交：{missing}。请先提交，或写明理由取消。")
    move(plan, rules.CLOSE)
    _end(actor, plan, note)
    record(actor, "supervision.plan_closed", f"plan:{plan.pk}")
    return plan


def _end(actor: Actor, plan: Plan, note: str) -> None:
    plan.ended_label, plan.ended_at, plan.ended_note = actor.label, clock.now(), note.strip()
    plan.save()
