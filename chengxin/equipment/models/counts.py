"""清点: what should be in a place, what was scanned, and what differs (2.2.1)."""

from __future__ import annotations

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.equipment import rules


class CountQuerySet(models.QuerySet["Count"]):
    def visible_to(self, actor: Actor) -> CountQuerySet:
        reach = actor.units_for("equipment.read")
        return self if reach is None else self.filter(unit_id__in=reach)


@tracked
class Count(models.Model):
    """A count of a unit's store (or one place in it). What is expected is frozen when it starts."""

    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    place = models.CharField("位置", max_length=60, blank=True)
    started_at = models.DateTimeField("开始")
    started_by = models.BigIntegerField("发起人")
    started_label = models.CharField("发起人", max_length=120)
    closed_at = models.DateTimeField("结束", null=True)
    closed_label = models.CharField("结束人", max_length=120, blank=True)

    objects = CountQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "place"], condition=models.Q(closed_at=None), name="one_open_count_a_place",
                violation_error_message="这里已有一次没有结束的清点，请先结束它。",
            )
        ]  # fmt: skip


class CountLine(models.Model):
    """An item that should be here, by the book of the moment the count began."""

    count = models.ForeignKey(Count, models.PROTECT, related_name="lines")
    item = models.ForeignKey("equipment.Item", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "item"], name="one_line_an_item")]


class CountDevice(models.Model):
    """A phone or scanner that takes part. Until it says how many scans it made and all have come, the count stays open."""

    count = models.ForeignKey(Count, models.PROTECT, related_name="devices")
    key = models.UUIDField("设备")
    by_label = models.CharField("使用人", max_length=120)
    joined_at = models.DateTimeField("加入")
    announced = models.IntegerField("已报扫描数", default=0)
    finished_at = models.DateTimeField("扫描完毕", null=True)
    given_up_label = models.CharField("放弃者", max_length=120, blank=True)
    given_up_reason = models.CharField("放弃理由", max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "key"], name="a_device_joins_once")]


class CountScan(models.Model):
    """One scan, by the device's own running number: sent again it is the same scan."""

    device = models.ForeignKey(CountDevice, models.PROTECT, related_name="scans")
    sequence = models.IntegerField("序号")
    code = models.CharField("扫描内容", max_length=120)
    number = models.CharField("装备编号", max_length=24, blank=True)
    scanned_at = models.DateTimeField("扫描时间")
    received_at = models.DateTimeField("送达时间")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "sequence"], name="one_scan_a_number")]


@tracked
class CountDifference(models.Model):
    """What did not fit when the count closed: a task until somebody says what became of it."""

    count = models.ForeignKey(Count, models.PROTECT, related_name="differences")
    kind = models.CharField("差异", max_length=14, choices=rules.DIFFERENCES.items())
    code = models.CharField("编号", max_length=120)
    item = models.ForeignKey("equipment.Item", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField("处理时间", null=True)
    settled_label = models.CharField("处理人", max_length=120, blank=True)
    resolution = models.CharField("处理结果", max_length=200, blank=True)

    class Meta:
        ordering = ["kind", "code"]
        constraints = [models.UniqueConstraint(fields=["count", "kind", "code"], name="one_difference_a_code")]
