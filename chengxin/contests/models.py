"""Contests, who enters, who judges, what each judge gave, and the result as it was confirmed (2.4.2, 2.4.3)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked
from chengxin.contests import rules
from chengxin.core.actor import Actor

# what is fixed before the start stays, whoever writes to the table
RULES_CHANGED = (
    "OLD.state <> 'planned' AND (NEW.state = 'planned' OR (OLD.policy, OLD.rule_version, OLD.kind, OLD.subject)"
    " IS DISTINCT FROM (NEW.policy, NEW.rule_version, NEW.kind, NEW.subject))"
)
CHANGED_AFTER_END = "OLD.state IN ('confirmed', 'cancelled') AND OLD.* IS DISTINCT FROM NEW.*"
CHANGED_AFTER_SUBMISSION = (
    "OLD.state = 'withdrawn' AND OLD.* IS DISTINCT FROM NEW.* OR OLD.state = 'submitted' AND (NEW.state = 'draft'"
    " OR (OLD.points, OLD.total, OLD.entry_id, OLD.judge_id, OLD.round, OLD.client_key, OLD.submitted_at)"
    " IS DISTINCT FROM (NEW.points, NEW.total, NEW.entry_id, NEW.judge_id, NEW.round, NEW.client_key, NEW.submitted_at))"
)
NUMBER_CHANGED = "OLD.number IS NOT NULL AND OLD.number IS DISTINCT FROM NEW.number"
OVER = """
IF EXISTS (SELECT FROM contests_contest WHERE id = NEW.contest_id AND state IN ('confirmed', 'cancelled'))
THEN RAISE EXCEPTION 'a contest that is over stays as it is' USING ERRCODE = 'restrict_violation'; END IF;
RETURN NEW;
"""


def kept(name: str) -> pgtrigger.Protect:
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


def stays_when_over(name: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=OVER)


class ContestQuerySet(models.QuerySet["Contest"]):
    def visible_to(self, actor: Actor) -> ContestQuerySet:
        """A contest is announced to the whole bureau; what is seen of its entries is decided row by row."""
        return self if actor.may("contests.see") else self.none()


@tracked
class Contest(models.Model):
    """竞赛 or 会操. Its rules stand in the row itself and never change once entries are closed: the database refuses it."""

    kind = models.CharField("种类", max_length=8, choices=list(rules.KINDS.items()))
    subject = models.CharField("参赛", max_length=8, choices=list(rules.SUBJECTS.items()))
    title = models.CharField("名称", max_length=80)
    held_on = models.DateField("日期")
    place = models.CharField("地点", max_length=80, blank=True)
    moved_note = models.CharField("最近一次改期", max_length=500, blank=True)
    state = models.CharField("状态", max_length=10, choices=list(rules.STATES.items()), default=rules.PLANNED)
    policy = models.JSONField("竞赛规则")
    rule_version = models.CharField("规则版本", max_length=80)
    form_key = models.UUIDField("表单", unique=True)  # a second sending of the same form is the same contest
    planned_at = models.DateTimeField("发起时间")
    planned_by = models.BigIntegerField("发起人")
    planned_label = models.CharField("发起人", max_length=120)
    draw = models.OneToOneField("draws.Draw", models.PROTECT, null=True, related_name="+", verbose_name="抽签")
    started_at = models.DateTimeField("开始时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    ended_label = models.CharField("确认或取消", max_length=120, blank=True)
    ended_note = models.CharField("取消理由", max_length=200, blank=True)

    objects = ContestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state__in=[rules.PLANNED, rules.CANCELLED]) | models.Q(draw__isnull=False),
                name="a_closed_contest_has_its_draw",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[rules.RUNNING, rules.CONFIRMED]) | models.Q(started_at__isnull=False),
                name="a_running_contest_has_a_start",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=sorted(rules.ENDED)) | models.Q(ended_at__isnull=False), name="an_ended_contest_has_an_end"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.CANCELLED) | ~models.Q(ended_note=""), name="a_cancelled_contest_has_a_reason"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="contest_rules_stay", operation=pgtrigger.Update, condition=pgtrigger.Condition(RULES_CHANGED)),
            pgtrigger.Protect(name="ended_contest_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(CHANGED_AFTER_END)),
            kept("contest_is_kept"),
        ]

    @property
    def ruleset(self) -> rules.Policy:
        return rules.policy_of(self.policy)

    @property
    def number(self) -> str:
        """How people name it: 赛〔2026〕003."""
        return f"赛〔{self.held_on.year}〕{self.pk:03d}"

    @property
    def clause(self) -> str:
        return rules.CLAUSE_OF_KIND[self.kind]

    @property
    def is_of_persons(self) -> bool:
        return self.subject == rules.PERSON

    @property
    def is_over(self) -> bool:
        return self.state in rules.ENDED


@tracked
class Entry(models.Model):
    """A person or a team of a unit. ``number`` is its place in the order drawn; it keeps it when it withdraws."""

    contest = models.ForeignKey(Contest, models.PROTECT, related_name="entries")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    title = models.CharField("参赛者", max_length=80)
    number = models.IntegerField("出场号", null=True)
    form_key = models.UUIDField("表单", unique=True)
    entered_at = models.DateTimeField("报名时间")
    entered_label = models.CharField("报名人", max_length=120)
    withdrawn_at = models.DateTimeField("退出时间", null=True)
    withdrawn_label = models.CharField("退出经办", max_length=120, blank=True)
    withdrawn_reason = models.CharField("退出理由", max_length=200, blank=True)

    class Meta:
        ordering = ["number", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["contest", "number"], name="a_start_number_once"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | ~models.Q(withdrawn_reason=""), name="a_withdrawn_entry_has_a_reason"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="start_number_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(NUMBER_CHANGED)),
            kept("contest_entry_is_kept"),
            stays_when_over("ended_entry_stays"),
        ]

    @property
    def code(self) -> str:
        """How the draw names it: the frame says nothing of who it is."""
        return f"参赛{self.pk:06d}"


class Member(models.Model):
    """A person of an entry; in one entry of a contest at most."""

    contest = models.ForeignKey(Contest, models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="members")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    person_class = models.CharField("人员类别", max_length=12)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["contest", "person"], name="one_entry_a_person")]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


@tracked
class Judge(models.Model):
    """A named judge with the unit of the day, which recusal looks at."""

    contest = models.ForeignKey(Contest, models.PROTECT, related_name="judges")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="评委")
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+", verbose_name="单位")
    appointed_at = models.DateTimeField("聘任时间")
    appointed_label = models.CharField("聘任人", max_length=120)
    is_late = models.BooleanField("开始后增补", default=False)  # nobody waits for sheets of those who came after the start
    released_at = models.DateTimeField("解除时间", null=True)
    released_label = models.CharField("解除经办", max_length=120, blank=True)
    released_reason = models.CharField("解除理由", max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["contest", "person"], name="a_judge_once"),
            models.CheckConstraint(
                condition=models.Q(released_at=None) | ~models.Q(released_reason=""), name="a_released_judge_has_a_reason"
            ),
        ]
        triggers: ClassVar[list[Any]] = [kept("contest_judge_is_kept"), stays_when_over("ended_judge_stays")]


@tracked
class Sheet(models.Model):
    """What one judge gave one entry in one round. Submitted once; changed only by withdrawal and a new one before the confirmation."""

    contest = models.ForeignKey(Contest, models.PROTECT, related_name="sheets")
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="sheets")
    judge = models.ForeignKey(Judge, models.PROTECT, related_name="sheets")
    round = models.CharField("环节", max_length=20)
    state = models.CharField("状态", max_length=10, choices=list(rules.SHEET_STATES.items()), default=rules.DRAFT)
    points = models.JSONField("得分（百分之一分）", default=dict)
    total = models.IntegerField("合计（百分之一分）", default=0)
    note = models.CharField("备注", max_length=200, blank=True)
    entry_unit = models.BigIntegerField("选手单位")
    judge_unit = models.BigIntegerField("评委单位", null=True)
    client_key = models.UUIDField("发送标识", null=True, unique=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="替代")
    saved_at = models.DateTimeField("暂存时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    submitted_label = models.CharField("提交人", max_length=120, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    withdrawn_reason = models.CharField("撤回理由", max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["entry", "round", "judge"], condition=~models.Q(state=rules.WITHDRAWN), name="one_sheet_a_judge_and_round"
            ),
            models.CheckConstraint(
                condition=models.Q(judge_unit=None) | ~models.Q(judge_unit=models.F("entry_unit")), name="no_judge_scores_the_own_unit"
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.DRAFT) | models.Q(submitted_at__isnull=False, client_key__isnull=False),
                name="a_submitted_sheet_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=rules.WITHDRAWN) | ~models.Q(withdrawn_reason=""), name="a_withdrawn_sheet_has_a_reason"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(
                name="submitted_sheet_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(CHANGED_AFTER_SUBMISSION)
            ),
            kept("sheet_is_kept"),
            stays_when_over("ended_sheet_stays"),
        ]


class Result(models.Model):
    """The result as a named chief confirmed it: one text, its digest. Never changed."""

    contest = models.OneToOneField(Contest, models.PROTECT, related_name="result")
    snapshot = models.TextField("成绩")  # the one text of its JSON: its bytes are what the digest is of
    sha256 = models.CharField("SHA-256", max_length=64)
    confirmed_at = models.DateTimeField("确认时间")
    confirmed_by = models.BigIntegerField("确认人")
    confirmed_label = models.CharField("确认人", max_length=120)

    class Meta:
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.snapshot)
        return found


class Correction(models.Model):
    """更正 of a confirmed result, numbered; the result itself stays as it was confirmed."""

    contest = models.ForeignKey(Contest, models.PROTECT, related_name="corrections")
    number = models.IntegerField("编号")
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+", verbose_name="参赛者")
    place = models.IntegerField("更正后的名次", null=True)
    text = models.CharField("更正内容", max_length=400)
    reason = models.CharField("理由", max_length=400)
    form_key = models.UUIDField("表单", unique=True)
    at = models.DateTimeField("时间")
    by = models.BigIntegerField("更正人")
    by_label = models.CharField("更正人", max_length=120)

    class Meta:
        ordering = ["number"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["contest", "number"], name="a_correction_number_once")]
        triggers: ClassVar[list[Any]] = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
