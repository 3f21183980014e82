"""Enqueue a job by its name, within the caller's transaction: it runs exactly if that stands."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def enqueue(name: str) -> None:
    """Let a job run soon; one that waits already is enough. ``name`` is the task's, with itself as queueing lock."""
    try:
        with transaction.atomic():
            app.configure_task(name, queueing_lock=name).defer(timestamp=0)
    except AlreadyEnqueued:
        pass
