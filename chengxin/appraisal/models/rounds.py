"""The year's round: frozen verdicts with their digest, nominations, notes, numbered corrections."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.appraisal.rules import rounds as round_rules
from chengxin.appraisal.rules import verdicts
from chengxin.audit.history import tracked


@tracked
class Round(models.Model):
    """年度考核评优 of a year: exactly one."""

    year = models.IntegerField("年度", unique=True)
    state = models.CharField("状态", max_length=10, choices=list(round_rules.STATES.items()), default=round_rules.OPEN)
    opened_at = models.DateTimeField("启动时间")
    opened_label = models.CharField("启动人", max_length=120)
    frozen_at = models.DateTimeField("定稿时间", null=True)
    frozen_by = models.BigIntegerField("定稿人", null=True)
    frozen_label = models.CharField("定稿人", max_length=120, blank=True)
    publicity_from = models.DateField("公示起", null=True)
    publicity_until = models.DateField("公示止", null=True)
    publicity_provisional = models.BooleanField("公示期暂定", default=False)
    calendar_version = models.CharField("公示期的日历版本", max_length=80, blank=True)
    issued_at = models.DateTimeField("公布时间", null=True)
    issued_label = models.CharField("公布人", max_length=120, blank=True)
    document_number = models.CharField("文号", max_length=60, blank=True)

    class Meta:
        ordering = ["-year"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(state="open") | models.Q(frozen_at__isnull=False), name="a_frozen_round_has_a_time"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["publicity", "issued"]) | models.Q(publicity_until__isnull=False),
                name="a_published_round_has_a_term",
            ),
        ]

    @property
    def is_frozen(self) -> bool:
        return self.state != round_rules.OPEN


class Snapshot(models.Model):
    """Everybody's verdict as it was frozen, as one canonical text with its SHA-256. Never changed."""

    round = models.OneToOneField(Round, models.PROTECT, related_name="snapshot")
    as_of = models.DateTimeField("截止时刻")
    content = models.TextField("内容")
    sha256 = models.CharField("SHA-256", max_length=64)
    rule_versions = models.JSONField("规则版本")
    calendar_version = models.CharField("日历版本", max_length=80)
    quotas = models.JSONField("名额")
    open_matters = models.IntegerField("带着的未决事项", default=0)
    confirmed_label = models.CharField("确认带着未决事项定稿的人", max_length=120, blank=True)
    confirmation = models.CharField("确认说明", max_length=400, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(open_matters=0) | ~models.Q(confirmed_label=""), name="open_matters_are_confirmed"),
        ]


class PanelNote(models.Model):
    """评优倾斜: a note for the panel about a person or unit. It changes no verdict and no quota. Never changed."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="notes")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    text = models.CharField("意见", max_length=400)
    noted_at = models.DateTimeField("时间")
    noted_label = models.CharField("提出人", max_length=120)

    class Meta:
        ordering = ["pk"]


@tracked
class Nomination(models.Model):
    """Somebody proposed as 优秀, or a unit as 先进集体. A seat of a class exists once: the quota cannot be passed, however many ask."""

    STANDING, STRUCK = "standing", "struck"
    STATES = ((STANDING, "有效"), (STRUCK, "已撤下"))
    COLLECTIVE = "collective"

    round = models.ForeignKey(Round, models.PROTECT, related_name="nominations")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", verbose_name="人员")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    seat_class = models.CharField("名额类别", max_length=12)  # the person's class, or "collective"
    seat = models.IntegerField("名额序号")
    reasons = models.CharField("事迹", max_length=400)
    nominated_at = models.DateTimeField("推荐时间")
    nominated_by = models.BigIntegerField("推荐人")
    nominated_label = models.CharField("推荐人", max_length=120)
    state = models.CharField("状态", max_length=10, choices=STATES, default=STANDING)
    struck_at = models.DateTimeField("撤下时间", null=True)
    struck_label = models.CharField("撤下人", max_length=120, blank=True)
    struck_reason = models.CharField("撤下理由", max_length=400, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["round", "seat_class", "seat"], condition=models.Q(state="standing"), name="a_seat_is_taken_once"
            ),
            models.UniqueConstraint(fields=["round", "person"], condition=models.Q(state="standing"), name="a_person_is_nominated_once"),
            models.UniqueConstraint(
                fields=["round", "unit"], condition=models.Q(state="standing", seat_class="collective"), name="a_unit_is_nominated_once"
            ),
            models.CheckConstraint(
                condition=models.Q(seat_class="collective", person=None)
                | (~models.Q(seat_class="collective") & models.Q(person__isnull=False)),
                name="a_nomination_is_of_a_person_or_a_unit",
            ),
        ]  # fmt: skip

    @property
    def title(self) -> str:
        return self.person.name if self.person is not None else self.unit.name


class Correction(models.Model):
    """更正: what became of a frozen verdict afterwards, numbered within the year. The frozen text stays as it was. Never changed."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="corrections")
    number = models.IntegerField("编号")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", verbose_name="人员")
    before = models.CharField("原结论", max_length=12, choices=list(verdicts.RESULTS.items()))
    after = models.CharField("现结论", max_length=12, choices=list(verdicts.RESULTS.items()))
    reasons = models.JSONField("现结论的理由")
    cause = models.CharField("更正原因", max_length=400)
    corrected_at = models.DateTimeField("更正时间")
    corrected_label = models.CharField("更正人", max_length=120)

    class Meta:
        ordering = ["number"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["round", "number"], name="one_correction_a_number")]
