"""A recording: what it is, whose it is, where its bytes lie, until when it is kept (2.2.3)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.evidence import rules

PART_BYTES = 16 * 1024 * 1024  # a part of a recording: what a resumed upload reads again at most, and what is looked at for damage


class RecordingQuerySet(models.QuerySet["Recording"]):
    def visible_to(self, actor: Actor) -> RecordingQuerySet:
        """Recordings of the units the actor may read, and always the actor's own."""
        reach = actor.units_for("evidence.read")
        return self if reach is None else self.filter(models.Q(unit_id__in=reach) | models.Q(person_id=actor.person_id or 0))

    def kept(self) -> RecordingQuerySet:
        """Whose bytes are still there."""
        return self.filter(deleted_at=None)

    def unattributed(self) -> RecordingQuerySet:
        return self.exclude(attribution=rules.ATTRIBUTED)

    def expired(self, day: dt.date) -> RecordingQuerySet:
        """Ordinary footage whose term is over; holds are another question."""
        return self.kept().filter(category=rules.ORDINARY, deletable_from__lte=day)


@tracked
class Recording(models.Model):
    """An original as a device made it. Nobody edits it: its bytes go only by expiry, and the row stays when they are gone."""

    UPLOADED, IMPORTED, IN_PLACE = "uploaded", "imported", "in_place"
    DOORS = ((UPLOADED, "上传"), (IMPORTED, "导入"), (IN_PLACE, "原地登记"))

    # what it is
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    sm3 = models.CharField("SM3", max_length=64, blank=True)
    size = models.BigIntegerField("字节数")
    part_size = models.IntegerField("分段字节数")
    part_digests = models.BinaryField("分段摘要")
    medium = models.CharField("类型", max_length=5, choices=list(rules.MEDIA.items()))
    original_name = models.CharField("原文件名", max_length=255)
    duration_ms = models.BigIntegerField("时长（毫秒）", null=True)
    codec = models.CharField("编码", max_length=40, blank=True)
    width = models.IntegerField("宽", null=True)
    height = models.IntegerField("高", null=True)
    is_cut_off = models.BooleanField("截断", default=False)
    examined_at = models.DateTimeField("检查时间", null=True)
    trouble = models.CharField("检查问题", max_length=200, blank=True)
    # where it came from and where it lies
    door = models.CharField("来源", max_length=8, choices=DOORS)
    station = models.CharField("采集站", max_length=60)
    local_id = models.CharField("采集站编号", max_length=255)
    path = models.CharField("所在位置", max_length=500, blank=True)
    ingested_at = models.DateTimeField("入库时间")
    ingested_label = models.CharField("入库经办", max_length=120)
    # what was claimed, and whose it is
    device_name = models.CharField("设备编号", max_length=60, blank=True)
    officer_name = models.CharField("文件所写工号", max_length=60, blank=True)
    sequence = models.IntegerField("序号", null=True)
    is_time_known = models.BooleanField("录制时间可知", default=True)
    drift_seconds = models.IntegerField("时钟偏差（秒）", default=0)
    started_at = models.DateTimeField("录制开始")
    ended_at = models.DateTimeField("录制结束")
    device = models.ForeignKey("equipment.Item", models.PROTECT, null=True, related_name="+", verbose_name="设备")
    custody = models.ForeignKey("equipment.Custody", models.PROTECT, null=True, related_name="+", verbose_name="领用")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="使用人")
    shift = models.ForeignKey("duty.Shift", models.PROTECT, null=True, related_name="+", verbose_name="班次")
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+", verbose_name="单位")
    attribution = models.CharField("归属", max_length=10, choices=list(rules.ATTRIBUTION.items()))
    attribution_note = models.CharField("归属依据", max_length=200, blank=True)
    attributed_by = models.BigIntegerField("认定人", null=True)
    # how long it is kept
    category = models.CharField("类别", max_length=9, choices=list(rules.CATEGORIES.items()), default=rules.ORDINARY)
    kept_through = models.DateField("留存至")
    deletable_from = models.DateField("可删除起")
    rule_version = models.CharField("规则版本", max_length=80)
    locked_until = models.DateField("存储锁定至", null=True)  # its beginning; null where the store locks nothing
    deleted_at = models.DateTimeField("删除时间", null=True)
    removed_at = models.DateTimeField("原件清除时间", null=True)  # when the bytes were gone

    objects = RecordingQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["station", "local_id"], name="one_recording_a_local_id"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="recording_not_empty"),
            models.CheckConstraint(condition=models.Q(ended_at__gte=models.F("started_at")), name="recording_ends_after_start"),
            models.CheckConstraint(condition=models.Q(deletable_from__gt=models.F("kept_through")), name="deletable_after_kept"),
            models.CheckConstraint(
                condition=models.Q(attribution="attributed", person__isnull=False) | ~models.Q(attribution="attributed"),
                name="an_attributed_recording_names_a_person",
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="recording_by_time"),
            models.Index(fields=["unit", "-started_at"], name="recording_by_unit"),
            models.Index(fields=["person", "-started_at"], name="recording_by_person"),
            models.Index(fields=["device", "-started_at"], name="recording_by_device"),
            models.Index(fields=["shift"], include=["started_at", "ended_at"], name="recording_by_shift"),
            models.Index(fields=["id"], condition=models.Q(examined_at=None), name="recording_unexamined"),
            models.Index(fields=["-ingested_at"], condition=~models.Q(attribution="attributed"), name="recording_unattributed"),
            models.Index(fields=["id"], condition=models.Q(deleted_at__isnull=False, removed_at=None), name="recording_to_remove"),
            models.Index(
                fields=["deletable_from"], condition=models.Q(category="ordinary", deleted_at=None), name="recording_by_expiry"
            ),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        return f"影{self.pk:07d}"

    @property
    def parts(self) -> list[str]:
        """The SHA-256 of each part, in order."""
        digests = bytes(self.part_digests)
        return [digests[at : at + 32].hex() for at in range(0, len(digests), 32)]

    @property
    def is_important(self) -> bool:
        return self.category == rules.IMPORTANT


class RecordingStep(models.Model):
    """A line of a recording's own story: ingested, attributed, marked, held, deleted. Never changed."""

    recording = models.ForeignKey(Recording, models.PROTECT, related_name="steps")
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办", max_length=120)
    title = models.CharField("事项", max_length=60)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["recording", "id"], name="recording_step_in_order")]
