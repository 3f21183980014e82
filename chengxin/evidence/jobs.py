from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.evidence.services.uploads import sweep_uploads


@app.periodic(cron="41 * * * *")
@app.task(name="evidence.sweep_uploads", queueing_lock="evidence.sweep_uploads")
def sweep(timestamp: int) -> None:  # noqa: ARG001  (expiry is a fact of the rows' own times)
    """Remove uploads that nobody went on with."""
    sweep_uploads()
