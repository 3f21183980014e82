"""Supervision records for 司法局: asked by one, approved by another, made once, each handing out kept (3.1)."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked


@tracked
class JusticeExport(models.Model):
    """A request for the records of a span of days."""

    since = models.DateField("从")
    until = models.DateField("到")
    recipient = models.CharField("调取单位", max_length=80)
    reason = models.CharField("理由", max_length=200)
    asked_by = models.BigIntegerField("申请人")
    asked_label = models.CharField("申请人", max_length=120)
    asked_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("结果", null=True)
    decided_by = models.BigIntegerField("审批人", null=True)
    decided_label = models.CharField("审批人", max_length=120, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(until__gte=models.F("since")), name="export_until_after_since"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")), name="export_decided_by_another"
            ),
        ]

    @property
    def number(self) -> str:
        return f"司调〔{self.asked_at.year}〕{self.pk:04d}"


class JusticeArchive(models.Model):
    """The file as it was made at the approval, byte for byte: what is handed out later is the same. Never changed."""

    export = models.OneToOneField(JusticeExport, models.PROTECT, related_name="archive")
    content = models.BinaryField("文件")
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.IntegerField("字节数")
    files = models.JSONField("清单")  # [{name, bytes, sha256}, …]
    versions = models.JSONField("规则版本", default=list)
    made_at = models.DateTimeField("生成时间")

    class Meta:
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class JusticeDownload(models.Model):
    """One handing out. Never changed."""

    export = models.ForeignKey(JusticeExport, models.PROTECT, related_name="downloads")
    at = models.DateTimeField("时间")
    by_label = models.CharField("下载人", max_length=120)
    address = models.CharField("来源地址", max_length=45, blank=True)

    class Meta:
        ordering = ["pk"]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
