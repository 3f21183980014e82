"""What is made from an original without touching it, and what leaves the house with approval (2.2.3)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class DerivativeQuerySet(models.QuerySet["Derivative"]):
    def playable(self) -> DerivativeQuerySet:
        return self.filter(kind=Derivative.PLAYABLE)

    def clips(self) -> DerivativeQuerySet:
        return self.filter(kind=Derivative.CLIP)

    def standing(self) -> DerivativeQuerySet:
        return self.exclude(state=Derivative.FAILED)


class Derivative(models.Model):
    """A film made from an original: one that browsers play, or a stretch of it. The original stays what it is."""

    PLAYABLE, CLIP = "playable", "clip"
    KINDS = ((PLAYABLE, "可播放格式"), (CLIP, "片段"))
    WAITING, MADE, FAILED = "waiting", "made", "failed"
    STATES = ((WAITING, "制作中"), (MADE, "已制作"), (FAILED, "未能制作"))

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="derivatives")
    kind = models.CharField("种类", max_length=8, choices=KINDS)
    start_ms = models.BigIntegerField("起（毫秒）", default=0)
    end_ms = models.BigIntegerField("止（毫秒）", null=True)
    reason = models.CharField("理由", max_length=200, blank=True)
    asked_label = models.CharField("制作人", max_length=120)
    asked_at = models.DateTimeField("提出时间")
    state = models.CharField("状态", max_length=7, choices=STATES, default=WAITING)
    made_at = models.DateTimeField("制作时间", null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    size = models.BigIntegerField("字节数", null=True)
    trouble = models.CharField("问题", max_length=200, blank=True)

    objects = DerivativeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["recording", "kind", "start_ms", "end_ms"], condition=~models.Q(state="failed"), nulls_distinct=False,
                name="one_derivative_a_stretch",
            ),
            models.CheckConstraint(
                condition=models.Q(end_ms=None) | models.Q(end_ms__gt=models.F("start_ms")), name="a_clip_ends_after_its_start"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["id"], condition=models.Q(state="waiting"), name="derivative_waiting")]

    @property
    def number(self) -> str:
        return f"片{self.pk:06d}"


class ReleaseQuerySet(models.QuerySet["Release"]):
    def of(self, actor: Actor) -> ReleaseQuerySet:
        return self.filter(asked_by=actor.user_id or 0)

    def undecided(self) -> ReleaseQuerySet:
        return self.filter(granted=None)

    def usable(self, now: dt.datetime) -> ReleaseQuerySet:
        return self.filter(granted=True, until__gt=now)


@tracked
class Release(models.Model):
    """Somebody asks to copy a recording or a clip of it out, for a named recipient; another decides; then a link for some hours."""

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="releases")
    clip = models.ForeignKey(Derivative, models.PROTECT, null=True, related_name="releases")
    recipient = models.CharField("接收单位或人员", max_length=120)
    purpose = models.CharField("用途", max_length=200)
    matter = models.CharField("投诉或案件编号", max_length=80, blank=True)
    asked_by = models.BigIntegerField("申请人")
    asked_label = models.CharField("申请人", max_length=120)
    asked_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("结果", null=True)
    decided_by = models.BigIntegerField("审批人", null=True)
    decided_label = models.CharField("审批人", max_length=120, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)
    key = models.UUIDField("链接", null=True, unique=True)
    until = models.DateTimeField("链接有效至", null=True)
    most = models.IntegerField("最多下载次数", default=0)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")), name="release_decided_by_another"
            ),
            models.CheckConstraint(
                condition=models.Q(granted=True, key__isnull=False, until__isnull=False) | ~models.Q(granted=True),
                name="a_granted_release_has_a_link_that_ends",
            ),
        ]
        indexes = [models.Index(fields=["recording", "-id"], name="release_by_recording")]

    @property
    def number(self) -> str:
        return f"拷{self.pk:06d}"


class Download(models.Model):
    """One use of a link. Never changed."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="downloads")
    at = models.DateTimeField("时间")
    label = models.CharField("下载人", max_length=120)
    address = models.CharField("来源地址", max_length=45, blank=True)

    class Meta:
        ordering = ["pk"]
