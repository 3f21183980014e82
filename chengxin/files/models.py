from __future__ import annotations

import uuid

from django.db import models


class StoredFile(models.Model):
    """An original as it was uploaded. ``owner`` is the record it belongs to ("finding:12"), empty while it waits for one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    sm3 = models.CharField("SM3", max_length=64, blank=True)
    size = models.BigIntegerField("字节数")
    media_type = models.CharField("类型", max_length=80)
    original_name = models.CharField("原文件名", max_length=200)
    width = models.IntegerField("宽", null=True)
    height = models.IntegerField("高", null=True)
    captured_at = models.DateTimeField("相机所记拍摄时间", null=True)
    uploaded_by = models.BigIntegerField("上传用户")
    uploaded_at = models.DateTimeField("上传时间")
    owner = models.CharField("所属", max_length=80, blank=True, db_index=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="stored_file_not_empty")]

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


class SheetImport(models.Model):
    """A previewed sheet ("people.staff", "duty.roster", …): exactly what was previewed is what is applied."""

    kind = models.CharField("种类", max_length=40)
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    rows = models.JSONField("内容")
    uploaded_by = models.BigIntegerField("上传人")
    uploaded_at = models.DateTimeField("上传时间")
    applied_at = models.DateTimeField("应用时间", null=True)
