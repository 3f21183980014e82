from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.core.actor import system_actor
from chengxin.measures.services import propose_measures


@app.periodic(cron="40 6 * * *")
@app.task(name="measures.propose", queueing_lock="measures.propose")
def propose(timestamp: int) -> None:  # noqa: ARG001  (what is proposed follows from the facts, not from this run)
    """Propose measures by the ladder."""
    propose_measures(system_actor("措施阶梯"))
