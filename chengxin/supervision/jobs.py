from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.supervision.services.alerts import note_repeats


@app.periodic(cron="17 3 * * *")
@app.task(name="supervision.note_repeats", queueing_lock="supervision.note_repeats")
def repeats(timestamp: int) -> None:  # noqa: ARG001  (whether something came again is a fact of the findings' own dates)
    """Notice what came again and was raised twice at the same moment."""
    note_repeats()
