from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.files import services


@app.periodic(cron="17 * * * *")
@app.task(name="files.sweep", queueing_lock="files.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001  (the rows' own times decide)
    """Remove uploads that found no record within a day."""
    services.sweep_waiting()
