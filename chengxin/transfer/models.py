"""Files of long lists: asked for by one reader, for that reader alone, for a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q

STALLED = dt.timedelta(minutes=5)


class ListFile(models.Model):
    """A list that is being written, or was. ``address`` is the list's own, with its filters; the scope is the asker's at that time."""

    WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
    STATES = ((WAITING, "等待生成"), (RUNNING, "正在生成"), (DONE, "已生成"), (FAILED, "没有生成"))

    user = models.ForeignKey("people.User", models.CASCADE, verbose_name="申请人", related_name="+")
    address = models.TextField("清单地址")
    title = models.CharField("清单", max_length=80)
    kind = models.CharField("格式", max_length=4, choices=(("xlsx", "Excel"), ("csv", "CSV")))
    state = models.CharField("状态", max_length=10, choices=STATES, default=WAITING)
    asked_at = models.DateTimeField("申请时间")
    moved_at = models.DateTimeField("最近进展")
    until = models.DateTimeField("保留到")
    total = models.IntegerField("总条数", null=True)
    rows = models.IntegerField("已写条数", default=0)
    size = models.BigIntegerField("字节数", null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    problem = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-asked_at"], name="list_file_by_user")]
        constraints = [
            models.CheckConstraint(condition=~Q(state="done") | Q(size__isnull=False), name="list_file_done_has_size"),
            models.CheckConstraint(condition=Q(until__gt=F("asked_at")), name="list_file_expires_later"),
        ]

    @property
    def path(self) -> Path:
        return Path(settings.DATA_DIR) / "lists" / f"{self.pk}.{self.kind}"

    @property
    def is_over(self) -> bool:
        return self.state in {self.DONE, self.FAILED}

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows // self.total) if self.total else 0
