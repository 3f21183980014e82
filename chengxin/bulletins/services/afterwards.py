"""Commands after the issue: what was wrong is corrected beside the bulletin, and what it asks for is done (3.1)."""

from __future__ import annotations

from django.db import transaction

from chengxin.audit.services import record
from chengxin.bulletins import rules
from chengxin.bulletins.models import Bulletin, Erratum, NoErratum, Task
from chengxin.bulletins.services.locks import locked, require_issued
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError


@transaction.atomic
def add_erratum(
    actor: Actor, bulletin: Bulletin, *, item: str, was: str, becomes: str, reason: str, finding_id: int | None = None
) -> Erratum:
    """A numbered correction: which item, what it said, what is right, why. The bulletin itself stays as it was issued.

    ``finding_id`` names one of the bulletin's own list. Raises Conflict before the issue.
    """
    require(actor, "bulletins.draft")
    user = actor.named_user
    bulletin = locked(bulletin)
    require_issued(bulletin, "更正；现在可以退回后重新冻结，或修改文字")
    if was.strip() == becomes.strip():
        raise DomainError("same", "“更正为”与原文相同，请核对。", field="becomes")
    if finding_id is not None:
        _require_listed(bulletin, finding_id)
    number = bulletin.errata.count() + 1
    made = Erratum.objects.create(
        bulletin=bulletin, number=number, item=item, finding_id=finding_id, was=was, becomes=becomes, reason=reason, by=user,
        by_label=actor.label, at=clock.now(),
    )  # fmt: skip
    record(actor, "bulletins.corrected", f"bulletin:{bulletin.pk}", details={"number": number, "item": item})
    return made


@transaction.atomic
def leave_as_is(actor: Actor, bulletin: Bulletin, *, finding_id: int, reason: str) -> NoErratum:
    """Decide that an item taken back after the issue needs no erratum, with the reason; once for each."""
    require(actor, "bulletins.draft")
    user = actor.named_user
    bulletin = locked(bulletin)
    require_issued(bulletin, "决定是否更正")
    _require_listed(bulletin, finding_id)
    if bulletin.errata.filter(finding_id=finding_id).exists() or bulletin.without_erratum.filter(finding_id=finding_id).exists():
        raise Conflict("decided", "这一项已经决定过。")
    made = NoErratum.objects.create(bulletin=bulletin, finding_id=finding_id, reason=reason, by=user, by_label=actor.label, at=clock.now())
    record(actor, "bulletins.left_as_is", f"bulletin:{bulletin.pk}", details={"finding": finding_id, "reason": reason})
    return made


def _require_listed(bulletin: Bulletin, finding_id: int) -> None:
    assert bulletin.snapshot is not None, "what is issued has figures"
    content = bulletin.snapshot.content
    if not any(row["finding"] == finding_id for row in (*content["problems"], *content["unresolved"])):
        raise DomainError("not_listed", "这个问题不在本期通报中。", field="item")


@transaction.atomic
def complete_task(actor: Actor, task: Task, *, note: str) -> Task:
    """Say that a step is done, and what was done; by the unit it was asked of. Once."""
    require(actor, "bulletins.complete", unit_id=task.unit_id)
    user = actor.named_user
    task = Task.objects.select_for_update(of=("self",)).select_related("bulletin").get(pk=task.pk)
    if task.bulletin.state != rules.ISSUED:
        raise Conflict("not_issued", "通报尚未印发，任务还没有开始。")
    if task.done_at is not None:
        raise Conflict("done", f"这项任务已由 {task.done_label} 办结。")
    if not note.strip():
        raise DomainError("no_note", "请写明完成情况。", field="note")
    task.done_at, task.done_by, task.done_label, task.done_note = clock.now(), user, actor.label, note.strip()
    task.save()
    record(actor, "bulletins.task_completed", f"bulletin:{task.bulletin_id}", unit_id=task.unit_id, details={"task": task.pk})
    return task
