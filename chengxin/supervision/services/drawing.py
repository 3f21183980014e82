"""The double draw of a plan: who is checked, then who checks. Each is frozen first and cast once, and anybody can repeat it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.draws.services import cast_draw, freeze_draw, replace_drawn
from chengxin.people.models import Person, Unit
from chengxin.supervision import rules
from chengxin.supervision.models import Inspector, Plan, Target, Visit
from chengxin.supervision.selectors import plans
from chengxin.supervision.services.plans import locked, move, refuse_recused

if TYPE_CHECKING:
    from chengxin.draws.models import Draw


@transaction.atomic
def freeze_objects(actor: Actor, plan: Plan) -> Plan:
    """Fix who may be checked and how many of each layer, before there is a seed. Raises Conflict in any other state of the plan."""
    require(actor, "supervision.plan")
    plan = locked(plan)
    move(plan, rules.FREEZE)
    frame = plans.objects_frame(plan, clock.today())
    plan.objects_draw = freeze_draw(
        actor, key=f"supervision.objects:{plan.pk}", title=f"{plan.title}：检查对象", entries=frame.entries, quotas=frame.quotas,
        rule_version=plans.policy_on(clock.today()).version,
    )  # fmt: skip
    plan.save()
    return plan


@transaction.atomic
def cast_objects(actor: Actor, plan: Plan, *, public: str) -> Plan:
    """Draw who is checked. Raises Conflict before the freeze, after a first cast, and for a frame that was changed since."""
    require(actor, "supervision.plan")
    plan = locked(plan)
    move(plan, rules.CAST)
    plan.objects_draw = draw = cast_draw(actor, _draw(plan.objects_draw), public=public)
    Target.objects.bulk_create(_targets(plan, draw.drawn))
    plan.save()
    return plan


def _targets(plan: Plan, names: list[str]) -> list[Target]:
    """Rows for entries of the frame, with the unit and class they stand under in it."""
    stratum = {entry.name: entry.stratum for entry in _draw(plan.objects_draw).entries}
    persons = Person.objects.in_bulk([plans.number_in(name) for name in names], field_name="number")
    units = {unit.name: unit for unit in plan.units.all()}
    classes = {title: code for code, title in rules.CLASSES.items()}
    found = []
    for name in names:
        unit, person_class, _ = stratum[name].rsplit(" ", 2)
        person = persons[plans.number_in(name)]
        found.append(Target(plan=plan, person=person, unit=units[unit], person_class=classes[person_class], name=name))
    return found


def _draw(draw: Draw | None) -> Draw:
    assert draw is not None, "the plan's state says that it was frozen"
    return draw


@transaction.atomic
def freeze_inspectors(actor: Actor, plan: Plan) -> Plan:
    """Fix who may go where: everybody who inspects, for each squadron with those recused and why.

    Raises DomainError when a squadron has nobody who may visit it.
    """
    require(actor, "supervision.plan")
    plan = locked(plan)
    move(plan, rules.FREEZE_STAFF)
    entries, quotas = plans.inspectors_frame(plan, clock.today())
    for unit in quotas:
        if not any(entry.stratum == unit and not entry.excluded for entry in entries):
            raise DomainError("nobody", f"{unit}没有可以抽取的督查人员（都须回避或不在岗），请先由安全管理员授权其他督查人员。")
    plan.inspectors_draw = freeze_draw(
        actor, key=f"supervision.inspectors:{plan.pk}", title=f"{plan.title}：督查人员", entries=entries, quotas=quotas,
        rule_version=plans.policy_on(clock.today()).version,
    )  # fmt: skip
    plan.save()
    return plan


@transaction.atomic
def cast_inspectors(actor: Actor, plan: Plan, *, public: str) -> Plan:
    """Draw who checks, and arrange the visits: each squadron's drawn persons in parts of at most what the rule says."""
    require(actor, "supervision.plan")
    plan = locked(plan)
    move(plan, rules.CAST_STAFF)
    plan.inspectors_draw = draw = cast_draw(actor, _draw(plan.inspectors_draw), public=public)
    going: dict[str, list[Person]] = defaultdict(list)
    persons = Person.objects.in_bulk([plans.number_in(name) for name in draw.drawn], field_name="number")
    for name in draw.drawn:
        going[name.rpartition("/")[0]].append(persons[plans.number_in(name)])
    size = plans.policy_on(clock.today())["persons_per_visit"]
    targets = plan.targets.standing().select_related("unit").order_by("unit__sequence", "unit_id", "pk")
    for unit, group in itertools.groupby(targets, key=lambda target: target.unit):
        for part in rules.parts(list(group), size):
            _arrange(actor, plan, unit, going[unit.name], part)
    plan.save()
    return plan


def _arrange(actor: Actor, plan: Plan, unit: Unit, persons: list[Person], targets: Sequence[Target]) -> None:
    visit = Visit.objects.create(plan=plan, unit=unit, mode=plan.mode, due_on=plan.ends_on, arranged_label=actor.label)
    Inspector.objects.bulk_create(Inspector(visit=visit, person=person, is_drawn=True) for person in persons)
    Target.objects.filter(pk__in=[target.pk for target in targets]).update(visit=visit)


@transaction.atomic
def replace_object(actor: Actor, target: Target, *, reason: str) -> Target | None:
    """Take the next ticket of the layer instead of somebody drawn who cannot be checked; None where the layer has nobody left.

    Raises DomainError without a reason, Conflict once the visit was submitted.
    """
    require(actor, "supervision.plan")
    plan = locked(target.plan)
    target = Target.objects.select_for_update(of=("self",)).select_related("visit").get(pk=target.pk)
    _refuse_over(target.visit)
    made = replace_drawn(actor, _draw(plan.objects_draw), out=target.name, reason=reason)
    target.replaced_at, target.reason = clock.now(), reason.strip()
    target.save()
    record(
        actor, "supervision.object_replaced", f"plan:{plan.pk}", unit_id=target.unit_id, person_id=target.person_id,
        details={"out": target.name, "in": made.into, "reason": reason.strip()},
    )  # fmt: skip
    if made.into is None:
        return None
    (came,) = _targets(plan, [made.into])
    came.visit = target.visit
    came.save()
    return came


@transaction.atomic
def replace_inspector(actor: Actor, inspector: Inspector, *, reason: str, by: Person | None = None) -> Inspector:
    """Let another go instead, with the reason: the next ticket for one who was drawn, somebody named (``by``) for one assigned.

    Raises NotAllowed for somebody of the visited unit, DomainError without a reason or when nobody is left, Conflict after the visit.
    """
    require(actor, "supervision.plan")
    plan = locked(inspector.visit.plan)
    inspector = Inspector.objects.select_for_update(of=("self",)).select_related("visit__unit", "person").get(pk=inspector.pk)
    visit = inspector.visit
    _refuse_over(visit)
    if inspector.replaced_at is not None:
        raise Conflict("replaced", "这名督查人员已经替换。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明替换理由。", field="reason")
    came = _next_of(actor, plan, inspector, reason) if inspector.is_drawn else _named(visit, by)
    # those drawn for a squadron go on all its visits of the plan: replaced in one, replaced in all that are not over
    same = Inspector.objects.filter(visit__plan=plan, visit__unit=visit.unit, visit__state=rules.WAITING, person=inspector.person)
    rows = list(same.standing() if inspector.is_drawn else [inspector])
    for row in rows:
        row.replaced_at, row.replaced_label, row.reason = clock.now(), actor.label, reason.strip()
        row.save()
        Inspector.objects.get_or_create(visit_id=row.visit_id, person=came, defaults={"is_drawn": row.is_drawn})
    record(
        actor, "supervision.inspector_replaced", f"visit:{visit.pk}", unit_id=visit.unit_id, person_id=inspector.person_id,
        details={"in": came.number, "reason": reason.strip()},
    )  # fmt: skip
    return Inspector.objects.get(visit=visit, person=came)


def _next_of(actor: Actor, plan: Plan, inspector: Inspector, reason: str) -> Person:
    name = f"{inspector.visit.unit.name}/{inspector.person.number} {inspector.person.name}"
    made = replace_drawn(actor, _draw(plan.inspectors_draw), out=name, reason=reason)
    if made.into is None:
        raise DomainError("nobody", "范围内已没有可以替换的督查人员，请先由安全管理员授权其他督查人员，另行制定计划。")
    return Person.objects.get(number=plans.number_in(made.into))


def _named(visit: Visit, person: Person | None) -> Person:
    if person is None:
        raise DomainError("nobody", "请选择替换的督查人员。", field="inspector")
    refuse_recused(visit.unit, [person])
    return person


def _refuse_over(visit: Visit | None) -> None:
    if visit is not None and visit.state != rules.WAITING:
        raise Conflict("visit_over", f"这次检查“{rules.VISIT_STATES[visit.state]}”，不能再替换。")
