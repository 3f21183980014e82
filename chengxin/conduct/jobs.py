from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.conduct.services.speech import JOB, make_waiting


@app.periodic(cron="*/10 * * * *")
@app.task(name=JOB, queueing_lock=JOB)
def make_transcripts(timestamp: int) -> None:  # noqa: ARG001
    """Make the transcripts that were asked for; on schedule as well, for what an ended run left waiting."""
    make_waiting()
