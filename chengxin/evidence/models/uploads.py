"""Uploads that are not finished: what has arrived for good, and until when the rest may come."""

from __future__ import annotations

import uuid

from django.db import models


class Upload(models.Model):
    """One upload of a dock or browser. ``offset`` counts only bytes that are durable on the disk; ``part_digests`` has the
    SHA-256 of each whole part below it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by_label = models.CharField("发起", max_length=120)
    user_id = models.BigIntegerField("用户", null=True)
    unit_id = models.BigIntegerField("单位", null=True)
    length = models.BigIntegerField("总字节数")
    offset = models.BigIntegerField("已收字节数", default=0)
    claims = models.JSONField("附带信息", default=dict)
    part_digests = models.BinaryField("分段摘要", default=bytes)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)  # known once all of it was read back
    created_at = models.DateTimeField("开始时间")
    expires_at = models.DateTimeField("过期时间")
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, null=True, related_name="+")
    trouble = models.CharField("未能入库", max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(length__gt=0), name="upload_not_empty"),
            models.CheckConstraint(condition=models.Q(offset__gte=0, offset__lte=models.F("length")), name="offset_within_the_upload"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="upload_by_expiry")]
