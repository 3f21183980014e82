"""What comes of a bulletin: tasks, who has seen it, and what was wrong in it (3.1)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked
from chengxin.bulletins.models.bulletins import Bulletin


@tracked
class Task(models.Model):
    """A step that the bulletin asks for: of one unit, with a day, done with a word of what was done."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="tasks")
    text = models.CharField("事项", max_length=200)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="责任单位")
    due_on = models.DateField("期限")
    done_at = models.DateTimeField("完成时间", null=True)
    done_by = models.BigIntegerField("完成人", null=True)
    done_label = models.CharField("完成人", max_length=120, blank=True)
    done_note = models.CharField("完成情况", max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["unit", "due_on"], condition=models.Q(done_at=None), name="task_open")]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(done_at=None) | ~models.Q(done_note=""), name="done_tasks_say_what_was_done")
        ]

    def is_overdue(self, as_of: dt.date) -> bool:
        return self.done_at is None and self.due_on < as_of


class Acknowledgement(models.Model):
    """A squadron says that it has received the bulletin; this accepts nothing. Never changed."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="acknowledgements")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    by = models.BigIntegerField("签收人")
    by_label = models.CharField("签收人", max_length=120)
    at = models.DateTimeField("签收时间")

    class Meta:
        ordering = ["at"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["bulletin", "unit"], name="one_acknowledgement_a_unit")]


class Erratum(models.Model):
    """更正: what a bulletin that is out said, what is right, and why. The bulletin itself stays. Never changed."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="errata")
    number = models.IntegerField("更正序号")
    item = models.CharField("更正事项", max_length=120)
    finding_id = models.BigIntegerField("问题", null=True)  # one of the bulletin's list, when it is about one
    was = models.CharField("原文", max_length=300)
    becomes = models.CharField("更正为", max_length=300)
    reason = models.CharField("理由", max_length=300)
    by = models.BigIntegerField("更正人")
    by_label = models.CharField("更正人", max_length=120)
    at = models.DateTimeField("更正时间")

    class Meta:
        ordering = ["number"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["bulletin", "number"], name="one_erratum_a_number")]


class NoErratum(models.Model):
    """A listed item was taken back after the issue, and somebody decided that this needs no erratum, with the reason. Never changed."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="without_erratum")
    finding_id = models.BigIntegerField("问题")
    reason = models.CharField("理由", max_length=300)
    by = models.BigIntegerField("决定人")
    by_label = models.CharField("决定人", max_length=120)
    at = models.DateTimeField("决定时间")

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["bulletin", "finding_id"], name="decided_once_an_item")]
