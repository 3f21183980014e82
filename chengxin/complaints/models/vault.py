"""Who complained: in a table of its own, encrypted with a key outside the database, opened by two persons (3.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Contact(models.Model):
    """A complainant's name and number as ciphertext. Nothing else in the database says who complained."""

    complaint = models.OneToOneField("complaints.Complaint", models.PROTECT, related_name="contact")
    sealed = models.BinaryField("密文")
    key_name = models.CharField("密钥", max_length=20)
    made_at = models.DateTimeField("时间")


class Reveal(models.Model):
    """Somebody asks to see who complained, and why; another agrees; the asker sees it for some hours."""

    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, related_name="reveals")
    reason = models.CharField("理由", max_length=200)
    asked_by = models.BigIntegerField("申请人")
    asked_label = models.CharField("申请人", max_length=120)
    asked_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("结果", null=True)
    decided_by = models.BigIntegerField("同意人", null=True)
    decided_label = models.CharField("同意人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)
    until = models.DateTimeField("可查看至", null=True)
    seen = models.IntegerField("查看次数", default=0)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")), name="reveal_decided_by_another"
            ),
        ]
