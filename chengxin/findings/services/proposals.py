"""Software nominates, people decide: what detectors propose, and what a named person makes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.findings.kinds import finding_kinds
from chengxin.findings.models import Finding, Grade, Proposal
from chengxin.findings.services.life import raise_finding
from chengxin.people import selectors as people

if TYPE_CHECKING:
    from chengxin.people.models import Person


@transaction.atomic
def propose_finding(
    *, kind: str, seen_at: dt.datetime, facts: Mapping[str, str], source: str, described: str, person: Person, grade: str = Grade.MINOR
) -> Proposal | None:
    """Keep what a detector noticed; the same source proposes once. None when the person had no unit on that day.

    A job calls this, so it asks no permission and costs nobody anything: deciding is what needs a named person.
    """
    unit = people.unit_of(person, clock.local_day(seen_at))
    if unit is None:
        return None
    text = finding_kinds[kind].text(facts)
    made, _ = Proposal.objects.get_or_create(
        source=source,
        defaults={
            "kind": kind, "facts": dict(facts), "text": text, "described": described, "grade": grade, "person": person, "unit": unit,
            "seen_at": seen_at, "proposed_at": clock.now(),
        },
    )  # fmt: skip
    return made


@transaction.atomic
def accept_proposal(actor: Actor, proposal: Proposal, *, note: str = "") -> Finding:
    """Make the finding: by the supervision office, or for the own squadron as its self-check; never against oneself."""
    proposal = _locked(actor, proposal)
    finding = raise_finding(
        actor, kind=proposal.kind, seen_at=proposal.seen_at, facts=proposal.facts, source=proposal.source, described=proposal.described,
        person=proposal.person, grade=proposal.grade, note=note, self_check=actor.unit_id == proposal.unit_id,
    )  # fmt: skip
    _decide(actor, proposal, Proposal.MADE, note)
    proposal.finding = finding
    proposal.save()
    record(actor, "findings.proposal_accepted", f"proposal:{proposal.pk}", unit_id=proposal.unit_id, person_id=proposal.person_id)
    return finding


@transaction.atomic
def dismiss_proposal(actor: Actor, proposal: Proposal, *, reason: str) -> Proposal:
    """Make no finding of it, with a reason that stays beside it. Nobody dismisses what concerns oneself."""
    proposal = _locked(actor, proposal)
    if not reason.strip():
        raise DomainError("no_reason", "请写明不予登记的理由。", field="reason")
    _decide(actor, proposal, Proposal.DISMISSED, reason.strip())
    proposal.save()
    record(
        actor, "findings.proposal_dismissed", f"proposal:{proposal.pk}", unit_id=proposal.unit_id, person_id=proposal.person_id,
        details={"reason": reason.strip()},
    )  # fmt: skip
    return proposal


def _locked(actor: Actor, proposal: Proposal) -> Proposal:
    proposal = Proposal.objects.select_for_update(of=("self",)).select_related("person").get(pk=proposal.pk)
    require(actor, "findings.self_check" if actor.unit_id == proposal.unit_id else "findings.raise", unit_id=proposal.unit_id)
    if actor.person_id == proposal.person_id:
        raise NotAllowed("own", "涉及本人的提请须由他人决定。")
    if proposal.state != Proposal.WAITING:
        raise Conflict("decided", f"这项提请已由{proposal.decided_label}决定：{proposal.get_state_display()}。")
    return proposal


def _decide(actor: Actor, proposal: Proposal, state: str, reason: str) -> None:
    proposal.state, proposal.reason = state, reason[:200]
    proposal.decided_by, proposal.decided_label, proposal.decided_at = actor.named_user, actor.label, clock.now()
