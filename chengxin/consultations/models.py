"""A draft of the rulebook with its changes, the opinions on it and their answers, the rounds of signing, proposals (3.3)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import pgtrigger
from django.db import models

from chengxin.audit.history import tracked
from chengxin.consultations import rules

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
KEPT = pgtrigger.Protect(name="is_kept", operation=pgtrigger.Delete)


@tracked
class Consultation(models.Model):
    """A set of changed rule values with reasons, from its first line to its publication. It binds nobody: a draft can only simulate."""

    title = models.CharField("标题", max_length=120)
    reason = models.TextField("修订说明")
    audience = models.CharField("征求范围", max_length=8, choices=list(rules.AUDIENCES.items()), default=rules.INTERNAL)
    state = models.CharField("状态", max_length=9, choices=list(rules.STATES.items()), default=rules.PREPARING)
    is_running = models.BooleanField("进行中", default=False)  # open, closed or being signed: one of these at a time
    starts_on = models.DateField("开始", null=True)
    ends_on = models.DateField("截止", null=True)
    prepared_by = models.BigIntegerField("起草人")
    prepared_label = models.CharField("起草人", max_length=120)
    prepared_at = models.DateTimeField("起草时间")
    opened_at = models.DateTimeField("开始征求意见", null=True)
    opened_content = models.TextField("征求意见时的草案", blank=True)
    closed_at = models.DateTimeField("办结意见", null=True)
    published_at = models.DateTimeField("发布时间", null=True)
    published_label = models.CharField("发布人", max_length=120, blank=True)
    in_force_on = models.DateField("施行日期", null=True)
    document_number = models.CharField("文号", max_length=60, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["is_running"], condition=models.Q(is_running=True), name="one_open_draft_at_a_time",
                violation_error_message="已有一份征求意见稿正在进行，请等它发布或撤回后再开始。",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=rules.RUNNING, is_running=True)
                | ~models.Q(state__in=rules.RUNNING) & models.Q(is_running=False),
                name="a_running_draft_says_so",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[rules.PREPARING, rules.WITHDRAWN])
                | models.Q(starts_on__isnull=False, ends_on__gte=models.F("starts_on")),
                name="an_opened_draft_has_its_days",
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.PUBLISHED, published_at__isnull=False, in_force_on__isnull=False, document_number__gt="")
                | ~models.Q(state=rules.PUBLISHED) & models.Q(published_at=None),
                name="a_published_draft_says_when_and_by_which_document",
            ),
        ]  # fmt: skip
        triggers: ClassVar[list[Any]] = [
            KEPT,
            pgtrigger.Protect(
                name="published_stays", operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.state = 'published' AND OLD.* IS DISTINCT FROM NEW.*"),
            ),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        """How people name it: 征〔2026〕003."""
        return f"征〔{self.prepared_at.year}〕{self.pk:03d}"

    @property
    def is_editable(self) -> bool:
        return self.state in rules.EDITABLE

    @property
    def is_public(self) -> bool:
        """Whether the public may see it: addressed to everybody, and opened."""
        return self.audience == rules.EVERYBODY and self.state not in {rules.PREPARING, rules.WITHDRAWN}

    def takes_opinions(self, today: dt.date) -> bool:
        return rules.takes_opinions(self.state, self.starts_on, self.ends_on, today)


@tracked
class Change(models.Model):
    """One value that the draft would change, with the value in force it was written against and the reason."""

    consultation = models.ForeignKey(Consultation, models.PROTECT, related_name="changes")
    rule = models.CharField("规则", max_length=60)
    rule_title = models.CharField("规则名称", max_length=80)
    clause = models.CharField("条款", max_length=12)
    name = models.CharField("数值", max_length=60)
    title = models.CharField("数值名称", max_length=200)
    before = models.JSONField("现行")
    after = models.JSONField("改为")
    base = models.CharField("依据版本", max_length=80)
    reason = models.CharField("理由", max_length=500)
    by_label = models.CharField("起草人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["clause", "rule", "pk"]
        constraints = [models.UniqueConstraint(fields=["consultation", "rule", "name"], name="one_change_a_value")]


@tracked
class Opinion(models.Model):
    """What somebody says about a clause of the draft.

    One from the public has a receipt code and no name; others see it only after a person looked at it.
    """

    STAFF, PUBLIC = "staff", "public"
    CHANNELS = ((STAFF, "本局人员"), (PUBLIC, "社会公众"))

    consultation = models.ForeignKey(Consultation, models.PROTECT, related_name="opinions")
    clause = models.CharField("条款", max_length=12)
    text = models.TextField("意见")
    channel = models.CharField("来源", max_length=6, choices=CHANNELS)
    form_key = models.UUIDField("表单", unique=True)
    code_digest = models.CharField("回执码摘要", max_length=64, blank=True)
    by = models.BigIntegerField("提出人", null=True)
    by_label = models.CharField("提出人", max_length=120)
    office = models.CharField("单位", max_length=80, blank=True)
    hides_name = models.BooleanField("不显示姓名", default=False)
    at = models.DateTimeField("时间")
    sight = models.CharField("公开", max_length=7, choices=list(rules.SIGHTS.items()))
    hints = models.JSONField("提示", default=list)
    moderated_by = models.BigIntegerField("审核人", null=True)
    moderated_label = models.CharField("审核人", max_length=120, blank=True)
    moderated_at = models.DateTimeField("审核时间", null=True)
    held_reason = models.CharField("不公开理由", max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code_digest"], condition=~models.Q(code_digest=""), name="one_opinion_a_code"),
            models.CheckConstraint(
                condition=models.Q(channel="staff", by__isnull=False, code_digest="")
                | models.Q(channel="public", by=None, code_digest__gt=""),
                name="an_opinion_of_staff_has_an_author_one_of_the_public_a_code",
            ),
            models.CheckConstraint(
                condition=models.Q(channel="staff", sight="shown")
                | models.Q(channel="public", sight="waiting", moderated_by=None)
                | models.Q(channel="public", sight__in=["shown", "held"], moderated_by__isnull=False),
                name="a_public_opinion_is_shown_after_a_person_looked",
            ),
            models.CheckConstraint(condition=~models.Q(sight="held") | models.Q(held_reason__gt=""), name="a_held_opinion_says_why"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["consultation", "clause", "id"], name="opinion_by_clause")]
        triggers: ClassVar[list[Any]] = [
            KEPT,
            pgtrigger.Protect(
                name="words_stay", operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.consultation_id, OLD.clause, OLD.text, OLD.channel, OLD.by) IS DISTINCT FROM"
                    " (NEW.consultation_id, NEW.clause, NEW.text, NEW.channel, NEW.by))"
                ),
            ),
        ]  # fmt: skip

    @property
    def author(self) -> str:
        """As others read it."""
        if self.channel == self.PUBLIC:
            return "社会公众"
        return "本局人员" if self.hides_name else f"{self.by_label}（{self.office}）" if self.office else self.by_label


class Answer(models.Model):
    """采纳, 部分采纳 or 不采纳, with the reason, by somebody else than the author. Never changed: of several the newest counts."""

    opinion = models.ForeignKey(Opinion, models.PROTECT, related_name="answers")
    number = models.IntegerField("第几次")
    outcome = models.CharField("答复", max_length=8, choices=list(rules.OUTCOMES.items()))
    reason = models.TextField("理由")
    by = models.BigIntegerField("答复人")
    by_label = models.CharField("答复人", max_length=120)
    author = models.BigIntegerField("意见提出人", null=True)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["opinion", "number"], name="one_answer_to_an_opinion_a_number"),
            models.CheckConstraint(
                condition=models.Q(author=None) | ~models.Q(by=models.F("author")), name="nobody_answers_the_own_opinion",
                violation_error_message="不能答复本人提出的意见，请由他人答复。",
            ),
        ]  # fmt: skip
        triggers: ClassVar[list[Any]] = [APPEND_ONLY]


@tracked
class SignRound(models.Model):
    """One round of signing: the whole draft as one text with its digest. A changed draft ends it; the next is a round of its own."""

    consultation = models.ForeignKey(Consultation, models.PROTECT, related_name="rounds")
    number = models.IntegerField("轮次")
    content = models.TextField("会签内容")
    sha256 = models.CharField("SHA-256", max_length=64)
    sent_by = models.BigIntegerField("送签人")
    sent_label = models.CharField("送签人", max_length=120)
    sent_at = models.DateTimeField("送签时间")
    ended_at = models.DateTimeField("作废时间", null=True)
    ended_reason = models.CharField("作废原因", max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["consultation", "number"], name="one_sign_round_a_number"),
            models.UniqueConstraint(fields=["consultation"], condition=models.Q(ended_at=None), name="one_running_sign_round"),
        ]
        triggers: ClassVar[list[Any]] = [
            KEPT,
            pgtrigger.Protect(
                name="text_stays", operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.content, OLD.sha256, OLD.number) IS DISTINCT FROM (NEW.content, NEW.sha256, NEW.number))"
                ),
            ),
        ]  # fmt: skip


@tracked
class Signature(models.Model):
    """What one named signatory said of a round: agreed or not, with a reason, to the digest that was read. Said once."""

    round = models.ForeignKey(SignRound, models.PROTECT, related_name="signatures")
    user = models.ForeignKey("people.User", models.PROTECT, related_name="+", verbose_name="会签人")
    label = models.CharField("会签人", max_length=120)
    office = models.CharField("单位", max_length=80, blank=True)
    agrees = models.BooleanField("同意", null=True)
    reason = models.CharField("意见", max_length=500, blank=True)
    at = models.DateTimeField("时间", null=True)
    sha256 = models.CharField("所见摘要", max_length=64, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["round", "user"], name="one_signature_a_person"),
            models.CheckConstraint(
                condition=models.Q(agrees=None, at=None) | models.Q(agrees__isnull=False, at__isnull=False, sha256__gt=""),
                name="a_signature_has_its_digest",
            ),
            models.CheckConstraint(condition=~models.Q(agrees=False) | models.Q(reason__gt=""), name="who_disagrees_says_why"),
        ]
        triggers: ClassVar[list[Any]] = [
            KEPT,
            pgtrigger.Protect(name="said_once", operation=pgtrigger.Update, condition=pgtrigger.Condition("OLD.agrees IS NOT NULL")),
        ]


class Step(models.Model):
    """A line of a draft's story as people read it. Never changed."""

    consultation = models.ForeignKey(Consultation, models.PROTECT, related_name="steps")
    at = models.DateTimeField("时间")
    by_label = models.CharField("经办", max_length=120)
    title = models.CharField("事项", max_length=60)
    note = models.CharField("说明", max_length=500, blank=True)
    tone = models.CharField("性质", max_length=8, default="muted")

    class Meta:
        ordering = ["pk"]
        triggers: ClassVar[list[Any]] = [APPEND_ONLY]


@tracked
class Proposal(models.Model):
    """A recurring problem that may call for another rule: nominated with its figures, taken up into a draft or dismissed by a person."""

    WAITING, TAKEN, DISMISSED = "waiting", "taken", "dismissed"
    STATES = ((WAITING, "待决定"), (TAKEN, "已采用"), (DISMISSED, "不采用"))

    key = models.CharField("标识", max_length=120, unique=True)
    quarter = models.DateField("季度")  # its first day
    clause = models.CharField("条款", max_length=12)
    entry = models.CharField("目录条目", max_length=60)
    title = models.CharField("问题", max_length=200)
    text = models.CharField("依据", max_length=500)
    figures = models.JSONField("数据")
    nominated_at = models.DateTimeField("提名时间")
    state = models.CharField("状态", max_length=9, choices=STATES, default=WAITING)
    consultation = models.ForeignKey(Consultation, models.PROTECT, null=True, related_name="proposals")
    decided_by = models.BigIntegerField("决定人", null=True)
    decided_label = models.CharField("决定人", max_length=120, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    reason = models.CharField("理由", max_length=300, blank=True)

    class Meta:
        ordering = ["-quarter", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="waiting", decided_by=None)
                | models.Q(state="taken", decided_by__isnull=False, consultation__isnull=False)
                | models.Q(state="dismissed", decided_by__isnull=False, reason__gt=""),
                name="a_decided_proposal_says_who_and_why",
            ),
        ]
