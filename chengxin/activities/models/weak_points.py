"""Weak points: nominated by counting, decided by a named person, trained, measured again (2.4.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.activities import rules
from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class WeakPointQuerySet(models.QuerySet["WeakPoint"]):
    def visible_to(self, actor: Actor) -> WeakPointQuerySet:
        reach = actor.units_for("activities.summary")
        return self if reach is None else self.filter(unit_id__in=reach)


@tracked
class WeakPoint(models.Model):
    """Something that went wrong repeatedly in a unit, with how often among how many before and after the training."""

    source = models.CharField("来源", max_length=20)
    key = models.CharField("条目", max_length=80)
    title = models.CharField("薄弱环节", max_length=120)
    clause = models.CharField("条款", max_length=12)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    persons: models.ManyToManyField[Any, Any] = models.ManyToManyField("people.Person", related_name="+", verbose_name="涉及人员")
    since = models.DateField("自")
    until = models.DateField("至")
    count_before = models.IntegerField("补训前次数")
    n_before = models.IntegerField("补训前人数")
    rule_version = models.CharField("规则版本", max_length=80)
    state = models.CharField("状态", max_length=10, choices=list(rules.POINT_STATES.items()), default=rules.NOMINATED)
    nominated_at = models.DateTimeField("提名时间")
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    reason = models.CharField("理由", max_length=200, blank=True)
    after_since = models.DateField("再测自", null=True)
    after_until = models.DateField("再测至", null=True)
    count_after = models.IntegerField("补训后次数", null=True)
    n_after = models.IntegerField("补训后人数", null=True)
    measured_label = models.CharField("测量人", max_length=120, blank=True)
    measured_at = models.DateTimeField("测量时间", null=True)

    objects = WeakPointQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["source", "key", "unit"], condition=models.Q(state__in=[rules.NOMINATED, rules.ACCEPTED_POINT]),
                name="one_open_weak_point_of_a_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.NOMINATED) | models.Q(decided_by__isnull=False), name="a_weak_point_names_its_decider"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def before(self) -> rules.Measured:
        return rules.Measured(self.count_before, self.n_before)

    @property
    def after(self) -> rules.Measured | None:
        return None if self.count_after is None else rules.Measured(self.count_after, self.n_after or 0)
