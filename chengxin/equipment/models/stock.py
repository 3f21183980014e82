"""Uniform stock: styles by size, what everybody wears, what was issued (2.1)."""

from __future__ import annotations

from django.db import models

from chengxin.audit.history import tracked


class UniformStock(models.Model):
    """How many pieces of a style, size, sex and class lie in the bureau's store. Moved only by movements, under its lock."""

    style = models.CharField("品种", max_length=30)
    size = models.CharField("尺码", max_length=12)
    sex = models.CharField("性别", max_length=6)
    person_class = models.CharField("人员类别", max_length=12)
    quantity = models.IntegerField("库存", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["style", "size", "sex", "person_class"], name="one_stock_a_size"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0), name="stock_not_negative", violation_error_message="库存不足，请核对数量。"
            ),
        ]


class StockMovement(models.Model):
    """A change of stock, never changed itself: received, issued, taken back, disposed of, corrected."""

    RECEIVED, ISSUED, TAKEN_BACK, DISPOSED, CORRECTED = "received", "issued", "taken_back", "disposed", "corrected"
    KINDS = ((RECEIVED, "入库"), (ISSUED, "发放"), (TAKEN_BACK, "收回"), (DISPOSED, "处置"), (CORRECTED, "盘点更正"))

    stock = models.ForeignKey(UniformStock, models.PROTECT, related_name="movements")
    kind = models.CharField("种类", max_length=10, choices=KINDS)
    change = models.IntegerField("变动")
    left = models.IntegerField("结存")
    note = models.CharField("说明", max_length=200, blank=True)
    by = models.BigIntegerField("经办人")
    by_label = models.CharField("经办人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=~models.Q(change=0), name="a_movement_moves")]
        indexes = [models.Index(fields=["stock", "-id"], name="movement_by_stock")]


@tracked
class SizeProfile(models.Model):
    """A person's sizes by style; entered once by the person, read by who issues."""

    person = models.OneToOneField("people.Person", models.PROTECT, related_name="+")
    sizes = models.JSONField("尺码", default=dict)
    changed_at = models.DateTimeField("修改时间")


class UniformIssueQuerySet(models.QuerySet["UniformIssue"]):
    def worn(self) -> UniformIssueQuerySet:
        """Still with the person."""
        return self.filter(taken_back_on=None)

    def to_dispose(self) -> UniformIssueQuerySet:
        """Taken back and not fit for the store: to be disposed of with the markings removed (2.1.3)."""
        return self.filter(taken_back_on__isnull=False, into_stock=False)


@tracked
class UniformIssue(models.Model):
    """Pieces of a style given to a person on a day. An exchange takes one issue back and makes another that names it."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    stock = models.ForeignKey(UniformStock, models.PROTECT, related_name="+")
    style = models.CharField("品种", max_length=30)
    quantity = models.PositiveIntegerField("件数")
    issued_on = models.DateField("发放日期")
    rule_version = models.CharField("规则版本", max_length=80)
    by_label = models.CharField("经办人", max_length=120)
    exchanges = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    taken_back_on = models.DateField("收回日期", null=True)
    taken_back_label = models.CharField("收回经办", max_length=120, blank=True)
    into_stock = models.BooleanField("收回入库", default=False)

    objects = UniformIssueQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=models.Q(quantity__gte=1), name="an_issue_of_at_least_one")]
        indexes = [models.Index(fields=["person", "style"], name="issue_by_person")]
