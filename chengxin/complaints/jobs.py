from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.complaints.services.clocks import record_breaches
from chengxin.complaints.services.throttle import sweep


@app.periodic(cron="*/10 * * * *")
@app.task(name="complaints.record_breaches", queueing_lock="complaints.record_breaches")
def breaches(timestamp: int) -> None:  # noqa: ARG001  (a breach is a fact of the clock's own times, not of this run)
    """Write down the terms that were missed."""
    record_breaches()


@app.periodic(cron="7 4 * * *")
@app.task(name="complaints.sweep_throttle", queueing_lock="complaints.sweep_throttle")
def forget(timestamp: int) -> None:  # noqa: ARG001
    """Forget how often somebody tried days ago."""
    sweep()
