"""Row history by database triggers: whatever changes a row with consequences, raw SQL included, leaves its former state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])
CHANGED = pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")


def tracked(model: M) -> M:
    """Keep a snapshot of each inserted, updated or deleted row in ``<Model>Event``.

    No request context is attached: that would forbid server-side parameters, and the entry of the same moment and subject says who it was.
    """
    return tracked_without()(model)


def tracked_without(*fields: str) -> Callable[[M], M]:
    """``tracked``, with snapshots that lack some large fields of which the row keeps the digest; a change of them alone leaves one too."""

    def track(model: M) -> M:
        tracker: Any = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(condition=CHANGED),
            pghistory.DeleteEvent(),
            exclude=list(fields) or None,
            context_field=None,  # type: ignore[arg-type]
        )
        decorated: M = tracker(model)
        return decorated

    return track
