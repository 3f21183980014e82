from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.activities.services import nominate_weak_points
from chengxin.core.actor import system_actor


@app.periodic(cron="50 6 * * 1")
@app.task(name="activities.weak_points", queueing_lock="activities.weak_points")
def nominate(timestamp: int) -> None:  # noqa: ARG001  (what is nominated follows from the facts, not from this run)
    """Nominate weak points from what was counted; a named person decides."""
    nominate_weak_points(system_actor("薄弱环节提名"))
