"""After the result: was it solved, was the complainant satisfied, and was the complaint right (3.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.complaints import rules


class Answer(models.Model):
    """What the complainant says afterwards. Solved and satisfied are two questions: one can be without the other. Never changed."""

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="answers")
    round = models.IntegerField("第几次")
    at = models.DateTimeField("时间")
    solved = models.BooleanField("是否解决")
    satisfied = models.BooleanField("是否满意")
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        ordering = ["round"]
        constraints = [models.UniqueConstraint(fields=["complaint", "round"], name="one_answer_a_round")]


@tracked
class Validity(models.Model):
    """Whether a complaint about a person is right: proposed by who looked into it, decided by another outside the squadron."""

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="validities")
    accused = models.ForeignKey("complaints.Accused", models.PROTECT, related_name="validities")
    outcome = models.CharField("意见", max_length=6, choices=list(rules.VALIDITIES.items()))
    reasons = models.CharField("依据", max_length=500)
    proposed_by = models.BigIntegerField("提出人")
    proposed_label = models.CharField("提出人", max_length=120)
    proposed_at = models.DateTimeField("提出时间")
    decided = models.BooleanField("结果", null=True)  # true: as proposed; false: sent back
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    note = models.CharField("理由", max_length=500, blank=True)
    finding = models.ForeignKey("findings.Finding", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["accused"], condition=~models.Q(decided=False), name="one_standing_validity_a_person"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("proposed_by")), name="validity_decided_by_another"
            ),
        ]
