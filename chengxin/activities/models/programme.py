"""The programme of a year and its parts, made from the rule in force (2.4)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.activities import rules
from chengxin.audit.history import tracked


@tracked
class Programme(models.Model):
    """One per year."""

    year = models.IntegerField("年度", unique=True, error_messages={"unique": "这一年的活动方案已经建立。"})
    rule_version = models.CharField("规则版本", max_length=80)
    created_by = models.BigIntegerField("建立人", null=True)
    created_label = models.CharField("建立人", max_length=120)
    created_at = models.DateTimeField("建立时间")

    parts: models.Manager[Part]

    class Meta:
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year} 年度活动"


@tracked
class Part(models.Model):
    """What the plan asks for in a quarter, or at the year's end (quarter 0)."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="parts")
    code = models.CharField("代码", max_length=40)
    sequence = models.IntegerField("顺序")
    quarter = models.IntegerField("季度", choices=list(rules.QUARTERS.items()))
    title = models.CharField("内容", max_length=80)
    clause = models.CharField("条款", max_length=12)
    kind = models.CharField("种类", max_length=12, choices=list(rules.KINDS.items()))
    starts_on = models.DateField("自")
    due_on = models.DateField("至")

    class Meta:
        ordering = ["programme", "sequence"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["programme", "code"], name="one_part_of_a_code"),
            models.CheckConstraint(condition=models.Q(due_on__gte=models.F("starts_on")), name="a_part_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class PartReport(models.Model):
    """A named person's word that a part was held, with what shows it; taken back by naming who and why, never removed."""

    part = models.ForeignKey(Part, models.PROTECT, related_name="reports")
    held_on = models.DateField("开展日期")
    text = models.CharField("依据", max_length=200)
    by = models.BigIntegerField("登记人")
    by_label = models.CharField("登记人", max_length=120)
    at = models.DateTimeField("登记时间")
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    withdrawn_label = models.CharField("撤回人", max_length=120, blank=True)
    withdrawn_reason = models.CharField("撤回原因", max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["part", "held_on", "text"], condition=models.Q(withdrawn_at=None), name="one_report_of_a_part_and_day",
                violation_error_message="同一内容已经登记过。",
            )
        ]  # fmt: skip
