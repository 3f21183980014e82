"""Periodic work of the audit."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.audit import services


@app.periodic(cron="* * * * *")
@app.task(name="audit.seal", queueing_lock="audit.seal", pass_context=False)
def seal(timestamp: int) -> None:  # noqa: ARG001  (the scheduler passes the minute; sealing depends on the rows alone)
    """Seal the entries of the past minute."""
    services.seal()
