from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.exams.services.marking import mark_all


@app.periodic(cron="*/5 * * * *")
@app.task(name="exams.mark", queueing_lock="exams.mark")
def mark(timestamp: int) -> None:  # noqa: ARG001  (what counts is when an answer arrived, not when this runs)
    """Issue the marks of sittings that are over."""
    mark_all()
