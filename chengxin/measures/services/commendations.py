"""表扬: proposed with the deed, given by a leader, taken back with a reason (3.1, 3.2)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.measures import rules
from chengxin.measures.models import Commendation
from chengxin.measures.services.witnesses import bear_witness
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


@transaction.atomic
def propose_commendation(
    actor: Actor, *, form_key: UUID, kind: str, text: str, happened_on: dt.date, person: Person | None = None, unit: Unit | None = None,
    document_number: str = "",
) -> Commendation:  # fmt: skip
    """Propose a commendation of a person or a unit. The same form again is the same proposal; nobody proposes oneself."""
    subject_unit = people.unit_of(person, happened_on) if person is not None else unit
    if subject_unit is None:
        why = f"{person} 在 {happened_on} 没有任职单位，请核对日期。" if person else "请选择人员或单位。"
        raise DomainError("no_unit", why, field="person")
    require(actor, "measures.commend", unit_id=subject_unit.pk)
    if person is not None and person.pk == actor.person_id:
        raise NotAllowed("own", "不能为本人提出表扬，请由他人提出。")
    if happened_on > clock.today():
        raise DomainError("in_the_future", "日期不能晚于今天，请更正。", field="happened_on")
    if kind not in rules.COMMENDATION_KINDS:
        raise DomainError("bad_kind", "请从列表中选择种类。", field="kind")
    if not text.strip():
        raise DomainError("no_text", "请写明事迹。", field="text")
    made, is_new = Commendation.objects.get_or_create(
        form_key=form_key,
        defaults={
            "kind": kind, "person": person, "person_class": person.person_class if person else "", "unit": subject_unit,
            "text": text.strip()[:400], "happened_on": happened_on, "year": happened_on.year,
            "document_number": document_number.strip()[:60], "proposed_at": clock.now(), "proposed_by": actor.user_id,
            "proposed_label": actor.label,
        },
    )  # fmt: skip
    if is_new:
        record(actor, "measures.commendation_proposed", f"commendation:{made.pk}", unit_id=made.unit_id, person_id=made.person_id)
    return made


def _locked(commendation: Commendation) -> Commendation:
    found: Commendation = Commendation.objects.select_for_update(of=("self",)).select_related("person", "unit").get(pk=commendation.pk)
    return found


@transaction.atomic
def decide_commendation(actor: Actor, commendation: Commendation, *, given: bool, note: str = "") -> Commendation:
    """Give it, or decline with a note: by a leader who neither proposed it nor is meant by it."""
    commendation = _locked(commendation)
    require(actor, "measures.give", unit_id=commendation.unit_id)
    if commendation.state != rules.PROPOSED:
        raise Conflict("decided", f"这项表扬目前是“{commendation.get_state_display()}”，可能已由他人决定。")
    if commendation.person_id is not None and commendation.person_id == actor.person_id:
        raise NotAllowed("own", "不能决定对本人的表扬。")
    if commendation.proposed_by is not None and commendation.proposed_by == actor.user_id:
        raise NotAllowed("own_proposal", "提出人不能自己决定，请由其他局领导决定。")
    if not given and not note.strip():
        raise DomainError("no_reason", "不采纳须写明理由。", field="note")
    commendation.state = rules.GIVEN if given else rules.DECLINED
    commendation.given_at, commendation.given_by, commendation.given_label = clock.now(), actor.named_user, actor.label
    commendation.note = note.strip()[:400]
    commendation.save()
    record(
        actor, "measures.commendation_decided", f"commendation:{commendation.pk}", unit_id=commendation.unit_id,
        person_id=commendation.person_id, details={"given": given},
    )  # fmt: skip
    if given:
        bear_witness(actor, commendation, "given")
    return commendation


@transaction.atomic
def revoke_commendation(actor: Actor, commendation: Commendation, *, reason: str) -> Commendation:
    """Take a commendation back, with a reason; it stays to be read."""
    commendation = _locked(commendation)
    require(actor, "measures.give", unit_id=commendation.unit_id)
    if commendation.state != rules.GIVEN:
        raise Conflict("not_given", f"这项表扬目前是“{commendation.get_state_display()}”，不能撤销。")
    if not reason.strip():
        raise DomainError("no_reason", "请写明撤销理由。", field="reason")
    commendation.state, commendation.revoked_at = rules.REVOKED, clock.now()
    commendation.revoked_label, commendation.revoked_reason = actor.label, reason.strip()[:400]
    commendation.save()
    record(
        actor, "measures.commendation_revoked", f"commendation:{commendation.pk}", unit_id=commendation.unit_id,
        person_id=commendation.person_id,
    )  # fmt: skip
    bear_witness(actor, commendation, "revoked")
    return commendation
