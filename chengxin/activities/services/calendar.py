"""Secret addresses of calendar feeds: issued, shown once, revoked."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction

from chengxin.activities.models import CalendarLink
from chengxin.activities.selectors.calendar import digest_of
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed

if TYPE_CHECKING:
    from chengxin.people.models import Unit

MOST_LINKS = 10


@transaction.atomic
def issue_link(actor: Actor, *, unit: Unit | None = None) -> str:
    """A secret for the actor's own feed, or for a unit's; it is shown this once, only its digest is kept."""
    require(actor, "activities.see", unit_id=unit.pk if unit else None)
    if unit is None and actor.person_id is None:
        raise NotAllowed("no_person", "这个账号没有关联人员，请选择单位。")
    if CalendarLink.objects.filter(user_id=actor.named_user, revoked_at=None).count() >= MOST_LINKS:
        raise DomainError("too_many", f"至多保留 {MOST_LINKS} 个日历订阅，请先停用不用的。", field="unit")
    token = secrets.token_urlsafe(32)
    made = CalendarLink.objects.create(
        digest=digest_of(token), user_id=actor.named_user, person_id=None if unit else actor.person_id, unit=unit, issued_at=clock.now()
    )  # fmt: skip
    record(actor, "activities.link_issued", f"link:{made.pk}", unit_id=unit.pk if unit else None)
    return token


@transaction.atomic
def revoke_link(actor: Actor, link: CalendarLink) -> CalendarLink:
    """The address opens nothing any more. Raises Conflict when it was revoked already."""
    require(actor, "activities.see")
    link = CalendarLink.objects.select_for_update().get(pk=link.pk)
    if link.user_id != actor.named_user:
        raise NotAllowed("not_own", "只能停用自己生成的日历订阅。")
    if link.revoked_at is not None:
        raise Conflict("revoked", "这个日历订阅已经停用。")
    link.revoked_at = clock.now()
    link.save(update_fields=["revoked_at"])
    record(actor, "activities.link_revoked", f"link:{link.pk}")
    return link
