"""The register of 岗位风险, and each change of it as an entry (2.4.4)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.activities import rules
from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class RiskQuerySet(models.QuerySet["Risk"]):
    def visible_to(self, actor: Actor) -> RiskQuerySet:
        """Risks of the units whose activities the actor sees, and those the actor answers for."""
        reach = actor.units_for("activities.see")
        return self if reach is None else self.filter(models.Q(unit_id__in=reach) | models.Q(responsible_id=actor.person_id or 0))

    def standing(self) -> RiskQuerySet:
        return self.exclude(state=rules.RISK_CLOSED)


@tracked
class Risk(models.Model):
    """A risk of a post with its grade, measure and who answers for it; the newest entry says how it stands."""

    year = models.IntegerField("年度")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    post = models.CharField("岗位", max_length=60)
    text = models.CharField("风险", max_length=200)
    grade = models.CharField("等级", max_length=10)
    measure = models.CharField("防控措施", max_length=400)
    responsible = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="责任人")
    state = models.CharField("状态", max_length=10, choices=list(rules.RISK_STATES.items()), default=rules.RISK_OPEN)
    review_due_on = models.DateField("下次复查", null=True)
    rule_version = models.CharField("规则版本", max_length=80)
    form_key = models.UUIDField("表单", unique=True)
    registered_at = models.DateTimeField("登记时间")
    registered_label = models.CharField("登记人", max_length=120)

    objects = RiskQuerySet.as_manager()
    entries: models.Manager[RiskEntry]

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["year", "unit", "post", "text"], name="one_risk_of_a_post",
                violation_error_message="这个岗位的这项风险今年已经登记。",
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.RISK_CLOSED, review_due_on=None)
                | (~models.Q(state=rules.RISK_CLOSED) & models.Q(review_due_on__isnull=False)),
                name="a_standing_risk_has_a_review_date",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["year", "unit"], name="risk_by_year_and_unit")]

    @property
    def number(self) -> str:
        """How people name it: 险〔2026〕0012."""
        return f"险〔{self.year}〕{self.pk:04d}"


@tracked
class RiskEntry(models.Model):
    """What was set down on a day. ``form_key`` makes a second click the same entry."""

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="entries")
    title = models.CharField("事项", max_length=40)
    text = models.CharField("情况", max_length=400, blank=True)
    grade = models.CharField("等级", max_length=10)
    state = models.CharField("状态", max_length=10, choices=list(rules.RISK_STATES.items()))
    measure = models.CharField("防控措施", max_length=400)
    review_due_on = models.DateField("下次复查", null=True)
    on = models.DateField("日期")
    form_key = models.UUIDField("表单", unique=True)
    by = models.BigIntegerField("经办")
    by_label = models.CharField("经办", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["pk"]
