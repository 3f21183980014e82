"""Locks of the store itself: where a bucket offers Object Lock, not even the application can delete before the term is over (2.2.3)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator

from django.db.models import Exists, F, OuterRef, Q

from chengxin.core import clock
from chengxin.evidence import rules
from chengxin.evidence.models import Hold, Recording
from chengxin.evidence.selectors import coverage as policies
from chengxin.evidence.services import store
from chengxin.files.places import Place

LOG = logging.getLogger(__name__)


def lock_due() -> int:
    """Lock what is not locked, or no longer long enough; how many. A store that locks nothing leaves everything as it is."""
    place = store.originals()
    if not place.locks():
        return 0
    policy, day = policies.keeping_on(clock.today()), clock.today()
    held = Exists(Hold.objects.filter(recording=OuterRef("pk"), matter__closed_at=None))
    late = Q(locked_until__lt=day + dt.timedelta(days=policy["lock_renew_days"])) & (Q(category=rules.IMPORTANT) | Q(is_held=True))
    due = Recording.objects.all().kept().filter(path="").annotate(is_held=held).filter(
        Q(locked_until=None) | Q(locked_until__lt=F("deletable_from")) | late
    )  # fmt: skip
    return _lock(place, due.order_by("pk").iterator(chunk_size=500), policy["lock_days"])


def lock_new(recordings: Iterable[Recording]) -> None:
    """Lock what has just come. What the store does not take now is locked by the job: the recording itself is safe already."""
    place = store.originals()
    try:
        if place.locks():
            _lock(place, recordings, policies.keeping_on(clock.today())["lock_days"])
    except OSError:
        LOG.warning("new footage could not be locked, the job will do it", exc_info=True)


def _lock(place: Place, recordings: Iterable[Recording] | Iterator[Recording], days: int) -> int:
    done = 0
    for recording in recordings:
        is_kept_on = recording.is_important or getattr(recording, "is_held", False)
        until = rules.lock_until(recording.deletable_from, clock.today(), days, is_kept_on=is_kept_on)
        moment = clock.at(until, 0)
        if recording.locked_until is None or recording.locked_until < until:
            place.lock(recording.sha256, moment)
            if hasattr(recording, "copy") and store.copies().locks():
                store.copies().lock(recording.sha256, moment)
        Recording.objects.filter(pk=recording.pk).update(locked_until=until)
        done += 1
    return done
