"""A measure from its proposal to its end: decided, objected to, taken back – each by another person (2.1.5, 2.2.5, 3.1)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings import rules as finding_rules
from chengxin.findings import selectors as findings
from chengxin.measures import rules, selectors
from chengxin.measures.models import Measure, MeasureObjection, MeasureReversal
from chengxin.measures.services.witnesses import bear_witness
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.findings.models import Finding
    from chengxin.people.models import Person, Unit

RULE = "measures.ladder"
HAS_MEASURE = "这一事实已经有一项措施；一事不再罚，加重情形请写在同一项措施里。"


@transaction.atomic
def propose_measure(
    actor: Actor, *, kind: str, ground: str, text: str, happened_on: dt.date, person: Person | None = None, unit: Unit | None = None,
    finding: Finding | None = None, document_number: str = "", form_key: UUID | None = None,
) -> Measure:  # fmt: skip
    """Propose a measure by hand: against a finding (its text where none is given), on the discipline organ's notice, or a talk with a
    unit. The same form again is the same proposal.

    Raises DomainError (a future day, no subject, an integrity matter without document, no rule in force), Conflict (the fact is
    reversed, carries a measure already, or is no repetition), NotAllowed (oneself, the own unit).
    """
    if finding is not None:
        person, unit, happened_on, text = finding.person, finding.unit, finding.seen_on, text.strip() or finding.text
    subject_unit = people.unit_of(person, happened_on) if person is not None and finding is None else unit
    _check_proposal(kind, ground, text, happened_on, finding, document_number)
    if ground == rules.INTEGRITY and person is None:
        raise DomainError("no_person", "违反廉政纪律是对个人的，请填写人员。", field="person")
    if subject_unit is None:
        why = f"{person} 在 {happened_on} 没有任职单位，请核对日期。" if person else "请选择人员或单位。"
        raise DomainError("no_unit", why, field="person")
    require(actor, "measures.propose", unit_id=subject_unit.pk)
    why = rules.why_not_decide(actor=_standing(actor), person_id=person.pk if person else None, unit_id=subject_unit.pk, apart=())
    if why:
        raise NotAllowed("recusal", why)
    sent: Measure | None = Measure.objects.filter(form_key=form_key).first() if form_key is not None else None
    if sent is not None:
        return sent
    made = keep(
        actor, kind=kind, ground=ground, clause=_clause(ground, finding), person=person, unit=subject_unit, finding=finding,
        text=text.strip(), happened_on=happened_on, document_number=document_number.strip(), form_key=form_key,
        suggestion=_by_hand(finding, ground), by=actor.user_id,
    )  # fmt: skip
    record(actor, "measures.proposed", f"measure:{made.pk}", unit_id=made.unit_id, person_id=made.person_id, details={"kind": kind})
    return made


def _check_proposal(kind: str, ground: str, text: str, day: dt.date, finding: Finding | None, document: str) -> None:
    if kind not in rules.KINDS or ground not in rules.GROUNDS:
        raise DomainError("bad_kind", "请从列表中选择措施和情形。", field="kind")
    if not text.strip():
        raise DomainError("no_text", "请写明事实。", field="text")
    if day > clock.today():
        raise DomainError("in_the_future", "事实日期不能晚于今天，请更正。", field="happened_on")
    if finding is None and ground not in rules.WITHOUT_FINDING:
        raise DomainError("no_finding", f"“{rules.GROUNDS[ground]}”须以已登记的问题为事实，请填写问题编号。", field="finding")
    if ground == rules.INTEGRITY and not document.strip():
        raise DomainError("no_document", "违反廉政纪律以纪检机关的通知为准，请填写依据文号。", field="document_number")


def _clause(ground: str, finding: Finding | None) -> str:
    return rules.CLAUSE_OF_GROUND.get(ground, rules.handling(finding.clause) if finding else "3.1")


def _by_hand(finding: Finding | None, ground: str) -> rules.Suggestion | None:
    """What the ladder says of a fact that somebody names: its further grounds become parts of the same measure.

    Raises Conflict for a repetition that the facts of the year do not bear out.
    """
    suggestion = selectors.suggestion_for(finding) if finding is not None else None
    if ground == rules.REPEATED and (suggestion is None or rules.REPEATED not in suggestion.grounds):
        raise Conflict("no_repetition", "按现有事实，本年度计入的问题还不到“多次违规”的次数，请改选情形。")
    return suggestion


def parts(suggestion: rules.Suggestion | None, ground: str) -> list[dict[str, object]]:
    """The named parts of a measure on some ground: every other ground of its fact, and what a repetition rests on."""
    found = suggestion.all_grounds if suggestion is not None else ()
    kept = [each for each in found if each.ground != ground or ground == rules.REPEATED]
    return [{"ground": each.ground, "text": each.text, "findings": list(each.findings)} for each in kept]


def keep(
    actor: Actor, *, kind: str, ground: str, clause: str, person: Person | None, unit: Unit, finding: Finding | None, text: str,
    happened_on: dt.date, suggestion: rules.Suggestion | None, document_number: str = "", form_key: UUID | None = None,
    by: int | None = None, replaces: Measure | None = None,
) -> Measure:  # fmt: skip
    """The row of a proposal, by a user or (``by`` none) by the ladder. Raises Conflict for a fact that is reversed or carries a measure
    that this one does not replace, DomainError without a rule in force.
    """
    if finding is not None and finding.state not in finding_rules.COUNTING:
        raise Conflict("reversed_fact", f"{finding.number} 目前是“{finding_rules.STATES[finding.state]}”，不能据此采取措施。")
    if finding is not None and replaces is None and Measure.objects.filter(finding=finding, state=rules.DECIDED).exists():
        raise Conflict("has_measure", HAS_MEASURE)
    version = rulebook.version_for(RULE, happened_on).label
    try:
        with transaction.atomic():
            return Measure.objects.create(
                kind=kind, ground=ground, clause=clause, person=person, person_class=person.person_class if person else "", unit=unit,
                finding=finding, aggravations=parts(suggestion, ground), text=text[:400], document_number=document_number[:60],
                repeat_needed=suggestion.repeat_count if suggestion and ground == rules.REPEATED else 0, by_ladder=by is None,
                happened_on=happened_on, year=happened_on.year, proposed_at=clock.now(), proposed_by=by, proposed_label=actor.label,
                rule_version=suggestion.version if suggestion else version, form_key=form_key, replaces=replaces,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("has_measure", HAS_MEASURE) from error


def renew(measure: Measure, suggestion: rules.Suggestion) -> bool:
    """Bring a proposal of the ladder up to what the ladder says now, not yet saved; whether that changes anything."""
    now = {
        "kind": suggestion.kind, "ground": suggestion.ground, "clause": suggestion.clause, "text": suggestion.text[:400],
        "aggravations": parts(suggestion, suggestion.ground), "rule_version": suggestion.version,
        "repeat_needed": suggestion.repeat_count if suggestion.ground == rules.REPEATED else 0,
    }  # fmt: skip
    changed = any(getattr(measure, name) != value for name, value in now.items())
    for name, value in now.items():
        setattr(measure, name, value)
    return changed


def _standing(actor: Actor) -> tuple[int | None, int | None, int | None]:
    return actor.user_id, actor.person_id, actor.unit_id


def locked(measure: Measure) -> Measure:
    found: Measure = Measure.objects.select_for_update(of=("self",)).select_related("finding", "person", "unit").get(pk=measure.pk)
    return found


def _require_decider(actor: Actor, measure: Measure, kind: str) -> None:
    require(actor, "measures.decide_grave" if kind in rules.GRAVE else "measures.decide", unit_id=measure.unit_id)
    apart = [("提出人", measure.proposed_by), ("发现人", selectors.finder_of(measure))]
    why = rules.why_not_decide(actor=_standing(actor), person_id=measure.person_id, unit_id=measure.unit_id, apart=apart)
    if why:
        raise NotAllowed("recusal", why)


def _move(measure: Measure, action: str) -> None:
    try:
        measure.state = rules.after(measure.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


def _sign(actor: Actor, measure: Measure, reasons: str) -> None:
    if not reasons.strip():
        raise DomainError("no_reason", "请写明理由，当事人会看到。", field="reasons")
    measure.reasons, measure.decided_at = reasons.strip(), clock.now()
    measure.decided_by, measure.decided_person_id, measure.decided_label = actor.named_user, actor.person_id, actor.label


def _look_again(measure: Measure) -> None:
    """A decision rests on the facts as they are when it is made. Raises Conflict when the fact or its ground has fallen."""
    if measure.finding is None:
        return
    if measure.finding.state not in finding_rules.COUNTING:
        raise Conflict("reversed_fact", f"主要事实 {measure.finding.number} 已撤销或并案，不能再采取措施，请选择不予采取。")
    now = selectors.suggestion_for(measure.finding)
    if selectors.has_lost_ground(measure, now):
        raise Conflict("lost_ground", f"按现有事实，“{rules.GROUNDS[measure.ground]}”已不成立，不能再采取措施，请选择不予采取。")
    if measure.by_ladder and now is not None:
        renew(measure, now)
    else:
        measure.aggravations = parts(now, measure.ground)


def _take_back_replaced(actor: Actor, measure: Measure) -> None:
    """One fact has one measure: the one it replaces ends in the same act. Raises Conflict while that one is being objected to."""
    if measure.replaces is None:
        return
    replaced = locked(measure.replaces)
    if replaced.state != rules.DECIDED:
        return
    if replaced.objections.filter(outcome="").exists():
        raise Conflict("objection_pending", f"被替代的 {replaced.number} 正在申辩复核中，请先决定申辩。")
    _reverse(actor, replaced, f"由 {measure.number} 替代", None)
    record(actor, "measures.reversed", f"measure:{replaced.pk}", unit_id=replaced.unit_id, person_id=replaced.person_id)
    bear_witness(actor, replaced, "reversed")


@transaction.atomic
def decide_measure(actor: Actor, measure: Measure, *, kind: str, reasons: str) -> Measure:
    """Take the measure, or a milder or graver one, with reasons. Nobody decides what oneself found, proposed or is concerned by.

    Raises Conflict for a decided one and for one whose fact has been reversed, DomainError where only a draft of the rules exists.
    """
    measure = locked(measure)
    if kind not in rules.KINDS:
        raise DomainError("bad_kind", "请从列表中选择措施。", field="kind")
    _require_decider(actor, measure, kind)
    _move(measure, rules.DECIDE)
    _sign(actor, measure, reasons)
    rulebook.version_for(RULE, measure.happened_on)
    _look_again(measure)
    _take_back_replaced(actor, measure)
    counted = finding_rules.due(
        clock.today(), rulebook.rule_values("findings.objection", clock.today())["workdays"], rulebook.work_calendar()
    )
    measure.kind, measure.object_by, measure.calendar_version = kind, counted.day, counted.calendar_version
    try:
        with transaction.atomic():
            measure.save()
    except IntegrityError as error:
        raise Conflict("has_measure", HAS_MEASURE) from error
    record(
        actor, "measures.decided", f"measure:{measure.pk}", unit_id=measure.unit_id, person_id=measure.person_id,
        details={"kind": kind, "ground": measure.ground, "rule": measure.rule_version},
    )  # fmt: skip
    bear_witness(actor, measure, "decided")
    return measure


@transaction.atomic
def dismiss_measure(actor: Actor, measure: Measure, *, reasons: str) -> Measure:
    """Decide not to take it, with reasons that stay beside it."""
    measure = locked(measure)
    _require_decider(actor, measure, measure.kind)
    _move(measure, rules.DISMISS)
    _sign(actor, measure, reasons)
    measure.save()
    record(actor, "measures.dismissed", f"measure:{measure.pk}", unit_id=measure.unit_id, person_id=measure.person_id)
    return measure


@transaction.atomic
def file_objection(actor: Actor, measure: Measure, *, text: str) -> MeasureObjection:
    """申辩 by the person concerned, or for the unit by who answers for it, within the term.

    Raises DomainError after the term, Conflict for a measure that does not stand or was objected to, NotAllowed for others.
    """
    measure = locked(measure)
    own = measure.person_id is not None and measure.person_id == actor.person_id
    if not own:
        if measure.person_id is not None:
            raise NotAllowed("not_yours", "对个人的措施由本人提出申辩。")
        require(actor, "measures.object", unit_id=measure.unit_id)
    if measure.state != rules.DECIDED:
        raise Conflict("not_decided", f"这项措施目前是“{rules.STATES[measure.state]}”，不需要申辩。")
    if measure.object_by is not None and clock.today() > measure.object_by:
        raise DomainError("too_late", f"申辩期已过，{measure.object_by} 截止。如有新证据，请联系督察办。", field="text")
    if not text.strip():
        raise DomainError("no_text", "请写明申辩理由。", field="text")
    if MeasureObjection.objects.filter(measure=measure).exists():
        raise Conflict("objected", "这项措施已经提出过申辩，请等待或查看决定。")
    made = MeasureObjection.objects.create(
        measure=measure, text=text.strip(), filed_by=actor.named_user, filed_label=actor.label, filed_at=clock.now(),
        measure_decider=measure.decided_by or 0,
    )  # fmt: skip
    record(actor, "measures.objected", f"measure:{measure.pk}", unit_id=measure.unit_id, person_id=measure.person_id)
    bear_witness(actor, measure, "objected")
    return made


@transaction.atomic
def decide_objection(actor: Actor, measure: Measure, *, revoked: bool, reasons: str) -> MeasureObjection:
    """维持 or 撤销 by a leader other than who decided the measure, who found its fact and who objected."""
    measure = locked(measure)
    require(actor, "measures.decide_grave", unit_id=measure.unit_id)
    objection = measure.objections.filter(outcome="").first()
    if objection is None:
        raise Conflict("nothing_pending", "没有等待决定的申辩，可能已由他人决定。")
    apart = [("决定人", measure.decided_by), ("申辩人", objection.filed_by), ("发现人", selectors.finder_of(measure))]
    why = rules.why_not_decide(actor=_standing(actor), person_id=measure.person_id, unit_id=measure.unit_id, apart=apart)
    if why:
        raise NotAllowed("recusal", why)
    if not reasons.strip():
        raise DomainError("no_reason", "请写明决定理由。", field="reasons")
    objection.outcome, objection.reasons = ("revoked" if revoked else "upheld"), reasons.strip()
    objection.decided_by, objection.decided_label, objection.decided_at = actor.named_user, actor.label, clock.now()
    objection.save()
    if revoked:
        _reverse(actor, measure, reasons.strip(), objection)
    record(
        actor, "measures.objection_decided", f"measure:{measure.pk}", unit_id=measure.unit_id, person_id=measure.person_id,
        details={"revoked": revoked},
    )  # fmt: skip
    bear_witness(actor, measure, "objection_decided")
    return objection


@transaction.atomic
def reverse_measure(actor: Actor, measure: Measure, *, reason: str) -> Measure:
    """Take a decided measure back, with a reason; it stays to be read and counts nowhere."""
    measure = locked(measure)
    require(actor, "measures.decide_grave" if measure.kind in rules.GRAVE else "measures.decide", unit_id=measure.unit_id)
    why = rules.why_not_decide(actor=_standing(actor), person_id=measure.person_id, unit_id=measure.unit_id, apart=())
    if why:
        raise NotAllowed("recusal", why)
    if not reason.strip():
        raise DomainError("no_reason", "请写明撤销理由。", field="reason")
    if measure.objections.filter(outcome="").exists():
        raise Conflict("objection_pending", "这项措施正在申辩复核中，请先决定申辩。")
    _reverse(actor, measure, reason.strip(), None)
    record(actor, "measures.reversed", f"measure:{measure.pk}", unit_id=measure.unit_id, person_id=measure.person_id)
    bear_witness(actor, measure, "reversed")
    return measure


def _reverse(actor: Actor, measure: Measure, reason: str, objection: MeasureObjection | None) -> None:
    had_fallen = not selectors.is_standing(measure)
    _move(measure, rules.REVERSE)
    measure.save(update_fields=["state"])
    MeasureReversal.objects.create(
        measure=measure, by=actor.named_user, by_label=actor.label, at=clock.now(), reason=reason, objection=objection,
        had_fallen=had_fallen,
    )  # fmt: skip


def finding_by_number(actor: Actor, text: str) -> Finding:
    """The finding somebody names, within the own scope. Raises DomainError beside the field."""
    try:
        return findings.finding_by_number(actor, text)
    except DomainError as error:
        raise DomainError(error.code, error.message, field="finding") from error
