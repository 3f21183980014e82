"""Draws as they were made. A row is written at the freeze, once more at the cast, and never again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked_without
from chengxin.rulekit import draws
from chengxin.rulekit.draws import Entry


@tracked_without("frame_text")
class Draw(models.Model):
    """One draw of a purpose. ``key`` is unique ("evidence.review:2026-09"): nobody draws again until the result pleases."""

    key = models.CharField("标识", max_length=120, unique=True)
    title = models.CharField("事项", max_length=120)
    # [[name, stratum, excluded], …] in its one order, as the very text that was hashed: a frame of 100,000 is not written a second time
    frame_text = models.TextField("范围")
    quotas = models.JSONField("名额")
    frame_sha256 = models.CharField("范围摘要", max_length=64)
    rule_version = models.CharField("规则版本", max_length=80)
    frozen_at = models.DateTimeField("冻结时间")
    frozen_by = models.BigIntegerField("冻结人")
    frozen_label = models.CharField("冻结人", max_length=120)
    secret = models.CharField("随机数", max_length=64, blank=True)
    public = models.CharField("公开内容", max_length=120, blank=True)
    seed = models.CharField("种子", max_length=64, blank=True)
    drawn = models.JSONField("抽中", default=list)
    cast_at = models.DateTimeField("抽取时间", null=True)
    cast_label = models.CharField("抽取人", max_length=120, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(cast_at=None) | models.Q(cast_at__gte=models.F("frozen_at")), name="frozen_before_cast"
            ),
            models.CheckConstraint(
                condition=models.Q(cast_at=None, seed="") | models.Q(cast_at__isnull=False, seed__gt=""), name="a_cast_has_a_seed"
            ),
        ]

    @property
    def frame(self) -> list[list[str]]:
        return draws.rows_in(self.frame_text)

    @property
    def entries(self) -> list[Entry]:
        return [Entry._make(row) for row in self.frame]


class Replacement(models.Model):
    """One of the drawn was replaced by the next ticket, with the reason. Never changed."""

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="replacements")
    out = models.CharField("换下", max_length=120)
    into = models.CharField("换上", max_length=120, null=True)  # noqa: DJ001  (null: the stratum had nobody left)
    reason = models.CharField("理由", max_length=200)
    by_label = models.CharField("经办", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["draw", "out"], name="replaced_once")]
