"""The signature under the phrase norms of a version (2.3.1)."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.conduct import selectors
from chengxin.conduct.models import SignOff
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people import selectors as people
from chengxin.people.models import Person


@transaction.atomic
def sign_off(actor: Actor, *, version: str) -> SignOff:
    """Say that one has learnt the norms of a version: that in force today, which the page showed. A second click changes nothing.

    Raises NotAllowed for who wears no uniform, DomainError while there is only a draft, Conflict when another version came meanwhile.
    """
    require(actor, "conduct.practise")
    person = Person.objects.filter(pk=actor.person_id or 0, person_class__in=selectors.SIGNING, left_on=None).first()
    if person is None:
        raise NotAllowed("no_signer", "只有在岗的在编和协管人员需要签名。")
    current = selectors.version_in_force()
    if current is None:
        raise DomainError("draft", "文明用语还是征求意见稿，施行后再签名。")
    if current.label != version:
        raise Conflict("other_version", "文明用语已有新的版本，请看过新版本后再签名。")
    signed = selectors.sign_off_of(person.pk, current.label)
    if signed is not None:
        return signed
    unit = people.unit_of(person, clock.today())
    try:
        with transaction.atomic():
            made = SignOff.objects.create(
                person=person, unit=unit, person_class=person.person_class, user_id=actor.named_user, rule_version=current.label,
                signed_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        return SignOff.objects.get(person=person, rule_version=current.label)  # the other of two simultaneous clicks was first
    record(
        actor, "conduct.signed", f"person:{person.pk}", unit_id=unit.pk if unit else None, person_id=person.pk,
        details={"version": current.label},
    )  # fmt: skip
    return made
