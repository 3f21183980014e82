"""Sign-offs, score sheets, transcripts with their moments, coaching. Nothing with a consequence is overwritten or deleted (2.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.conduct import rules


class SignOff(models.Model):
    """Somebody says that the phrase norms of a version were learnt. Once a person and version; never changed."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, null=True, related_name="+", verbose_name="当日单位")
    person_class = models.CharField("人员类别", max_length=12)
    user_id = models.BigIntegerField("用户")
    rule_version = models.CharField("规则版本", max_length=80)
    signed_at = models.DateTimeField("签名时间")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "rule_version"], name="one_sign_off_a_version")]


@tracked
class Sheet(models.Model):
    """One reviewer's sheet for a drawn recording: a draft until it is handed in, then final. One final sheet a review."""

    review = models.ForeignKey("evidence.Review", models.PROTECT, related_name="sheets")
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="+", verbose_name="影像")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    person_class = models.CharField("人员类别", max_length=12)
    reviewer_id = models.BigIntegerField("评查人")
    reviewer_label = models.CharField("评查人", max_length=120)
    state = models.CharField("状态", max_length=5, choices=list(rules.SHEET_STATES.items()), default=rules.DRAFT)
    scene = models.CharField("场景", max_length=11, blank=True)
    marks = models.JSONField("评分", default=dict)  # code -> points, or null while a draft
    notes = models.JSONField("说明", default=dict)  # code -> text
    criteria = models.JSONField("评分项", default=list)  # as they were when it was handed in
    comment = models.TextField("总评", blank=True)
    is_unusable = models.BooleanField("不能判断", default=False)
    total = models.IntegerField("得分", null=True)
    rule_version = models.CharField("规则版本", max_length=80)
    saved_at = models.DateTimeField("保存时间")
    final_at = models.DateTimeField("提交时间", null=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["review"], condition=models.Q(state=rules.FINAL), name="one_final_sheet_a_review"),
            models.UniqueConstraint(fields=["review", "reviewer_id"], name="one_sheet_a_reviewer"),
            models.CheckConstraint(
                condition=models.Q(state=rules.DRAFT, final_at=None, total=None)
                | models.Q(state=rules.FINAL, final_at__isnull=False, is_unusable=True, total=None)
                | models.Q(state=rules.FINAL, final_at__isnull=False, is_unusable=False, total__isnull=False),
                name="a_final_sheet_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-final_at"], name="sheet_by_unit"),
            models.Index(fields=["person"], name="sheet_by_person"),
        ]


class SheetCorrection(models.Model):
    """Another number for a line of a final sheet, with the reason. The sheet stays as it was handed in; never changed."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="corrections")
    code = models.CharField("评分项", max_length=40)
    title = models.CharField("评分项", max_length=80)
    before = models.IntegerField("原分")
    after = models.IntegerField("更正为")
    reason = models.CharField("理由", max_length=300)
    by_id = models.BigIntegerField("更正人")
    by_label = models.CharField("更正人", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["pk"]


class Remark(models.Model):
    """What a reviewer noted at a moment of a recording; never changed."""

    review = models.ForeignKey("evidence.Review", models.PROTECT, related_name="remarks")
    at_ms = models.BigIntegerField("时刻（毫秒）")
    text = models.CharField("记录", max_length=300)
    by_id = models.BigIntegerField("记录人")
    by_label = models.CharField("记录人", max_length=120)
    noted_at = models.DateTimeField("时间")

    class Meta:
        ordering = ["at_ms", "pk"]
        constraints = [models.UniqueConstraint(fields=["review", "by_id", "at_ms", "text"], name="one_remark_a_moment")]


class Transcript(models.Model):
    """The words of a recording as a file of others gave them, kept as it came. A better one replaces it; both stay."""

    IMPORTED, MADE = "imported", "made"
    ORIGINS = ((IMPORTED, "导入"), (MADE, "本机转写"))

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="transcripts")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    origin = models.CharField("来源", max_length=8, choices=ORIGINS, default=IMPORTED)
    name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    format = models.CharField("格式", max_length=4)
    encoding = models.CharField("编码", max_length=12)
    cues = models.IntegerField("段数")
    scene = models.CharField("场景", max_length=11, blank=True)
    elements = models.JSONField("听到的要素", default=dict)  # element -> [moments in ms]
    rule_version = models.CharField("规则版本", max_length=80)
    imported_at = models.DateTimeField("导入时间")
    imported_by = models.BigIntegerField("导入人", null=True)
    imported_label = models.CharField("导入人", max_length=120)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["recording", "sha256", "scene"], name="one_transcript_a_file")]

    @property
    def owner(self) -> str:
        """Under which name the files room keeps the original."""
        return f"transcript:{self.pk}"


class TranscriptWish(models.Model):
    """Somebody wants a transcript made on this machine; what came of it, and why where nothing did."""

    WAITING, MADE, FAILED = "waiting", "made", "failed"
    STATES = ((WAITING, "正在转写"), (MADE, "已转写"), (FAILED, "没有转写成功"))

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="+", verbose_name="影像")
    scene = models.CharField("场景", max_length=11, blank=True)
    state = models.CharField("状态", max_length=7, choices=STATES, default=WAITING)
    trouble = models.CharField("原因", max_length=200, blank=True)
    transcript = models.ForeignKey(Transcript, models.PROTECT, null=True, related_name="+")
    asked_by = models.BigIntegerField("提出人")
    asked_label = models.CharField("提出人", max_length=120)
    asked_at = models.DateTimeField("提出时间")
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recording"], condition=models.Q(state="waiting"), name="one_waiting_wish_a_recording")
        ]


@tracked
class WatchMoment(models.Model):
    """What a scan nominates for a person to watch: nothing until somebody watched it, and no finding even then."""

    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="moments")
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="+", verbose_name="影像")
    kind = models.CharField("种类", max_length=10, choices=list(rules.MOMENT_KINDS.items()))
    code = models.CharField("条目", max_length=60)
    phrase = models.CharField("词语", max_length=120)
    heard = models.CharField("转写文字", max_length=400, blank=True)
    is_exact = models.BooleanField("逐字相同", default=False)
    at_ms = models.BigIntegerField("时刻（毫秒）")
    state = models.CharField("状态", max_length=9, choices=list(rules.MOMENT_STATES.items()), default=rules.WAITING)
    decided_by = models.BigIntegerField("观看人", null=True)
    decided_label = models.CharField("观看人", max_length=120, blank=True)
    decided_at = models.DateTimeField("观看时间", null=True)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        ordering = ["at_ms", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["transcript", "kind", "code", "phrase", "at_ms"], name="one_moment_a_hit"),
            models.CheckConstraint(
                condition=models.Q(state=rules.WAITING, decided_by=None)
                | models.Q(state__in=[rules.CONFIRMED, rules.DISMISSED], decided_by__isnull=False),
                name="a_decided_moment_names_who_watched",
            ),
        ]
        indexes = [models.Index(fields=["state", "recording"], name="moment_by_state")]


class Nomination(models.Model):
    """A finding that a named reviewer raised from a recording: once a recording, entry and person; never changed."""

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="+", verbose_name="影像")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    entry = models.CharField("目录条目", max_length=60)
    at_ms = models.BigIntegerField("时刻（毫秒）")
    review = models.ForeignKey("evidence.Review", models.PROTECT, null=True, related_name="+", verbose_name="抽查")
    moment = models.ForeignKey(WatchMoment, models.PROTECT, null=True, related_name="+", verbose_name="提示的时刻")
    finding = models.ForeignKey("findings.Finding", models.PROTECT, related_name="+", verbose_name="问题")
    by_id = models.BigIntegerField("登记人")
    by_label = models.CharField("登记人", max_length=120)
    at = models.DateTimeField("登记时间")

    class Meta:
        ordering = ["at_ms", "pk"]
        constraints = [models.UniqueConstraint(fields=["recording", "entry", "person"], name="one_nomination_a_fact")]


@tracked
class Coaching(models.Model):
    """What was practised with somebody after a finding; closed by what later recordings of the same person show."""

    finding = models.OneToOneField("findings.Finding", models.PROTECT, related_name="+", verbose_name="问题")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    person_class = models.CharField("人员类别", max_length=12)
    held_on = models.DateField("辅导日期")
    practised = models.TextField("练了什么")
    coach_id = models.BigIntegerField("辅导人")
    coach_person_id = models.BigIntegerField(null=True)
    coach_label = models.CharField("辅导人", max_length=120)
    entered_at = models.DateTimeField("登记时间")
    outcome = models.CharField("结果", max_length=8, choices=list(rules.OUTCOMES.items()), blank=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    closed_label = models.CharField("办结人", max_length=120, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(coach_person_id=None) | ~models.Q(coach_person_id=models.F("person")), name="nobody_coaches_oneself"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", closed_at=None) | (~models.Q(outcome="") & models.Q(closed_at__isnull=False)),
                name="a_closed_coaching_has_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["unit", "-id"], name="coaching_by_unit")]


class FollowUp(models.Model):
    """A draw from the recordings of a coached person after the coaching. Another round only where nothing of the last could be judged."""

    coaching = models.ForeignKey(Coaching, models.PROTECT, related_name="follow_ups")
    draw = models.OneToOneField("draws.Draw", models.PROTECT, related_name="+", verbose_name="抽取")
    round = models.IntegerField("轮次")
    made_at = models.DateTimeField("时间")
    made_label = models.CharField("抽取人", max_length=120)

    class Meta:
        ordering = ["round"]
        constraints = [models.UniqueConstraint(fields=["coaching", "round"], name="one_follow_up_a_round")]
