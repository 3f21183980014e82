"""Items in immutable versions, exams with their frozen bank, papers, answers as they arrived, and what was made of them (2.4)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.exams import rules

APPEND_ONLY = pgtrigger.Update | pgtrigger.Delete
SAYS = ("item_id", "number", "kind", "stem", "options", "answer", "explanation", "clause", "difficulty", "digest", "written_by")


class Item(models.Model):
    """An item of the bank; what it says stands in its versions."""

    made_at = models.DateTimeField("录入时间")
    versions: models.Manager[ItemVersion]

    class Meta:
        ordering = ["-pk"]


class ItemVersionQuerySet(models.QuerySet["ItemVersion"]):
    def newest(self) -> ItemVersionQuerySet:
        """The newest version of each item."""
        later = ItemVersion.objects.filter(item=models.OuterRef("item"), number__gt=models.OuterRef("number"))
        return self.filter(~models.Exists(later))

    def in_use(self) -> ItemVersionQuerySet:
        return self.filter(state=rules.IN_USE)


@tracked
class ItemVersion(models.Model):
    """What an item says from some moment on. It never changes; who reviewed it and how it stands is added."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.IntegerField("版本")
    kind = models.CharField("题型", max_length=10, choices=list(rules.KINDS.items()))
    stem = models.TextField("题干")
    options = models.JSONField("选项")
    answer = models.JSONField("答案")
    explanation = models.TextField("解析", blank=True)
    clause = models.CharField("条款", max_length=12)
    difficulty = models.CharField("难度", max_length=1, choices=list(rules.DIFFICULTIES.items()))
    digest = models.CharField("摘要", max_length=64)
    state = models.CharField("状态", max_length=8, choices=list(rules.STATES.items()), default=rules.DRAFT)
    written_by = models.BigIntegerField("编写人")
    written_label = models.CharField("编写人", max_length=120)
    written_at = models.DateTimeField("编写时间")
    reviewed_by = models.BigIntegerField("审核人", null=True)
    reviewed_label = models.CharField("审核人", max_length=120, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True)
    used_at = models.DateTimeField("启用时间", null=True)
    used_label = models.CharField("启用人", max_length=120, blank=True)
    retired_at = models.DateTimeField("停用时间", null=True)
    retired_label = models.CharField("停用人", max_length=120, blank=True)
    retired_reason = models.CharField("停用理由", max_length=200, blank=True)

    objects = ItemVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["item", "number"], name="one_item_version_number"),
            models.UniqueConstraint(fields=["item"], condition=models.Q(state="in_use"), name="one_version_in_use"),
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(state__in=["draft", "reviewed"]), name="one_open_version_an_item",
                violation_error_message="这道题已有一个新版本在办理。",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewed_by=None) | ~models.Q(reviewed_by=models.F("written_by")), name="writers_do_not_review"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["reviewed", "in_use"]) | models.Q(reviewed_by__isnull=False), name="reviewed_before_use"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="retired") | (models.Q(retired_at__isnull=False) & ~models.Q(retired_reason="")),
                name="a_retired_version_says_why",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "clause", "kind"], name="item_by_state")]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(
                name="item_says_what_it_said", operation=pgtrigger.Update,
                condition=pgtrigger.Condition(" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in SAYS)),
            ),
            pgtrigger.Protect(name="item_version_is_kept", operation=pgtrigger.Delete),
        ]  # fmt: skip

    @property
    def label(self) -> str:
        """How people name it: 题000012 第2版."""
        return f"题{self.item_id:06d} 第{self.number}版"

    @property
    def key(self) -> rules.Key:
        return rules.Key(self.kind, tuple(self.answer))

    @property
    def stock(self) -> rules.Stock:
        return rules.Stock(self.pk, self.clause, self.kind, len(self.options), self.digest)


class ExamQuerySet(models.QuerySet["Exam"]):
    def visible_to(self, actor: Actor) -> ExamQuerySet:
        """Exams of units whose results the actor reads."""
        reach = actor.units_for("exams.results")
        if reach is None:
            return self
        due = models.Exists(Paper.objects.filter(exam=models.OuterRef("pk"), unit_id__in=reach))
        return self.filter(due | models.Exists(Exam.units.through.objects.filter(exam=models.OuterRef("pk"), unit_id__in=reach)))

    def published(self) -> ExamQuerySet:
        return self.filter(state=rules.PUBLISHED)

    def over(self, now: dt.datetime) -> ExamQuerySet:
        """Those whose last window has closed: only now may answers be shown."""
        return self.published().filter(ends_at__lt=now)


@tracked
class Exam(models.Model):
    """An exam. Publishing freezes the bank, then makes the seed, then draws a paper for everybody who is due."""

    title = models.CharField("名称", max_length=80)
    clause = models.CharField("条款", max_length=12)
    units = models.ManyToManyField("people.Unit", related_name="+", verbose_name="单位")
    opens_at = models.DateTimeField("开始")
    closes_at = models.DateTimeField("截止")
    make_up_opens_at = models.DateTimeField("补考开始", null=True)
    make_up_closes_at = models.DateTimeField("补考截止", null=True)
    ends_at = models.DateTimeField("全部结束")  # the later end of the two windows
    minutes = models.IntegerField("时长（分钟）")
    blueprint = models.JSONField("命题计划")  # [[clause, kind, count, points], …]
    full_points = models.IntegerField("满分")
    pass_percent = models.IntegerField("合格线")
    partial_percent = models.IntegerField("漏选得分")
    rule_version = models.CharField("规则版本", max_length=80)
    state = models.CharField("状态", max_length=10, choices=list(rules.EXAM_STATES.items()), default=rules.PLANNED)
    form_key = models.UUIDField("表单", unique=True)  # a second sending of the same form is the same exam
    planned_by = models.BigIntegerField("安排人")
    planned_label = models.CharField("安排人", max_length=120)
    planned_at = models.DateTimeField("安排时间")
    frame_sha256 = models.CharField("题库摘要", max_length=64, blank=True)
    seed = models.CharField("种子", max_length=64, blank=True)
    published_at = models.DateTimeField("发布时间", null=True)
    published_label = models.CharField("发布人", max_length=120, blank=True)
    ended_label = models.CharField("取消人", max_length=120, blank=True)
    ended_note = models.CharField("取消理由", max_length=200, blank=True)

    objects = ExamQuerySet.as_manager()
    papers: models.Manager[Paper]
    bank: models.Manager[ExamItem]
    rulings: models.Manager[Ruling]

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at"), ends_at__gte=models.F("closes_at")),
                name="exam_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=models.Q(make_up_opens_at=None, make_up_closes_at=None)
                | models.Q(make_up_opens_at__gte=models.F("closes_at"), make_up_closes_at__gt=models.F("make_up_opens_at")),
                name="make_up_comes_after_the_exam",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published") | (models.Q(published_at__isnull=False) & ~models.Q(seed="")),
                name="a_published_exam_has_a_seed",
            ),
            models.CheckConstraint(condition=~models.Q(state="cancelled") | ~models.Q(ended_note=""), name="a_cancelled_exam_says_why"),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        """How people name it: 考〔2026〕0012."""
        return f"考〔{clock.local_day(self.opens_at).year}〕{self.pk:04d}"

    @property
    def lines(self) -> list[rules.Line]:
        return [rules.Line(*row) for row in self.blueprint]

    def is_over(self, now: dt.datetime) -> bool:
        return self.state == rules.PUBLISHED and now > self.ends_at

    def window(self, now: dt.datetime) -> str:
        """Which window a moment lies in: "before", "main", "between", "make_up", "after"."""
        if now < self.opens_at:
            return "before"
        if now <= self.closes_at:
            return "main"
        if self.make_up_opens_at is None or self.make_up_closes_at is None or now > self.make_up_closes_at:
            return "after"
        return "make_up" if now >= self.make_up_opens_at else "between"


class ExamItem(models.Model):
    """The frozen bank of an exam: the versions its papers are drawn from. Never changed."""

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="bank")
    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["exam", "version"], name="once_in_a_bank")]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="frozen_bank", operation=APPEND_ONLY)]


class PaperQuerySet(models.QuerySet["Paper"]):
    def visible_to(self, actor: Actor) -> PaperQuerySet:
        """Papers of the units whose results the actor reads, by the unit of the exam's day."""
        reach = actor.units_for("exams.results")
        return self if reach is None else self.filter(unit_id__in=reach)

    def own(self, actor: Actor) -> PaperQuerySet:
        return self.filter(person_id=actor.person_id or 0)


@tracked
class Paper(models.Model):
    """One person's paper in one attempt. The unit is that of the exam's day; the second attempt is the make-up."""

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="papers")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="当日单位")
    person_class = models.CharField("人员类别", max_length=12)
    attempt = models.IntegerField("第几次", default=1)
    questions = models.JSONField("试题")  # [[version, points, order], …]
    size = models.IntegerField("题数")
    started_at = models.DateTimeField("开始时间", null=True)
    deadline_at = models.DateTimeField("答题截止", null=True)
    handed_in_at = models.DateTimeField("交卷时间", null=True)
    device = models.CharField("设备", max_length=36, blank=True)
    device_label = models.CharField("设备名称", max_length=80, blank=True)

    objects = PaperQuerySet.as_manager()
    markings: models.Manager[Marking]
    objections: models.Manager[ItemObjection]

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["exam", "person", "attempt"], name="one_paper_an_attempt"),
            models.CheckConstraint(condition=models.Q(attempt__in=[1, 2]), name="two_attempts_at_most"),
            models.CheckConstraint(
                condition=models.Q(started_at=None, deadline_at=None, handed_in_at=None, device="")
                | (models.Q(started_at__isnull=False, deadline_at__isnull=False) & ~models.Q(device="")),
                name="a_sitting_has_a_deadline_and_a_device",
            ),
            models.CheckConstraint(
                condition=models.Q(handed_in_at=None) | models.Q(handed_in_at__lte=models.F("deadline_at")), name="handed_in_in_time"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["person", "exam"], name="paper_by_person")]

    @property
    def drawn(self) -> list[rules.Question]:
        return [rules.Question(*row) for row in self.questions]

    def ended_at(self, now: dt.datetime) -> dt.datetime | None:
        return rules.ended_at(self.handed_in_at, self.deadline_at, now)

    def is_running(self, now: dt.datetime) -> bool:
        return self.started_at is not None and self.ended_at(now) is None


class Answer(models.Model):
    """An answer as it arrived, under the sender's running number; of one place the highest number counts. Never changed."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="answers")
    place = models.IntegerField("题号")
    sequence = models.IntegerField("序号")
    response = models.CharField("作答", max_length=rules.LONGEST_ANSWER, blank=True)
    saved_at = models.DateTimeField("收到时间")

    class Meta:
        ordering = ["paper", "place", "sequence"]
        constraints = [models.UniqueConstraint(fields=["paper", "place", "sequence"], name="one_answer_a_number")]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="answers_are_kept", operation=APPEND_ONLY)]


class Takeover(models.Model):
    """A sitting went on on another device. Never changed."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="takeovers")
    from_label = models.CharField("原设备", max_length=80)
    to_label = models.CharField("新设备", max_length=80)
    at = models.DateTimeField("时间")
    address = models.CharField("来源地址", max_length=64, blank=True)

    class Meta:
        ordering = ["pk"]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="takeovers_are_kept", operation=APPEND_ONLY)]


class ItemObjection(models.Model):
    """异议 of a person to an item of the own paper, decided by a named other."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="objections")
    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="+")
    place = models.IntegerField("题号")
    text = models.CharField("理由", max_length=500)
    filed_by = models.BigIntegerField("提出人")
    filed_at = models.DateTimeField("提出时间")
    outcome = models.CharField("结果", max_length=8, blank=True, choices=[("voided", "题目作废"), ("kept", "题目有效")])
    reasons = models.CharField("决定理由", max_length=500, blank=True)
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["paper", "place"], name="one_objection_an_item"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("filed_by")),
                name="nobody_decides_the_own_item_objection",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", decided_by=None)
                | (models.Q(decided_by__isnull=False, decided_at__isnull=False) & ~models.Q(outcome="") & ~models.Q(reasons="")),
                name="a_decided_item_objection_says_why",
            ),
        ]  # fmt: skip


class Ruling(models.Model):
    """An item of an exam was voided, or restored by a later ruling; the newest of an item counts. Never changed."""

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="rulings")
    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="+")
    is_void = models.BooleanField("作废")
    reason = models.CharField("理由", max_length=500)
    by = models.BigIntegerField("决定人")
    by_label = models.CharField("决定人", max_length=120)
    at = models.DateTimeField("时间")
    objection = models.ForeignKey(ItemObjection, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="rulings_are_kept", operation=APPEND_ONLY)]


class Marking(models.Model):
    """The points of a paper as they were found; a recomputation is a new row, and the newest counts. Never changed."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="markings")
    by_place = models.JSONField("各题得分")  # as texts: tenths of a point
    points = models.DecimalField("得分", max_digits=6, decimal_places=1)
    full = models.IntegerField("满分")
    passed = models.BooleanField("合格")
    voided = models.JSONField("作废题目")
    cause = models.CharField("事由", max_length=80)
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办", max_length=120)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["paper", "-id"], name="marking_by_paper")]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="markings_are_kept", operation=APPEND_ONLY)]
