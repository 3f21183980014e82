"""Recurring problems as proposals: the program nominates with figures, a person takes one up or dismisses it (3.3)."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction

from chengxin.audit.services import record
from chengxin.consultations import rules
from chengxin.consultations.models import Consultation, Proposal
from chengxin.consultations.selectors.recurring import recurring
from chengxin.consultations.services.drafts import editable, start_draft, tell, text_of
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict


@transaction.atomic
def nominate_proposals(actor: Actor) -> int:
    """Nominate what came again in the last two quarters; how many are new. Each problem once a quarter, however often this runs."""
    require(actor, "consultations.prepare")
    first, _ = rules.quarter_before(clock.today())
    made = 0
    for each in recurring(clock.today()):
        _, new = Proposal.objects.get_or_create(
            key=f"{first:%Y-%m}:{each.clause}:{each.entry}",
            defaults={
                "quarter": first, "clause": each.clause, "entry": each.entry, "title": each.title[:200], "text": each.text[:500],
                "figures": asdict(each), "nominated_at": clock.now(),
            },
        )  # fmt: skip
        made += new
    if made:
        record(actor, "consultations.nominated", f"proposals:{first:%Y-%m}", details={"new": made})
    return made


@transaction.atomic
def take_up_proposal(actor: Actor, proposal: Proposal, *, into: Consultation | None = None) -> Consultation:
    """Take it up into a draft that can still be changed, or into a new one. What rule changes how is for people to write."""
    found = _waiting(actor, proposal)
    draft = editable(actor, into) if into is not None else start_draft(
        actor, title=f"关于“{found.title}”的修订"[:120], reason=found.text, audience=rules.INTERNAL
    )  # fmt: skip
    found.state, found.consultation = Proposal.TAKEN, draft
    _decide(actor, found)
    tell(actor, draft, "采用提案", found.text)
    record(actor, "consultations.proposal_taken", f"proposal:{found.pk}", details={"consultation": draft.pk})
    return draft


@transaction.atomic
def dismiss_proposal(actor: Actor, proposal: Proposal, *, reason: str) -> Proposal:
    found = _waiting(actor, proposal)
    found.reason = text_of(reason, "reason", "请写明不采用的理由。", most=300)
    found.state = Proposal.DISMISSED
    _decide(actor, found)
    record(actor, "consultations.proposal_dismissed", f"proposal:{found.pk}", details={"reason": found.reason})
    return found


def _waiting(actor: Actor, proposal: Proposal) -> Proposal:
    require(actor, "consultations.prepare")
    found = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if found.state != Proposal.WAITING:
        raise Conflict("decided", f"这项提案{found.get_state_display()}（{found.decided_label}），请刷新页面核对。")
    return found


def _decide(actor: Actor, found: Proposal) -> None:
    found.decided_by, found.decided_label, found.decided_at = actor.named_user, actor.label, clock.now()
    found.save()
