"""The two clocks of a complaint: rows of their own, that nothing resets (3.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.complaints import rules


@tracked
class Clock(models.Model):
    """One term of one complaint. ``round`` 0 counts from first receipt; a reopened complaint gets a row of its own."""

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="clocks")
    kind = models.CharField("时限", max_length=8, choices=list(rules.CLOCKS.items()))
    round = models.IntegerField("第几次", default=0)
    started_at = models.DateTimeField("起算")
    due_at = models.DateTimeField("截止")  # the last moment that is in time
    is_provisional = models.BooleanField("暂定", default=False)
    calendar_version = models.CharField("日历版本", max_length=80)
    rule_version = models.CharField("规则版本", max_length=80)
    met_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        ordering = ["round", "due_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["complaint", "kind", "round"], name="one_clock_a_kind_and_round"),
            models.CheckConstraint(condition=models.Q(due_at__gt=models.F("started_at")), name="due_after_start"),
            models.CheckConstraint(condition=models.Q(met_at=None) | models.Q(met_at__gte=models.F("started_at")), name="met_after_start"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(met_at=None), name="clock_running"),
            models.Index(fields=["complaint", "kind", "-round"], name="clock_of_complaint"),
        ]


class Breach(models.Model):
    """A term that was missed. Written whenever it is first computed; what it says does not depend on when that was.

    A holiday notice that moves the term of an open complaint back into time lifts it, with the calendar that did.
    """

    clock = models.OneToOneField(Clock, models.PROTECT, related_name="breach")
    due_at = models.DateTimeField("应于")
    recorded_at = models.DateTimeField("记录时间")
    lifted_at = models.DateTimeField("撤销时间", null=True)
    lifted_by = models.CharField("撤销依据", max_length=120, blank=True)


class PauseQuerySet(models.QuerySet["Pause"]):
    def undecided(self) -> PauseQuerySet:
        return self.filter(granted=None, withdrawn_at=None)


class Pause(models.Model):
    """Somebody asks to wait for something outside the bureau; another approves. It is told beside the verdict and changes none."""

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="pauses")
    reason = models.CharField("理由", max_length=200)
    asked_by = models.BigIntegerField("申请人")
    asked_label = models.CharField("申请人", max_length=120)
    asked_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("结果", null=True)
    decided_by = models.BigIntegerField("审批人", null=True)
    decided_label = models.CharField("审批人", max_length=120, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)
    resumed_at = models.DateTimeField("恢复时间", null=True)
    resumed_label = models.CharField("恢复经办", max_length=120, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)  # nobody had decided when the complaint was closed

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["complaint"], condition=models.Q(granted=None, withdrawn_at=None), name="one_open_pause_request"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")), name="pause_decided_by_another"
            ),
            models.CheckConstraint(condition=models.Q(withdrawn_at=None) | models.Q(granted=None), name="pause_decided_or_withdrawn"),
        ]

    @property
    def is_undecided(self) -> bool:
        return self.granted is None and self.withdrawn_at is None
