"""Dress: orders, exemptions, roll-calls, what leavers hand back, what is disposed of."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from chengxin.attire import rules
from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


class Season(models.TextChoices):
    SPRING_AUTUMN = "spring_autumn", "春秋装"
    SUMMER = "summer", "夏装"
    WINTER = "winter", "冬装"


@tracked
class SeasonOrder(models.Model):
    """换装令: the whole bureau wears another season's dress for some days. Withdrawn, it stays and stops holding."""

    season = models.CharField("着装", max_length=16, choices=Season.choices)
    starts_on = models.DateField("起")
    ends_on = models.DateField("止")
    reason = models.CharField("理由", max_length=200)
    signer = models.CharField("签发人", max_length=40)
    document_number = models.CharField("文号", max_length=60)
    entered_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    entered_at = models.DateTimeField("录入时间")
    withdrawn_on = models.DateField("撤回日", null=True)
    withdrawn_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    withdrawal_reason = models.CharField("撤回理由", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="season_order_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["document_number"], name="one_order_a_document", violation_error_message="这个文号已经录入过，请核对。"
            ),
        ]

    def as_rule(self) -> rules.Order:
        return rules.Order(self.pk, self.season, self.starts_on, self.ends_on, self.document_number, self.withdrawn_on)


@tracked
class Exemption(models.Model):
    """豁免: until when and approved by whom. Why is nobody's business and is not kept."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    period = DateRangeField("期间")
    approved_by = models.CharField("批准人", max_length=40)
    entered_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    entered_at = models.DateTimeField("录入时间")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="one_exemption_a_day",
                expressions=[("person", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                violation_error_message="这段时间已有豁免，期间不能重叠。",
            )
        ]

    @property
    def until(self) -> dt.date:
        last: dt.date = self.period.upper - dt.timedelta(days=1)
        return last


class RollCallQuerySet(models.QuerySet["RollCall"]):
    def visible_to(self, actor: Actor) -> RollCallQuerySet:
        reach = actor.units_for("attire.read")
        return self if reach is None else self.filter(unit_id__in=reach)


@tracked
class RollCall(models.Model):
    """班前点验 of a unit: who was checked, by which season. ``client_key`` is the phone's own name of this sending."""

    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    held_on = models.DateField("日期")
    session = models.CharField("班次", max_length=20)
    client_key = models.UUIDField("发送标识", unique=True)
    conductor = models.ForeignKey("people.User", models.PROTECT, related_name="+", verbose_name="点验人")
    conductor_label = models.CharField("点验人", max_length=120)
    season = models.CharField("着装", max_length=16, choices=Season.choices)
    season_rule = models.CharField("规则版本", max_length=80)
    season_order = models.ForeignKey(SeasonOrder, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField("送达时间")

    objects = RollCallQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "held_on", "session"], name="one_roll_call_a_session")]
        indexes = [models.Index(fields=["-held_on", "unit"], name="roll_call_newest")]


class RollCallLine(models.Model):
    """One member in a roll-call, as the day found them. A passing line is all there is to say."""

    roll_call = models.ForeignKey(RollCall, models.PROTECT, related_name="lines")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    person_class = models.CharField("人员类别", max_length=12)
    expected = models.CharField("当日要求", max_length=16)
    outcome = models.CharField("结果", max_length=10, choices=[(rules.CHECKED, "已点验"), (rules.ABSENT, "未到")])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["roll_call", "person"], name="one_line_a_person")]
        indexes = [models.Index(fields=["person", "roll_call"], name="roll_call_line_by_person")]


class RollCallException(models.Model):
    """What did not pass, with the finding it became."""

    line = models.ForeignKey(RollCallLine, models.PROTECT, related_name="exceptions")
    entry = models.CharField("条目", max_length=60)
    finding = models.ForeignKey("findings.Finding", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "entry"], name="one_exception_an_entry")]


class HandBackEntry(models.Model):
    """One thing of a leaver, as it stood when somebody looked. The newest entry of an item counts; none is changed."""

    RETURNED, NEVER_ISSUED, MISSING = "returned", "never_issued", "missing"
    OUTCOMES = ((RETURNED, "已交回"), (NEVER_ISSUED, "未发放"), (MISSING, "未能交回"))

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    item = models.CharField("物品", max_length=40)
    title = models.CharField("物品", max_length=80)
    outcome = models.CharField("情况", max_length=14, choices=OUTCOMES)
    note = models.CharField("说明", max_length=200, blank=True)
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    by_label = models.CharField("经办人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        indexes = [models.Index(fields=["person", "item", "-id"], name="hand_back_newest")]


class UniformDisposal(models.Model):
    """旧制服处置: markings removed first, and a photo that shows it (2.1.3)."""

    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    description = models.CharField("制服", max_length=200)
    pieces = models.PositiveIntegerField("件数")
    manner = models.CharField("处置方式", max_length=80)
    witness = models.CharField("见证人", max_length=40)
    disposed_on = models.DateField("处置日期")
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    by_label = models.CharField("经办人", max_length=120)
    at = models.DateTimeField("录入时间")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=models.Q(pieces__gte=1), name="disposal_of_at_least_one")]


class DisposedIssue(models.Model):
    """An issue of the uniform book that a disposal got rid of; each at most once."""

    disposal = models.ForeignKey(UniformDisposal, models.PROTECT, related_name="issues")
    issue = models.OneToOneField("equipment.UniformIssue", models.PROTECT, related_name="+")
