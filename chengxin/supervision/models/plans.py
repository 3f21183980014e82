"""What is going to be inspected, when, by which checklist, and how it was drawn."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.supervision import rules


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, actor: Actor) -> PlanQuerySet:
        """A plan is the supervision office's and the leaders': who is inspected does not read it beforehand."""
        return self if actor.units_for("supervision.plans") is None else self.none()


@tracked
class Plan(models.Model):
    """A plan of inspections. A quarterly one stands once a quarter; its draws are what they are once they have a seed."""

    kind = models.CharField("种类", max_length=10, choices=list(rules.KINDS.items()))
    mode = models.CharField("方式", max_length=8, choices=list(rules.MODES.items()))
    title = models.CharField("名称", max_length=120)
    year = models.IntegerField("年份")
    quarter = models.IntegerField("季度", null=True)
    starts_on = models.DateField("起")
    ends_on = models.DateField("止")
    template = models.CharField("检查表", max_length=20)
    reason = models.CharField("事由", max_length=60, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    units = models.ManyToManyField("people.Unit", related_name="+", verbose_name="中队")
    state = models.CharField("状态", max_length=10, choices=list(rules.STATES.items()), default=rules.PLANNED)
    rule_version = models.CharField("规则版本", max_length=80)
    objects_draw = models.OneToOneField("draws.Draw", models.PROTECT, null=True, related_name="+", verbose_name="对象抽取")
    inspectors_draw = models.OneToOneField("draws.Draw", models.PROTECT, null=True, related_name="+", verbose_name="督查人员抽取")
    planned_by = models.BigIntegerField("制定人")
    planned_label = models.CharField("制定人", max_length=120)
    planned_at = models.DateTimeField("制定时间")
    ended_label = models.CharField("办结或取消人", max_length=120, blank=True)
    ended_at = models.DateTimeField("办结或取消时间", null=True)
    ended_note = models.CharField("办结或取消说明", max_length=200, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["year", "quarter"], condition=models.Q(kind="quarterly") & ~models.Q(state="cancelled"),
                name="one_quarterly_plan_a_quarter", violation_error_message="这个季度已有抽查计划，一个季度只有一份。",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="quarterly", quarter__range=(1, 4)) | (~models.Q(kind="quarterly") & models.Q(quarter=None)),
                name="quarterly_plans_name_the_quarter",
            ),
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="plan_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~models.Q(state="cancelled") | models.Q(ended_at__isnull=False) & ~models.Q(ended_note=""),
                name="a_cancelled_plan_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(inspectors_draw=None) | models.Q(objects_draw__isnull=False), name="objects_drawn_before_inspectors"
            ),
        ]  # fmt: skip

    @property
    def is_drawn(self) -> bool:
        """Whether its visits come from a draw."""
        return self.objects_draw_id is not None
