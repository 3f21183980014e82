"""Commands from the signature on: sign or return, issue, number, acknowledge (3.1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chengxin.audit.services import record
from chengxin.bulletins import rules, selectors
from chengxin.bulletins.models import Acknowledgement, Bulletin
from chengxin.bulletins.services import built_in
from chengxin.bulletins.services.locks import locked, move, require_issued
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people.models import UnitKind
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Unit


@transaction.atomic
def return_bulletin(actor: Actor, bulletin: Bulletin, *, reason: str) -> Bulletin:
    """Send frozen figures back before the signature, with a reason; they stay kept, and a new freeze writes others beside them."""
    require(actor, "bulletins.sign")
    bulletin = locked(bulletin)
    move(bulletin, rules.RETURN)
    before = bulletin.snapshot
    bulletin.snapshot, bulletin.frozen_by, bulletin.return_reason = None, None, reason
    bulletin.save(update_fields=["state", "snapshot", "frozen_by", "return_reason"])
    record(
        actor, "bulletins.returned", f"bulletin:{bulletin.pk}",
        details={"reason": reason, "sha256": before.sha256 if before else ""},
    )  # fmt: skip
    return bulletin


@transaction.atomic
def sign_bulletin(actor: Actor, bulletin: Bulletin, *, sha256: str) -> Bulletin:
    """A leader, who is not the one that froze the figures, signs figures, words, tasks and template together.

    ``sha256`` is the digest the signer saw: Conflict when the figures were returned and frozen anew meanwhile.
    """
    require(actor, "bulletins.sign")
    user = actor.named_user
    bulletin = locked(bulletin)
    move(bulletin, rules.SIGN)
    snapshot = bulletin.snapshot
    assert snapshot is not None, "figures are frozen before anybody signs"
    if user == bulletin.frozen_by:
        raise NotAllowed("same_person", "数据由您冻结，须由另一人签发。")
    if sha256 != snapshot.sha256:
        raise Conflict("changed", "您看到的数据已被退回并重新冻结，请核对后再签发。")
    template = selectors.template_on(clock.today())
    bulletin.template, bulletin.template_label = template, template.label if template else built_in.LABEL
    bulletin.wording = _wording(bulletin)
    bulletin.signed_by, bulletin.signed_label, bulletin.signed_at = user, actor.label, clock.now()
    bulletin.signed_sha256 = selectors.signed_digest(bulletin)
    bulletin.save()
    record(actor, "bulletins.signed", f"bulletin:{bulletin.pk}", details={"sha256": bulletin.signed_sha256})
    return bulletin


def _wording(bulletin: Bulletin) -> dict[str, Any]:
    written = selectors.wording_of(bulletin)
    tasks = [dict(each) for each in written.tasks]
    return {"practice": written.practice, "outlook": written.outlook, "tasks": tasks, "signed_on": clock.today().isoformat()}


@transaction.atomic
def issue_bulletin(actor: Actor, bulletin: Bulletin, *, public: bool = False) -> Bulletin:
    """Give a signed bulletin out: to the bureau in full, to the squadrons without others' names, to the public when wanted.

    Once only: raises Conflict when it is out. Terms of its tasks and of the squadrons' acknowledgement run from here.
    """
    require(actor, "bulletins.issue")
    user = actor.named_user
    bulletin = locked(bulletin)
    move(bulletin, rules.ISSUE)
    today = clock.today()
    policy = rulebook.rule_values("bulletins.content", today)
    term = rulebook.work_calendar().nth_workday_after(today, policy["acknowledge_workdays"])
    bulletin.audiences = [rules.INTERNAL, rules.SQUADRONS, *([rules.PUBLIC] if public else [])]
    bulletin.acknowledge_by, bulletin.acknowledge_provisional = term.day, term.provisional
    bulletin.issued_by, bulletin.issued_label, bulletin.issued_at = user, actor.label, clock.now()
    bulletin.save()
    record(
        actor, "bulletins.issued", f"bulletin:{bulletin.pk}",
        details={"month": bulletin.month, "audiences": bulletin.audiences, "sha256": bulletin.signed_sha256},
    )  # fmt: skip
    return bulletin


@transaction.atomic
def give_number(actor: Actor, bulletin: Bulletin, *, number: str) -> Bulletin:
    """Write in the 发文字号 the bureau's office gave; once, for a signed bulletin."""
    require(actor, "bulletins.issue")
    bulletin = locked(bulletin)
    if bulletin.state not in {rules.SIGNED, rules.ISSUED}:
        raise Conflict("not_signed", "签发后才有发文字号。")
    if bulletin.document_number:
        raise Conflict("numbered", f"发文字号已是“{bulletin.document_number}”；写错了请用更正说明。", field="number")
    if Bulletin.objects.filter(document_number=number).exists():
        raise DomainError("number_used", f"“{number}”已用于另一期通报，请核对。", field="number")
    bulletin.document_number = number
    bulletin.save(update_fields=["document_number"])
    record(actor, "bulletins.numbered", f"bulletin:{bulletin.pk}", details={"number": number})
    return bulletin


@transaction.atomic
def acknowledge_bulletin(actor: Actor, bulletin: Bulletin, *, unit: Unit) -> Acknowledgement:
    """The captain says that the squadron has received it; this accepts nothing. A second time changes nothing."""
    require(actor, "bulletins.acknowledge", unit_id=unit.pk)
    if unit.kind != UnitKind.SQUADRON or actor.units_for("bulletins.acknowledge") is None:
        raise NotAllowed("not_yours", "由中队长为本中队签收。")
    bulletin = locked(bulletin)
    require_issued(bulletin, "签收")
    there = bulletin.acknowledgements.filter(unit=unit).first()
    if there is not None:
        return there
    made = Acknowledgement.objects.create(bulletin=bulletin, unit=unit, by=actor.named_user, by_label=actor.label, at=clock.now())
    record(actor, "bulletins.acknowledged", f"bulletin:{bulletin.pk}", unit_id=unit.pk)
    return made


def units_to_acknowledge(actor: Actor, bulletin: Bulletin, squadrons: Collection[Unit]) -> list[Unit]:
    """The actor's own squadrons that have not acknowledged yet."""
    reach = actor.units_for("bulletins.acknowledge")
    if bulletin.state != rules.ISSUED or not reach:
        return []
    done = set(bulletin.acknowledgements.values_list("unit_id", flat=True))
    return [unit for unit in squadrons if unit.pk in reach and unit.pk not in done]
