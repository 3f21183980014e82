"""Beside the findings: who was reminded, which are looked at again, and what was done about what comes back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.supervision import rules


class Reminder(models.Model):
    """Somebody was reminded of a finding; at most once a day, however many press the button."""

    finding = models.ForeignKey("findings.Finding", models.PROTECT, related_name="+")
    day = models.DateField("日期")
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    by_label = models.CharField("催办人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["finding", "day"], name="one_reminder_a_finding_and_day")]


class LookBackTask(models.Model):
    """A closed finding that was drawn to be looked at again. Whether that was done is the finding's own look-back."""

    draw = models.ForeignKey("draws.Draw", models.PROTECT, related_name="+")
    finding = models.ForeignKey("findings.Finding", models.PROTECT, related_name="+")
    year = models.IntegerField("年份")
    quarter = models.IntegerField("季度")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["draw", "finding"], name="one_look_back_a_draw")]


class RepeatAlertQuerySet(models.QuerySet["RepeatAlert"]):
    def open(self) -> RepeatAlertQuerySet:
        return self.filter(disposed_at=None, lifted_at=None)


@tracked
class RepeatAlert(models.Model):
    """The same clause again within the rule's days, against a person or in a unit. It costs nobody anything: somebody has to say
    what follows. Reversed findings lift it while nobody has.
    """

    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")  # none: the unit's alert
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+")
    clause = models.CharField("条款", max_length=12)
    since = models.DateField("自")
    last_finding = models.ForeignKey("findings.Finding", models.PROTECT, related_name="+")
    rule_version = models.CharField("规则版本", max_length=80)
    raised_at = models.DateTimeField("提示时间")
    disposition = models.CharField("处置", max_length=8, choices=list(rules.DISPOSITIONS.items()), blank=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    disposed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    disposed_label = models.CharField("处置人", max_length=120, blank=True)
    disposed_at = models.DateTimeField("处置时间", null=True)
    lifted_at = models.DateTimeField("解除时间", null=True)

    objects = RepeatAlertQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["person", "clause"], condition=models.Q(disposed_at=None, lifted_at=None, person__isnull=False),
                name="one_open_alert_a_person_and_clause",
            ),
            models.UniqueConstraint(
                fields=["unit", "clause"], condition=models.Q(disposed_at=None, lifted_at=None, person=None),
                name="one_open_alert_a_unit_and_clause",
            ),
            models.CheckConstraint(
                condition=models.Q(disposed_at=None, disposition="", disposed_by=None)
                | (models.Q(disposed_at__isnull=False, disposed_by__isnull=False) & ~models.Q(disposition="") & ~models.Q(reason="")),
                name="a_disposition_has_a_reason_and_a_name",
            ),
        ]  # fmt: skip
