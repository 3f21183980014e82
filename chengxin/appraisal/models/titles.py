"""示范中队 / 示范岗, and what is objected to in a publicity period."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models

from chengxin.appraisal.rules import titles as title_rules
from chengxin.audit.history import tracked


class TitleQuerySet(models.QuerySet["ExemplaryTitle"]):
    def in_force(self, day: dt.date) -> TitleQuerySet:
        """Granted, not past its term, not revoked by that day."""
        return self.filter(starts_on__lte=day, ends_on__gte=day, state__in=[title_rules.GRANTED, title_rules.REVOKED]).exclude(
            revoked_on__lte=day
        )


@tracked
class ExemplaryTitle(models.Model):
    """A title from its nomination to its end. Its term ends by date; what was found when it was nominated stays with it."""

    kind = models.CharField("称号", max_length=10, choices=list(title_rules.KINDS.items()))
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    post_name = models.CharField("岗位", max_length=60, blank=True)
    state = models.CharField("状态", max_length=10, choices=list(title_rules.STATES.items()), default=title_rules.NOMINATED)
    reasons = models.CharField("事迹", max_length=1000)
    criteria = models.JSONField("申报时的条件核对")
    rule_version = models.CharField("规则版本", max_length=80)
    term_months = models.IntegerField("有效期（月）")
    nominated_at = models.DateTimeField("申报时间")
    nominated_by = models.BigIntegerField("申报人")
    nominated_label = models.CharField("申报人", max_length=120)
    publicity_from = models.DateField("公示起", null=True)
    publicity_until = models.DateField("公示止", null=True)
    granted_at = models.DateTimeField("授予时间", null=True)
    granted_label = models.CharField("授予人", max_length=120, blank=True)
    document_number = models.CharField("文号", max_length=60, blank=True)
    starts_on = models.DateField("有效期起", null=True)
    ends_on = models.DateField("有效期止", null=True)
    revoked_on = models.DateField("撤销日", null=True)
    ended_label = models.CharField("撤销或不予授予的决定人", max_length=120, blank=True)
    ended_reason = models.CharField("撤销或不予授予的理由", max_length=400, blank=True)

    objects = TitleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["granted", "revoked"])
                | models.Q(starts_on__isnull=False, ends_on__gte=models.F("starts_on")),
                name="a_granted_title_has_a_term",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="revoked") | (models.Q(revoked_on__isnull=False) & ~models.Q(ended_reason="")),
                name="a_revoked_title_says_why",
            ),
            models.UniqueConstraint(
                fields=["kind", "unit", "post_name"], condition=models.Q(state__in=["nominated", "publicity"]),
                name="one_running_nomination",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return (
            f"{self.get_kind_display()} {self.name}（{self.starts_on} 至 {self.ends_on}）"
            if self.starts_on
            else f"{self.get_kind_display()} {self.name}"
        )

    @property
    def name(self) -> str:
        return f"{self.unit.name}{self.post_name}"

    @property
    def number(self) -> str:
        """示〔2026〕0003"""
        return f"示〔{self.nominated_at.year}〕{self.pk:04d}"

    def is_in_force(self, day: dt.date) -> bool:
        return title_rules.is_in_force(self.state, self.starts_on, self.ends_on, self.revoked_on, day)


@tracked
class PublicObjection(models.Model):
    """An objection within a publicity period: of a nomination or of a title. Decided by another; who filed it is told to nobody else."""

    nomination = models.ForeignKey("appraisal.Nomination", models.PROTECT, null=True, related_name="objections")
    title = models.ForeignKey(ExemplaryTitle, models.PROTECT, null=True, related_name="objections")
    text = models.TextField("内容")
    filed_by = models.BigIntegerField("提出人")
    filed_label = models.CharField("提出人", max_length=120)
    filed_at = models.DateTimeField("提出时间")
    outcome = models.CharField("结果", max_length=10, blank=True, choices=[("upheld", "成立"), ("dismissed", "不成立")])
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    reasons = models.CharField("决定理由", max_length=400, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(nomination=None, title__isnull=False) | models.Q(nomination__isnull=False, title=None),
                name="an_objection_is_against_one_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("filed_by")),
                name="a_public_objection_is_decided_by_another",
            ),
            models.UniqueConstraint(
                fields=["nomination", "filed_by"], condition=models.Q(outcome="", nomination__isnull=False),
                name="one_open_objection_a_person",
            ),
            models.UniqueConstraint(
                fields=["title", "filed_by"], condition=models.Q(outcome="", title__isnull=False), name="one_open_title_objection_a_person"
            ),
        ]  # fmt: skip
