"""Looking at a recording: a reason first, one entry a look, however many pieces the player asks for (2.2.3)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chengxin.evidence.models import Recording, Viewing
from chengxin.evidence.services.keeping import step
from chengxin.rulebook import selectors as rulebook

LEAST_REASON = 4  # characters: "看" is none


def _is_own(actor: Actor, recording: Recording) -> bool:
    return recording.person_id is not None and recording.person_id == actor.person_id


def may_view(actor: Actor, recording: Recording) -> bool:
    """Whether the actor may look, once a reason is given."""
    return actor.may("evidence.view_own") and (_is_own(actor, recording) or actor.may("evidence.view", recording.unit_id))


@transaction.atomic
def open_viewing(actor: Actor, recording: Recording, *, reason: str, matter: str = "") -> Viewing:
    """A look at the own recording, or at one of the units the actor may look at, with the reason given beforehand.

    The recording's story shows who looked and why.

    Raises DomainError without a reason, Conflict when it is deleted.
    """
    if not _is_own(actor, recording):
        require(actor, "evidence.view", unit_id=recording.unit_id)
    require(actor, "evidence.view_own")
    if len(reason.strip()) < LEAST_REASON:
        raise DomainError("no_reason", f"请写明观看理由（至少 {LEAST_REASON} 个字）。", field="reason")
    if recording.deleted_at is not None:
        raise Conflict("deleted", "影像已到期删除，只留记录。")
    now = clock.now()
    hours = rulebook.rule_values("footage.keeping", clock.today(), simulate=True)["viewing_hours"]
    viewing = Viewing.objects.create(
        key=uuid.uuid4(), recording=recording, user_id=actor.named_user, person_id=actor.person_id, label=actor.label,
        address=actor.address, reason=reason.strip(), matter=matter.strip(), opened_at=now, until=now + dt.timedelta(hours=hours),
    )  # fmt: skip
    step(actor, recording, "观看", f"{matter} {reason}".strip())
    record(
        actor, "evidence.viewed", f"recording:{recording.pk}", unit_id=recording.unit_id, person_id=recording.person_id,
        details={"reason": reason.strip(), "matter": matter.strip()},
    )  # fmt: skip
    return viewing


def viewing_for(actor: Actor, key: uuid.UUID) -> Viewing:
    """The actor's own look, while it lasts. Raises NotFound for anybody else's, NotAllowed when its time is over."""
    viewing = Viewing.objects.all().of(actor).select_related("recording__person", "recording__unit").filter(key=key).first()
    if viewing is None:
        raise NotFound("no_viewing", "没有这次观看，请从影像页面重新说明理由。")
    if viewing.until < clock.now():
        raise NotAllowed("over", "这次观看的时间已过，请重新说明理由。")
    return viewing
