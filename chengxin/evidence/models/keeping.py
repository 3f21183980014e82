"""Why a recording is kept, and how one that need not be kept any longer goes (2.2.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.audit.history import tracked
from chengxin.core.actor import Actor


@tracked
class Matter(models.Model):
    """A complaint, case, finding or incident that keeps recordings until it is closed."""

    COMPLAINT, CASE, FINDING, INCIDENT = "complaint", "case", "finding", "incident"
    KINDS = ((COMPLAINT, "投诉"), (CASE, "案件"), (FINDING, "问题"), (INCIDENT, "事件"))

    kind = models.CharField("种类", max_length=9, choices=KINDS)
    number = models.CharField("编号", max_length=60)
    opened_at = models.DateTimeField("开始时间")
    opened_by = models.BigIntegerField("保全人", null=True)
    opened_label = models.CharField("保全人", max_length=120)
    closed_at = models.DateTimeField("办结时间", null=True)
    closed_label = models.CharField("办结经办", max_length=120, blank=True)
    closing_note = models.CharField("办结说明", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], condition=models.Q(closed_at=None), name="one_open_matter_a_number")
        ]

    @property
    def title(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class Hold(models.Model):
    """A matter keeps a recording. Lifted only by closing the matter, so it has no end of its own."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="holds")
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="holds")
    reason = models.CharField("理由", max_length=200)
    placed_at = models.DateTimeField("时间")
    placed_label = models.CharField("经办", max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "recording"], name="one_hold_a_matter")]


class Downgrade(models.Model):
    """Somebody asks that an important recording be ordinary again; another decides."""

    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="downgrades")
    reason = models.CharField("理由", max_length=200)
    asked_by = models.BigIntegerField("申请人")
    asked_label = models.CharField("申请人", max_length=120)
    asked_at = models.DateTimeField("申请时间")
    granted = models.BooleanField("结果", null=True)
    decided_by = models.BigIntegerField("审批人", null=True)
    decided_label = models.CharField("审批人", max_length=120, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True)
    note = models.CharField("意见", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["recording"], condition=models.Q(granted=None), name="one_open_downgrade"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")), name="downgrade_decided_by_another"
            ),
        ]


class ExpiryListQuerySet(models.QuerySet["ExpiryList"]):
    def open(self) -> ExpiryListQuerySet:
        return self.exclude(state__in=[ExpiryList.DONE, ExpiryList.WITHDRAWN])


@tracked
class ExpiryList(models.Model):
    """Ordinary recordings whose term is over, as they stood when the list was made: reviewed by one, approved by another, and
    deleted after some days of grace.
    """

    REVIEWED, APPROVED, DONE, WITHDRAWN = "reviewed", "approved", "done", "withdrawn"
    STATES = ((REVIEWED, "待批准"), (APPROVED, "已批准，等待期"), (DONE, "已执行"), (WITHDRAWN, "已撤回"))

    number = models.CharField("编号", max_length=30, unique=True)
    state = models.CharField("状态", max_length=9, choices=STATES, default=REVIEWED)
    as_of = models.DateField("截至")
    reviewed_by = models.BigIntegerField("审查人")
    reviewed_label = models.CharField("审查人", max_length=120)
    reviewed_at = models.DateTimeField("审查时间")
    approved_by = models.BigIntegerField("批准人", null=True)
    approved_label = models.CharField("批准人", max_length=120, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True)
    execute_from = models.DateField("执行起", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    note = models.CharField("说明", max_length=200, blank=True)

    objects = ExpiryListQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("reviewed_by")), name="expiry_approved_by_another"
            )
        ]


class ExpiryLine(models.Model):
    """One recording of a list, and what became of it."""

    DELETED, SPARED = "deleted", "spared"
    OUTCOMES = (("", "待执行"), (DELETED, "已删除"), (SPARED, "未删除"))

    list = models.ForeignKey(ExpiryList, models.PROTECT, related_name="lines")
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="expiry_lines")
    outcome = models.CharField("结果", max_length=7, choices=OUTCOMES, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    at = models.DateTimeField("时间", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "recording"], name="one_line_a_recording")]


class ViewingQuerySet(models.QuerySet["Viewing"]):
    def of(self, actor: Actor) -> ViewingQuerySet:
        return self.filter(user_id=actor.user_id or 0)


class Viewing(models.Model):
    """One person's look at one recording, with the reason given before it. Never changed but for its end."""

    key = models.UUIDField("标识", unique=True)
    recording = models.ForeignKey("evidence.Recording", models.PROTECT, related_name="viewings")
    user_id = models.BigIntegerField("用户")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    label = models.CharField("观看人", max_length=120)
    address = models.CharField("来源地址", max_length=45, blank=True)
    reason = models.CharField("理由", max_length=200)
    matter = models.CharField("事项编号", max_length=80, blank=True)
    opened_at = models.DateTimeField("开始时间")
    until = models.DateTimeField("至迟结束")

    objects = ViewingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["recording", "-id"], name="viewing_by_recording"),
            models.Index(fields=["user_id", "-id"], name="viewing_by_user"),
        ]
