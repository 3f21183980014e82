from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.notices.services import look, send_due
from chengxin.notices.services.making import SEND_JOB


@app.periodic(cron="*/10 * * * *")
@app.task(name="notices.look", queueing_lock="notices.look")
def look_into_queues(timestamp: int) -> None:  # noqa: ARG001  (what is told follows from the queue of now; a late run only tells later)
    """Make the digests whose hour has come."""
    look()


@app.periodic(cron="* * * * *")
@app.task(name=SEND_JOB, queueing_lock=SEND_JOB)
def send(timestamp: int) -> None:  # noqa: ARG001
    """Send what waits and what is to be tried again."""
    send_due()
