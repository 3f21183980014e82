"""谈心谈话: that it took place is counted, what was said is sealed (2.4.4)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked, tracked_without
from chengxin.core.actor import Actor


class TalkQuerySet(models.QuerySet["Talk"]):
    def visible_to(self, actor: Actor) -> TalkQuerySet:
        """Date, talker and themes for who answers for the coverage; one's own always."""
        reach = actor.units_for("activities.summary")
        if reach is None:
            return self
        own = models.Q(person_id=actor.person_id or 0) | models.Q(talker_id=actor.person_id or 0)
        return self.filter(models.Q(unit_id__in=reach) | own)

    def standing(self) -> TalkQuerySet:
        """Without those that a correction took the place of."""
        return self.filter(corrected_by=None)


@tracked_without("sealed")
class Talk(models.Model):
    """A talk between two. ``sealed`` opens with the key outside the database and the two persons' numbers alone."""

    year = models.IntegerField("年度")
    held_on = models.DateField("日期")
    talker = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="谈话人")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="谈话对象")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    person_class = models.CharField("人员类别", max_length=12)
    themes = models.JSONField("主题")  # codes of activities.talks
    sealed = models.BinaryField("封存内容")
    key_name = models.CharField("密钥", max_length=20)
    form_key = models.UUIDField("表单", unique=True)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by", verbose_name="更正")
    rule_version = models.CharField("规则版本", max_length=80)
    recorded_at = models.DateTimeField("登记时间")
    readings = models.IntegerField("查看次数", default=0)

    objects = TalkQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(talker=models.F("person")), name="nobody_talks_with_oneself"),
        ]
        indexes = [models.Index(fields=["year", "person"], name="talk_by_year_and_person")]

    @property
    def number(self) -> str:
        """How people name it: 谈〔2026〕0012."""
        return f"谈〔{self.year}〕{self.pk:04d}"


@tracked
class Remainder(models.Model):
    """Why somebody was not talked with in a year: the named remainder. A later word on the same person takes its place on lists."""

    year = models.IntegerField("年度")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    reason = models.CharField("原因", max_length=120)
    by = models.BigIntegerField("说明人")
    by_label = models.CharField("说明人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["year", "person"], name="remainder_by_year")]
