"""Measures and commendations: proposed, decided by named persons, reversed by a new row and never overwritten (2.1.5, 2.2.5, 3.1, 3.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.measures import rules
from chengxin.ui.scopes import within_or_own


class Scoped(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Scoped:
        """Those of the units the actor may read, and always the actor's own."""
        return self.filter(within_or_own(actor, "measures.read", "measures.read_own"))


@tracked
class Measure(models.Model):
    """A consequence that a named person decides, or decides not to take. It rests on one primary fact."""

    kind = models.CharField("措施", max_length=14, choices=list(rules.KINDS.items()))
    ground = models.CharField("情形", max_length=10, choices=list(rules.GROUNDS.items()))
    clause = models.CharField("条款", max_length=12)
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="人员")
    person_class = models.CharField("人员类别", max_length=12, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    finding = models.ForeignKey("findings.Finding", models.PROTECT, null=True, related_name="+", verbose_name="主要事实")
    aggravations = models.JSONField("加重情形", default=list)  # [{"ground": …, "text": …, "findings": [number, …]}, …]
    repeat_needed = models.IntegerField("多次违规所需次数", default=0)  # 0: the ground is another
    by_ladder = models.BooleanField("按阶梯提出", default=False)
    form_key = models.UUIDField("表单", null=True, unique=True)  # a second sending of the same form is the same proposal
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="替代")
    text = models.CharField("事实表述", max_length=400)
    document_number = models.CharField("依据文号", max_length=60, blank=True)
    happened_on = models.DateField("事实日期")
    year = models.IntegerField("年度")
    state = models.CharField("状态", max_length=10, choices=list(rules.STATES.items()), default=rules.PROPOSED)
    proposed_at = models.DateTimeField("提出时间")
    proposed_by = models.BigIntegerField("提出人", null=True)
    proposed_label = models.CharField("提出人", max_length=120)
    rule_version = models.CharField("规则版本", max_length=80)
    calendar_version = models.CharField("日历版本", max_length=80, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_person_id = models.BigIntegerField(null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    reasons = models.TextField("理由", blank=True)
    object_by = models.DateField("申辩截止日", null=True)

    objects = Scoped.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["finding"], condition=models.Q(state=rules.DECIDED), name="one_primary_measure_a_fact"),
            models.UniqueConstraint(fields=["finding"], condition=models.Q(state=rules.PROPOSED), name="one_proposal_a_fact"),
            models.UniqueConstraint(
                fields=["person", "document_number"],
                condition=models.Q(ground=rules.INTEGRITY, state__in=sorted(rules.ACTIVE)),
                name="one_measure_a_person_and_notice",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | models.Q(proposed_by=None) | ~models.Q(decided_by=models.F("proposed_by")),
                name="who_proposes_does_not_decide",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_person_id=None) | models.Q(person=None) | ~models.Q(decided_person_id=models.F("person")),
                name="nobody_decides_about_oneself",
            ),
            models.CheckConstraint(
                condition=models.Q(finding__isnull=False) | models.Q(ground__in=sorted(rules.WITHOUT_FINDING)),
                name="a_measure_rests_on_a_fact",
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.PROPOSED, decided_at=None) | ~models.Q(state=rules.PROPOSED, decided_at__isnull=False),
                name="a_proposed_measure_is_undecided",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[rules.DECIDED, rules.DISMISSED, rules.REVERSED]) | models.Q(decided_by__isnull=False),
                name="a_decided_measure_names_its_decider",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "year"], name="measure_by_person"),
            models.Index(fields=["unit", "-id"], name="measure_by_unit"),
            models.Index(fields=["year", "state"], name="measure_by_year"),
        ]

    @property
    def number(self) -> str:
        """How people name it: 措〔2026〕0012."""
        return f"措〔{self.year}〕{self.pk:04d}"


@tracked
class MeasureObjection(models.Model):
    """申辩 against a measure, decided by somebody other than its decider. Its beginning stays when it is decided."""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="objections")
    text = models.TextField("申辩理由")
    filed_by = models.BigIntegerField("申辩人")
    filed_label = models.CharField("申辩人", max_length=120)
    filed_at = models.DateTimeField("提出时间")
    measure_decider = models.BigIntegerField("措施决定人")
    outcome = models.CharField("结果", max_length=10, blank=True, choices=[("upheld", "维持"), ("revoked", "撤销")])
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    reasons = models.TextField("决定理由", blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["measure"], name="one_objection_a_measure"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("filed_by")), name="not_the_own_measure_objection"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("measure_decider")),
                name="another_decides_the_objection",
            ),
        ]


@tracked
class MeasureReversal(models.Model):
    """Takes a measure back. The measure stays to be read; it counts nowhere any more."""

    measure = models.OneToOneField(Measure, models.PROTECT, related_name="reversal")
    by = models.BigIntegerField("决定人")
    by_label = models.CharField("决定人", max_length=120)
    at = models.DateTimeField("时间")
    reason = models.TextField("理由")
    objection = models.ForeignKey(MeasureObjection, models.PROTECT, null=True, related_name="+")
    had_fallen = models.BooleanField("事实已不成立", default=False)  # it was no judgement of the grounds that remain


@tracked
class Commendation(models.Model):
    """表扬 of a person or a unit: it lies in the same file as findings, and lifts no flag."""

    kind = models.CharField("种类", max_length=8, choices=list(rules.COMMENDATION_KINDS.items()))
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="人员")
    person_class = models.CharField("人员类别", max_length=12, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    text = models.CharField("事迹", max_length=400)
    happened_on = models.DateField("日期")
    year = models.IntegerField("年度")
    document_number = models.CharField("文号", max_length=60, blank=True)
    state = models.CharField("状态", max_length=10, choices=list(rules.COMMENDATION_STATES.items()), default=rules.PROPOSED)
    form_key = models.UUIDField("表单", unique=True)  # a second sending of the same form is the same proposal
    proposed_at = models.DateTimeField("提出时间")
    proposed_by = models.BigIntegerField("提出人", null=True)
    proposed_label = models.CharField("提出人", max_length=120)
    given_at = models.DateTimeField("决定时间", null=True)
    given_by = models.BigIntegerField("决定人", null=True)
    given_label = models.CharField("决定人", max_length=120, blank=True)
    note = models.CharField("意见", max_length=400, blank=True)
    revoked_at = models.DateTimeField("撤销时间", null=True)
    revoked_label = models.CharField("撤销人", max_length=120, blank=True)
    revoked_reason = models.CharField("撤销理由", max_length=400, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(given_by=None) | models.Q(proposed_by=None) | ~models.Q(given_by=models.F("proposed_by")),
                name="nobody_gives_what_oneself_proposed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[rules.GIVEN, rules.REVOKED]) | models.Q(given_at__isnull=False),
                name="a_given_commendation_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "year"], name="commendation_by_person"),
            models.Index(fields=["unit", "happened_on"], name="commendation_by_unit"),
        ]

    @property
    def number(self) -> str:
        """How people name it: 表〔2026〕0003."""
        return f"表〔{self.year}〕{self.pk:04d}"
