"""A finding, its sources, and every step of its life. Nothing here is overwritten or deleted once it has a consequence."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor
from chengxin.findings import rules
from chengxin.ui.scopes import within_or_own
from chengxin.ui.search import Grams


class Grade(models.TextChoices):
    MINOR = "minor", "一般"
    SERIOUS = "serious", "较重"


class FindingQuerySet(models.QuerySet["Finding"]):
    def visible_to(self, actor: Actor) -> FindingQuerySet:
        """The findings of the units the actor may read, and the actor's own."""
        return self.filter(within_or_own(actor, "findings.read", "findings.read_own"))

    def counting(self) -> FindingQuerySet:
        """Those that count: neither reversed nor merged into another."""
        return self.filter(state__in=rules.COUNTING)

    def overdue(self, as_of: dt.date) -> FindingQuerySet:
        return self.filter(state=rules.OPEN, due_on__lt=as_of)


@tracked
class Finding(models.Model):
    """A fact against a clause, raised by a named person, with the versions it was judged by."""

    kind = models.CharField("种类", max_length=60)
    clause = models.CharField("条款", max_length=12)
    entry = models.CharField("目录条目", max_length=60, blank=True)
    facts = models.JSONField("事实")
    text = models.CharField("事实表述", max_length=400)
    note = models.TextField("补充说明", blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    grade = models.CharField("程度", max_length=10, choices=Grade.choices)
    seen_at = models.DateTimeField("发现时间")
    seen_on = models.DateField("发现日期")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="责任人")
    person_class = models.CharField("当日人员类别", max_length=12, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    rule_version = models.ForeignKey("rulebook.RuleVersion", models.PROTECT, related_name="+", verbose_name="规则版本")
    rule_label = models.CharField("规则版本", max_length=80)
    calendar_version = models.CharField("日历版本", max_length=80, blank=True)
    state = models.CharField("状态", max_length=10, choices=[(key, title) for key, title in rules.STATES.items()])
    corrected_on_spot = models.BooleanField("当场整改", default=False)
    due_from = models.DateField("期限起算日", null=True)
    due_workdays = models.IntegerField("期限工作日数", null=True)
    due_on = models.DateField("整改期限", null=True)
    due_provisional = models.BooleanField("期限暂定", default=False)
    closed_at = models.DateTimeField("销号时间", null=True)
    finder = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+", verbose_name="发现人")
    finder_person_id = models.BigIntegerField(null=True)
    finder_label = models.CharField("发现人", max_length=120)
    finder_office = models.CharField("发现部门", max_length=80, blank=True)
    self_check = models.BooleanField("队内自查", default=False)
    notified_at = models.DateTimeField("告知时间")
    object_by = models.DateField("申辩截止日")
    acknowledged_at = models.DateTimeField("签收时间", null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged", verbose_name="并入")
    fingerprint = models.CharField("指纹", max_length=64, unique=True)
    version = models.IntegerField("修改次数", default=0)

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=False) | ~models.Q(state="closed"), name="closed_findings_have_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(state="merged", merged_into__isnull=False) | (~models.Q(state="merged") & models.Q(merged_into=None)),
                name="merged_findings_name_the_other",
            ),
            models.CheckConstraint(
                condition=models.Q(finder_person_id=None) | models.Q(person=None) | ~models.Q(finder_person_id=models.F("person")),
                name="nobody_finds_against_oneself",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-seen_at"], name="finding_by_unit"),
            models.Index(fields=["person", "seen_on"], name="finding_by_person"),
            models.Index(fields=["state", "due_on"], name="finding_by_due"),
            models.Index(fields=["clause", "-seen_at"], name="finding_by_clause"),
            models.Index(fields=["-seen_at", "-id"], name="finding_newest"),
            GinIndex(Grams("text"), name="finding_by_grams"),
        ]

    @property
    def number(self) -> str:
        """How people name it: 问〔2026〕000123."""
        return f"问〔{self.seen_on.year}〕{self.pk:06d}"

    def is_overdue(self, as_of: dt.date) -> bool:
        return rules.is_overdue(self.state, self.due_on, as_of)


class FindingSource(models.Model):
    """Where a fact was seen. One finding may have several."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="sources")
    source = models.CharField("来源", max_length=120)
    described = models.CharField("说明", max_length=200)
    added_at = models.DateTimeField("加入时间")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "source"], name="one_row_a_source")]


class Step(models.Model):
    """One step of a finding's life as people read it; never changed."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="steps")
    at = models.DateTimeField("时间")
    by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    by_label = models.CharField("办理人", max_length=120)
    title = models.CharField("步骤", max_length=60)
    note = models.TextField("说明", blank=True)
    tone = models.CharField("性质", max_length=8, default="muted")

    class Meta:
        ordering = ["at", "pk"]


@tracked
class Rectification(models.Model):
    """A submission of the one who puts it right, and the re-check by another."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="rectifications")
    round = models.IntegerField("轮次")
    text = models.TextField("整改情况")
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+", verbose_name="整改人")
    by_person_id = models.BigIntegerField(null=True)
    by_label = models.CharField("整改人", max_length=120)
    at = models.DateTimeField("提交时间")
    outcome = models.CharField("复核结果", max_length=10, blank=True, choices=[("passed", "通过"), ("returned", "退回")])
    rechecked_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+", verbose_name="复核人")
    rechecked_at = models.DateTimeField("复核时间", null=True)
    recheck_note = models.TextField("复核意见", blank=True)

    class Meta:
        ordering = ["round"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["finding", "round"], name="one_rectification_a_round"),
            models.UniqueConstraint(fields=["finding"], condition=models.Q(outcome=""), name="one_waiting_rectification"),
            models.CheckConstraint(
                condition=models.Q(rechecked_by=None) | ~models.Q(rechecked_by=models.F("by")), name="nobody_rechecks_the_own_work"
            ),
        ]


@tracked
class Extension(models.Model):
    """A request for more time, decided by another person."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="extensions")
    workdays = models.IntegerField("延期工作日")
    reason = models.TextField("理由")
    requested_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("同意", null=True)
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("决定时间", null=True)
    decision_note = models.TextField("意见", blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["finding"], condition=models.Q(granted=None), name="one_pending_extension"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("requested_by")), name="nobody_extends_for_oneself"
            ),
        ]


@tracked
class Objection(models.Model):
    """申辩: decided by somebody who is neither finder nor re-checker nor of the unit."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="objections")
    text = models.TextField("申辩理由")
    filed_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    filed_by_label = models.CharField("申辩人", max_length=120)
    filed_at = models.DateTimeField("提出时间")
    outcome = models.CharField("结果", max_length=10, blank=True, choices=[("upheld", "维持"), ("revoked", "撤销")])
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_by_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    reasons = models.TextField("决定理由", blank=True)

    class Meta:
        ordering = ["filed_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["finding"], condition=models.Q(outcome=""), name="one_pending_objection"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("filed_by")), name="nobody_decides_the_own_objection"
            ),
        ]


@tracked
class LookBack(models.Model):
    """回头看: a closed finding is looked at again."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="look_backs")
    looked_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    looked_at = models.DateTimeField("时间")
    recurred = models.BooleanField("反弹")
    note = models.TextField("情况")


@tracked
class Reversal(models.Model):
    """Takes a finding back. The finding stays; it counts nowhere any more."""

    finding = models.OneToOneField(Finding, models.PROTECT, related_name="reversal")
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    by_label = models.CharField("决定人", max_length=120)
    at = models.DateTimeField("时间")
    reason = models.TextField("理由")
    objection = models.ForeignKey(Objection, models.PROTECT, null=True, related_name="+")


@tracked
class Proposal(models.Model):
    """What a detector noticed: nothing until a named person makes a finding of it or dismisses it with a reason."""

    WAITING, MADE, DISMISSED = "waiting", "made", "dismissed"
    STATES = ((WAITING, "待认定"), (MADE, "已登记问题"), (DISMISSED, "不予登记"))

    kind = models.CharField("种类", max_length=60)
    facts = models.JSONField("事实")
    text = models.CharField("事实表述", max_length=400)
    described = models.CharField("来源", max_length=120)
    source = models.CharField("来源标识", max_length=120, unique=True)
    grade = models.CharField("程度", max_length=10, choices=Grade.choices)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    seen_at = models.DateTimeField("发生时间")
    proposed_at = models.DateTimeField("提出时间")
    state = models.CharField("状态", max_length=10, choices=STATES, default=WAITING)
    finding = models.ForeignKey(Finding, models.PROTECT, null=True, related_name="+")
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    reason = models.CharField("理由", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["unit", "state"], name="proposal_by_unit_and_state")]
