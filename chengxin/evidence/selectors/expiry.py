"""What has expired, and what keeps a recording all the same."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import NotFound
from chengxin.evidence import rules
from chengxin.evidence.models import Downgrade, ExpiryLine, ExpiryList, Hold, Recording
from chengxin.ui.database import once

MOST = 500  # recordings a list: what a person can look through


def candidates(actor: Actor) -> QuerySet[Recording]:
    """Ordinary recordings of the actor's units whose term is over and that nothing keeps, the oldest first, on no open list."""
    reach = actor.units_for("evidence.review_expiry")
    found = Recording.objects.all().expired(clock.today()).exclude(
        Exists(Hold.objects.filter(recording=OuterRef("pk"), matter__closed_at=None))
    ).exclude(Exists(ExpiryLine.objects.filter(recording=OuterRef("pk"), list__in=ExpiryList.objects.all().open())))  # fmt: skip
    found = found.exclude(locked_until__gt=clock.today())
    if reach is not None:
        found = found.filter(unit_id__in=reach)
    return found.select_related("person", "unit").order_by("deletable_from", "pk")[:MOST]


def why_kept(recording: Recording, day: dt.date) -> list[str]:
    """Every reason why a recording may not be deleted on a day; empty when it may."""
    return rules.why_kept(
        is_important=recording.is_important, holds=[hold.matter.title for hold in open_holds(recording)],
        deletable_from=recording.deletable_from, day=day,
        is_asked_down=open_downgrade(recording) is not None,
        locked_until=recording.locked_until,
    )  # fmt: skip


def open_downgrade(recording: Recording) -> Downgrade | None:
    return once(("evidence.downgrade", recording.pk), recording.downgrades.filter(granted=None).first)


def open_holds(recording: Recording) -> list[Hold]:
    found = Hold.objects.filter(recording=recording, matter__closed_at=None).select_related("matter").order_by("pk")
    return once(("evidence.holds", recording.pk), lambda: list(found))


def lists() -> list[ExpiryList]:
    return list(ExpiryList.objects.all()[:100])


def list_for(actor: Actor, pk: int) -> ExpiryList:
    """A list, for who may review or approve one. Raises NotFound."""
    found = ExpiryList.objects.filter(pk=pk).first()
    if found is None or not (actor.may("evidence.review_expiry") or actor.may("evidence.approve_expiry")):
        raise NotFound("no_list", "没有这份清单。")
    return found
