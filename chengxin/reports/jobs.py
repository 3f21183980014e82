from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.reports.services.figures import rebuild_dirty_days


@app.periodic(cron="* * * * *")
@app.task(name="reports.rebuild_figures", queueing_lock="reports.rebuild_figures")
def rebuild(timestamp: int) -> None:  # noqa: ARG001  (which days are dirty is written down, not this run's business)
    """Compute the indicators of the days whose facts changed."""
    rebuild_dirty_days()
