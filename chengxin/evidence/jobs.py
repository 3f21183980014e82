from __future__ import annotations

from procrastinate.contrib.django import app

from chengxin.evidence.services.canary import check_store
from chengxin.evidence.services.copies import check_due, copy_important
from chengxin.evidence.services.coverage import find_gaps
from chengxin.evidence.services.derivatives import JOB, make_waiting
from chengxin.evidence.services.examination import examine_waiting
from chengxin.evidence.services.expiry import delete_approved, remove_remains
from chengxin.evidence.services.locks import lock_due
from chengxin.evidence.services.uploads import sweep_uploads


@app.periodic(cron="41 * * * *")
@app.task(name="evidence.sweep_uploads", queueing_lock="evidence.sweep_uploads")
def sweep(timestamp: int) -> None:  # noqa: ARG001  (expiry is a fact of the rows' own times)
    """Remove uploads that nobody went on with."""
    sweep_uploads()


@app.periodic(cron="*/5 * * * *")
@app.task(name="evidence.examine", queueing_lock="evidence.examine")
def examine(timestamp: int) -> None:  # noqa: ARG001
    """Look into what has come."""
    examine_waiting()


@app.periodic(cron="*/10 * * * *")
@app.task(name=JOB, queueing_lock=JOB)
def make_derivatives(timestamp: int) -> None:  # noqa: ARG001
    """Make the films that were asked for; on schedule as well, for what an ended run left waiting."""
    make_waiting()


@app.periodic(cron="17 * * * *")
@app.task(name="evidence.find_gaps", queueing_lock="evidence.find_gaps")
def look_for_gaps(timestamp: int) -> None:  # noqa: ARG001
    """Ask about duties without footage, once the time to hand it in is over."""
    find_gaps()


@app.periodic(cron="*/10 * * * *")
@app.task(name="evidence.copy_important", queueing_lock="evidence.copy_important")
def copy(timestamp: int) -> None:  # noqa: ARG001
    """Write the second copies that are missing (marking writes one at once; this is for what was interrupted)."""
    copy_important()


@app.periodic(cron="13 1 * * *")
@app.task(name="evidence.check_copies", queueing_lock="evidence.check_copies")
def check(timestamp: int) -> None:  # noqa: ARG001
    """Read important footage and its copies again, a part of them each night."""
    check_due()


@app.periodic(cron="23 3 * * *")
@app.task(name="evidence.delete_approved", queueing_lock="evidence.delete_approved")
def delete(timestamp: int) -> None:  # noqa: ARG001
    """Carry out approved expiry lists whose days of grace are over, and take away what was left of earlier ones."""
    delete_approved()
    remove_remains()


@app.periodic(cron="27 * * * *")
@app.task(name="evidence.lock", queueing_lock="evidence.lock")
def lock(timestamp: int) -> None:  # noqa: ARG001
    """Lock in the store what is not locked long enough."""
    lock_due()


@app.periodic(cron="43 2 * * *")
@app.task(name="evidence.check_store", queueing_lock="evidence.check_store")
def check_canary(timestamp: int) -> None:  # noqa: ARG001
    """Test that the store deletes nothing that is locked."""
    check_store()
