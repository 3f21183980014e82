from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.consultations.services import nominate_proposals
from chengxin.core.actor import system_actor


@app.periodic(cron="17 5 * * *")
@app.task(name="consultations.nominate_proposals", queueing_lock="consultations.nominate_proposals")
def nominate(timestamp: int) -> None:  # noqa: ARG001  (which quarter is over is a matter of the day, not of this run)
    """Nominate recurring problems of the last two quarters as proposals."""
    nominate_proposals(system_actor("修订提名"))
