"""The second copy of important footage, on a place of its own (2.2.3)."""

from __future__ import annotations

from django.db import models


class Copy(models.Model):
    """One recording's second copy: when it was written and last read again, and what was found."""

    GOOD, MISSING, DAMAGED, REPAIRED = "good", "missing", "damaged", "repaired"
    STATES = ((GOOD, "完好"), (MISSING, "缺失"), (DAMAGED, "损坏"), (REPAIRED, "已修复"))

    recording = models.OneToOneField("evidence.Recording", models.PROTECT, related_name="copy")
    state = models.CharField("状态", max_length=8, choices=STATES, default=GOOD)
    written_at = models.DateTimeField("写入时间")
    checked_at = models.DateTimeField("复核时间")

    class Meta:
        indexes = [models.Index(fields=["checked_at"], name="copy_by_check")]


class StoreCheck(models.Model):
    """One test of a bucket: what was tried on a locked object and how the store answered. Never changed."""

    at = models.DateTimeField("时间")
    place = models.CharField("存放", max_length=9, choices=[("originals", "原件"), ("copies", "副本")])
    bucket = models.CharField("桶", max_length=63)
    passed = models.BooleanField("通过")
    lines = models.JSONField("明细")

    class Meta:
        ordering = ["-pk"]


class Damage(models.Model):
    """What a check found wrong with an original or a copy, and what was done. Never changed but for its end."""

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="damages")
    where = models.CharField("哪一份", max_length=8, choices=[("original", "原件"), ("copy", "副本")])
    what = models.CharField("情况", max_length=200)
    found_at = models.DateTimeField("发现时间")
    repaired_at = models.DateTimeField("修复时间", null=True)
    repaired_from = models.CharField("修复来源", max_length=8, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["found_at"], condition=models.Q(repaired_at=None), name="damage_open")]
