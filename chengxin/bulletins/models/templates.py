"""The Word file the bureau puts in the place of the built-in one."""

from __future__ import annotations

from django.db import models

from chengxin.audit.history import tracked


@tracked
class Template(models.Model):
    """A checked template and from when it is used; its bytes are kept by ``files`` under ``owner``."""

    name = models.CharField("名称", max_length=80)
    sha256 = models.CharField("SHA-256", max_length=64)
    in_force_from = models.DateField("启用日期")
    uploaded_by = models.BigIntegerField("上传人")
    uploaded_label = models.CharField("上传人", max_length=120)
    uploaded_at = models.DateTimeField("上传时间")
    withdrawn_at = models.DateTimeField("停用时间", null=True)
    withdrawn_label = models.CharField("停用人", max_length=120, blank=True)

    class Meta:
        ordering = ["-in_force_from", "-pk"]

    @property
    def owner(self) -> str:
        return f"bulletin_template:{self.pk}"

    @property
    def label(self) -> str:
        return f"{self.name}（{self.sha256[:8]}）"
