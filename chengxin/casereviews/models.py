"""The case register, rounds of review, sheets, what the units are told, objections and corrections (2.4.1, 2.4.2, 2.4.4)."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Concat

from chengxin.audit.history import tracked
from chengxin.casereviews import rules
from chengxin.core.actor import Actor
from chengxin.ui.search import Grams


def _append_only(name: str) -> list[Any]:
    return [pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)]


class Scoped(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Scoped:
        """Those of the units the actor may see."""
        reach = actor.units_for("casereviews.see")
        return self if reach is None else self.filter(unit_id__in=reach)


# --- the register ---


CALLED = Concat("number", models.Value(" "), "title", output_field=models.TextField())


@tracked
class Case(models.Model):
    """A closed case as it is registered now; how it came to be so stands in its entries."""

    number = models.CharField("案号", max_length=60, unique=True)
    title = models.CharField("案件名称", max_length=120)
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    closed_on = models.DateField("结案日期")
    procedure = models.CharField("程序", max_length=8, choices=list(rules.PROCEDURES.items()))
    registered_at = models.DateTimeField("登记时间")
    registered_label = models.CharField("登记人", max_length=120)

    objects = Scoped.as_manager()
    handlers: models.Manager[Handler]
    entries: models.Manager[CaseEntry]

    class Meta:
        ordering = ["-closed_on", "-pk"]
        indexes = [
            models.Index(fields=["unit", "-closed_on"], name="case_by_unit"),
            models.Index(fields=["procedure", "closed_on"], name="case_by_procedure"),
            GinIndex(Grams(CALLED), name="case_by_grams"),
        ]


@tracked
class Handler(models.Model):
    """A person who handled a case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="handlers")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["case", "person"], name="one_handler_a_case")]


class CaseEntry(models.Model):
    """A registration, or a correction that names what it corrects. Never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="entries")
    sequence = models.IntegerField("序号")
    facts = models.JSONField("登记内容")
    changes = models.CharField("更正项目", max_length=200, blank=True)
    reason = models.CharField("理由", max_length=400, blank=True)
    by_label = models.CharField("经办", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["sequence"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["case", "sequence"], name="one_case_entry_a_sequence")]
        triggers: ClassVar[list[Any]] = _append_only("case_entry_append_only")


# --- rounds ---


@tracked
class Round(models.Model):
    """One quarter's review. The sheet in force at the freeze stays with it; from 定稿 on nothing of it changes any more."""

    year = models.IntegerField("年度")
    quarter = models.IntegerField("季度")
    state = models.CharField("状态", max_length=9, choices=list(rules.STATES.items()), default=rules.FROZEN)
    since = models.DateField("上轮截至", null=True)
    until = models.DateField("截至")
    sheet = models.JSONField("评查表")
    rule_version = models.CharField("规则版本", max_length=160)
    objection_workdays = models.IntegerField("异议期限（工作日）")
    draw = models.ForeignKey("draws.Draw", models.PROTECT, related_name="+", verbose_name="案卷抽取")
    reviewers_draw = models.ForeignKey("draws.Draw", models.PROTECT, null=True, related_name="+", verbose_name="评查人员抽取")
    frozen_at = models.DateTimeField("冻结时间")
    frozen_label = models.CharField("冻结人", max_length=120)
    told_at = models.DateTimeField("告知时间", null=True)
    told_label = models.CharField("告知人", max_length=120, blank=True)
    object_by = models.DateField("异议截止日", null=True)
    calendar_version = models.CharField("日历版本", max_length=80, blank=True)
    final_at = models.DateTimeField("定稿时间", null=True)
    final_by = models.BigIntegerField("定稿人", null=True)
    final_label = models.CharField("定稿人", max_length=120, blank=True)
    snapshot = models.TextField("定稿内容", blank=True)  # the one text of its JSON: its bytes are what the digest is of
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)

    reviewed: models.Manager[Reviewed]
    frame: models.Manager[FrameCase]
    corrections: models.Manager[Correction]

    class Meta:
        ordering = ["-year", "-quarter"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["year", "quarter"], name="one_round_a_quarter", violation_error_message="这个季度的评查已经冻结范围。"
            ),
            models.CheckConstraint(condition=models.Q(quarter__gte=1, quarter__lte=4), name="a_round_has_a_quarter"),
            models.CheckConstraint(
                condition=models.Q(state="final", final_at__isnull=False, final_by__isnull=False, snapshot__gt="", sha256__gt="")
                | ~models.Q(state="final") & models.Q(final_at=None, snapshot="", sha256=""),
                name="a_final_round_has_its_snapshot",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["told", "final"], object_by__isnull=False)
                | ~models.Q(state__in=["told", "final"]) & models.Q(object_by=None),
                name="a_told_round_has_a_term",
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="final_round_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition("OLD.state = 'final'")),
            pgtrigger.Protect(name="round_is_kept", operation=pgtrigger.Delete),
        ]

    @property
    def title(self) -> str:
        return f"{self.year} 年{rules.QUARTERS[self.quarter]}案卷评查"


class FrameCase(models.Model):
    """A case in the frame of a round: in one round, once, ever. Never changed."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="frame")
    case = models.OneToOneField(Case, models.PROTECT, related_name="framed")

    class Meta:
        ordering = ["pk"]
        triggers: ClassVar[list[Any]] = _append_only("frame_case_append_only")


@tracked
class Reviewed(models.Model):
    """A drawn case in its round, with the unit and handlers of the day of the draw."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="reviewed")
    case = models.OneToOneField(Case, models.PROTECT, related_name="reviewed")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    handlers = models.JSONField("承办人", default=list)  # keys of persons
    replaced_at = models.DateTimeField("替换时间", null=True)
    replaced_label = models.CharField("替换人", max_length=120, blank=True)
    reason = models.CharField("替换理由", max_length=200, blank=True)
    # what the sheets came to, in hundredths of a point; written when the result is told
    score = models.IntegerField("得分（分×100）", null=True)
    counted = models.JSONField("计分的评查人员", default=list)

    objects = Scoped.as_manager()
    reviews: models.Manager[Review]
    marks: models.Manager[Mark]

    class Meta:
        ordering = ["pk"]


@tracked
class Review(models.Model):
    """One person's sheet of a case; seats 1 and 2, and 3 where those two were too far apart. Written once."""

    reviewed = models.ForeignKey(Reviewed, models.PROTECT, related_name="reviews")
    seat = models.IntegerField("席位")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="评查人员")
    assigned_at = models.DateTimeField("指派时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    vetoes = models.JSONField("否决项", default=dict)  # {code: reason}
    deductions = models.JSONField("扣分", default=list)  # [[item, tenths, reason, page], …]
    score = models.IntegerField("得分（分×10）", null=True)
    replaced_at = models.DateTimeField("替换时间", null=True)
    replaced_label = models.CharField("替换人", max_length=120, blank=True)
    reason = models.CharField("替换理由", max_length=200, blank=True)

    class Meta:
        ordering = ["reviewed", "seat", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["reviewed", "seat"], condition=models.Q(replaced_at=None), name="one_reviewer_a_seat"),
            models.UniqueConstraint(fields=["reviewed", "person"], name="one_seat_a_reviewer"),
            models.CheckConstraint(condition=models.Q(seat__gte=1, seat__lte=3), name="two_seats_and_a_third"),
            models.CheckConstraint(
                condition=models.Q(submitted_at=None, score=None) | models.Q(submitted_at__isnull=False, score__isnull=False),
                name="a_submitted_sheet_has_a_score",
            ),
            models.CheckConstraint(
                condition=models.Q(replaced_at=None) | models.Q(submitted_at=None), name="a_submitted_reviewer_is_not_replaced"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(
                name="submitted_sheet_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition("OLD.submitted_at IS NOT NULL")
            ),
            pgtrigger.Protect(name="sheet_is_kept", operation=pgtrigger.Delete),
        ]


# --- what the unit is told ---


@tracked
class Mark(models.Model):
    """A veto or the points taken off one item, as the unit was told. ``points`` in hundredths; of a veto 1."""

    reviewed = models.ForeignKey(Reviewed, models.PROTECT, related_name="marks")
    kind = models.CharField("种类", max_length=4, choices=[(rules.ITEM, "扣分"), (rules.VETO, "否决项")])
    code = models.CharField("项目代码", max_length=40)
    title = models.CharField("项目", max_length=80)
    points = models.IntegerField("扣分（分×100）")
    reasons = models.JSONField("理由", default=list)  # [[reason, page], …] of the sheets counted
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="责任人")
    named_label = models.CharField("指明人", max_length=120, blank=True)
    finding = models.OneToOneField("findings.Finding", models.PROTECT, null=True, related_name="+")

    corrections: models.Manager[Correction]

    class Meta:
        ordering = ["reviewed", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["reviewed", "kind", "code"], name="one_mark_an_item"),
            models.CheckConstraint(condition=models.Q(points__gt=0), name="a_mark_takes_something"),
        ]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="mark_is_kept", operation=pgtrigger.Delete)]


@tracked
class MarkObjection(models.Model):
    """The unit's objection to one mark, decided by somebody else. Its beginning stays when it is decided."""

    mark = models.OneToOneField(Mark, models.PROTECT, related_name="objection")
    text = models.TextField("异议理由")
    filed_by = models.BigIntegerField("提出人")
    filed_label = models.CharField("提出人", max_length=120)
    filed_at = models.DateTimeField("提出时间")
    outcome = models.CharField("决定", max_length=8, blank=True, choices=list(rules.OUTCOMES.items()))
    left = models.IntegerField("决定后扣分（分×100）", null=True)
    reasons = models.TextField("决定理由", blank=True)
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("filed_by")), name="not_the_own_mark_objection"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", left=None, decided_at=None)
                | models.Q(outcome__gt="", left__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
                name="a_decided_mark_objection_is_whole",
            ),
        ]


class Correction(models.Model):
    """A numbered correction of a mark after 定稿. Never changed; the snapshot stays as it was."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="corrections")
    number = models.IntegerField("更正序号")
    mark = models.ForeignKey(Mark, models.PROTECT, related_name="corrections")
    before = models.IntegerField("更正前（分×100）")
    left = models.IntegerField("更正后（分×100）")
    reason = models.CharField("理由", max_length=400)
    by = models.BigIntegerField("更正人")
    by_label = models.CharField("更正人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["round", "number"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["round", "number"], name="one_score_correction_a_number")]
        triggers: ClassVar[list[Any]] = _append_only("score_correction_append_only")
