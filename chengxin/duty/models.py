"""The duty roster: who is on duty when. Shifts are never changed; a new plan cancels the old shift and stands beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class ShiftQuerySet(models.QuerySet["Shift"]):
    def visible_to(self, actor: Actor) -> ShiftQuerySet:
        """Shifts of the units the actor may read, and always the actor's own."""
        reach = actor.units_for("duty.read")
        return self if reach is None else self.filter(models.Q(unit_id__in=reach) | models.Q(person_id=actor.person_id))

    def standing(self) -> ShiftQuerySet:
        return self.filter(cancelled_at=None)


@tracked
class Shift(models.Model):
    """One person's duty from a moment to a moment. The unit is that of the duty's day."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    day = models.DateField("日期")
    pattern = models.CharField("班次", max_length=20)
    title = models.CharField("班次", max_length=40)
    period = DateTimeRangeField("起止")
    rule_version = models.CharField("规则版本", max_length=80)
    planned_by = models.BigIntegerField("排班人", null=True)
    planned_at = models.DateTimeField("排班时间")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="替换")
    cancelled_at = models.DateTimeField("取消时间", null=True)
    cancelled_by = models.BigIntegerField("取消人", null=True)
    cancel_reason = models.CharField("取消原因", max_length=120, blank=True)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        ordering = ["period", "pk"]
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="one_shift_at_a_time",
                expressions=[("person", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=models.Q(cancelled_at=None),
                violation_error_message="这个人在这段时间已有勤务，班次不能重叠。",
            )
        ]
        indexes = [models.Index(fields=["unit", "day"], name="shift_by_unit_and_day")]


class Request(models.Model):
    """What two requests share: asked by somebody, decided by another. ``granted`` is null while it waits."""

    asked_by = models.BigIntegerField("申请人")
    asked_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("结果", null=True)
    decided_by = models.BigIntegerField("审批人", null=True)
    decided_by_label = models.CharField("审批人", max_length=120, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)

    class Meta:
        abstract = True


@tracked
class Leave(Request):
    """Leave for some days. Why is nobody's business and is not kept."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    period = DateRangeField("期间")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="one_leave_a_day",
                expressions=[("person", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=~models.Q(granted=False),
                violation_error_message="这段时间已有请假申请，期间不能重叠。",
            )
        ]


@tracked
class Swap(Request):
    """Another person takes over a shift, and gives one away for it if ``against`` names it."""

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+", verbose_name="换出班次")
    other = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="接班人")
    against = models.ForeignKey(Shift, models.PROTECT, null=True, related_name="+", verbose_name="换入班次")
    agreed = models.BooleanField("接班人同意", null=True)
    agreed_at = models.DateTimeField("答复时间", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift"], condition=models.Q(granted=None) & ~models.Q(agreed=False), name="one_open_swap_a_shift",
                violation_error_message="这个班次已有等待办理的换班申请。",
            )
        ]  # fmt: skip
