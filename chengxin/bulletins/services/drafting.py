"""Commands before the signature: begin a month, word it, plan what comes of it, freeze its figures (3.1)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.bulletins import rules, selectors
from chengxin.bulletins.models import Bulletin, Snapshot, Task
from chengxin.bulletins.selectors.figures import RULES, figures
from chengxin.bulletins.services.locks import locked, move, one_moment, require_unsigned
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Unit

MOST_WORDS, MOST_TASKS = 4000, 60


@transaction.atomic
def draft_bulletin(actor: Actor, *, month: rules.Month) -> Bulletin:
    """Begin the bulletin of a month; there is exactly one. Raises Conflict when it is there, DomainError for a month to come."""
    require(actor, "bulletins.draft")
    if month.first > clock.today():
        raise DomainError("in_the_future", f"{month.label}还没有开始，不能编制通报。", field="month")
    try:
        with transaction.atomic():
            made = Bulletin.objects.create(month=month.code, begun_label=actor.label, begun_at=clock.now())
    except IntegrityError as error:
        there = Bulletin.objects.get(month=month.code)
        raise Conflict("exists", f"{month.label}的通报已经有了（{rules.STATES[there.state]}），每月只有一期。", field="month") from error
    record(actor, "bulletins.begun", f"bulletin:{made.pk}", details={"month": month.code})
    return made


@transaction.atomic
def word_bulletin(actor: Actor, bulletin: Bulletin, *, practice: str, outlook: str) -> Bulletin:
    """Write good practice and what is asked for next. Everybody who gets the bulletin reads both, so no names belong there."""
    require(actor, "bulletins.draft")
    bulletin = locked(bulletin)
    require_unsigned(bulletin)
    for name, title, text in (("practice", "好的做法", practice), ("outlook", "下一步要求", outlook)):
        if len(text) > MOST_WORDS:
            raise DomainError("too_long", f"“{title}”超过 {MOST_WORDS} 字，请缩短。", field=name)
    if (bulletin.practice, bulletin.outlook) == (practice, outlook):
        return bulletin
    bulletin.practice, bulletin.outlook = practice, outlook
    bulletin.save(update_fields=["practice", "outlook"])
    record(actor, "bulletins.worded", f"bulletin:{bulletin.pk}")
    return bulletin


@transaction.atomic
def plan_task(actor: Actor, bulletin: Bulletin, *, text: str, unit: Unit, due_on: dt.date) -> Task:
    """One step that the bulletin asks of a unit by a day; it begins with the issue."""
    require(actor, "bulletins.draft")
    bulletin = locked(bulletin)
    require_unsigned(bulletin)
    if due_on <= clock.today():
        raise DomainError("past", f"期限 {due_on} 已到或已过，请填写今天以后的日期。", field="due_on")
    if bulletin.tasks.count() >= MOST_TASKS:
        raise DomainError("too_many", f"一期通报最多列 {MOST_TASKS} 项任务，请合并。", field="text")
    if bulletin.tasks.filter(text=text, unit=unit).exists():
        raise DomainError("twice", f"“{unit}”已有同样的事项，不必重复填写。", field="text")
    made = Task.objects.create(bulletin=bulletin, text=text, unit=unit, due_on=due_on)
    record(actor, "bulletins.task_planned", f"bulletin:{bulletin.pk}", unit_id=unit.pk)
    return made


@transaction.atomic
def drop_task(actor: Actor, bulletin: Bulletin, *, task: Task) -> None:
    """Take a planned step out again, before the signature; nothing has come of it yet."""
    require(actor, "bulletins.draft")
    bulletin = locked(bulletin)
    require_unsigned(bulletin)
    if not bulletin.tasks.filter(pk=task.pk).exists():
        raise Conflict("gone", "这项任务已经删去。")
    bulletin.tasks.filter(pk=task.pk).delete()
    record(actor, "bulletins.task_dropped", f"bulletin:{bulletin.pk}", unit_id=task.unit_id, details={"text": task.text})


def freeze_bulletin(actor: Actor, bulletin: Bulletin) -> Bulletin:
    """Keep the month's figures as the facts are now, with their digest, rule and calendar versions; from then on nothing changes them.

    Raises DomainError for a month that is not over and under a draft rulebook (3.3), Conflict when the figures are frozen.
    """
    with one_moment():
        return _freeze(actor, bulletin)


def _freeze(actor: Actor, bulletin: Bulletin) -> Bulletin:
    require(actor, "bulletins.draft")
    user = actor.named_user
    bulletin = locked(bulletin)
    move(bulletin, rules.FREEZE)
    month = bulletin.period
    _require_ripe(month)
    content = figures(month)
    snapshot = Snapshot.objects.create(
        month=month.code, content=content, sha256=rules.digest(content), as_of=dt.datetime.fromisoformat(content["as_of"]),
        rule_versions=content["rules"], calendar_version=rulebook.work_calendar().year(month.year).version, frozen_by=user,
        frozen_label=actor.label,
    )  # fmt: skip
    bulletin.snapshot, bulletin.frozen_by = snapshot, user
    bulletin.save(update_fields=["state", "snapshot", "frozen_by"])
    record(actor, "bulletins.frozen", f"bulletin:{bulletin.pk}", details={"month": month.code, "sha256": snapshot.sha256})
    return bulletin


def _require_ripe(month: rules.Month) -> None:
    if not month.is_over(clock.today()):
        raise DomainError("month_not_over", f"{month.label}到 {month.last} 结束，次日起才能冻结数据。")
    for code in RULES:
        if rulebook.rule_in_force(code, month.last) is None:
            raise DomainError("draft_rules", f"{month.label}制度尚未施行（征求意见稿），只能预览，不能冻结通报。")
    earlier = selectors.before(month)
    if earlier is not None and earlier.state not in {rules.SIGNED, rules.ISSUED}:
        raise Conflict(
            "earlier_first", f"请先完成 {earlier.period.label} 的通报（{rules.STATES[earlier.state]}），本期以它的未结事项开头。"
        )
