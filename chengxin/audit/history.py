"""Row history by database triggers: whatever changes a row with consequences, raw SQL included, leaves its former state."""

from __future__ import annotations

from typing import Any, TypeVar

import pghistory
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep a snapshot of each inserted, updated or deleted row in ``<Model>Event``.

    No request context is attached: that would forbid server-side parameters, and the entry of the same moment and subject says who it was.
    """
    tracker: Any = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        context_field=None,  # type: ignore[arg-type]
    )
    decorated: M = tracker(model)
    return decorated
