"""The register: every item with its kind, unit and state of service (2.2.1)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Concat

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.equipment import rules
from chengxin.ui.search import Grams

STANDS_ON_IT = Concat("asset_number", models.Value(" "), "serial", models.Value(" "), "model_name", output_field=models.TextField())


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, actor: Actor) -> ItemQuerySet:
        reach = actor.units_for("equipment.read")
        return self if reach is None else self.filter(unit_id__in=reach)


@tracked
class Item(models.Model):
    """One piece of equipment. ``kind`` is a code of the rulebook; ``price`` is in fen."""

    asset_number = models.CharField("装备编号", max_length=24, unique=True)
    kind = models.CharField("种类", max_length=20)
    model_name = models.CharField("型号", max_length=60)
    serial = models.CharField("序列号", max_length=60, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    place = models.CharField("存放位置", max_length=60, blank=True)
    service = models.CharField("状态", max_length=10, choices=rules.SERVICE.items(), default=rules.READY)
    purchased_on = models.DateField("购置日期")
    price = models.BigIntegerField("单价（分）")
    document = models.CharField("购置凭证", max_length=80, blank=True)
    registered_at = models.DateTimeField("登记时间")

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["asset_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "serial"], condition=~models.Q(serial=""), name="one_item_a_serial",
                violation_error_message="同种类已有相同序列号的装备，请核对。",
            ),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="item_price_not_negative"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["unit", "kind"], name="item_by_unit_and_kind"),
            GinIndex(Grams(STANDS_ON_IT), name="item_by_grams"),
        ]

    def __str__(self) -> str:
        return self.asset_number

    @property
    def label(self) -> str:
        return rules.label_of(self.asset_number)


class ItemStep(models.Model):
    """What happened to an item besides custody: registered, allocated, reported, repaired, retired. None is changed."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="steps")
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办人", max_length=120)
    title = models.CharField("事项", max_length=80)
    note = models.TextField("说明", blank=True)
    tone = models.CharField("色调", max_length=8, default="muted")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["item", "id"], name="step_by_item")]
