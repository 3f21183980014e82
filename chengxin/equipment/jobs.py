from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.equipment.services.overdue import propose_overdue


@app.periodic(cron="7 * * * *")
@app.task(name="equipment.propose_overdue", queueing_lock="equipment.propose_overdue")
def propose(timestamp: int) -> None:  # noqa: ARG001  (lateness is a fact of the rows' own times)
    """Propose what is late beyond the rule's hours."""
    propose_overdue()
