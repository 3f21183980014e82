"""Custody: who holds an item, from when to when, and who took it back (2.2.2)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Func

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class CustodyQuerySet(models.QuerySet["Custody"]):
    def visible_to(self, actor: Actor) -> CustodyQuerySet:
        """Custodies of items of the units the actor may read, and always the actor's own."""
        reach = actor.units_for("equipment.read")
        return self if reach is None else self.filter(models.Q(unit_id__in=reach) | models.Q(holder_id=actor.person_id or 0))

    def open(self) -> CustodyQuerySet:
        return self.filter(returned_at=None)

    def uncountersigned(self) -> CustodyQuerySet:
        return self.filter(returned_at__isnull=False, countersigned_at=None)

    def late(self, by: dt.timedelta) -> CustodyQuerySet:
        """Returned later than so long after the term, or not at all."""
        return self.filter(models.Q(returned_at=None) | models.Q(returned_at__gt=models.F("due_at") + by))

    def unproposed(self) -> CustodyQuerySet:
        return self.filter(proposed_at=None)

    def overdue(self, now: dt.datetime) -> CustodyQuerySet:
        return self.filter(returned_at=None, due_at__lt=now)


@tracked
class Custody(models.Model):
    """One person's holding of one item. While it is open the person answers for the item: 谁使用谁负责 (2.2.1)."""

    DUTY, LOAN = "duty", "loan"
    PURPOSES = ((DUTY, "执勤领用"), (LOAN, "临时借用"))
    GOOD, DAMAGED, MISSING = "good", "damaged", "lost"
    CONDITIONS = ((GOOD, "完好"), (DAMAGED, "故障或损坏"), (MISSING, "遗失"))

    item = models.ForeignKey("equipment.Item", models.PROTECT, related_name="custodies")
    holder = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="领用人")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="装备单位")
    purpose = models.CharField("用途", max_length=4, choices=PURPOSES)
    shift = models.ForeignKey("duty.Shift", models.PROTECT, null=True, related_name="+", verbose_name="班次")
    reason = models.CharField("借用理由", max_length=200, blank=True)
    taken_at = models.DateTimeField("领用时间")
    due_at = models.DateTimeField("应还时间")
    readings_out = models.JSONField("领用检查", default=dict)
    issued_by = models.BigIntegerField("经办用户", null=True)
    issued_label = models.CharField("经办", max_length=120)
    keeper = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="装备管理员")
    rule_version = models.CharField("规则版本", max_length=80)
    readings_in = models.JSONField("归还检查", default=dict)
    returned_at = models.DateTimeField("归还时间", null=True)
    returned_label = models.CharField("归还经办", max_length=120, blank=True)
    condition = models.CharField("归还状况", max_length=8, choices=CONDITIONS, blank=True)
    return_note = models.CharField("归还说明", max_length=200, blank=True)
    proposed_at = models.DateTimeField("提请时间", null=True)
    countersigned_at = models.DateTimeField("验收时间", null=True)
    countersigned_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="验收人")

    objects = CustodyQuerySet.as_manager()

    class Meta:
        ordering = ["-taken_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["item"], condition=models.Q(returned_at=None), name="one_open_custody"),
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(returned_at__isnull=False, countersigned_at=None), name="one_waiting_return"
            ),
            ExclusionConstraint(
                name="one_holder_at_a_time",
                expressions=[
                    ("item", RangeOperators.EQUAL),
                    (
                        Func("taken_at", "returned_at", function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=models.Q(returned_at=None) | models.Q(returned_at__gte=models.F("taken_at")), name="returned_after_taken"
            ),
            models.CheckConstraint(condition=models.Q(due_at__gt=models.F("taken_at")), name="due_after_taken"),
            models.CheckConstraint(
                condition=models.Q(countersigned_by=None) | ~models.Q(countersigned_by=models.F("holder")),
                name="nobody_countersigns_the_own",
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "-taken_at"], name="custody_by_holder"),
            models.Index(fields=["item", "-taken_at"], name="custody_by_item"),
            models.Index(
                fields=["due_at"],
                name="late_and_unproposed",
                condition=models.Q(proposed_at=None) & (models.Q(returned_at=None) | models.Q(returned_at__gt=models.F("due_at"))),
            ),
            models.Index(fields=["unit", "due_at"], condition=models.Q(returned_at=None), name="open_custody_by_due"),
        ]


class Operation(models.Model):
    """What was answered to a gesture sent with an idempotency key: sent again it is answered again and done once."""

    key = models.UUIDField("幂等键", primary_key=True)
    digest = models.CharField("内容摘要", max_length=64)
    by_label = models.CharField("发起", max_length=120)
    at = models.DateTimeField("时间")
    answer = models.JSONField("答复")

    class Meta:
        indexes = [models.Index(fields=["at"], name="operation_by_time")]


@tracked
class Card(models.Model):
    """A person's card for the counter. Only the digest of its code is kept; a new card ends the one before."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    digest = models.CharField("摘要", max_length=64, unique=True)
    issued_at = models.DateTimeField("制卡时间")
    issued_by = models.BigIntegerField("制卡人")
    revoked_at = models.DateTimeField("作废时间", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person"], condition=models.Q(revoked_at=None), name="one_card_a_person")]


class KeeperTurn(models.Model):
    """A keeper at a kiosk: who answers for what the device does, from when until when."""

    device = models.CharField("设备", max_length=120)
    keeper = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    key = models.UUIDField("标识", unique=True)
    opened_at = models.DateTimeField("开始")
    until = models.DateTimeField("至迟结束")
    ended_at = models.DateTimeField("结束", null=True)
    units = models.JSONField("范围", null=True)
