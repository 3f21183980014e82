"""Clauses, rules and their dated versions; work calendar years and their versions."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from chengxin.audit.history import tracked
from chengxin.rulebook import rules


class Clause(models.Model):
    """A passage of the plan. ``wording`` is the plan's own text once it was imported."""

    code = models.CharField("条款号", max_length=12, primary_key=True)
    place = models.CharField("方案位置", max_length=20)
    title = models.CharField("标题", max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    sequence = models.IntegerField("顺序")
    wording = models.TextField("原文", blank=True)

    class Meta:
        ordering = ["sequence"]


@tracked
class ClauseVersion(models.Model):
    """A clause worded anew from a day on, by a document. The plan's own text stays beside it; it is version 0."""

    clause = models.ForeignKey(Clause, models.PROTECT, related_name="amendments")
    number = models.IntegerField("版本")
    wording = models.TextField("条文")
    in_force_on = models.DateField("施行日期")
    document_number = models.CharField("文号", max_length=60)

    class Meta:
        ordering = ["clause", "number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["clause", "number"], name="one_clause_version_a_number"),
            models.UniqueConstraint(
                fields=["clause", "in_force_on"], name="one_clause_version_a_day", violation_error_message="这一天已有这一条的新条文。"
            ),
        ]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class Rule(models.Model):
    """What a clause means in software."""

    code = models.CharField("代码", max_length=60, unique=True)
    clause = models.ForeignKey(Clause, models.PROTECT, related_name="rules")
    title = models.CharField("名称", max_length=80)
    summary = models.TextField("说明")

    class Meta:
        ordering = ["code"]


class State(models.TextChoices):
    DRAFT = "draft", "征求意见稿"
    ISSUED = "issued", "已印发"


@tracked
class RuleVersion(models.Model):
    """The values of a rule for a period. A draft holds for no day and can only simulate."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    number = models.IntegerField("版本")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    period = DateRangeField("施行期间", null=True)
    values = models.JSONField("数值")  # name -> {value, title, source, state, confirmed_by}
    document_number = models.CharField("文号", max_length=60, blank=True)

    class Meta:
        ordering = ["rule", "number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_rule_version_number"),
            models.CheckConstraint(
                condition=models.Q(state="draft", period=None) | models.Q(state="issued", period__isnull=False),
                name="issued_rules_have_a_period",
            ),
            ExclusionConstraint(
                name="one_rule_version_a_day",
                expressions=[("rule", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=models.Q(state="issued"),
                violation_error_message="这段时间已有生效的版本，施行期间不能重叠。",
            ),
        ]

    @property
    def label(self) -> str:
        """How a verdict names this version: "attire.season@2"."""
        return f"{self.rule.code}@{self.number}"

    @property
    def plain(self) -> dict[str, Any]:
        return {name: entry["value"] for name, entry in self.entries.items()}

    @property
    def entries(self) -> dict[str, Any]:
        """Every value with its title, source and state, the program's newer ones included as 待局确认."""
        return rules.completed(self.rule.code, self.values)


@tracked
class CalendarVersion(models.Model):
    """What was known of a year's days off from some moment on; the newest version of a year counts."""

    year = models.IntegerField("年份")
    number = models.IntegerField("版本")
    announced = models.BooleanField("已公布")
    source = models.CharField("依据", max_length=200)
    days_off = models.JSONField("放假")
    makeup_workdays = models.JSONField("调休上班")
    entered_at = models.DateTimeField("录入时间")

    class Meta:
        ordering = ["year", "number"]
        constraints = [models.UniqueConstraint(fields=["year", "number"], name="one_calendar_version_number")]

    @property
    def label(self) -> str:
        return f"{self.year}.{self.number}" + ("" if self.announced else "暂定")
