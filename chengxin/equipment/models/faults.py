"""Faults, repairs, and who pays – apart from each other (2.2.4)."""

from __future__ import annotations

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class FaultQuerySet(models.QuerySet["Fault"]):
    def visible_to(self, actor: Actor) -> FaultQuerySet:
        """Faults in the units the actor may read, and always those the actor reported or held the item of."""
        reach = actor.units_for("equipment.read")
        own = models.Q(reported_person_id=actor.person_id or 0) | models.Q(custody__holder_id=actor.person_id or 0)
        return self if reach is None else self.filter(models.Q(unit_id__in=reach) | own)

    def unsettled(self) -> FaultQuerySet:
        return self.exclude(state__in=[Fault.CLOSED, Fault.CONDEMNED])


@tracked
class Fault(models.Model):
    """A fault or loss, from the report to acceptance back into service or retirement. Steps stand on the item."""

    REPORTED, IN_REPAIR, REPAIRED, CLOSED, CONDEMNED = "reported", "in_repair", "repaired", "closed", "condemned"
    STATES = (
        (REPORTED, "待处理"), (IN_REPAIR, "维修中"), (REPAIRED, "待验收"), (CLOSED, "已恢复使用"), (CONDEMNED, "无法修复"),
    )  # fmt: skip

    item = models.ForeignKey("equipment.Item", models.PROTECT, related_name="faults")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    custody = models.ForeignKey("equipment.Custody", models.PROTECT, null=True, related_name="+")
    is_loss = models.BooleanField("遗失", default=False)
    description = models.CharField("情况", max_length=500)
    reported_by = models.BigIntegerField("报告用户", null=True)
    reported_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="报告人")
    reported_label = models.CharField("报告人", max_length=120)
    reported_at = models.DateTimeField("报告时间")
    state = models.CharField("状态", max_length=10, choices=STATES, default=REPORTED)
    repairer = models.CharField("维修单位", max_length=80, blank=True)
    sent_on = models.DateField("送修日期", null=True)
    expected_on = models.DateField("预计取回", null=True)
    outcome = models.CharField("维修结果", max_length=200, blank=True)
    cost = models.BigIntegerField("维修费（分）", null=True)
    outcome_by = models.BigIntegerField("记录人", null=True)
    accepted_by = models.BigIntegerField("验收人", null=True)
    settled_at = models.DateTimeField("办结时间", null=True)

    objects = FaultQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=~models.Q(state__in=["closed", "condemned"]), name="one_open_fault_an_item",
                violation_error_message="这件装备已有没办结的故障单。",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_by=None) | models.Q(outcome_by=None) | ~models.Q(accepted_by=models.F("outcome_by")),
                name="acceptance_by_another",
            ),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        return f"障〔{self.reported_at.year}〕{self.pk:06d}"


@tracked
class Liability(models.Model):
    """Whether somebody answers for a damage or loss: decided by a named person, with reasons, apart from the repair."""

    NONE, PERSONAL, OTHER = "none", "personal", "other"
    OUTCOMES = ((NONE, "正常损耗，无个人责任"), (PERSONAL, "因个人使用、保管不当造成"), (OTHER, "其他原因"))

    fault = models.OneToOneField(Fault, models.PROTECT, related_name="liability")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="责任人")
    outcome = models.CharField("认定", max_length=10, choices=OUTCOMES)
    reasons = models.TextField("理由")
    decided_by = models.BigIntegerField("决定人")
    decided_label = models.CharField("决定人", max_length=120)
    decided_at = models.DateTimeField("决定时间")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(outcome="personal") | models.Q(person__isnull=False), name="personal_names_a_person")
        ]
