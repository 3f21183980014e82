from procrastinate.contrib.django import app

from chengxin.transfer import services


@app.periodic(cron="*/10 * * * *")
@app.task(name=services.JOB, queueing_lock=services.JOB)
def write_lists(timestamp: int) -> None:  # noqa: ARG001  (the rows say what waits)
    """Write the long lists that were asked for; on schedule as well, for what an ended run left."""
    services.write_waiting_lists()


@app.periodic(cron="23 * * * *")
@app.task(name="transfer.sweep_lists", queueing_lock="transfer.sweep_lists")
def sweep_lists(timestamp: int) -> None:  # noqa: ARG001
    """Remove the files of lists after a day."""
    services.sweep_lists()
